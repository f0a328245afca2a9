"""The command line: thin skins on library functions, printing, exit codes.

Exit codes: 0 done; 1 the content, index or input is at fault, with one line on standard error; 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb import __version__, terminal
from kb.answer import Answer, Why, answer
from kb.content import check_content, load_content
from kb.entry import Finding
from kb.errors import InputError, KbError
from kb.evaluation import evaluate, read_labelled, summarise, write_run
from kb.generation import Generation, build, load_current
from kb.knowledge_base import KnowledgeBase
from kb.search_json import search_json
from kb.settings import Settings, load_settings

if TYPE_CHECKING:
    from kb.store.database import Database


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --content and --data, and pass it `settings`; turn errors into one line and exit code 1."""

    @click.option(
        "--content", type=click.Path(path_type=Path), help="Content folder (default content/, or KB_CONTENT)."
    )
    @click.option("--data", type=click.Path(path_type=Path), help="Data folder (default data/, or KB_DATA).")
    @wraps(command)
    def run(content: Path | None, data: Path | None, **rest: Any) -> Any:
        try:
            return command(settings=load_settings(content=content, data=data), **rest)
        except KbError as error:
            terminal.err.print(f"kb: {error}", markup=False, style="red")
            sys.exit(1)
        except BrokenPipeError:  # the reader, such as head, has seen enough
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - Python flushes it at exit
            sys.exit(0)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kb")
def main() -> None:
    """A searchable FAQ: build the index, check the content, ask, measure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that cannot be shown is no reason to stop


@main.command()
@click.option("--force", is_flag=True, help="Rebuild even when nothing changed.")
@click.option("--strict", is_flag=True, help="Fail when a content file cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_common
def index(settings: Settings, force: bool, strict: bool, as_json: bool) -> None:
    """Build the index from the content."""
    started = time.perf_counter()
    with terminal.progress_bar("Indexing") as progress:
        built = build(settings, force=force, progress=progress)
    seconds = time.perf_counter() - started
    errors = [finding for finding in built.findings if finding.severity == "error"]
    if as_json:
        click.echo(
            json.dumps(
                {
                    **built.counts,
                    "seconds": round(seconds, 3),
                    "new": built.is_new,
                    "findings": [asdict(f) for f in built.findings],
                }
            )
        )
    else:
        counts = built.counts
        click.echo(
            f"{counts['entries']} entries, {counts['guides']} guides, {counts['terms']} terms, {seconds:.2f} seconds"
            + ("" if built.is_new else " (up to date)")
        )
    for finding in errors:
        terminal.err.print(f"kb: left out or mended: {finding}", markup=False, style="yellow")
    if errors and strict:
        raise InputError(f"{_count(len(errors), 'content file')} at fault; mend them, or index without --strict")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@_common
def check(settings: Settings, as_json: bool) -> None:
    """Lint the content: one line per finding, exit status 1 for errors."""
    findings = check_content(load_content(settings.content), date.today())
    for finding in findings:
        click.echo(json.dumps(asdict(finding), ensure_ascii=False) if as_json else _finding_line(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    if not as_json and not findings:
        click.echo("No findings.")
    if errors:
        sys.exit(1)


def _finding_line(finding: Finding) -> str:
    return str(finding) if finding.severity == "error" else f"{finding} (warning)"


@main.command()
@click.argument("text", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most hits.")
@click.option("--section", default="", help="Only entries of this section.")
@click.option("--exact", is_flag=True, help="Correct nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    help='Read JSON lines {"id", "query"}, write JSON lines; - is standard input.',
)
@_common
def search(
    settings: Settings, text: tuple[str, ...], limit: int, section: str, exact: bool, as_json: bool, batch: Path | None
) -> None:
    """Ranked hits for TEXT."""
    if bool(text) == bool(batch):
        raise click.UsageError("give either a TEXT or --batch FILE")
    generation = KnowledgeBase(settings).generation()
    if batch:
        _search_batch(generation, settings, batch, limit, section, exact)
        return
    found = answer(generation, settings, " ".join(text), exact=exact, section=section, limit=limit)
    if as_json:
        click.echo(json.dumps(search_json(found), ensure_ascii=False))
    else:
        terminal.print_hits(found, {item.id: item.title for item in generation.content.sections})


def _search_batch(
    generation: Generation, settings: Settings, batch: Path, limit: int, section: str, exact: bool
) -> None:
    try:
        with click.open_file(str(batch), encoding="utf-8") as file:
            lines = file.readlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{batch} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from error
    queries = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            queries.append((value.get("id"), str(value["query"])))
        except (ValueError, KeyError, AttributeError) as error:
            raise InputError(f'{batch}:{number}: write {{"id": …, "query": "…"}} on each line') from error
    with terminal.progress_bar("Searching") as progress:
        for number, (query_id, query) in enumerate(queries, 1):
            found = lenient_answer(generation, settings, query, exact=exact, section=section, limit=limit)
            click.echo(json.dumps(search_json(found, query_id=query_id), ensure_ascii=False))
            if progress:
                progress(number, len(queries))


def lenient_answer(generation: Generation, settings: Settings, text: str, **rest: Any) -> Answer:
    """The answer to `text`, of which what is too long for a question is taken as a log, and nothing gives no hits."""
    question, log = (text, "") if len(text) <= settings.question_limit else ("", text[: settings.log_limit])
    try:
        return replace(answer(generation, settings, question, log, **rest), question=text)
    except InputError:
        return Answer(text, "", "none", (), None, (), None, (), Why(), "", 0.0)


@main.command()
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--log",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="File with log or error output; - is standard input.",
)
@click.option("--section", default="", help="Only entries of this section.")
@click.option("--exact", is_flag=True, help="Correct nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_common
def ask(settings: Settings, text: tuple[str, ...], log: Any, section: str, exact: bool, as_json: bool) -> None:
    """The answer to TEXT as the portal would give it."""
    generation = KnowledgeBase(settings).generation()
    found = answer(generation, settings, " ".join(text), log.read() if log else "", exact=exact, section=section)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        terminal.print_answer(found, generation)


@main.command("eval")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--run", "run_file", type=click.Path(path_type=Path), help="Write the rankings to this file (tab-separated)."
)
@click.option(
    "--fail-under",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Exit with status 1 when a metric is lower, such as hit@1=0.9.",
)
@_common
def evaluate_command(
    settings: Settings, files: tuple[Path, ...], as_json: bool, run_file: Path | None, fail_under: tuple[str, ...]
) -> None:
    """Measure the answers on labelled questions."""
    limits = [_limit(item) for item in fail_under]
    questions = [question for file in files for question in read_labelled(file)]
    generation = KnowledgeBase(settings).generation()
    with terminal.progress_bar("Asking") as progress:
        outcomes = evaluate(generation, settings, questions, progress)
    report = summarise(outcomes)
    if run_file:
        try:
            write_run(run_file, outcomes)
        except OSError as error:
            raise InputError(f"{run_file} cannot be written: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        terminal.print_report(report)
    low = [
        f"{name} is {report.metric(name):.3f}, below {limit:g}" for name, limit in limits if report.metric(name) < limit
    ]
    if low:
        raise InputError("; ".join(low))


def _limit(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} should be METRIC=VALUE, such as hit@1=0.9", param_hint="--fail-under"
        ) from None


@main.command()
@click.option("--http", "place", metavar="HOST:PORT", help="Serve over HTTP there, such as 127.0.0.1:8001.")
@_common
def mcp(settings: Settings, place: str | None) -> None:
    """Serve assistants by the Model Context Protocol, on standard input and output."""
    from kb.mcp_server import serve_http, serve_stdio  # other commands need not wait for it

    if place:
        serve_http(settings, place)
    else:
        serve_stdio(settings)


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--single-file", type=click.Path(path_type=Path), help="Write everything as one HTML file too, or alone.")
@click.option("--base-url", default="", help="Address the copy gets on the web: for canonical links and the sitemap.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Date it is known by (default: the newest review).")
@_common
def export(
    settings: Settings, folder: Path | None, single_file: Path | None, base_url: str, day: datetime | None
) -> None:
    """Write the offline copy into FOLDER: every page, and the box that answers, without a server."""
    from kb import export_folder
    from kb import single_file as one_file
    from kb.export import check_place, copy_files, make_copy

    if not folder and not single_file:
        raise click.UsageError("name a FOLDER, or a file with --single-file FILE")
    for place in filter(None, (folder, single_file)):
        check_place(place, settings)
    started = time.perf_counter()
    generation = _fresh_generation(settings)
    copy = make_copy(generation, settings, base_url=_web_address(base_url), date=f"{day:%Y-%m-%d}" if day else "")
    if folder:
        with terminal.progress_bar("Writing pages") as progress:
            written = export_folder.write_folder(folder, copy_files(generation, settings, copy, progress))
        click.echo(f"{_count(written.files, 'file')}, {_megabytes(written.size)} in {folder}")
    if single_file:
        with terminal.progress_bar("Writing one file") as progress:
            size = one_file.write_single_file(single_file, generation, settings, copy, progress)
        click.echo(f"1 file, {_megabytes(size)}: {single_file}")
    click.echo(f"{time.perf_counter() - started:.2f} seconds")


def _fresh_generation(settings: Settings) -> Generation:
    """The generation that fits the content; a content folder that cannot be read is an error here."""
    with terminal.progress_bar("Indexing") as progress:
        build(settings, progress=progress)
    return load_current(settings.data, settings.ranking)


def _web_address(text: str) -> str:
    if text and not re.match(r"https?://[^/\s]", text):
        raise click.BadParameter(f"{text!r} should start with https:// or http://", param_hint="--base-url")
    return text


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


@main.group()
def staff() -> None:
    """Accounts of the support team: add, list, disable; each takes --content and --data."""


@staff.command("add")
@click.argument("name")
@_common
def staff_add(settings: Settings, name: str) -> None:
    """Add an account, or enable a disabled one; the password is asked for, or is the first line of standard input."""
    from kb.staff_login import add_staff

    with _database(settings) as database:
        account = add_staff(database, name, _password())
    click.echo(f"Account {account.name} can log in.")


@staff.command("list")
@_common
def staff_list(settings: Settings) -> None:
    """One line for each account."""
    from kb.store.staff import list_accounts

    with _database(settings) as database, database.read() as connection:
        accounts = list_accounts(connection)
    for account in accounts:
        state = f"disabled {account.disabled_at[:10]}" if account.is_disabled else f"added {account.created_at[:10]}"
        click.echo(f"{account.name}  {state}")
    if not accounts:
        click.echo("No accounts yet. Add one with `python -m kb staff add NAME`.")


@staff.command("disable")
@click.argument("name")
@_common
def staff_disable(settings: Settings, name: str) -> None:
    """Disable an account and end its logins."""
    from kb.store.staff import disable_account

    with _database(settings) as database, database.begin() as connection:
        account = disable_account(connection, name)
    click.echo(f"Account {account.name} is disabled.")


@main.command()
@_common
def prune(settings: Settings) -> None:
    """Delete stored conversations, questions, reports and deliveries that are older than the settings allow."""
    from kb.store.prune import prune as delete_old

    with _database(settings) as database:
        with database.begin() as connection:
            pruned = delete_old(connection, settings)
        database.checkpoint()
    click.echo(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in asdict(pruned).items()) + " deleted")


@main.command()
@click.option("--network", is_flag=True, help="Also try to reach the mail server and the webhook.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@_common
def doctor(settings: Settings, network: bool, as_json: bool) -> None:
    """Say what is wrong with this installation, and what to do; exit status 1 for errors."""
    from kb.doctor import examine

    found = examine(settings, network=network)
    for item in found:
        line = f"{item.state}: {item.what}: {item.text}" + (f" {item.remedy}" if item.remedy else "")
        click.echo(json.dumps(asdict(item), ensure_ascii=False) if as_json else line)
    if any(item.state == "error" for item in found):
        sys.exit(1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_common
def backup(settings: Settings, file: Path) -> None:
    """Write all that is stored and cannot be made anew into FILE, also while the portal serves."""
    from kb.backup import back_up

    made = back_up(settings, file)
    click.echo(f"{_count(made.files, 'file')}, {_megabytes(made.size)}, as of {made.created}: {file}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the data folder holds.")
@_common
def restore(settings: Settings, file: Path, force: bool) -> None:
    """Put a backup into an empty data folder; stop the portal before."""
    from kb.backup import restore as put_back

    restored = put_back(settings, file, force=force)
    click.echo(f"{_count(restored.files, 'file')} as of {restored.created} restored into {settings.data}")


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    """The database with its tables up to date. Loaded here because commands that only search need none."""
    from kb.store.database import Database

    with closing(Database(settings)) as database:
        database.migrate()
        yield database


def _password() -> str:
    """A password, typed twice on a terminal, or the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt="Password again"))
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError("the password on standard input is not text in UTF-8") from error


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")

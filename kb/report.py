"""A problem report as a plain value: what its form asks for, what is filled in, what is wrong with it, and its text.

The fields come from the content's report template; question, what was tried and a log are in every report. How a report is
stored is the matter of kb/store/reports.py.

Secrets: what is typed goes through `masked` first. It leaves private keys alone, so that `check` refuses them by name: a key
that got this far has to be replaced, and its owner must know. Everything else is masked rather than refused, and the check
page shows it so; refusing would stop people whose log only looks as if it held a password. `check` refuses whatever is left.
"""

from __future__ import annotations

import codecs
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kb.entry import ReportField, ReportTemplate
from kb.secret_rules import SecretName
from kb.secret_scan import Secret, find_secrets, mask
from kb.store.reports import Attachment, StoredReport

QUESTION, TRIED, LOG, CRASH, FILES = "question", "tried", "log", "core-dump", "files"
MESSAGES = "messages"  # what a template may call its field for lines of a log
LINE_LIMIT = 500  # characters of a field of one line
TEXT_LIMIT = 20_000  # characters of a field of several lines
LOG_LIMIT = 100_000
MOST_FILES = 5
FILE_LIMIT = 1024 * 1024  # bytes
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another when it is read out
_LONGEST_FILE_NAME = 100

# Fields that every report has, unless the template gives them words of its own.
_OWN = {
    QUESTION: ReportField(QUESTION, "Question", "What you wanted to know, in your own words.", multiline=True),
    TRIED: ReportField(TRIED, "What you have tried", "One thing a line: entries, steps of guides, other settings.", multiline=True),
    LOG: ReportField(
        LOG, "Log or error output", "Longer output, as text. Remove passwords and private keys first.", multiline=True
    ),
}  # fmt: skip

# How a secret is taken out of a text, by where it stands: all of a key with its markers, several lines, or one.
WAYS = {"key": "the lines from BEGIN to END", "lines": "lines {first} to {last}", "line": "it from line {first}"}

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # no text holds these; tabs, page breaks and colours are left
MARKUP = re.compile(r"([\\`*_\[\]<>#&|!~])")


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """Why a report cannot be sent: a sentence, and the field that it is about."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """The files of a form that can be taken, and what is wrong with the others."""

    attachments: tuple[Attachment, ...]  # secrets masked
    problems: tuple[ReportProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says."""

    fields: Mapping[str, str]  # by id of the template's field
    question: str = ""
    tried: tuple[str, ...] = ()  # one line each
    log: str = ""
    files: Sequence[Attachment] = ()
    reference: str = ""  # empty until it is sent
    sent_at: str = ""  # ISO 8601, UTC; empty until it is sent


def form_fields(template: ReportTemplate) -> tuple[ReportField, ...]:
    """The fields of the form in their order: the question, those of the template, what was tried, the log."""
    given = {field.id: field for field in template.fields}
    own = {name: given.get(name, field) for name, field in _OWN.items()}
    rest = tuple(field for field in template.fields if field.id not in own)
    return own[QUESTION], *rest, own[TRIED], own[LOG]


def limit_of(field: ReportField) -> int:
    """The most characters that a field may hold."""
    if field.id == LOG:
        return LOG_LIMIT
    return TEXT_LIMIT if field.multiline else LINE_LIMIT


def asks_for_crash(template: ReportTemplate) -> bool:
    """Whether the form has to ask if something dumped core."""
    return any(field.required == "core-dump" for field in template.fields)


def prefill(question: str = "", tried: Iterable[str] = (), log: str = "") -> dict[str, str]:
    """The values of the form that are known before anything is typed. tried: one line each."""
    values = {QUESTION: question.strip(), TRIED: "\n".join(tried), LOG: log.strip()}
    return {name: value for name, value in values.items() if value}


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """The values of the form without secrets; private keys stay, so that `check` refuses them by name."""
    return {name: mask(value, but="private key") for name, value in values.items()}


def check(values: Mapping[str, str], template: ReportTemplate) -> tuple[ReportProblem, ...]:
    """What has to be mended before a report can be sent, in the order of the form."""
    return tuple(problem for field in form_fields(template) for problem in _check_field(field, values))


def _check_field(field: ReportField, values: Mapping[str, str]) -> Iterator[ReportProblem]:
    value = values.get(field.id, "").strip()
    has_crashed = values.get(CRASH) == "yes"
    is_met = field.id == MESSAGES and values.get(LOG, "").strip()  # nothing is typed twice
    if not value and field.required == "always" and not is_met:
        yield ReportProblem(field.id, f"Fill in “{field.label}”")
    elif not value and field.required == "core-dump" and has_crashed:
        yield ReportProblem(field.id, f"Fill in “{field.label}”. It is needed after a core dump.")
    limit = limit_of(field)
    if len(value) > limit:
        yield ReportProblem(
            field.id, f"“{field.label}” must be {limit:,} characters or less. Attach longer output as a file."
        )
    yield from (ReportProblem(field.id, message) for message in secret_messages(field.label, value))


def secret_messages(what: str, text: str) -> Iterator[str]:
    """One sentence for each kind of secret in a text that must not hold any, naming it and saying how to take it out."""
    found: dict[SecretName, list[Secret]] = {}
    for secret in find_secrets(text):
        found.setdefault(secret.name, []).append(secret)
    for name, these in found.items():
        first, last = these[0].line, these[0].line + text.count("\n", these[0].start, these[0].end)
        if name == "private key" and "BEGIN" in text[these[0].start : these[0].end]:
            way = "key"
        else:
            way = "lines" if last > first else "line"
        yield secret_sentence(what, name, WAYS[way].format(first=first, last=last), is_many=is_plural(what))


def secret_sentence(what: str, name: str, way: str, *, is_many: bool) -> str:
    """That a field or file holds a secret, and how to take it out. is_many: whether `what` is a plural."""
    return f"{what} {'contain' if is_many else 'contains'} a {name}. Remove {way}."


def is_plural(label: str) -> bool:
    """Whether a label such as "Error messages" wants "contain"."""
    return re.fullmatch(r"(?!What|How|Which|Who)\w+(?: \w+)?s", label) is not None and not re.search(
        "(?:ss|us|is)$", label
    )


def check_file(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file that somebody attached, secrets masked, and why it cannot be taken (nothing when it can)."""
    if len(data) > FILE_LIMIT:
        return "", (f"{name} is larger than 1 MiB. Keep the lines around the first error.",)
    text = _decoded(data)
    if text is None:
        return "", (f"{name} is not a text file. Attach text, such as a log or a backtrace.",)
    text = mask(text.replace("\r\n", "\n").replace("\r", "\n"), but="private key")
    problems = tuple(secret_messages(name, text))
    return ("" if problems else text), problems


def _decoded(data: bytes) -> str | None:
    """The text of a file in UTF-8, UTF-16 with its mark, or the Western encoding of Windows; None for anything else."""
    if data.startswith(b"%PDF-"):
        return None
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if data.startswith(marks) else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def check_files(sent: Iterable[tuple[str, bytes]], kept: Sequence[Attachment] = ()) -> CheckedFiles:
    """The files that are attached now, after those that were before, and why some cannot be."""
    files, problems = list(kept), []
    for raw_name, data in sent:
        name = file_name(raw_name)
        text, messages = check_file(name, data)
        problems += [ReportProblem(FILES, message) for message in messages]
        if not messages:
            files.append(Attachment(name, text, len(data)))
    if len(files) > MOST_FILES:
        problems.append(
            ReportProblem(FILES, f"Attach {MOST_FILES} files or fewer. Leave out {len(files) - MOST_FILES}.")
        )
    return CheckedFiles(tuple(files[:MOST_FILES]), tuple(problems))


def file_name(sent: str) -> str:
    """The name of an attached file: without folders and control characters, not too long."""
    name = "".join(letter for letter in sent.replace("\\", "/").rsplit("/", 1)[-1] if letter.isprintable()).strip()
    return mask(name)[-_LONGEST_FILE_NAME:] or "file.txt"


def make_report(values: Mapping[str, str], template: ReportTemplate, files: Sequence[Attachment] = ()) -> Report:
    """The report that the values of the form make, secrets masked. What is empty is left out."""
    values = {name: mask(value) for name, value in values.items()}
    fields = {
        field.id: values[field.id].strip()
        for field in form_fields(template)
        if field.id not in (QUESTION, TRIED, LOG) and values.get(field.id, "").strip()
    }
    lines = tuple(line.strip() for line in values.get(TRIED, "").splitlines() if line.strip())
    return Report(fields, values.get(QUESTION, "").strip(), lines, values.get(LOG, "").strip(), files)


def sent_report(stored: StoredReport) -> Report:
    """The report that was stored, with its reference."""
    return Report(
        stored.fields,
        stored.question,
        stored.tried,
        stored.log,
        stored.attachments,
        stored.reference,
        stored.created_at,
    )


def make_reference() -> str:
    """A number for a report that can be read out on the telephone, such as R-7K3M-92QX."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"R-{letters[:4]}-{letters[4:]}"


def rows(report: Report, template: ReportTemplate) -> tuple[tuple[ReportField, str], ...]:
    """Every field of a report with its value, which may be empty, in the order of the form.

    Fields that the template had when the report was sent, and has no longer, come last under their ids.
    """
    own = {QUESTION: report.question, TRIED: "\n".join(report.tried), LOG: report.log}
    fields = form_fields(template)
    known = {field.id for field in fields}
    gone = tuple(ReportField(name, name, multiline=True) for name in report.fields if name not in known)
    return tuple(
        (field, own[field.id] if field.id in own else report.fields.get(field.id, "")) for field in fields + gone
    )


def report_markdown(report: Report, template: ReportTemplate, *, with_files: bool = True) -> str:
    """A report as Markdown; what people typed stands in fences, so that nothing in it is markup.

    with_files: whether the texts of its files follow; else only their names.
    """
    parts = [f"# Problem report {report.reference}".rstrip()]
    if report.sent_at:
        parts.append(f"Sent: {_moment(report.sent_at)}")
    parts += [_fenced(MARKUP.sub(r"\\\1", label), text) for label, text in _filled(report, template, with_files)]
    return "\n\n".join(parts) + "\n"


def report_text(report: Report, template: ReportTemplate, *, with_files: bool = True) -> str:
    """A report as plain text. with_files: as in `report_markdown`."""
    parts = [f"Problem report {report.reference}".rstrip()]
    if report.sent_at:
        parts.append(f"Sent: {_moment(report.sent_at)}")
    parts += [
        f"{label}\n{'-' * len(label)}\n\n{_indented(text)}" for label, text in _filled(report, template, with_files)
    ]
    return "\n\n".join(parts) + "\n"


def _moment(iso: str) -> str:
    """A time as people read it."""
    return f"{iso[:10]} {iso[11:16]} UTC"


def _filled(report: Report, template: ReportTemplate, with_files: bool) -> Iterator[tuple[str, str]]:
    for field, value in rows(report, template):
        if value:
            yield field.label, value
    if with_files:
        yield from ((f"File: {file.name}", file.text) for file in report.files)
    elif report.files:
        yield "Files", "\n".join(f"{file.name} ({file.size:,} bytes)" for file in report.files)


def _fenced(label: str, text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"## {label}\n\n{fence}text\n{text.rstrip(chr(10))}\n{fence}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip("\n").split("\n"))


Kind = Literal["md", "txt"]

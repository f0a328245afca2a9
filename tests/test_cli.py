"""The command line: what each command prints, its JSON, its exit codes, one line for every fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click import Group
from click.testing import CliRunner, Result
from engine_world import entry_text

from kb import __version__
from kb.cli import main
from kb.generation import build, current_folder
from kb.levels import LEVELS
from kb.settings import Settings

ROOT = Path(__file__).parent.parent
Run = Callable[..., Result]


def arguments(settings: Settings) -> list[str]:
    return ["--content", str(settings.content), "--data", str(settings.data)]


def command_runner(settings: Settings) -> Run:
    def run(command: str, *words: str, text: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(main, [command, *arguments(settings), *words], input=text, prog_name="kb")
        assert "\x1b" not in result.output  # plain text where there is no terminal
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def run(small_settings: Settings) -> Run:
    """Runs a command on the small knowledge base that nobody changes."""
    return command_runner(small_settings)


@pytest.fixture
def run_own(own_settings: Settings) -> Run:
    """Runs a command on a knowledge base of the test's own, without index."""
    return command_runner(own_settings)


def program(*words: str, **rest: Any) -> subprocess.CompletedProcess[str]:
    """`python -m kb` as somebody runs it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")} | rest.pop("env", {})
    return subprocess.run(
        [sys.executable, "-m", "kb", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60, **rest
    )


def fault(result: Result) -> str:
    """The one line on standard error of a command that failed with status 1."""
    assert result.exit_code == 1
    assert result.stderr.startswith("kb: ") and result.stderr.count("\n") == 1 and result.stderr.endswith("\n")
    return result.stderr.removeprefix("kb: ").rstrip("\n")


# index


def test_index_says_what_it_built(run_own: Run) -> None:
    first = run_own("index")
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.startswith("7 entries, 1 guides, ") and first.stdout.rstrip().endswith(" seconds")
    assert run_own("index").stdout.rstrip().endswith("(up to date)")
    assert not run_own("index", "--force").stdout.rstrip().endswith("(up to date)")


def test_index_json(run_own: Run) -> None:
    value = json.loads(run_own("index", "--json").stdout)
    assert (value["entries"], value["guides"], value["sections"], value["new"], value["findings"]) == (7, 1, 3, True, [])
    assert value["terms"] > 0 and value["seconds"] >= 0
    assert json.loads(run_own("index", "--json").stdout)["new"] is False


def test_index_reports_what_it_left_out_and_strict_fails(run_own: Run, own_settings: Settings) -> None:
    (own_settings.content / "protocol/hanging.md").write_text("---\nquestion: [\n---\n", encoding="utf-8")
    result = run_own("index")
    assert result.exit_code == 0
    assert result.stdout.startswith("6 entries")
    assert result.stderr.startswith("kb: left out or mended: protocol/hanging.md:3: bad-yaml: ")
    strict = run_own("index", "--strict")
    assert strict.exit_code == 1
    assert strict.stderr.splitlines()[-1] == "kb: 1 content file at fault; mend them, or index without --strict"


# check


def test_check_of_sound_content(run: Run) -> None:
    result = run("check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "No findings.\n", "")


def test_check_prints_a_line_for_every_finding(run_own: Run, own_settings: Settings) -> None:
    (own_settings.content / "keys/new.md").write_text(entry_text("New?", related="[nowhere]", review_by="2001-01-01"), encoding="utf-8")
    (own_settings.content / "keys/bad.md").write_text("\n", encoding="utf-8")
    result = run_own("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "keys/bad.md:1: empty-file: this file is empty",
        "keys/new.md:1: unknown-id: `related` names 'nowhere', which does not exist",
        "keys/new.md:1: review-due: this was to be reviewed by 2001-01-01 (warning)",
    ]
    values = [json.loads(line) for line in run_own("check", "--json").stdout.splitlines()]
    assert [(value["severity"], value["file"], value["line"], value["rule"]) for value in values] == [
        ("error", "keys/bad.md", 1, "empty-file"),
        ("error", "keys/new.md", 1, "unknown-id"),
        ("warning", "keys/new.md", 1, "review-due"),
    ]


def test_check_of_nothing_but_warnings_succeeds(run_own: Run, own_settings: Settings) -> None:
    (own_settings.content / "keys/new.md").write_text(entry_text("New?", review_by="2001-01-01"), encoding="utf-8")
    assert run_own("check").exit_code == 0


# search


def test_search_prints_ranked_hits(run: Run) -> None:
    result = run("search", "broken", "padlok")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Showing results for: broken padlock  (padlok -> padlock)"
    assert lines[1].split()[0] in LEVELS
    assert lines[2] == " 1. Why does the Netscape browser show a broken padlock?"
    assert lines[3].startswith("    old-browser  ·  Protocol.browsers  ·  ") or lines[3].startswith("    old-browser  ·  Protocol / Browsers  ·  ")


def test_search_json_has_the_agreed_shape(run: Run) -> None:
    value = json.loads(run("search", "--json", "remove", "password").stdout)
    assert list(value) == ["id", "query", "level", "took_ms", "corrected", "hits"]
    assert (value["id"], value["query"], value["corrected"]) == (None, "remove password", None)
    assert value["level"] in LEVELS and value["took_ms"] > 0
    first = value["hits"][0]
    assert list(first) == ["id", "kind", "title", "section", "score", "matched", "url"]
    assert first["score"] > 0
    assert first | {"score": 0} == {
        "id": "remove-pass-phrase",
        "kind": "entry",
        "title": "How do I remove the pass phrase from a private key?",
        "section": "keys",
        "score": 0,
        "matched": ["remove", "password"],
        "url": "/entries/remove-pass-phrase",
    }
    guide = next(hit for hit in value["hits"] if hit["kind"] == "guide")
    assert (guide["id"], guide["url"]) == ("guide-start", "/guides/guide-start")


def test_search_json_tells_corrections(run: Run) -> None:
    assert json.loads(run("search", "--json", "padlok").stdout)["corrected"] == "padlock"
    exact = json.loads(run("search", "--json", "--exact", "padlok").stdout)
    assert (exact["corrected"], exact["hits"], exact["level"]) == (None, [], "none")


def test_search_limit_and_section(run: Run) -> None:
    assert len(json.loads(run("search", "--json", "--limit", "2", "pass phrase key").stdout)["hits"]) == 2
    hits = json.loads(run("search", "--json", "--section", "protocol", "browser certificate").stdout)["hits"]
    assert hits and all(hit["section"].startswith("protocol") for hit in hits)


def test_search_for_what_is_not_there_is_an_answer_and_no_fault(run: Run) -> None:
    result = run("search", "xyzzy")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("No entry matches this question.")


BATCH: list[dict[str, Any]] = [
    {"id": 1, "query": "broken padlock"},
    {"id": "two", "query": "xyzzy"},
    {"query": ""},
    {"id": [4], "query": "\ud83d padlock"},
    {"id": None, "query": "padlock " * 100},
    {"id": 6, "query": "\u0000" * 600},
    {"id": 7, "query": "😀 zażółć padlock"},
]


def check_batch(output: str) -> None:
    values = [json.loads(line) for line in output.splitlines()]
    assert [value["id"] for value in values] == [1, "two", None, [4], None, 6, 7]
    assert [value["query"] for value in values] == [line["query"] for line in BATCH]
    first = [value["hits"][0]["id"] if value["hits"] else "" for value in values]
    assert first == ["old-browser", "", "", "old-browser", "old-browser", "", "old-browser"]
    assert [value["level"] for value in values if not value["hits"]] == ["none"] * 3


def test_a_batch_answers_every_line_whatever_it_holds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "batch.jsonl").write_text("\n\n".join(json.dumps(line) for line in BATCH), encoding="utf-8")
    result = run("search", "--batch", str(tmp_path / "batch.jsonl"))
    assert (result.exit_code, result.stderr) == (0, "")
    check_batch(result.stdout)


def test_a_batch_is_read_from_standard_input(small_settings: Settings) -> None:
    text = "\n".join(json.dumps(line) for line in BATCH)
    result = program("search", *arguments(small_settings), "--batch", "-", input=text)
    assert (result.returncode, result.stderr) == (0, "")
    check_batch(result.stdout)


@pytest.mark.parametrize("line", ["no JSON", "[]", "null", "5", '{"id": 3}', '"text"'])
def test_a_batch_line_that_cannot_be_used_is_named(run: Run, tmp_path: Path, line: str) -> None:
    file = tmp_path / "batch.jsonl"
    file.write_text(f'{{"query": "padlock"}}\n{line}\n', encoding="utf-8")
    result = run("search", "--batch", str(file))
    assert fault(result) == f'{file}:2: write {{"id": …, "query": "…"}} on each line'
    assert result.stdout == ""


def test_a_batch_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    assert fault(run("search", "--batch", str(tmp_path / "no.jsonl"))) == f"{tmp_path / 'no.jsonl'} cannot be read: No such file or directory"
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "caf\xe9"}\n')
    assert fault(run("search", "--batch", str(tmp_path / "latin.jsonl"))).endswith("cannot be read: it is not UTF-8 text")


# ask


def test_ask_prints_the_answer(run: Run) -> None:
    result = run("ask", "How do I remove the pass phrase from a private key?")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "How do I remove the pass phrase from a private key?" in result.stdout
    assert "Keys and certificates · reviewed 2026-11-24 · remove-pass-phrase" in result.stdout
    assert "Work through it step by step: The server stops at start and asks for a pass phrase · 1 steps (guide-start)" in result.stdout
    assert "\nWhy: matched remove, pass, phrase, private, key" in result.stdout


def test_ask_json_holds_the_whole_answer(run: Run) -> None:
    value = json.loads(run("ask", "--json", "Why does the connection hang?").stdout)
    assert list(value) == [
        "question", "log", "level", "hits", "snippet", "candidates", "corrected", "correction", "why", "carried", "took_ms", "guides",
    ]  # fmt: skip
    assert value["hits"][0]["id"] == "hanging"
    assert value["snippet"]["text"].startswith("A firewall drops")
    assert list(value["why"]) == ["matched", "synonyms", "error_text", "ignored", "unknown"]


def test_ask_reads_a_log_from_a_file_or_standard_input(run: Run, tmp_path: Path) -> None:
    log = b"[error] error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher \xff\xfe"
    (tmp_path / "error.log").write_bytes(log)
    for result in (
        run("ask", "--json", "--log", str(tmp_path / "error.log"), "what is this"),
        run("ask", "--json", "--log", "-", "what is this", text=log),
    ):
        value = json.loads(result.stdout)
        assert value["hits"][0]["id"] == "no-shared-cipher"
        assert value["why"]["error_text"].startswith("error:1408A0C1")


def test_ask_offers_the_problem_report_when_nothing_matches(run: Run) -> None:
    result = run("ask", "xyzzy", "plugh")
    assert result.exit_code == 0
    assert "No entry matches this question." in result.stdout
    assert "problem report" in result.stdout and "--report" not in result.stdout


# eval


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    lines = [
        {"query": "Why does the connection hang?", "kind": "plain", "relevant": ["hanging"]},
        {"query": "broken padlock", "kind": "plain", "relevant": ["hanging"]},
        {"query": "xyzzy", "kind": "odd", "relevant": []},
        {"turns": [{"query": "no shared cipher", "relevant": ["no-shared-cipher"]}, {"query": "padlock?", "relevant": ["old-browser"]}]},
    ]
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return file


def test_eval_prints_figures_by_kind_and_level(run: Run, labelled: Path) -> None:
    result = run("eval", str(labelled))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["kind", "n", "hit@1", "hit@3", "hit@5", "MRR@10", "nDCG@10"]
    assert lines[1][:3] == ["all", "4", "0.750"]
    assert ["plain", "2", "0.500"] in [line[:3] for line in lines]
    assert [line[0] for line in lines if line and line[0] in LEVELS] == list(LEVELS)
    assert "no-answer precision" in result.stdout and "p50" in result.stdout and "p95" in result.stdout


def test_eval_json(run: Run, labelled: Path) -> None:
    value = json.loads(run("eval", "--json", str(labelled), str(labelled)).stdout)
    assert set(value["kinds"]) == {"all", "plain", "first-turn", "follow-up"}
    assert value["kinds"]["all"]["n"] == 8 and value["kinds"]["all"]["hit_1"] == 0.75
    assert [item["level"] for item in value["levels"]] == list(LEVELS)
    assert {"no_answer_precision", "no_answer_recall", "unanswerable_answered", "p50_ms", "p95_ms"} <= value.keys()


def test_eval_writes_a_run(run: Run, labelled: Path, tmp_path: Path) -> None:
    result = run("eval", "--run", str(tmp_path / "run.tsv"), str(labelled))
    assert result.exit_code == 0
    rows = [line.split("\t") for line in (tmp_path / "run.tsv").read_text(encoding="utf-8").splitlines()]
    assert all(len(row) == 4 for row in rows)
    assert [row[:3] for row in rows if row[2] == "1"] == [
        ["1", "hanging", "1"], ["2", "old-browser", "1"], ["4", "no-shared-cipher", "1"], ["5", "old-browser", "1"],
    ]  # fmt: skip
    for number in "12":
        scores = [float(row[3]) for row in rows if row[0] == number]
        assert scores == sorted(scores, reverse=True)
    assert "cannot be written" in fault(run("eval", "--run", str(tmp_path / "no/run.tsv"), str(labelled)))


def test_eval_fails_under_a_limit(run: Run, labelled: Path) -> None:
    assert run("eval", "--fail-under", "hit@1=0.7", "--fail-under", "plain:hit@1=0.5", str(labelled)).exit_code == 0
    result = run("eval", "--fail-under", "hit@1=0.8", "--fail-under", "plain:hit@1=0.9", "--fail-under", "hit@5=0.1", str(labelled))
    assert fault(result) == "hit@1 is 0.750, below 0.8; plain:hit@1 is 0.500, below 0.9"
    assert "all" in result.stdout  # the figures are printed all the same
    assert fault(run("eval", "--fail-under", "beauty=1", str(labelled))).startswith("there is no metric 'beauty'; known are hit@1")


def test_eval_names_the_file_and_line_at_fault(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"query": "x", "relevant": []}\n{"query": 5, "relevant": []}\n', encoding="utf-8")
    assert fault(run("eval", str(tmp_path / "bad.jsonl"))).startswith(f"{tmp_path / 'bad.jsonl'}:2: write ")
    assert "cannot be read" in fault(run("eval", str(tmp_path / "missing.jsonl")))


# Faults and wrong usage


@pytest.mark.parametrize("words", [["index"], ["check"], ["search", "x"], ["ask", "x"]])
def test_a_missing_content_folder_is_one_line(run_own: Run, own_settings: Settings, words: list[str]) -> None:
    own_settings.content.rename(own_settings.content.with_name("elsewhere"))
    message = fault(run_own(*words))
    assert message == f"there is no content folder at {own_settings.content}; create it, or name yours with --content DIR or KB_CONTENT"


@pytest.mark.parametrize("words", [["index"], ["search", "x"], ["ask", "x"]])
def test_a_data_folder_that_cannot_be_written_is_one_line(run_own: Run, own_settings: Settings, words: list[str]) -> None:
    own_settings.data.write_text("in the way")
    assert fault(run_own(*words)).startswith("the data folder cannot be written: ")


@pytest.mark.parametrize("words", [["search", " "], ["ask", "\0"], ["search", "x" * 501], ["search", "--json", ""]])
def test_input_that_cannot_be_used_is_one_line(run: Run, words: list[str]) -> None:
    message = fault(run(*words))
    assert message == "Enter a question or an error line" or message.startswith("Question must be 500 characters or less.")


def test_a_setting_that_cannot_be_used_is_one_line() -> None:
    result = program("search", "padlock", env={"KB_LOG_LIMIT": "many"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("kb: setting KB_LOG_LIMIT: ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["search"],
        ["search", "x", "--batch", "y"],
        ["search", "--limit", "0", "x"],
        ["search", "--limit", "many", "x"],
        ["search", "--colour", "x"],
        ["ask"],
        ["ask", "--log", "/nowhere/log", "x"],
        ["eval"],
        ["eval", "--fail-under", "hit@1", "file"],
        ["eval", "--fail-under", "hit@1=high", "file"],
        ["index", "surplus"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2_with_a_hint(words: list[str]) -> None:
    result = CliRunner().invoke(main, words, prog_name="kb")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: kb" in result.stderr and "Traceback" not in result.stderr


# As a program


def test_content_and_data_come_from_the_environment(own_settings: Settings) -> None:
    environment = {"KB_CONTENT": str(own_settings.content), "KB_DATA": str(own_settings.data)}
    result = program("search", "--json", "padlock", env=environment)
    assert json.loads(result.stdout)["hits"][0]["id"] == "old-browser"
    assert current_folder(own_settings.data).is_dir()
    build(own_settings)


def test_bytes_that_are_no_text_are_taken(small_settings: Settings) -> None:
    command = [sys.executable, "-m", "kb", "search", *arguments(small_settings), "--json", os.fsdecode(b"padlock caf\xe9")]
    result = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"}, capture_output=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert json.loads(result.stdout.decode())["query"] == "padlock caf\udce9"


@pytest.mark.parametrize("words", [["search"], ["search", "--json"], ["ask"], ["ask", "--json"]])
def test_a_terminal_that_cannot_show_every_character_is_no_fault(small_settings: Settings, words: list[str]) -> None:
    result = program(*words, *arguments(small_settings), "padlock “schön” …", env={"PYTHONIOENCODING": "ascii:strict"})
    assert (result.returncode, result.stderr) == (0, "")
    assert "old-browser" in result.stdout


def test_a_file_name_that_is_no_text_is_reported(own_settings: Settings) -> None:
    with open(os.fsencode(own_settings.content) + b"/keys/caf\xe9.md", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("\n")
    result = program("check", *arguments(own_settings), env={"PYTHONIOENCODING": "utf-8:strict"})
    assert result.returncode == 1
    assert result.stdout.startswith("keys/caf") and ".md:1: empty-file: this file is empty\n" in result.stdout
    assert result.stderr == ""


def test_a_reader_that_has_seen_enough_is_no_fault(small_settings: Settings) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kb", "search", *arguments(small_settings), "--batch", "-"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate('{"query": "padlock"}\n' * 50, timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_nothing_but_plain_text_reaches_a_pipe(own_settings: Settings) -> None:
    result = program("index", *arguments(own_settings))
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout and "\r" not in result.stdout and result.stdout.count("\n") == 1
    result = program("ask", *arguments(own_settings), "Why does the connection hang?", env={"TERM": "xterm-256color"})
    assert "\x1b" not in result.stdout and result.stderr == ""


def test_help_and_version() -> None:
    text = CliRunner().invoke(main, ["--help"], prog_name="kb").output
    assert all(f"  {name} " in text for name in main.commands)
    assert CliRunner().invoke(main, ["--version"], prog_name="kb").output == f"kb, version {__version__}\n"
    for name, command in main.commands.items():
        if isinstance(command, Group):
            continue  # it takes no options itself
        text = CliRunner().invoke(main, [name, "-h"], prog_name="kb").output
        assert "--content" in text and "--data" in text

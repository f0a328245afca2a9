"""What answers look like in a terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kb import terminal
from kb.answer import Answer, answer
from kb.evaluation import Labelled, Outcome, summarise
from kb.generation import Generation
from kb.levels import LEADS, LEVELS
from kb.settings import Levels, Settings

ROOT = Path(__file__).parent.parent
STRONG = Settings(levels=Levels(bias=0.0, weights={}, strong_from=0.0, possible_from=0.0))
WEAK = Settings(levels=Levels(bias=0.0, weights={}, strong_from=1.0, possible_from=1.0, weak_from=0.0))


def printed(capsys: pytest.CaptureFixture[str], found: Answer, generation: Generation) -> str:
    terminal.print_answer(found, generation)
    return capsys.readouterr().out


def test_an_answer_shows_entry_passage_commands_guide_and_reasons(small: Generation, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, answer(small, STRONG, "make the key file readable by root alone, remove the PEM secret"), small)
    lines = text.splitlines()
    assert "Strong match" in lines
    assert "How do I remove the pass phrase from a private key?" in lines
    assert "Write the key without encryption and protect the file." in lines
    assert lines[lines.index("Most relevant passage:") + 1].endswith("Then make the file readable by root alone.")
    assert "    openssl pkey -in server.key -out server.new" in lines
    assert any(line.startswith("Work through it step by step: The server stops at start") for line in lines)
    assert any(line.startswith("  How do I change the pass phrase of a private key?  (") for line in lines)
    assert "took PEM secret for pass phrase" in lines[-1]


def test_words_in_brackets_are_text(small: Generation, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, answer(small, STRONG, "firewall [bold] [/] \\"), small)
    assert "Protocol [TLS] · hanging" in text


def test_history_is_called_history(small: Generation, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Most relevant passage (historic, not today's advice):" in printed(capsys, answer(small, STRONG, "ssleay rsa"), small)


def test_a_weak_match_lists_titles(small: Generation, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, answer(small, WEAK, "pass phrase"), small)
    assert text.startswith(LEADS["weak"])
    assert "Closest entries:" in text and "(weak, change-pass-phrase)" in text
    assert "Most relevant passage" not in text


def test_corrections_and_what_was_carried_over_are_shown(small: Generation, capsys: pytest.CaptureFixture[str]) -> None:
    found = replace(answer(small, STRONG, "broken padlok"), carried="an [earlier] question")
    lines = printed(capsys, found, small).splitlines()
    assert lines[0] == "Showing results for: broken padlock  (padlok -> padlock)"
    assert lines[1] == "Searched together with: an [earlier] question"


def test_long_titles_and_figures_are_not_broken_into_lines(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(Labelled("?", "a-kind-with-a-long-name", ("a",)), (("a", 1.0),), "strong", 1.0, 1.5)
    terminal.print_report(summarise([outcome]))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["all", "a-kind-with-a-long-name"]
    assert next(line.split() for line in lines if line.startswith(LEVELS)) == ["strong", "1", "1.000", "0"]


def test_there_is_no_progress_bar_in_a_pipe() -> None:
    with terminal.progress_bar("Indexing") as progress:
        assert progress is None


def on_a_terminal(*words: str) -> str:
    """What `python -m kb` writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", "kb", *words], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
        env=environment | {"TERM": "xterm-256color", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 65536):
            written += block
    except OSError:  # the other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == 0
    return written.decode()


def test_on_a_terminal_there_are_a_progress_bar_and_colours(own_settings: Settings) -> None:
    folders = ["--content", str(own_settings.content), "--data", str(own_settings.data)]
    text = on_a_terminal("index", *folders)
    assert "Indexing" in text and "7 entries" in text
    text = on_a_terminal("ask", *folders, "How do I remove the pass phrase from a private key?")
    assert "\x1b[1m" in text and "How do I remove the pass phrase from a private key?" in text

"""The commands `staff` and `prune`."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from store_world import MakeDatabase, later

from kb.cli import main
from kb.conversation import ConversationTurn
from kb.settings import Settings
from kb.staff_login import log_in
from kb.store.conversations import add_turn, create_conversation
from kb.store.database import Database
from kb.store.questions import log_question

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse"


def run(database: Database, *words: str, text: str | bytes | None = None) -> Result:
    assert database.file
    result = CliRunner().invoke(main, [*words, "--data", str(database.file.parent)], input=text, prog_name="kb")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def fault(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("kb: ") and result.stderr.count("\n") == 1
    return result.stderr.removeprefix("kb: ").rstrip("\n")


def test_an_account_from_beginning_to_end(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    assert run(database, "staff", "list").stdout == "No accounts yet. Add one with `python -m kb staff add NAME`.\n"
    for text in (PASSWORD + "\n", PASSWORD + "\r\nmore\n"):
        assert run(database, "staff", "add", "Anna", text=text).stdout == "Account Anna can log in.\n"
        assert log_in(database, settings, "anna", PASSWORD).account
        assert run(database, "staff", "disable", "anna").stdout == "Account Anna is disabled.\n"
        assert not log_in(database, settings, "anna", PASSWORD).account
    run(database, "staff", "add", "Bert", text=PASSWORD)
    lines = run(database, "staff", "list").stdout.splitlines()
    assert [line[:15] for line in lines] == ["Anna  disabled ", "Bert  added 202"]


def test_faults_are_one_line(database: Database) -> None:
    assert fault(run(database, "staff", "add", "Anna", text="short\n")) == "a password needs 10 to 1,000 characters"
    assert fault(run(database, "staff", "add", "Anna", text="")) == "a password needs 10 to 1,000 characters"
    assert fault(run(database, "staff", "add", " ", text=PASSWORD)) == "a name needs 1 to 64 visible characters"
    assert (
        fault(run(database, "staff", "add", "Anna", text=b"caf\xe9 caf\xe9 caf\xe9\n"))
        == "the password on standard input is not text in UTF-8"
    )
    assert (
        fault(run(database, "staff", "disable", "Bert"))
        == "there is no account Bert; `python -m kb staff list` names them"
    )
    run(database, "staff", "add", "Anna", text=PASSWORD)
    assert fault(run(database, "staff", "add", "Anna", text=PASSWORD)).startswith("there is an account Anna already; ")
    assert database.file
    database.close()
    database.file.write_text("no database " * 100)
    for words in (["staff", "list"], ["prune"]):
        assert "is damaged or no database" in fault(run(database, *words))


@pytest.mark.parametrize(
    "words",
    [["staff"], ["staff", "add"], ["staff", "remove", "x"], ["staff", "list", "x"], ["prune", "x"]],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(words: list[str]) -> None:
    result = CliRunner().invoke(main, words, prog_name="kb")
    assert result.exit_code == 2 and "Usage: kb" in result.stderr


@pytest.mark.parametrize("name", ["add", "list", "disable"])
def test_help(name: str) -> None:
    text = CliRunner().invoke(main, ["staff", name, "-h"], prog_name="kb").output
    assert "--content" in text and "--data" in text


def test_prune_prints_what_it_deleted(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    nothing = "0 conversations, 0 questions, 0 verdicts, 0 reports, 0 deliveries, 0 logins, 0 login failures, 0 report drafts deleted\n"
    assert run(database, "prune").stdout == nothing
    long_ago = later(days=-10_000)
    with database.begin() as connection:
        add_turn(
            connection,
            create_conversation(connection, long_ago),
            ConversationTurn(0, "a very private question"),
            now=long_ago,
        )
        log_question(connection, settings, "an old question", level="none", source="portal", now=long_ago)
        log_question(connection, settings, "a new question", level="none", source="portal")
    assert run(database, "prune").stdout == nothing.replace(
        "0 conversations, 0 questions", "1 conversations, 1 questions"
    )
    assert run(database, "prune").stdout == nothing
    assert database.file
    stored = b"".join(path.read_bytes() for path in database.file.parent.iterdir())
    assert b"very private" not in stored and b"old question" not in stored and b"new question" in stored


def test_the_commands_make_a_database_where_there_is_none(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["prune", "--data", str(tmp_path / "data")], prog_name="kb")
    assert (result.exit_code, (tmp_path / "data" / "kb.sqlite3").is_file()) == (0, True)


def type_at_terminal(arguments: list[str], answers: list[str]) -> tuple[str, int]:
    """What a command shows on a terminal where somebody types `answers`, one at each prompt, and its status."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kb", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, start_new_session=True
    )
    os.close(theirs)
    shown, waiting, deadline = "", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                piece = os.read(ours, 4096).decode()
            except OSError:  # it has ended
                break
            shown += piece
            if waiting and shown.endswith(": "):
                os.write(ours, waiting.pop(0).encode() + b"\n")
        elif process.poll() is not None:
            break
    status = process.wait(timeout=10)
    os.close(ours)
    return shown, status


def test_on_a_terminal_the_password_is_typed_twice_and_not_shown(tmp_path: Path) -> None:
    arguments = ["staff", "add", "Anna", "--data", str(tmp_path)]
    shown, status = type_at_terminal(arguments, [PASSWORD, "another one", PASSWORD, PASSWORD])
    assert status == 0 and shown.rstrip().endswith("Account Anna can log in.")
    assert shown.count("Password: ") == 2 and shown.count("Password again: ") == 2 and PASSWORD not in shown
    settings = Settings(data=tmp_path)
    database = Database(settings)
    assert log_in(database, settings, "Anna", PASSWORD).account
    database.close()

"""The database: transactions, migrations, processes that are killed or work at once, and faults as one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from store_world import MakeDatabase

from kb.conversation import ConversationTurn
from kb.errors import StorageError
from kb.settings import Settings
from kb.store import database as database_module
from kb.store.conversations import add_turn, create_conversation, load_conversation
from kb.store.database import Database
from kb.store.outbox import load_delivery
from kb.store.questions import list_handled, list_questions
from kb.store.reports import load_report
from kb.store.schema import VERSION, metadata
from kb.store.staff import list_accounts
from kb.store.verdicts import list_verdicts

ROOT = Path(__file__).parent.parent
FIRST_VERSION = Path(__file__).parent / "fixtures" / "database-0001.sql"


def file_of(database: Database) -> Path:
    assert database.file
    return database.file


def scalar(database: Database, statement: str) -> object:
    with database.read() as connection:
        return connection.execute(text(statement)).scalar()


def script(body: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python program of its own with the project at hand."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def sentence(action: Callable[[], object]) -> str:
    """What a StorageError says; one line."""
    with pytest.raises(StorageError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(database: Database) -> str:
    with database.begin() as connection:
        return create_conversation(connection)


# Transactions


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            create_conversation(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert scalar(database, "SELECT count(*) FROM conversations") == 0


def test_a_broken_rule_is_the_callers_fault_and_named_so(database: Database) -> None:
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(text("INSERT INTO removed_items VALUES ('no such conversation', 'key')"))


def test_reading_cannot_write(database: Database) -> None:
    def attempt() -> None:
        with database.read() as connection:
            create_conversation(connection)

    assert sentence(attempt) == f"the database {database.file} cannot be written; look who owns the file and its folder"
    write(database)  # the same connection, once it may


def test_a_reader_sees_one_state_and_stops_nobody(database: Database) -> None:
    with database.read() as connection:
        count = text("SELECT count(*) FROM conversations")
        assert connection.execute(count).scalar() == 0
        write(database)
        assert connection.execute(count).scalar() == 0
    assert scalar(database, "SELECT count(*) FROM conversations") == 1


def test_threads_that_write_at_once_lose_nothing(database: Database) -> None:
    conversation_id, faults = write(database), list[Exception]()

    def ask(question: str) -> None:
        try:
            for _ in range(20):
                with database.begin() as connection:
                    add_turn(connection, conversation_id, ConversationTurn(0, question))
        except Exception as error:
            faults.append(error)

    threads = [Thread(target=ask, args=(f"thread {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        found = load_conversation(connection, conversation_id, 30)
    assert not faults and found
    assert [turn.number for turn in found.turns] == list(range(1, 161))


def test_what_is_stored_is_for_nobody_else(database: Database) -> None:
    write(database)
    names = {path.name for path in file_of(database).parent.iterdir() if path.stat().st_mode & 0o077}
    assert names <= {"kb.sqlite3.lock"}  # it is empty


def test_what_was_deleted_is_gone_from_disk(database: Database) -> None:
    with database.begin() as connection:
        conversation_id = create_conversation(connection)
        add_turn(connection, conversation_id, ConversationTurn(0, "a very private question"))
    with database.begin() as connection:
        connection.execute(text("DELETE FROM conversations"))
    database.checkpoint()
    files = list(file_of(database).parent.iterdir())
    assert files and not any(b"very private" in path.read_bytes() for path in files)


# Migrations


def test_the_tables_are_those_of_the_migrations(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    config = Config()
    config.set_main_option("script_location", str(database_module.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_tables_are_made_once(database: Database) -> None:
    write(database)
    assert database.is_ready()
    database.migrate()
    assert scalar(database, "SELECT count(*) FROM conversations") == 1
    assert scalar(database, "PRAGMA journal_mode") == "wal"


def test_a_database_that_is_not_there_is_not_ready(tmp_path: Path) -> None:
    database = Database(Settings(data=tmp_path / "data"))
    assert not database.is_ready()
    assert not (tmp_path / "data").exists()  # looking makes nothing


def first_version(folder: Path) -> Database:
    """A database as the first version of the program left it."""
    (folder / "data").mkdir()
    connection = sqlite3.connect(folder / "data" / "kb.sqlite3")
    connection.executescript(FIRST_VERSION.read_text(encoding="utf-8"))
    connection.close()
    return Database(Settings(data=folder / "data"))


def check_first_version(database: Database) -> None:
    """Everything that the first version stored can still be read."""
    with database.read() as connection:
        found = load_conversation(connection, "conversation-0001-abcd", 1_000_000)
        assert found and [turn.question for turn in found.turns] == ["Why does it hang?", "And then?"]
        assert found.turns[0].log == "a log\nof two lines ü" and found.turns[1].standalone
        assert [item.verdict for item in found.verdicts] == ["no", "cannot"] and found.removed == {"question:2"}
        assert [item.text for item in list_questions(connection).items] == ["And then?", "Why does it hang?"]
        assert list_handled(connection)["hang"].handled_by == "Anna"
        report = load_report(connection, "R-7K3M-92QX")
        assert report and report.fields == {"title": "It hängt"} and report.tried == ("Asked: Why does it hang?",)
        assert [(item.name, item.text) for item in report.attachments] == [("error.log", "a line\n")]
        delivery = load_delivery(connection, 1)
        assert delivery and delivery.payload == {"reference": "R-7K3M-92QX"}
        assert [account.name for account in list_accounts(connection)] == ["Anna"]
        assert len(list_verdicts(connection)) == 2


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    database = first_version(tmp_path)
    database.migrate()
    assert database.is_ready()
    check_first_version(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program one version on: its migration adds a column. Returns the migration's file."""
    migrations = tmp_path / "migrations"
    shutil.copytree(database_module.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    file = migrations / "versions" / "9999_next.py"
    file.write_text(
        textwrap.dedent(
            f"""
            import sqlalchemy as sa
            from alembic import op

            revision = "9999"
            down_revision = "{VERSION}"


            def upgrade() -> None:
                with op.batch_alter_table("reports") as batch:
                    batch.add_column(sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
                    batch.alter_column("log", nullable=True)
            """
        )
    )
    monkeypatch.setattr(database_module, "MIGRATIONS", migrations)
    monkeypatch.setattr(database_module, "VERSION", "9999")
    return file


@pytest.mark.usefixtures("next_version")
def test_a_later_migration_keeps_what_was_stored(tmp_path: Path) -> None:
    database = first_version(tmp_path)
    database.migrate()
    assert scalar(database, "SELECT mood FROM reports") == "calm"
    assert scalar(database, "SELECT version_num FROM alembic_version") == "9999"
    check_first_version(database)
    assert scalar(database, "PRAGMA foreign_key_check") is None
    database.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, next_version: Path) -> None:
    next_version.write_text(next_version.read_text() + '    op.execute("INSERT INTO nowhere VALUES (1)")\n')
    database = first_version(tmp_path)
    assert "no such table: nowhere" in sentence(database.migrate)
    assert scalar(database, "SELECT version_num FROM alembic_version") == "0001"
    assert scalar(database, "SELECT count(*) FROM pragma_table_info('reports') WHERE name = 'mood'") == 0
    check_first_version(database)
    database.close()


def test_tables_of_a_newer_program_are_left_alone(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '8888'"))
    assert sentence(database.migrate) == (
        f"the database {database.file} was written by a newer version of this program; "
        "install that version, or name another database with KB_DATABASE_URL"
    )
    assert not database.is_ready()


def test_processes_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    body = """
    import sys
    from pathlib import Path
    from kb.settings import Settings
    from kb.store.conversations import create_conversation
    from kb.store.database import Database
    database = Database(Settings(data=Path(sys.argv[1])))
    database.migrate()
    with database.begin() as connection:
        create_conversation(connection)
    """
    processes = [script(body, str(tmp_path / "data")) for _ in range(6)]
    outcomes = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert outcomes == [("", 0)] * 6
    database = Database(Settings(data=tmp_path / "data"))
    assert scalar(database, "SELECT count(*) FROM conversations") == 6
    database.close()


# Killed, forked


def test_killed_in_the_middle_of_a_transaction_loses_nothing_acknowledged(database: Database) -> None:
    body = """
    import sys
    from pathlib import Path
    from kb.conversation import ConversationTurn
    from kb.settings import Settings
    from kb.store.conversations import add_turn, create_conversation
    from kb.store.database import Database
    database = Database(Settings(data=Path(sys.argv[1])))
    while True:
        with database.begin() as connection:
            conversation_id = create_conversation(connection)
            for number in range(3):
                add_turn(connection, conversation_id, ConversationTurn(0, f"question {number}", "x" * 5000))
        print(conversation_id, flush=True)
    """
    acknowledged: list[str] = []
    for round_number in range(5):
        process = script(body, str(file_of(database).parent))
        assert process.stdout
        acknowledged.append(process.stdout.readline().strip())
        time.sleep(0.02 * round_number)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        acknowledged += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    with database.read() as connection:
        for conversation_id in acknowledged:
            found = load_conversation(connection, conversation_id.strip(), 30)
            assert found and len(found.turns) == 3
        counts = connection.execute(text("SELECT count(*) FROM turns GROUP BY conversation_id")).scalars()
        assert set(counts) == {3}  # nothing half done either
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    write(database)  # and nobody holds a lock


def test_both_sides_of_a_fork_can_use_the_database(database: Database) -> None:
    body = """
    import os, sys
    from pathlib import Path
    from kb.settings import Settings
    from kb.store.conversations import create_conversation
    from kb.store.database import Database
    database = Database(Settings(data=Path(sys.argv[1])))
    def write():
        for _ in range(30):
            with database.begin() as connection:
                create_conversation(connection)
    write()
    children = []
    for _ in range(4):
        child = os.fork()
        if not child:
            write()
            os._exit(0)
        children.append(child)
    write()
    print([os.waitpid(child, 0)[1] for child in children])
    """
    output, errors = script(body, str(file_of(database).parent)).communicate(timeout=60)
    assert (output.strip(), errors) == ("[0, 0, 0, 0]", "")
    assert scalar(database, "SELECT count(*) FROM conversations") == 180
    assert scalar(database, "PRAGMA integrity_check") == "ok"


# Faults


def test_a_locked_database_is_one_sentence(make_database: MakeDatabase) -> None:
    database, _ = make_database(database_wait_seconds=0.1)
    other = sqlite3.connect(file_of(database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    expected = f"the database {database.file} is locked by another program; try again when that is done"
    assert sentence(lambda: write(database)) == expected
    assert time.monotonic() - started < 2
    assert scalar(database, "SELECT count(*) FROM conversations") == 0  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    write(database)


def test_a_lock_that_is_let_go_of_in_time_is_waited_for(database: Database) -> None:
    other = sqlite3.connect(file_of(database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        time.sleep(0.3)
        other.execute("ROLLBACK")
        other.close()

    thread = Thread(target=let_go)
    thread.start()
    write(database)
    thread.join()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kb.sqlite3").write_text("this is no database, and it is long enough to be taken for one\n" * 20)
    database = Database(Settings(data=tmp_path))
    for action in (database.migrate, database.is_ready, lambda: write(database)):
        assert sentence(action).startswith(f"the database {tmp_path / 'kb.sqlite3'} is damaged or no database: ")
    database.close()


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kb.sqlite3").mkdir()
    message = sentence(Database(Settings(data=tmp_path)).migrate)
    assert message.startswith(f"the database {tmp_path / 'kb.sqlite3'} cannot be opened; ")


def test_a_file_in_the_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    database = Database(Settings(data=tmp_path / "data"))
    assert sentence(database.migrate).startswith(f"the database {tmp_path / 'data' / 'kb.sqlite3'} cannot be written: ")
    assert sentence(lambda: write(database)).startswith("the database ")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    assert "cannot be written" in sentence(Database(Settings(data=tmp_path / "data")).migrate)


def test_missing_tables_are_one_sentence(tmp_path: Path) -> None:
    database = Database(Settings(data=tmp_path))
    assert "has no tables yet" in sentence(lambda: write(database))
    database.migrate()  # of the empty file that this left
    assert file_of(database).stat().st_mode & 0o077 == 0
    write(database)
    database.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nonsense", "setting KB_DATABASE_URL is no address of a database"),
        ("postgresql://user:secret@host:port/kb", "setting KB_DATABASE_URL is no address of a database"),
        ("mysql://user:secret@host/kb", "setting KB_DATABASE_URL names 'mysql'; SQLite and PostgreSQL can be used"),
        ("sqlite://", "setting KB_DATABASE_URL names no file"),
        ("sqlite:///:memory:", "setting KB_DATABASE_URL names no file"),
        ("sqlite+nowhere:///x", "the driver of sqlite+nowhere is not installed"),
        ("postgresql+pg8000://user:secret@host/kb", "the driver of postgresql+pg8000 is not installed"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence(url: str, expected: str) -> None:
    message = sentence(lambda: Database(Settings(database_url=url)))
    assert message.startswith(expected) and "secret" not in message


def test_an_address_names_the_file(tmp_path: Path) -> None:
    database = Database(Settings(database_url=f"sqlite:///{tmp_path}/deep/own.db"))
    database.migrate()
    assert write(database) and (tmp_path / "deep" / "own.db").is_file() and database.name == f"{tmp_path}/deep/own.db"
    database.close()

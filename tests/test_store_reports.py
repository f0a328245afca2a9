"""Reports in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from threading import Barrier, Thread

import pytest
from store_world import NOON, later

from kb.errors import StorageError
from kb.store.database import Database
from kb.store.reports import (
    Attachment,
    Created,
    NewReport,
    StoredReport,
    conversations_reported,
    count_reports,
    create_report,
    handle_report,
    link_report,
    list_reports,
    load_by_token,
    load_report,
    reopen_report,
)

NEW = NewReport(
    idempotency_key="form-1",
    fields={"versions": 'Apache/2.4.71 "Ünix"\n50%', "title": "It hängt"},
    question="Why does it hang?",
    tried=("Asked: Why?", "Entry “hanging”: did not help"),
    log="AH01882: a line",
    attachments=(Attachment("error.log", "héllo\n", 7), Attachment("b.conf", "", 0)),
    conversation_id="talk-1",
)


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"R-{next(numbers):04}-AAAA"


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with five reports on three days."""
    make = numbered()
    with database.begin() as connection:
        for number, days in enumerate((0, 0, 1, 1, 2), 1):
            new = replace(
                NEW,
                idempotency_key=f"form-{number}",
                question=f"Question {number}",
                conversation_id=f"talk-{number % 2}",
            )
            create_report(connection, new, make, later(days=days))
    return database


def references(items: tuple[StoredReport, ...]) -> list[int]:
    return [int(item.reference[2:6]) for item in items]


def test_a_report_comes_back_as_it_was_sent(database: Database) -> None:
    with database.begin() as connection:
        created = create_report(connection, NEW, numbered(), NOON)
    report = created.report
    assert created.is_new and len(report.token) == 22
    assert report == StoredReport(
        "R-0001-AAAA", report.token, "2026-11-24T12:00:00+00:00", "open", "", "", "", "talk-1",
        NEW.question, NEW.tried, NEW.log, NEW.fields, NEW.attachments,
    )  # fmt: skip
    with database.read() as connection:
        assert load_by_token(connection, report.token) == report
        assert load_report(connection, " r-0001-aaaa ") == report
        assert load_by_token(connection, "") is None and load_by_token(connection, report.reference) is None
        assert load_report(connection, "R-0002-AAAA") is None


def test_sending_twice_makes_one_report(database: Database) -> None:
    make = numbered()
    with database.begin() as connection:
        first = create_report(connection, NEW, make, NOON)
    with database.begin() as connection:
        again = create_report(connection, replace(NEW, question="changed"), make, later(days=1))
        other = create_report(connection, replace(NEW, idempotency_key="form-2"), make)
        assert list_reports(connection).total == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM attachments").scalar() == 4
    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert again.report == first.report


def test_sending_at_once_makes_one_report(database: Database) -> None:
    make, ready, created = numbered(), Barrier(8), list[Created]()

    def send() -> None:
        ready.wait()
        with database.begin() as connection:
            created.append(create_report(connection, NEW, make))

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(created) == 8 and sum(item.is_new for item in created) == 1
    assert len({item.report.reference for item in created}) == 1


def test_a_reference_that_is_taken_is_made_anew(database: Database) -> None:
    made = iter(["R-1", "R-1", "R-1", "R-2"])
    with database.begin() as connection:
        create_report(connection, NEW, lambda: next(made))
        created = create_report(connection, replace(NEW, idempotency_key="form-2"), lambda: next(made))
    assert created.is_new and created.report.reference == "R-2"
    with pytest.raises(StorageError, match="no free reference number"), database.begin() as connection:
        create_report(connection, replace(NEW, idempotency_key="form-3"), lambda: "R-1")


def test_reports_by_status_words_and_period(filled: Database) -> None:
    with filled.begin() as connection:
        handle_report(connection, "R-0002-AAAA", "Anna")
        assert references(list_reports(connection).items) == [5, 4, 3, 2, 1]
        assert references(list_reports(connection, status="open").items) == [5, 4, 3, 1]
        assert references(list_reports(connection, status="handled").items) == [2]
        assert references(list_reports(connection, since="2026-11-25", until="2026-11-26").items) == [4, 3]
        assert references(list_reports(connection, words="QUESTION 3").items) == [3]
        for words in ("HÄNGT", '"ünix"', "50%", "ah01882", "error.LOG", "“hanging” did", "r-0004"):
            assert list_reports(connection, words=words).total == (1 if words == "r-0004" else 5), words
        assert list_reports(connection, words="50_").total == 0
        assert list_reports(connection, words="question nowhere").total == 0


def test_pages_of_reports(filled: Database) -> None:
    with filled.read() as connection:
        page = list_reports(connection, number=2, size=2)
        assert (references(page.items), page.total, page.pages) == ([3, 2], 5, 3)
        assert page.items[0].attachments == (Attachment("error.log", "", 7), Attachment("b.conf", "", 0))
        assert references(list_reports(connection, number=99, size=2).items) == [1]


def test_a_report_is_handled_by_whoever_is_first_and_reopened(filled: Database) -> None:
    with filled.begin() as connection:
        first = handle_report(connection, "R-0001-AAAA", "Anna", NOON)
        assert first and (first.status, first.handled_by, first.handled_at) == (
            "handled",
            "Anna",
            "2026-11-24T12:00:00+00:00",
        )
        assert handle_report(connection, "R-0001-AAAA", "Bert", later(days=1)) == first
        reopened = reopen_report(connection, "R-0001-AAAA")
        assert reopened and (reopened.status, reopened.handled_by, reopened.handled_at) == ("open", "", "")
        assert handle_report(connection, "R-9", "Anna") is None and reopen_report(connection, "R-9") is None


def test_a_report_is_linked_to_an_entry(filled: Database) -> None:
    with filled.begin() as connection:
        linked = link_report(connection, "R-0001-AAAA", "hanging")
        assert linked and linked.entry_id == "hanging" and linked.status == "open"
        unlinked = link_report(connection, "R-0001-AAAA", "")
        assert unlinked and unlinked.entry_id == ""
        assert link_report(connection, "R-9", "hanging") is None


def test_figures_of_reports(filled: Database) -> None:
    with filled.read() as connection:
        assert count_reports(connection) == {"2026-11-24": 2, "2026-11-25": 2, "2026-11-26": 1}
        assert count_reports(connection, "2026-11-25", "2026-11-26") == {"2026-11-25": 2}
        assert conversations_reported(connection) == {"talk-0", "talk-1"}
        assert conversations_reported(connection, "2026-11-26") == {"talk-1"}

"""Retention: what is deleted when, and what is left of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_world import NOON, MakeDatabase, later

from kb.conversation import ConversationTurn, Verdict
from kb.settings import Settings
from kb.store.conversations import add_turn, create_conversation, load_conversation
from kb.store.database import Database
from kb.store.login_failures import add_login_failure
from kb.store.outbox import add_delivery, claim_deliveries, mark_delivered
from kb.store.prune import Pruned, prune
from kb.store.questions import handle_question, log_question
from kb.store.report_drafts import ReportDraft, save_draft
from kb.store.reports import Attachment, NewReport, create_report
from kb.store.sent_forms import once
from kb.store.staff import add_account, open_session
from kb.store.verdicts import add_solved_by_similar, set_verdict

NOTHING = Pruned(0, 0, 0, 0, 0, 0, 0, 0)
TABLES = (
    "conversations", "turns", "verdicts", "removed_items", "questions", "reports", "attachments", "outbox",
    "staff_sessions", "login_failures", "handled_questions", "solved_by_similar", "report_drafts",
)  # fmt: skip


@pytest.fixture
def world(make_database: MakeDatabase) -> tuple[Database, Settings, str]:
    """A database in which one of everything happened at noon; the id of its conversation."""
    database, settings = make_database(staff_idle_minutes=120, staff_session_hours=12)
    with database.begin() as connection:
        talk = create_conversation(connection, NOON)
        add_turn(connection, talk, ConversationTurn(0, "Why?"), now=NOON)
        set_verdict(connection, talk, Verdict("entry", "x", "no", "other", "a note"), NOON)
        log_question(connection, settings, "Why?", level="none", source="portal", conversation_id=talk, now=NOON)
        handle_question(connection, "why", "Anna", now=NOON)
        add_solved_by_similar(connection, "x", NOON)
        create_report(
            connection,
            NewReport("form", {}, attachments=(Attachment("a", "b"),), conversation_id=talk),
            lambda: "R-1",
            NOON,
        )
        sent = add_delivery(connection, "mail", "x", {}, NOON)
        claim_deliveries(connection, settings, "a", now=NOON)
        mark_delivered(connection, sent, "a", NOON)
        add_delivery(connection, "mail", "x", {}, NOON)
        save_draft(connection, ReportDraft("", {"title": "x"}), NOON)
        add_account(connection, "Anna", "hash", NOON)
        open_session(connection, "Anna", NOON)
        add_login_failure(connection, "Anna", "192.0.2.7", NOON)
    return database, settings, talk


def counts(database: Database) -> dict[str, int]:
    with database.read() as connection:
        found = {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in TABLES}
    return {name: number for name, number in found.items() if number}


def pruned(world: tuple[Database, Settings, str], days: float) -> Pruned:
    database, settings, _ = world
    with database.begin() as connection:
        return prune(connection, settings, later(days=days))


def test_nothing_goes_before_its_time(world: tuple[Database, Settings, str]) -> None:
    before = counts(world[0])
    assert pruned(world, 0.05) == NOTHING
    assert counts(world[0]) == before


def test_each_goes_when_its_time_is_over(world: tuple[Database, Settings, str]) -> None:
    database, _, talk = world
    assert pruned(world, 1.1) == replace(NOTHING, logins=1, login_failures=1, report_drafts=1)
    assert pruned(world, 30) == NOTHING
    assert pruned(world, 31) == replace(NOTHING, conversations=1, deliveries=1)
    assert counts(database) == {
        "conversations": 1, "verdicts": 1, "questions": 1, "handled_questions": 1, "solved_by_similar": 1,
        "reports": 1, "attachments": 1, "outbox": 1,
    }  # fmt: skip
    assert pruned(world, 31) == NOTHING
    with database.read() as connection:
        found = load_conversation(connection, talk, 30)
    assert found and found.is_expired
    assert pruned(world, 366) == replace(NOTHING, questions=1, verdicts=1)
    assert counts(database) == {"reports": 1, "attachments": 1, "outbox": 1}
    assert pruned(world, 731) == replace(NOTHING, reports=1, deliveries=1)
    assert counts(database) == {}


def test_a_living_conversation_keeps_its_verdicts_whatever_the_settings(make_database: MakeDatabase) -> None:
    database, settings = make_database(keep_conversations_days=100, keep_questions_days=1)
    with database.begin() as connection:
        talk = create_conversation(connection, NOON)
        set_verdict(connection, talk, Verdict("entry", "x", "yes"), NOON)
        log_question(connection, settings, "Why?", level="none", source="portal", conversation_id=talk, now=NOON)
        assert prune(connection, settings, later(days=50)) == replace(NOTHING, questions=1)
        found = load_conversation(connection, talk, 100, later(days=50))
        assert found and found.is_solved
        prune(connection, settings, later(days=101))
        assert load_conversation(connection, talk, 100, later(days=101)) is None


def test_settings_for_ever_are_possible(make_database: MakeDatabase) -> None:
    database, settings = make_database(keep_conversations_days=10**6, keep_reports_days=10**6)
    with database.begin() as connection:
        create_conversation(connection, NOON)
        assert prune(connection, settings, later(days=10_000)).conversations == 0


def test_forms_that_were_sent_are_forgotten(database: Database) -> None:
    with database.begin() as connection:
        once(connection, "key", lambda: "id", lambda _: True, NOON)
        prune(connection, Settings(), later(minutes=1))
        assert connection.exec_driver_sql("SELECT count(*) FROM sent_forms").scalar() == 0

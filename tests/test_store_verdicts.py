"""Verdicts in the database."""

from __future__ import annotations

from store_world import NOON, later

from kb.conversation import Verdict
from kb.store.conversations import create_conversation, load_conversation
from kb.store.database import Database
from kb.store.verdicts import (
    add_solved_by_similar,
    count_solved_by_similar,
    find_verdict,
    is_solved_since,
    list_verdicts,
    set_verdict,
    take_back_solved_by_similar,
    undo_verdict,
)


def test_a_verdict_is_changed_and_taken_back(database: Database) -> None:
    with database.begin() as connection:
        talk = create_conversation(connection, NOON)
        set_verdict(connection, talk, Verdict("entry", "x", "no", "outdated", "a note"), NOON)
        set_verdict(connection, talk, Verdict("step", "x", "cannot"), later(seconds=1))
        set_verdict(connection, talk, Verdict("entry", "x", "yes"), later(seconds=2))
        found = load_conversation(connection, talk, 30, NOON)
        assert found and found.verdicts == (
            Verdict("step", "x", "cannot", at="2026-11-24T12:00:01+00:00"),
            Verdict("entry", "x", "yes", "", "", "2026-11-24T12:00:02+00:00"),
        )
        assert found.updated_at == "2026-11-24T12:00:02+00:00"
        assert find_verdict(connection, talk, "entry", "x") == found.verdicts[1]
        assert find_verdict(connection, talk, "entry", "y") is None
        assert undo_verdict(connection, talk, "entry", "x")
        assert not undo_verdict(connection, talk, "entry", "x")
        found = load_conversation(connection, talk, 30, NOON)
        assert found and [item.kind for item in found.verdicts] == ["step"]


def test_verdicts_of_a_period(database: Database) -> None:
    with database.begin() as connection:
        one, two = create_conversation(connection, NOON), create_conversation(connection, NOON)
        set_verdict(connection, two, Verdict("entry", "x", "no"), later(days=1))
        set_verdict(connection, one, Verdict("entry", "x", "yes"), NOON)
        assert [item.conversation_id for item in list_verdicts(connection)] == [one, two]
        assert [item.verdict.verdict for item in list_verdicts(connection, "2026-11-25")] == ["no"]
        assert [item.verdict.verdict for item in list_verdicts(connection, until="2026-11-25")] == ["yes"]
        assert list_verdicts(connection, "2026-11-26", "2026-11-27") == ()


def test_entries_that_spared_a_report_are_counted(database: Database) -> None:
    with database.begin() as connection:
        for entry_id, days in (("b", 0), ("a", 0), ("c", 1), ("c", 2)):
            add_solved_by_similar(connection, entry_id, later(days=days))
        assert count_solved_by_similar(connection) == {"c": 2, "a": 1, "b": 1}
        assert list(count_solved_by_similar(connection)) == ["c", "a", "b"]
        assert count_solved_by_similar(connection, "2026-11-26") == {"c": 1}


def test_whether_something_helped_since_then(database: Database) -> None:
    at = "2026-11-24T12:00:05+00:00"
    with database.begin() as connection:
        talk, other = (create_conversation(connection, NOON) for _ in range(2))
        set_verdict(connection, talk, Verdict("entry", "x", "yes"), later(seconds=4))
        set_verdict(connection, talk, Verdict("entry", "y", "no"), later(seconds=6))
        set_verdict(connection, other, Verdict("entry", "x", "yes"), later(seconds=6))
        assert not is_solved_since(connection, talk, at)
        set_verdict(connection, talk, Verdict("step", "z", "yes"), later(seconds=5))
        assert is_solved_since(connection, talk, at)


def test_such_a_count_is_taken_back(database: Database) -> None:
    with database.begin() as connection:
        first, second = (add_solved_by_similar(connection, "a", NOON) for _ in range(2))
        assert first != second and take_back_solved_by_similar(connection, second)
        assert not take_back_solved_by_similar(connection, second)
        assert count_solved_by_similar(connection) == {"a": 1}

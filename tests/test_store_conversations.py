"""Conversations in the database."""

from __future__ import annotations

from store_world import NOON, MakeDatabase, later

from kb.conversation import Conversation, ConversationTurn, Verdict
from kb.store.conversations import (
    add_turn,
    clear_conversation,
    count_conversations,
    create_conversation,
    expire_conversations,
    load_conversation,
    remove_item,
    restore_item,
    start_conversation,
)
from kb.store.database import Database
from kb.store.questions import list_questions, log_question
from kb.store.verdicts import list_verdicts, set_verdict

FIRST = ConversationTurn(0, "Why?", "a log\nof two lines", True, "keys", "strong", "hanging", "earlier", True)
SECOND = ConversationTurn(0, "And then?")


def load(database: Database, conversation_id: str, **span: float) -> Conversation | None:
    with database.read() as connection:
        return load_conversation(connection, conversation_id, 30, later(**span))


def test_a_conversation_comes_back_as_it_was_said(database: Database) -> None:
    with database.begin() as connection:
        conversation_id = create_conversation(connection, NOON)
        first = add_turn(connection, conversation_id, FIRST, now=NOON)
        second = add_turn(connection, conversation_id, SECOND, now=later(seconds=70))
        verdict = set_verdict(
            connection, conversation_id, Verdict("entry", "hanging", "no", "other", "ünder"), later(seconds=80)
        )
        assert remove_item(connection, conversation_id, "question:1", later(seconds=90))
    assert first and second and verdict
    assert (first.number, first.asked_at) == (1, "2026-11-24T12:00:00+00:00")
    assert (first.question, first.log, first.exact, first.section) == (FIRST.question, FIRST.log, True, "keys")
    assert (second.number, second.asked_at, second.exact, second.standalone) == (
        2,
        "2026-11-24T12:01:10+00:00",
        False,
        False,
    )
    assert load(database, conversation_id) == Conversation(
        conversation_id, "2026-11-24T12:00:00+00:00", "2026-11-24T12:01:30+00:00",
        (first, second), (verdict,), frozenset({"question:1"}),
    )  # fmt: skip


def test_ids_cannot_be_guessed(database: Database) -> None:
    with database.begin() as connection:
        ids = {create_conversation(connection) for _ in range(100)}
    assert len(ids) == 100 and all(len(item) == 22 for item in ids)


def test_the_same_form_starts_one_conversation_until_more_is_said(database: Database) -> None:
    with database.begin() as connection:
        first = start_conversation(connection, "key", NOON)
        assert start_conversation(connection, "key", later(seconds=1)) == first
        add_turn(connection, first, FIRST, now=NOON)
        set_verdict(connection, first, Verdict("entry", "hanging", "no"), NOON)
        assert start_conversation(connection, "key", later(seconds=2)) == first
        add_turn(connection, first, FIRST, now=NOON)
        second = start_conversation(connection, "key", later(seconds=3))
        assert second != first and start_conversation(connection, "key", later(seconds=4)) == second
        clear_conversation(connection, second)
        assert start_conversation(connection, "key", later(seconds=4)) not in (first, second)
        assert start_conversation(connection, "", NOON) != start_conversation(connection, "", NOON)


def test_a_conversation_that_is_not_there(database: Database) -> None:
    assert load(database, "no-such") is None
    with database.begin() as connection:
        assert add_turn(connection, "no-such", FIRST) is None
        assert set_verdict(connection, "no-such", Verdict("entry", "x", "yes")) is None
        assert not remove_item(connection, "no-such", "question:1") and not restore_item(
            connection, "no-such", "question:1"
        )
        assert not clear_conversation(connection, "no-such")


def test_a_form_that_is_sent_twice_makes_one_turn(database: Database) -> None:
    with database.begin() as connection:
        conversation_id = create_conversation(connection)
        first = add_turn(connection, conversation_id, FIRST, after=0)
        assert add_turn(connection, conversation_id, FIRST, after=0) == first
        other = add_turn(connection, conversation_id, SECOND, after=0)  # another tab
        again = add_turn(connection, conversation_id, FIRST, after=2)  # asked once more on purpose
        unknown = add_turn(connection, conversation_id, FIRST)
    assert [item.number for item in (first, other, again, unknown) if item] == [1, 2, 3, 4]


def test_items_are_removed_and_restored(database: Database) -> None:
    with database.begin() as connection:
        conversation_id = create_conversation(connection)
        for key in ("question:1", "entry:x", "entry:x"):
            assert remove_item(connection, conversation_id, key)
        assert restore_item(connection, conversation_id, "question:1")
        assert restore_item(connection, conversation_id, "never removed")
        found = load_conversation(connection, conversation_id, 30)
    assert found and found.removed == {"entry:x"}


def test_an_untouched_conversation_expires_by_itself(database: Database) -> None:
    with database.begin() as connection:
        conversation_id = create_conversation(connection, NOON)
        add_turn(connection, conversation_id, FIRST, now=NOON)
    assert (found := load(database, conversation_id, days=30)) and not found.is_expired
    found = load(database, conversation_id, days=30, seconds=1)
    assert found and found.is_expired and not found.turns
    with database.begin() as connection:
        remove_item(connection, conversation_id, "x", later(days=29))
    assert (found := load(database, conversation_id, days=40)) and not found.is_expired


def test_expiry_clears_what_was_said(database: Database) -> None:
    with database.begin() as connection:
        old = create_conversation(connection, NOON)
        new = create_conversation(connection, later(days=2))
        for conversation_id, now in ((old, NOON), (new, later(days=2))):
            add_turn(connection, conversation_id, FIRST, now=now)
            set_verdict(connection, conversation_id, Verdict("entry", "hanging", "no", "other", "private"), now)
            remove_item(connection, conversation_id, "question:1", now)
    with database.begin() as connection:
        assert expire_conversations(connection, 30, later(days=31)) == 1
        assert expire_conversations(connection, 30, later(days=31)) == 0
        assert [item.verdict.note for item in list_verdicts(connection)] == ["", "private"]
        assert (
            add_turn(connection, old, FIRST) is None
            and set_verdict(connection, old, Verdict("entry", "x", "yes")) is None
        )
        assert count_conversations(connection) == 2
        assert count_conversations(connection, "2026-11-26") == 1
    found = load(database, old)  # even when the retention was made longer since
    assert found and found.is_expired and (found.turns, found.verdicts, found.removed) == ((), (), frozenset())
    assert (kept := load(database, new, days=31)) and len(kept.turns) == 1 and kept.removed
    with database.read() as connection:
        for table in ("turns", "removed_items"):
            assert (
                connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE conversation_id = '{old}'").scalar()
                == 0
            )


def test_clearing_deletes_all_of_it_but_not_the_log_of_questions(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    with database.begin() as connection:
        conversation_id = create_conversation(connection)
        add_turn(connection, conversation_id, FIRST)
        set_verdict(connection, conversation_id, Verdict("entry", "hanging", "no"))
        log_question(connection, settings, "Why?", level="none", source="portal", conversation_id=conversation_id)
        assert clear_conversation(connection, conversation_id)
        assert load_conversation(connection, conversation_id, 30) is None
        assert list_verdicts(connection) == ()
        assert [item.conversation_id for item in list_questions(connection).items] == [""]
        assert connection.exec_driver_sql("SELECT count(*) FROM turns").scalar() == 0


def test_text_of_every_kind_is_kept(database: Database) -> None:
    odd = "'; DROP TABLE turns; -- \U0001f600 zażółć \u202e <b> %_\\ \x7f\t\r\n"
    with database.begin() as connection:
        conversation_id = create_conversation(connection)
        add_turn(connection, conversation_id, ConversationTurn(0, odd, odd, section=odd))
        add_turn(connection, conversation_id, ConversationTurn(0, "\ud83d half \udce9", "nul \0"))
    found = load(database, conversation_id)
    assert found and (found.turns[0].question, found.turns[0].log, found.turns[0].section) == (odd, odd, odd)
    assert (found.turns[1].question, found.turns[1].log) == ("\ufffd half \ufffd", "nul \ufffd")

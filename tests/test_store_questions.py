"""The log of questions."""

from __future__ import annotations

import pytest
from store_world import NOON, MakeDatabase, later

from kb.settings import Settings
from kb.store.conversations import create_conversation
from kb.store.database import Database
from kb.store.questions import (
    DayCount,
    HandledQuestion,
    LoggedQuestion,
    count_questions,
    handle_question,
    list_beside,
    list_handled,
    list_questions,
    list_unanswered,
    load_question,
    log_question,
    most_asked,
    unhandle_question,
)

ASKED = [  # days after noon, text, level, entry
    (0, "Why is port 443 closed?", "strong", "connection-refused"),
    (0, "ÄRGER mit 50% Zeichen", "none", ""),
    (1, "port_forwarding", "weak", "hanging"),
    (1, "why is the port closed", "possible", "connection-refused"),
    (2, "portXforwarding", "none", ""),
]


@pytest.fixture
def world(make_database: MakeDatabase) -> tuple[Database, Settings]:
    """A database with the questions of ASKED."""
    database, settings = make_database()
    with database.begin() as connection:
        for days, text, level, entry_id in ASKED:
            log_question(
                connection, settings, text, level=level, source="portal", entry_id=entry_id, now=later(days=days)
            )
    return database, settings


def texts(found: tuple[LoggedQuestion, ...]) -> list[str]:
    return [item.text for item in found]


def test_a_question_comes_back_as_it_was_asked(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    with database.begin() as connection:
        talk = create_conversation(connection)
        question_id = log_question(
            connection,
            settings,
            "Why?",
            level="weak",
            source="api",
            log_lines=7,
            entry_id="x",
            conversation_id=talk,
            now=NOON,
        )
        assert question_id is not None
        expected = LoggedQuestion(question_id, "2026-11-24T12:00:00+00:00", "Why?", 7, "api", "weak", "x", talk)
        assert load_question(connection, question_id) == expected
        assert list_questions(connection).items == (expected,)
        assert load_question(connection, question_id + 1) is None


def test_nothing_is_kept_when_the_setting_says_so(make_database: MakeDatabase) -> None:
    database, settings = make_database(log_questions=False)
    with database.begin() as connection:
        assert log_question(connection, settings, "Why?", level="none", source="portal") is None
        assert list_questions(connection).total == 0


def test_questions_by_level_words_and_period(world: tuple[Database, Settings]) -> None:
    with world[0].read() as connection:
        assert texts(list_questions(connection).items) == [text for _, text, _, _ in reversed(ASKED)]
        assert texts(list_questions(connection, levels=("strong", "possible")).items) == [ASKED[3][1], ASKED[0][1]]
        assert texts(list_questions(connection, words="CLOSED port").items) == [ASKED[3][1], ASKED[0][1]]
        assert texts(list_questions(connection, words="ärger").items) == [ASKED[1][1]]
        assert texts(list_questions(connection, words="t_f").items) == ["port_forwarding"]  # no wildcard
        assert texts(list_questions(connection, words="50%").items) == [ASKED[1][1]]
        assert texts(list_questions(connection, words="' OR 1=1").items) == []
        assert texts(list_questions(connection, since="2026-11-25", until="2026-11-26").items) == [
            ASKED[3][1],
            ASKED[2][1],
        ]
        assert texts(
            list_questions(connection, since="2026-11-24T12:00:01+00:00", words="port", levels=("weak",)).items
        ) == [ASKED[2][1]]


def test_pages_of_questions(world: tuple[Database, Settings]) -> None:
    with world[0].read() as connection:
        page = list_questions(connection, number=2, size=2)
        assert (texts(page.items), page.total, page.number, page.pages, page.first, page.last) == (
            [ASKED[2][1], ASKED[1][1]],
            5,
            2,
            3,
            3,
            4,
        )
        assert texts(list_questions(connection, number=9, size=2).items) == [ASKED[0][1]]
        assert list_questions(connection, number=-3, size=2).number == 1
        page = list_questions(connection, words="nowhere")
        assert (page.items, page.total, page.number, page.pages, page.first, page.last) == ((), 0, 1, 1, 0, 0)


def test_unanswered_questions(world: tuple[Database, Settings]) -> None:
    with world[0].read() as connection:
        assert texts(list_unanswered(connection)) == [ASKED[4][1], ASKED[2][1], ASKED[1][1]]
        assert texts(list_unanswered(connection, words="forwarding", until="2026-11-26")) == [ASKED[2][1]]
        assert texts(list_unanswered(connection, most=1)) == [ASKED[4][1]]


def test_counts_by_day_and_level(world: tuple[Database, Settings]) -> None:
    with world[0].read() as connection:
        assert count_questions(connection, until="2026-11-26") == (
            DayCount("2026-11-24", "none", 1),
            DayCount("2026-11-24", "strong", 1),
            DayCount("2026-11-25", "possible", 1),
            DayCount("2026-11-25", "weak", 1),
        )


def test_most_asked_entries(world: tuple[Database, Settings]) -> None:
    database, settings = world
    with database.begin() as connection:
        log_question(connection, settings, "x", level="strong", source="portal", entry_id="a", now=later(days=2))
        assert most_asked(connection, 30, now=later(days=2)) == (("connection-refused", 2), ("a", 1))
        assert most_asked(connection, 1, now=later(days=2)) == (("a", 1), ("connection-refused", 1))
        assert most_asked(connection, 30, most=1, now=later(days=2)) == (("connection-refused", 2),)
        assert most_asked(connection, 30, now=later(days=90)) == ()


def test_a_group_is_handled_by_whoever_is_first(world: tuple[Database, Settings]) -> None:
    with world[0].begin() as connection:
        first = handle_question(connection, "forwarding", "Anna", "hanging", NOON)
        assert first == HandledQuestion("forwarding", "Anna", "2026-11-24T12:00:00+00:00", "hanging")
        assert handle_question(connection, "forwarding", "Bert", "", later(days=1)) == first
        handle_question(connection, "other", "Bert", now=later(days=1))
        assert list(list_handled(connection)) == ["forwarding", "other"]
        assert unhandle_question(connection, "forwarding") and not unhandle_question(connection, "forwarding")
        assert list(list_handled(connection)) == ["other"]


def test_questions_beside_another_one(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    with database.begin() as connection:
        talks = [create_conversation(connection, NOON) for _ in range(2)] + [""]

        def ask(second: int, talk: str) -> int:
            number = log_question(
                connection, settings, "x", level="none", source="portal", conversation_id=talk, now=later(seconds=second)
            )
            assert number
            return number

        alone = [ask(second, "") for second in (-301, -300, 0, 300, 301)]
        first = [ask(second, talks[0]) for second in (900, 0)]
        ask(0, talks[1])
        found = {number: load_question(connection, number) for number in (alone[2], first[0])}
        beside = [[item.id for item in list_beside(connection, question, 300)] for question in found.values() if question]
    assert beside == [alone[1:4], [first[1], first[0]]]

"""Which unanswered questions are told: not those whose person typed on, asked again, or was helped."""

from __future__ import annotations

from typing import Any

import pytest
from store_world import MakeDatabase, later

from kb.conversation import Verdict
from kb.settings import Settings
from kb.store.conversations import create_conversation
from kb.store.database import Database
from kb.store.questions import log_question
from kb.store.verdicts import set_verdict, undo_verdict
from kb.unanswered import question_to_tell


class World:
    """A log of questions. Each text is asked some seconds after noon."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        with database.begin() as connection:
            self.conversation, self.other = (create_conversation(connection, later()) for _ in range(2))

    def ask(self, second: float, text: str, level: str = "none", conversation_id: str = "") -> int:
        with self.database.begin() as connection:
            number = log_question(
                connection, self.settings, text, level=level, source="portal", conversation_id=conversation_id,
                now=later(seconds=second),
            )  # fmt: skip
        assert number
        return number

    def told(self, *numbers: int) -> list[bool]:
        with self.database.read() as connection:
            return [question_to_tell(connection, number) is not None for number in numbers]

    def say(self, second: float, verdict: Any, **more: Any) -> None:
        with self.database.begin() as connection:
            given = Verdict("entry", "hanging", verdict, **more)
            assert set_verdict(connection, self.conversation, given, later(seconds=second))


@pytest.fixture
def world(make_database: MakeDatabase) -> World:
    return World(*make_database())


@pytest.mark.parametrize(("level", "is_told"), [("none", True), ("weak", True), ("possible", False), ("strong", False)])
def test_only_what_no_entry_answers(world: World, level: str, is_told: bool) -> None:
    assert world.told(world.ask(0, "Why?", level)) == [is_told]


def test_what_is_not_kept_is_not_told(world: World) -> None:
    assert world.told(99) == [False]


def test_keystrokes_are_told_once_as_the_whole_question(world: World) -> None:
    asked = [world.ask(place, text) for place, text in enumerate(("why", "why does it", "Why does  it hang", "why does it"))]
    assert world.told(*asked) == [False, False, True, False]


def test_nothing_is_told_when_the_whole_question_was_answered(world: World) -> None:
    assert world.told(world.ask(0, "why does"), world.ask(5, "why does it hang", "strong")) == [False, False]


def test_the_same_question_soon_after_is_a_page_that_was_loaded_again(world: World) -> None:
    asked = [world.ask(second, "why does it hang") for second in (0, 0, 30, 200)]
    assert world.told(*asked) == [True, False, False, True]


def test_the_same_question_in_a_conversation_is_told_once(world: World) -> None:
    asked = [world.ask(second, "Why?", conversation_id=world.conversation) for second in (0, 600)]
    assert world.told(*asked) == [True, False]


def test_two_people_are_two(world: World) -> None:
    one = world.ask(0, "why", conversation_id=world.conversation)
    other = world.ask(1, "why does it hang", conversation_id=world.other)
    assert world.told(one, other, world.ask(2, "why does it hang now")) == [True, True, True]


def test_other_words_are_another_question(world: World) -> None:
    asked = [world.ask(second, text, conversation_id=world.conversation) for second, text in ((0, "gopher"), (5, "telnet"))]
    assert world.told(*asked) == [True, True]


def test_texts_far_apart_are_no_keystrokes(world: World) -> None:
    assert world.told(world.ask(0, "why"), world.ask(100, "why does it hang")) == [True, True]


def test_who_was_helped_is_not_told(world: World) -> None:
    asked = world.ask(10, "Why?", conversation_id=world.conversation)
    elsewhere = world.ask(10, "Why?", conversation_id=world.other)
    world.say(5, "yes")  # that was about an earlier question
    assert world.told(asked) == [True]
    world.say(15, "no")
    assert world.told(asked) == [True]
    world.say(20, "yes")
    assert world.told(asked, elsewhere) == [False, True]
    with world.database.begin() as connection:
        undo_verdict(connection, world.conversation, "entry", "hanging")
    assert world.told(asked) == [True]

"""What follows from a conversation: what the next question leans on, and what was tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from portal_world import FakeGeneration, write_world

from kb.content import load_content
from kb.conversation import (
    Conversation,
    ConversationTurn,
    Verdict,
    history,
    log_lines,
    question_text,
    removed,
    split_step,
    step_target,
    tried,
    tried_text,
)
from kb.followup import Turn


@pytest.fixture
def generation(tmp_path: Path) -> FakeGeneration:
    return FakeGeneration(load_content(write_world(tmp_path)))


def turn(number: int, question: str = "", **more: object) -> ConversationTurn:
    values = {"question": question or f"question {number}", "asked_at": f"2026-11-24T12:00:{number:02}+00:00"} | more
    return ConversationTurn(number, **values)  # type: ignore[arg-type]


def conversation(*turns: ConversationTurn, **more: object) -> Conversation:
    return Conversation("an-id", "2026-11-24T12:00:00+00:00", "2026-11-24T12:00:00+00:00", turns, **more)  # type: ignore[arg-type]


def questions(turns: tuple[Turn, ...]) -> list[str]:
    return [item.question for item in turns]


# history


def test_the_next_question_leans_on_all_earlier_ones() -> None:
    found = history(conversation(turn(1, log="a log", entry_id="hanging"), turn(2)))
    assert found == (Turn("question 1", "a log", "hanging"), Turn("question 2"))
    assert history(conversation()) == ()


def test_a_new_question_forgets_what_went_before() -> None:
    talk = conversation(turn(1), turn(2, standalone=True), turn(3), turn(4, standalone=True), turn(5))
    assert questions(history(talk)) == ["question 4", "question 5"]
    assert questions(history(talk, before=4)) == []
    assert questions(history(talk, before=5)) == ["question 4"]
    assert questions(history(talk, before=3)) == ["question 2"]
    assert questions(history(talk, before=2)) == []


def test_a_turn_leans_only_on_those_before_it() -> None:
    talk = conversation(turn(1), turn(2), turn(3))
    assert questions(history(talk, before=1)) == []
    assert questions(history(talk, before=3)) == ["question 1", "question 2"]
    assert questions(history(talk, before=9)) == ["question 1", "question 2", "question 3"]


# tried

VERDICTS = (
    Verdict("entry", "connection-refused", "no", "other", "still", "2026-11-24T12:00:01+00:00"),
    Verdict("step", "guide-refused/is-it-refused", "no", at="2026-11-24T12:00:03+00:00"),
    Verdict("step", "guide-refused/listen", "cannot", at="2026-11-24T12:00:04+00:00"),
    Verdict("entry", "gone", "yes", at="2026-11-24T12:00:05+00:00"),
    Verdict("step", "gone/away", "yes", at="2026-11-24T12:00:06+00:00"),
)


def test_what_was_tried_stands_in_order_of_time(generation: FakeGeneration) -> None:
    talk = conversation(
        turn(1, "Why is it refused?"), turn(2, "  ", log="\n\n  no   listening sockets \nmore"), verdicts=VERDICTS
    )
    items = tried(talk, generation)  # type: ignore[arg-type]
    assert [item.key for item in items] == [
        "question:1",
        "entry:connection-refused",
        "question:2",
        "step:guide-refused/is-it-refused",
        "step:guide-refused/listen",
        "entry:gone",
        "step:gone/away",
    ]
    assert tried_text(items).splitlines() == [
        "Asked: Why is it refused?",
        'Entry “Why is the connection "refused" <here>?”: did not help',
        "Asked: no listening sockets",
        "Guide “Connection refused, step by step”, step “Is it refused?”: did not fix it",
        "Guide “Connection refused, step by step”, step “Does it listen?”: could not be done",
        "Entry “gone”: helped",
        "Guide “gone”, step “away”: fixed it",
    ]
    assert [item.outcome for item in items][:2] == ["", "did not help"]


def test_removed_items_can_be_told_apart(generation: FakeGeneration) -> None:
    talk = conversation(
        turn(1), verdicts=VERDICTS[:2], removed=frozenset({"question:1", "entry:connection-refused", "entry:other"})
    )
    assert [item.key for item in tried(talk, generation)] == ["step:guide-refused/is-it-refused"]  # type: ignore[arg-type]
    assert [item.key for item in removed(talk, generation)] == ["question:1", "entry:connection-refused"]  # type: ignore[arg-type]


def test_a_question_comes_before_a_verdict_of_the_same_second(generation: FakeGeneration) -> None:
    talk = conversation(turn(1), verdicts=VERDICTS[:1])
    assert [item.kind for item in tried(talk, generation)] == ["question", "entry"]  # type: ignore[arg-type]


# The small ones


def test_a_conversation_knows_its_turns_and_verdicts() -> None:
    talk = conversation(turn(1), turn(2), verdicts=VERDICTS)
    assert talk.turn(2) == turn(2) and talk.turn(3) is None
    assert talk.verdict("entry", "gone") == VERDICTS[3] and talk.verdict("step", "gone") is None
    assert talk.steps("guide-refused") == VERDICTS[1:3] and talk.steps("guide") == ()
    assert talk.is_solved and not conversation(verdicts=VERDICTS[:3]).is_solved


def test_targets_of_steps() -> None:
    assert step_target("guide-refused", "listen") == "guide-refused/listen"
    assert split_step("guide-refused/listen") == ("guide-refused", "listen")
    assert split_step("odd") == ("odd", "")


@pytest.mark.parametrize(
    ("question", "log", "expected"),
    [("why?", "log", "why?"), ("", "", ""), (" \n two  words \n x", "", "two words"), ("", "\r\n\tone\r\n", "one")],
)
def test_question_text(question: str, log: str, expected: str) -> None:
    assert question_text(ConversationTurn(1, question, log)) == expected


def test_lines_of_a_log() -> None:
    assert (log_lines(""), log_lines("\n \n"), log_lines("a\n\nb\n")) == (0, 0, 2)

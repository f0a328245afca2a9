"""What a question takes over from those before it."""

from __future__ import annotations

import pytest

from kb.answer import answer
from kb.followup import CarriedOver, Turn, carry_over, leaning
from kb.generation import Generation
from kb.query import make_query
from kb.settings import FollowUp, Levels, Settings

FOLLOW = FollowUp(
    turns=2, decay=0.5, term_weight=0.5, same_bonus=0.4, related_bonus=0.2, certainty_power=1.0, without_cue=0.5, least_leaning=0.2
)
UNSURE = Settings(levels=Levels(bias=-30.0, weights={}), follow_up=FOLLOW)  # no question is answered with confidence
SURE = Settings(levels=Levels(bias=30.0, weights={}), follow_up=FOLLOW)  # every question that matches is
REMOVE = Turn("How do I remove the pass phrase?", "", "remove-pass-phrase")
HANG = Turn("Why does the connection hang?", "", "hanging")


def carried(generation: Generation, text: str, history: list[Turn], probability: float = 0.0) -> CarriedOver | None:
    found = generation.retriever.search(make_query(text, "", generation.options))
    return carry_over(generation, found, probability, history, UNSURE)


@pytest.mark.parametrize(
    "text",
    ["and how do I change it?", "what about the key", "it still hangs", "how do I do that again", "those two", "then what", "no, another one"],
)
def test_words_that_point_back_lean(text: str) -> None:
    assert leaning(make_query(text), 0.0, FOLLOW) == 1.0


@pytest.mark.parametrize("text", ["how do I create a certificate", "padlock icon", "Italian thatched itinerary"])
def test_questions_without_such_a_word_lean_less(text: str) -> None:
    assert leaning(make_query(text), 0.0, FOLLOW) == 0.5


def test_the_surer_the_answer_the_less_a_question_leans() -> None:
    query = make_query("and how do I change it?")
    assert leaning(query, 0.2, FOLLOW) > leaning(query, 0.8, FOLLOW) > leaning(query, 1.0, FOLLOW) == 0


def test_terms_and_entries_of_the_question_before_are_carried(small: Generation) -> None:
    over = carried(small, "and change it?", [REMOVE])
    assert over is not None
    assert over.question == REMOVE.question
    assert over.weights.terms["phrase"] == pytest.approx(0.5)
    number = small.retriever.number
    assert over.weights.documents == {number["remove-pass-phrase"]: 0.4, number["change-pass-phrase"]: 0.2}


def test_earlier_turns_fade_and_old_ones_are_forgotten(small: Generation) -> None:
    number = small.retriever.number
    over = carried(small, "and it?", [REMOVE, HANG])
    assert over is not None and over.question == HANG.question
    assert over.weights.documents[number["hanging"]] == pytest.approx(0.4)
    assert over.weights.documents[number["remove-pass-phrase"]] == pytest.approx(0.2)
    forgotten = carried(small, "and it?", [REMOVE, HANG, HANG])
    assert forgotten is not None and number["remove-pass-phrase"] not in forgotten.weights.documents
    assert "phrase" not in forgotten.weights.terms


def test_a_misspelt_earlier_question_is_carried_as_it_was_understood(small: Generation) -> None:
    over = carried(small, "and it?", [Turn("broken padlok")])
    assert over is not None and "padlock" in over.weights.terms


@pytest.mark.parametrize(
    ("history", "probability"),
    [([], 0.0), ([REMOVE], 0.99), ([Turn("xyzzy plugh")], 0.0), ([Turn("xyzzy", "", "gone-entry")], 0.0)],
)
def test_nothing_is_carried_where_there_is_nothing_to_lean_on(small: Generation, history: list[Turn], probability: float) -> None:
    assert carried(small, "and how do I change it?", history, probability) is None


@pytest.mark.parametrize("before", [REMOVE, HANG])
def test_a_question_that_leans_finds_the_entry_of_the_one_before(small: Generation, before: Turn) -> None:
    found = answer(small, UNSURE, "and what can I try about that?", history=[before])
    assert found.carried == before.question
    assert found.hits[0].id == before.entry_id


def test_a_question_that_stands_alone_is_not_dragged_back(small: Generation) -> None:
    found = answer(small, SURE, "Why does the Netscape browser show a broken padlock?", history=[REMOVE])
    assert found.carried == ""
    assert found.hits == answer(small, SURE, "Why does the Netscape browser show a broken padlock?").hits


def test_a_new_topic_wins_over_what_is_carried(small: Generation) -> None:
    found = answer(small, UNSURE, "Why does the Netscape browser show a broken padlock?", history=[REMOVE, REMOVE])
    assert found.hits[0].id == "old-browser"

"""Grouping of unanswered questions: keystrokes, wordings, keys, what is handled."""

from __future__ import annotations

import time
from itertools import count

import pytest
from store_world import later

from kb.question_groups import QuestionGroup, find_group, group_key, group_searches, one_a_search, search_terms
from kb.store.questions import HandledQuestion, LoggedQuestion
from kb.store.times import time_text
from kb.vocabulary import Vocabulary

_numbers = count(1)
VOCABULARY = Vocabulary([("certificate", "cert", "crt"), ("pass phrase", "password")])


def asked(text: str, seconds: float = 0, talk: str = "", level: str = "none") -> LoggedQuestion:
    return LoggedQuestion(next(_numbers), time_text(later(seconds=seconds)), text, 0, "api", level, "", talk)


def texts(*questions: LoggedQuestion) -> list[str]:
    return [search.question.text for search in one_a_search(questions)]


def groups(*questions: LoggedQuestion, handled: dict[str, HandledQuestion] | None = None) -> tuple[QuestionGroup, ...]:
    return group_searches(one_a_search(questions), VOCABULARY, handled)


# Keystrokes


def test_keystrokes_of_one_search_count_once() -> None:
    typed = [asked(text, second) for second, text in enumerate(("w", "wa", "warp", "Warp  core", "warp core b"))]
    assert texts(*typed) == ["warp core b"]
    (group,) = groups(*typed)
    assert group.count == 1 and [wording.text for wording in group.wordings] == ["warp core b"]


def test_what_was_deleted_again_belongs_to_the_search() -> None:
    assert texts(asked("warp core", 0), asked("warp cor", 1), asked("warp coil", 2)) == ["warp core", "warp coil"]
    assert texts(asked("warp cor", 0), asked("warp core breach", 1), asked("warp core", 2)) == ["warp core breach"]


def test_a_minute_later_it_is_another_search() -> None:
    assert texts(asked("warp", 0), asked("warp core", 60)) == ["warp core"]
    assert texts(asked("warp", 0), asked("warp core", 61)) == ["warp", "warp core"]


def test_in_a_conversation_the_time_does_not_count_but_conversations_are_kept_apart() -> None:
    assert texts(asked("warp", 0, "a"), asked("warp core", 900, "a")) == ["warp core"]
    assert texts(asked("warp", 0, "a"), asked("warp core", 1, "b"), asked("warp core x", 2)) == [
        "warp",
        "warp core",
        "warp core x",
    ]


def test_the_same_question_of_two_people_counts_twice_and_of_one_once() -> None:
    assert texts(asked("warp core", 0), asked("warp core", 5)) == ["warp core", "warp core"]
    assert texts(asked("warp core", 0, "a"), asked("warp core", 5, "a")) == ["warp core"]


def test_two_searches_typed_at_once_stay_apart() -> None:
    mixed = [asked("fl", 0), asked("wa", 1), asked("flux", 2), asked("warp", 3)]
    assert texts(*mixed) == ["flux", "warp"]


def test_a_search_that_ended_in_an_answer_is_answered() -> None:
    assert groups(asked("certif", 0), asked("certificate for testing", 1, level="strong")) == ()
    assert [group.text for group in groups(asked("cert", 0, level="strong"), asked("cert of mars", 1))] == [
        "cert of mars"
    ]


def test_questions_may_come_in_any_order() -> None:
    typed = [asked("w", 0), asked("wa", 1), asked("warp", 2)]
    assert texts(*reversed(typed)) == ["warp"]


# Wordings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I tune the flux capacitor?", "tuning flux capacitors"),
        ("flux capacitor tune", "tune my flux capacitor!"),
        ("renew the cert of mars", "renewing a certificate for mars"),
        ("mars password lost", "lost the pass phrase of mars"),
        ("FLUX_CAPACITOR", "fluxcapacitor"),
        ("change the fine mesh of the green outer filter unit", "change fine mesh of outer filter unit"),
    ],
)
def test_wordings_of_the_same_thing_are_one_group(one: str, other: str) -> None:
    (group,) = groups(asked(one, 0), asked(other, 100))
    assert group.count == 2 and {wording.text for wording in group.wordings} == {one, other}
    assert find_group([group], group_key(one)) is find_group([group], group_key(other)) is group


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("renew the certificate on mars", "revoke the certificate on mars"),
        ("port 443 closed", "port 80 closed"),
        ("flux", "flux capacitor"),
        ("???", "!!!"),
    ],
)
def test_different_things_are_two_groups(one: str, other: str) -> None:
    assert len(groups(asked(one, 0), asked(other, 100))) == 2


def test_a_text_without_words_is_a_group_of_its_own() -> None:
    assert [group.count for group in groups(asked("", 0), asked("", 100), asked("how do I", 200))] == [2, 1]


def test_groups_come_most_asked_first_and_wordings_too() -> None:
    found = groups(
        asked("warp core", 0),
        asked("tune flux", 100),
        asked("flux tune", 200),
        asked("flux tune", 300),
        asked("rust", 400),
    )
    assert [(group.text, group.count) for group in found] == [("flux tune", 3), ("rust", 1), ("warp core", 1)]
    assert [(wording.text, wording.count) for wording in found[0].wordings] == [("flux tune", 2), ("tune flux", 1)]
    assert (found[0].first_at, found[0].last_at) == (time_text(later(seconds=100)), time_text(later(seconds=300)))


def test_conversations_of_a_wording_come_newest_first() -> None:
    (group,) = groups(asked("warp core", 0, "a"), asked("warp core", 9, "b"), asked("warp core", 20))
    assert group.wordings[0].conversation_ids == ("b", "a")


# Keys and what is handled


def test_a_key_does_not_depend_on_the_vocabulary_order_or_case() -> None:
    assert group_key("Renew the certificate of Mars") == group_key("mars certificate, renewing")
    assert group_key("renew cert") != group_key("renew certificate")  # one group today, two if the vocabulary changes
    assert len(group_key("")) == 16


def test_a_group_is_handled_when_any_of_its_searches_is() -> None:
    first, second = asked("renew the cert of mars", 0), asked("renew the certificate of mars", 100)
    mark = HandledQuestion(group_key(second.text), "Anna", time_text(later(seconds=50)), "")
    (group,) = groups(first, second, handled={mark.key: mark})
    assert group.handled == mark and group.asked_since == 1
    assert groups(first, handled={mark.key: mark})[0].handled is None


def test_terms_hold_concepts_and_no_stop_words() -> None:
    assert search_terms("How do I renew the cert?", VOCABULARY) == {"renew", "~certificate"}
    assert search_terms("how do I", VOCABULARY) == {"how", "do", "i"}


def test_many_questions_are_grouped_in_little_time() -> None:
    many = [asked(f"question about thing{n % 700} and part{n % 31} in room{n % 13}", n) for n in range(10_000)]
    started = time.process_time()
    assert groups(*many)
    assert time.process_time() - started < 10  # seconds; comparing all with all would take many minutes

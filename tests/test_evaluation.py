"""Metrics on outcomes made by hand, files of labelled questions, conversations."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import pytest

from kb.errors import InputError
from kb.evaluation import Labelled, Outcome, evaluate, read_labelled, summarise, write_run
from kb.generation import Generation
from kb.levels import Level
from kb.settings import FollowUp, Levels, Settings


def outcome(kind: str, relevant: str, hits: str, level: Level = "strong", ms: float = 1.0) -> Outcome:
    """Ids are single letters, best first."""
    ranked = tuple((name, 10.0 - place) for place, name in enumerate(hits))
    return Outcome(Labelled("?", kind, tuple(relevant)), ranked, level, 0.5, ms)


def gain(*places: int) -> float:
    return sum(1 / log2(place + 1) for place in places)


OUTCOMES = [
    outcome("plain", "a", "abc", "strong", 1.0),  # right at once
    outcome("plain", "a", "bca", "strong", 2.0),  # third
    outcome("plain", "ab", "cba", "possible", 3.0),  # an acceptable one second, the best third
    outcome("odd", "a", "bcdefghijkla", "weak", 4.0),  # below the tenth place
    outcome("odd", "a", "", "none", 5.0),
    outcome("odd", "", "abc", "possible", 6.0),  # has no answer
    outcome("odd", "", "abc", "none", 7.0),
    outcome("odd", "", "abc", "weak", 8.0),
    outcome("odd", "", "", "none", 9.0),
]


def test_hits_within_a_depth() -> None:
    plain = summarise(OUTCOMES).kinds["plain"]
    assert plain.n == 3
    assert (plain.hit_1, plain.hit_3, plain.hit_5) == pytest.approx((1 / 3, 1.0, 1.0))
    odd = summarise(OUTCOMES).kinds["odd"]
    assert (odd.n, odd.hit_1, odd.hit_5) == (2, 0.0, 0.0)
    assert summarise(OUTCOMES).kinds["all"].n == 5  # questions without an answer do not count


def test_mean_reciprocal_rank() -> None:
    assert summarise(OUTCOMES[:3]).kinds["all"].mrr_10 == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)


def test_ndcg_gives_the_best_entry_twice_the_gain_of_an_acceptable_one() -> None:
    assert summarise(OUTCOMES[:1]).kinds["all"].ndcg_10 == 1.0
    assert summarise(OUTCOMES[1:2]).kinds["all"].ndcg_10 == pytest.approx(gain(3) / gain(1))
    ideal = 2 * gain(1) + gain(2)
    assert summarise(OUTCOMES[2:3]).kinds["all"].ndcg_10 == pytest.approx((gain(2) + 2 * gain(3)) / ideal)
    assert summarise(OUTCOMES[3:5]).kinds["all"].ndcg_10 == 0.0


def test_what_each_level_was_worth() -> None:
    figures = {item.level: (item.n, item.right, item.unanswerable) for item in summarise(OUTCOMES).levels}
    assert figures == {"strong": (2, 1, 0), "possible": (2, 0, 1), "weak": (2, 0, 1), "none": (3, 0, 2)}


def test_how_well_it_knows_when_there_is_no_answer() -> None:
    report = summarise(OUTCOMES)
    assert report.no_answer_precision == pytest.approx(2 / 3)
    assert report.no_answer_recall == pytest.approx(3 / 4)
    assert report.unanswerable_answered == pytest.approx(1 / 4)


def test_times() -> None:
    report = summarise(OUTCOMES)
    assert (report.p50_ms, report.p95_ms) == (5.0, 9.0)


def test_nothing_measured_is_no_error() -> None:
    report = summarise([])
    assert report.kinds["all"].n == 0 and report.p50_ms == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hit@1", 1 / 5),
        ("hit@3", 3 / 5),
        ("HIT@5", 3 / 5),
        ("MRR@10", (1 + 1 / 3 + 1 / 2) / 5),
        ("plain:hit@1", 1 / 3),
        ("odd:mrr@10", 0.0),
        ("strong-right", 1 / 2),
        ("unanswerable-answered", 1 / 4),
        ("no-answer-precision", 2 / 3),
        ("no-answer-recall", 3 / 4),
    ],
)
def test_metrics_by_name(name: str, value: float) -> None:
    assert summarise(OUTCOMES).metric(name) == pytest.approx(value)


@pytest.mark.parametrize("name", ["", "hit@2", "strange:hit@1", "plain:strong-right"])
def test_an_unknown_metric_is_told_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match=r"there is no metric .*; known are hit@1, .*no-answer-recall, .*all, plain, odd"):
        summarise(OUTCOMES).metric(name)


# Files


def lines(path: Path, *values: object) -> Path:
    path.write_text("\n".join(value if isinstance(value, str) else json.dumps(value) for value in values), encoding="utf-8")
    return path


def test_questions_and_conversations_are_read(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "q.jsonl",
        {"query": "one", "kind": "plain", "relevant": ["a", "b"]},
        "",
        {"query": "two", "relevant": []},
        {"turns": [{"query": "three", "relevant": ["a"]}, {"query": "four", "relevant": ["b"]}, {"query": "five", "relevant": ["c"]}]},
    )
    assert read_labelled(file) == [
        Labelled("one", "plain", ("a", "b")),
        Labelled("two", "question", ()),
        Labelled("three", "first-turn", ("a",)),
        Labelled("four", "follow-up", ("b",), ("three",)),
        Labelled("five", "follow-up", ("c",), ("three", "four")),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "no JSON",
        "[]",
        "null",
        "5",
        {"query": "x"},
        {"relevant": []},
        {"query": 5, "relevant": []},
        {"query": "x", "relevant": "abc"},
        {"query": "x", "relevant": [1]},
        {"query": "x", "relevant": None},
        {"query": "x", "kind": 3, "relevant": []},
        {"turns": 3},
        {"turns": [{"query": "x"}]},
        {"turns": [{"query": ["x"], "relevant": []}]},
    ],
    ids=str,
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, bad: object) -> None:
    file = lines(tmp_path / "q.jsonl", {"query": "fine", "relevant": []}, bad)
    with pytest.raises(InputError) as caught:
        read_labelled(file)
    assert str(caught.value).startswith(f"{file}:2: write ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.jsonl cannot be read: No such file"):
        read_labelled(tmp_path / "missing.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "caf\xe9", "relevant": []}')
    with pytest.raises(InputError, match=r"latin\.jsonl cannot be read: it is not UTF-8 text"):
        read_labelled(tmp_path / "latin.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(InputError, match=r"empty\.jsonl holds no questions"):
        read_labelled(tmp_path / "empty.jsonl")


def test_a_run_file_has_a_line_for_every_hit(tmp_path: Path) -> None:
    write_run(tmp_path / "run.tsv", [OUTCOMES[0], outcome("odd", "a", ""), outcome("odd", "a", "b")])
    assert (tmp_path / "run.tsv").read_text() == "1\ta\t1\t10.000000\n1\tb\t2\t9.000000\n1\tc\t3\t8.000000\n3\tb\t1\t10.000000\n"


# Asking


def test_questions_are_really_asked(small: Generation, small_settings: Settings) -> None:
    questions = [Labelled("Why does the connection hang?", "plain", ("hanging",)), Labelled("xyzzy plugh", "plain", ())]
    seen: list[tuple[int, int]] = []
    outcomes = evaluate(small, small_settings, questions, lambda done, total: seen.append((done, total)))
    assert [item.place for item in outcomes] == [1, 0]
    assert outcomes[1].level == "none"
    assert seen == [(1, 2), (2, 2)]


def test_a_follow_up_is_asked_after_its_earlier_turns(small: Generation, tmp_path: Path) -> None:
    turns = [
        {"query": "Why does the connection hang?", "relevant": ["hanging"]},
        {"query": "and what can I try about that?", "relevant": ["hanging"]},
    ]
    eager = Settings(levels=Levels(bias=0.0, weights={}), follow_up=FollowUp(same_bonus=1.0, least_leaning=0.0))
    both = evaluate(small, eager, read_labelled(lines(tmp_path / "both.jsonl", {"turns": turns})))
    assert [item.place for item in both] == [1, 1]
    alone = evaluate(small, eager, read_labelled(lines(tmp_path / "alone.jsonl", turns[1])))
    assert alone[0].place != 1

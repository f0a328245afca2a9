"""The content of this repository answers what it should: measured on labelled questions, with limits that must hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.evaluation import Outcome, Report, evaluate, read_labelled, summarise
from kb.generation import Generation, build, load_current
from kb.query import make_query
from kb.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(content=ROOT / "content", data=tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def generation(settings: Settings) -> Generation:
    build(settings)
    return load_current(settings.data, settings.ranking)


@pytest.fixture(scope="module")
def outcomes(generation: Generation, settings: Settings) -> list[Outcome]:
    files = ("golden.jsonl", "golden_conversations.jsonl")
    return evaluate(generation, settings, [question for name in files for question in read_labelled(ROOT / "tests" / name)])


@pytest.fixture(scope="module")
def report(outcomes: list[Outcome]) -> Report:
    return summarise(outcomes)


def best(generation: Generation, text: str, limit: int) -> list[str]:
    return [hit.id for hit in generation.retriever.search(make_query(text, "", generation.options), limit).hits]


@pytest.mark.parametrize(("metric", "least"), [("hit@1", 0.79), ("hit@5", 0.93), ("follow-up:hit@3", 0.9), ("strong-right", 0.95)])
def test_enough_questions_are_answered_right(report: Report, metric: str, least: float) -> None:
    assert report.metric(metric) >= least


def test_few_questions_without_an_answer_are_answered(report: Report) -> None:
    assert report.metric("unanswerable-answered") <= 0.08


def test_every_labelled_entry_exists(outcomes: list[Outcome], generation: Generation) -> None:
    named = {name for outcome in outcomes for name in outcome.labelled.relevant}
    assert named <= {entry.id for entry in generation.content.entries}


def test_there_are_the_44_entries_and_12_guides(generation: Generation) -> None:
    assert (len(generation.content.entries), len(generation.content.guides)) == (44, 12)


def test_every_entry_is_found_first_by_its_own_question(generation: Generation) -> None:
    found = {entry.id: best(generation, entry.question, 1) for entry in generation.content.entries}
    assert found == {entry_id: [entry_id] for entry_id in found}


def test_every_guide_is_found_by_its_own_question(generation: Generation) -> None:
    """One of the entries it belongs to, or the guide itself, is among the first three."""
    lost = {
        guide.id: best(generation, guide.question, 3)
        for guide in generation.content.guides
        if not {guide.id, *guide.entries} & set(best(generation, guide.question, 3))
    }
    assert lost == {}

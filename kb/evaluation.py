"""Measuring answers on labelled questions: rank metrics by kind, answer levels and how far to trust them, time.

A line of a questions file is `{"query", "kind", "relevant": [best id, also acceptable …]}`; `relevant` empty means that the
content does not answer it. A line `{"turns": [...]}` is a conversation whose later turns may lean on earlier ones.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kb.answer import rank
from kb.errors import InputError
from kb.followup import Turn
from kb.generation import Generation
from kb.index import Progress
from kb.levels import LEVELS, Level, level_of
from kb.query import make_query
from kb.settings import Settings

DEPTH = 10  # hits looked at


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with what answers it, best first, and the labelled questions that came before it."""

    query: str
    kind: str
    relevant: tuple[str, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one labelled question."""

    labelled: Labelled
    hits: tuple[tuple[str, float], ...]  # (id, score), best first
    level: Level
    probability: float
    ms: float

    @property
    def place(self) -> int:
        """Place of the first right hit from 1; 0 for none."""
        return next((place for place, (name, _) in enumerate(self.hits, 1) if name in self.labelled.relevant), 0)


@dataclass(slots=True)
class Figures:
    """Metrics of a group of questions that have an answer; shares from 0 to 1."""

    n: int = 0
    hit_1: float = 0.0
    hit_3: float = 0.0
    hit_5: float = 0.0
    mrr_10: float = 0.0
    ndcg_10: float = 0.0


@dataclass(slots=True)
class LevelFigures:
    """What one answer level was worth."""

    level: str
    n: int = 0  # questions given this level
    right: int = 0  # of them, those whose first entry is right
    unanswerable: int = 0  # of them, those that the content does not answer


@dataclass(slots=True)
class Report:
    """All figures of an evaluation."""

    kinds: dict[str, Figures] = field(default_factory=dict)  # by kind, and "all"
    levels: list[LevelFigures] = field(default_factory=list)
    no_answer_precision: float = 0.0  # of the questions answered "none", the share that has no answer
    no_answer_recall: float = 0.0  # of the questions without an answer, the share answered "none" or "weak"
    unanswerable_answered: float = 0.0  # of the questions without an answer, the share answered strong or possible
    p50_ms: float = 0.0
    p95_ms: float = 0.0

    def metric(self, name: str) -> float:
        """A metric by the name used with --fail-under: hit@1, hit@3, hit@5, mrr@10, ndcg@10 of all questions, or of one kind as
        `kind:hit@1`; strong-right, unanswerable-answered, no-answer-precision, no-answer-recall. Raises InputError."""
        kind, _, metric = name.rpartition(":")
        names = {"hit@1": "hit_1", "hit@3": "hit_3", "hit@5": "hit_5", "mrr@10": "mrr_10", "ndcg@10": "ndcg_10"}
        if metric.lower() in names and (kind or "all") in self.kinds:
            return float(getattr(self.kinds[kind or "all"], names[metric.lower()]))
        strong = next((item for item in self.levels if item.level == "strong"), LevelFigures("strong"))
        others = {
            "strong-right": strong.right / strong.n if strong.n else 1.0,
            "unanswerable-answered": self.unanswerable_answered,
            "no-answer-precision": self.no_answer_precision,
            "no-answer-recall": self.no_answer_recall,
        }
        if name not in others:
            known = ", ".join([*names, *others])
            raise InputError(
                f"there is no metric {name!r}; known are {known}, and KIND:hit@1 for the kinds {', '.join(self.kinds)}"
            )
        return others[name]


def read_labelled(path: Path) -> list[Labelled]:
    """The labelled questions of a file of JSON lines. Raises InputError with the line that cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from error
    found: list[Labelled] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found += _read_line(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(
                    f'{path}:{number}: write {{"query", "kind", "relevant": [ids]}} or {{"turns": [...]}} on each line'
                ) from error
    if not found:
        raise InputError(f"{path} holds no questions")
    return found


def _read_line(value: dict[str, Any]) -> Iterator[Labelled]:
    if "turns" not in value:
        yield Labelled(_text(value["query"]), _text(value.get("kind", "question")), _ids(value["relevant"]))
        return
    before: tuple[str, ...] = ()
    for turn in value["turns"]:
        kind = "follow-up" if before else "first-turn"
        yield Labelled(_text(turn["query"]), kind, _ids(turn["relevant"]), before)
        before = (*before, turn["query"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _ids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_text(item) for item in value)


def evaluate(
    generation: Generation, settings: Settings, questions: Sequence[Labelled], progress: Progress | None = None
) -> list[Outcome]:
    """The outcome of every question, follow-ups with the answers that their earlier turns really got."""
    outcomes: list[Outcome] = []
    first_hits: dict[tuple[str, ...], str] = {}  # of the conversation so far, the last answer's entry
    for number, labelled in enumerate(questions, 1):
        asked = (*labelled.before, labelled.query)
        history = [Turn(asked[n], "", first_hits.get(asked[: n + 1], "")) for n in range(len(labelled.before))]
        outcome = ask(generation, settings, labelled, history)
        if labelled.kind in ("first-turn", "follow-up"):
            first_hits[asked] = outcome.hits[0][0] if outcome.hits and outcome.level != "none" else ""
        outcomes.append(outcome)
        if progress:
            progress(number, len(questions))
    return outcomes


def ask(generation: Generation, settings: Settings, labelled: Labelled, history: Sequence[Turn]) -> Outcome:
    """The outcome of one question, timed."""
    started = time.perf_counter()
    query = make_query(labelled.query, "", generation.options)
    found, probability, _ = rank(generation, settings, query, limit=DEPTH, history=history)
    ms = (time.perf_counter() - started) * 1000
    level = level_of(probability, settings.levels)
    return Outcome(labelled, tuple((hit.id, hit.score) for hit in found.hits), level, probability, ms)


def summarise(outcomes: Sequence[Outcome]) -> Report:
    """The figures of `outcomes`."""
    report = Report()
    answerable = [outcome for outcome in outcomes if outcome.labelled.relevant]
    groups: dict[str, list[Outcome]] = {"all": answerable}
    for outcome in answerable:
        groups.setdefault(outcome.labelled.kind, []).append(outcome)
    report.kinds = {kind: _figures(group) for kind, group in groups.items()}
    report.levels = [_level_figures(level, outcomes) for level in LEVELS]
    unanswerable = [outcome for outcome in outcomes if not outcome.labelled.relevant]
    none = [outcome for outcome in outcomes if outcome.level == "none"]
    refused = [outcome for outcome in unanswerable if outcome.level in ("weak", "none")]
    report.no_answer_precision = _share(sum(not outcome.labelled.relevant for outcome in none), len(none))
    report.no_answer_recall = _share(len(refused), len(unanswerable))
    report.unanswerable_answered = 1 - report.no_answer_recall if unanswerable else 0.0
    times = sorted(outcome.ms for outcome in outcomes)
    report.p50_ms, report.p95_ms = _quantile(times, 0.5), _quantile(times, 0.95)
    return report


def _figures(outcomes: Sequence[Outcome]) -> Figures:
    places = [outcome.place for outcome in outcomes]
    n = len(places)

    def within(depth: int) -> float:
        return _share(sum(0 < place <= depth for place in places), n)

    return Figures(
        n, within(1), within(3), within(5),
        _share(sum(1 / place for place in places if 0 < place <= DEPTH), n), _share(sum(_ndcg(outcome) for outcome in outcomes), n),
    )  # fmt: skip


def _ndcg(outcome: Outcome) -> float:
    """Normalised discounted cumulative gain at 10 (Järvelin & Kekäläinen 2002): the best entry gains 2, others acceptable 1."""
    relevant = outcome.labelled.relevant
    gains = [2.0 if name == relevant[0] else 1.0 if name in relevant else 0.0 for name, _ in outcome.hits[:DEPTH]]
    ideal = [2.0] + [1.0] * (len(set(relevant)) - 1)
    return _gain(gains) / _gain(ideal[:DEPTH])


def _gain(gains: Iterable[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def _level_figures(level: Level, outcomes: Sequence[Outcome]) -> LevelFigures:
    given = [outcome for outcome in outcomes if outcome.level == level]
    return LevelFigures(
        level,
        len(given),
        sum(outcome.place == 1 for outcome in given),
        sum(not outcome.labelled.relevant for outcome in given),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def write_run(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the rankings as `query-number<TAB>entry-id<TAB>rank<TAB>score`, query numbers from 1."""
    rows = [
        f"{number}\t{name}\t{place}\t{score:.6f}\n"
        for number, outcome in enumerate(outcomes, 1)
        for place, (name, score) in enumerate(outcome.hits, 1)
    ]
    path.write_text("".join(rows), encoding="utf-8")

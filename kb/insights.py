"""What the figures say: how many questions were answered, solved and reported, and where the FAQ fails.

Functions of what was stored in a period; nothing here reads the database or knows how a figure is shown. Days are UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kb.conversation import split_step
from kb.question_groups import QuestionGroup, Search
from kb.store.verdicts import GivenVerdict

PERIODS = (7, 30, 90, 365)  # days that can be looked at
_DAYS_SHOWN_SINGLY = 31  # a longer period is shown by weeks


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the last of which is today."""

    days: int
    first: date
    last: date

    @property
    def since(self) -> str:
        """The first day as the database wants it."""
        return self.first.isoformat()

    @property
    def until(self) -> str:
        """The day after the last."""
        return (self.last + timedelta(days=1)).isoformat()


def period_of(days: str, now: datetime | None = None) -> Period:
    """The period of so many days, as typed; of seven for anything that is not on offer."""
    number = int(days) if days in {str(item) for item in PERIODS} else PERIODS[0]
    today = (now or datetime.now(UTC)).astimezone(UTC).date()
    return Period(number, today - timedelta(days=number - 1), today)


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a day or a week."""

    first: date
    last: date
    asked: int = 0
    answered: int = 0  # strong or possible
    no_match: int = 0  # nothing related was found
    solved: int = 0  # conversations in which something helped, by the day they said so
    reported: int = 0  # reports sent


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a period."""

    asked: int
    answered: int
    no_match: int
    conversations: int
    solved: int  # conversations
    reported: int  # conversations that ended in a report
    reports: int
    rows: tuple[Row, ...]  # oldest first, without gaps

    @property
    def no_match_share(self) -> float:
        return _share(self.no_match, self.asked)

    @property
    def answered_share(self) -> float:
        return _share(self.answered, self.asked)

    @property
    def solved_share(self) -> float:
        return _share(self.solved, self.conversations)

    @property
    def reported_share(self) -> float:
        return _share(self.reported, self.conversations)


@dataclass(frozen=True, slots=True)
class VotedNo:
    """An entry that did not help somebody."""

    entry_id: str
    no: int
    yes: int
    reasons: tuple[tuple[str, int], ...]  # chosen from the list, the most frequent first
    notes: tuple[str, ...]  # in people's own words, newest first


@dataclass(frozen=True, slots=True)
class StepStop:
    """A step of a guide after which somebody went no further and was not helped."""

    guide_id: str
    step_id: str
    reached: int  # conversations that said something about the step
    stopped: int  # of them, those for which it was the last of the guide
    cannot: int  # of them, those that could not do it


def figures(
    searches: Iterable[Search],
    verdicts: Sequence[GivenVerdict],
    reports_by_day: Mapping[str, int],
    reported_conversations: frozenset[str],
    started: int,
    period: Period,
) -> Figures:
    """The figures of a period from what was stored in it. started: conversations begun in it, cleared ones too."""
    days: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    active = set(reported_conversations)
    for search in searches:
        question = search.question
        active |= {item.conversation_id for item in search.questions if item.conversation_id}
        level = "answered" if not search.is_unanswered else "no_match" if question.level == "none" else "weak"
        days.setdefault(question.asked_at[:10], Counter()).update(("asked", level))
        total.update(("asked", level))
    solved: dict[str, str] = {}  # conversation to the day it was solved
    for given in verdicts:
        active.add(given.conversation_id)
        if given.verdict.verdict == "yes":
            solved.setdefault(given.conversation_id, given.verdict.at[:10])
    for day in solved.values():
        days.setdefault(day, Counter())["solved"] += 1
    for day, number in reports_by_day.items():
        days.setdefault(day, Counter())["reported"] += number
    return Figures(
        total["asked"],
        total["answered"],
        total["no_match"],
        max(started, len(active)),
        len(solved),
        len(reported_conversations),
        sum(reports_by_day.values()),
        _rows(days, period),
    )


def voted_no(verdicts: Iterable[GivenVerdict]) -> tuple[VotedNo, ...]:
    """The entries that did not help, those that failed most often first."""
    by_entry: dict[str, list[GivenVerdict]] = {}
    for given in verdicts:
        if given.verdict.kind == "entry":
            by_entry.setdefault(given.verdict.target, []).append(given)
    found = []
    for entry_id, given_ones in by_entry.items():
        failed = [item.verdict for item in given_ones if item.verdict.verdict == "no"]
        if failed:
            reasons = Counter(verdict.reason for verdict in failed if verdict.reason)
            notes = tuple(verdict.note for verdict in reversed(failed) if verdict.note)
            yes = sum(item.verdict.verdict == "yes" for item in given_ones)
            found.append(VotedNo(entry_id, len(failed), yes, tuple(reasons.most_common()), notes))
    return tuple(sorted(found, key=lambda item: (-item.no, item.yes, item.entry_id)))


def step_stops(verdicts: Iterable[GivenVerdict]) -> tuple[StepStop, ...]:
    """The steps after which people went no further in the guide, the most frequent first.

    verdicts: oldest first. The last step somebody judged in a guide is where they stopped, unless it helped.
    """
    reached: Counter[tuple[str, str]] = Counter()
    cannot: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], tuple[str, str]] = {}  # conversation and guide to step and verdict
    for given in verdicts:
        if given.verdict.kind != "step":
            continue
        guide_id, step_id = split_step(given.verdict.target)
        reached[guide_id, step_id] += 1
        cannot[guide_id, step_id] += given.verdict.verdict == "cannot"
        last[given.conversation_id, guide_id] = step_id, given.verdict.verdict
    stopped = Counter((guide_id, step_id) for (_, guide_id), (step_id, word) in last.items() if word != "yes")
    stops = [StepStop(*place, reached[place], number, cannot[place]) for place, number in stopped.items()]
    return tuple(sorted(stops, key=lambda stop: (-stop.stopped, stop.guide_id, stop.step_id)))


def waiting(groups: Iterable[QuestionGroup]) -> tuple[QuestionGroup, ...]:
    """The groups nobody has handled."""
    return tuple(group for group in groups if group.handled is None)


def _rows(days: Mapping[str, Counter[str]], period: Period) -> tuple[Row, ...]:
    """One row a day, or a week where there would be too many; the last week ends with the period."""
    size = 1 if period.days <= _DAYS_SHOWN_SINGLY else 7
    rows = []
    last = period.last
    while last >= period.first:
        first = max(period.first, last - timedelta(days=size - 1))
        counted: Counter[str] = Counter()
        for offset in range((last - first).days + 1):
            counted.update(days.get((first + timedelta(days=offset)).isoformat(), Counter()))
        names = ("asked", "answered", "no_match", "solved", "reported")
        rows.append(Row(first, last, *(counted[name] for name in names)))
        last = first - timedelta(days=1)
    return tuple(reversed(rows))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

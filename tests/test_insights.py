"""The figures of a period, entries voted "No", steps where people stop."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from store_world import NOON, later
from test_question_groups import asked

from kb.conversation import Verdict
from kb.insights import Figures, StepStop, figures, period_of, step_stops, voted_no, waiting
from kb.question_groups import group_searches, one_a_search
from kb.store.questions import HandledQuestion
from kb.store.times import time_text
from kb.store.verdicts import GivenVerdict

WEEK = period_of("7", NOON)


def said(talk: str, target: str, verdict: str, reason: str = "", note: str = "", days: float = 0) -> GivenVerdict:
    kind = "step" if "/" in target else "entry"
    return GivenVerdict(talk, Verdict(kind, target, verdict, reason, note, time_text(later(days=days))))  # type: ignore[arg-type]


def test_a_period_is_whole_days_up_to_today() -> None:
    assert (WEEK.since, WEEK.until, WEEK.days) == ("2026-11-18", "2026-11-25", 7)
    assert period_of("30", NOON).since == "2026-10-26"


@pytest.mark.parametrize("typed", ["", "8", "-7", "seven", "7 ", "9" * 400])
def test_a_period_that_is_not_on_offer_is_a_week(typed: str) -> None:
    assert period_of(typed, NOON) == WEEK


def test_a_day_is_one_of_utc() -> None:
    late = datetime.fromisoformat("2026-11-24T23:30:00-05:00")
    assert period_of("7", late).last == date(2026, 11, 25)


def test_figures_count_searches_conversations_and_reports() -> None:
    searches = one_a_search(
        [
            asked("w", 0), asked("warp", 1), asked("warp core", 2), asked("rust", 100, level="weak"),
            asked("fine", 200, "a", level="strong"), asked("good", 300, "b", level="possible"), asked("gone", -86_400 * 2, "c"),
        ]
    )  # fmt: skip
    verdicts = [said("a", "x", "yes"), said("a", "y", "yes"), said("b", "x", "no"), said("d", "g/s", "yes", days=-1)]
    found = figures(searches, verdicts, {"2026-11-24": 2, "2026-11-19": 1}, frozenset("c"), 2, WEEK)
    assert (found.asked, found.answered, found.no_match, found.reports) == (5, 2, 2, 3)
    assert (found.conversations, found.solved, found.reported) == (4, 2, 1)
    assert (found.no_match_share, found.answered_share, found.solved_share, found.reported_share) == (
        0.4,
        0.4,
        0.5,
        0.25,
    )
    assert [row.asked for row in found.rows] == [0, 0, 0, 0, 1, 0, 4]
    assert [(row.solved, row.reported) for row in found.rows] == [
        (0, 0),
        (0, 1),
        (0, 0),
        (0, 0),
        (0, 0),
        (1, 0),
        (1, 2),
    ]
    assert sum(row.answered for row in found.rows) == 2 and found.rows[-1].last == NOON.astimezone(UTC).date()


def test_conversations_that_were_cleared_count_as_started() -> None:
    found = figures([], [said("a", "x", "yes")], {}, frozenset(), 10, WEEK)
    assert found.solved_share == 0.1


def test_nothing_stored_is_no_division_by_zero() -> None:
    found = figures([], [], {}, frozenset(), 0, WEEK)
    assert found == Figures(0, 0, 0, 0, 0, 0, 0, found.rows)
    assert (found.no_match_share, found.solved_share) == (0, 0) and len(found.rows) == 7


def test_a_long_period_is_shown_by_weeks_without_gaps() -> None:
    year = period_of("365", NOON)
    rows = figures(one_a_search([asked("rust", -86_400 * 364)]), [], {}, frozenset(), 0, year).rows
    assert len(rows) == 53 and (rows[0].first, rows[-1].last) == (year.first, year.last)
    assert all((after.first - before.last).days == 1 for before, after in zip(rows, rows[1:], strict=False))
    assert rows[0].asked == 1
    assert len(figures([], [], {}, frozenset(), 0, period_of("30", NOON)).rows) == 30


def test_entries_voted_no_come_with_reasons_and_notes() -> None:
    found = voted_no(
        [
            said("a", "one", "no", "too old", "first"), said("b", "one", "no", "too old"), said("c", "one", "no", "unclear", "last"),
            said("d", "one", "yes"), said("e", "two", "no"), said("f", "fine", "yes"), said("g", "guide/step", "no"),
        ]
    )  # fmt: skip
    assert [(vote.entry_id, vote.no, vote.yes) for vote in found] == [("one", 3, 1), ("two", 1, 0)]
    assert found[0].reasons == (("too old", 2), ("unclear", 1)) and found[0].notes == ("last", "first")


def test_people_stop_at_the_last_step_that_did_not_help() -> None:
    found = step_stops(
        [
            said("a", "g/one", "no"), said("a", "g/two", "no"), said("b", "g/one", "no"), said("b", "g/two", "cannot"),
            said("c", "g/one", "yes"), said("d", "g/one", "no"), said("d", "h/one", "no"), said("d", "entry", "no"),
        ]
    )  # fmt: skip
    assert found == (StepStop("g", "two", 2, 2, 1), StepStop("g", "one", 4, 1, 0), StepStop("h", "one", 1, 1, 0))


def test_groups_wait_until_they_are_handled() -> None:
    open_one, done_one = group_searches(one_a_search([asked("warp core", 100), asked("rust", 0)]))
    mark = HandledQuestion(done_one.key, "Anna", time_text(NOON), "")
    groups = group_searches(one_a_search([asked("warp core", 100), asked("rust", 0)]), handled={mark.key: mark})
    assert [group.key for group in waiting(groups)] == [open_one.key]

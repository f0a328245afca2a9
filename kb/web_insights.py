"""The insights: the figures of a period as a page, and each of its tables as CSV."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, request

from kb import insights, pages_staff
from kb.insights import Figures, Period, StepStop, VotedNo
from kb.portal import current_portal
from kb.question_groups import QuestionGroup, group_searches, one_a_search
from kb.responses import typed
from kb.staff_site import desk, page, staff_site
from kb.store import conversations, questions, reports, verdicts

MOST_QUESTIONS = 100_000  # the newest of a period, that are looked at


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everything a period shows."""

    period: Period
    figures: Figures
    groups: tuple[QuestionGroup, ...]
    votes: tuple[VotedNo, ...]
    stops: tuple[StepStop, ...]


@staff_site.get("/insights")
def show_insights() -> Response:
    seen = _look()
    is_kept = current_portal().settings.log_questions
    text = pages_staff.insights_page(desk(), seen.period, seen.figures, seen.groups, seen.votes, seen.stops, is_kept)
    return page(text, packed=True)


@staff_site.get("/insights/<name>.csv")
def insights_table(name: str) -> Response:
    if name not in ("days", "unanswered", "voted-no", "steps"):
        abort(404)
    seen = _look()
    frame = current_portal().shelf().frame
    if name == "days":
        text = pages_staff.days_csv(seen.figures)
    elif name == "unanswered":
        text = pages_staff.groups_csv(seen.groups)
    elif name == "voted-no":
        text = pages_staff.votes_csv(frame, seen.votes)
    else:
        text = pages_staff.stops_csv(frame, seen.stops)
    response = Response(text, content_type="text/csv; charset=utf-8")
    file_name = f"{name}-{seen.period.since}-{seen.period.last.isoformat()}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def _look() -> _Seen:
    portal = current_portal()
    period = insights.period_of(typed(request.args, "days"))
    since, until = period.since, period.until
    with portal.database.read() as connection:
        asked = questions.list_questions(connection, since=since, until=until, size=MOST_QUESTIONS).items
        handled = questions.list_handled(connection)
        given = verdicts.list_verdicts(connection, since, until)
        by_day = reports.count_reports(connection, since, until)
        reported = reports.conversations_reported(connection, since, until)
        started = conversations.count_conversations(connection, since, until)
    searches = one_a_search(asked)
    return _Seen(
        period,
        insights.figures(searches, given, by_day, reported, started, period),
        group_searches(searches, portal.shelf().generation.vocabulary, handled),
        insights.voted_no(given),
        insights.step_stops(given),
    )

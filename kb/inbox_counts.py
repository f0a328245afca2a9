"""What waits for the support team, as the inbox counts it."""

from __future__ import annotations

from dataclasses import dataclass

from kb.delivery import kinds
from kb.insights import waiting
from kb.portal import Portal
from kb.question_groups import QuestionGroup, group_searches, one_a_search
from kb.store import outbox, questions, reports

MOST_QUESTIONS = 10_000  # the newest, that are grouped


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """The numbers at the parts of the inbox."""

    reports: int  # that nobody handled
    questions: int  # groups of them, that nobody handled
    given_up: int  # deliveries
    has_deliveries: bool  # whether there is anything to see about deliveries


def unanswered_groups(portal: Portal) -> tuple[QuestionGroup, ...]:
    """The groups of unanswered questions, the most asked first. Raises KbError."""
    with portal.database.read() as connection:
        asked = questions.list_questions(connection, size=MOST_QUESTIONS).items
        handled = questions.list_handled(connection)
    return group_searches(one_a_search(asked), portal.shelf().generation.vocabulary, handled)


def count_inbox(portal: Portal, groups: tuple[QuestionGroup, ...]) -> InboxCounts:
    """What waits; groups: as `unanswered_groups` returns them. Raises StorageError."""
    with portal.database.read() as connection:
        open_reports = reports.list_reports(connection, status="open", size=1).total
        given_up = outbox.count_given_up(connection)
        is_waiting = outbox.count_waiting(connection) > 0
    has_deliveries = given_up > 0 or is_waiting or bool(kinds(portal.settings))
    return InboxCounts(open_reports, len(waiting(groups)), given_up, has_deliveries)

"""Retention: what is deleted when its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_

from kb.settings import Settings
from kb.store.conversations import expire_conversations
from kb.store.login_failures import forget_old_failures
from kb.store.report_drafts import KEEP_HOURS
from kb.store.schema import (
    conversations,
    handled_questions,
    outbox,
    questions,
    report_drafts,
    reports,
    solved_by_similar,
    staff_sessions,
    verdicts,
)
from kb.store.sent_forms import forget_sent_forms
from kb.store.times import time_before


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many of each were cleared or deleted."""

    conversations: int  # cleared; see expire_conversations for what is left of them
    questions: int
    verdicts: int
    reports: int
    deliveries: int
    logins: int
    login_failures: int
    report_drafts: int


def prune(connection: Connection, settings: Settings, now: datetime | None = None) -> Pruned:
    """Delete what is older than the settings allow. Safe at any time, and again."""
    cleared = expire_conversations(connection, settings.keep_conversations_days, now)
    old_questions = time_before(now, days=settings.keep_questions_days)
    old_verdicts = min(old_questions, time_before(now, days=settings.keep_conversations_days))
    old_reports = time_before(now, days=settings.keep_reports_days)
    old_deliveries = time_before(now, days=settings.keep_deliveries_days)

    pruned = Pruned(
        conversations=cleared,
        questions=_delete(connection, questions, questions.c.asked_at < old_questions),
        verdicts=_delete(connection, verdicts, verdicts.c.at < old_verdicts),
        reports=_delete(connection, reports, reports.c.created_at < old_reports),
        # what could never be delivered goes with the reports
        deliveries=_delete(
            connection, outbox, or_(outbox.c.delivered_at < old_deliveries, outbox.c.created_at < old_reports)
        ),
        logins=_delete(connection, staff_sessions, _is_over(settings, now)),
        login_failures=forget_old_failures(connection, now),
        report_drafts=_delete(
            connection, report_drafts, report_drafts.c.updated_at < time_before(now, hours=KEEP_HOURS)
        ),
    )
    forget_sent_forms(connection, now)
    _delete(connection, handled_questions, handled_questions.c.at < old_questions)
    _delete(connection, solved_by_similar, solved_by_similar.c.at < old_verdicts)
    is_forgotten = and_(conversations.c.expired_at.is_not(None), conversations.c.updated_at < old_verdicts)
    _delete(connection, conversations, is_forgotten)
    return pruned


def _is_over(settings: Settings, now: datetime | None) -> ColumnElement[bool]:
    return or_(
        staff_sessions.c.last_seen_at < time_before(now, minutes=settings.staff_idle_minutes),
        staff_sessions.c.created_at < time_before(now, hours=settings.staff_session_hours),
    )


def _delete(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount

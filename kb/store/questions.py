"""The log of questions: what was asked anywhere, how it was answered, and what the support team did about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select

from kb.settings import Settings
from kb.store.paging import Page, holds_words, in_period, page_in_range
from kb.store.schema import handled_questions, questions
from kb.store.times import time_after, time_before, time_text
from kb.store.upsert import insert_or_ignore

Source = Literal["portal", "api", "ask-page"]
UNANSWERED = ("weak", "none")


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """A question that somebody asked."""

    id: int
    asked_at: str
    text: str  # secrets masked
    log_lines: int
    source: Source
    level: str
    entry_id: str  # first entry of the answer; empty if there was none
    conversation_id: str  # empty without one, or when it was cleared


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many questions of one level were asked on one day."""

    day: str  # such as 2026-11-24, UTC
    level: str
    number: int


@dataclass(frozen=True, slots=True)
class HandledQuestion:
    """That a group of questions is dealt with."""

    key: str  # of the group
    handled_by: str
    at: str
    entry_id: str  # the entry that answers it; empty if none was named


def log_question(
    connection: Connection, settings: Settings, text: str, *, level: str, source: Source, log_lines: int = 0,
    entry_id: str = "", conversation_id: str = "", now: datetime | None = None,
) -> int | None:  # fmt: skip
    """Keep a question, secrets masked. Its id; None when the setting says that questions are not kept."""
    if not settings.log_questions:
        return None
    values = {
        "asked_at": time_text(now), "text": text, "folded": text.casefold(), "log_lines": log_lines, "source": source,
        "level": level, "entry_id": entry_id, "conversation_id": conversation_id or None,
    }  # fmt: skip
    return int(connection.execute(insert(questions).values(values).returning(questions.c.id)).scalar_one())


def list_questions(
    connection: Connection, *, levels: Sequence[str] = (), words: str = "", since: str = "", until: str = "",
    number: int = 1, size: int = 50,
) -> Page[LoggedQuestion]:  # fmt: skip
    """A page of the questions, newest first. levels: only these. words: all must occur. since, until: as in in_period."""
    its = _matching(levels, words, since, until)
    total = connection.execute(select(func.count()).select_from(questions).where(its)).scalar_one()
    number = page_in_range(number, total, size)
    newest = select(questions).where(its).order_by(questions.c.asked_at.desc(), questions.c.id.desc())
    rows = connection.execute(newest.limit(size).offset((number - 1) * size))
    return Page(tuple(_question(row) for row in rows), total, number, size)


def list_unanswered(
    connection: Connection, *, words: str = "", since: str = "", until: str = "", most: int = 10_000
) -> tuple[LoggedQuestion, ...]:
    """The newest questions no entry answered (weak or none), newest first, at most `most`; for grouping."""
    newest = select(questions).order_by(questions.c.asked_at.desc(), questions.c.id.desc()).limit(most)
    rows = connection.execute(newest.where(_matching(UNANSWERED, words, since, until)))
    return tuple(_question(row) for row in rows)


def load_question(connection: Connection, question_id: int) -> LoggedQuestion | None:
    """One question; None if there is none of this id."""
    row = connection.execute(select(questions).where(questions.c.id == question_id)).one_or_none()
    return _question(row) if row else None


def list_beside(connection: Connection, question: LoggedQuestion, seconds: float) -> tuple[LoggedQuestion, ...]:
    """The questions of its conversation, oldest first; outside one, those within `seconds` of it that belong to none."""
    if question.conversation_id:
        its = questions.c.conversation_id == question.conversation_id
    else:
        moment = datetime.fromisoformat(question.asked_at)
        since, until = time_before(moment, seconds=seconds), time_after(moment, seconds)
        its = and_(questions.c.conversation_id.is_(None), questions.c.asked_at.between(since, until))
    rows = connection.execute(select(questions).where(its).order_by(questions.c.asked_at, questions.c.id))
    return tuple(_question(row) for row in rows)


def count_questions(connection: Connection, since: str = "", until: str = "") -> tuple[DayCount, ...]:
    """How many questions were asked, by day and level, oldest day first."""
    day = func.substr(questions.c.asked_at, 1, 10)
    its = (
        select(day, questions.c.level, func.count())
        .where(in_period(questions.c.asked_at, since, until))
        .group_by(day, questions.c.level)
        .order_by(day, questions.c.level)
    )
    return tuple(DayCount(*row) for row in connection.execute(its))


def most_asked(
    connection: Connection, days: int = 30, most: int = 5, now: datetime | None = None
) -> tuple[tuple[str, int], ...]:
    """The entries that answered most questions of the last days, as (entry id, questions), most first."""
    number = func.count()
    its = (
        select(questions.c.entry_id, number)
        .where(
            questions.c.asked_at >= time_before(now, days=days),
            questions.c.level.in_(("strong", "possible")),
            questions.c.entry_id != "",
        )
        .group_by(questions.c.entry_id)
        .order_by(number.desc(), questions.c.entry_id)
        .limit(most)
    )
    return tuple((entry_id, count) for entry_id, count in connection.execute(its))


def handle_question(
    connection: Connection, key: str, name: str, entry_id: str = "", now: datetime | None = None
) -> HandledQuestion:
    """Mark a group of questions as handled by `name`. What comes back says who handled it: whoever was first."""
    handled = HandledQuestion(key, name, time_text(now), entry_id)
    insert_or_ignore(connection, handled_questions, asdict(handled))
    its = select(handled_questions).where(handled_questions.c.key == key)
    return HandledQuestion(**connection.execute(its).one()._mapping)


def unhandle_question(connection: Connection, key: str) -> bool:
    """Undo that. Whether the group was handled."""
    return connection.execute(delete(handled_questions).where(handled_questions.c.key == key)).rowcount > 0


def list_handled(connection: Connection) -> dict[str, HandledQuestion]:
    """Every group of questions that is handled, by key."""
    rows = connection.execute(select(handled_questions).order_by(handled_questions.c.at))
    return {row.key: HandledQuestion(**row._mapping) for row in rows}


def _matching(levels: Sequence[str], words: str, since: str, until: str) -> ColumnElement[bool]:
    period = in_period(questions.c.asked_at, since, until)
    wanted = and_(period, holds_words(questions.c.folded, words))
    return and_(wanted, questions.c.level.in_(levels)) if levels else wanted


def _question(row: Row[tuple[object, ...]]) -> LoggedQuestion:
    return LoggedQuestion(
        row.id, row.asked_at, row.text, row.log_lines, row.source, row.level, row.entry_id, row.conversation_id or ""
    )

"""Verdicts: what people said about entries, steps of guides, and entries shown beside a report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from kb.conversation import Verdict, VerdictKind
from kb.store.paging import in_period
from kb.store.schema import conversations, solved_by_similar, verdicts
from kb.store.times import time_text
from kb.store.upsert import insert_or_update


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """A verdict and the conversation it was given in."""

    conversation_id: str
    verdict: Verdict


def set_verdict(
    connection: Connection, conversation_id: str, verdict: Verdict, now: datetime | None = None
) -> Verdict | None:
    """The verdict as it was set, with the time; it takes the place of an earlier one on the same target.

    None for a conversation that is not there or was cleared.
    """
    at = time_text(now)
    row = conversations.c.id == conversation_id, conversations.c.expired_at.is_(None)
    if not connection.execute(update(conversations).where(*row).values(updated_at=at)).rowcount:
        return None
    given = replace(verdict, at=at)
    values = {"conversation_id": conversation_id, **asdict(given)}
    insert_or_update(connection, verdicts, values, ("conversation_id", "kind", "target"))
    return given


def find_verdict(connection: Connection, conversation_id: str, kind: VerdictKind, target: str) -> Verdict | None:
    """The verdict on a target; None without one."""
    its = verdicts.c.conversation_id == conversation_id, verdicts.c.kind == kind, verdicts.c.target == target
    row = connection.execute(select(verdicts).where(*its)).one_or_none()
    return verdict_from_row(row) if row else None


def undo_verdict(connection: Connection, conversation_id: str, kind: VerdictKind, target: str) -> bool:
    """Take a verdict back. Whether there was one."""
    its = verdicts.c.conversation_id == conversation_id, verdicts.c.kind == kind, verdicts.c.target == target
    return connection.execute(delete(verdicts).where(*its)).rowcount > 0


def list_verdicts(connection: Connection, since: str = "", until: str = "") -> tuple[GivenVerdict, ...]:
    """The verdicts of a period, oldest first; `since` and `until` as in `paging.in_period`."""
    its = select(verdicts).where(in_period(verdicts.c.at, since, until)).order_by(verdicts.c.at, verdicts.c.id)
    return tuple(GivenVerdict(row.conversation_id, verdict_from_row(row)) for row in connection.execute(its))


def is_solved_since(connection: Connection, conversation_id: str, since: str) -> bool:
    """Whether somebody said in a conversation, at that time or later, that something helped."""
    its = verdicts.c.conversation_id == conversation_id, verdicts.c.verdict == "yes", verdicts.c.at >= since
    return connection.execute(select(verdicts.c.id).where(*its).limit(1)).first() is not None


def add_solved_by_similar(connection: Connection, entry_id: str, now: datetime | None = None) -> int:
    """Count that an entry shown while somebody wrote a report solved the problem. Returns the number of this count."""
    its = insert(solved_by_similar).values(entry_id=entry_id, at=time_text(now)).returning(solved_by_similar.c.id)
    return int(connection.execute(its).scalar_one())


def take_back_solved_by_similar(connection: Connection, number: int) -> bool:
    """Take one such count back. Whether it was there."""
    return connection.execute(delete(solved_by_similar).where(solved_by_similar.c.id == number)).rowcount > 0


def count_solved_by_similar(connection: Connection, since: str = "", until: str = "") -> dict[str, int]:
    """How often each entry spared a report in a period, most often first."""
    number = func.count()
    its = (
        select(solved_by_similar.c.entry_id, number)
        .where(in_period(solved_by_similar.c.at, since, until))
        .group_by(solved_by_similar.c.entry_id)
        .order_by(number.desc(), solved_by_similar.c.entry_id)
    )
    return dict(connection.execute(its).all())


def verdict_from_row(row: Row[tuple[object, ...]]) -> Verdict:
    """The verdict a row of the table holds."""
    return Verdict(row.kind, row.target, row.verdict, row.reason, row.note, row.at)

"""The outbox: mails and calls that are still to be sent, each taken by one process at a time.

A row is written in the transaction that has something to tell, so a dead mail server loses nothing. A process claims rows
with a lease, sends them outside any transaction, and says what came of it. When it dies meanwhile, the lease runs out and
another one takes the row. Sending must therefore take less than the lease, and a receiver can see a row twice only when a
process died between sending it and saying so: `id` is the same then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, insert, or_, select, true, update

from kb.settings import Settings
from kb.store.paging import Page, page_in_range
from kb.store.schema import outbox
from kb.store.times import time_after, time_text

Kind = Literal["mail", "webhook"]
_MOST_ERROR = 500  # characters of an error that are kept


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail or call that is to be sent, was sent, or was given up."""

    id: int
    kind: Kind
    event: str  # such as "report.created"
    payload: Mapping[str, Any]
    created_at: str
    attempts: int  # that failed
    next_at: str  # not before this
    delivered_at: str  # empty if it was not
    failed_at: str  # when it was given up; empty if it was not
    last_error: str


def add_delivery(
    connection: Connection, kind: Kind, event: str, payload: Mapping[str, Any], now: datetime | None = None,
    wait_seconds: float = 0,
) -> int:  # fmt: skip
    """Put something into the outbox, due at once or after a wait. Its id."""
    at = time_text(now)
    values = {
        "kind": kind,
        "event": event,
        "payload": json.dumps(dict(payload), ensure_ascii=False),
        "created_at": at,
        "next_at": time_after(now, wait_seconds),
    }
    return int(connection.execute(insert(outbox).values(values).returning(outbox.c.id)).scalar_one())


def claim_deliveries(
    connection: Connection, settings: Settings, worker: str, most: int = 1, now: datetime | None = None,
    kind: Kind | None = None,
) -> tuple[Delivery, ...]:  # fmt: skip
    """Take what is due for `worker`, oldest first. Nobody else gets it until the lease has run out.

    worker: a name of its own for every thread that sends, at most 64 characters. kind: only these; None for all.
    """
    due = and_(_is_due(time_text(now)), _is_of(kind))
    oldest = select(outbox.c.id).where(due).order_by(outbox.c.next_at, outbox.c.id).limit(most)
    # two statements: PostgreSQL may run a subquery again, and skip what it locked itself; SQLite lets one in at a time
    ids = connection.execute(oldest.with_for_update(skip_locked=True)).scalars().all()
    lease = {"leased_by": worker, "leased_until": time_after(now, settings.delivery_lease_seconds)}
    taken = connection.execute(update(outbox).where(outbox.c.id.in_(ids), due).values(lease).returning(outbox)).all()
    return tuple(sorted((_delivery(row) for row in taken), key=lambda item: (item.next_at, item.id)))


def mark_delivered(connection: Connection, delivery_id: int, worker: str, now: datetime | None = None) -> bool:
    """Say that it was sent. False when `worker` had lost its lease to another one."""
    values = {"delivered_at": time_text(now), "leased_by": "", "leased_until": None, "last_error": ""}
    return connection.execute(update(outbox).where(*_held(delivery_id, worker)).values(values)).rowcount > 0


def mark_failed(
    connection: Connection, settings: Settings, delivery_id: int, worker: str, error: str, now: datetime | None = None
) -> bool:
    """Say that sending failed: it is tried again after a wait that doubles, or given up after the last attempt.

    False when `worker` had lost its lease to another one.
    """
    attempts = connection.execute(select(outbox.c.attempts).where(*_held(delivery_id, worker))).scalar()
    if attempts is None:
        return False
    attempts += 1
    values = {
        "attempts": attempts,
        "next_at": time_after(now, wait_seconds(attempts, settings)),
        "failed_at": time_text(now) if attempts >= settings.delivery_attempts else None,
        "leased_by": "",
        "leased_until": None,
        "last_error": " ".join(error.split())[:_MOST_ERROR],
    }
    return connection.execute(update(outbox).where(*_held(delivery_id, worker)).values(values)).rowcount > 0


def drop_delivery(connection: Connection, delivery_id: int, worker: str) -> bool:
    """Take back what need not be sent any more. False when `worker` had lost its lease to another one."""
    return connection.execute(delete(outbox).where(*_held(delivery_id, worker))).rowcount > 0


def release_deliveries(connection: Connection, worker: str) -> int:
    """Give back what `worker` took and did not send, for a process that ends. Returns how many."""
    values = {"leased_by": "", "leased_until": None}
    its = outbox.c.leased_by == worker, outbox.c.delivered_at.is_(None)
    return connection.execute(update(outbox).where(*its).values(values)).rowcount


def next_due_at(connection: Connection, kind: Kind | None = None) -> str:
    """When something is due next, as time; empty when nothing waits. kind: only these; None for all."""
    free_at = case((outbox.c.leased_until > outbox.c.next_at, outbox.c.leased_until), else_=outbox.c.next_at)
    return connection.execute(select(func.min(free_at)).where(_waits(), _is_of(kind))).scalar() or ""


def heed_clock(connection: Connection, settings: Settings, now: datetime | None = None) -> int:
    """Bring forward what waits longer than it may, which means that the clock was set back since. Returns how many.

    Without that, what was to be sent at once would wait as long as the clock was ahead.
    """
    at, lease_end = time_text(now), time_after(now, settings.delivery_lease_seconds)
    later = select(outbox.c.id, outbox.c.event, outbox.c.attempts, outbox.c.next_at).where(_waits(), outbox.c.next_at > at)
    changed = 0
    for row in connection.execute(later).all():
        first = settings.webhook_question_seconds if row.event == "question.unanswered" else 0
        latest = time_after(now, wait_seconds(row.attempts, settings) if row.attempts else first)
        if row.next_at > latest:
            its = outbox.c.id == row.id, outbox.c.next_at == row.next_at
            changed += connection.execute(update(outbox).where(*its).values(next_at=latest)).rowcount
    held = update(outbox).where(_waits(), outbox.c.leased_until > lease_end).values(leased_until=lease_end)
    return changed + connection.execute(held).rowcount


def waits_past(connection: Connection, at: str) -> bool:
    """Whether something is not due, or taken, until after a time."""
    later = or_(outbox.c.next_at > at, outbox.c.leased_until > at)
    return connection.execute(select(outbox.c.id).where(_waits(), later).limit(1)).first() is not None


def count_waiting(connection: Connection) -> int:
    """How many deliveries are neither delivered nor given up."""
    return int(connection.execute(select(func.count()).select_from(outbox).where(_waits())).scalar_one())


def oldest_waiting_at(connection: Connection) -> str:
    """When the oldest delivery that is neither delivered nor given up was written; empty when nothing waits."""
    return connection.execute(select(func.min(outbox.c.created_at)).where(_waits())).scalar() or ""


def count_given_up(connection: Connection) -> int:
    """How many deliveries were given up."""
    its = select(func.count()).select_from(outbox).where(outbox.c.failed_at.is_not(None))
    return int(connection.execute(its).scalar_one())


def list_given_up(connection: Connection, number: int = 1, size: int = 50) -> Page[Delivery]:
    """A page of what was given up, newest first."""
    total = count_given_up(connection)
    number = page_in_range(number, total, size)
    its = select(outbox).where(outbox.c.failed_at.is_not(None)).order_by(outbox.c.failed_at.desc(), outbox.c.id.desc())
    rows = connection.execute(its.limit(size).offset((number - 1) * size))
    return Page(tuple(_delivery(row) for row in rows), total, number, size)


def retry_given_up(connection: Connection, now: datetime | None = None, delivery_id: int | None = None) -> int:
    """Make what was given up due again, from the first attempt. Returns how many. delivery_id: only this one."""
    its = outbox.c.failed_at.is_not(None), true() if delivery_id is None else outbox.c.id == delivery_id
    values = {"failed_at": None, "attempts": 0, "next_at": time_text(now)}
    return connection.execute(update(outbox).where(*its).values(values)).rowcount


def load_delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    """One delivery; None if there is none of this id."""
    row = connection.execute(select(outbox).where(outbox.c.id == delivery_id)).one_or_none()
    return _delivery(row) if row else None


def wait_seconds(attempts: int, settings: Settings) -> int:
    """Seconds to wait after this many failed attempts: doubled with each, up to the most."""
    doublings = min(attempts - 1, 30)
    return min(settings.delivery_wait_seconds << doublings, settings.delivery_most_wait_seconds)


def _waits() -> ColumnElement[bool]:
    return and_(outbox.c.delivered_at.is_(None), outbox.c.failed_at.is_(None))


def _is_of(kind: Kind | None) -> ColumnElement[bool]:
    return outbox.c.kind == kind if kind else true()


def _is_due(at: str) -> ColumnElement[bool]:
    return and_(_waits(), outbox.c.next_at <= at, or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= at))


def _held(delivery_id: int, worker: str) -> tuple[ColumnElement[bool], ...]:
    return outbox.c.id == delivery_id, outbox.c.leased_by == worker, _waits()


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        row.id, row.kind, row.event, json.loads(row.payload), row.created_at, row.attempts, row.next_at,
        row.delivered_at or "", row.failed_at or "", row.last_error,
    )  # fmt: skip

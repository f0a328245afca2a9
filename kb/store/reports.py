"""Problem reports: created once however often the form is sent, read by private link or by the support team."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from kb.errors import StorageError
from kb.store.paging import Page, holds_words, in_period, page_in_range
from kb.store.schema import attachments, reports
from kb.store.times import time_text
from kb.store.upsert import insert_or_ignore

Status = Literal["open", "handled"]
_MOST_TRIES = 5  # for a reference that nobody has yet


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that came with a report."""

    name: str
    text: str
    size: int = 0  # bytes, as it was sent


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody sent, checked, without secrets."""

    idempotency_key: str  # of the form, so that sending it twice makes one report
    fields: Mapping[str, str]  # by id of the template's field
    question: str = ""
    tried: tuple[str, ...] = ()  # one line each
    log: str = ""
    attachments: tuple[Attachment, ...] = ()
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it is kept."""

    reference: str  # such as R-7K3M-92QX
    token: str  # of the sender's private link
    created_at: str
    status: Status
    handled_by: str  # empty while open
    handled_at: str  # empty while open
    entry_id: str  # the entry the support team linked; empty for none
    conversation_id: str
    question: str
    tried: tuple[str, ...]
    log: str
    fields: Mapping[str, str]
    attachments: tuple[Attachment, ...] = field(default=())  # without their text in lists


@dataclass(frozen=True, slots=True)
class Created:
    """The report that is there after sending, and whether this sending made it."""

    report: StoredReport
    is_new: bool


def create_report(
    connection: Connection, new: NewReport, make_reference: Callable[[], str], now: datetime | None = None
) -> Created:
    """Keep a report; when one with the same idempotency key is there, that one comes back unchanged.

    make_reference is called again when the reference it gave is taken. Raises StorageError if it always is.
    """
    values = {
        "token": secrets.token_urlsafe(16), "idempotency_key": new.idempotency_key,
        "conversation_id": new.conversation_id, "created_at": time_text(now), "status": "open",
        "question": new.question, "tried": _json(list(new.tried)), "log": new.log, "fields": _json(dict(new.fields)),
    }  # fmt: skip
    for _ in range(_MOST_TRIES):
        reference = make_reference()
        row = values | {"reference": reference, "folded": _folded(reference, new)}
        is_new = insert_or_ignore(connection, reports, row)
        found = connection.execute(
            select(reports).where(reports.c.idempotency_key == new.idempotency_key)
        ).one_or_none()
        if found:
            if is_new:
                _add_attachments(connection, found.id, new.attachments)
            return Created(_report(connection, found), is_new)
    raise StorageError("no free reference number was found for the report; send it again")


def load_by_token(connection: Connection, token: str) -> StoredReport | None:
    """The report of a private link; None if there is none."""
    row = connection.execute(select(reports).where(reports.c.token == token)).one_or_none()
    return _report(connection, row) if row else None


def load_by_key(connection: Connection, idempotency_key: str) -> StoredReport | None:
    """The report that sending the form with this key made; None if it was not sent."""
    row = connection.execute(select(reports).where(reports.c.idempotency_key == idempotency_key)).one_or_none()
    return _report(connection, row) if row else None


def load_report(connection: Connection, reference: str) -> StoredReport | None:
    """The report of a reference number, in any case; None if there is none."""
    row = connection.execute(select(reports).where(reports.c.reference == reference.strip().upper())).one_or_none()
    return _report(connection, row) if row else None


def list_reports(
    connection: Connection, *, status: Status | Literal[""] = "", words: str = "", since: str = "", until: str = "",
    number: int = 1, size: int = 50,
) -> Page[StoredReport]:  # fmt: skip
    """A page of the reports, newest first, without the texts of attachments.

    status: only these. words: all must occur somewhere in the report. since, until: as in `paging.in_period`.
    """
    its = _matching(status, words, since, until)
    total = connection.execute(select(func.count()).select_from(reports).where(its)).scalar_one()
    number = page_in_range(number, total, size)
    newest = select(reports).where(its).order_by(reports.c.created_at.desc(), reports.c.id.desc())
    rows = connection.execute(newest.limit(size).offset((number - 1) * size)).all()
    names: dict[int, list[Attachment]] = {row.id: [] for row in rows}
    sent = select(attachments.c.report_id, attachments.c.name, attachments.c.size).order_by(attachments.c.id)
    for item in connection.execute(sent.where(attachments.c.report_id.in_(names))):
        names[item.report_id].append(Attachment(item.name, "", item.size))
    return Page(tuple(_from_row(row, tuple(names[row.id])) for row in rows), total, number, size)


def count_reports(connection: Connection, since: str = "", until: str = "") -> dict[str, int]:
    """How many reports were sent, by day (UTC), oldest first."""
    day = func.substr(reports.c.created_at, 1, 10)
    its = select(day, func.count()).where(in_period(reports.c.created_at, since, until)).group_by(day).order_by(day)
    return dict(connection.execute(its).all())


def conversations_reported(connection: Connection, since: str = "", until: str = "") -> frozenset[str]:
    """Ids of the conversations that ended in a report in a period."""
    its = select(reports.c.conversation_id).where(
        in_period(reports.c.created_at, since, until), reports.c.conversation_id != ""
    )
    return frozenset(connection.execute(its).scalars())


def handle_report(
    connection: Connection, reference: str, name: str, now: datetime | None = None
) -> StoredReport | None:
    """Mark a report as handled by `name`. What comes back says who handled it: whoever was first. None: no such report."""
    values = {"status": "handled", "handled_by": name, "handled_at": time_text(now)}
    connection.execute(
        update(reports).where(reports.c.reference == reference, reports.c.status == "open").values(values)
    )
    return load_report(connection, reference)


def reopen_report(connection: Connection, reference: str) -> StoredReport | None:
    """Undo that. None: no such report."""
    values = {"status": "open", "handled_by": "", "handled_at": None}
    connection.execute(update(reports).where(reports.c.reference == reference).values(values))
    return load_report(connection, reference)


def link_report(connection: Connection, reference: str, entry_id: str) -> StoredReport | None:
    """Say which entry answers a report; an empty id takes that back. None: no such report."""
    connection.execute(update(reports).where(reports.c.reference == reference).values(entry_id=entry_id))
    return load_report(connection, reference)


def _matching(status: str, words: str, since: str, until: str) -> ColumnElement[bool]:
    wanted = and_(in_period(reports.c.created_at, since, until), holds_words(reports.c.folded, words))
    return and_(wanted, reports.c.status == status) if status else wanted


def _add_attachments(connection: Connection, report_id: int, sent: tuple[Attachment, ...]) -> None:
    if sent:
        rows = [{"report_id": report_id, "name": item.name, "text": item.text, "size": item.size} for item in sent]
        connection.execute(insert(attachments), rows)


def _report(connection: Connection, row: Row[tuple[object, ...]]) -> StoredReport:
    its = select(attachments).where(attachments.c.report_id == row.id).order_by(attachments.c.id)
    return _from_row(row, tuple(Attachment(item.name, item.text, item.size) for item in connection.execute(its)))


def _from_row(row: Row[tuple[object, ...]], sent: tuple[Attachment, ...]) -> StoredReport:
    return StoredReport(
        reference=row.reference, token=row.token, created_at=row.created_at, status=row.status,
        handled_by=row.handled_by, handled_at=row.handled_at or "", entry_id=row.entry_id,
        conversation_id=row.conversation_id, question=row.question, tried=tuple(json.loads(row.tried)), log=row.log,
        fields=json.loads(row.fields), attachments=sent,
    )  # fmt: skip


def _folded(reference: str, new: NewReport) -> str:
    names = [item.name for item in new.attachments]
    return "\n".join([reference, new.question, *new.tried, new.log, *new.fields.values(), *names]).casefold()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

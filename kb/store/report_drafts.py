"""Reports between filling in and sending: kept for a day under an unguessable id, so that nothing is typed twice.

Only what was checked is kept here: no field or file in which a secret was found.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from kb.conversation import Verdict
from kb.store.reports import Attachment
from kb.store.schema import report_drafts
from kb.store.times import time_before, time_text

KEEP_HOURS = 24


@dataclass(frozen=True, slots=True)
class Solved:
    """That an entry spared the report, with what it takes to take that back."""

    entry_id: str
    number: int  # of the count, see add_solved_by_similar
    verdict_before: Verdict | None = None  # on the entry, in the conversation that led to the report


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report that is not sent yet."""

    id: str  # also the idempotency key it is sent with
    filled: Mapping[str, str]  # by field of the form
    attachments: tuple[Attachment, ...] = ()
    conversation_id: str = ""
    solved: Solved | None = None  # never stored by save_draft


def save_draft(connection: Connection, draft: ReportDraft, now: datetime | None = None) -> str:
    """Keep a draft and return its id: the one it came with if a draft of that id is there, else a new one.

    Whether an entry spared the report is not changed by that.

    Drafts whose time is over are deleted on the way.
    """
    connection.execute(delete(report_drafts).where(report_drafts.c.updated_at < time_before(now, hours=KEEP_HOURS)))
    values = {
        "updated_at": time_text(now),
        "conversation_id": draft.conversation_id,
        "filled": json.dumps(dict(draft.filled), ensure_ascii=False),
        "attachments": json.dumps([asdict(item) for item in draft.attachments], ensure_ascii=False),
    }
    is_there = report_drafts.c.id == draft.id
    if draft.id and connection.execute(update(report_drafts).where(is_there).values(values)).rowcount:
        return draft.id
    draft_id = secrets.token_urlsafe(16)
    connection.execute(insert(report_drafts).values(id=draft_id, **values))
    return draft_id


def load_draft(connection: Connection, draft_id: str, now: datetime | None = None) -> ReportDraft | None:
    """A draft; None when there is none of this id, it was sent, or its time is over."""
    its = report_drafts.c.id == draft_id, report_drafts.c.updated_at >= time_before(now, hours=KEEP_HOURS)
    row = connection.execute(select(report_drafts).where(*its)).one_or_none()
    if row is None:
        return None
    files = tuple(Attachment(**item) for item in json.loads(row.attachments))
    return ReportDraft(row.id, json.loads(row.filled), files, row.conversation_id, _solved(row.solved))


def lock_draft(connection: Connection, draft_id: str, now: datetime | None = None) -> ReportDraft | None:
    """A draft as in `load_draft`, which no other transaction changes before this one ends."""
    connection.execute(update(report_drafts).where(report_drafts.c.id == draft_id).values(id=draft_id))
    return load_draft(connection, draft_id, now)


def set_solved(connection: Connection, draft_id: str, solved: Solved | None) -> None:
    """Keep with a draft that an entry spared the report; None: none did."""
    text = json.dumps(asdict(solved), ensure_ascii=False) if solved else ""
    connection.execute(update(report_drafts).where(report_drafts.c.id == draft_id).values(solved=text))


def _solved(text: str) -> Solved | None:
    if not text:
        return None
    values = json.loads(text)
    before = values.pop("verdict_before")
    return Solved(**values, verdict_before=Verdict(**before) if before else None)


def delete_draft(connection: Connection, draft_id: str) -> None:
    """Forget a draft, once it was sent."""
    connection.execute(delete(report_drafts).where(report_drafts.c.id == draft_id))

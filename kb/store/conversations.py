"""Conversations: starting them, adding turns, what was removed from "What you have tried", loading, expiry."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from kb.conversation import Conversation, ConversationTurn
from kb.store.paging import in_period
from kb.store.schema import conversations, questions, removed_items, turns, verdicts
from kb.store.sent_forms import once
from kb.store.times import time_before, time_text
from kb.store.upsert import insert_or_ignore
from kb.store.verdicts import verdict_from_row

_TURN = tuple(column for column in turns.columns if column.name != "conversation_id")
_SAME = ("question", "log", "exact", "section", "standalone")


def create_conversation(connection: Connection, now: datetime | None = None) -> str:
    """The unguessable id of a new conversation without turns."""
    conversation_id = secrets.token_urlsafe(16)
    at = time_text(now)
    connection.execute(insert(conversations).values(id=conversation_id, started_at=at, updated_at=at))
    return conversation_id


def start_conversation(connection: Connection, form_key: str, now: datetime | None = None) -> str:
    """The id of a new conversation, or of the one that the same form started a moment ago.

    The latter only while no more was said in it than one form says: a question, a verdict.
    """

    def make() -> str:
        return create_conversation(connection, now)

    def is_good(conversation_id: str) -> bool:
        return _holds_one_form(connection, conversation_id)

    return once(connection, form_key, make, is_good, now)


def _holds_one_form(connection: Connection, conversation_id: str) -> bool:
    is_there = select(func.count()).where(conversations.c.id == conversation_id, conversations.c.expired_at.is_(None))
    its = (select(func.count()).where(table.c.conversation_id == conversation_id) for table in (turns, verdicts))
    return bool(connection.execute(is_there).scalar_one()) and all(
        connection.execute(count).scalar_one() <= 1 for count in its
    )


def load_conversation(
    connection: Connection, conversation_id: str, keep_days: int, now: datetime | None = None
) -> Conversation | None:
    """A conversation with its turns, verdicts and removed keys; None if there is none of this id.

    One that nobody touched for `keep_days` comes back expired and empty, whether or not it was cleared meanwhile.
    """
    row = connection.execute(select(conversations).where(conversations.c.id == conversation_id)).one_or_none()
    if row is None:
        return None
    found = Conversation(row.id, row.started_at, row.updated_at)
    if row.expired_at is not None or row.updated_at < time_before(now, days=keep_days):
        return replace(found, is_expired=True)
    its_turns = select(*_TURN).where(turns.c.conversation_id == conversation_id).order_by(turns.c.number)
    its_verdicts = (
        select(verdicts).where(verdicts.c.conversation_id == conversation_id).order_by(verdicts.c.at, verdicts.c.id)
    )
    its_removed = select(removed_items.c.key).where(removed_items.c.conversation_id == conversation_id)
    return replace(
        found,
        turns=tuple(ConversationTurn(**turn._mapping) for turn in connection.execute(its_turns)),
        verdicts=tuple(verdict_from_row(verdict) for verdict in connection.execute(its_verdicts)),
        removed=frozenset(connection.execute(its_removed).scalars()),
    )


def add_turn(
    connection: Connection,
    conversation_id: str,
    turn: ConversationTurn,
    after: int | None = None,
    now: datetime | None = None,
) -> ConversationTurn | None:
    """The turn as it was added: with the next number, and the time; None for a conversation that is not there.

    `turn` may come with any number and time. after: number of turns the person saw when they asked. If the turn that
    followed those asks the very same, it is returned and nothing is added: the form was sent twice.
    """
    at = time_text(now)
    if not _touch(connection, conversation_id, at):
        return None
    its_turns = select(*_TURN).where(turns.c.conversation_id == conversation_id)
    if after is not None:
        row = connection.execute(its_turns.where(turns.c.number == after + 1)).one_or_none()
        there = ConversationTurn(**row._mapping) if row else None
        if there and all(getattr(there, name) == getattr(turn, name) for name in _SAME):
            return there
    last = connection.execute(
        select(func.max(turns.c.number)).where(turns.c.conversation_id == conversation_id)
    ).scalar()
    added = replace(turn, number=(last or 0) + 1, asked_at=at)
    connection.execute(insert(turns).values(conversation_id=conversation_id, **asdict(added)))
    return added


def replace_turn(
    connection: Connection, conversation_id: str, turn: ConversationTurn, now: datetime | None = None
) -> bool:
    """Put `turn` in the place of the one with its number. False when it is not there."""
    if not _touch(connection, conversation_id, time_text(now)):
        return False
    its = turns.c.conversation_id == conversation_id, turns.c.number == turn.number
    return connection.execute(update(turns).where(*its).values(asdict(turn))).rowcount > 0


def remove_item(connection: Connection, conversation_id: str, key: str, now: datetime | None = None) -> bool:
    """Take an item (key as in TriedItem) out of what was tried. False for a conversation that is not there."""
    if not _touch(connection, conversation_id, time_text(now)):
        return False
    insert_or_ignore(connection, removed_items, {"conversation_id": conversation_id, "key": key})
    return True


def restore_item(connection: Connection, conversation_id: str, key: str, now: datetime | None = None) -> bool:
    """Put a removed item back. False for a conversation that is not there."""
    if not _touch(connection, conversation_id, time_text(now)):
        return False
    connection.execute(
        delete(removed_items).where(removed_items.c.conversation_id == conversation_id, removed_items.c.key == key)
    )
    return True


def clear_conversation(connection: Connection, conversation_id: str) -> bool:
    """Delete a conversation and everything said in it, for the person who clears it. Whether it was there.

    Questions asked in it stay in the log of questions, without a conversation.
    """
    return connection.execute(delete(conversations).where(conversations.c.id == conversation_id)).rowcount > 0


def expire_conversations(connection: Connection, keep_days: int, now: datetime | None = None) -> int:
    """Clear the conversations that nobody touched for `keep_days`. Returns how many.

    What is left of one is that it existed, and its verdicts without notes, for the figures.
    """
    old = (conversations.c.updated_at < time_before(now, days=keep_days)) & conversations.c.expired_at.is_(None)
    ids = select(conversations.c.id).where(old).scalar_subquery()
    connection.execute(delete(turns).where(turns.c.conversation_id.in_(ids)))
    connection.execute(delete(removed_items).where(removed_items.c.conversation_id.in_(ids)))
    connection.execute(update(verdicts).where(verdicts.c.conversation_id.in_(ids)).values(note=""))
    connection.execute(update(questions).where(questions.c.conversation_id.in_(ids)).values(conversation_id=None))
    return connection.execute(update(conversations).where(old).values(expired_at=time_text(now))).rowcount


def count_conversations(connection: Connection, since: str = "", until: str = "") -> int:
    """How many conversations were started in a period, those that were cleared included."""
    its = select(func.count()).select_from(conversations).where(in_period(conversations.c.started_at, since, until))
    return int(connection.execute(its).scalar_one())


def _touch(connection: Connection, conversation_id: str, at: str) -> bool:
    """Note that a conversation was used. False when it is not there or was cleared."""
    row = conversations.c.id == conversation_id, conversations.c.expired_at.is_(None)
    return connection.execute(update(conversations).where(*row).values(updated_at=at)).rowcount > 0

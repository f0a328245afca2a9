"""The tables. A change here needs a migration; `test_store_database.py` says so when one is missing."""

from __future__ import annotations

import re

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

VERSION = "0004"  # of the newest migration

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class CleanString(TypeDecorator[str]):
    """Text of which no database refuses a character: NUL and halves of characters become U+FFFD."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _NOT_STORABLE.sub("\ufffd", value)


class CleanText(CleanString):
    """The same for text of any length."""

    impl = Text
    cache_ok = True


def _time(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, String(32), nullable=optional)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, CleanText, nullable=False, default=default, server_default=default)


conversations = Table(
    "conversations",
    metadata,
    Column("id", CleanString(32), primary_key=True),
    _time("started_at"),
    _time("updated_at"),
    _time("expired_at", optional=True),  # cleared then
    Index(None, "updated_at"),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("question"),
    _text("log"),
    Column("exact", Boolean, nullable=False),
    _text("section"),
    _text("level"),
    _text("entry_id"),
    _text("carried"),
    Column("standalone", Boolean, nullable=False),
    _time("asked_at"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("kind", CleanString(16), nullable=False),
    _text("target", None),
    Column("verdict", CleanString(16), nullable=False),
    _text("reason"),
    _text("note"),
    _time("at"),
    UniqueConstraint("conversation_id", "kind", "target"),
    Index(None, "at"),
)

removed_items = Table(
    "removed_items",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("key", CleanText, primary_key=True),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    _time("asked_at"),
    _text("text"),
    _text("folded"),  # the text as it is searched: without case
    Column("log_lines", Integer, nullable=False, server_default="0"),
    Column("source", CleanString(16), nullable=False),
    Column("level", CleanString(16), nullable=False),
    _text("entry_id"),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="SET NULL"), nullable=True),
    Index(None, "asked_at"),
    Index(None, "level", "asked_at"),
    Index(None, "conversation_id"),
)

handled_questions = Table(
    "handled_questions",
    metadata,
    Column("key", CleanText, primary_key=True),  # of a group of questions
    _text("handled_by"),
    _time("at"),
    _text("entry_id"),
)

solved_by_similar = Table(
    "solved_by_similar",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("entry_id", None),
    _time("at"),
    Index(None, "at"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", CleanString(32), nullable=False, unique=True),
    Column("token", CleanString(64), nullable=False, unique=True),  # of the sender's private link
    Column("idempotency_key", CleanString(200), nullable=False, unique=True),
    Column("conversation_id", CleanString(32), nullable=False, server_default=""),  # outlives the conversation
    _time("created_at"),
    Column("status", CleanString(16), nullable=False),
    _text("handled_by"),
    _time("handled_at", optional=True),
    _text("entry_id"),  # linked by the support team
    _text("question"),
    _text("tried"),  # JSON list of lines
    _text("log"),
    _text("fields"),  # JSON object
    _text("folded"),  # everything a search looks at, without case
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report_id", ForeignKey("reports.id", ondelete="CASCADE"), nullable=False),
    _text("name", None),
    Column("size", Integer, nullable=False),  # bytes, as it was sent
    _text("text"),
    Index(None, "report_id"),
)

report_drafts = Table(
    "report_drafts",
    metadata,
    Column("id", CleanString(32), primary_key=True),
    _time("updated_at"),
    Column("conversation_id", CleanString(32), nullable=False, server_default=""),
    _text("filled", None),  # JSON object: the form's fields, without secrets
    _text("attachments", "[]"),  # JSON list
    _text("solved"),  # JSON object: what counted that an entry spared the report; empty when none did
    Index(None, "updated_at"),
)

sent_forms = Table(
    "sent_forms",
    metadata,
    Column("key", CleanString(64), primary_key=True),  # a hash of who sent what
    Column("result", CleanString(32), nullable=False),  # the id of what it made
    _time("at"),
    Index(None, "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", CleanString(16), nullable=False),
    Column("event", CleanString(64), nullable=False),
    _text("payload", None),  # JSON object
    _time("created_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _time("next_at"),
    Column("leased_by", CleanString(64), nullable=False, server_default=""),
    _time("leased_until", optional=True),
    _time("delivered_at", optional=True),
    _time("failed_at", optional=True),  # given up then
    _text("last_error"),
    Index(None, "delivered_at", "failed_at", "next_at"),
    sqlite_autoincrement=True,  # receivers tell deliveries apart by their id, so none is used twice
)

staff = Table(
    "staff",
    metadata,
    Column("key", CleanString(64), primary_key=True),  # the name without case
    Column("name", CleanString(64), nullable=False),
    _text("password_hash", None),
    _time("created_at"),
    _time("disabled_at", optional=True),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", CleanString(64), primary_key=True),
    Column("staff_key", ForeignKey("staff.key", ondelete="CASCADE"), nullable=False),
    _time("created_at"),
    _time("last_seen_at"),
    Index(None, "staff_key"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name_hash", CleanString(64), nullable=False),  # empty once the password of the name was given
    Column("client_hash", CleanString(64), nullable=False, server_default=""),  # empty when nobody knows
    _time("at"),
    Index(None, "name_hash", "at"),
    Index(None, "client_hash", "at"),
)

login_keys = Table(  # what those hashes are made with
    "login_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", CleanString(64), nullable=False),
    _time("made_at"),
)

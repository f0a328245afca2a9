"""Accounts of the support team and their logins. What a password is worth is the matter of staff_login.py."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from kb.errors import InputError
from kb.settings import Settings
from kb.store.schema import staff, staff_sessions
from kb.store.times import time_before, time_text

LONGEST_NAME = 64
_SEEN_EVERY_SECONDS = 60  # a login is not written to at every request


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of the support team."""

    name: str
    created_at: str
    disabled_at: str = ""  # empty while the account can be used

    @property
    def is_disabled(self) -> bool:
        return bool(self.disabled_at)


def add_account(connection: Connection, name: str, password_hash: str, now: datetime | None = None) -> Account:
    """A new account, or a disabled one that can be used again, with this password.

    Raises InputError for a name that cannot be used or is in use.
    """
    name = check_name(name)
    found = load_account(connection, name)
    if found and not found.is_disabled:
        raise InputError(f"there is an account {found.name} already; disable it first to give it a new password")
    if found:
        connection.execute(
            update(staff).where(staff.c.key == name_key(name)).values(password_hash=password_hash, disabled_at=None)
        )
        return Account(found.name, found.created_at)
    account = Account(name, time_text(now))
    connection.execute(
        insert(staff).values(key=name_key(name), name=name, password_hash=password_hash, created_at=account.created_at)
    )
    return account


def disable_account(connection: Connection, name: str, now: datetime | None = None) -> Account:
    """Disable an account and end its logins. Raises InputError if there is none of this name."""
    found = load_account(connection, name)
    if not found:
        raise InputError(f"there is no account {name}; `python -m kb staff list` names them")
    if not found.is_disabled:
        connection.execute(update(staff).where(staff.c.key == name_key(name)).values(disabled_at=time_text(now)))
    connection.execute(delete(staff_sessions).where(staff_sessions.c.staff_key == name_key(name)))
    return found if found.is_disabled else Account(found.name, found.created_at, time_text(now))


def load_account(connection: Connection, name: str) -> Account | None:
    """The account of a name, in any case; None if there is none."""
    row = connection.execute(select(staff).where(staff.c.key == name_key(name))).one_or_none()
    return Account(row.name, row.created_at, row.disabled_at or "") if row else None


def list_accounts(connection: Connection) -> tuple[Account, ...]:
    """All accounts by name."""
    rows = connection.execute(select(staff).order_by(staff.c.key))
    return tuple(Account(row.name, row.created_at, row.disabled_at or "") for row in rows)


def password_hash_of(connection: Connection, name: str) -> str:
    """The stored hash of an account that can be used; empty for any other name."""
    its = select(staff.c.password_hash).where(staff.c.key == name_key(name), staff.c.disabled_at.is_(None))
    return connection.execute(its).scalar() or ""


def set_password_hash(connection: Connection, name: str, password_hash: str) -> None:
    """Give an account another hash of its password."""
    connection.execute(update(staff).where(staff.c.key == name_key(name)).values(password_hash=password_hash))


def open_session(connection: Connection, name: str, now: datetime | None = None) -> str:
    """The secret token of a new login, of which only a hash is kept; empty if the account cannot be used."""
    if not password_hash_of(connection, name):
        return ""
    token, at = secrets.token_urlsafe(32), time_text(now)
    values = {"token_hash": _hash(token), "staff_key": name_key(name), "created_at": at, "last_seen_at": at}
    connection.execute(insert(staff_sessions).values(values))
    return token


def find_session(connection: Connection, settings: Settings, token: str, now: datetime | None = None) -> Account | None:
    """Whose login a token is; None for an unknown, ended or expired one. It writes nothing."""
    if not token:
        return None
    its = (
        select(staff)
        .join_from(staff_sessions, staff)
        .where(
            staff_sessions.c.token_hash == _hash(token),
            staff_sessions.c.last_seen_at >= time_before(now, minutes=settings.staff_idle_minutes),
            staff_sessions.c.created_at >= time_before(now, hours=settings.staff_session_hours),
            staff.c.disabled_at.is_(None),
        )
    )
    row = connection.execute(its).one_or_none()
    return Account(row.name, row.created_at) if row else None


def needs_touch(connection: Connection, token: str, now: datetime | None = None) -> bool:
    """Whether `touch_session` would change anything, so that most requests need not write."""
    its = select(staff_sessions.c.last_seen_at).where(staff_sessions.c.token_hash == _hash(token))
    seen = connection.execute(its).scalar()
    return seen is not None and seen <= time_before(now, seconds=_SEEN_EVERY_SECONDS)


def touch_session(connection: Connection, token: str, now: datetime | None = None) -> None:
    """Note that a login was used."""
    its = staff_sessions.c.token_hash == _hash(token)
    connection.execute(update(staff_sessions).where(its).values(last_seen_at=time_text(now)))


def close_session(connection: Connection, token: str) -> bool:
    """End a login. Whether there was one."""
    return connection.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == _hash(token))).rowcount > 0


def check_name(name: str) -> str:
    """A name as it is kept. Raises InputError for one that cannot be used."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name_key(name)) > LONGEST_NAME or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"a name needs 1 to {LONGEST_NAME} visible characters")
    return name


def name_key(name: str) -> str:
    """What makes two names the same: neither case nor spaces do."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()

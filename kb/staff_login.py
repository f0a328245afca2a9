"""Logins of the support team: what a password must be, how it is kept, and how fast it can be guessed.

Failed logins are counted by name, whether or not there is such an account, so that nothing tells which names exist; and by
where they come from, so that trying one password on many names gets nowhere either. The count is raised before a password
is looked at and lowered when it was right: many logins at once get no further than one after the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from kb.errors import InputError
from kb.settings import Settings
from kb.store.database import Database
from kb.store.login_failures import (
    add_login_failure,
    clear_login_failures,
    hold_logins,
    list_client_failures,
    list_name_failures,
)
from kb.store.staff import (
    Account,
    add_account,
    close_session,
    find_session,
    load_account,
    needs_touch,
    open_session,
    password_hash_of,
    touch_session,
)
from kb.store.times import time_after

LEAST_PASSWORD = 10  # characters
MOST_PASSWORD = 1000
WRONG = "Name or password is wrong."


@dataclass(frozen=True, slots=True)
class Login:
    """What came of a login. `account` is None when it failed, and `problem` says why."""

    account: Account | None = None
    token: str = ""  # goes into the session cookie; only its hash is stored
    problem: str = ""
    wait_seconds: int = 0  # before this name, or whoever asks, can try again


def hash_password(password: str) -> str:
    """A password as it is stored: salted, by scrypt. Raises InputError for one that is too short or too long."""
    password = _same_on_every_keyboard(password)
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise InputError(f"a password needs {LEAST_PASSWORD} to {MOST_PASSWORD:,} characters")
    return generate_password_hash(password, method="scrypt")


def is_password(stored: str, password: str) -> bool:
    """Whether a password is the one that was stored. It takes as long when nothing was (an empty text)."""
    nobodys = _nobodys_hash()  # made at the first login of a process, whoever that is
    is_right = check_password_hash(stored or nobodys, _same_on_every_keyboard(password)[:MOST_PASSWORD])
    return is_right and bool(stored)


def add_staff(database: Database, name: str, password: str, now: datetime | None = None) -> Account:
    """Add an account, or enable a disabled one, with this password. Raises InputError, StorageError."""
    stored = hash_password(password)
    with database.begin() as connection:
        return add_account(connection, name, stored, now)


def log_in(
    database: Database, settings: Settings, name: str, password: str, now: datetime | None = None, client: str = ""
) -> Login:
    """Log in with a name, in any case, and a password. Raises StorageError.

    client: the address it comes from, which is counted and never stored; empty when nobody knows it.
    """
    moment = now or datetime.now(UTC)
    with database.begin() as connection:
        hold_logins(connection)
        wait = max(
            wait_seconds(list_name_failures(connection, name, moment), settings.login_attempts, settings, moment),
            wait_seconds(list_client_failures(connection, client, moment), settings.login_attempts_per_client, settings, moment),
        )  # fmt: skip
        if wait:
            return Login(problem=_wait_sentence(wait), wait_seconds=wait)
        add_login_failure(connection, name, client, moment)
        stored = password_hash_of(connection, name)
    if not is_password(stored, password):  # slow on purpose, so outside the transaction
        return Login(problem=WRONG)
    with database.begin() as connection:
        token = open_session(connection, name, moment)  # empty if the account was disabled meanwhile
        account = load_account(connection, name)
        if token:
            clear_login_failures(connection, name, client)
    return Login(account, token) if token else Login(problem=WRONG)


def logged_in(database: Database, settings: Settings, token: str, now: datetime | None = None) -> Account | None:
    """Whose login a token is, None for an unknown, ended or expired one; notes that it was used. Raises StorageError."""
    with database.read() as connection:
        account = find_session(connection, settings, token, now)
        is_due = account is not None and needs_touch(connection, token, now)
    if is_due:
        with database.begin() as connection:
            touch_session(connection, token, now)
    return account


def log_out(database: Database, token: str) -> None:
    """End a login. Raises StorageError."""
    with database.begin() as connection:
        close_session(connection, token)


def wait_seconds(failures: Sequence[str], attempts: int, settings: Settings, now: datetime) -> int:
    """Seconds to wait after these failed logins (times, oldest first), of which `attempts` cost nothing.

    The wait is doubled with each further one, up to the most. Failures that lie ahead of the clock by more than that
    are from before it was set back, and count no longer.
    """
    latest = time_after(now, settings.login_most_wait_seconds)
    failures = [at for at in failures if at <= latest]
    surplus = len(failures) - attempts
    if surplus < 0:
        return 0
    wait = min(settings.login_wait_seconds << min(surplus, 30), settings.login_most_wait_seconds)
    left = datetime.fromisoformat(failures[-1]) + timedelta(seconds=wait) - now
    return min(wait, max(0, -int(-left.total_seconds() // 1)))


def _wait_sentence(seconds: int) -> str:
    number, unit = (seconds, "second") if seconds < 60 else (-(-seconds // 60), "minute")
    return f"Too many failed logins. Try again in {number} {unit}{'' if number == 1 else 's'}."


def _same_on_every_keyboard(password: str) -> str:
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()


@cache
def _nobodys_hash() -> str:
    return generate_password_hash("nobody has this password", method="scrypt")

"""Failed logins: how often a name, and whoever sits behind an address, failed lately.

Names and addresses are kept as hashes under a random key that lives in the database for two days at most. People type
passwords into the field for the name, and addresses of people are nobody's business: once a key is deleted, no hash made
with it can be tried out any more. Every process that serves counts in the same table.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, text, update

from kb.store.schema import login_failures, login_keys
from kb.store.staff import name_key
from kb.store.times import time_before, time_text

FAILURE_HOURS = 24  # a failed login is remembered; after as long a new key is made


def hold_logins(connection: Connection) -> None:
    """Make other logins wait until this transaction is over. On SQLite those that may write do so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE login_failures IN SHARE ROW EXCLUSIVE MODE"))


def add_login_failure(connection: Connection, name: str, client: str = "", now: datetime | None = None) -> int:
    """Note a failed login of a name, whether or not there is such an account, and forget old ones. Its id.

    client: the address it came from; empty when nobody knows it, and then it counts for the name alone.
    """
    forget_old_failures(connection, now)
    key = _newest_key(connection, now)
    values = {
        "name_hash": _hash(key, "name", name_key(name)),
        "client_hash": _hash(key, "client", client) if client else "",
        "at": time_text(now),
    }
    return int(connection.execute(insert(login_failures).values(values).returning(login_failures.c.id)).scalar_one())


def list_name_failures(connection: Connection, name: str, now: datetime | None = None) -> tuple[str, ...]:
    """Times of the failed logins of a name that are remembered, oldest first."""
    return _times(connection, "name", name_key(name), now)


def list_client_failures(connection: Connection, client: str, now: datetime | None = None) -> tuple[str, ...]:
    """Times of the failed logins from an address, whatever the name, oldest first; none for an empty address."""
    return _times(connection, "client", client, now) if client else ()


def clear_login_failures(connection: Connection, name: str, client: str = "") -> None:
    """Forget the failed logins of a name, because its password was right.

    Those from `client` were slips of the same person. Those from elsewhere were not, and go on counting for that place.
    """
    keys = _keys(connection)
    is_of_name = login_failures.c.name_hash.in_([_hash(key, "name", name_key(name)) for key in keys])
    places = ["", *(_hash(key, "client", client) for key in keys if client)]
    connection.execute(delete(login_failures).where(is_of_name, login_failures.c.client_hash.in_(places)))
    connection.execute(update(login_failures).where(is_of_name).values(name_hash=""))


def forget_old_failures(connection: Connection, now: datetime | None = None) -> int:
    """Delete failed logins that are no longer remembered, and the keys that no other was hashed with. Returns how many."""
    old = time_before(now, hours=FAILURE_HOURS)
    gone = connection.execute(delete(login_failures).where(login_failures.c.at < old)).rowcount
    connection.execute(delete(login_keys).where(login_keys.c.made_at < time_before(now, hours=2 * FAILURE_HOURS)))
    return gone


def _times(connection: Connection, kind: str, value: str, now: datetime | None) -> tuple[str, ...]:
    column = login_failures.c.name_hash if kind == "name" else login_failures.c.client_hash
    hashes = [_hash(key, kind, value) for key in _keys(connection)]
    its = (
        select(login_failures.c.at)
        .where(column.in_(hashes), login_failures.c.at >= time_before(now, hours=FAILURE_HOURS))
        .order_by(login_failures.c.at, login_failures.c.id)
    )
    return tuple(connection.execute(its).scalars())


def _keys(connection: Connection) -> tuple[str, ...]:
    return tuple(connection.execute(select(login_keys.c.key).order_by(login_keys.c.id)).scalars())


def _newest_key(connection: Connection, now: datetime | None) -> str:
    """The key that is used now: the newest, or a new one when that is a day old."""
    young = select(login_keys.c.key).where(login_keys.c.made_at >= time_before(now, hours=FAILURE_HOURS))
    found = connection.execute(young.order_by(login_keys.c.id.desc()).limit(1)).scalar()
    if found:
        return str(found)
    key = secrets.token_hex(32)
    connection.execute(insert(login_keys).values(key=key, made_at=time_text(now)))
    return key


def _hash(key: str, kind: str, value: str) -> str:
    return hmac.new(key.encode(), f"{kind}:{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

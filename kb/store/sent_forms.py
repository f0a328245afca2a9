"""Forms that were sent moments ago, so that a form that is sent twice leads to one thing.

A page that is the same for everybody can carry no token that tells two sendings from one sent twice. What can: the same
browser says the very same within seconds. Who asked is kept as a keyed hash, and for those seconds only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from kb.store.schema import sent_forms
from kb.store.times import time_before, time_text
from kb.store.upsert import insert_or_ignore

SAME_SECONDS = 5  # people press Enter twice within one; the rest is for a server that is slow to answer the first


def once(
    connection: Connection,
    key: str,
    make: Callable[[], str],
    is_good: Callable[[str], bool],
    now: datetime | None = None,
) -> str:
    """What `make` returns, an id; or what it returned when the form with this key was sent a moment ago.

    key: of the form, see `kb.guards.form_key`; an empty one is like no other. is_good: whether an earlier result can
    still be used. Of processes that do it at once, one makes and the others wait for it.
    """
    if not key:
        return make()
    forget_sent_forms(connection, now)
    values = {"key": key, "result": "", "at": time_text(now)}
    if not insert_or_ignore(connection, sent_forms, values):
        earlier = connection.execute(select(sent_forms.c.result).where(sent_forms.c.key == key)).scalar()
        if earlier and is_good(earlier):
            return str(earlier)
    made = make()
    connection.execute(update(sent_forms).where(sent_forms.c.key == key).values(result=made))
    return made


def forget_sent_forms(connection: Connection, now: datetime | None = None) -> int:
    """Delete those whose seconds are over. Returns how many."""
    old = sent_forms.c.at < time_before(now, seconds=SAME_SECONDS)
    return connection.execute(delete(sent_forms).where(old)).rowcount

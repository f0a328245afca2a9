"""Forms that were sent twice, in the database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from store_world import NOON, later

from kb.store.conversations import create_conversation
from kb.store.database import Database
from kb.store.sent_forms import SAME_SECONDS, forget_sent_forms, once


def test_the_same_form_leads_to_one_result_for_some_seconds(database: Database) -> None:
    made = iter(("one", "two", "three", "four", "five", "six"))
    good = {"one", "three"}

    def lead(key: str, seconds: float) -> str:
        with database.begin() as connection:
            return once(connection, key, lambda: next(made), lambda result: result in good, later(seconds=seconds))

    assert [lead("a", 0), lead("a", SAME_SECONDS)] == ["one", "one"]
    assert lead("b", 0) == "two"
    assert lead("b", 1) == "three"  # the earlier result cannot be used any more
    assert lead("b", 2) == "three"
    assert lead("a", SAME_SECONDS + 1) == "four"
    assert [lead("", 0), lead("", 0)] == ["five", "six"]  # like no other


def test_what_fails_can_be_sent_again(database: Database) -> None:
    def fail() -> str:
        raise ValueError("not made")

    for make in (fail, lambda: "made"):
        try:
            with database.begin() as connection:
                result = once(connection, "a", make, lambda _: True)
        except ValueError:
            continue
        assert result == "made"


def test_nothing_is_kept_longer(database: Database) -> None:
    with database.begin() as connection:
        once(connection, "a", lambda: "one", lambda _: True, NOON)
        assert forget_sent_forms(connection, later(seconds=SAME_SECONDS)) == 0
        assert forget_sent_forms(connection, later(seconds=SAME_SECONDS + 1)) == 1


def test_threads_that_send_at_once_make_one(database: Database) -> None:
    start = threading.Barrier(6)

    def send(_: int) -> str:
        start.wait()
        with database.begin() as connection:
            return once(connection, "a", lambda: create_conversation(connection), lambda _: True)

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(send, range(6)))) == 1
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar() == 1

"""The outbox: nothing is lost, nothing is sent by two, failures are tried again."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest
from store_world import NOON, MakeDatabase, later

from kb.settings import Settings
from kb.store.database import Database
from kb.store.outbox import (
    Delivery,
    add_delivery,
    claim_deliveries,
    count_given_up,
    count_waiting,
    drop_delivery,
    list_given_up,
    load_delivery,
    mark_delivered,
    mark_failed,
    next_due_at,
    oldest_waiting_at,
    release_deliveries,
    retry_given_up,
    wait_seconds,
)

ROOT = Path(__file__).parent.parent
SETTINGS = Settings(
    delivery_wait_seconds=10, delivery_most_wait_seconds=60, delivery_attempts=4, delivery_lease_seconds=100
)


def ids(found: tuple[Delivery, ...]) -> list[int]:
    return [item.id for item in found]


def test_a_delivery_is_due_at_once_and_delivered_once(database: Database) -> None:
    with database.begin() as connection:
        delivery_id = add_delivery(connection, "mail", "report.created", {"to": "ü", "n": [1]}, NOON)
        assert next_due_at(connection) == "2026-11-24T12:00:00+00:00"
        taken = claim_deliveries(connection, SETTINGS, "a", now=NOON)
        at = "2026-11-24T12:00:00+00:00"
        assert taken == (Delivery(delivery_id, "mail", "report.created", {"to": "ü", "n": [1]}, at, 0, at, "", "", ""),)
        assert count_waiting(connection) == 1
        assert mark_delivered(connection, delivery_id, "a", later(seconds=1))
        assert not mark_delivered(connection, delivery_id, "a")
        assert not mark_failed(connection, SETTINGS, delivery_id, "a", "too late")
        found = load_delivery(connection, delivery_id)
        assert found and found.delivered_at == "2026-11-24T12:00:01+00:00" and found.attempts == 0
        assert (count_waiting(connection), next_due_at(connection)) == (0, "")
        assert claim_deliveries(connection, SETTINGS, "a", now=later(days=1)) == ()
        assert load_delivery(connection, delivery_id + 1) is None


def test_a_delivery_may_wait_and_be_taken_back(database: Database) -> None:
    with database.begin() as connection:
        waiting = add_delivery(connection, "webhook", "x", {}, NOON, 60)
        assert next_due_at(connection) == "2026-11-24T12:01:00+00:00"
        assert claim_deliveries(connection, SETTINGS, "a", now=later(seconds=59)) == ()
        assert ids(claim_deliveries(connection, SETTINGS, "a", now=later(seconds=60))) == [waiting]
        assert not drop_delivery(connection, waiting, "b")
        assert drop_delivery(connection, waiting, "a") and load_delivery(connection, waiting) is None
        assert not drop_delivery(connection, waiting, "a") and count_waiting(connection) == 0
        assert add_delivery(connection, "webhook", "x", {}, NOON) == waiting + 1  # receivers have seen no other of this id


def test_what_is_taken_is_nobody_elses_until_the_lease_is_over(database: Database) -> None:
    with database.begin() as connection:
        first, second, third = (add_delivery(connection, "webhook", "x", {}, NOON) for _ in range(3))
        assert ids(claim_deliveries(connection, SETTINGS, "a", 2, NOON)) == [first, second]
        assert ids(claim_deliveries(connection, SETTINGS, "b", 9, NOON)) == [third]
        assert ids(claim_deliveries(connection, SETTINGS, "a", 9, later(seconds=99))) == []
        assert next_due_at(connection) == "2026-11-24T12:01:40+00:00"
        assert ids(claim_deliveries(connection, SETTINGS, "b", 1, later(seconds=100))) == [first]
        assert not mark_delivered(connection, first, "a")  # it took too long, and b has it now
        assert not mark_failed(connection, SETTINGS, first, "a", "too long")
        assert mark_delivered(connection, first, "b")
        assert not mark_delivered(connection, third + 1, "b")


def test_the_oldest_comes_first_and_nothing_before_its_time(database: Database) -> None:
    with database.begin() as connection:
        late = add_delivery(connection, "mail", "x", {}, later(seconds=60))
        early = add_delivery(connection, "mail", "x", {}, NOON)
        assert ids(claim_deliveries(connection, SETTINGS, "a", 9, later(seconds=-1))) == []
        assert ids(claim_deliveries(connection, SETTINGS, "a", 9, later(seconds=60))) == [early, late]


def test_deliveries_of_one_kind_are_taken_alone(database: Database) -> None:
    with database.begin() as connection:
        mail = add_delivery(connection, "mail", "x", {}, NOON)
        webhook = add_delivery(connection, "webhook", "x", {}, later(seconds=5))
        assert next_due_at(connection) == next_due_at(connection, "mail") < next_due_at(connection, "webhook")
        assert ids(claim_deliveries(connection, SETTINGS, "a", 5, later(seconds=9), "webhook")) == [webhook]
        assert claim_deliveries(connection, SETTINGS, "a", 5, later(seconds=9), "webhook") == ()
        assert ids(claim_deliveries(connection, SETTINGS, "b", 5, later(seconds=9), "mail")) == [mail]


def test_a_failed_delivery_waits_longer_every_time_and_is_given_up(database: Database) -> None:
    now = NOON
    with database.begin() as connection:
        delivery_id = add_delivery(connection, "mail", "x", {}, now)
        for attempt, wait in enumerate((10, 20, 40), 1):
            assert ids(claim_deliveries(connection, SETTINGS, "a", now=now)) == [delivery_id]
            assert mark_failed(connection, SETTINGS, delivery_id, "a", f"refused\n  {attempt}", now)
            found = load_delivery(connection, delivery_id)
            assert found and (found.attempts, found.last_error, found.failed_at) == (attempt, f"refused {attempt}", "")
            assert claim_deliveries(connection, SETTINGS, "a", now=now) == ()
            now = later(seconds=(now - NOON).total_seconds() + wait)
            assert next_due_at(connection) == now.isoformat(timespec="seconds")
        claim_deliveries(connection, SETTINGS, "a", now=now)
        assert mark_failed(connection, SETTINGS, delivery_id, "a", "x" * 1000, now)
        given_up = list_given_up(connection).items
        assert ids(given_up) == [delivery_id] and given_up[0].failed_at and len(given_up[0].last_error) == 500
        assert count_given_up(connection) == 1
        assert (count_waiting(connection), next_due_at(connection)) == (0, "")
        assert claim_deliveries(connection, SETTINGS, "a", now=later(days=9)) == ()
        assert retry_given_up(connection, later(days=9)) == 1
        again = claim_deliveries(connection, SETTINGS, "a", now=later(days=9))
        assert ids(again) == [delivery_id] and again[0].attempts == 0


def test_what_was_given_up_is_listed_by_pages_and_retried_one_by_one(database: Database) -> None:
    settings = SETTINGS.model_copy(update={"delivery_attempts": 1})
    with database.begin() as connection:
        assert (list_given_up(connection).items, oldest_waiting_at(connection)) == ((), "")
        made = [add_delivery(connection, "mail", "x", {"n": number}, later(seconds=number)) for number in range(6)]
        assert oldest_waiting_at(connection) == "2026-11-24T12:00:00+00:00"
        for number, delivery in enumerate(claim_deliveries(connection, settings, "a", 5, later(minutes=1))):
            mark_failed(connection, settings, delivery.id, "a", "refused", later(minutes=2, seconds=number))
        assert oldest_waiting_at(connection) == "2026-11-24T12:00:05+00:00"
        page = list_given_up(connection, 2, 2)
        assert ids(page.items) == [made[2], made[1]] and (page.total, page.pages, page.number) == (5, 3, 2)
        assert ids(list_given_up(connection, 99, 2).items) == [made[0]]
        assert retry_given_up(connection, later(days=1), made[1]) == 1 == count_waiting(connection) - 1
        assert retry_given_up(connection, later(days=1), made[1]) == 0 == retry_given_up(connection, NOON, made[5])
        assert count_given_up(connection) == 4 == retry_given_up(connection) and count_given_up(connection) == 0
        assert count_waiting(connection) == 6


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (4, 60), (40, 60), (4000, 60)])
def test_waits_double_up_to_the_most(attempts: int, seconds: int) -> None:
    assert wait_seconds(attempts, SETTINGS) == seconds


def test_with_the_defaults_a_dead_server_has_about_three_days() -> None:
    settings = Settings()
    assert 2 < sum(wait_seconds(number, settings) for number in range(1, settings.delivery_attempts)) / 86_400 < 4


def test_a_process_that_ends_gives_back_what_it_did_not_send(database: Database) -> None:
    with database.begin() as connection:
        sent, kept, other = (add_delivery(connection, "mail", "x", {}, NOON) for _ in range(3))
        claim_deliveries(connection, SETTINGS, "a", 2, NOON)
        claim_deliveries(connection, SETTINGS, "b", 1, NOON)
        mark_delivered(connection, sent, "a", NOON)
        assert release_deliveries(connection, "a") == 1
        assert ids(claim_deliveries(connection, SETTINGS, "c", 9, NOON)) == [kept]
        assert mark_delivered(connection, other, "b", NOON)


def test_an_id_is_never_used_again(database: Database) -> None:
    with database.begin() as connection:
        first = add_delivery(connection, "mail", "x", {})
        connection.exec_driver_sql("DELETE FROM outbox")
        assert add_delivery(connection, "mail", "x", {}) > first


WORKER = """
import sys, time
from pathlib import Path
from kb.settings import Settings
from kb.store.database import Database
from kb.store.outbox import claim_deliveries, count_waiting, mark_delivered, mark_failed
folder, name = sys.argv[1:]
settings = Settings(data=Path(folder), delivery_wait_seconds=1)
database = Database(settings)
(Path(folder) / f"ready-{name}").touch()
while not (Path(folder) / "go").exists():
    time.sleep(0.01)
while True:
    with database.begin() as connection:
        taken = claim_deliveries(connection, settings, name, 3)
        waiting = count_waiting(connection)
    if not waiting:
        break
    for delivery in taken:
        fails = delivery.id % 10 == 0 and not delivery.attempts
        time.sleep(0.005)
        if not fails:
            print(delivery.id, flush=True)  # sent
        with database.begin() as connection:
            if fails:
                assert mark_failed(connection, settings, delivery.id, name, "refused")
            else:
                assert mark_delivered(connection, delivery.id, name)
"""


def start_worker(database: Database, name: str, body: str = WORKER) -> subprocess.Popen[str]:
    assert database.file
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body), str(database.file.parent), name],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_at_once_send_every_row_exactly_once(database: Database) -> None:
    with database.begin() as connection:
        expected = Counter(add_delivery(connection, "mail", "x", {"number": number}) for number in range(200))
    workers = [start_worker(database, name) for name in "abc"]
    assert database.file
    folder, until = database.file.parent, time.monotonic() + 60
    while len(list(folder.glob("ready-*"))) < len(workers) and time.monotonic() < until:
        time.sleep(0.01)
    (folder / "go").touch()
    outcomes = [worker.communicate(timeout=120) for worker in workers]
    assert [errors for _, errors in outcomes] == [""] * 3
    assert sum((Counter(int(line) for line in output.split()) for output, _ in outcomes), Counter()) == expected
    assert sum(bool(output) for output, _ in outcomes) > 1  # more than one of them had work


def test_what_a_killed_process_had_taken_is_sent_by_another(make_database: MakeDatabase) -> None:
    database, _ = make_database()
    with database.begin() as connection:
        delivery_id = add_delivery(connection, "mail", "x", {}, NOON)
    body = """
    import os, signal, sys
    from pathlib import Path
    from kb.settings import Settings
    from kb.store.database import Database
    from kb.store.outbox import claim_deliveries
    settings = Settings(data=Path(sys.argv[1]), delivery_lease_seconds=1000)
    database = Database(settings)
    with database.begin() as connection:
        assert claim_deliveries(connection, settings, sys.argv[2])
    os.kill(os.getpid(), signal.SIGKILL)
    """
    worker = start_worker(database, "a", body)
    worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL
    with database.begin() as connection:
        assert claim_deliveries(connection, SETTINGS, "b") == ()
        assert database.file
        connection.exec_driver_sql("UPDATE outbox SET leased_until = '2026-01-01T00:00:00+00:00'")  # its time is over
        assert ids(claim_deliveries(connection, SETTINGS, "b")) == [delivery_id]


def test_an_outbox_that_cannot_be_opened_twice_is_no_matter_for_readers(database: Database) -> None:
    with database.begin() as connection:
        add_delivery(connection, "mail", "x", {})
    assert database.file
    other = sqlite3.connect(database.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.read() as connection:
        assert count_waiting(connection) == 1 and next_due_at(connection)
    other.close()

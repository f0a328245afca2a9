"""Logins of the support team: passwords, throttling, sessions."""

from __future__ import annotations

import secrets
from datetime import datetime
from threading import Barrier, Thread

import pytest
from store_world import NOON, MakeDatabase, later
from werkzeug.security import check_password_hash

from kb import staff_login
from kb.errors import InputError
from kb.settings import Settings
from kb.staff_login import (
    WRONG,
    add_staff,
    hash_password,
    is_password,
    log_in,
    log_out,
    logged_in,
    wait_seconds,
)
from kb.store.database import Database
from kb.store.staff import Account, disable_account
from kb.store.times import time_text

PASSWORD = "correct horse"
World = tuple[Database, Settings]


@pytest.fixture
def world(make_database: MakeDatabase) -> World:
    """A database with one account, Anna."""
    database, settings = make_database(
        login_attempts=3,
        login_wait_seconds=10,
        login_most_wait_seconds=35,
        staff_idle_minutes=120,
        staff_session_hours=12,
    )
    add_staff(database, "Anna", PASSWORD, NOON)
    return database, settings


# Passwords


def test_a_password_is_kept_salted_and_slow() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("scrypt:") and PASSWORD not in stored and stored != hash_password(PASSWORD)
    assert is_password(stored, PASSWORD) and not is_password(stored, PASSWORD + " ") and not is_password(stored, "")


def test_a_password_is_the_same_on_every_keyboard() -> None:
    assert is_password(hash_password("gru\u0308n wie gru\u0308n"), "gr\u00fcn wie gr\u00fcn")


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 1001])
def test_a_password_of_a_wrong_length_is_refused(password: str) -> None:
    with pytest.raises(InputError, match=r"^a password needs 10 to 1,000 characters$"):
        hash_password(password)


@pytest.mark.parametrize("password", ["x" * 10, "x" * 1000, "\ud83d" * 10, "nul \0 nul \0", "😀" * 10])
def test_a_password_may_hold_anything(password: str) -> None:
    assert is_password(hash_password(password), password)


def test_nobody_has_no_password() -> None:
    assert not is_password("", "") and not is_password("", "nobody has this password")


# Logging in


def test_the_right_password_logs_in(world: World) -> None:
    login = log_in(*world, " ANNA ", PASSWORD, NOON)
    assert login.account == Account("Anna", time_text(NOON)) and login.token and not login.problem
    assert logged_in(*world, login.token, NOON) == login.account
    log_out(world[0], login.token)
    assert logged_in(*world, login.token, NOON) is None


@pytest.mark.parametrize(
    ("name", "password"), [("Anna", "wrong"), ("Bert", PASSWORD), ("", ""), ("Anna", ""), ("\ud83d\0", "\ud83d\0")]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(world: World, name: str, password: str) -> None:
    login = log_in(*world, name, password, NOON)
    assert (login.account, login.token, login.problem, login.wait_seconds) == (None, "", WRONG, 0)


def test_a_disabled_account_cannot_log_in(world: World) -> None:
    token = log_in(*world, "Anna", PASSWORD, NOON).token
    with world[0].begin() as connection:
        disable_account(connection, "Anna", NOON)
    assert log_in(*world, "Anna", PASSWORD, NOON).problem == WRONG
    assert logged_in(*world, token, NOON) is None


def test_an_account_that_is_disabled_while_the_password_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disabling(stored: str, password: str) -> bool:
        with world[0].begin() as connection:
            disable_account(connection, "Anna", NOON)
        return is_password(stored, password)

    monkeypatch.setattr(staff_login, "is_password", disabling)
    assert log_in(*world, "Anna", PASSWORD, NOON).problem == WRONG


def test_a_login_lives_as_long_as_it_is_used(world: World) -> None:
    token = log_in(*world, "Anna", PASSWORD, NOON).token
    for minutes in range(0, 700, 100):
        assert logged_in(*world, token, later(minutes=minutes)), minutes
    assert logged_in(*world, token, later(minutes=721)) is None  # twelve hours
    token = log_in(*world, "Anna", PASSWORD, NOON).token
    assert logged_in(*world, token, later(minutes=121)) is None


# Throttling


def test_many_failures_make_a_name_wait_longer_and_longer(world: World) -> None:
    for _ in range(3):
        assert log_in(*world, "Anna", "wrong", NOON).problem == WRONG
    for start, wait in ((0, 10), (10, 20), (30, 35), (65, 35)):
        refused = log_in(*world, "anna", PASSWORD, later(seconds=start))  # even the right one
        assert (refused.account, refused.wait_seconds) == (None, wait)
        assert refused.problem == f"Too many failed logins. Try again in {wait} seconds."
        assert log_in(*world, "Anna", "wrong", later(seconds=start + wait)).problem == WRONG
    assert log_in(*world, "Anna", PASSWORD, later(seconds=200)).account
    assert log_in(*world, "Anna", "wrong", later(seconds=200)).problem == WRONG  # counted from the beginning again
    assert log_in(*world, "Anna", PASSWORD, later(seconds=200)).account


def test_only_that_name_waits_and_names_that_do_not_exist_wait_too(world: World) -> None:
    for _ in range(3):
        log_in(*world, "Bert", "wrong", NOON)
    assert log_in(*world, "Bert", "wrong", NOON).wait_seconds == 10
    assert log_in(*world, "Anna", PASSWORD, NOON).account


def test_one_place_cannot_try_many_names(make_database: MakeDatabase) -> None:
    database, settings = make_database(login_attempts=3, login_attempts_per_client=6, login_wait_seconds=10)
    add_staff(database, "Anna", PASSWORD, NOON)
    for number in range(6):
        assert log_in(database, settings, f"name {number}", "summer 2026", NOON, "192.0.2.7").problem == WRONG
    refused = log_in(database, settings, "Anna", PASSWORD, NOON, "192.0.2.7")
    assert (refused.account, refused.wait_seconds) == (None, 10)
    assert refused.problem == "Too many failed logins. Try again in 10 seconds."
    assert log_in(database, settings, "Anna", PASSWORD, NOON, "192.0.2.8").account  # others are not kept waiting
    assert log_in(database, settings, "Anna", PASSWORD, NOON).account  # nor those of whom nobody knows where they are
    assert log_in(database, settings, "name 9", "summer 2026", later(seconds=10), "192.0.2.7").problem == WRONG
    assert log_in(database, settings, "Anna", PASSWORD, later(seconds=10), "192.0.2.7").wait_seconds == 20


def test_the_own_right_password_does_not_buy_more_guesses(make_database: MakeDatabase) -> None:
    database, settings = make_database(login_attempts_per_client=4)
    for name in ("Anna", "Boris"):
        add_staff(database, name, PASSWORD, NOON)
    for _ in range(4):
        assert log_in(database, settings, "Anna", PASSWORD, NOON, "192.0.2.7").account
        assert log_in(database, settings, "Boris", "a guess", NOON, "192.0.2.7").problem == WRONG
    assert log_in(database, settings, "Anna", PASSWORD, NOON, "192.0.2.7").wait_seconds


def test_processes_count_together(make_database: MakeDatabase) -> None:
    database, settings = make_database(login_attempts_per_client=4)
    other = Database(settings)
    for used in (database, other, database, other):
        assert log_in(used, settings, secrets.token_hex(4), "a guess", NOON, "192.0.2.7").problem == WRONG
    assert log_in(database, settings, "x", "a guess", NOON, "192.0.2.7").wait_seconds
    assert log_in(other, settings, "x", "a guess", NOON, "192.0.2.7").wait_seconds
    other.close()


def test_every_login_looks_at_one_hash_of_the_same_cost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add_staff(world[0], "Boris", PASSWORD, NOON)
    with world[0].begin() as connection:
        disable_account(connection, "Boris", NOON)
    seen: list[str] = []

    def noted(stored: str, password: str) -> bool:
        seen.append(stored.split("$")[0])  # method and cost
        return check_password_hash(stored, password)

    monkeypatch.setattr(staff_login, "check_password_hash", noted)
    made = staff_login._nobodys_hash.cache_info
    staff_login._nobodys_hash.cache_clear()
    for number, name in enumerate(("Anna", "Nobody", "Boris"), 1):
        log_in(*world, name, "wrong password", NOON)
        assert len(seen) == number and made().misses == 1  # not first made for the first name that does not exist
    assert len(set(seen)) == 1


def test_a_refused_login_does_not_prolong_the_wait(world: World) -> None:
    for _ in range(3):
        log_in(*world, "Anna", "wrong", NOON)
    for seconds in range(10):
        assert log_in(*world, "Anna", PASSWORD, later(seconds=seconds)).wait_seconds == 10 - seconds
    assert log_in(*world, "Anna", PASSWORD, later(seconds=10)).account


def test_logins_at_once_get_no_more_guesses(world: World) -> None:
    ready, problems = Barrier(12), list[str]()

    def guess() -> None:
        ready.wait()
        problems.append(log_in(*world, "Anna", "wrong", NOON).problem)

    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(problems) == 12 and problems.count(WRONG) == 3


@pytest.mark.parametrize(
    ("failures", "seconds_later", "expected"),
    [
        (0, 0, 0),
        (4, 0, 0),
        (5, 0, 30),
        (5, 29.5, 1),
        (5, 30, 0),
        (6, 0, 60),
        (9, 0, 480),
        (10, 0, 900),
        (999, 0, 900),
        (5, -500, 30),
    ],
)
def test_waits(failures: int, seconds_later: float, expected: int) -> None:
    now: datetime = later(seconds=seconds_later)
    assert wait_seconds([time_text(NOON)] * failures, 5, Settings(), now) == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_the_wait_in_words(seconds: int, words: str) -> None:
    assert staff_login._wait_sentence(seconds) == f"Too many failed logins. Try again in {words}."

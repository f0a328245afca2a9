"""Accounts and logins in the database."""

from __future__ import annotations

import pytest
from store_world import NOON, later

from kb.errors import InputError
from kb.settings import Settings
from kb.store.database import Database
from kb.store.staff import (
    Account,
    add_account,
    close_session,
    disable_account,
    find_session,
    list_accounts,
    load_account,
    needs_touch,
    open_session,
    password_hash_of,
    set_password_hash,
    touch_session,
)

SETTINGS = Settings(staff_idle_minutes=60, staff_session_hours=8)


def test_accounts_are_added_listed_disabled_and_enabled(database: Database) -> None:
    with database.begin() as connection:
        assert list_accounts(connection) == ()
        add_account(connection, "Zoë", "hash-z", NOON)
        anna = add_account(connection, "  Anna   Berg ", "hash-a", NOON)
        assert anna == Account("Anna Berg", "2026-11-24T12:00:00+00:00")
        assert list_accounts(connection)[0] == anna == load_account(connection, "ANNA berg")
        assert password_hash_of(connection, "anna berg") == "hash-a"
        disabled = disable_account(connection, "anna BERG", later(days=1))
        assert disabled == Account("Anna Berg", anna.created_at, "2026-11-25T12:00:00+00:00") and disabled.is_disabled
        assert disable_account(connection, "anna berg", later(days=2)) == disabled
        assert password_hash_of(connection, "Anna Berg") == ""
        assert add_account(connection, "anna berg", "hash-b", later(days=3)) == anna
        assert password_hash_of(connection, "Anna Berg") == "hash-b"
        set_password_hash(connection, "anna berg", "hash-c")
        assert password_hash_of(connection, "Anna Berg") == "hash-c"
        assert [account.name for account in list_accounts(connection)] == ["Anna Berg", "Zoë"]
        assert password_hash_of(connection, "nobody") == "" and load_account(connection, "nobody") is None


def test_a_name_in_use_is_refused(database: Database) -> None:
    with database.begin() as connection:
        add_account(connection, "Straße", "hash")
        with pytest.raises(InputError, match=r"^there is an account Straße already; disable it first"):
            add_account(connection, "STRASSE", "other")
        assert password_hash_of(connection, "strasse") == "hash"
        with pytest.raises(InputError, match=r"^there is no account Bert; "):
            disable_account(connection, "Bert")


@pytest.mark.parametrize("name", ["", " \t\n", "x" * 65, "a\0b", "a\x1b[31m", "a\u202eb", "\ud83d", "ﷺ" * 10])
def test_a_name_that_cannot_be_used_is_refused(database: Database, name: str) -> None:
    with database.begin() as connection, pytest.raises(InputError, match=r"^a name needs 1 to 64 visible characters$"):
        add_account(connection, name, "hash")


def test_logins_end_when_idle_when_old_and_when_closed(database: Database) -> None:
    with database.begin() as connection:
        anna = add_account(connection, "Anna", "hash", NOON)
        token = open_session(connection, "ANNA", NOON)
        other = open_session(connection, "Anna", NOON)
        assert len(token) == 43 and token != other
        assert find_session(connection, SETTINGS, token, later(minutes=60)) == anna
        assert find_session(connection, SETTINGS, token, later(minutes=61)) is None
        for hours in range(1, 8):
            touch_session(connection, token, later(hours=hours))
        assert find_session(connection, SETTINGS, token, later(hours=8)) == anna
        touch_session(connection, token, later(hours=8))
        assert find_session(connection, SETTINGS, token, later(hours=8, seconds=1)) is None
        assert close_session(connection, other) and not close_session(connection, other)
        assert find_session(connection, SETTINGS, other, NOON) is None
        for wrong in ("", "x", token[:-1], "\ud83d"):
            assert find_session(connection, SETTINGS, wrong, NOON) is None
        assert token not in str(connection.exec_driver_sql("SELECT * FROM staff_sessions").all())


def test_disabling_ends_every_login(database: Database) -> None:
    with database.begin() as connection:
        add_account(connection, "Anna", "hash", NOON)
        token = open_session(connection, "Anna", NOON)
        disable_account(connection, "Anna", NOON)
        assert find_session(connection, SETTINGS, token, NOON) is None
        assert open_session(connection, "Anna", NOON) == "" and open_session(connection, "nobody", NOON) == ""
        add_account(connection, "Anna", "other", NOON)
        assert find_session(connection, SETTINGS, token, NOON) is None


def test_a_login_is_touched_at_most_once_a_minute(database: Database) -> None:
    with database.begin() as connection:
        add_account(connection, "Anna", "hash", NOON)
        token = open_session(connection, "Anna", NOON)
        assert not needs_touch(connection, token, later(seconds=59)) and needs_touch(
            connection, token, later(seconds=60)
        )
        touch_session(connection, token, later(seconds=60))
        assert not needs_touch(connection, token, later(seconds=61))
        assert not needs_touch(connection, "unknown", later(days=1))

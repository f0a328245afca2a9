"""Failed logins in the database: counted by name and by place, under keys that do not live long."""

from __future__ import annotations

from store_world import NOON, MakeDatabase, later

from kb.store.database import Database
from kb.store.login_failures import (
    add_login_failure,
    clear_login_failures,
    forget_old_failures,
    list_client_failures,
    list_name_failures,
)

HERE, THERE = "192.0.2.7", "2001:db8::/64"


def everything(database: Database) -> str:
    """All that is stored about failed logins."""
    with database.read() as connection:
        return str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in ("login_failures", "login_keys")])


def test_failures_are_counted_by_name_in_any_case_and_forgotten(database: Database) -> None:
    with database.begin() as connection:
        for seconds in (0, 5):
            add_login_failure(connection, "Anna", HERE, later(seconds=seconds))
        add_login_failure(connection, "my secret password", HERE, later(seconds=9))
        expected = ("2026-11-24T12:00:00+00:00", "2026-11-24T12:00:05+00:00")
        assert list_name_failures(connection, " ANNA ", later(seconds=9)) == expected
        assert list_name_failures(connection, "anna", later(hours=24, seconds=1)) == expected[1:]
        add_login_failure(connection, "Bert", HERE, later(hours=24, seconds=9))
        assert list_name_failures(connection, "anna", later(hours=1)) == ()  # deleted, not only left out
        assert len(list_name_failures(connection, "my secret password", later(hours=24))) == 1


def test_failures_are_counted_by_place_whatever_the_name(database: Database) -> None:
    with database.begin() as connection:
        for number in range(4):
            add_login_failure(connection, f"name {number}", HERE, later(seconds=number))
        add_login_failure(connection, "name 0", THERE, later(seconds=8))
        add_login_failure(connection, "name 0", "", later(seconds=9))
        now = later(minutes=1)
        assert len(list_client_failures(connection, HERE, now)) == 4
        assert list_client_failures(connection, THERE, now) == ("2026-11-24T12:00:08+00:00",)
        assert list_client_failures(connection, "", now) == () == list_client_failures(connection, "192.0.2.8", now)
        assert len(list_name_failures(connection, "name 0", now)) == 3


def test_the_right_password_forgives_the_name_everywhere_and_only_the_own_place(database: Database) -> None:
    with database.begin() as connection:
        for client in (HERE, HERE, THERE, ""):
            add_login_failure(connection, "Anna", client, NOON)
        add_login_failure(connection, "Bert", HERE, NOON)
        clear_login_failures(connection, "ANNA", HERE)
        assert list_name_failures(connection, "Anna", NOON) == ()
        assert len(list_name_failures(connection, "Bert", NOON)) == 1
        assert len(list_client_failures(connection, HERE, NOON)) == 1  # Bert's
        assert len(list_client_failures(connection, THERE, NOON)) == 1  # whoever guessed Anna's password is not forgiven


def test_neither_names_nor_addresses_are_stored_and_hashes_differ_from_database_to_database(
    make_database: MakeDatabase,
) -> None:
    database, _ = make_database()
    with database.begin() as connection:
        add_login_failure(connection, "my secret password", HERE, NOON)
        hashes = connection.exec_driver_sql("SELECT name_hash, client_hash FROM login_failures").one()
        connection.exec_driver_sql("DELETE FROM login_failures")
        connection.exec_driver_sql("DELETE FROM login_keys")
        add_login_failure(connection, "my secret password", HERE, NOON)
        again = connection.exec_driver_sql("SELECT name_hash, client_hash FROM login_failures").one()
    assert "secret" not in everything(database) and HERE not in everything(database)
    assert not {*hashes} & {*again} and all(len(item) == 64 for item in (*hashes, *again))


def test_keys_change_daily_and_counting_goes_on_meanwhile(database: Database) -> None:
    def keys() -> list[str]:
        return list(connection.exec_driver_sql("SELECT key FROM login_keys ORDER BY id").scalars())

    with database.begin() as connection:
        add_login_failure(connection, "Anna", HERE, NOON)
        add_login_failure(connection, "Anna", HERE, later(hours=23))
        first = keys()
        add_login_failure(connection, "Anna", HERE, later(hours=25))
        assert len(first) == 1 and len(keys()) == 2
        assert len(list_name_failures(connection, "Anna", later(hours=25))) == 2
        assert len(list_client_failures(connection, HERE, later(hours=25))) == 2
        clear_login_failures(connection, "Anna", HERE)
        assert list_client_failures(connection, HERE, later(hours=25)) == ()
        add_login_failure(connection, "Anna", HERE, later(hours=49))
        assert first[0] not in keys() and len(keys()) == 1
        assert forget_old_failures(connection, later(hours=49 + 25)) == 1 and len(keys()) == 0

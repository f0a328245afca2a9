"""INSERT with ON CONFLICT, which SQLite and PostgreSQL write alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_ignore(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless one breaks a unique rule with it. Whether it was inserted."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def insert_or_update(connection: Connection, table: Table, values: dict[str, Any], key: Sequence[str]) -> None:
    """Insert a row, or give the row with the same `key` the other values."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    changed = {name: value for name, value in values.items() if name not in key}
    connection.execute(make(table).values(values).on_conflict_do_update(index_elements=list(key), set_=changed))

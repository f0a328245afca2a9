"""A database of the test's own, and times to store things at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kb.settings import Settings
from kb.store.database import Database

MakeDatabase = Callable[..., tuple[Database, Settings]]
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def later(**span: float) -> datetime:
    """The time a span (days, hours, minutes, seconds; negative for earlier) after noon."""
    return NOON + timedelta(**span)


def open_database(folder: Path, **settings: object) -> tuple[Database, Settings]:
    """An up-to-date database in a folder, and its settings."""
    used = Settings(data=folder / "data", **settings)  # type: ignore[arg-type]
    database = Database(used)
    database.migrate()
    return database, used

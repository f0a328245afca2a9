"""The database: opening it, transactions, bringing its tables up to date, and faults as sentences."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kb.errors import StorageError
from kb.settings import Settings
from kb.store.schema import VERSION

FILE = "kb.sqlite3"
MIGRATIONS = Path(__file__).parent / "migrations"
_READ_ONLY = "kb_read_only"
_MIGRATES = "kb_migrates"
_MIGRATION_LOCK = 7_202_611  # any number, the same in every process, for PostgreSQL


class Database:
    """One database, for all threads of a process. Making one touches no file."""

    def __init__(self, settings: Settings) -> None:
        """Raises StorageError when the setting is no address of a database or its driver is not installed."""
        self.url = _url(settings)
        self.file = _file(self.url)
        self.engine = _engine(self.url, settings.database_wait_seconds)
        _OPEN.add(self)

    @property
    def name(self) -> str:
        """The database as people know it; never with its password."""
        return str(self.file) if self.file else self.url.render_as_string(hide_password=True)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection in a transaction that may write; committed at the end, undone by an exception.

        SQLite lets one such transaction run at a time, so nothing slow belongs in it. Raises StorageError.
        """
        with self._sentences(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a transaction that only reads: it waits for nobody and nobody waits for it.

        Raises StorageError.
        """
        with self._sentences(), self.engine.connect() as connection:
            connection.execution_options(**{_READ_ONLY: True})
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Create the tables, or bring them up to date. Processes that do it at once wait for each other.

        Raises StorageError, also when the tables are newer than this program.
        """
        with self._sentences():
            if self._version() == VERSION:
                return
            with self._migration_lock(), self.engine.connect() as connection:
                connection.execution_options(**{_MIGRATES: True})
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                    _upgrade(connection, self.name)

    def is_ready(self) -> bool:
        """Whether the tables are there and of this program's version. Raises StorageError when it cannot be read."""
        with self._sentences():
            return self._version() == VERSION

    def checkpoint(self) -> None:
        """Move what was written into the file itself, so that what was deleted is gone from disk. SQLite only.

        It does what it can while others use the database. Raises StorageError.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with self._sentences(), self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection that is not in use. Using the database again opens new ones."""
        self.engine.dispose()

    def _version(self) -> str:
        """The version of the tables; empty when there are none."""
        if self.file and not self.file.exists():
            return ""
        with self.engine.connect() as connection:
            connection.execution_options(**{_READ_ONLY: True})
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")

    @contextlib.contextmanager
    def _migration_lock(self) -> Iterator[None]:
        """Hold the one lock of those who change the tables of a file; a killed process lets go of it by itself."""
        if not self.file:
            yield
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_name(self.file.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.file.touch()
            self.file.chmod(0o600)  # what people report is nobody else's business; SQLite's other files follow this one
            with self.engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA journal_mode=WAL").fetchall()  # the file remembers it
            yield

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn faults of the database into StorageError with one sentence."""
        try:
            yield
        except IntegrityError:  # a rule of the tables was broken: the caller's fault, not the database's
            raise
        except DBAPIError as error:
            raise StorageError(_sentence(self.name, error)) from error
        except PoolTimeoutError as error:
            raise StorageError(f"the database {self.name} has too much to do; try again in a minute") from error
        except OSError as error:
            if self.file and _is_about(error, self.file):
                raise StorageError(f"the database {self.name} cannot be written: {error.strerror}") from error
            raise


_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()


def _close_all() -> None:
    for database in list(_OPEN):
        database.close()


os.register_at_fork(before=_close_all)  # a connection must not be used on both sides of a fork


def _url(settings: Settings) -> URL:
    if not settings.database_url:
        return URL.create("sqlite", database=str(settings.data / FILE))
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError) as error:
        raise StorageError(
            "setting KB_DATABASE_URL is no address of a database; write it like sqlite:////var/lib/kb/kb.sqlite3"
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StorageError(
            f"setting KB_DATABASE_URL names {url.get_backend_name()!r}; SQLite and PostgreSQL can be used"
        )
    if url.get_backend_name() == "sqlite" and not _file(url):
        raise StorageError("setting KB_DATABASE_URL names no file; write it like sqlite:////var/lib/kb/kb.sqlite3")
    return url


def _file(url: URL) -> Path | None:
    """The file of the database; None for one on a server or in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _engine(url: URL, wait_seconds: float) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": wait_seconds, "isolation_level": None})
    except (SQLAlchemyError, ImportError) as error:  # no such driver
        raise StorageError(
            f"the driver of {url.drivername} is not installed; install it, or empty KB_DATABASE_URL"
        ) from error
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(driver: Any, _record: object) -> None:
    driver.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power failure too
    driver.execute("PRAGMA secure_delete=ON")  # what was deleted is overwritten


def _begin(connection: Connection) -> None:
    """Begin by hand: the driver would begin late, and find then that another process has written meanwhile."""
    options = connection.get_execution_options()
    is_read_only, migrates = bool(options.get(_READ_ONLY)), bool(options.get(_MIGRATES))
    # while tables are copied and replaced, dropping one must not take along the rows of others
    connection.exec_driver_sql(f"PRAGMA foreign_keys={int(not migrates)}")
    connection.exec_driver_sql(f"PRAGMA query_only={int(is_read_only)}")
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")


def _upgrade(connection: Connection, name: str) -> None:
    """Run the migrations that are missing, in the connection's transaction."""
    from alembic import command  # slow to load, and rarely needed
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "locate revision" not in str(error):
            raise
        raise StorageError(
            f"the database {name} was written by a newer version of this program; "
            "install that version, or name another database with KB_DATABASE_URL"
        ) from error
    except DBAPIError as error:
        raise StorageError(
            f"the tables of the database {name} cannot be brought up to date: {_reason(error)}"
        ) from error


def _sentence(name: str, error: DBAPIError) -> str:
    reason = _reason(error)
    if "database is locked" in reason or "database table is locked" in reason:
        return f"the database {name} is locked by another program; try again when that is done"
    if "no such table" in reason:
        return f"the database {name} has no tables yet; start the portal once, or run `python -m kb prune`"
    if "unable to open" in reason:
        return f"the database {name} cannot be opened; look whether its folder is there and can be written"
    if "readonly database" in reason:
        return f"the database {name} cannot be written; look who owns the file and its folder"
    if "is full" in reason:
        return f"the database {name} cannot be written: its disk is full; free the space"
    if "disk I/O error" in reason:
        return f"the database {name} cannot be used: its disk cannot be read or written; look at the disk and its space"
    if "not a database" in reason or "malformed" in reason:
        return f"the database {name} is damaged or no database: {reason}; restore a copy, or name another with KB_DATABASE_URL"
    return f"the database {name} cannot be used: {reason}"


def _reason(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split()) or "no reason was given"


def _is_about(error: OSError, file: Path) -> bool:
    return isinstance(error.filename, str | os.PathLike) and Path(error.filename) in (
        file,
        file.with_name(file.name + ".lock"),
        *file.parents,
    )

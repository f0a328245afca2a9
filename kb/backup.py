"""Backup and restore of what the data folder holds and cannot be made anew: one zip file.

In it are the database, as it was at one instant, the key of the sessions, the drafts of the support team, and a manifest
with the sum of each. The index is not in it: it is built from the content. Nor is the content: it has a home of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kb import __version__
from kb.drafts import FOLDER as DRAFTS
from kb.errors import DataFolderError, InputError, StorageError
from kb.secret_key import FILE as SECRET_KEY
from kb.settings import Settings
from kb.store.database import FILE as DATABASE
from kb.store.database import Database

FORMAT = "kb-backup-1"
MANIFEST = "manifest.json"
_BLOCK = 1 << 20
_WAL_FILES = (f"{DATABASE}-wal", f"{DATABASE}-shm")


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    files: int
    size: int  # bytes of them, before they were compressed
    created: str


def back_up(settings: Settings, target: Path) -> BackedUp:
    """Write a backup to `target`, while the portal serves or not.

    Raises InputError when there is a file already, nothing to back up, or a database that is no file of the data folder;
    StorageError when the database is damaged; DataFolderError when something cannot be read or written.
    """
    source = _database_file(settings)
    if target.exists():
        raise InputError(f"{target} is there already; name another file, or move it away")
    with _sentences(target), tempfile.TemporaryDirectory(prefix=".kb-backup-", dir=target.parent) as place:
        files = dict(_copies(settings.data, Path(place)))
        if source.exists():
            files[DATABASE] = _copy_of(source, Path(place) / DATABASE)
        if not files:
            raise InputError(f"there is nothing to back up in {settings.data}; name the data folder with --data")
        whole = Path(place) / "whole"
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with os.fdopen(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "r+b") as file:
            size = _write(file, files, created)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(whole, target)  # in one step, and never over another file
        except FileExistsError:
            raise InputError(f"{target} is there already; name another file, or move it away") from None
    return BackedUp(len(files), size, created)


def restore(settings: Settings, source: Path, *, force: bool = False) -> BackedUp:
    """Put a backup into the data folder, and bring its tables up to date. All of it is checked before anything is changed.

    force: replace what the data folder holds. No portal may be running on it. Raises InputError for a file that is no
    whole backup, and for a data folder that is not empty; StorageError for a database in it that is damaged or too new.
    """
    target = _database_file(settings)
    held = [name for name, _ in _files(settings.data)] + [DATABASE] * target.exists()
    if held and not force:
        raise InputError(
            f"the data folder {settings.data} holds {held[0]} already; name an empty one with --data, or replace it with --force"
        )
    with _sentences(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.data) as place:
            restored = _unpack(source, Path(place))
            _check_database(settings, Path(place))
            for name in held:
                (settings.data / name).unlink(missing_ok=True)
            for name in _WAL_FILES:  # they belong to the database that was there
                (settings.data / name).unlink(missing_ok=True)
            for path in sorted(Path(place).rglob("*")):
                if path.is_file() and path.name not in (*_WAL_FILES, f"{DATABASE}.lock"):
                    new = settings.data / path.relative_to(place)
                    new.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(new)
    return restored


# What there is


def _database_file(settings: Settings) -> Path:
    if settings.database_url:
        raise InputError(
            "setting KB_DATABASE_URL names another database; back it up with its own program, and the data folder as files"
        )
    return settings.data / DATABASE


def _files(data: Path) -> Iterator[tuple[str, Path]]:
    """What is kept beside the database, by name in the backup."""
    if (data / SECRET_KEY).is_file():
        yield SECRET_KEY, data / SECRET_KEY
    for path in sorted((data / DRAFTS).rglob("*")) if (data / DRAFTS).is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(data).as_posix(), path


def _copies(data: Path, place: Path) -> Iterator[tuple[str, Path]]:
    """The same as copies below `place`, which nobody changes while they are summed and packed."""
    for name, path in _files(data):
        copy = place / "kept" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # a draft that was put aside meanwhile
            shutil.copyfile(path, copy)
            yield name, copy


def _copy_of(source: Path, copy: Path) -> Path:
    """A copy of a database that others may be writing, as it is at one instant."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
            contextlib.closing(sqlite3.connect(copy)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # one file, which needs no others beside it
            _check_integrity(new, source)
    except sqlite3.Error as error:
        raise StorageError(f"the database {source} cannot be backed up: {error}") from error
    return copy


def _check_integrity(connection: sqlite3.Connection, name: Path) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageError(f"the database {name} is damaged: {found}; restore an older backup")


# Writing and reading the file


def _write(file: object, files: dict[str, Path], created: str) -> int:
    sums, sizes = {}, 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, path in sorted(files.items()):
            archive.write(path, name)
            sums[name] = _sum(path)
            sizes += path.stat().st_size
        manifest = {"format": FORMAT, "program": __version__, "created": created, "sums": sums}
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return sizes


def _unpack(source: Path, place: Path) -> BackedUp:
    """Write the files of a backup below `place`, each checked against its sum. Raises InputError."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise InputError(
                    f"{source} is a backup of another format, {manifest['format']!r}; use the version that wrote it"
                )
            sums: dict[str, str] = manifest["sums"]
            for name, expected in sums.items():
                _unpack_file(archive, name, expected, place, source)
            return BackedUp(len(sums), sum(archive.getinfo(name).file_size for name in sums), manifest["created"])
    except FileNotFoundError:
        raise InputError(f"there is no file {source}; name the backup to restore") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise InputError(f"{source} is no whole backup ({type(error).__name__}); restore another one") from error
    except OSError as error:
        if error.filename and Path(error.filename) == source:
            raise InputError(f"{source} cannot be read: {error.strerror}; look who owns it") from error
        raise


def _unpack_file(archive: zipfile.ZipFile, name: str, expected: str, place: Path, source: Path) -> None:
    parts = Path(name).parts
    is_ours = name in (DATABASE, SECRET_KEY) or (len(parts) > 1 and parts[0] == DRAFTS and ".." not in parts)
    if not is_ours or Path(name).is_absolute():
        raise InputError(f"{source} holds {name!r}, which is no part of a backup; restore another one")
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with (
        archive.open(name) as packed,
        os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file,
    ):
        while block := packed.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != expected:
        raise InputError(f"{source} is damaged: {name} is not what was written; restore another one")


def _check_database(settings: Settings, place: Path) -> None:
    """Bring the tables of an unpacked database up to date, and check it. Raises StorageError."""
    file = place / DATABASE
    if not file.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            _check_integrity(connection, file)
    except sqlite3.Error as error:
        raise StorageError(f"the database in the backup cannot be used: {error}") from error
    with contextlib.closing(Database(settings.model_copy(update={"data": place}))) as database:
        database.migrate()
        database.checkpoint()


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _sentences(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderError(
            f"{error.filename or place} cannot be used: {error.strerror or error}; free the space, or look who owns it"
        ) from error

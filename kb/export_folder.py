"""Writing the offline copy into a folder, in one step: what was there stays whole until the new copy is.

The copy is written into a folder beside the target, then the two change places. Whoever is killed leaves the old copy, and a
folder beside it that the next run removes. A list in the folder says which files an export wrote: only those are replaced
or removed, what others put there stays, and a folder without such a list is left alone unless it is empty.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kb.errors import ExportError

LIST_NAME = "export.json"
LIST_FORMAT = 1
_AT_WORKING_FOLDER = -100  # AT_FDCWD of the Linux kernel
_EXCHANGE = 2  # RENAME_EXCHANGE


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote."""

    files: int
    size: int  # bytes


def write_folder(target: Path, files: Iterable[tuple[str, bytes]]) -> Written:
    """Make `target` hold these files (path with slashes, bytes), each given once.

    Raises ExportError when the folder is not an export's, or cannot be written.
    """
    target = Path(os.path.realpath(target))
    aside, old = (target.with_name(f".{target.name}.export-{word}") for word in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            _clean(target, aside, old)
            before = _listed(target)
            try:
                written = _write(aside, files)
                _keep_foreign(target, aside, before, written)
                _put_in_place(aside, target, old)
            finally:
                shutil.rmtree(aside, ignore_errors=True)  # what is left of a run that failed
            return written.total
    except OSError as error:
        raise ExportError(
            f"{error.filename or target} cannot be written: {error.strerror}; free the space or name another folder"
        ) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of those who export to this place; a killed process lets go of it by itself."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clean(target: Path, aside: Path, old: Path) -> None:
    """Remove what a killed run left behind; where it was killed between two renames, the old copy comes back first."""
    if old.is_dir() and not target.exists():
        old.rename(target)
    for folder in (aside, old):
        if folder.exists():
            shutil.rmtree(folder)


def _listed(target: Path) -> set[str]:
    """The paths that the last export wrote into `target`; none for a new or empty folder.

    Raises ExportError for a folder that holds anything else.
    """
    if not target.exists():
        return set()
    if not target.is_dir():
        raise ExportError(f"{target} is a file; name a folder for the offline copy")
    if not any(target.iterdir()):
        return set()
    try:
        listed = json.loads((target / LIST_NAME).read_bytes())
        if listed["format"] != LIST_FORMAT:
            raise ValueError("another format")
        return {*map(str, listed["files"]), LIST_NAME}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ExportError(
            f"{target} is not empty and holds no offline copy; name another folder, or empty this one"
        ) from error


@dataclass(slots=True)
class _Aside:
    """What was written beside the target."""

    paths: set[str]
    total: Written


def _write(aside: Path, files: Iterable[tuple[str, bytes]]) -> _Aside:
    aside.mkdir()
    made = {aside}
    paths: set[str] = set()
    size = 0
    for path, body in files:
        file = aside / path
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        with file.open("xb") as opened:  # a path given twice would be a fault of the program
            opened.write(body)
        paths.add(path)
        size += len(body)
    (aside / LIST_NAME).write_text(
        json.dumps({"format": LIST_FORMAT, "files": sorted(paths)}, ensure_ascii=False, indent=0) + "\n",
        encoding="utf-8",
    )
    return _Aside({*paths, LIST_NAME}, Written(len(paths), size))


def _keep_foreign(target: Path, aside: Path, before: set[str], written: _Aside) -> None:
    """Take over from `target` what no export wrote, such as a `.htaccess`. Raises ExportError where it is in the way."""
    for folder, folders, names in os.walk(target):
        here = Path(folder).relative_to(target)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            path = (here / name).as_posix()
            if path in before:
                continue
            if path in written.paths or (aside / path).exists():
                raise ExportError(
                    f"{target / path} was not written by an export and is in the way of one; move it to another place"
                )
            (aside / here).mkdir(parents=True, exist_ok=True)
            _duplicate(target / path, aside / path)
        for name in folders:
            empty = Path(folder) / name
            if not empty.is_symlink() and not any(empty.iterdir()):
                (aside / here / name).mkdir(parents=True, exist_ok=True)


def _duplicate(source: Path, copy: Path) -> None:
    """The same file at a second place: as a hard link, or where the file system has none, as a copy."""
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, copy, follow_symlinks=False)


def _put_in_place(aside: Path, target: Path, old: Path) -> None:
    """`aside` becomes `target`; what was there is removed."""
    if not target.exists():
        aside.rename(target)
    elif not _exchange(aside, target):
        target.rename(old)
        aside.rename(target)
        shutil.rmtree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    places = (_AT_WORKING_FOLDER, os.fsencode(one), _AT_WORKING_FOLDER, os.fsencode(other))
    return bool(rename(*places, _EXCHANGE) == 0)

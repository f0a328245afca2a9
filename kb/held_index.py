"""A Whoosh index whose files are held open: it can be read for as long as it is held, whatever becomes of its folder.

Builders replace folders and remove old ones at any time, while requests that began before still ask the old state.
"""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import Storage
from whoosh.filedb.structfile import StructFile
from whoosh.index import FileIndex
from whoosh.reading import IndexReader

from kb.errors import DamagedIndexError


class HeldIndex:
    """The index in a folder. Threads share it, and processes that were forked from the one that opened it."""

    def __init__(self, folder: Path) -> None:
        """Open all files. Raises DamagedIndexError."""
        self._folder = folder
        self._files: dict[str, int] = {}  # name to descriptor
        try:
            for path in folder.iterdir():
                if not path.name.endswith("LOCK"):
                    self._files[path.name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.__del__()
            raise _damaged(folder, error) from error

    def __del__(self) -> None:
        for descriptor in self._files.values():
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._files = {}

    def reader(self) -> IndexReader:
        """A reader for one thread; close it. Raises DamagedIndexError."""
        try:
            return FileIndex(_HeldFiles(self, self._files)).reader()
        except Exception as error:  # Whoosh raises many kinds for damaged files, struct.error and EOFError among them
            raise _damaged(self._folder, error) from error


def _damaged(folder: Path, error: Exception) -> DamagedIndexError:
    return DamagedIndexError(
        f"the index in {folder} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
    )


class _HeldFiles(Storage):  # type: ignore[misc]
    """What Whoosh reads files from: those held open."""

    readonly = True

    def __init__(self, holder: HeldIndex, files: dict[str, int]) -> None:
        self.holder = holder  # it closes the files when nobody needs it any more
        self._files = files

    def list(self) -> list[str]:
        return list(self._files)

    def file_exists(self, name: str) -> bool:
        return name in self._files

    def file_length(self, name: str) -> int:
        return os.fstat(self._files[name]).st_size

    def open_file(self, name: str, **_: Any) -> StructFile:
        return StructFile(io.BufferedReader(_HeldFile(self.holder, self._files[name])), name=name)


class _HeldFile(io.RawIOBase):
    """A file read at a place of its own: readers of one descriptor would otherwise move each other's."""

    def __init__(self, holder: HeldIndex, descriptor: int) -> None:
        self.holder = holder
        self._descriptor = descriptor
        self._at = 0

    def fileno(self) -> int:
        return self._descriptor

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._descriptor).st_size if start is None else start)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

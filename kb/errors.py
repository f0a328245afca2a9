"""Every error a person can meet, each a sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path


class KbError(Exception):
    """The root: whoever shows messages to people catches this one and prints it as it is."""


class ContentError(KbError):
    """A file or folder of content cannot be used. `file` and `line` (from 1) say where, as far as known."""

    def __init__(self, message: str, file: Path | str | None = None, line: int | None = None) -> None:
        where = "" if file is None else f"{file}:{line}: " if line else f"{file}: "
        super().__init__(where + message)
        self.message = message
        self.file = file
        self.line = line


class MissingIndexError(KbError):
    """There is no index to answer from."""


class DamagedIndexError(KbError):
    """An index folder is there but cannot be read; it is rebuilt from content."""


class DataFolderError(KbError):
    """The data folder cannot be written or read."""


class InputError(KbError):
    """A question, a file of questions or an option cannot be used."""


class ExportError(KbError):
    """The offline copy cannot be written where it is asked for."""


class StorageError(KbError):
    """The database is locked, cannot be read or written, or belongs to another version of the program."""


class DeliveryError(KbError):
    """A mail or call could not be delivered now; it is tried again."""

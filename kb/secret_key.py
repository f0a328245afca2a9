"""The key that signs session cookies: made on the first start, kept in the data folder, the same for every process."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from kb.errors import DataFolderError

FILE = "secret.key"
KEY_BYTES = 32


def load_secret_key(folder: Path) -> bytes:
    """The key kept in `folder`, made there if there is none. Processes that do it at once get the same one.

    Raises DataFolderError.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise DataFolderError(f"{path} cannot be used: {error.strerror or error}; look who owns its folder") from error
    if len(key) < KEY_BYTES:
        raise DataFolderError(f"{path} holds no key; delete it, and a new one is made")
    return key


def _make(path: Path) -> None:
    """Put a new key at `path`, whole or not at all; one that another process put there meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)

"""Which files of a folder are content, and which of them changed: names, sizes and times first, bytes only where those differ."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from kb.errors import ContentError

GUIDES_FOLDER = "guides"
ASKED_FOLDER = "asked"
_MARKDOWN = (".md", ".markdown")
_SETTINGS = (".yml", ".yaml")


class Look(NamedTuple):
    """What a folder says of a file without opening it."""

    size: int
    modified_ns: int
    changed_ns: int  # of the file or its name; unlike the time before it, no program sets this one back


class FileRecord(NamedTuple):
    """A content file as it was when it was read."""

    look: Look
    digest: str  # of its bytes; empty for a file that could not be opened


def scan(folder: Path) -> dict[str, Look]:
    """The content files of `folder` by name relative to it, in the order of their paths. Hidden ones are left out.

    A file that is no UTF-8 text by its name has a name with surrogates. Raises ContentError when there is no such folder.
    """
    if not folder.is_dir():
        raise ContentError(
            f"there is no content folder at {folder}; create it, or name yours with --content DIR or KB_CONTENT"
        )
    found: list[tuple[str, Look]] = []
    _walk(os.fspath(folder), "", found)
    return dict(sorted(found, key=lambda item: item[0].split("/")))


def _walk(folder: str, prefix: str, found: list[tuple[str, Look]]) -> None:
    # os.scandir: several times faster than Path.rglob, and this runs every second
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(folder) as items:
        for item in items:
            if item.name.startswith("."):
                continue
            if item.is_dir(follow_symlinks=False):
                _walk(item.path, f"{prefix}{item.name}/", found)
            elif _is_content(prefix, item.name):
                with contextlib.suppress(OSError):  # deleted since it was listed, or a link to nowhere
                    if item.is_file():
                        status = item.stat()
                        look = Look(status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                        found.append((prefix + item.name, look))


def _is_content(prefix: str, name: str) -> bool:
    """Whether a file is an entry, a guide, settings, or asked questions."""
    if name.endswith(".md"):
        return True  # nearly all are
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a Path for each of ten thousand files is slow
    if suffix == ".txt":
        return prefix == f"{ASKED_FOLDER}/"
    return suffix in _MARKDOWN or (suffix in _SETTINGS and not prefix)


def read_records(
    folder: Path, looks: Mapping[str, Look], before: Mapping[str, FileRecord], *, trust_times: bool
) -> dict[str, FileRecord]:
    """A record of every file looked at. With `trust_times`, files that look as they did `before` are not read again."""
    found = {}
    for name, look in looks.items():
        old = before.get(name)
        if trust_times and old is not None and old.look == look:
            found[name] = old
            continue
        digest = ""
        with contextlib.suppress(OSError):
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:32]
        found[name] = FileRecord(look, digest)
    return found

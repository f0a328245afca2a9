"""The offline copy as one zip file, made once for each state of content, settings and program and kept in the data folder."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from kb.errors import DataFolderError
from kb.export import copy_files, make_copy
from kb.generation import Generation
from kb.markdown import slug
from kb.pages import TEMPLATES
from kb.pages_offline import copy_date
from kb.scripts import STATIC
from kb.settings import Settings

FOLDER = "offline"  # in the data folder
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the first moment that the format knows: files have no time of their own
_MODE = 0o644 << 16
_UNIX = 3


def kept_zip(generation: Generation, settings: Settings) -> Path:
    """The zip file of the copy that fits `generation`; made now where there is none. Raises DataFolderError."""
    root = settings.data / FOLDER
    file = root / f"{_state(generation, settings)}.zip"
    if file.is_file():
        return file
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root / "lock"):
            if not file.is_file():  # another process may have made it meanwhile
                aside = root / ".new.zip"
                copy = make_copy(generation, settings)
                write_zip(aside, copy_files(generation, settings, copy), zip_name(generation).removesuffix(".zip"))
                aside.replace(file)
                for other in root.glob("*.zip"):
                    if other not in (file, aside):
                        other.unlink(missing_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"the offline copy cannot be kept: {error.filename or root}: {error.strerror}; free the space or name "
            "another folder with --data DIR or KB_DATA"
        ) from error
    return file


def zip_name(generation: Generation) -> str:
    """What the file is saved as, such as `mod_ssl-help-offline-2026-11-24.zip`."""
    content = generation.content
    return "-".join(filter(None, (slug(content.site.title), "offline", copy_date(content)))) + ".zip"


def write_zip(target: Path, files: Iterable[tuple[str, bytes]], folder: str) -> None:
    """Write a zip file that unpacks to one folder. The same files give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files:
            info = zipfile.ZipInfo(f"{folder}/{path}", _OLDEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _MODE
            archive.writestr(info, body)


def _state(generation: Generation, settings: Settings) -> str:
    """A digest of all that decides what the copy holds."""
    values = (
        f"{generation.fingerprint} {settings.model_dump_json(include={'base_url', 'ranking', 'levels', 'follow_up'})}"
    )
    limits = f"{settings.question_limit} {settings.log_limit}"
    return hashlib.sha256(f"{values} {limits} {_program()}".encode()).hexdigest()[:20]


@lru_cache(maxsize=1)
def _program() -> str:
    """A digest of the files of the program that the copy is made with."""
    digest = hashlib.sha256()
    for folder, pattern in ((Path(__file__).parent, "*.py"), (TEMPLATES, "*"), (STATIC, "**/*")):
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of those who make the file; a killed process lets go of it by itself."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

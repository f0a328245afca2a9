"""Index generations on disk: building one aside, making it current in one step, loading it whole.

A generation is a folder `data/index/<fingerprint>/` with everything needed to answer: Whoosh's index, the impact table,
the content as it was read, the passages, and a manifest. It is built in a folder of another name under one lock, checked by
loading it, renamed, and made current by replacing the small file CURRENT. Whoever is killed at any instant leaves the last
good generation current. Readers load a generation into memory and never look at the folder again; Whoosh's files, which only
operators need, they hold open.

A generation is built from the one before it, and loaded beside it: what did not change is not read, analysed or made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kb.analysis import ANALYZER_VERSION
from kb.content import NOTHING_KNOWN, Known, load_content
from kb.content_scan import FileRecord, Look, read_records, scan
from kb.correction import Corrector
from kb.entry import Content, Entry, Finding, Guide, Section
from kb.errors import DamagedIndexError, DataFolderError, MissingIndexError
from kb.generation_files import (
    CONTENT,
    PLACES,
    ROWS,
    TABLE,
    WHOOSH,
    WORDS,
    Basis,
    items_of,
    load_places,
    load_words,
    write_generation,
)
from kb.held_index import HeldIndex
from kb.impacts import load_table
from kb.index import Progress
from kb.retrieval import Retriever
from kb.settings import Ranking, Settings
from kb.snippet import Passage, PassageIndex, passage_from_list
from kb.stored_content import item_from_json, rest_from_json
from kb.texts import documents_file, passages_file
from kb.vocabulary import Vocabulary

FORMAT_VERSION = 8  # raise it whenever what is written here changes
MOST_READS = 5  # of content that is edited while it is read
_CURRENT = "CURRENT"
_Bytes = tuple[int, int, int, int]  # device, inode, size and time of a file: which bytes on disk, whatever their name


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is looked at to see whether an index is stale: names, sizes and times of content, unread, and the ranking."""

    value: str


def stamp(folder: Path, ranking: Ranking) -> Stamp:
    """The stamp of a content folder and a ranking. Raises ContentError when there is no such folder."""
    return stamp_of(scan(folder), ranking)


def stamp_of(looks: Mapping[str, Look], ranking: Ranking) -> Stamp:
    """The stamp of content files as `scan` found them."""
    digest = hashlib.sha256(ranking.model_dump_json().encode())
    for name, look in looks.items():
        digest.update(os.fsencode(name) + f"\0{look.size}\0{look.modified_ns}\0{look.changed_ns}\n".encode())
    return Stamp(digest.hexdigest())


def fingerprint(folder: Path, ranking: Ranking) -> str:
    """A digest of all that decides what a generation holds: content, settings, analyzer and format."""
    return _name_of(read_records(folder, scan(folder), {}, trust_times=False), {}, ranking)


def _name_of(records: Mapping[str, FileRecord], kept: Mapping[str, str], ranking: Ranking) -> str:
    """The fingerprint of what files hold. kept: for files that cannot be read, the digest of what is used instead."""
    digest = hashlib.sha256(f"{FORMAT_VERSION}/{ANALYZER_VERSION}/{ranking.model_dump_json()}".encode())
    for name, record in records.items():
        digest.update(os.fsencode(name) + f"\0{record.digest}\0{kept.get(name, '')}\n".encode())
    return digest.hexdigest()[:20]


class Generation:
    """One complete state of the knowledge base in memory. Immutable; threads share it."""

    content: Content
    _seen: dict[_Bytes, int]  # sums of the files as they were checked
    _passage_texts: list[bytes]  # of each segment
    _items_by_start: list[dict[int, Entry | Guide]]  # of each segment, by where they stand in it

    def __init__(self, folder: Path, ranking: Ranking, before: Generation | None = None) -> None:
        """Load the generation in `folder`. Raises DamagedIndexError.

        before: an earlier one; what both hold is not read and checked again, and is the same in memory.
        """
        self.folder = folder
        manifest = read_manifest(folder)
        self._sums: dict[str, int] = manifest["sums"]
        self._seen = _check_sums(folder, self._sums, before._seen if before else {})
        self.fingerprint: str = manifest["fingerprint"]
        self.built: str = manifest["built"]
        self.stamp = Stamp(manifest["stamp"])
        self.counts: dict[str, int] = manifest["counts"]
        table = load_table(folder / TABLE)
        try:
            # by name: what content files were when they were read, and what stands in for those that cannot be read
            self.files = {name: FileRecord(Look(*look), digest) for name, (look, digest) in manifest["content"].items()}
            self.kept: dict[str, str] = manifest["kept"]
            self.places, self.whoosh_numbers = load_places(folder / PLACES)
            self._load_texts(before)
            self._load_passages()
        except Exception as error:  # damaged JSON and arrays raise many kinds
            raise DamagedIndexError(
                f"the index in {folder} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
            ) from error
        words = load_words(folder / WORDS)
        self.vocabulary = Vocabulary(self.content.vocabulary)
        self.options = frozenset(words.options)
        documents = items_of(self.content)
        self.retriever = Retriever(
            table, self.vocabulary, Corrector(words.surfaces, sorted(words.identifiers)),
            ids=[item.id for item in documents], kinds=["entry"] * len(self.content.entries) + ["guide"] * len(self.content.guides),
            titles=[item.question for item in documents], sections=[item.section for item in documents],
            whoosh=HeldIndex(folder / WHOOSH), whoosh_numbers=self.whoosh_numbers, ranking=ranking,
            not_covered=Vocabulary([["elsewhere", *self.content.site.not_covered]]),
        )  # fmt: skip
        self._entries = {entry.id: entry for entry in self.content.entries}
        self._guides = {guide.id: guide for guide in self.content.guides}
        self._sections = {section.id: section for section in self.content.sections}

    def _load_texts(self, before: Generation | None) -> None:
        """The content, and the texts of passages."""
        places = self.places
        shared = {}
        self._passage_texts = []
        for segment in places.segments:
            path = passages_file(self.folder, segment)
            if before is not None and segment in before.places.segments:
                place = before.places.segments.index(segment)
                self._passage_texts.append(before._passage_texts[place])
                shared[segment] = before._items_by_start[place]
            else:
                self._passage_texts.append(path.read_bytes())
                shared[segment] = {}
        self.n_loaded = 0  # documents that were read, not shared
        self._items_by_start = [{} for _ in places.segments]
        texts: dict[int, bytes] = {}  # of segments that hold something new
        items = []
        for number, start, end in zip(places.segment.tolist(), places.start.tolist(), places.end.tolist(), strict=True):
            item = shared[places.segments[number]].get(start)
            if item is None:
                self.n_loaded += 1
                if number not in texts:
                    texts[number] = documents_file(self.folder, places.segments[number]).read_bytes()
                item = item_from_json(texts[number][start:end])
            self._items_by_start[number][start] = item
            items.append(item)
        self.content = rest_from_json((self.folder / CONTENT).read_bytes(), items)

    def _load_passages(self) -> None:
        """Where terms stand in passages."""
        with (self.folder / ROWS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            self._factors, self._sentence_terms = arrays["passage_factor"], arrays["sentence_terms"]
            self._first_passage, self._first_sentence, self._sentence_starts = (
                np.concatenate([[0], np.cumsum(arrays[name], dtype=np.int64)])
                for name in ("passages_of", "sentences_of", "sentence_size")
            )
        if not len(self._factors) == self._first_passage[-1] == len(self.places.passage_start):
            raise ValueError("passages and their places are of different indexes")

    def moved_to(self, folder: Path) -> None:
        """Note that the folder has another name now. Only for a generation that nobody uses yet."""
        self.folder = folder

    def restamped(self, stamp: Stamp, files: dict[str, FileRecord]) -> None:
        """Note that content files were touched without being changed. Nothing that answers depends on it."""
        self.stamp, self.files = stamp, files

    def is_on_disk(self) -> bool:
        """Whether the folder still holds what was loaded. Raises DamagedIndexError when it cannot be read."""
        return bool(read_manifest(self.folder)["sums"] == self._sums)

    def basis(self) -> Basis:
        """This state as the one that the next is built from."""
        return Basis(self.folder, self.content, self.places, self.whoosh_numbers)

    def entry(self, entry_id: str) -> Entry | None:
        return self._entries.get(entry_id)

    def guide(self, guide_id: str) -> Guide | None:
        return self._guides.get(guide_id)

    def section(self, section_id: str) -> Section | None:
        return self._sections.get(section_id)

    def passages(self, document: int) -> PassageIndex:
        """The passages of a document by number, to choose one by."""
        first, last = self._first_passage[document : document + 2].tolist()
        sentences = self._first_sentence[first : last + 1].tolist()
        starts = self._sentence_starts[sentences[0] : sentences[-1] + 1].tolist()
        terms = self._sentence_terms[starts[0] : starts[-1]].tolist()
        return PassageIndex(
            terms=terms,
            ends=[end - starts[0] for end in starts[1:]],
            first=[number - sentences[0] for number in sentences[:-1]],
            factors=self._factors[first:last].tolist(),
        )

    def passage(self, document: int, place: int) -> Passage:
        """One passage of a document by number."""
        at = int(self._first_passage[document]) + place
        start, end = int(self.places.passage_start[at]), int(self.places.passage_end[at])
        return passage_from_list(json.loads(self._passage_texts[int(self.places.segment[document])][start:end]))


# -- reading ------------------------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a generation. Raises DamagedIndexError when it is missing, damaged, or of another format."""
    try:
        manifest = dict(json.loads((folder / "manifest.json").read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise DamagedIndexError(
            f"the index in {folder} has no readable manifest; run `python -m kb index --force`"
        ) from error
    if manifest.get("format") != FORMAT_VERSION or manifest.get("analyzer") != ANALYZER_VERSION:
        raise DamagedIndexError(f"the index in {folder} is of another version; run `python -m kb index`")
    if not manifest.keys() >= {"fingerprint", "built", "stamp", "counts", "files", "sums", "content", "kept"}:
        raise DamagedIndexError(f"the index in {folder} has an incomplete manifest; run `python -m kb index --force`")
    for name, size in manifest["files"].items():
        with contextlib.suppress(OSError):
            if (folder / name).stat().st_size == size:
                continue
        raise DamagedIndexError(
            f"the index in {folder} is damaged: {name} is missing or cut off; run `python -m kb index --force`"
        )
    return manifest


def _check_sums(folder: Path, sums: Mapping[str, int], seen: Mapping[_Bytes, int]) -> dict[_Bytes, int]:
    """The sums of the files by their bytes on disk. Those `seen` before are not read again.

    Raises DamagedIndexError when a file is not, byte for byte, what was written.
    """
    found = {}
    for name, expected in sums.items():
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if key not in seen or seen[key] != expected:
                found[key] = _sum(folder / name)
            else:
                found[key] = expected
            if found[key] == expected:
                continue
        raise DamagedIndexError(
            f"the index in {folder} is damaged: {name} has changed; run `python -m kb index --force`"
        )
    return found


def _sum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def current_folder(data: Path) -> Path:
    """The folder of the current generation. Raises MissingIndexError."""
    root = data / "index"
    try:
        name = (root / _CURRENT).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    folder = root / name
    if not re.fullmatch(r"[0-9a-f]{20}", name) or not folder.is_dir():
        raise MissingIndexError(f"there is no index in {data}; run `python -m kb index`")
    return folder


def load_current(data: Path, ranking: Ranking, before: Generation | None = None) -> Generation:
    """The current generation, or, when it is damaged, the newest older one that can be read.

    before: see `Generation`.
    Raises MissingIndexError when there is none, DamagedIndexError when none can be read.
    """
    try:
        return Generation(current_folder(data), ranking, before)
    except (DamagedIndexError, MissingIndexError):
        for folder in _generations(data):
            with contextlib.suppress(DamagedIndexError):
                return Generation(folder, ranking, before)
        raise


def _generations(data: Path) -> list[Path]:
    """The folders of complete generations, newest first."""
    root = data / "index"
    folders = [path for path in root.iterdir() if re.fullmatch(r"[0-9a-f]{20}", path.name)] if root.is_dir() else []
    return sorted(folders, key=_time_of, reverse=True)


def _time_of(folder: Path) -> int:
    with contextlib.suppress(OSError):  # removed since it was listed
        return folder.stat().st_mtime_ns
    return 0


# -- building -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Built:
    """What a call of `build` did."""

    generation: Generation
    is_new: bool  # False: the current generation was already the right one

    @property
    def folder(self) -> Path:
        return self.generation.folder

    @property
    def counts(self) -> dict[str, int]:
        return self.generation.counts

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.generation.content.findings


def build(
    settings: Settings,
    *,
    force: bool = False,
    progress: Progress | None = None,
    before: Generation | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Built:
    """Make the generation that fits the content current, building it if there is none.

    force: build it from nothing, even if it is there. before: what this process has loaded; with it, files whose size and
    times did not change count as unchanged, and files of the index that were checked before are not read again. looks: the
    content files, if they were looked at just now.
    Raises ContentError for a content folder that cannot be used, DataFolderError for a data folder that cannot be written.
    """
    root = settings.data / "index"
    try:
        with _locked(root):
            for left_over in root.glob(".building-*"):
                shutil.rmtree(left_over, ignore_errors=True)
            for left_over in root.glob(f".{_CURRENT}-*"):
                left_over.unlink(missing_ok=True)
            return _build_locked(settings, root, force, progress, before, looks)
    except OSError as error:
        name = error.filename or root
        raise DataFolderError(
            f"the data folder cannot be written: {name}: {error.strerror}; free the space or name another folder with --data DIR or KB_DATA"
        ) from error


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the one lock of builders; a killed process lets go of it by itself."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class _Read:
    """A content folder as it was read."""

    content: Content
    records: dict[str, FileRecord]
    kept: dict[str, str]  # for files that cannot be read, the digest of what is used instead
    stamp: Stamp
    name: str  # of the generation


def _build_locked(
    settings: Settings,
    root: Path,
    force: bool,
    progress: Progress | None,
    before: Generation | None,
    looks: Mapping[str, Look] | None,
) -> Built:
    basis = _basis(settings, before)
    looks = scan(settings.content) if looks is None else looks
    read = _read_content(settings, basis, looks, trust_times=before is not None, anew=force)
    target = root / read.name
    if not force and target.is_dir():
        with contextlib.suppress(DamagedIndexError):
            is_basis = basis is not None and basis.folder == target
            generation = basis if basis and is_basis else Generation(target, settings.ranking, before or basis)
            is_new = not _is_current(root, read.name)
            if generation.stamp != read.stamp:
                _restamp(generation, read)
            _make_current(root, read.name)
            _remove_old(settings, root, read.name)
            return Built(generation, is_new)
    try:
        generation = _build_aside(settings, root, read, None if force else basis, progress)
    except DamagedIndexError:  # what it was to be built from
        if basis is None or force:
            raise
        generation = _build_aside(settings, root, read, None, progress)
    _make_current(root, read.name)
    _remove_old(settings, root, read.name)
    return Built(generation, True)


def _basis(settings: Settings, before: Generation | None) -> Generation | None:
    """The newest whole generation on disk; None when there is none."""
    with contextlib.suppress(MissingIndexError, DamagedIndexError):
        # built again by force, the same folder has other files
        if before is not None and before.folder == current_folder(settings.data) and before.is_on_disk():
            return before
    with contextlib.suppress(MissingIndexError, DamagedIndexError):
        return load_current(settings.data, settings.ranking, before)
    return None


def _read_content(
    settings: Settings, basis: Generation | None, looks: Mapping[str, Look], *, trust_times: bool, anew: bool
) -> _Read:
    """The content folder as it is. What did not change since `basis` is taken from there, but for `anew`."""
    files, before_kept = (basis.files, basis.kept) if basis else ({}, {})
    for _ in range(MOST_READS):
        records = read_records(settings.content, looks, files, trust_times=trust_times)
        unchanged = frozenset(
            name for name, record in records.items() if name in files and record.digest == files[name].digest != ""
        )
        known = Known(basis.content, frozenset() if anew else unchanged) if basis else NOTHING_KNOWN
        content = load_content(settings.content, known, looks)
        again = scan(settings.content)
        if again == looks:
            break
        # edited while it was read: the name must fit what was read, or the same content would never be read again
        looks = again
    kept = {name: before_kept.get(name) or files[name].digest for name in content.kept}
    return _Read(content, records, kept, stamp_of(looks, settings.ranking), _name_of(records, kept, settings.ranking))


def _build_aside(
    settings: Settings, root: Path, read: _Read, basis: Generation | None, progress: Progress | None
) -> Generation:
    """Build a generation in a folder of another name, check it, and give it its name."""
    target = root / read.name
    aside, old = root / f".building-{os.getpid()}", root / f".building-old-{read.name}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        n_terms = write_generation(aside, read.content, settings.ranking, basis.basis() if basis else None, progress)
        _write_manifest(aside, read, n_terms, basis)
        generation = Generation(aside, settings.ranking, basis)  # what cannot be loaded never becomes current
        _sync(aside)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
        aside.rename(target)
        generation.moved_to(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return generation


def _write_manifest(folder: Path, read: _Read, n_terms: int, basis: Generation | None) -> None:
    content = read.content
    counts = {
        "entries": len(content.entries),
        "guides": len(content.guides),
        "sections": len(content.sections),
        "terms": n_terms,
    }
    written = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    sums = {}
    for name, path in written.items():
        status = path.stat()
        key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        seen = basis._seen.get(key) if basis else None
        sums[name] = _sum(path) if seen is None else seen
    manifest = {
        "format": FORMAT_VERSION, "analyzer": ANALYZER_VERSION, "fingerprint": read.name,
        "built": datetime.now(UTC).isoformat(timespec="seconds"), "counts": counts,
        "files": {name: path.stat().st_size for name, path in written.items()}, "sums": sums,
        **_said_of_content(read),
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _said_of_content(read: _Read) -> dict[str, Any]:
    return {"stamp": read.stamp.value, "content": read.records, "kept": read.kept}


def _sync(folder: Path) -> None:
    """Force files to disk, so that a power cut after the switch finds them whole."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_current(root: Path, name: str) -> bool:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (root / _CURRENT).read_text(encoding="ascii").strip() == name
    return False


def _replace(path: Path, text: str) -> None:
    """Put `text` into the file at `path` in one step."""
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _make_current(root: Path, name: str) -> None:
    if not _is_current(root, name):
        _replace(root / _CURRENT, name + "\n")


def _restamp(generation: Generation, read: _Read) -> None:
    """Note that the content was touched without being changed."""
    manifest = read_manifest(generation.folder) | _said_of_content(read)
    _replace(generation.folder / "manifest.json", json.dumps(manifest))
    generation.restamped(read.stamp, read.records)


def _remove_old(settings: Settings, root: Path, name: str) -> None:
    others = [folder for folder in _generations(settings.data) if folder.name != name]
    for folder in others[settings.kept_generations - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)

"""Index generations on disk: building one aside, making it current in one step, loading it whole.

A generation is a folder `data/index/<fingerprint>/` with everything needed to answer: Whoosh's index, the impact table,
the content as it was read, the passages, and a manifest. It is built in a folder of another name under one lock, checked by
loading it, renamed, and made current by replacing the small file CURRENT. Whoever is killed at any instant leaves the last
good generation current. Readers load a generation into memory and never look at the folder again, except for operators.
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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kb.analysis import ANALYZER_VERSION, word_terms
from kb.content import content_files, load_content
from kb.correction import Corrector
from kb.entry import (
    Contact,
    Content,
    Entry,
    Finding,
    Guide,
    Outcome,
    ReportField,
    ReportTemplate,
    Section,
    Site,
    Step,
    Target,
)
from kb.errors import DamagedIndexError, DataFolderError, MissingIndexError
from kb.fields import IndexDocument, index_documents
from kb.impacts import build_table, load_table, save_table
from kb.index import Collected, Progress, read_postings, write_index
from kb.retrieval import Retriever
from kb.settings import Ranking, Settings
from kb.snippet import (
    Passage,
    PassageIndex,
    factor_of,
    make_passages,
    passage_from_list,
    passage_to_list,
    sentence_terms,
)
from kb.vocabulary import Vocabulary

FORMAT_VERSION = 7  # raise it whenever what is written here changes
MOST_READS = 5  # of content that is edited while it is read
_CURRENT = "CURRENT"
_OPTION = re.compile(r"(?:^|[\s`])-{1,2}([a-z][\w-]+)")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is looked at to see whether an index is stale: names, sizes and times of content, unread, and the ranking."""

    value: str


def stamp(folder: Path, ranking: Ranking) -> Stamp:
    """The stamp of a content folder and a ranking. Raises ContentError when there is no such folder."""
    digest = hashlib.sha256(ranking.model_dump_json().encode())
    for path in content_files(folder):
        with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
            status = path.stat()
            digest.update(
                os.fsencode(path.relative_to(folder)) + f"\0{status.st_size}\0{status.st_mtime_ns}\n".encode()
            )
    return Stamp(digest.hexdigest())


def fingerprint(folder: Path, ranking: Ranking) -> str:
    """A digest of all that decides what a generation holds: content, settings, analyzer and format."""
    digest = hashlib.sha256(f"{FORMAT_VERSION}/{ANALYZER_VERSION}/{ranking.model_dump_json()}".encode())
    for path in content_files(folder):
        with contextlib.suppress(OSError):
            data = path.read_bytes()
            digest.update(os.fsencode(path.relative_to(folder)) + f"\0{len(data)}\n".encode() + data)
    return digest.hexdigest()[:20]


class Generation:
    """One complete state of the knowledge base in memory. Immutable; threads share it."""

    def __init__(self, folder: Path, ranking: Ranking) -> None:
        """Load the generation in `folder`. Raises DamagedIndexError."""
        self.folder = folder
        manifest = read_manifest(folder)
        _check_sums(folder, manifest["sums"])
        self.fingerprint: str = manifest["fingerprint"]
        self.built: str = manifest["built"]
        self.stamp = Stamp(manifest["stamp"])
        self.counts: dict[str, int] = manifest["counts"]
        table = load_table(folder / "impacts.npz")
        try:
            stored = json.loads((folder / "content.json").read_bytes())
            self.content = _content_from_dict(stored["content"])
            with (folder / "passages.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                self._first_passage, self._first_sentence = arrays["first_passage"], arrays["first_sentence"]
                self._text_starts, self._factors = arrays["text_starts"], arrays["factors"]
                self._sentence_starts, self._sentence_terms = arrays["sentence_starts"], arrays["sentence_terms"]
            self._texts = (folder / "passages.jsonl").read_bytes()
            if len(self._texts) != int(self._text_starts[-1]):
                raise ValueError("passages.jsonl has another length than it was written with")
        except Exception as error:  # damaged JSON and arrays raise many kinds
            raise DamagedIndexError(
                f"the index in {folder} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
            ) from error
        self.vocabulary = Vocabulary(self.content.vocabulary)
        self.options = frozenset(stored["options"])
        documents: list[Entry | Guide] = [*self.content.entries, *self.content.guides]
        self.retriever = Retriever(
            table, self.vocabulary, Corrector(stored["surfaces"], stored["identifiers"]),
            ids=[item.id for item in documents], kinds=["entry"] * len(self.content.entries) + ["guide"] * len(self.content.guides),
            titles=[item.question for item in documents], sections=[item.section for item in documents],
            folder=folder / "whoosh", ranking=ranking, not_covered=Vocabulary([["elsewhere", *self.content.site.not_covered]]),
        )  # fmt: skip
        self._entries = {entry.id: entry for entry in self.content.entries}
        self._guides = {guide.id: guide for guide in self.content.guides}
        self._sections = {section.id: section for section in self.content.sections}

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
        start, end = self._text_starts[at : at + 2].tolist()
        return passage_from_list(json.loads(self._texts[start:end]))


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
    if not manifest.keys() >= {"fingerprint", "built", "stamp", "counts", "files", "sums"}:
        raise DamagedIndexError(f"the index in {folder} has an incomplete manifest; run `python -m kb index --force`")
    for name, size in manifest["files"].items():
        with contextlib.suppress(OSError):
            if (folder / name).stat().st_size == size:
                continue
        raise DamagedIndexError(
            f"the index in {folder} is damaged: {name} is missing or cut off; run `python -m kb index --force`"
        )
    return manifest


def _check_sums(folder: Path, sums: dict[str, int]) -> None:
    """Raises DamagedIndexError when a file is not, byte for byte, what was written."""
    for name, expected in sums.items():
        with contextlib.suppress(OSError):
            if _sum(folder / name) == expected:
                continue
        raise DamagedIndexError(
            f"the index in {folder} is damaged: {name} has changed; run `python -m kb index --force`"
        )


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


def load_current(data: Path, ranking: Ranking) -> Generation:
    """The current generation, or, when it is damaged, the newest older one that can be read.

    Raises MissingIndexError when there is none, DamagedIndexError when none can be read.
    """
    try:
        return Generation(current_folder(data), ranking)
    except (DamagedIndexError, MissingIndexError):
        for folder in _generations(data):
            with contextlib.suppress(DamagedIndexError):
                return Generation(folder, ranking)
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

    folder: Path
    is_new: bool  # False: the current generation was already the right one
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def build(settings: Settings, *, force: bool = False, progress: Progress | None = None) -> Built:
    """Make the generation that fits the content current, building it if there is none.

    Raises ContentError for a content folder that cannot be used, DataFolderError for a data folder that cannot be written.
    """
    root = settings.data / "index"
    try:
        with _locked(root):
            for left_over in root.glob(".building-*"):
                shutil.rmtree(left_over, ignore_errors=True)
            for left_over in root.glob(f".{_CURRENT}-*"):
                left_over.unlink(missing_ok=True)
            return _build_locked(settings, root, force, progress)
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


def _build_locked(settings: Settings, root: Path, force: bool, progress: Progress | None) -> Built:
    before = stamp(settings.content, settings.ranking)
    name = fingerprint(settings.content, settings.ranking)
    target = root / name
    if not force and target.is_dir():
        try:
            manifest = read_manifest(target)
            generation = Generation(target, settings.ranking)
            is_new = not _is_current(root, name)
            if manifest["stamp"] != before.value:
                _restamp(target, manifest, before)
            _make_current(root, name)
            _remove_old(settings, root, name)
            return Built(target, is_new, generation.counts, generation.content.findings)
        except DamagedIndexError:
            pass
    content = load_content(settings.content)
    for _ in range(MOST_READS - 1):
        now = stamp(settings.content, settings.ranking)
        if now == before:
            break
        # edited while it was read: the name must fit what was read, or the same content would never be read again
        before, name = now, fingerprint(settings.content, settings.ranking)
        content = load_content(settings.content)
    target = root / name
    aside = root / f".building-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        counts = _write_generation(aside, content, settings, name, before, progress)
        Generation(aside, settings.ranking)  # what cannot be loaded never becomes current
        _sync(aside)
        if target.exists():
            shutil.rmtree(root / f".building-old-{name}", ignore_errors=True)
            target.rename(root / f".building-old-{name}")
        aside.rename(target)
        _make_current(root, name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(root / f".building-old-{name}", ignore_errors=True)
    _remove_old(settings, root, name)
    return Built(target, True, counts, content.findings)


def _write_generation(
    folder: Path, content: Content, settings: Settings, name: str, before: Stamp, progress: Progress | None
) -> dict[str, int]:
    vocabulary = Vocabulary(content.vocabulary)
    documents = list(index_documents(content))
    (folder / "whoosh").mkdir()
    collected = write_index(folder / "whoosh", lambda: documents, vocabulary, progress)
    table = build_table(
        read_postings(folder / "whoosh"), collected, [document.title for document in documents], settings.ranking
    )
    save_table(table, folder / "impacts.npz")
    _write_passages(folder, documents, content, table.terms)
    stored = {
        "content": asdict(content),
        "surfaces": _frequent(collected),
        "identifiers": sorted(_identifiers(documents)),
        "options": sorted(_options(documents)),
    }
    # a file name that is not UTF-8 is kept as escapes
    (folder / "content.json").write_bytes(
        json.dumps(stored, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
    )
    counts = {
        "entries": len(content.entries),
        "guides": len(content.guides),
        "sections": len(content.sections),
        "terms": len(table.terms),
    }
    written = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = {
        "format": FORMAT_VERSION, "analyzer": ANALYZER_VERSION, "fingerprint": name, "stamp": before.value,
        "built": datetime.now(UTC).isoformat(timespec="seconds"), "counts": counts,
        "files": {name: path.stat().st_size for name, path in written.items()},
        "sums": {name: _sum(path) for name, path in written.items()},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return counts


def _frequent(collected: Collected) -> dict[str, int]:
    return dict(sorted(collected.surfaces.items()))


def _identifiers(documents: list[IndexDocument]) -> set[str]:
    """Whole names that consist of several parts, such as `sslcertificatefile`, that somebody may misspell."""
    found = set()
    for document in documents:
        for text in document.texts():
            for raw in re.findall(r"\w*(?:_\w+|[a-z][A-Z]\w+)", text):
                terms = word_terms(raw)
                if len(terms) > 1 and terms[0].isalpha():
                    found.add(terms[0])
    return found


def _options(documents: list[IndexDocument]) -> set[str]:
    """Words that stand behind a dash somewhere, such as the `connect` of `-connect`."""
    return {name for document in documents for text in document.texts() for name in _OPTION.findall(text)}


def _write_passages(folder: Path, documents: list[IndexDocument], content: Content, terms: dict[str, int]) -> None:
    historic = content.site.historic_headings
    text_starts, first_passage, first_sentence, sentence_starts = [0], [0], [0], [0]
    numbers: list[int] = []
    factors: list[float] = []
    with (folder / "passages.jsonl").open("wb") as file:
        for document in documents:
            passages = make_passages(document.blocks, historic) if document.kind == "entry" else []
            for passage in passages:
                for found in sentence_terms(passage):
                    numbers += sorted(terms[term] for term in found if term in terms)
                    sentence_starts.append(len(numbers))
                first_sentence.append(len(sentence_starts) - 1)
                factors.append(factor_of(passage))
                file.write(json.dumps(passage_to_list(passage), ensure_ascii=False).encode() + b"\n")
                text_starts.append(file.tell())
            first_passage.append(len(factors))
    np.savez(
        folder / "passages.npz", text_starts=np.array(text_starts, np.int64), first_passage=np.array(first_passage, np.int64),
        first_sentence=np.array(first_sentence, np.int64), factors=np.array(factors, np.float64),
        sentence_starts=np.array(sentence_starts, np.int64), sentence_terms=np.array(numbers, np.int32),
    )  # fmt: skip


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


def _restamp(folder: Path, manifest: dict[str, Any], new: Stamp) -> None:
    """Note that the content was touched without being changed."""
    _replace(folder / "manifest.json", json.dumps(manifest | {"stamp": new.value}))


def _remove_old(settings: Settings, root: Path, name: str) -> None:
    others = [folder for folder in _generations(settings.data) if folder.name != name]
    for folder in others[settings.kept_generations - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


# -- content as stored --------------------------------------------------------------------------------------------


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _make(kind: Any, value: dict[str, Any]) -> Any:
    """An instance of a data class from a dict of JSON values; nested classes are made by the caller first."""
    return kind(**{name: _tuples(item) if name != "extra" else item for name, item in value.items()})


def _content_from_dict(value: dict[str, Any]) -> Content:
    report = value["report"]
    if report:
        report["fields"] = [_make(ReportField, item) for item in report["fields"]]
        report["contacts"] = [_make(Contact, item) for item in report["contacts"]]
    for guide in value["guides"]:
        for step in guide["steps"]:
            step["outcomes"] = [Outcome(o["good"], o["text"], Target(**o["target"])) for o in step["outcomes"]]
        guide["steps"] = [_make(Step, step) for step in guide["steps"]]
    return Content(
        site=_make(Site, value["site"]),
        sections=tuple(_make(Section, item) for item in value["sections"]),
        entries=tuple(_make(Entry, item) for item in value["entries"]),
        guides=tuple(_make(Guide, item) for item in value["guides"]),
        report=_make(ReportTemplate, report) if report else None,
        vocabulary=_tuples(value["vocabulary"]),
        findings=tuple(_make(Finding, item) for item in value["findings"]),
    )

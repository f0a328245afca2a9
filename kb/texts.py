"""The texts of an index on disk: entries, guides and their passages, in segments that never change.

A segment is two files of JSON lines, one of documents and one of passages. A new state of the content adds a segment with
the documents that changed; the places say which line is whose.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from kb.entry import Entry, Guide
from kb.rows import members
from kb.snippet import Passage, passage_to_list
from kb.stored_content import item_to_json

TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the lines stand. Starts and ends are bytes of a segment's file."""

    segments: tuple[str, ...]  # names
    segment: np.ndarray  # int32 [documents]: place in `segments`
    start: np.ndarray  # int64 [documents]
    end: np.ndarray  # int64 [documents]
    passages_of: np.ndarray  # int32 [documents]: how many
    passage_start: np.ndarray  # int64 [passages]
    passage_end: np.ndarray  # int64 [passages]

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as arrays that NumPy can store."""
        names = np.frombuffer(" ".join(self.segments).encode("ascii"), dtype=np.uint8)
        return {"segments": names} | {name: getattr(self, name) for name in self.__slots__ if name != "segments"}


NO_PLACES = Places((), *(np.zeros(0, kind) for kind in (np.int32, np.int64, np.int64, np.int32, np.int64, np.int64)))


def places_from(arrays: dict[str, np.ndarray]) -> Places:
    """What `Places.arrays` gave."""
    names = tuple(arrays["segments"].tobytes().decode("ascii").split())
    return Places(names, **{name: arrays[name] for name in Places.__slots__ if name != "segments"})


def documents_file(folder: Path, segment: str) -> Path:
    return folder / TEXTS / f"{segment}.documents.jsonl"


def passages_file(folder: Path, segment: str) -> Path:
    return folder / TEXTS / f"{segment}.passages.jsonl"


class TextWriter:
    """Writes a new segment. Use it in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        """folder: of the index; it has a folder for texts."""
        self._name = secrets.token_hex(8)
        self._documents = documents_file(folder, self._name).open("wb")
        self._passages = passages_file(folder, self._name).open("wb")
        self._ends = [0]
        self._passage_ends = [0]
        self._passages_of: list[int] = []

    def __enter__(self) -> TextWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._documents.close()
        self._passages.close()

    def add(self, item: Entry | Guide, passages: Sequence[Passage]) -> None:
        """Add a document after the ones before it."""
        self._documents.write(item_to_json(item) + b"\n")
        self._ends.append(self._documents.tell())
        for passage in passages:
            self._passages.write(json.dumps(passage_to_list(passage), ensure_ascii=False).encode() + b"\n")
            self._passage_ends.append(self._passages.tell())
        self._passages_of.append(len(passages))

    def places(self) -> Places:
        """Where the documents added stand."""
        ends, passage_ends = np.array(self._ends, np.int64), np.array(self._passage_ends, np.int64)
        return Places(
            (self._name,), np.zeros(len(ends) - 1, np.int32), ends[:-1], ends[1:],
            np.array(self._passages_of, np.int32), passage_ends[:-1], passage_ends[1:],
        )  # fmt: skip


def select_places(old: Places, new: Places, order: Sequence[int]) -> Places:
    """The places of the documents in `order`: numbers of documents of `old`, and beyond them those of `new`.

    Segments that hold none of them any more are left out.
    """
    documents = np.array(order, dtype=np.int64).reshape(-1)
    segment = np.concatenate([old.segment, new.segment + len(old.segments)])[documents]
    used, place = np.unique(segment, return_inverse=True)
    names = (*old.segments, *new.segments)
    passages_of = np.concatenate([old.passages_of, new.passages_of])
    passages = members(documents, passages_of)
    return Places(
        tuple(names[number] for number in used.tolist()),
        place.astype(np.int32),
        np.concatenate([old.start, new.start])[documents],
        np.concatenate([old.end, new.end])[documents],
        passages_of[documents],
        np.concatenate([old.passage_start, new.passage_start])[passages],
        np.concatenate([old.passage_end, new.passage_end])[passages],
    )

"""The index of record: Whoosh's schema, what a document gives its fields, and writing documents in segments.

Each field holds the terms of `terms_of`: words, the concepts of the vocabulary, and words written apart that others write
together. The field `text` holds all that its writers wrote with the places of words, for operators; nothing is ranked by it.

An index grows by segments: files that never change. Changed documents are marked as deleted where they stand and written into
a new segment, so that a change costs what it is large. Numbers of documents in Whoosh are therefore not those of the content:
`whoosh_numbers` of a generation says which is which.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from whoosh import index as whoosh_index
from whoosh.fields import ID, STORED, TEXT, Schema

from kb.analysis import Analyzer, Word, fold, is_stop_word, stem, word_terms, words
from kb.errors import DamagedIndexError
from kb.fields import FIELDS, MOST_ASKED_WORDINGS, WORDING_FIELDS, IndexDocument
from kb.rows import AnalysedDocument, joint_mark
from kb.snippet import factor_of, make_passages, sentence_terms
from kb.vocabulary import Vocabulary

# Fields in which the words that carry no topic (how, what, not …) still tell one question from another.
STOP_WORD_FIELDS = frozenset(("question", "aliases", "asked", "short", "headings"))
LINKED_FROM_BYTES = (
    8_000_000  # larger files are shared by generations, smaller ones copied: two copies survive a bad block
)
MOST_OF_A_SIZE = 3  # segments of about one size; one more, and they become one
SIZE_FACTOR = 4  # how many times larger segments of the next size are
_SURFACE = re.compile(r"[^\W\d_]{3,}")
_IDENTIFIER = re.compile(r"\w*(?:_\w+|[a-z][A-Z]\w+)")
_OPTION = re.compile(r"(?:^|[\s`])-{1,2}([a-z][\w-]+)")
Progress = Callable[[int, int], None]  # done, of how many


@dataclass(slots=True)
class WordCounts:
    """Words as written, by what they are good for, with how often documents hold them."""

    surfaces: Counter[str] = field(
        default_factory=Counter
    )  # folded, with all occurrences: what spelling is measured by
    identifiers: Counter[str] = field(
        default_factory=Counter
    )  # whole names of several parts, such as `sslcertificatefile`
    options: Counter[str] = field(
        default_factory=Counter
    )  # what stands behind a dash, such as the `connect` of `-connect`

    def add(self, document: IndexDocument) -> None:
        """Count what `document` holds."""
        for counts, found in self._found(document):
            counts.update(found)

    def remove(self, document: IndexDocument) -> None:
        """Take back what `add` counted."""
        for counts, found in self._found(document):
            counts.subtract(found)
            for name in found:
                if counts[name] <= 0:
                    del counts[name]

    def _found(self, document: IndexDocument) -> Iterator[tuple[Counter[str], Counter[str]]]:
        surfaces: Counter[str] = Counter()
        for name, texts in document.fields.items():
            if name != "asked":  # people misspell; what they wrote is no measure of spelling
                for text in texts:
                    surfaces.update(fold(word) for word in _SURFACE.findall(text))
        yield self.surfaces, surfaces
        found = [word_terms(raw) for text in document.texts() for raw in _IDENTIFIER.findall(text)]
        yield self.identifiers, Counter({terms[0] for terms in found if len(terms) > 1 and terms[0].isalpha()})
        yield self.options, Counter({name for text in document.texts() for name in _OPTION.findall(text)})


def schema() -> Schema:
    """The schema: one unscored field of all words with places, and one bag of terms for every searched field."""
    bags = {name: TEXT(analyzer=Analyzer(), phrase=False, stored=False) for name in FIELDS}
    return Schema(id=ID(stored=True), kind=STORED, text=TEXT(analyzer=Analyzer(), phrase=True, stored=False), **bags)


def joined(first: Word, second: Word, text: str) -> str:
    """The term of two neighbouring words written as one, such as `passphras` for "pass phrase"; empty if they are far apart."""
    if second.start - first.end > 1:
        return ""
    return stem(fold(text[first.start : first.end] + text[second.start : second.end]))


def terms_of(
    text: str, vocabulary: Vocabulary, known: Collection[str], *, keep_stop_words: bool, marks: set[int] | None = None
) -> tuple[list[str], int]:
    """The terms that `text` gives a field, repeats included, and how many of its words carry a topic.

    known: terms that are words somewhere in the collection; only neighbours that give one of these are joined.
    marks: takes the `joint_mark` of whatever neighbours give, known or not.
    """
    every = words(text, keep_stop_words=True)
    topic = [word for word in every if not is_stop_word(word.terms)]
    found = [term for word in (every if keep_stop_words else topic) for term in word.terms]
    for occurrence in vocabulary.find([word.terms[0] for word in every]):
        found += occurrence.concepts
    for first, second in zip(topic, topic[1:], strict=False):
        term = joined(first, second, text)
        if marks is not None and term:
            marks.add(joint_mark(term))
        if term in known:
            found.append(term)
    return found, len(topic)


def words_with_topic(document: IndexDocument) -> set[str]:
    """The first terms of the words of a document that carry a topic."""
    return {word.terms[0] for text in document.texts() for word in words(text)}


def analyse(
    document: IndexDocument, vocabulary: Vocabulary, known: Collection[str], historic_headings: Collection[str]
) -> AnalysedDocument:
    """What `document` holds. known: see `terms_of`."""
    bags: dict[str, list[str]] = {}
    lengths = []
    marks: set[int] = set()
    for name in FIELDS:
        bags[name] = []
        length = 0
        for text in document.fields.get(name, ()):
            more, n_words = terms_of(text, vocabulary, known, keep_stop_words=name in STOP_WORD_FIELDS, marks=marks)
            bags[name] += more
            length += n_words
        lengths.append(length)
    passages = make_passages(document.blocks, historic_headings) if document.kind == "entry" else []
    return AnalysedDocument(
        bags=bags,
        lengths=lengths,
        wordings=list(_wordings(document, vocabulary, known)),
        passages=[(factor_of(passage), sentence_terms(passage)) for passage in passages],
        words=frozenset(words_with_topic(document)),
        joinable=frozenset(marks),
    )


def _wordings(
    document: IndexDocument, vocabulary: Vocabulary, known: Collection[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    for name in WORDING_FIELDS:
        most = MOST_ASKED_WORDINGS if name == "asked" else None
        for text in document.fields.get(name, ())[:most]:
            terms, _ = terms_of(text, vocabulary, known, keep_stop_words=True)
            if terms:
                yield name, tuple(dict.fromkeys(terms))


# Segments


def share_files(old: Path, new: Path) -> None:
    """Put the files of the folder `old` into `new`, which exists and is empty."""
    for path in old.iterdir():
        share_file(path, new / path.name)


def share_file(old: Path, new: Path) -> None:
    """Put the file `old`, which never changes, at `new` too: a large one as a link to the same bytes."""
    if old.stat().st_size >= LINKED_FROM_BYTES:
        with contextlib.suppress(OSError):  # a file system without links
            os.link(old, new)
            return
    shutil.copyfile(old, new)


class IndexWriter:
    """Changes the Whoosh index in a folder: documents are deleted by number, others added in a new segment."""

    def __init__(self, folder: Path, numbers: np.ndarray) -> None:
        """folder: an index, or empty for a new one. numbers: int32 [documents], where the documents of `folder` stand in it.

        Raises DamagedIndexError.
        """
        try:
            is_new = not any(folder.iterdir())
            index = whoosh_index.create_in(str(folder), schema()) if is_new else whoosh_index.open_dir(str(folder))
            self._writer = index.writer(limitmb=256)
        except Exception as error:  # Whoosh raises many kinds for damaged files
            raise DamagedIndexError(
                f"the index in {folder} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
            ) from error
        self._numbers = numbers
        self._bounds = [0]
        for segment in self._writer.segments:
            self._bounds.append(self._bounds[-1] + segment.doc_count_all())
        self._n_added = 0

    def segment_of(self) -> np.ndarray:
        """int64 [documents]: place of the segment in which each document of the folder stands."""
        return np.searchsorted(np.array(self._bounds[1:], dtype=np.int64), self._numbers, side="right")

    def to_rewrite(self, gone: Collection[int]) -> set[int]:
        """Documents that should be deleted and added again, so that there are few segments, given which documents go.

        Segments of about one size become one when there are too many of them: so each document is written again only as
        often as its segment grows to the next size.
        """
        segment_of = self.segment_of()
        is_left = np.ones(len(self._numbers), dtype=bool)
        is_left[list(gone)] = False
        alive = np.bincount(segment_of[is_left], minlength=len(self._bounds) - 1).tolist()
        chosen: set[int] = set()
        by_size: dict[int, list[int]] = {}
        for place, n_alive in enumerate(alive):
            if not n_alive:
                continue
            size = 0
            while n_alive >= SIZE_FACTOR ** (size + 1):
                size += 1
            by_size.setdefault(size, []).append(place)
        for size in sorted(by_size):
            if len(by_size[size]) > MOST_OF_A_SIZE:
                chosen.update(by_size[size])
                by_size.setdefault(size + 1, []).append(-1)  # what they become counts for the next size
        chosen.discard(-1)
        wanted = np.isin(segment_of, sorted(chosen)) & is_left
        return set(np.flatnonzero(wanted).tolist())

    def delete(self, documents: Iterable[int]) -> None:
        """Delete documents by their number in the content."""
        for document in documents:
            self._writer.delete_document(int(self._numbers[document]))

    def add(self, document: IndexDocument, bags: Mapping[str, Sequence[str]]) -> None:
        """Add `document`, whose fields hold the terms `bags`."""
        held = {name: list(terms) for name, terms in bags.items() if terms}
        self._writer.add_document(id=document.id, kind=document.kind, text="\n".join(document.written_texts()), **held)
        self._n_added += 1

    def commit(self) -> tuple[np.ndarray, np.ndarray]:
        """Write it all. The new numbers of the documents that were there, of those left, and those of the ones added."""
        shift = np.zeros(len(self._bounds), dtype=np.int64)  # by segment: how far its documents move down
        dropped = 0
        for place, (segment, (start, end)) in enumerate(
            zip(self._writer.segments, pairwise(self._bounds), strict=True)
        ):
            if segment.doc_count() == 0:
                dropped += end - start
            shift[place] = dropped
        segment_of = self.segment_of()
        first_new = self._bounds[-1] - dropped
        self._writer.commit(mergetype=lambda writer, segments: [s for s in segments if s.doc_count() > 0])
        return self._numbers - shift[segment_of], np.arange(first_new, first_new + self._n_added)

    def cancel(self) -> None:
        """Write nothing."""
        with contextlib.suppress(Exception):  # after a failure; the folder is thrown away
            self._writer.cancel()

"""What the documents of an index hold, as numbers: all that the impact table and the choice of passages are made from.

Nothing here depends on other documents (their number, how rare a term is): that is worked out from all rows together. So
when some documents change, the rows of the others are taken over as they are. The same documents in the same order give
the same rows, however they came about.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from kb.errors import DamagedIndexError
from kb.fields import FIELDS

# A posting is one number: term, document, field and frequency, from high bits to low, so that sorting numbers sorts postings.
FREQUENCY_BITS, FIELD_BITS, DOCUMENT_BITS = 16, 4, 20
MOST_DOCUMENTS = 1 << DOCUMENT_BITS
MOST_OCCURRENCES = (1 << FREQUENCY_BITS) - 1  # of a term in a field; more count as so many
_DOCUMENT_AT = FREQUENCY_BITS + FIELD_BITS
_TERM_AT = _DOCUMENT_AT + DOCUMENT_BITS


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """What one document holds, as words."""

    bags: Mapping[str, Sequence[str]]  # field to its terms, repeats included
    lengths: Sequence[int]  # words with a topic by field, in the order of FIELDS
    wordings: Sequence[tuple[str, Sequence[str]]]  # field and terms of each way to ask for it
    passages: Sequence[
        tuple[float, Sequence[set[str]]]
    ]  # of each passage what it is worth, and the terms of its sentences
    words: frozenset[str]  # first terms of its words with a topic
    joinable: frozenset[int]  # `joint_mark` of what its neighbouring words give when written as one


def joint_mark(term: str) -> int:
    """A number that stands for a term that two neighbours would give, known or not; few terms share one."""
    return crc32(term.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of all documents. Whatever is said of documents is in their order; sizes say how the next array is cut."""

    terms: list[str]  # sorted
    documents_with_word: (
        np.ndarray
    )  # int32 [terms]: how many documents hold the term as the first of a word with a topic
    postings: np.ndarray  # uint64, sorted
    lengths: np.ndarray  # int32 [documents, fields]
    wordings_of: np.ndarray  # int32 [documents]: how many
    wording_kind: np.ndarray  # uint8 [wordings]: place of its field in FIELDS
    wording_size: np.ndarray  # int32 [wordings]
    wording_terms: np.ndarray  # int32
    passages_of: np.ndarray  # int32 [documents]
    passage_factor: np.ndarray  # float64 [passages]
    sentences_of: np.ndarray  # int32 [passages]
    sentence_size: np.ndarray  # int32 [sentences]
    sentence_terms: np.ndarray  # int32
    words_of: np.ndarray  # int32 [documents]
    words: np.ndarray  # int32: numbers of the documents' `words`
    joinable_of: np.ndarray  # int32 [documents]
    joinable: np.ndarray  # uint32

    @property
    def n_documents(self) -> int:
        return len(self.lengths)

    def posting_term(self) -> np.ndarray:
        """int64 [postings]: number of the term."""
        return (self.postings >> np.uint64(_TERM_AT)).astype(np.int64)

    def posting_document(self) -> np.ndarray:
        """int64 [postings]: number of the document."""
        return _documents(self.postings)

    def posting_field(self) -> np.ndarray:
        """int64 [postings]: place of the field in FIELDS."""
        return ((self.postings >> np.uint64(FREQUENCY_BITS)) & np.uint64((1 << FIELD_BITS) - 1)).astype(np.int64)

    def posting_frequency(self) -> np.ndarray:
        """float32 [postings]: how often the term stands in the field of the document."""
        return (self.postings & np.uint64(MOST_OCCURRENCES)).astype(np.float32)

    def known_words(self) -> dict[str, int]:
        """Terms that are words with a topic somewhere, with how many documents hold them."""
        counts: list[int] = self.documents_with_word.tolist()
        return {term: count for term, count in zip(self.terms, counts, strict=True) if count}

    def words_in(self, documents: Sequence[int]) -> dict[str, int]:
        """Terms that are words with a topic in `documents`, with how many of these hold them."""
        numbers = self.words[members(np.array(documents, dtype=np.int64).reshape(-1), self.words_of)]
        found, counts = np.unique(numbers, return_counts=True)
        return {self.terms[number]: count for number, count in zip(found.tolist(), counts.tolist(), strict=True)}

    def documents_that_join(self, terms: Iterable[str]) -> list[int]:
        """Documents of which neighbouring words may give one of `terms` when written as one."""
        marks = np.array([joint_mark(term) for term in terms], dtype=np.uint32)
        if not len(marks):
            return []
        owners = np.repeat(np.arange(self.n_documents), self.joinable_of)
        found: list[int] = np.unique(owners[np.isin(self.joinable, marks)]).tolist()
        return found


def _documents(postings: np.ndarray) -> np.ndarray:
    return ((postings >> np.uint64(_DOCUMENT_AT)) & np.uint64(MOST_DOCUMENTS - 1)).astype(np.int64)


def no_rows() -> Rows:
    """The rows of no document."""
    return RowWriter().rows()


class RowWriter:
    """Takes documents in, one after the other, into arrays: lists would take many times the memory."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._postings = array("Q")
        self._lengths = array("i")
        self._wordings_of, self._wording_kind, self._wording_size, self._wording_terms = _arrays("iBii")
        self._passages_of, self._passage_factor, self._sentences_of = _arrays("idi")
        self._sentence_size, self._sentence_terms = _arrays("ii")
        self._words_of, self._words, self._joinable_of, self._joinable = _arrays("iiiI")
        self._n_documents = 0

    def add(self, document: AnalysedDocument) -> None:
        """Add a document after the ones before it."""
        number = self._number
        for place, name in enumerate(FIELDS):
            counts: dict[str, int] = {}
            for term in document.bags.get(name, ()):
                counts[term] = counts.get(term, 0) + 1
            low = self._n_documents << _DOCUMENT_AT | place << FREQUENCY_BITS
            self._postings.extend(
                number(term) << _TERM_AT | low | min(count, MOST_OCCURRENCES) for term, count in counts.items()
            )
        self._lengths.extend(document.lengths)
        self._wordings_of.append(len(document.wordings))
        for name, terms in document.wordings:
            self._wording_kind.append(FIELDS.index(name))
            self._wording_size.append(len(terms))
            self._wording_terms.extend(map(number, terms))
        own = {term for terms in document.bags.values() for term in terms}
        self._passages_of.append(len(document.passages))
        for factor, sentences in document.passages:
            self._passage_factor.append(factor)
            self._sentences_of.append(len(sentences))
            for found in sentences:
                held = sorted(found & own)
                self._sentence_size.append(len(held))
                self._sentence_terms.extend(map(number, held))
        held = sorted(document.words & own)
        self._words_of.append(len(held))
        self._words.extend(map(number, held))
        self._joinable_of.append(len(document.joinable))
        self._joinable.extend(sorted(document.joinable))
        self._n_documents += 1

    def _number(self, term: str) -> int:
        return self._numbers.setdefault(term, len(self._numbers))

    def rows(self) -> Rows:
        """The rows of all documents added."""
        lengths = np.array(self._lengths, np.int32).reshape(self._n_documents, len(FIELDS))
        return _tidy(Rows(
            terms=list(self._numbers), documents_with_word=np.zeros(len(self._numbers), np.int32), postings=np.array(self._postings, np.uint64), lengths=lengths,
            wordings_of=np.array(self._wordings_of, np.int32), wording_kind=np.array(self._wording_kind, np.uint8),
            wording_size=np.array(self._wording_size, np.int32), wording_terms=np.array(self._wording_terms, np.int32),
            passages_of=np.array(self._passages_of, np.int32), passage_factor=np.array(self._passage_factor, np.float64),
            sentences_of=np.array(self._sentences_of, np.int32), sentence_size=np.array(self._sentence_size, np.int32),
            sentence_terms=np.array(self._sentence_terms, np.int32), words_of=np.array(self._words_of, np.int32),
            words=np.array(self._words, np.int32), joinable_of=np.array(self._joinable_of, np.int32),
            joinable=np.array(self._joinable, np.uint32),
        ))  # fmt: skip


def _arrays(kinds: str) -> list[array[Any]]:
    return [array(kind) for kind in kinds]


# Putting together


def select(old: Rows, new: Rows, order: Sequence[int]) -> Rows:
    """The rows of the documents in `order`: numbers of documents of `old`, and beyond them those of `new`."""
    pool, numbers = _pool(old, new)
    documents = np.array(order, dtype=np.int64).reshape(-1)
    wordings = members(documents, pool.wordings_of)
    passages = members(documents, pool.passages_of)
    sentences = members(passages, pool.sentences_of)
    place = np.full(pool.n_documents, -1, dtype=np.int64)
    place[documents] = np.arange(len(documents))
    return _tidy(Rows(
        terms=pool.terms, documents_with_word=pool.documents_with_word,
        postings=_moved(old.postings, new.postings, place, old.n_documents, numbers), lengths=pool.lengths[documents],
        wordings_of=pool.wordings_of[documents], wording_kind=pool.wording_kind[wordings], wording_size=pool.wording_size[wordings],
        wording_terms=pool.wording_terms[members(wordings, pool.wording_size)],
        passages_of=pool.passages_of[documents], passage_factor=pool.passage_factor[passages],
        sentences_of=pool.sentences_of[passages], sentence_size=pool.sentence_size[sentences],
        sentence_terms=pool.sentence_terms[members(sentences, pool.sentence_size)],
        words_of=pool.words_of[documents], words=pool.words[members(documents, pool.words_of)],
        joinable_of=pool.joinable_of[documents], joinable=pool.joinable[members(documents, pool.joinable_of)],
    ))  # fmt: skip


def members(groups: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Places of the members of `groups`, where group g has `sizes[g]` members, one group's after the other's; int64."""
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    wanted = sizes[groups].astype(np.int64)
    ends = np.cumsum(wanted)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts[groups] - (ends - wanted), wanted) + np.arange(total)


def _pool(old: Rows, new: Rows) -> tuple[Rows, np.ndarray]:
    """Both one after the other, but for the postings, and the numbers that the terms of `new` have there."""
    numbers = {term: number for number, term in enumerate(old.terms)}
    of_new = np.array([numbers.setdefault(term, len(numbers)) for term in new.terms], dtype=np.int64)
    joined: dict[str, Any] = {}
    for item in fields(Rows):
        if item.name in ("terms", "postings"):
            continue
        after = getattr(new, item.name)
        if item.name in ("wording_terms", "sentence_terms", "words"):
            after = of_new[after].astype(np.int32)
        joined[item.name] = np.concatenate([getattr(old, item.name), after])
    return Rows(terms=list(numbers), postings=old.postings[:0], **joined), of_new


def _moved(old: np.ndarray, new: np.ndarray, place: np.ndarray, n_old: int, numbers_of_new: np.ndarray) -> np.ndarray:
    """The postings of the documents that have a place, with their new numbers; not sorted."""
    found = []
    for postings, first in ((old, 0), (new, n_old)):
        document = place[_documents(postings) + first]
        is_held = document >= 0
        kept = postings[is_held]
        term = kept >> np.uint64(_TERM_AT)
        if first or postings is new:
            term = numbers_of_new[term.astype(np.int64)].astype(np.uint64)
        low = kept & np.uint64((1 << _DOCUMENT_AT) - 1)
        found.append(term << np.uint64(_TERM_AT) | document[is_held].astype(np.uint64) << np.uint64(_DOCUMENT_AT) | low)
    return np.concatenate(found)


def _tidy(rows: Rows) -> Rows:
    """`rows` with its terms sorted, without those that no document holds, and its postings sorted."""
    term = rows.posting_term()
    is_used = np.zeros(len(rows.terms), dtype=bool)
    is_used[term] = True
    is_used[rows.wording_terms] = True
    names = sorted(name for name, used in zip(rows.terms, is_used.tolist(), strict=True) if used)
    places = {name: number for number, name in enumerate(names)}
    number = np.array([places.get(name, -1) for name in rows.terms], dtype=np.int64)
    low = rows.postings & np.uint64((1 << _TERM_AT) - 1)
    postings = number[term].astype(np.uint64) << np.uint64(_TERM_AT) | low
    postings.sort(kind="stable")  # the sort that profits from long parts being in order
    words = number[rows.words].astype(np.int32)
    values = {item.name: getattr(rows, item.name) for item in fields(Rows)}
    values |= {
        "terms": names, "postings": postings, "words": words, "wording_terms": number[rows.wording_terms].astype(np.int32),
        "sentence_terms": number[rows.sentence_terms].astype(np.int32),
        "documents_with_word": np.bincount(words, minlength=len(names)).astype(np.int32),
    }  # fmt: skip
    return Rows(**values)


# On disk


def save_rows(rows: Rows, path: Path) -> None:
    """Write `rows` to one file."""
    values = {item.name: getattr(rows, item.name) for item in fields(Rows) if item.name != "terms"}
    terms = np.frombuffer("\n".join(rows.terms).encode("utf-8", "surrogatepass"), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez(file, terms=terms, **values)


def load_rows(path: Path) -> Rows:
    """The rows that `save_rows` wrote. Raises DamagedIndexError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            text = stored["terms"].tobytes().decode("utf-8", "surrogatepass")
            values = {item.name: stored[item.name] for item in fields(Rows) if item.name != "terms"}
            return Rows(terms=text.split("\n") if text else [], **values)
    except Exception as error:  # a damaged zip or array can raise nearly anything
        raise DamagedIndexError(
            f"the rows {path} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
        ) from error

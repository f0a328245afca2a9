"""The index of record: Whoosh's schema, writing documents, and reading the postings back.

Each field holds the terms of `terms_of`: words, the concepts of the vocabulary, and words written apart that others write
together. The field `text` holds all that its writers wrote with the places of words, for operators; nothing is ranked by it.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from whoosh import index as whoosh_index
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.reading import IndexReader

from kb.analysis import Analyzer, Word, fold, is_stop_word, stem, words
from kb.errors import DamagedIndexError
from kb.fields import FIELDS, MOST_ASKED_WORDINGS, WORDING_FIELDS, IndexDocument
from kb.vocabulary import Vocabulary

# Fields in which the words that carry no topic (how, what, not …) still tell one question from another.
STOP_WORD_FIELDS = frozenset(("question", "aliases", "asked", "short", "headings"))
_SURFACE = re.compile(r"[^\W\d_]{3,}")
Progress = Callable[[int, int], None]  # done, of how many


@dataclass(slots=True)
class Wording:
    """One way to ask for a document: a question, an alias or an error text, as a set of terms."""

    document: int
    field: str
    terms: tuple[str, ...]


@dataclass(slots=True)
class Collected:
    """What is learnt while documents are written, beside Whoosh's postings."""

    ids: list[str] = field(default_factory=list)
    lengths: list[tuple[int, ...]] = field(default_factory=list)  # topic words by field, in the order of FIELDS
    wordings: list[Wording] = field(default_factory=list)
    surfaces: Counter[str] = field(default_factory=Counter)  # words as written, folded, with how often


def schema() -> Schema:
    """The schema: one unscored field of all words with places, and one bag of terms for every searched field."""
    bags = {name: TEXT(analyzer=Analyzer(), phrase=False, stored=False) for name in FIELDS}
    return Schema(id=ID(stored=True), kind=STORED, text=TEXT(analyzer=Analyzer(), phrase=True, stored=False), **bags)


def joined(first: Word, second: Word, text: str) -> str:
    """The term of two neighbouring words written as one, such as `passphras` for "pass phrase"; empty if they are far apart."""
    if second.start - first.end > 1:
        return ""
    return stem(fold(text[first.start : first.end] + text[second.start : second.end]))


def terms_of(text: str, vocabulary: Vocabulary, known: set[str], *, keep_stop_words: bool) -> tuple[list[str], int]:
    """The terms that `text` gives a field, repeats included, and how many of its words carry a topic.

    known: terms that are words somewhere in the collection; only neighbours that give one of these are joined.
    """
    every = words(text, keep_stop_words=True)
    topic = [word for word in every if not is_stop_word(word.terms)]
    found = [term for word in (every if keep_stop_words else topic) for term in word.terms]
    for occurrence in vocabulary.find([word.terms[0] for word in every]):
        found += occurrence.concepts
    for first, second in zip(topic, topic[1:], strict=False):
        term = joined(first, second, text)
        if term in known:
            found.append(term)
    return found, len(topic)


def write_index(
    folder: Path,
    documents: Callable[[], Iterable[IndexDocument]],
    vocabulary: Vocabulary,
    progress: Progress | None = None,
) -> Collected:
    """Write the documents into a new Whoosh index in `folder`, which exists and is empty; document n becomes number n.

    documents: gives the same documents each time it is called; they are read twice, the first time for their words.
    """
    known = {word.terms[0] for document in documents() for text in document.texts() for word in words(text)}
    collected = Collected()
    writer = whoosh_index.create_in(str(folder), schema()).writer(limitmb=256)
    every = list(documents())
    for number, document in enumerate(every):
        bags, lengths = {}, []
        for name in FIELDS:
            terms: list[str] = []
            length = 0
            for text in document.fields.get(name, ()):
                more, n_words = terms_of(text, vocabulary, known, keep_stop_words=name in STOP_WORD_FIELDS)
                terms += more
                length += n_words
            bags[name] = terms
            lengths.append(length)
        writer.add_document(
            id=document.id, kind=document.kind, text="\n".join(document.written_texts()), **{k: v for k, v in bags.items() if v}
        )
        collected.ids.append(document.id)
        collected.lengths.append(tuple(lengths))
        collected.wordings += _wordings(number, document, vocabulary, known)
        for name, texts in document.fields.items():
            if name != "asked":  # people misspell; what they wrote is no measure of spelling
                for text in texts:
                    collected.surfaces.update(fold(word) for word in _SURFACE.findall(text))
        if progress:
            progress(number + 1, len(every))
    writer.commit()
    return collected


def _wordings(number: int, document: IndexDocument, vocabulary: Vocabulary, known: set[str]) -> Iterator[Wording]:
    for name in WORDING_FIELDS:
        most = MOST_ASKED_WORDINGS if name == "asked" else None
        for text in document.fields.get(name, ())[:most]:
            terms, _ = terms_of(text, vocabulary, known, keep_stop_words=True)
            if terms:
                yield Wording(number, name, tuple(dict.fromkeys(terms)))


@dataclass(frozen=True, slots=True)
class Postings:
    """All postings of an index, one row each: the term `terms[term[i]]` stands `frequency[i]` times in a field of a document."""

    terms: list[str]
    term: np.ndarray  # int32 [rows]
    field: np.ndarray  # int8 [rows], place in FIELDS
    document: np.ndarray  # int32 [rows]
    frequency: np.ndarray  # float32 [rows]


def read_postings(folder: Path) -> Postings:
    """The postings of the Whoosh index in `folder`. Raises DamagedIndexError when it cannot be read."""
    numbers: dict[str, int] = {}
    runs: list[tuple[int, int, int]] = []  # of each term in each field: number, place of the field, rows
    documents, frequencies = array("i"), array("f")  # lists of numbers would take ten times the memory
    reader = open_reader(folder)
    try:
        for place, name in enumerate(FIELDS):
            for term in reader.lexicon(name) if name in reader.indexed_field_names() else ():
                text = term.decode("utf-8")
                number = numbers.setdefault(text, len(numbers))
                before = len(documents)
                matcher = reader.postings(name, text)
                while matcher.is_active():
                    documents.append(matcher.id())
                    frequencies.append(matcher.weight())
                    matcher.next()
                runs.append((number, place, len(documents) - before))
    finally:
        reader.close()
    of_term, of_field, n_rows = np.array(runs, dtype=np.int64).reshape(-1, 3).T
    return Postings(
        terms=list(numbers),
        term=np.repeat(of_term, n_rows).astype(np.int32),
        field=np.repeat(of_field, n_rows).astype(np.int8),
        document=np.array(documents, dtype=np.int32),
        frequency=np.array(frequencies, dtype=np.float32),
    )


def open_reader(folder: Path) -> IndexReader:
    """A reader of the Whoosh index in `folder`, for one thread; close it. Raises DamagedIndexError."""
    try:
        return whoosh_index.open_dir(str(folder), readonly=True).reader()
    except Exception as error:  # Whoosh raises many kinds for damaged files, struct.error and EOFError among them
        raise DamagedIndexError(
            f"the index in {folder} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
        ) from error

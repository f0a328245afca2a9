"""What stands in the folder of a generation, and how it is written: from nothing, or from the generation before it.

With one before it, only documents that changed are analysed and written; files that hold the others are shared, and what
concerns all documents (how rare a term is) is worked out anew from the rows of all. Both ways give the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.entry import Content, Entry, Guide
from kb.errors import ContentError, DamagedIndexError
from kb.fields import IndexDocument, documents_of
from kb.impacts import build_table, save_table
from kb.index import IndexWriter, Progress, WordCounts, analyse, share_file, share_files, words_with_topic
from kb.rows import MOST_DOCUMENTS, Rows, RowWriter, load_rows, no_rows, save_rows, select
from kb.settings import Ranking
from kb.snippet import make_passages
from kb.stored_content import rest_to_json
from kb.texts import (
    NO_PLACES,
    TEXTS,
    Places,
    TextWriter,
    documents_file,
    passages_file,
    places_from,
    select_places,
)
from kb.vocabulary import Vocabulary

CONTENT, WORDS, TABLE, ROWS, PLACES, WHOOSH = (
    "content.json", "words.json", "impacts.npz", "rows.npz", "places.npz", "whoosh",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Basis:
    """A whole generation to start from."""

    folder: Path
    content: Content
    places: Places
    whoosh_numbers: np.ndarray  # int32 [documents]: where they stand in Whoosh's index


def items_of(content: Content) -> list[Entry | Guide]:
    """The documents of `content` in their order: entries, then guides."""
    return [*content.entries, *content.guides]


def write_generation(
    folder: Path, content: Content, ranking: Ranking, basis: Basis | None = None, progress: Progress | None = None
) -> int:
    """Write the generation of `content` into `folder`, which exists and is empty. Returns how many terms it has.

    Raises ContentError for more documents than can be numbered, DamagedIndexError when `basis` cannot be read.
    """
    items = items_of(content)
    if len(items) >= MOST_DOCUMENTS:
        raise ContentError(f"there are {len(items):,} entries; {MOST_DOCUMENTS - 1:,} is the most an index can hold")
    if basis is not None and not _is_like(basis.content, content):
        basis = None
    (folder / WHOOSH).mkdir()
    (folder / TEXTS).mkdir()
    if basis is not None:
        share_files(basis.folder / WHOOSH, folder / WHOOSH)
    rows, words = (
        (load_rows(basis.folder / ROWS), load_words(basis.folder / WORDS)) if basis else (no_rows(), WordCounts())
    )
    places = basis.places if basis else NO_PLACES
    change = _change(basis, content)
    _count_words(words, basis, content, change)
    known, documents_joining = _known_after(rows, change)
    writer = IndexWriter(folder / WHOOSH, basis.whoosh_numbers if basis else np.zeros(0, np.int32))
    try:
        again = (documents_joining | writer.to_rewrite({*change.gone, *documents_joining})) - set(change.gone)
        order = [-1 if number in again else number for number in change.order]
        writer.delete({*change.gone, *again})
        new_rows, new_places = _write_documents(folder, items, content, order, known, writer, progress)
        kept_numbers, added_numbers = writer.commit()
    except BaseException:
        writer.cancel()
        raise
    places_of_new = iter(range(rows.n_documents, rows.n_documents + len(items)))
    pool_order = [number if number >= 0 else next(places_of_new) for number in order]
    numbers = np.concatenate([kept_numbers, added_numbers])[np.array(pool_order, np.int64)].astype(np.int32)
    new_rows = select(rows, new_rows, pool_order)
    places = select_places(places, new_places, pool_order)
    _share_texts(folder, basis, places)
    table = build_table(new_rows, [item.question for item in items], ranking)
    save_table(table, folder / TABLE)
    save_rows(new_rows, folder / ROWS)
    save_places(folder / PLACES, places, numbers)
    save_words(words, folder / WORDS)
    (folder / CONTENT).write_bytes(rest_to_json(content))
    return len(new_rows.terms)


# What changed


@dataclass(frozen=True, slots=True)
class _Change:
    """How one content follows from another."""

    order: list[int]  # of every document the number it had, or -1 for one that is new or changed
    gone: list[int]  # numbers of documents that were deleted or changed
    documents: list[IndexDocument]  # the new and changed ones, in order


def _is_like(before: Content, after: Content) -> bool:
    """Whether the words of unchanged documents still mean what they did."""
    return (before.vocabulary, before.site.historic_headings) == (after.vocabulary, after.site.historic_headings)


def _change(basis: Basis | None, content: Content) -> _Change:
    items = items_of(content)
    if basis is None:
        return _Change([-1] * len(items), [], list(documents_of(items, content)))
    # what is unchanged is the very same object: `load_content` takes it over
    number_of = {id(item): number for number, item in enumerate(items_of(basis.content))}
    title_before = {section.id: section.title for section in basis.content.sections}
    title_after = {section.id: section.title for section in content.sections}
    order = [
        number_of.get(id(item), -1) if title_before.get(item.section) == title_after.get(item.section) else -1
        for item in items
    ]
    gone = sorted(set(number_of.values()) - set(order))
    changed = [item for item, number in zip(items, order, strict=True) if number < 0]
    return _Change(order, gone, list(documents_of(changed, content)))


def _count_words(words: WordCounts, basis: Basis | None, content: Content, change: _Change) -> None:
    if basis is not None:
        before = items_of(basis.content)
        for document in documents_of([before[number] for number in change.gone], basis.content):
            words.remove(document)
    for document in change.documents:
        words.add(document)


def _known_after(rows: Rows, change: _Change) -> tuple[set[str], set[int]]:
    """The terms that are words with a topic after the change, and the documents that may join others because of it."""
    before = rows.known_words()
    counts = Counter(before)
    for term, count in rows.words_in(change.gone).items():
        counts[term] -= count
    for document in change.documents:
        counts.update(words_with_topic(document))
    known = {term for term, count in counts.items() if count > 0}
    return known, set(rows.documents_that_join(known ^ before.keys())) if before else set()


# Writing


def _write_documents(
    folder: Path, items: Sequence[Entry | Guide], content: Content, order: Sequence[int], known: set[str],
    writer: IndexWriter, progress: Progress | None,
) -> tuple[Rows, Places]:  # fmt: skip
    """Analyse and write the documents without a number in `order`; their rows, and the places of their texts."""
    vocabulary, historic = Vocabulary(content.vocabulary), content.site.historic_headings
    wanted = [item for item, number in zip(items, order, strict=True) if number < 0]
    row_writer = RowWriter()
    with TextWriter(folder) as texts:
        for number, (item, document) in enumerate(zip(wanted, documents_of(wanted, content), strict=True)):
            analysed = analyse(document, vocabulary, known, historic)
            row_writer.add(analysed)
            writer.add(document, analysed.bags)
            texts.add(item, make_passages(document.blocks, historic) if document.kind == "entry" else ())
            if progress:
                progress(number + 1, len(wanted))
        return row_writer.rows(), texts.places()


def _share_texts(folder: Path, basis: Basis | None, places: Places) -> None:
    """Take over the segments of texts that are still needed, and drop a new one without a document."""
    for segment in places.segments:
        for file_of in (documents_file, passages_file):
            if not file_of(folder, segment).exists() and basis is not None:
                share_file(file_of(basis.folder, segment), file_of(folder, segment))
    for path in (folder / TEXTS).iterdir():
        if path.name.partition(".")[0] not in places.segments:
            path.unlink()


# Small files


def save_words(words: WordCounts, path: Path) -> None:
    """Write `words` to one file."""
    value = {name: dict(sorted(getattr(words, name).items())) for name in WordCounts.__slots__}
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def load_words(path: Path) -> WordCounts:
    """What `save_words` wrote. Raises DamagedIndexError."""
    try:
        return WordCounts(**{name: Counter(value) for name, value in json.loads(path.read_bytes()).items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedIndexError(
            f"the word list {path} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
        ) from error


def save_places(path: Path, places: Places, whoosh_numbers: np.ndarray) -> None:
    """Write where documents stand to one file."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, whoosh_numbers=whoosh_numbers, **places.arrays())


def load_places(path: Path) -> tuple[Places, np.ndarray]:
    """What `save_places` wrote. Raises whatever NumPy raises for a damaged file."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = dict(stored)
    return places_from(arrays), arrays["whoosh_numbers"]

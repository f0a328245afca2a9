"""The impact table as text for the browser: words, postings and wordings, coded decision by decision.

`static/engine/table_reader.js` reads it in the same order with the same contexts; what decides how likely something is must
have been written before. In order:

1. All terms but concepts as numbers of a few bits, sorted: nothing needs their letters (`hash_of`). Two of them with one
   number would be taken for one, so such terms are spelled beside the text.
2. The number of wordings of every document.
3. For every term, concepts last: its documents, and for each of them the step of its impact and in how many wordings it
   stands. Step 0: it stands in wordings only.
4. For every wording which of the terms that can stand in it do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kb.analysis import STOP_TERMS, primary_terms
from kb.fields import FIELDS, WORDING_FIELDS
from kb.generation import Generation
from kb.impacts import ImpactTable
from kb.range_coder import NUMBER_CONTEXTS, Encoder
from kb.settings import Ranking
from kb.vocabulary import MARK

# Of a term's number, beyond those that tell the terms apart: one unknown word in 300 is taken for known.
SPARE_HASH_BITS = 8
GAP_BITS = SPARE_HASH_BITS - 1  # of the distance of two numbers, in which nothing can be foreseen
SIZES = 12  # classes of numbers by size
MOST_WORDINGS = 40  # wordings counted one by one
DENSE = 8  # of so many documents one must hold a term for each to be asked about
PARTS = 32  # into which shares are divided


def hash_of(term: str, bits: int) -> int:
    """FNV-1a of the UTF-16 units of `term`, its upper `bits`."""
    value = 0x811C9DC5
    encoded = term.encode("utf-16-le", "surrogatepass")
    for place in range(0, len(encoded), 2):
        value = ((value ^ (encoded[place] | encoded[place + 1] << 8)) * 0x01000193) & 0xFFFFFFFF
    return value * 0x9E3779B1 % (1 << 32) >> (32 - bits)


def size_of(value: int) -> int:
    """The class of a number: itself up to 3, then one for each doubling."""
    return value if value < 4 else min(SIZES - 1, value.bit_length() + 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the contexts of each kind of decision start."""

    gap: int
    n_wordings: int
    n_documents: int
    held: int
    skipped: int
    step: int
    is_worded: int
    asked: int
    is_asked: int
    aliases: int
    question: int
    errors: int
    wording: int
    end: int


def make_layout(steps: int) -> Layout:
    """The layout for a table with so many steps of impact."""
    sizes = [
        NUMBER_CONTEXTS, 4 * NUMBER_CONTEXTS, 2 * NUMBER_CONTEXTS,
        2 * 3 * 2 * (PARTS + 1), 2 * SIZES * NUMBER_CONTEXTS, SIZES * 2 * 2 * 2 << steps.bit_length(), (steps + 1) * SIZES * 4,
        (steps + 1) * SIZES * 2 * MOST_WORDINGS, (steps + 1) * SIZES * 2, (steps + 1) * SIZES * 2 * MOST_WORDINGS,
        (steps + 1) * SIZES * 2, (steps + 1) * SIZES * 2 * MOST_WORDINGS, 4 * (PARTS + 1) * 4 * 4,
    ]  # fmt: skip
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    return Layout(*starts)


@dataclass(frozen=True, slots=True)
class Row:
    """What a term is to a document."""

    document: int
    step: int  # of its impact; 0: none
    is_asked: bool  # stands in a question that was asked
    wordings: tuple[int, int, int, int]  # in how many wordings of each kind it stands


class _Writer:
    def __init__(self, generation: Generation, ranking: Ranking) -> None:
        retriever = generation.retriever
        self.table = retriever.table
        self.steps = ranking.impact_steps
        self.n_entries = len(generation.content.entries)
        self.at = make_layout(self.steps)
        self.code = Encoder(self.at.end)
        self.vocabulary = generation.content.vocabulary
        self.concepts = _Concepts(self.vocabulary)
        self.documents, self.kinds = _wordings_of(self.table)
        self.n_wordings = [[0, 0, 0, 0] for _ in range(self.table.n_documents)]
        for document, kind in zip(self.documents, self.kinds, strict=True):
            self.n_wordings[document][kind] += 1
        self.wordings = _terms_of_wordings(self.table)
        self.rows = _rows(self.table, ranking, self.wordings, self.documents, self.kinds)

    def write(self) -> dict[str, Any]:
        """The text, and what is needed beside it."""
        hashed, spelled, bits = self._hashes()
        named = [MARK + concept[0] for concept in self.vocabulary]
        concepts = [concept for concept in dict.fromkeys(named) if concept in self.table.terms]
        order = [*((term, 0) for term in [*spelled, *hashed]), *((term, 1) for term in concepts)]
        for counts in self.n_wordings:
            for kind, count in enumerate(counts):
                self.code.number(self.at.n_wordings + kind * NUMBER_CONTEXTS, count)
        for term, nature in order:
            self._rows(term, nature)
        self._wordings([term for term, _ in order])
        return {
            "steps": self.steps, "hashed": len(hashed), "hash_bits": bits, "spelled": spelled,
            "unused": [place for place, concept in enumerate(named) if concept not in concepts],
            "rows": sum(map(len, self.rows.values())), "wordings": len(self.wordings),
            "in_wordings": sum(map(len, self.wordings)), "question_style": self.table.question_style, "code": self.code.text(),
        }  # fmt: skip

    # -- 1: terms -------------------------------------------------------------------------------------------------

    def _hashes(self) -> tuple[list[str], list[str], int]:
        """Terms that are written as numbers, in their order; terms to be spelled instead; and bits of a number."""
        others = sorted(term for term in self.table.terms if not term.startswith(MARK))
        bits = min(30, max(1, len(others)).bit_length() + SPARE_HASH_BITS)
        # the reader looks these up to know what to expect, and must not take one for a term that has its number
        looked_up = (self.concepts.terms | STOP_TERMS) - self.table.terms.keys()
        shared = Counter(hash_of(term, bits) for term in [*others, *looked_up])
        spelled = [term for term in others if shared[hash_of(term, bits)] > 1]
        hashed = sorted((hash_of(term, bits), term) for term in others if shared[hash_of(term, bits)] == 1)
        last = 0
        for value, _ in hashed:
            gap = value - last
            self.code.number(self.at.gap, gap >> GAP_BITS)
            self.code.bits(gap & (1 << GAP_BITS) - 1, GAP_BITS)
            last = value
        return [term for _, term in hashed], spelled, bits

    # -- 3: rows ----------------------------------------------------------------------------------------------------

    def _rows(self, term: str, nature: int) -> None:
        rows = self.rows.get(term, [])
        self.code.number(self.at.n_documents + nature * NUMBER_CONTEXTS, len(rows))
        self._places(term, nature, [row.document for row in rows])
        stop = int(term in STOP_TERMS)
        size = size_of(len(rows))
        for row in rows:
            self._row(row, nature, stop, size)

    def _places(self, term: str, nature: int, documents: Sequence[int]) -> None:
        """Which documents hold a term: one by one where many do, else how many are skipped."""
        n = self.table.n_documents
        expected = self.concepts.expected(term, self.rows, n) if nature else None
        holders = set(documents)
        place, left = 0, len(documents)
        while left and left < n - place:
            rest = n - place
            is_guide = int(place >= self.n_entries)
            if expected or left * DENSE >= rest:
                context = ((nature * 3 + (expected[place] if expected else 0)) * 2 + is_guide) * (
                    PARTS + 1
                ) + left * PARTS // rest
                self.code.decide(self.at.held + context, place in holders)
                left -= place in holders
                place += 1
            else:
                following = documents[len(documents) - left]
                context = (nature * SIZES + size_of(rest // left)) * NUMBER_CONTEXTS
                self.code.number(self.at.skipped + context, following - place)
                place, left = following + 1, left - 1

    def _row(self, row: Row, nature: int, stop: int, size: int) -> None:
        at, code = self.at, self.code
        counts = self.n_wordings[row.document]
        guide = int(row.document >= self.n_entries)
        n_bits = self.steps.bit_length()
        code.choice(at.step + ((((size * 2 + guide) * 2 + nature) * 2 + stop) << n_bits), row.step, n_bits)
        base = row.step * SIZES + size
        is_worded = any(row.wordings)
        code.decide(at.is_worded + (base * 2 + stop) * 2 + guide, is_worded)
        if is_worded:
            self._row_wordings(row, base, stop, guide)
        if counts[2] and not row.wordings[2]:
            code.decide(at.is_asked + base * 2 + is_worded, row.is_asked)

    def _row_wordings(self, row: Row, base: int, stop: int, guide: int) -> None:
        at, code = self.at, self.code
        counts = self.n_wordings[row.document]
        questions, aliases, asked, errors = row.wordings
        if counts[2]:
            code.count(at.asked + (base * 2 + stop) * MOST_WORDINGS, asked, min(counts[2], MOST_WORDINGS))
        if counts[1]:
            context = ((row.step * SIZES + size_of(asked)) * 2 + guide) * MOST_WORDINGS
            code.count(at.aliases + context, aliases, min(counts[1], MOST_WORDINGS))
        if counts[0]:
            code.decide(at.question + (row.step * SIZES + size_of(aliases)) * 2 + guide, questions)
        if counts[3]:
            code.count(at.errors + (base * 2 + guide) * MOST_WORDINGS, errors, min(counts[3], MOST_WORDINGS))

    # -- 4: wordings ------------------------------------------------------------------------------------------------

    def _wordings(self, order: Sequence[str]) -> None:
        held: dict[int, list[tuple[str, Row]]] = defaultdict(list)
        for term in order:
            for row in self.rows.get(term, ()):
                held[row.document].append((term, row))
        number = 0
        for document, counts in enumerate(self.n_wordings):
            for kind, count in enumerate(counts):
                left = {term: row.wordings[kind] for term, row in held[document] if row.wordings[kind]}
                for done in range(count):
                    self._wording(kind, count - done, left, self.wordings[number])
                    number += 1

    def _wording(self, kind: int, rest: int, left: dict[str, int], terms: set[str]) -> None:
        """Which of the terms that still have to stand in one of the last `rest` wordings stand in the first of them."""
        found: set[str] = set()
        for term, times in left.items():
            if not times:
                continue
            expected = (3 if self.concepts.is_said(term, found) else 2) if term.startswith(MARK) else 0
            is_here = term in terms
            if times < rest:  # else it stands in all of them
                context = ((kind * (PARTS + 1) + times * PARTS // rest) * 4 + expected) * 4 + min(3, len(found) // 3)
                self.code.decide(self.at.wording + context, is_here)
            if is_here:
                left[term] -= 1
                found.add(term)


class _Concepts:
    """Where the variants of concepts stand, there are the concepts, mostly."""

    def __init__(self, vocabulary: Sequence[Sequence[str]]) -> None:
        self._variants: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for concept in vocabulary:
            self._variants[MARK + concept[0]] += [terms for terms in map(primary_terms, concept) if terms]
        self.terms = frozenset(term for variants in self._variants.values() for terms in variants for term in terms)

    def is_said(self, concept: str, terms: set[str]) -> bool:
        """Whether all words of a variant are among `terms`."""
        return any(terms.issuperset(variant) for variant in self._variants[concept])

    def expected(self, concept: str, rows: dict[str, list[Row]], n_documents: int) -> list[int]:
        """For every document 2 if it holds a variant of one word, 1 if it holds all words of another, else 0."""
        found = [0] * n_documents
        for variant in self._variants[concept]:
            holders = [{row.document for row in rows.get(term, ())} for term in variant]
            for document in set.intersection(*holders):
                found[document] = max(found[document], 2 if len(variant) == 1 else 1)
        return found


def _wordings_of(table: ImpactTable) -> tuple[list[int], list[int]]:
    """Of every wording its document and the place of its field in WORDING_FIELDS."""
    place = {FIELDS.index(name): number for number, name in enumerate(WORDING_FIELDS)}
    return table.wording_document.tolist(), [place[kind] for kind in table.wording_kind.tolist()]


def _terms_of_wordings(table: ImpactTable) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in range(len(table.wording_document))]
    starts, wordings = table.wording_starts.tolist(), table.wordings.tolist()
    for term, number in table.terms.items():
        for row in range(starts[number], starts[number + 1]):
            found[wordings[row]].add(term)
    return found


def _rows(
    table: ImpactTable, ranking: Ranking, wordings: Sequence[set[str]], documents: Sequence[int], kinds: Sequence[int]
) -> dict[str, list[Row]]:
    """The rows of every term in the order of documents, those of wordings alone among them."""
    counts: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for terms, document, kind in zip(wordings, documents, kinds, strict=True):
        for term in terms:
            counts[term, document][kind] += 1
    whole = np.repeat(table.idf, np.diff(table.starts)) * (ranking.k1 + 1)
    steps = np.rint(table.impacts / np.maximum(whole, 1e-9) * ranking.impact_steps).astype(int).tolist()
    starts, of, bits = table.starts.tolist(), table.documents.tolist(), table.fields.tolist()
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    for term, number in table.terms.items():
        for row in range(starts[number], starts[number + 1]):
            times = counts.pop((term, of[row]), [0, 0, 0, 0])
            is_asked = bool(bits[row] >> FIELDS.index("asked") & 1)
            found[term][of[row]] = Row(of[row], steps[row], is_asked, (times[0], times[1], times[2], times[3]))
    for (term, document), times in counts.items():
        found[term][document] = Row(document, 0, False, (times[0], times[1], times[2], times[3]))
    return {term: [rows[document] for document in sorted(rows)] for term, rows in found.items()}


def pack_table(generation: Generation, ranking: Ranking) -> dict[str, Any]:
    """The table of `generation` as `table.js` reads it."""
    return _Writer(generation, ranking).write()

"""The impact table: how much each term says for each document, settled when the index is built.

Two tables share one list of terms. The first scores documents by BM25F: term frequencies are weighted and
length-normalised by field, added, and saturated once (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25
and Beyond", 2009, section 3.6). The second compares a question with each wording of a document (its question, aliases and
error texts) as a whole, by the cosine of their weighted terms. Answering is then looking terms up and adding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.analysis import STOP_TERMS
from kb.errors import DamagedIndexError
from kb.fields import FIELDS
from kb.rows import Rows
from kb.settings import Ranking
from kb.vocabulary import MARK

_ARRAYS = (
    "idf", "starts", "documents", "impacts", "fields", "wording_idf", "wording_starts", "wordings", "wording_weights",
    "wording_document", "wording_kind",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImpactTable:
    """Both tables. Rows of term t are `starts[t]:starts[t + 1]` of the posting arrays."""

    terms: dict[str, int]  # term to its number
    n_documents: int
    idf: np.ndarray  # float32 [terms]: inverse document frequency over documents, >= 0
    starts: np.ndarray  # int64 [terms + 1]
    documents: np.ndarray  # int32 [rows]
    impacts: np.ndarray  # float32 [rows]: what the term adds to the document's score
    fields: np.ndarray  # uint16 [rows]: bit i set if the term stands in FIELDS[i] of the document
    wording_idf: np.ndarray  # float32 [terms]: the same over the documents' wordings, flattened
    wording_starts: np.ndarray  # int64 [terms + 1]
    wordings: np.ndarray  # int32 [wording rows]: number of the wording
    wording_weights: np.ndarray  # float32 [wording rows]: the term's share of the wording's length, as a vector
    wording_document: np.ndarray  # int32 [wordings], ascending
    wording_kind: np.ndarray  # uint8 [wordings]: place of its field in FIELDS
    max_idf: float  # of a term that one document has
    question_style: float  # share of documents whose title is a question, 0 to 1


def inverse_document_frequency(n_with_term: np.ndarray, n_documents: int) -> np.ndarray:
    """ln(1 + (N - n + 0.5) / (n + 0.5)), >= 0: the variant in Kamphuis et al., "Which BM25 Do You Mean?", ECIR 2020."""
    return np.log1p((n_documents - n_with_term + 0.5) / (n_with_term + 0.5)).astype(np.float32)


def build_table(rows: Rows, questions: Sequence[str], ranking: Ranking) -> ImpactTable:
    """The impact table of an index.

    questions: the title of every document, in order.
    """
    n_documents = rows.n_documents
    arrays = _document_rows(rows, ranking)
    arrays |= _wording_rows(rows, ranking)
    one = np.array([1])
    return ImpactTable(
        terms={term: number for number, term in enumerate(rows.terms)}, n_documents=n_documents, **arrays,
        max_idf=float(inverse_document_frequency(one, n_documents)[0] ** ranking.idf_power),
        question_style=float(np.mean([question.rstrip().endswith(("?", "？", "؟")) for question in questions])),
    )  # fmt: skip


def _document_rows(rows: Rows, ranking: Ranking) -> dict[str, np.ndarray]:
    lengths = rows.lengths.astype(np.float32)
    used = (lengths > 0).sum(axis=0)
    means = np.where(used > 0, lengths.sum(axis=0) / np.maximum(used, 1), 1.0)
    norms = 1 - ranking.length_norm + ranking.length_norm * lengths / means
    weights = np.array([ranking.field_weights[name] for name in FIELDS], dtype=np.float32)
    field, document, term = rows.posting_field(), rows.posting_document(), rows.posting_term()
    share = weights[field] * rows.posting_frequency() / norms[document, field]

    n_documents, n_terms = rows.n_documents, len(rows.terms)
    is_first = np.ones(len(term), dtype=bool)  # of a document's fields that hold a term
    is_first[1:] = (term[1:] != term[:-1]) | (document[1:] != document[:-1])
    first = np.flatnonzero(is_first)
    frequency = np.add.reduceat(share, first) if len(first) else np.zeros(0, np.float32)
    bits = np.bitwise_or.reduceat(1 << field.astype(np.uint16), first) if len(first) else np.zeros(0)
    term, document = term[first], document[first]
    counts = np.bincount(term, minlength=n_terms)
    idf = inverse_document_frequency(counts, n_documents) ** ranking.idf_power
    stop = np.array([name in STOP_TERMS for name in rows.terms], dtype=bool)
    idf = np.where(stop, np.minimum(idf, ranking.stop_rarity), idf)
    # rounded to a few steps: no answer is worse for it, and the offline copy has to carry a third of the data
    steps = np.maximum(1, np.round(ranking.impact_steps * frequency / (ranking.k1 + frequency))).astype(np.float32)
    impacts = idf[term] * ((ranking.k1 + 1) / ranking.impact_steps) * steps
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return {
        "idf": idf.astype(np.float32), "starts": starts, "documents": document.astype(np.int32),
        "impacts": impacts.astype(np.float32), "fields": bits.astype(np.uint16),
    }  # fmt: skip


def _wording_rows(rows: Rows, ranking: Ranking) -> dict[str, np.ndarray]:
    n_documents, n_wordings, n_terms = rows.n_documents, len(rows.wording_size), len(rows.terms)
    term = rows.wording_terms.astype(np.int64)
    number = np.repeat(np.arange(n_wordings), rows.wording_size)
    document = np.repeat(np.arange(n_documents), rows.wordings_of)

    pairs = np.sort(
        term * n_documents + document[number]
    )  # several wordings of a document may hold a term: it counts once
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    counts = np.bincount(pairs // n_documents, minlength=n_terms)
    idf = inverse_document_frequency(counts, n_documents) ** ranking.wording_idf_power
    factor = np.array([term_weight(text, ranking) for text in rows.terms], dtype=np.float32)
    value = (idf * factor)[term].astype(np.float32)
    mass = np.sqrt(np.bincount(number, weights=value**2, minlength=n_wordings)).astype(np.float32)
    mass = np.maximum(mass, 1e-6)
    order = np.argsort(term, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(term, minlength=n_terms))]).astype(np.int64)
    return {
        "wording_idf": idf.astype(np.float32), "wording_starts": starts, "wordings": number[order].astype(np.int32),
        "wording_weights": (value / mass[number])[order], "wording_document": document.astype(np.int32),
        "wording_kind": rows.wording_kind,
    }  # fmt: skip


def term_weight(term: str, ranking: Ranking) -> float:
    """What a term counts beside an ordinary word when wordings are compared."""
    if term.startswith(MARK):
        return ranking.synonym_weight
    return ranking.wording_stop_weight if term in STOP_TERMS else 1.0


def save_table(table: ImpactTable, path: Path) -> None:
    """Write `table` to one file."""
    terms = np.frombuffer("\n".join(table.terms).encode("utf-8"), dtype=np.uint8)
    head = {name: getattr(table, name) for name in ("n_documents", "max_idf", "question_style")}
    with path.open("wb") as file:
        np.savez(
            file,
            head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
            terms=terms,
            **{n: getattr(table, n) for n in _ARRAYS},
        )


def load_table(path: Path) -> ImpactTable:
    """The table that `save_table` wrote. Raises DamagedIndexError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            names = stored["terms"].tobytes().decode("utf-8").split("\n")
            head = json.loads(stored["head"].tobytes())
            table = ImpactTable(
                terms={name: number for number, name in enumerate(names)},
                **head,
                **{name: stored[name] for name in _ARRAYS},
            )
    except Exception as error:  # a damaged zip or array can raise nearly anything
        raise DamagedIndexError(
            f"the impact table {path} cannot be read ({type(error).__name__}); run `python -m kb index --force`"
        ) from error
    if len(table.starts) != len(table.terms) + 1:
        raise DamagedIndexError(f"the impact table {path} does not fit together; run `python -m kb index --force`")
    return table

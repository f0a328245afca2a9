"""Rows of documents: put together in any order, they are those that the documents give in that order."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import DamagedIndexError
from kb.fields import FIELDS
from kb.rows import (
    MOST_OCCURRENCES,
    AnalysedDocument,
    Rows,
    RowWriter,
    joint_mark,
    load_rows,
    members,
    no_rows,
    save_rows,
    select,
)

TERM = st.sampled_from("key cipher pass phrase passphrase ~concept zebra é".split())


@st.composite
def documents(draw: st.DrawFn) -> AnalysedDocument:
    bags = draw(st.dictionaries(st.sampled_from(FIELDS), st.lists(TERM, max_size=5)))
    own = sorted({term for terms in bags.values() for term in terms})
    words = draw(st.frozensets(st.sampled_from(own))) if own else frozenset()
    wordings = draw(st.lists(st.tuples(st.sampled_from(("question", "aliases")), st.lists(TERM, min_size=1, unique=True)), max_size=3))
    passages = draw(st.lists(st.tuples(st.sampled_from((1.0, 0.75)), st.lists(st.sets(TERM), min_size=1, max_size=3)), max_size=3))
    marks = draw(st.frozensets(TERM.map(joint_mark)))
    return AnalysedDocument(bags, [len(bags.get(name, ())) for name in FIELDS], wordings, passages, words, marks)


def rows_of(items: list[AnalysedDocument]) -> Rows:
    writer = RowWriter()
    for item in items:
        writer.add(item)
    return writer.rows()


def different(one: Rows, other: Rows) -> list[str]:
    return [
        item.name
        for item in fields(Rows)
        if not np.array_equal(np.array(getattr(one, item.name)), np.array(getattr(other, item.name)))
        or (item.name != "terms" and getattr(one, item.name).dtype != getattr(other, item.name).dtype)
    ]


@given(st.lists(documents(), max_size=5), st.lists(documents(), max_size=4), st.data())
def test_selected_rows_are_those_of_the_selected_documents(old: list[AnalysedDocument], new: list[AnalysedDocument], data: st.DataObject) -> None:
    every = [*old, *new]
    order = data.draw(st.permutations(range(len(every)))) if every else []
    order = order[: data.draw(st.integers(0, len(every)))]
    assert different(select(rows_of(old), rows_of(new), order), rows_of([every[number] for number in order])) == []


@given(st.lists(documents(), max_size=4))
def test_stored_rows_are_the_same_rows(tmp_path_factory: pytest.TempPathFactory, items: list[AnalysedDocument]) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.npz"
    save_rows(rows_of(items), path)
    assert different(load_rows(path), rows_of(items)) == []


def document(**bags: list[str]) -> AnalysedDocument:
    every = {term for terms in bags.values() for term in terms}
    return AnalysedDocument(bags, [1] * len(FIELDS), (), (), frozenset(every), frozenset(map(joint_mark, every)))


def test_postings_say_how_often_a_term_stands_in_which_field_of_which_document() -> None:
    rows = rows_of([document(body=["key", "key"], question=["key"]), document(commands=["cipher"])])
    found = zip(rows.posting_term().tolist(), rows.posting_document().tolist(), rows.posting_field().tolist(), rows.posting_frequency().tolist(), strict=True)
    assert [(rows.terms[term], number, FIELDS[place], frequency) for term, number, place, frequency in found] == [
        ("cipher", 1, "commands", 1.0), ("key", 0, "question", 1.0), ("key", 0, "body", 2.0),
    ]  # fmt: skip


def test_a_term_that_stands_too_often_counts_as_often_as_can_be_written() -> None:
    rows = rows_of([document(body=["key"] * (MOST_OCCURRENCES + 9), commands=["key"])])
    assert rows.posting_frequency().tolist() == [MOST_OCCURRENCES, 1.0]
    assert rows.posting_term().tolist() == [0, 0]


def test_known_words_are_counted_by_documents() -> None:
    rows = rows_of([document(body=["key", "key"]), document(body=["key"], question=["zebra"])])
    assert rows.known_words() == {"key": 2, "zebra": 1}
    assert rows.words_in([1]) == {"key": 1, "zebra": 1} and rows.words_in([]) == {}


def test_documents_that_join_are_those_with_the_mark() -> None:
    rows = rows_of([document(body=["key"]), document(body=["zebra"]), document(body=["key", "zebra"])])
    assert rows.documents_that_join(["zebra"]) == [1, 2]
    assert rows.documents_that_join([]) == [] == rows.documents_that_join(["other"])


def test_no_rows_are_rows_of_nothing() -> None:
    assert no_rows().n_documents == 0 and no_rows().terms == [] and no_rows().known_words() == {}


def test_members_of_groups() -> None:
    sizes = np.array([2, 0, 3])
    assert members(np.array([2, 0, 1, 2]), sizes).tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
    assert members(np.array([], dtype=np.int64), sizes).tolist() == []


@pytest.mark.parametrize("damage", ["missing", "cut", "garbled", "empty"])
def test_damaged_rows_say_what_to_do(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "rows.npz"
    save_rows(rows_of([document(body=["key"])]), path)
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:middle], "garbled": data[:middle] + b"\xff" * 99 + data[middle + 99 :], "empty": b""}[damage])
    with pytest.raises(DamagedIndexError, match=r"rows .* run `python -m kb index --force`"):
        load_rows(path)

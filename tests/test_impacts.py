"""The impact table, computed by hand on a tiny collection."""

from __future__ import annotations

from dataclasses import fields, replace
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest

from kb.errors import DamagedIndexError
from kb.fields import FIELDS
from kb.impacts import ImpactTable, build_table, inverse_document_frequency, load_table, save_table
from kb.rows import AnalysedDocument, Rows, RowWriter
from kb.settings import Ranking

QUESTION, BODY = FIELDS.index("question"), FIELDS.index("body")
RANKING = Ranking(
    field_weights=dict.fromkeys(FIELDS, 1.0) | {"question": 2.0},
    k1=1.0,
    length_norm=0.5,
    idf_power=1.0,
    wording_idf_power=1.0,
    wording_stop_weight=0.5,
    synonym_weight=0.25,
)
# "key" is in the question and twice in the body of document 0, and in the body of 1; "cipher" is in the question of 2.
# Words with a topic: questions have 2, 2 and 2; bodies have 4, 2 and none.
LENGTHS = {QUESTION: (2, 2, 2), BODY: (4, 2, 0)}
BAGS: list[dict[str, list[str]]] = [
    {"question": ["key"], "body": ["key", "key"]}, {"body": ["key"]}, {"question": ["cipher"]},
]  # fmt: skip
WORDINGS: list[list[tuple[str, tuple[str, ...]]]] = [
    [("question", ("key", "remov"))], [("question", ("key", "how"))], [("question", ("cipher", "~cipher")), ("aliases", ("cipher",))],
]  # fmt: skip


def rows_of(bags: list[dict[str, list[str]]], wordings: list[list[tuple[str, tuple[str, ...]]]]) -> Rows:
    writer = RowWriter()
    for number, (held, asked) in enumerate(zip(bags, wordings, strict=True)):
        lengths = [LENGTHS.get(place, (0, 0, 0))[number] for place in range(len(FIELDS))]
        writer.add(AnalysedDocument(held, lengths, asked, (), frozenset(), frozenset()))
    return writer.rows()


@pytest.fixture(scope="module")
def table() -> ImpactTable:
    return build_table(rows_of(BAGS, WORDINGS), ["Why?", "How？", "A title"], RANKING)


def impacts(table: ImpactTable, term: str) -> dict[int, float]:
    low, high = table.starts[table.terms[term]], table.starts[table.terms[term] + 1]
    return {int(table.documents[row]): float(table.impacts[row]) for row in range(low, high)}


def test_rarer_terms_say_more_and_no_term_says_less_than_nothing() -> None:
    found = inverse_document_frequency(np.array([1, 5, 10]), 10)
    assert found == pytest.approx([log(1 + 9.5 / 1.5), log(1 + 5.5 / 5.5), log(1 + 0.5 / 10.5)], rel=1e-6)
    assert found[0] > found[1] > found[2] > 0


def rounded(share: float) -> float:
    """A share of the most that a term can say, in the steps of the table."""
    return round(share * RANKING.impact_steps) / RANKING.impact_steps


def test_impacts_are_bm25f_in_steps(table: ImpactTable) -> None:
    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))  # "key" is in 2 of 3 documents
    # The mean length of bodies is (4 + 2) / 2 = 3, of those that have one; questions are all of mean length.
    in_0 = 2.0 * 1 / 1.0 + 1.0 * 2 / (0.5 + 0.5 * 4 / 3)
    in_1 = 1.0 * 1 / (0.5 + 0.5 * 2 / 3)
    assert impacts(table, "key") == pytest.approx({0: idf * 2 * rounded(in_0 / (1 + in_0)), 1: idf * 2 * rounded(in_1 / (1 + in_1))}, rel=1e-5)
    in_2 = 2.0
    assert impacts(table, "cipher") == pytest.approx({2: log(1 + 2.5 / 1.5) * 2 * rounded(in_2 / (1 + in_2))}, rel=1e-5)


def test_the_fields_of_a_term_are_remembered(table: ImpactTable) -> None:
    low = table.starts[table.terms["key"]]
    assert int(table.fields[low]) == 1 << QUESTION | 1 << BODY
    assert int(table.fields[low + 1]) == 1 << BODY


def test_terms_of_wordings_alone_have_no_impact(table: ImpactTable) -> None:
    assert impacts(table, "remov") == {}


def test_a_wording_is_a_vector_of_length_one(table: ImpactTable) -> None:
    found: dict[int, float] = {}
    for row, number in enumerate(table.wordings):
        found[int(number)] = found.get(int(number), 0.0) + float(table.wording_weights[row]) ** 2
    assert found == pytest.approx(dict.fromkeys(range(4), 1.0), rel=1e-5)


def test_wordings_weigh_rarity_and_words_without_topic_and_synonyms_less(table: ImpactTable) -> None:
    key, remove = log(1 + 1.5 / 2.5), log(1 + 2.5 / 1.5)
    how, cipher, concept = 0.5 * remove, remove, 0.25 * remove  # all in one document of three
    expected = [
        {"key": key / sqrt(key**2 + remove**2), "remov": remove / sqrt(key**2 + remove**2)},
        {"key": key / sqrt(key**2 + how**2), "how": how / sqrt(key**2 + how**2)},
        {"cipher": cipher / sqrt(cipher**2 + concept**2), "~cipher": concept / sqrt(cipher**2 + concept**2)},
        {"cipher": 1.0},
    ]
    found: list[dict[str, float]] = [{} for _ in range(4)]
    for term, number in table.terms.items():
        for row in range(table.wording_starts[number], table.wording_starts[number + 1]):
            found[table.wordings[row]][term] = float(table.wording_weights[row])
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    assert table.wording_document.tolist() == [0, 1, 2, 2]


def test_the_style_is_the_share_of_titles_that_ask(table: ImpactTable) -> None:
    assert table.question_style == pytest.approx(2 / 3)


def test_an_empty_index_gives_an_empty_table() -> None:
    table = build_table(rows_of([{}], [[]]), ["?"], RANKING)
    assert table.n_documents == 1 and not len(table.impacts)


def test_a_stored_table_is_the_same_table(table: ImpactTable, tmp_path: Path) -> None:
    save_table(table, tmp_path / "impacts.npz")
    loaded = load_table(tmp_path / "impacts.npz")
    for item in fields(ImpactTable):
        one, other = getattr(table, item.name), getattr(loaded, item.name)
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other, item.name


@pytest.mark.parametrize("damage", ["missing", "cut", "garbled", "empty"])
def test_a_damaged_table_says_what_to_do(table: ImpactTable, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "impacts.npz"
    save_table(table, path)
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:middle], "garbled": data[:middle] + b"\xff" * 99 + data[middle + 99 :], "empty": b""}[damage])
    with pytest.raises(DamagedIndexError, match=r"impact table .* run `python -m kb index --force`"):
        load_table(path)


def test_a_table_whose_parts_are_of_different_indexes_is_refused(table: ImpactTable, tmp_path: Path) -> None:
    save_table(replace(table, terms={**table.terms, "other": len(table.terms)}), tmp_path / "impacts.npz")
    with pytest.raises(DamagedIndexError, match="does not fit together"):
        load_table(tmp_path / "impacts.npz")

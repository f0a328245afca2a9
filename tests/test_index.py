"""Documents into Whoosh, and their postings back."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path

import pytest
from whoosh.query import Phrase
from whoosh.searching import Searcher

from kb.errors import DamagedIndexError
from kb.fields import FIELDS, IndexDocument
from kb.index import Collected, Postings, open_reader, read_postings, terms_of, write_index
from kb.vocabulary import Vocabulary

VOCABULARY = Vocabulary([("certificate", "cert"), ("pass phrase", "password")])


def document(number: int, **fields: tuple[str, ...]) -> IndexDocument:
    return IndexDocument(f"d{number}", "entry", "?", "section", fields, ())


DOCUMENTS = [
    document(0, question=("How to remove the pass phrase?",), aliases=("no password",), body=("A key, a key and a cipher.",)),
    document(1, question=("What is a cipher?",), errors=("error:1408A0C1:SSL routines", "no cipher"), commands=("openssl ciphers",)),
    document(2, question=("The passphrase",)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whoosh")


@pytest.fixture(scope="module")
def collected(folder: Path) -> Collected:
    return write_index(folder, lambda: DOCUMENTS, VOCABULARY)


@pytest.fixture(scope="module")
def postings(folder: Path, collected: Collected) -> Postings:
    return read_postings(folder)


def rows(postings: Postings, term: str) -> Mapping[tuple[int, str], float]:
    """Frequency of `term` by document and field."""
    return {
        (int(postings.document[row]), FIELDS[postings.field[row]]): float(postings.frequency[row])
        for row in range(len(postings.term))
        if postings.terms[postings.term[row]] == term
    }


def test_postings_say_how_often_a_term_stands_in_which_field(postings: Postings) -> None:
    assert rows(postings, "key") == {(0, "body"): 2}
    assert rows(postings, "cipher") == {(0, "body"): 1, (1, "question"): 1, (1, "errors"): 1, (1, "commands"): 1}


def test_documents_are_numbered_in_the_order_they_came(collected: Collected) -> None:
    assert collected.ids == ["d0", "d1", "d2"]


def test_a_variant_of_a_concept_brings_the_concept(postings: Postings) -> None:
    assert rows(postings, "~pass phrase") == {(0, "question"): 1, (0, "aliases"): 1}


def test_words_apart_are_also_one_word_where_somebody_writes_it_so(postings: Postings) -> None:
    assert rows(postings, "passphras") == {(0, "question"): 1, (2, "question"): 1}


def test_words_without_topic_are_indexed_only_where_questions_stand(postings: Postings) -> None:
    assert set(rows(postings, "a")) == {(1, "question")}
    assert set(rows(postings, "no")) <= {(0, "aliases"), (1, "errors")}


def test_lengths_count_words_with_a_topic(collected: Collected) -> None:
    by_field = dict(zip(FIELDS, collected.lengths[0], strict=True))
    assert by_field["question"] == 3  # remove, pass, phrase
    assert by_field["body"] == 3
    assert by_field["errors"] == 0


def test_each_way_of_asking_is_one_wording(collected: Collected) -> None:
    assert [(wording.document, wording.field) for wording in collected.wordings] == [
        (0, "question"), (0, "aliases"), (1, "question"), (1, "errors"), (1, "errors"), (2, "question"),
    ]  # fmt: skip


def test_words_as_written_are_counted_for_corrections(collected: Collected) -> None:
    assert collected.surfaces["cipher"] == 3
    assert collected.surfaces["ciphers"] == 1
    assert "passphrase" in collected.surfaces and "passphras" not in collected.surfaces


def test_phrases_are_found_by_the_places_of_their_words(folder: Path, collected: Collected) -> None:
    with Searcher(open_reader(folder)) as searcher:
        assert list(searcher.docs_for_query(Phrase("text", ["pass", "phrase"]))) == [0]
        assert list(searcher.docs_for_query(Phrase("text", ["phrase", "pass"]))) == []


def test_terms_of_a_text() -> None:
    found, length = terms_of("The PEM password of mod_ssl", VOCABULARY, set(), keep_stop_words=False)
    assert found == ["pem", "password", "modssl", "mod", "ssl", "~pass phrase"]
    assert length == 3


def test_progress_counts_to_the_number_of_documents(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_index(tmp_path, lambda: DOCUMENTS, VOCABULARY, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_documents_without_a_word_can_be_indexed(tmp_path: Path) -> None:
    collected = write_index(tmp_path, lambda: [document(0, question=("???",))], Vocabulary(()))
    assert collected.ids == ["d0"] and collected.wordings == []
    assert read_postings(tmp_path).terms == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves files it cannot read open
@pytest.mark.parametrize("damage", ["missing", "cut", "garbled"])
def test_a_damaged_index_says_what_to_do(tmp_path: Path, damage: str) -> None:
    write_index(tmp_path, lambda: DOCUMENTS, VOCABULARY)
    for path in tmp_path.glob("_MAIN_*.toc"):
        data = path.read_bytes()
        path.unlink()
        if damage != "missing":
            path.write_bytes(data[:40] if damage == "cut" else b"\xff" * len(data))
    with pytest.raises(DamagedIndexError, match=r"cannot be read .*; run `python -m kb index --force`"):
        read_postings(tmp_path)
    gc.collect()

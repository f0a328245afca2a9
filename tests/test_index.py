"""Documents analysed, and written into Whoosh in segments."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from whoosh.query import Phrase, Term
from whoosh.searching import Searcher

from kb.errors import DamagedIndexError
from kb.fields import FIELDS, IndexDocument
from kb.held_index import HeldIndex
from kb.index import IndexWriter, WordCounts, analyse, share_files, terms_of, words_with_topic
from kb.rows import AnalysedDocument, joint_mark
from kb.vocabulary import Vocabulary

VOCABULARY = Vocabulary([("certificate", "cert"), ("pass phrase", "password")])


def document(number: int, **fields: tuple[str, ...]) -> IndexDocument:
    return IndexDocument(f"d{number}", "entry", "?", "section", fields, ())


DOCUMENTS = [
    document(0, question=("How to remove the pass phrase?",), aliases=("no password",), body=("A key, a key and a cipher.",)),
    document(1, question=("What is a cipher?",), errors=("error:1408A0C1:SSL routines", "no cipher"), commands=("openssl ciphers",)),
    document(2, question=("The passphrase",)),
]


NOTHING = np.zeros(0, np.int32)


def analysed(documents: Sequence[IndexDocument]) -> list[AnalysedDocument]:
    known = {word for item in documents for word in words_with_topic(item)}
    return [analyse(item, VOCABULARY, known, ()) for item in documents]


def write(folder: Path, documents: Sequence[IndexDocument], numbers: np.ndarray = NOTHING, gone: Sequence[int] = ()) -> np.ndarray:
    """Change the index in `folder`; the numbers of all documents that were there, then of the new ones."""
    writer = IndexWriter(folder, numbers)
    writer.delete(gone)
    for item, found in zip(documents, analysed(documents), strict=True):
        writer.add(item, found.bags)
    return np.concatenate(writer.commit())


def held(document: AnalysedDocument, term: str) -> Mapping[str, int]:
    """Frequency of `term` by field."""
    return {name: list(terms).count(term) for name, terms in document.bags.items() if term in terms}


def stored_ids(folder: Path) -> dict[int, str]:
    """What Whoosh says the numbers of living documents are."""
    reader = HeldIndex(folder).reader()
    found = {number: reader.stored_fields(number)["id"] for number in reader.all_doc_ids()}
    reader.close()
    return found


def test_bags_say_how_often_a_term_stands_in_which_field() -> None:
    first, second, _ = analysed(DOCUMENTS)
    assert held(first, "key") == {"body": 2}
    assert held(first, "cipher") == {"body": 1}
    assert held(second, "cipher") == {"question": 1, "errors": 1, "commands": 1}


def test_a_variant_of_a_concept_brings_the_concept() -> None:
    assert [held(item, "~pass phrase") for item in analysed(DOCUMENTS)] == [{"question": 1, "aliases": 1}, {}, {}]


def test_words_apart_are_also_one_word_where_somebody_writes_it_so() -> None:
    assert [held(item, "passphras") for item in analysed(DOCUMENTS)] == [{"question": 1}, {}, {"question": 1}]


def test_what_neighbours_would_give_is_marked_whether_known_or_not() -> None:
    alone = analysed(DOCUMENTS[:1])[0]
    assert held(alone, "passphras") == {}
    assert {joint_mark("passphras"), joint_mark("keykey")} & alone.joinable == {joint_mark("passphras")}
    assert joint_mark("passphras") not in analysed(DOCUMENTS[1:2])[0].joinable


def test_words_without_topic_are_indexed_only_where_questions_stand() -> None:
    first, second, _ = analysed(DOCUMENTS)
    assert held(second, "a") == {"question": 1} and held(first, "a") == {}
    assert "a" not in second.words and {"what", "is", "cipher"} & second.words == {"cipher"}


def test_lengths_count_words_with_a_topic() -> None:
    by_field = dict(zip(FIELDS, analysed(DOCUMENTS)[0].lengths, strict=True))
    assert by_field["question"] == 3  # remove, pass, phrase
    assert by_field["body"] == 3
    assert by_field["errors"] == 0


def test_each_way_of_asking_is_one_wording() -> None:
    assert [[name for name, _ in item.wordings] for item in analysed(DOCUMENTS)] == [
        ["question", "aliases"], ["question", "errors", "errors"], ["question"],
    ]  # fmt: skip


def test_documents_without_a_word_can_be_analysed() -> None:
    found = analysed([document(0, question=("???",))])[0]
    assert found.wordings == [] and not any(found.bags.values())


def test_words_as_written_are_counted_for_corrections() -> None:
    counts = WordCounts()
    for item in DOCUMENTS:
        counts.add(item)
    assert counts.surfaces["cipher"] == 3
    assert counts.surfaces["ciphers"] == 1
    assert "passphrase" in counts.surfaces and "passphras" not in counts.surfaces


def test_what_is_taken_back_was_never_counted() -> None:
    other = document(9, question=("Why does SSLCertificateFile need -key and ciphers?",), asked=("misspeled",))
    counts, expected = WordCounts(), WordCounts()
    for item in (*DOCUMENTS, other):
        counts.add(item)
    assert counts.identifiers == {"sslcertificatefil": 1} and counts.options["key"] == 1 and "misspeled" not in counts.surfaces
    counts.remove(other)
    for item in DOCUMENTS:
        expected.add(item)
    assert counts == expected


# Segments


def test_phrases_are_found_by_the_places_of_their_words(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENTS)
    with Searcher(HeldIndex(tmp_path).reader()) as searcher:
        assert list(searcher.docs_for_query(Phrase("text", ["pass", "phrase"]))) == [0]
        assert list(searcher.docs_for_query(Phrase("text", ["phrase", "pass"]))) == []


def test_changed_documents_are_found_as_they_are_now(tmp_path: Path) -> None:
    numbers = write(tmp_path, DOCUMENTS)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.seg")}
    numbers = write(tmp_path, [document(1, question=("What is a zebra?",))], numbers, gone=[1])
    assert {name: (tmp_path / name).read_bytes() for name in before} == before  # a segment never changes
    assert stored_ids(tmp_path) == {numbers[0]: "d0", numbers[2]: "d2", numbers[3]: "d1"}
    with Searcher(HeldIndex(tmp_path).reader()) as searcher:
        assert list(searcher.docs_for_query(Term("text", "zebra"))) == [numbers[3]]
        assert list(searcher.docs_for_query(Term("text", "cipher"))) == [numbers[0]]


def test_a_segment_without_a_living_document_goes(tmp_path: Path) -> None:
    first = write(tmp_path, DOCUMENTS)
    second = write(tmp_path, [document(number) for number in (3, 4)], first)
    third = write(tmp_path, [document(5)], second, gone=[0, 1, 2])
    assert len(list(tmp_path.glob("*.seg"))) == 2
    assert stored_ids(tmp_path) == {third[3]: "d3", third[4]: "d4", third[5]: "d5"}
    assert write(tmp_path, [], third[3:], gone=[0, 1]).tolist()[-1] == 0
    assert stored_ids(tmp_path) == {0: "d5"}


def test_many_small_segments_become_few(tmp_path: Path) -> None:
    """Every document is deleted and written again when its segment has company enough of its size, and seldom else."""
    numbers = write(tmp_path, [document(number) for number in range(100)])
    ids = [f"d{number}" for number in range(100)]
    rewritten = 0
    for step in range(100):
        gone = step % len(ids)
        writer = IndexWriter(tmp_path, numbers)
        again = sorted(writer.to_rewrite([gone]) - {gone})
        rewritten += len(again)
        writer.delete([gone, *again])
        for name in [ids[gone], *(ids[number] for number in again)]:
            writer.add(document(int(name[1:])), {})
        kept, added = writer.commit()
        dropped = {gone, *again}
        ids = [*(name for number, name in enumerate(ids) if number not in dropped), ids[gone], *(ids[number] for number in again)]
        numbers = np.concatenate([np.delete(kept, sorted(dropped)), added])
        assert stored_ids(tmp_path) == dict(zip(numbers.tolist(), ids, strict=True))
        assert len(list(tmp_path.glob("*.seg"))) <= 13  # three of each size up to 100, and the one just written
    assert rewritten < 5 * 100


def test_shared_files_are_links_where_they_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    monkeypatch.setattr("kb.index.LINKED_FROM_BYTES", 10)
    (old / "large").write_bytes(b"x" * 10)
    (old / "small").write_bytes(b"x" * 9)
    share_files(old, new)
    assert (new / "large").samefile(old / "large")
    assert (new / "small").read_bytes() == b"x" * 9 and not (new / "small").samefile(old / "small")


@pytest.fixture
def no_garbage() -> Iterator[None]:
    yield
    gc.collect()  # Whoosh leaves files it cannot read open


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("damage", ["missing", "cut", "garbled"])
def test_a_damaged_index_says_what_to_do(tmp_path: Path, damage: str, no_garbage: None) -> None:
    numbers = write(tmp_path, DOCUMENTS)
    for path in tmp_path.glob("_MAIN_*.toc"):
        data = path.read_bytes()
        path.unlink()
        if damage != "missing":
            path.write_bytes(data[:40] if damage == "cut" else b"\xff" * len(data))
    with pytest.raises(DamagedIndexError, match=r"cannot be read .*; run `python -m kb index --force`"):
        HeldIndex(tmp_path).reader()
    with pytest.raises(DamagedIndexError, match=r"cannot be read .*; run `python -m kb index --force`"):
        IndexWriter(tmp_path, numbers)


def test_terms_of_a_text() -> None:
    found, length = terms_of("The PEM password of mod_ssl", VOCABULARY, set(), keep_stop_words=False)
    assert found == ["pem", "password", "modssl", "mod", "ssl", "~pass phrase"]
    assert length == 3

"""The vocabulary: where the words of a concept are found in a text."""

from __future__ import annotations

import pytest

from kb.analysis import primary_terms
from kb.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    [
        ("certificate", "cert", "X.509", "digital ID"),
        ("pass phrase", "password", "PEM pass phrase"),
        ("crash", "core dump", "segmentation fault"),
        ("client certificate", "mutual TLS"),
        ("dump", "copy"),
    ]
)


def found(text: str) -> list[tuple[str, ...]]:
    return [occurrence.concepts for occurrence in VOCABULARY.find(primary_terms(text))]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("where is my cert", "~certificate"),
        ("certificates", "~certificate"),
        ("x509", "~certificate"),
        ("my Digital IDs", "~certificate"),
        ("the password", "~pass phrase"),
        ("the pass phrase", "~pass phrase"),
        ("segmentation faults", "~crash"),
    ],
)
def test_every_variant_stands_for_its_concept(text: str, concept: str) -> None:
    assert found(text) == [(concept,)]


def test_small_words_are_part_of_a_variant() -> None:
    vocabulary = Vocabulary([("own CA", "private CA"), ("remove", "get rid of")])
    assert not vocabulary.find(primary_terms("the CA of the company"))
    assert [item.concepts for item in vocabulary.find(primary_terms("get rid of our own CA"))] == [("~remove",), ("~own CA",)]


def test_at_one_place_the_longest_variant_counts() -> None:
    (found,) = Vocabulary([("lock", "padlock"), ("lock file", "lock file folder")]).find(primary_terms("lock file"))
    assert found.concepts == ("~lock file",)


def test_words_inside_a_longer_variant_are_found_too() -> None:
    assert found("core dump") == [("~crash",), ("~dump",)]
    assert found("a client certificate") == [("~client certificate",), ("~certificate",)]


def test_occurrences_come_in_order_with_their_places() -> None:
    terms = primary_terms("password of the digital ID")
    assert terms == ("password", "of", "the", "digit", "id")
    places = [(item.start, item.end, item.concepts) for item in VOCABULARY.find(terms)]
    assert places == [(0, 1, ("~pass phrase",)), (3, 5, ("~certificate",))]


@pytest.mark.parametrize("text", ["", "nothing of it", "core", "digital", "phrase"])
def test_part_of_a_variant_is_not_the_variant(text: str) -> None:
    assert found(text) == []


def test_a_variant_may_belong_to_two_concepts() -> None:
    vocabulary = Vocabulary([("certificate", "cert"), ("exam", "cert", "cert")])
    assert vocabulary.find(primary_terms("cert"))[0].concepts == ("~certificate", "~exam")


def test_variants_without_a_word_are_left_out() -> None:
    vocabulary = Vocabulary([("key", "???", "")])
    assert len(vocabulary) == 1
    assert vocabulary.find(("",)) == []


def test_an_empty_vocabulary_finds_nothing() -> None:
    assert Vocabulary([]).find(("certif",)) == []
    assert len(Vocabulary([])) == 0

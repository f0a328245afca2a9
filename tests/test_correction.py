"""Suggestions for words that nobody wrote."""

from __future__ import annotations

import pytest

from kb.correction import Corrector


@pytest.fixture(scope="module")
def corrector() -> Corrector:
    words = {
        "certificate": 30, "cipher": 12, "pass": 9, "phrase": 9, "mutex": 4, "form": 2, "from": 40, "fork": 1, "open": 6, "key": 20,
        "handshake": 5, "port": 3, "once": 1, "only": 1,
    }  # fmt: skip
    return Corrector(words, ["sslcertificatefile"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("certifcate", "certificate"),  # a letter less
        ("ciphher", "cipher"),  # a letter more
        ("cipner", "cipher"),  # another letter
        ("cihper", "cipher"),  # two swapped
        ("icpher", "cipher"),  # the first two swapped
        ("certifcat", "certificate"),  # two slips in a long word
        ("sslcertificatfile", "sslcertificatefile"),  # a name
        ("passphrase", "pass phrase"),  # run together
        ("portkey", "port key"),
    ],
)
def test_a_slip_is_found(corrector: Corrector, typed: str, meant: str) -> None:
    assert corrector.suggest(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "kye",  # too short to tell
        "mtx",
        "cphr",  # two slips in a short word
        "dertificate",  # the first letter is another
        "4ertificate",
        "kubernetes",  # nothing near
        "onceonly",  # halves that hardly occur
        "keyof",  # a half too short
    ],
)
def test_what_could_mean_anything_is_left_alone(corrector: Corrector, typed: str) -> None:
    assert corrector.suggest(typed) == ""


def test_among_words_as_near_the_more_frequent_is_meant(corrector: Corrector) -> None:
    assert corrector.suggest("forr") == "form"  # fork is as near and rarer
    assert corrector.suggest("frpm") == "from"


def test_fewer_slips_win_over_frequency() -> None:
    assert Corrector({"handshake": 1, "handshakes": 1000}, ()).suggest("handshke") == "handshake"


def test_asking_twice_gives_the_same(corrector: Corrector) -> None:
    assert corrector.suggest("certifcate") == corrector.suggest("certifcate") == "certificate"


def test_it_knows_its_words(corrector: Corrector) -> None:
    assert corrector.knows("cipher") and corrector.knows("sslcertificatefile")
    assert not corrector.knows("cihper")


def test_an_empty_collection_suggests_nothing() -> None:
    assert Corrector({}, ()).suggest("certificate") == ""

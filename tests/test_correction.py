"""Suggestions for words that nobody wrote."""

from __future__ import annotations

import pytest

from kb.correction import Corrector


@pytest.fixture(scope="module")
def corrector() -> Corrector:
    words = {
        "certificate": 30, "cipher": 12, "pass": 9, "phrase": 9, "mutex": 4, "modssl": 3, "modsql": 20, "fork": 6, "forum": 5,
        "key": 20, "handshake": 5, "port": 9, "rarely": 1, "seldom": 1,
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
        ("mutx", "mutex"),  # a letter less, in a short word
        ("frok", "fork"),  # two swapped, in a short word
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
        "porx",  # another letter in a short word
        "kxey",  # a letter more in a short word
        "cphr",  # two slips in a short word
        "dertificate",  # the first letter is another
        "4ertificate",
        "kubernetes",  # nothing near
        "rarelyseldom",  # halves that hardly occur
        "keyof",  # a half too short
        "form",  # an ordinary word, though one letter from forum
    ],
)
def test_what_could_mean_anything_is_left_alone(corrector: Corrector, typed: str) -> None:
    assert corrector.suggest(typed) == ""


def test_among_words_as_near_the_more_frequent_is_meant(corrector: Corrector) -> None:
    assert corrector.suggest("modsxl") == "modsql"


def test_fewer_slips_win_over_frequency() -> None:
    assert Corrector({"handshake": 1, "handshakes": 1000}, ()).suggest("handshke") == "handshake"


def test_one_slip_is_likelier_than_two_words_run_together() -> None:
    assert Corrector({"keyring": 1, "key": 50, "rings": 50}, ()).suggest("keyrings") == "keyring"


def test_a_word_of_which_only_the_stem_is_known_may_be_a_slip_for_a_much_commoner_one() -> None:
    assert Corrector({"several": 1, "server": 40}, ()).suggest_for_doubtful("sever") == "server"
    assert Corrector({"several": 9, "server": 40}, ()).suggest_for_doubtful("sever") == ""
    assert Corrector({"keys": 1, "keyed": 1, "kayed": 40}, ()).suggest_for_doubtful("keyed") == ""


def test_asking_twice_gives_the_same(corrector: Corrector) -> None:
    assert corrector.suggest("certifcate") == corrector.suggest("certifcate") == "certificate"


def test_it_knows_its_words(corrector: Corrector) -> None:
    assert corrector.knows("cipher") and corrector.knows("sslcertificatefile")
    assert not corrector.knows("cihper")


def test_an_empty_collection_suggests_nothing() -> None:
    assert Corrector({}, ()).suggest("certificate") == ""

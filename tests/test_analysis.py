"""The analyzer: which words a text has, which terms they give, and where they stand."""

from __future__ import annotations

import unicodedata

import pytest
from cases import Case, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.analysis import MAX_TERM_CHARS, Analyzer, primary_terms, words

TEXT = "How do I remove the pass-phrase from server.key?"


@pytest.mark.parametrize("case", read_cases("analysis.txt"), ids=str)
def test_terms(case: Case) -> None:
    assert "\n".join(" ".join(word.terms) for word in words(case.text)) == case.expected


@pytest.mark.parametrize(
    "spellings",
    [
        "SSLCertificateFile sslcertificatefile SSLCERTIFICATEFILE SslCertificateFile",
        "SSLSessionCache sslsessioncache",
        "SSLOptions ssloptions",
        "mod_ssl MOD_SSL mod-ssl modssl",
        "passphrase pass-phrase Passphrases PASS-PHRASES",
        "SSL_CLIENT_CERT ssl_client_cert SslClientCert",
        "s_client S_CLIENT",
        "TLSv1.2 tlsv1.2 TLSV1.2",
        "-DSSL_ALLOW_ADH -dssl_allow_adh",
        "/dev/random dev/random",
        "X.509 x509",
        "SSL3_READ_BYTES ssl3_read_bytes",
        "RC4-MD5 rc4-md5 RC4MD5",
        "3DES 3des",
        "SSLv3 sslv3 SSLV3",
        "error:14094412 ERROR:14094412",
        "résumé re\u0301sume\u0301 resume RÉSUMÉ",
        "naïve naive",
        "Straße STRASSE strasse",
        "certificate Certificates CERTIFICATE",
        "server's server SERVER’S",
    ],
)
def test_spellings_of_one_thing_are_one_term(spellings: str) -> None:
    firsts = {words(spelling)[0].terms[0] for spelling in spellings.split()}
    assert len(firsts) == 1, firsts


@pytest.mark.parametrize(
    "different", ["https http", "dns dn", "news new", "des de", "aes ae", "sans san", "key keys_dir", "csr crt"]
)
def test_different_things_share_no_term(different: str) -> None:
    first, second = different.split()
    assert not {*words(first)[0].terms} & {words(second)[0].terms[0]}


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("certificate", "SSLCertificateFile"),
        ("ssl", "mod_ssl"),
        ("phrase", "pass-phrase"),
        ("client", "SSL_CLIENT_CERT"),
        ("random", "/dev/random"),
        ("14094412", "error:14094412"),
        ("SSL_ALLOW_ADH", "-DSSL_ALLOW_ADH"),
        ("1.2", "TLSv1.2"),
        ("509", "X.509"),
        ("des", "3DES"),
        ("read", "SSL3_READ_BYTES"),
        ("ssl", "SSLv3"),
        ("example", "https://www.example.com/manual"),
        ("manual", "https://www.example.com/manual"),
    ],
)
def test_a_part_is_a_term_of_the_whole(part: str, whole: str) -> None:
    assert words(part)[0].terms[0] in words(whole)[0].terms[1:]


def test_words_say_where_they_stand() -> None:
    found = words(TEXT)
    assert [TEXT[word.start : word.end] for word in found] == ["remove", "pass-phrase", "server.key"]
    assert [word.position for word in found] == [0, 1, 2]


def test_stop_words_can_be_kept() -> None:
    found = words(TEXT, keep_stop_words=True)
    assert [TEXT[word.start : word.end] for word in found[:4]] == ["How", "do", "I", "remove"]
    assert [word.position for word in found] == list(range(len(found)))


def test_primary_terms_are_the_words_themselves() -> None:
    assert primary_terms("the mod_ssl certificates") == ("the", "modssl", "certif")


def test_the_analyzer_for_whoosh_gives_the_same_terms_and_places() -> None:
    expected = [(term, word.position, word.start, word.end) for word in words(TEXT) for term in word.terms]
    tokens = Analyzer()(TEXT, positions=True, chars=True)
    assert [(token.text, token.pos, token.startchar, token.endchar) for token in tokens] == expected
    assert len(expected) > 3


def test_whoosh_may_number_positions_from_elsewhere() -> None:
    assert [token.pos for token in Analyzer()("server port", positions=True, start_pos=7)] == [7, 8]


def test_a_very_long_word_is_cut() -> None:
    (word,) = words("x" * 10_000)
    assert word.terms == ("x" * MAX_TERM_CHARS,)
    assert (word.start, word.end) == (0, 10_000)


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_usable_terms_in_order(text: str) -> None:
    end = 0
    for word in words(text, keep_stop_words=True):
        assert end <= word.start < word.end <= len(text)
        end = word.end
        assert word.terms
        for term in word.terms:
            assert 0 < len(term) <= MAX_TERM_CHARS
            assert not any(char.isspace() for char in term)


@settings(deadline=None)
@given(st.text(alphabet="aAeEoOuUäéîõüÅÇñß -_."))
def test_composed_and_decomposed_accents_are_the_same(text: str) -> None:
    assert primary_terms(unicodedata.normalize("NFD", text)) == primary_terms(unicodedata.normalize("NFC", text))

"""What was typed or pasted: words and their weights, noise of logs, operators, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.query import Condition, Query, clean, make_query

OPTIONS = frozenset(("connect", "state", "nodes"))  # words that stand behind a dash in the content's commands


def shown(conditions: tuple[Condition, ...]) -> list[str]:
    """Each condition as `field:terms`, with a dash in front when it rules out."""
    return [f"{'-' if item.must_not else ''}{item.field}:{' '.join(terms[0] for terms in item.terms)}" for item in conditions]


def weights(query: Query) -> dict[str, float]:
    return {word.text: word.weight for word in query.words}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"pass phrase" dialog', ["text:pass phrase"]),
        ("“pass phrase” dialog", ["text:pass phrase"]),
        ("certificate -netscape", ["-text:netscap"]),
        ("-verisign certificate -thawte", ["-text:verisign", "-text:thawt"]),
        ('certificate -"self signed"', ["-text:self sign"]),
        ("title:cipher", ["question:cipher"]),
        ("alias:padlock icon", ["aliases:padlock"]),
        ("section:certificates renew", ["section:certif"]),
        ('body:"private key" move', ["body:privat key"]),
        ("key -title:cipher", ["-question:cipher"]),
        ("cipher AND key", ["text:cipher", "text:key"]),
        ("cipher NOT key", ["text:cipher", "-text:key"]),
        ("cipher AND NOT key", ["text:cipher", "-text:key"]),
    ],
)
def test_operators_become_conditions(text: str, expected: list[str]) -> None:
    assert shown(make_query(text, options=OPTIONS).conditions) == expected


def test_alternatives_share_a_group_and_other_conditions_do_not() -> None:
    first, second, third = make_query("cipher OR padlock OR mutex").conditions
    assert first.group == second.group == third.group
    cipher, padlock, apache = make_query("(cipher OR padlock) title:apache").conditions
    assert cipher.group == padlock.group != apache.group


@pytest.mark.parametrize(
    "text",
    [
        "openssl s_client -connect localhost:443 -state",
        "what does -connect do",
        "curl -v https://www.example.com/",
        "ls -la server.key",
        "apachectl -DSSL start",
        "rm -rf server.key",
        "key -1",
        "error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate",
        "http://localhost:443/",
        "why does it listen on *:* only",
        "C:\\apache\\conf",
        "foo:bar baz",
        'since the upgrade I see "no shared cipher" in the log, what now',
        "WHY DOES IT NOT START AND WHAT CAN I DO OR CHECK",
        "is this AND",
        "NOT",
        'an "unclosed quotation',
        '"',
        '""',
        "title:",
        "self-signed",
        "well - really -- yes",
        "-netscape",
        'two lines "with quotes"\nand -another',
    ],
)
def test_what_is_not_meant_as_an_operator_is_words(text: str) -> None:
    query = make_query(text, options=OPTIONS)
    assert query.conditions == ()
    assert query.text == clean(text)


def test_ruled_out_words_and_operator_signs_are_not_searched() -> None:
    assert [word.text for word in make_query("certificate -netscape").words] == ["certificate"]
    assert [word.text for word in make_query("title:cipher AND padlock").words] == ["cipher", "padlock"]
    assert [word.text for word in make_query("cipher OR padlock").words] == ["cipher", "padlock"]


def test_words_that_carry_no_topic_are_kept_and_marked() -> None:
    query = make_query("why does it hang")
    assert [(word.text, word.is_stop) for word in query.words] == [("why", True), ("does", True), ("it", True), ("hang", False)]


@pytest.mark.parametrize(
    ("line", "noise"),
    [
        ("[Tue Nov 24 02:11:03.123456 2026] [error] cipher", "Tue Nov 24 02:11:03.123456 2026"),
        ("2026-11-24T02:11:03.5Z [error] cipher", "2026-11-24T02:11:03.5Z"),
        ("2026-11-24 02:11:03,512 [error] cipher", "2026-11-24 02:11:03,512"),
        ("Nov 24 02:11:03 www [error] cipher", "Nov 24 02:11:03"),
        ('10.0.0.1 - - [24/Nov/2026:02:11:03 +0100] "GET /" cipher', "24/Nov/2026:02:11:03 +0100"),
        ("[pid 4711:tid 140] [error] cipher", "pid 4711:tid 140"),
        ("httpd[4711]: [error] cipher", "[4711]"),
        ("[client 10.0.0.1:54321] [error] cipher", "10.0.0.1:54321"),
        ("[client 2001:db8:0:0:0:0:0:1] [error] cipher", "2001:db8:0:0:0:0:0:1"),
        ("[client 2001:db8::1] [error] cipher", "2001:db8::1"),
        ("at 0x7fff1234 [error] cipher", "0x7fff1234"),
        ("id deadbeefdeadbeef01 [error] cipher", "deadbeefdeadbeef01"),
    ],
)
def test_what_differs_from_line_to_line_counts_little(line: str, noise: str) -> None:
    query = make_query("", line)
    assert noise in query.noise
    at = query.text.index(noise)
    inside = [word.weight for word in query.words if at <= word.word.start < at + len(noise)]
    assert all(weight < weights(query)["cipher"] / 2 for weight in inside)
    assert weights(query)["cipher"] == 1


def test_folders_of_a_long_path_count_less_than_words() -> None:
    query = make_query("", "cannot open /usr/local/apache2/conf/ssl.key/server.key")
    assert query.words[-1].weight < query.words[0].weight == 1


def test_names_that_hold_hexadecimal_letters_are_not_addresses() -> None:
    query = make_query("", "[error] Apache::ASP add::face broke")
    assert query.noise == ()
    assert set(weights(query).values()) == {1.0}


@pytest.mark.parametrize(
    ("question", "is_log"),
    [
        ("why does it hang", False),
        ("[error] mod_ssl: SSL handshake failed", True),
        ("AH02032: Hostname provided via SNI", True),
        ("error:14094412:SSL routines", True),
        ("[ssl:warn] no certificate", True),
        ("first line\nsecond line", True),
        ("connect at 10:30 tomorrow", False),
    ],
)
def test_a_pasted_line_is_recognised_as_a_log(question: str, is_log: bool) -> None:
    assert make_query(question).is_log is is_log


def test_a_time_in_a_question_is_an_ordinary_word() -> None:
    assert set(weights(make_query("it hangs at 02:11:03 every night")).values()) == {1.0}


def test_question_and_log_are_searched_together_and_only_the_question_holds_operators() -> None:
    query = make_query("cipher -netscape", "handshake -failed title:x")
    assert shown(query.conditions) == ["-text:netscap"]
    assert [word.text for word in query.words] == ["cipher", "handshake", "failed", "title:x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\0b\x07c", "a b c"),
        ("\ufeffwhy\u200b\u202enow\u202c", "why  now"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("“quoted”\u00a0text", '"quoted" text'),
        (" \x00\x01\u200f ", ""),
    ],
)
def test_control_characters_and_typographic_signs_are_cleaned(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_text_gives_a_query_whose_words_stand_where_it_says(question: str, log: str) -> None:
    query = make_query(question, log, OPTIONS)
    for word in query.words:
        assert query.text[word.word.start : word.word.end] == word.text
        assert 0 < word.weight <= 1


@given(st.lists(st.sampled_from(['"', "-", ":", "title:", "AND", "OR", "NOT", "(", ")", "key", " ", "\n", "-connect"]), max_size=30))
def test_heaps_of_operator_signs_give_a_query(pieces: list[str]) -> None:
    make_query("".join(pieces), options=OPTIONS)
    make_query(" ".join(pieces), options=OPTIONS)

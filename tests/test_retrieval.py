"""Ranking on the small knowledge base: which entries are found, in which order, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from engine_world import ENTRY_IDS, FILES, built, entry_text, write_content

from kb.fields import FIELDS
from kb.generation import Generation
from kb.query import make_query
from kb.retrieval import Carried, Ranked, Rows
from kb.settings import Settings


def find(generation: Generation, text: str, log: str = "", **rest: object) -> Ranked:
    query = make_query(text, log, generation.options)
    return generation.retriever.search(query, **rest)  # type: ignore[arg-type]


def ids(ranked: Ranked) -> list[str]:
    return [hit.id for hit in ranked.hits]


@pytest.mark.parametrize("entry_id", ENTRY_IDS)
def test_every_entry_is_found_first_by_its_own_question(small: Generation, entry_id: str) -> None:
    entry = small.entry(entry_id)
    assert entry is not None
    assert ids(find(small, entry.question))[0] == entry_id
    for alias in entry.aliases:
        assert ids(find(small, alias))[0] == entry_id, alias


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("remove the pass phrase", "remove-pass-phrase"),
        ("removing pass phrases", "remove-pass-phrase"),  # other forms of the words
        ("REMOVE PASS PHRASE", "remove-pass-phrase"),
        ("remove password", "remove-pass-phrase"),  # a synonym
        ("remove PEM secret", "remove-pass-phrase"),  # a synonym of two words
        ("test cert", "self-signed"),
        ("SSLCertificateFile", "self-signed"),  # a name, in any case
        ("sslcertificatefile", "self-signed"),
        ("SSLCERTIFICATEFILE", "self-signed"),
        ("-newkey", "self-signed"),  # an option by itself
        ("selfsigned", "self-signed"),  # written together
        ("self signed", "self-signed"),
        ("pad lock", "old-browser"),  # written apart
        ("ssleay", "remove-pass-phrase"),  # stands in the body alone
        ("Nétscape", "old-browser"),  # accents do not matter
        ("SSL3_GET_CLIENT_HELLO", "no-shared-cipher"),
        ("error:1408A0C1", "no-shared-cipher"),
    ],
)
def test_other_words_for_it_find_it_first(small: Generation, text: str, entry_id: str) -> None:
    ranked = find(small, text, correct=False)
    assert ids(ranked)[0] == entry_id


def test_https_is_not_http(small: Generation) -> None:
    assert ids(find(small, "nothing answers on https"))[0] == "connection-refused"
    assert "connection-refused" not in ids(find(small, "plain http"))


def test_a_log_is_found_by_its_error_text_and_not_by_its_time_stamps(small: Generation) -> None:
    line = "[Tue Nov 24 02:11:03 2026] [error] [pid 443] error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher"
    ranked = find(small, "", line)
    assert ids(ranked)[0] == "no-shared-cipher"
    assert "Tue Nov 24 02:11:03 2026" in ranked.query.noise
    assert not {"Tue", "Nov", "24", "2026"} & set(ranked.weighed.unknown)


def test_scores_fall_and_the_limit_holds(small: Generation) -> None:
    scores = [hit.score for hit in find(small, "pass phrase of the key and certificate").hits]
    assert len(scores) > 2 and scores == sorted(scores, reverse=True)
    assert len(find(small, "pass phrase of the key and certificate", limit=2).hits) == 2


def test_nothing_known_finds_nothing(small: Generation) -> None:
    ranked = find(small, "xyzzy plugh", correct=False)
    assert ranked.hits == ()
    assert ranked.weighed.unknown == ("xyzzy", "plugh")
    assert ranked.features.coverage == 0


def test_hits_say_which_words_of_the_question_they_hold(small: Generation) -> None:
    first = find(small, "remove Password xyzzy", correct=False).hits[0]
    assert first.id == "remove-pass-phrase"
    assert first.matched == ("remove", "Password")


def test_a_guide_never_stands_above_the_best_entry(small: Generation) -> None:
    guide = small.guide("guide-start")
    assert guide is not None
    found = ids(find(small, guide.question))
    assert "guide-start" in found
    assert found[0] == "remove-pass-phrase"


def test_a_guide_is_found_where_no_entry_is(tmp_path: Path) -> None:
    text = "---\nquestion: Frobnication fails\n---\n\n## Look\n\nLook.\n\n- Good: yes. -> solved\n- Bad: no. -> report\n"
    content = write_content(tmp_path / "content", {"a/one.md": entry_text("Why?"), "guides/guide-two.md": text})
    generation = built(Settings(content=content, data=tmp_path / "data"))
    assert [(hit.id, hit.kind) for hit in find(generation, "frobnication").hits] == [("guide-two", "guide")]


def test_questions_that_were_asked_find_their_entry_and_are_no_measure_of_spelling(tmp_path: Path) -> None:
    files = FILES | {"asked/hanging.txt": "it sits there foreverr\nit sits there foreverr and nothing comes\n"}
    generation = built(Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data"))
    assert ids(find(generation, "the thing sits there"))[0] == "hanging"
    assert not generation.retriever.corrector.knows("foreverr")


def test_equal_scores_keep_the_order_of_the_content(tmp_path: Path) -> None:
    files = {f"a/{name}.md": entry_text("Why does it rattle?", "Oil it.", order=str(place)) for place, name in enumerate("cab")}
    generation = built(Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data"))
    assert ids(find(generation, "rattle")) == ["c", "a", "b"]


# Corrections


def test_a_misspelt_word_is_corrected_and_the_correction_is_told(small: Generation) -> None:
    ranked = find(small, "broken padlok")
    assert ids(ranked)[0] == "old-browser"
    assert ranked.correction == (("padlok", "padlock"),)
    assert ranked.query.text == "broken padlock"


def test_several_corrections_leave_the_rest_of_the_text_as_it_was(small: Generation) -> None:
    ranked = find(small, "certifcat, certifcate & padlok?")
    assert ranked.query.text == "certificate, certificate & padlock?"
    assert ranked.correction == (("certifcat", "certificate"), ("certifcate", "certificate"), ("padlok", "padlock"))


def test_words_after_a_correction_keep_their_places(small: Generation) -> None:
    query, _ = small.retriever.correct(make_query("certifcate for selfsigned padlok icon"))
    assert [query.text[word.word.start : word.word.end] for word in query.words] == [word.text for word in query.words]
    plain = find(small, "a certificate for self signed things", correct=False).weighed.terms
    corrected = find(small, "a certifcate for self signed things").weighed.terms
    assert "selfsign" in plain
    assert corrected.keys() == plain.keys()


@pytest.mark.parametrize(
    "text",
    [
        "padlok",  # asked for as it is
        "cert",  # stands in the vocabulary alone, and one letter from crt
        "kay",  # near, but short
        "pad lock",  # one word when joined
        "padl0ck",  # a digit: a name or a number
    ],
)
def test_what_is_known_or_may_be_a_name_is_not_corrected(small: Generation, text: str) -> None:
    ranked = find(small, text, correct=text != "padlok")
    assert ranked.correction == ()
    assert ranked.query.text == text


def test_logs_are_not_corrected(small: Generation) -> None:
    assert find(small, "", "certifcate").correction == ()


def test_a_corrected_word_counts_less_than_one_typed_right(small: Generation) -> None:
    right, wrong = find(small, "padlock"), find(small, "padlok")
    assert max(wrong.weighed.terms.values()) < max(right.weighed.terms.values())


# Operators and sections


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"private key"', {"remove-pass-phrase", "change-pass-phrase"}),
        ('"key private"', None),  # no such phrase: taken for words
        ("certificate -test", {"no-shared-cipher", "remove-pass-phrase", "change-pass-phrase"}),
        ("pass phrase -remove", {"change-pass-phrase", "guide-start"}),
        ("title:handshake", {"no-shared-cipher"}),
        ("body:firewall", {"hanging"}),
        ("command:localhost", {"connection-refused"}),
        ("errors:client", {"no-shared-cipher"}),
        ("section:browsers padlock", {"old-browser"}),
        ("cipher OR -title:pass key", {"self-signed", "no-shared-cipher"}),
        ("cipher OR padlock", {"no-shared-cipher", "old-browser"}),
        ("connection AND firewall", {"hanging"}),
        ("connection NOT firewall", {"connection-refused"}),
        ("connection AND NOT firewall", {"connection-refused"}),
        ("padlock title:xyzzy", None),
    ],
)
def test_operators_limit_the_hits(small: Generation, text: str, expected: set[str] | None) -> None:
    ranked = find(small, text)
    assert ranked.filtered is (expected is not None)
    if expected is None:
        assert ranked.hits
    else:
        assert set(ids(ranked)) == expected


def test_a_pasted_command_is_no_filter(small: Generation) -> None:
    ranked = find(small, "openssl s_client -connect localhost:443 -state")
    assert not ranked.filtered
    assert ids(ranked)[0] == "connection-refused"


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("protocol", {"no-shared-cipher", "old-browser"}),  # with the section below it
        ("protocol.browsers", {"old-browser"}),
        ("keys", set()),
        ("proto", set()),
        ("nowhere", set()),
    ],
)
def test_a_section_limits_the_hits(small: Generation, section: str, expected: set[str]) -> None:
    assert set(ids(find(small, "browser", section=section))) == expected


def test_a_section_and_an_operator_hold_together(small: Generation) -> None:
    assert ids(find(small, "browser -padlock", section="protocol")) == ["no-shared-cipher"]


# What is known about the first entry


def test_shares_are_shares(small: Generation) -> None:
    for text in ("remove pass phrase", "remove xyzzy", "Why does the connection hang?", "browser", "key certificate -test"):
        features = find(small, text, correct=False).features
        for name in ("coverage", "core", "question", "aliases", "errors", "unknown", "margin"):
            assert 0 <= getattr(features, name) <= 1, (text, name)
        assert features.core <= features.coverage <= 1 - features.unknown + 1e-6
        assert 0 < features.likeness <= 1 + 1e-6


def test_features_tell_a_good_match_from_a_poor_one(small: Generation) -> None:
    good = find(small, "Why does the connection hang?").features
    poor = find(small, "firewall xyzzy plugh", correct=False).features
    assert good.coverage == pytest.approx(1) and good.question == pytest.approx(1) and good.unknown == 0
    assert good.likeness == pytest.approx(1, abs=0.05) and good.lead > 0
    assert poor.core == 0 and poor.unknown > 0.5
    assert poor.n_words == 3


def test_an_error_text_is_recognised_by_most_of_its_terms(small: Generation) -> None:
    number = small.retriever.number["no-shared-cipher"]

    def share(text: str) -> float:
        return small.retriever.error_share(find(small, "", text).weighed, number)[0]

    whole = share("error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher")
    part = share("SSL3_GET_CLIENT_HELLO:no shared cipher")
    assert whole == pytest.approx(1, abs=1e-3)
    assert 0 < part < whole
    assert share("cipher") == 0  # too little to say
    assert small.retriever.error_share(find(small, "padlock").weighed, small.retriever.number["old-browser"]) == (0.0, -1)


def test_what_is_carried_over_adds_to_documents_that_match(small: Generation) -> None:
    query = make_query("connection")
    number = small.retriever.number

    def order(carried: Carried) -> Sequence[str]:
        return ids(small.retriever.search(query, carried=carried))

    assert order(Carried(documents={number["connection-refused"]: 9.0}))[0] == "connection-refused"
    assert order(Carried(documents={number["hanging"]: 9.0}))[0] == "hanging"
    assert order(Carried(terms={"firewal": 5.0}))[0] == "hanging"
    assert "self-signed" not in order(Carried(documents={number["self-signed"]: 9.0}))


def test_searching_changes_nothing(small: Generation) -> None:
    first = find(small, "remove the pass phrase")
    for text in ("certifcate", '"private key"', "padlock -icon"):
        find(small, text)
    again = find(small, "remove the pass phrase")
    assert astuple(replace(first, query=again.query)) == astuple(again)


def test_rows_add_up_the_same_whether_terms_are_frequent_or_rare() -> None:
    n_targets, random = 5000, np.random.default_rng(1)
    targets = [np.sort(random.choice(n_targets, size, replace=False)).astype(np.int32) for size in (4000, 3, 0, 1300)]
    values = [random.random(len(some)).astype(np.float32) for some in targets]
    starts = [0, *np.cumsum([len(some) for some in targets]).tolist()]
    rows = Rows(starts, np.concatenate(targets), np.concatenate(values), n_targets)
    for terms in ([0, 1, 2, 3], [2], [1, 3], [0]):
        expected = np.zeros(n_targets)
        for term in terms:
            expected[targets[term]] += values[term] * np.float32(term + 0.5)
        assert np.allclose(rows.add_up(terms, [term + 0.5 for term in terms]), expected, rtol=1e-6)
    wanted = [int(targets[3][-1]), int(targets[1][0])]
    for target, held in zip(wanted, rows.held_by(wanted, [3, 2, 1, 0]), strict=True):
        expected_terms = [place for place, term in enumerate([3, 2, 1, 0]) if target in targets[term]]
        assert [place for place, _ in held] == expected_terms
        assert all(np.concatenate(targets)[row] == target for _, row in held)


def best_cosines(generation: Generation, question: str) -> tuple[np.ndarray, np.ndarray]:
    """The likeness of every document as the retriever has it, and worked out wording by wording."""
    retriever, table = generation.retriever, generation.retriever.table
    asked = retriever._asked(find(generation, question).weighed.terms, {})
    cosine = np.zeros(len(table.wording_document))
    for number, value in zip(asked.numbers, asked.values, strict=True):
        some = slice(table.wording_starts[number], table.wording_starts[number + 1])
        cosine[table.wordings[some]] += table.wording_weights[some] * value / asked.length
    cosine[table.wording_kind != FIELDS.index("question")] *= retriever.ranking.alias_weight
    expected = np.zeros(table.n_documents)
    np.maximum.at(expected, table.wording_document, cosine)
    return retriever._likeness(asked), expected


@pytest.mark.parametrize("question", ["the server asks for its pass phrase", "padlock", "how do I get a certificate"])
def test_the_likeness_is_that_of_the_most_similar_wording(small: Generation, question: str) -> None:
    found, expected = best_cosines(small, question)
    assert expected.any()
    assert np.allclose(found, expected, rtol=1e-5)


def test_an_entry_with_many_more_wordings_than_others_is_compared_with_all_of_them(tmp_path: Path) -> None:
    files = {f"a/{n}.md": entry_text(f"Why does number {n} rattle?", "Oil it.") for n in range(12)}
    aliases = ", ".join(f"the wheel of kind{n} squeaks" for n in range(20))
    files["a/wheel.md"] = entry_text("Why does it squeak?", "Oil it.", aliases=f"[{aliases}]")
    generation = built(Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data"))
    assert len(generation.retriever._late)
    found, expected = best_cosines(generation, "wheel of kind19 squeaks")
    assert np.allclose(found, expected, rtol=1e-5)
    assert ids(find(generation, "wheel of kind19 squeaks"))[0] == "wheel"

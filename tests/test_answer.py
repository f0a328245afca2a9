"""What the reader is told: level, passage, candidates, reasons; and that nothing typed breaks it."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from engine_world import built, entry_text, write_content
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kb.answer import MOST_CANDIDATES, MOST_CANDIDATES_IF_WEAK, Answer, answer
from kb.errors import InputError
from kb.generation import Generation
from kb.levels import LEVELS
from kb.settings import Levels, Settings

REMOVE = "How do I remove the pass phrase from a private key?"


def with_level(settings: Settings, level: str) -> Settings:
    """Settings under which whatever matches at all gets `level`."""
    places = {"strong": (0.0, 0.0, 0.0), "possible": (1.0, 0.0, 0.0), "weak": (1.0, 1.0, 0.0), "none": (1.0, 1.0, 1.0)}
    strong, possible, weak = places[level]
    levels = Levels(bias=0.0, weights={}, strong_from=strong, possible_from=possible, weak_from=weak)
    return settings.model_copy(update={"levels": levels})


def ask(generation: Generation, level: str, question: str, log: str = "", **rest: object) -> Answer:
    return answer(generation, with_level(Settings(), level), question, log, **rest)  # type: ignore[arg-type]


def test_an_entrys_own_question_is_answered_by_it(small: Generation, small_settings: Settings) -> None:
    found = answer(small, small_settings, REMOVE)
    assert found.level in ("strong", "possible")
    assert found.entry is not None and found.entry.id == "remove-pass-phrase"
    assert found.corrected is None and found.correction == () and found.carried == ""


def test_a_question_about_nothing_here_is_not_answered(small: Generation, small_settings: Settings) -> None:
    found = answer(small, small_settings, "xyzzy plugh")
    assert found.level == "none"
    assert (found.entry, found.hits, found.snippet, found.candidates) == (None, (), None, ())
    assert found.why.unknown == ("xyzzy", "plugh")


@pytest.mark.parametrize("level", ["strong", "possible"])
def test_an_answer_has_an_entry_a_passage_and_other_entries(small: Generation, level: str) -> None:
    found = ask(small, level, "remove the pass phrase of the key and the certificate")
    assert found.level == level
    assert found.entry == found.hits[0]
    assert found.snippet is not None
    assert [item.hit for item in found.candidates] == [hit for hit in found.hits if hit.kind == "entry"][1 : MOST_CANDIDATES + 1]


def test_a_weak_match_offers_titles_and_quotes_nothing(small: Generation) -> None:
    found = ask(small, "weak", "pass phrase of the key and the certificate")
    assert found.level == "weak"
    assert found.entry is None and found.snippet is None
    assert [item.hit for item in found.candidates] == [hit for hit in found.hits if hit.kind == "entry"][:MOST_CANDIDATES_IF_WEAK]
    assert {item.level for item in found.candidates} == {"weak"}


def test_below_the_weak_line_nothing_is_offered(small: Generation) -> None:
    found = ask(small, "none", "pass phrase")
    assert (found.level, found.entry, found.snippet, found.candidates) == ("none", None, None, ())
    assert found.hits


def test_a_guide_is_no_answer_and_no_candidate(small: Generation) -> None:
    found = ask(small, "strong", "the server stops at start and asks for a pass phrase")
    assert "guide-start" in [hit.id for hit in found.hits]
    assert found.entry is not None and found.entry.kind == "entry"
    assert all(item.hit.kind == "entry" for item in found.candidates)


def test_a_candidate_is_never_surer_than_the_entry(small: Generation) -> None:
    for level in ("strong", "possible"):
        found = ask(small, level, "pass phrase")
        assert all(LEVELS.index(item.level) >= LEVELS.index(found.level) for item in found.candidates)


def test_the_passage_is_verbatim_and_its_mark_is_a_sentence(small: Generation) -> None:
    found = ask(small, "strong", "make the file readable by root alone")
    entry = small.entry("remove-pass-phrase")
    assert found.snippet is not None and entry is not None
    assert found.snippet.text in entry.body
    assert found.snippet.text[slice(*found.snippet.mark)] == "Then make the file readable by root alone."
    assert (found.snippet.heading, found.snippet.historic) == ("Today", False)
    assert [command.text for command in found.snippet.commands] == ["openssl pkey -in server.key -out server.new"]


def test_history_is_quoted_as_history(small: Generation) -> None:
    found = ask(small, "strong", "ssleay rsa")
    assert found.snippet is not None and found.snippet.historic
    assert found.snippet.heading == "Then"


def test_an_entry_without_body_is_answered_without_passage(tmp_path: Path) -> None:
    files = {"a/one.md": "---\nquestion: Why does it rattle?\nshort: Oil it.\n---\n"}
    generation = built(Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data"))
    found = ask(generation, "strong", "rattle")
    assert found.entry is not None and found.snippet is None


# Why


def test_why_names_words_synonyms_and_what_is_unknown(small: Generation) -> None:
    why = ask(small, "strong", "remove PEM secret frobnicate", exact=True).why
    assert why.matched == ("remove", "secret")
    assert why.synonyms == (("PEM secret", "pass phrase"),)
    assert why.unknown == ("frobnicate",)


def test_the_main_term_of_a_concept_is_no_synonym(small: Generation) -> None:
    assert ask(small, "strong", "Certificate").why.synonyms == ()


def test_why_names_the_error_text_and_what_of_the_log_hardly_counts(small: Generation) -> None:
    log = "[Tue Nov 24 02:11:03 2026] [error] error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher"
    why = ask(small, "strong", "", log).why
    assert why.error_text == "error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher"
    assert why.ignored == ("Tue Nov 24 02:11:03 2026",)
    assert why.unknown == ()


def test_a_word_of_an_error_text_does_not_make_it_recognised(small: Generation) -> None:
    assert ask(small, "strong", "cipher").why.error_text == ""


# Corrections, limits, sections


def test_a_correction_is_told_and_can_be_refused(small: Generation) -> None:
    found = ask(small, "strong", "broken padlok")
    assert (found.corrected, found.correction) == ("broken padlock", (("padlok", "padlock"),))
    assert found.question == "broken padlok"
    exact = ask(small, "strong", "broken padlok", exact=True)
    assert (exact.corrected, exact.correction) == (None, ())
    assert exact.why.unknown == ("padlok",)


def test_a_section_limits_hits_and_candidates(small: Generation) -> None:
    found = ask(small, "strong", "certificate browser", section="protocol")
    assert found.hits
    for hit in (*found.hits, *(item.hit for item in found.candidates)):
        assert hit.section.startswith("protocol")


def test_the_limit_is_of_hits_and_leaves_the_candidates(small: Generation) -> None:
    text = "pass phrase of the key and the certificate"
    found = ask(small, "strong", text, limit=1)
    assert len(found.hits) == 1
    assert found.candidates == ask(small, "strong", text).candidates


def test_question_and_log_count_together(small: Generation) -> None:
    found = ask(small, "strong", "what is this", "no shared cipher")
    assert found.entry is not None and found.entry.id == "no-shared-cipher"
    assert (found.question, found.log) == ("what is this", "no shared cipher")


# Bad input


@pytest.mark.parametrize(
    ("question", "log"), [("", ""), ("   ", "\n\n"), ("\0", ""), ("\0\x01\x02\x7f", "\x1b"), ("\u200b\u202e\ufeff", "\u2066")]
)
def test_nothing_to_search_for_is_said(small: Generation, question: str, log: str) -> None:
    with pytest.raises(InputError, match=r"^Enter a question or an error line$"):
        answer(small, Settings(), question, log)


def test_too_much_is_said_with_the_limit(small: Generation) -> None:
    with pytest.raises(InputError, match=r"^Question must be 500 characters or less\."):
        answer(small, Settings(), "x" * 501)
    with pytest.raises(InputError, match=r"^Log or error output must be 10,000 characters or less\."):
        answer(small, Settings(), "", "x" * 10_001)
    with pytest.raises(InputError, match="must be 3 characters or less"):
        answer(small, Settings(question_limit=3), "four")
    answer(small, Settings(), "x" * 500, "x" * 10_000)


BINARY = bytes(random.Random(1).randrange(256) for _ in range(10_000)).decode("latin-1")
STACK_TRACE = "\n".join(f'  File "/usr/lib/x{n}.py", line {n}, in call_{n}\n    return call_{n + 1}(key)' for n in range(150))[:9000]


@pytest.mark.parametrize(
    "log",
    [
        BINARY,
        STACK_TRACE,
        "\0" * 5000 + "cipher",
        "\x1b[31mcipher\x1b[0m\x07\x08",
        "מפתח פרטי עם סיסמה " * 500,
        "🔑🔒" * 5000,
        "\ud83d half a pair",
        "a " * 5000,
        "a-" * 5000,
        "1:" * 5000,
        "/a" * 5000,
        '"x' * 5000,
        "[" * 10_000,
        "0" * 10_000,
        "a.b" * 3333,
        "Tue " * 2500,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_any_log_is_answered_soon(small: Generation, small_settings: Settings, log: str) -> None:
    started = time.monotonic()
    found = answer(small, small_settings, "", log)
    assert found.level in LEVELS
    assert time.monotonic() - started < 5  # seconds: no text takes forever


@pytest.mark.parametrize(
    "question",
    [
        "cipher\0padlock", "‏מפתח פרטי", "\u202ecipher\u202c", "🔑 cipher 🔒", "\ud83d cipher", "(((", '"', '""', "-", '-"', "title:",
        'title:"', "*", "?", "~certificate", "NOT", "AND OR NOT", "x AND", '"\ud83d" key', "-cipher", '-"a"', "中文 证书", "İ", "ﬁle",
        "a" * 500, '"' * 500, "-" * 500, "x:" * 250, "<script>alert(1)</script>", "'; DROP TABLE entries; --", "{{7*7}}", "%s %n",
    ],
)  # fmt: skip
def test_any_question_is_answered(small: Generation, small_settings: Settings, question: str) -> None:
    found = answer(small, small_settings, question)
    assert found.level in LEVELS
    assert found.question == question


def test_control_characters_part_words(small: Generation) -> None:
    assert ask(small, "strong", "cipher\0browser").hits == ask(small, "strong", "cipher browser").hits


def test_text_of_another_direction_beside_a_known_word_does_not_hide_it(small: Generation) -> None:
    assert ask(small, "strong", "‏מפתח padlock פרטי", exact=True).hits[0].id == "old-browser"


@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120), st.text(max_size=300), st.booleans())
def test_whatever_is_typed_is_answered_or_refused_with_a_sentence(small: Generation, question: str, log: str, exact: bool) -> None:
    try:
        found = answer(small, Settings(), question, log, exact=exact)
    except InputError as error:
        assert str(error) == "Enter a question or an error line"
    else:
        assert found.level in LEVELS


def test_asking_twice_gives_the_same_answer(small: Generation, small_settings: Settings) -> None:
    first, second = (answer(small, small_settings, "certifcate -test") for _ in range(2))
    assert replace(first, took_ms=0.0) == replace(second, took_ms=0.0)


def test_words_of_other_alphabets_are_searched(tmp_path: Path) -> None:
    files = {
        "a/hebrew.md": entry_text("איך מסירים סיסמה מהמפתח?", "כך."),
        "a/greek.md": entry_text("Πώς αλλάζω κλειδί;", "Έτσι."),
        "a/japanese.md": entry_text("証明書を作るには？", "こうします。"),
    }
    generation = built(Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data"))
    assert ask(generation, "strong", "סיסמה").hits[0].id == "hebrew"
    assert ask(generation, "strong", "ΚΛΕΙΔΊ").hits[0].id == "greek"
    assert ask(generation, "strong", "証明書").hits[0].id == "japanese"


def test_a_pasted_error_of_a_guide_offers_the_guide(tmp_path: Path) -> None:
    guide = (
        "---\nquestion: It does not start\nerrors: ['AH09999: Cannot open the frobnicator device']\n---\n\n"
        "## Look\n\nLook.\n\n- Good: it runs. -> solved\n- Bad: it stops. -> report\n"
    )
    files = {"a/one.md": entry_text("Why does it rattle?"), "guides/guide-start.md": guide}
    settings = Settings(content=write_content(tmp_path / "content", files), data=tmp_path / "data")
    generation = built(settings)
    log = "[Tue Nov 24 02:11:03 2026] [error] AH09999: Cannot open the frobnicator device\nsomething else"
    assert answer(generation, settings, "", log).guides == ("guide-start",)
    assert answer(generation, settings, "why does it rattle").guides == ()


def test_an_answer_offers_the_guides_of_its_entry(small: Generation) -> None:
    for hit_id in ("hanging", "no-shared-cipher", "old-browser"):
        entry = small.entry(hit_id)
        assert entry
        found = answer(small, Settings(), entry.question)
        assert found.level not in ("strong", "possible") or set(entry.guides) <= set(found.guides)

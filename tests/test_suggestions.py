"""Suggestions for unfinished questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversation_world import make_portal

from kb.answer import answer
from kb.generation import Generation
from kb.settings import Settings
from kb.suggestions import make_word_list, suggest


def ids(small: Generation, text: str) -> list[str]:
    return [item.id for item in suggest(make_word_list(small.content), text, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pass phr", ["remove-pass-phrase", "change-pass-phrase", "guide-start"]),
        ("how do I chang", ["change-pass-phrase"]),
        ("padlo", ["old-browser"]),  # an alias and the title
        ("nobody answers", []),
        ("no shared ci", ["no-shared-cipher"]),
        ("1408A0", ["no-shared-cipher"]),  # an error text
        ("PÁSS PHRASE CHANGE", ["change-pass-phrase"]),
        ("c", []),
        ("", []),
        ("?!", []),
    ],
)
def test_words_and_the_start_of_the_last_one(small: Generation, text: str, expected: list[str]) -> None:
    assert sorted(ids(small, text)) == sorted(expected)


def test_ranking_comes_first_and_fills_up(small: Generation, small_settings: Settings) -> None:
    text = "the secret is asked for at boot"
    found = answer(small, small_settings, text)
    assert suggest(make_word_list(small.content), text, found)[0].id == found.hits[0].id


def test_at_most_five(small: Generation) -> None:
    assert len(ids(small, "ho")) <= 5


def test_shape_that_browsers_expect(tmp_path: Path) -> None:
    client = make_portal(tmp_path).test_client()
    response = client.get("/suggest", query_string={"q": "pass phr", "c": "abc"})
    assert response.content_type == "application/x-suggestions+json"
    text, titles, notes, addresses = response.json
    assert text == "pass phr" and 3 <= len(titles) == len(notes) == len(addresses) <= 5
    assert "/entries/remove-pass-phrase?c=abc" in addresses
    assert client.get("/suggest").json == ["", [], [], []]
    assert client.get("/suggest?q=%00%ff" + "x" * 900).status_code == 200

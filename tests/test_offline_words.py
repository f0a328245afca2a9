"""What the copy's scripts say is what the portal says."""

from __future__ import annotations

import json

from kb.conversation import TriedItem
from kb.offline_words import words, words_script
from kb.settings import Settings


def test_sentences_have_blanks_where_the_portal_has_values() -> None:
    made = words(Settings())
    assert made["answered"]["strong"] == [
        "Best answer: __title__. Strong match.",
        "Best answer: __title__. Strong match. 1 other entry.",
        "Best answer: __title__. Strong match. __count__ other entries.",
    ]
    assert made["close"] == [
        "No entry answers this directly. 1 close entry.",
        "No entry answers this directly. __count__ close entries.",
    ]
    assert made["nothing"] == "No entry matches. You can write a problem report."
    assert made["report"]["fill"] == "Fill in “__label__”"
    assert made["report"]["secret"] == [
        "__label__ contains a __name__. Remove __way__.",
        "__label__ contain a __name__. Remove __way__.",
    ]
    assert set(made["report"]["too_long"]) == {"500", "20000", "100000"}


def test_limits_are_those_of_the_settings() -> None:
    made = words(Settings(question_limit=40, log_limit=1234))
    assert made["asked"] == {"question": 40, "log": 1234}
    assert made["problems"]["question"].startswith("Question must be 40 characters or less.")
    assert "1,234 characters" in made["problems"]["log"]
    assert made["problems"]["empty"] == "Enter a question or an error line"


def test_a_line_filled_in_is_the_line_of_a_report() -> None:
    made = words(Settings())
    for kind in ("question", "entry", "step"):
        item = TriedItem("", kind, "", "a “b”", "no", "the guide")  # type: ignore[arg-type]
        line = made["lines"][kind].replace("__text__", item.text).replace("__guide__", item.guide)
        assert line.replace("__outcome__", item.outcome) == item.line


def test_the_script_holds_the_words_and_is_always_the_same() -> None:
    script = words_script(Settings())
    start = script.index("{", script.index("words ="))
    assert json.loads(script[start:].rstrip(";\n")) == words(Settings())
    assert script == words_script(Settings())

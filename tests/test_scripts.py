"""The scripts of pages are whole: every file is used, in an order in which each finds what it needs."""

from __future__ import annotations

import re

import pytest

from kb import scripts
from kb.scripts import COPY, FOLDER, PORTAL, SINGLE, STATIC, joined

SETS = {"portal": PORTAL, "copy": (*COPY, *FOLDER), "single file": (*SINGLE, *COPY)}
_SET = re.compile(r"\bkb\.(\w+) = ")
_ASSIGNED = re.compile(r"Object\.assign\(kb, \{([^}]*)\}")
_USED = re.compile(r"\bkb\.(\w+)\b")
# Put there by scripts that the export writes, and by the engine's.
GIVEN = {"words", "secretRules", "engine", "data", "texts", "wordings"}


def given_by(text: str) -> set[str]:
    lists = [name.strip() for found in _ASSIGNED.findall(text) for name in found.split(",")]
    return {*_SET.findall(text), *lists}


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
def test_what_a_script_uses_is_there(names: tuple[str, ...]) -> None:
    text = joined(names)
    missing = set(_USED.findall(text)) - given_by(text) - GIVEN
    assert missing == set()


def test_every_file_belongs_to_a_script() -> None:
    files = {path.relative_to(STATIC).as_posix() for folder in ("page", "offline") for path in (STATIC / folder).iterdir()}
    files.add("embed.js")  # which the portal serves by itself too
    assert files == {*PORTAL, *COPY, *FOLDER, *SINGLE}


def test_no_script_asks_the_network_or_makes_code_from_text() -> None:
    for name in (*SINGLE, *COPY, *FOLDER):
        text = (scripts.STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|eval|Worker|innerHTML|outerHTML|DOMParser)\b", text), name
        assert "new Function" not in text and "import(" not in text, name


def test_what_is_used_while_a_script_is_read_was_given_before() -> None:
    """A file may use at once only what files before it gave; here: the constants at its top."""
    before: set[str] = set()
    for name in (*SINGLE, *COPY, *FOLDER):
        text = (STATIC / name).read_text(encoding="utf-8")
        at_once = {used for line in text.splitlines() if line.startswith("  const ") for used in _USED.findall(line)}
        assert at_once <= before | given_by(text) | GIVEN, name
        before |= given_by(text)

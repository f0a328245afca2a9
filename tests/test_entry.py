"""The values that the rest is made of, as far as they do something."""

from __future__ import annotations

import dataclasses

import pytest

from kb.entry import Content, Entry, Finding, Section, Site

ENTRIES = tuple(
    Entry(entry_id, section, "Why?", "Because.") for entry_id, section in [("b", "one"), ("x", "two"), ("a", "one")]
)


def test_a_finding_reads_as_file_line_rule_message() -> None:
    assert str(Finding("error", "a/b.md", 7, "bad-yaml", "it is broken")) == "a/b.md:7: bad-yaml: it is broken"


def test_the_entries_of_a_section_keep_their_order() -> None:
    content = Content(Site(), (Section("one", "One"), Section("two", "Two")), ENTRIES)
    assert [entry.id for entry in content.entries_of("one")] == ["b", "a"]
    assert content.entries_of("missing") == ()


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ENTRIES[0].question = "Another?"  # type: ignore[misc]


def test_entries_do_not_share_their_extra_keys() -> None:
    assert ENTRIES[0].extra == {} and ENTRIES[0].extra is not ENTRIES[1].extra

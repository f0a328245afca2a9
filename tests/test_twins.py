"""Entries, guides and sections as Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from portal_world import write_world

from kb.content import load_content
from kb.links import PortalLinks
from kb.pages import Frame
from kb.twins import _with_addresses, entry_markdown, guide_markdown, link_line, section_markdown


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    folder = write_world(tmp_path)
    (folder / "sub").mkdir()
    (folder / "sub" / "where is it.md").write_text("# Where is it?\n\nHere.\n", encoding="utf-8")
    content = load_content(folder)
    return Frame(content, PortalLinks("https://h.example", has_image=lambda path: path.endswith("plan.png")))


def test_an_entry_says_what_it_holds_for_and_links_to_other_texts(frame: Frame) -> None:
    text = entry_markdown(frame, "connection-refused")
    assert text.startswith(
        '# Why is the connection "refused" <here>?\n\nNothing listens on port 443.\n\n'
        "Configuration · Status: changed · Applies to: Apache 1.3 · Updated 24 November 2026\n\n## Today\n\n"
    )
    assert "```sh\nss -ltn 'sport = :443'\n```" in text
    assert text.endswith(
        "## See also\n\n- [Connection refused, step by step](https://h.example/guides/guide-refused.md)\n"
        "- [Why does it hang?](https://h.example/entries/hanging.md)\n"
    )


def test_a_guide_says_after_each_step_where_to_go_on(frame: Frame) -> None:
    text = guide_markdown(frame, "guide-refused")
    assert "2 steps · Updated 24 November 2026\n\nRun these on the server.\n\n## Step 1: Is it refused?" in text
    assert [line for line in text.splitlines() if line.startswith(("- Good", "- Bad"))] == [
        "- Good: it says `refused`. → the next step",
        "- Bad: nothing happens. → [Another guide](https://h.example/guides/guide-other.md)",
        "- Bad: it is another matter. → [Why does it hang?](https://h.example/entries/hanging.md)",
        "- Good: the page opens now. → solved",
        "- Bad: there is no line. → step 1",
        "- Bad: it still refuses. → [write a problem report](https://h.example/report?guide=guide-refused&step=listen)",
    ]


def test_a_section_lists_its_entries(frame: Frame) -> None:
    assert section_markdown(frame, "configuration") == (
        "# Configuration\n\nPorts and hosts.\n\n"
        '- [Why is the connection "refused" <here>?](https://h.example/entries/connection-refused.md): '
        "Nothing listens on port 443.\n- [Why does it hang?](https://h.example/entries/hanging.md)\n"
    )
    assert section_markdown(frame, "empty") == "# Nothing here\n"


def test_what_is_unknown_is_an_error(frame: Frame) -> None:
    for make in (entry_markdown, guide_markdown, section_markdown):
        with pytest.raises(KeyError):
            make(frame, "nope")


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("[a](entry:hanging)", "[a](https://h.example/entries/hanging.md)"),
        ("[a](hanging.md#p-1)", "[a](https://h.example/entries/hanging.md#p-1)"),
        ("[a](../guides/guide-other.md)", "[a](https://h.example/guides/guide-other.md)"),
        ('[a](guide:guide-other "title")', '[a](https://h.example/guides/guide-other.md "title")'),
        ("![a](img/plan.png)", "![a](https://h.example/files/configuration/img/plan.png)"),
        ("[a](<hanging.md>) [b](entry:hanging)", "[a](<https://h.example/entries/hanging.md>) [b](https://h.example/entries/hanging.md)"),
        ("[a](<../sub/where is it.md>)", "[a](<https://h.example/entries/where-is-it.md>)"),
        ("[a]: <../sub/where is it.md> 'title'", "[a]: <https://h.example/entries/where-is-it.md> 'title'"),
        ("[a](https://example.org/x)", "[a](https://example.org/x)"),
        ("[a](#today)", "[a](#today)"),
        ("[a](entry:nowhere)", "[a](entry:nowhere)"),
        ("[a]\n\n[a]: entry:hanging", "[a]\n\n[a]: https://h.example/entries/hanging.md"),
        ("`[a](entry:hanging)` [b](entry:hanging)", "`[a](entry:hanging)` [b](https://h.example/entries/hanging.md)"),
        ("``a`b[a](entry:hanging)``", "``a`b[a](entry:hanging)``"),
        ("```sh\n[a](entry:hanging)\n```\n[a](entry:hanging)", "```sh\n[a](entry:hanging)\n```\n[a](https://h.example/entries/hanging.md)"),
        ("~~~\n```\n[a](entry:hanging)\n~~~~\nx", "~~~\n```\n[a](entry:hanging)\n~~~~\nx"),
        ("```\n[a](entry:hanging)", "```\n[a](entry:hanging)"),
    ],
)  # fmt: skip
def test_links_become_addresses_and_code_stays(frame: Frame, written: str, made: str) -> None:
    assert _with_addresses(frame, written, "configuration/connection-refused.md") == made


def test_a_title_cannot_end_its_link() -> None:
    assert link_line("a] [b\nc\\", "/x", "one\ntwo") == "- [a\\] \\[b c\\\\](/x): one two"

"""The list for language models keeps the format of llmstxt.org, and every link in it leads to text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from portal_world import write_world

from kb.content import load_content
from kb.entry import Content, Site
from kb.links import PortalLinks
from kb.llms import llms_full_txt, llms_txt
from kb.pages import Frame


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    return Frame(load_content(write_world(tmp_path)), PortalLinks("https://h.example"))


def blocks(text: str) -> list[tuple[str, str]]:
    """The blocks of a Markdown text at the top level: what each is, and the text of its first line."""
    tokens = MarkdownIt().parse(text)
    return [
        (token.type.removesuffix("_open") if token.type != "heading_open" else token.tag,
         next(item.content for item in tokens[place:] if item.type == "inline").splitlines()[0])
        for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0
    ]  # fmt: skip


def test_the_format(frame: Frame) -> None:
    found = blocks(llms_txt(frame))
    assert [kind for kind, _ in found[:3]] == ["h1", "blockquote", "paragraph"]
    assert [kind for kind, _ in found[3:]] == ["h2", "bullet_list"] * ((len(found) - 3) // 2)
    assert [text for kind, text in found if kind == "h2"] == ["Configuration", "Keys", "Guides", "Optional"]


def test_each_line_of_a_list_is_a_link_and_a_note(frame: Frame) -> None:
    lines = [line for line in llms_txt(frame).splitlines() if line.startswith("-")]
    assert len(lines) == 3 + 2 + 2
    for line in lines:
        assert re.fullmatch(r"- \[.+\]\(https://h\.example/[\w./-]+\)(: .+)?", line), line
    assert "- [Another guide](https://h.example/guides/guide-other.md): 1 step" in lines


def test_history_is_called_that_only_where_there_is_some(frame: Frame) -> None:
    assert "such as “Then” is history, not advice" in llms_txt(frame)
    empty = Frame(Content(Site("Two\nlines"), (), ()), PortalLinks())
    assert "history" not in llms_txt(empty)
    assert llms_txt(empty).startswith("# Two lines\n\n> Questions and answers: Two lines.\n\nIt holds 0 entries. ")


def test_everything_in_one_text(frame: Frame) -> None:
    text = llms_full_txt(frame)
    places = [text.index(f"\n---\n\n# {item.question}\n") for item in (*frame.content.entries, *frame.content.guides)]
    assert places == sorted(places) and "A firewall drops the packets." in text

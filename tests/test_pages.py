"""Pages as texts: what the functions of kb.pages do without any server."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_world import REFUSED, SNIPPET, prepared, write_world

from kb import pages
from kb.content import load_content
from kb.entry import Content, Entry, Section, Site
from kb.links import PortalLinks, Tried
from kb.pages import Frame
from kb.scripts import PORTAL, joined
from kb.snippet import Snippet

BANNED = re.compile(r"\b(please|sorry|oops|(?<!aria-)invalid|we|our|us)\b", re.IGNORECASE)


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    return Frame(load_content(write_world(tmp_path)), PortalLinks(), "2026-11-24T20:30:00+00:00")


def test_templates_use_no_banned_word() -> None:
    for path in pages.TEMPLATES.iterdir():
        text = re.sub(r"\{[%{#].*?[%}#]\}|<[^>]*>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not BANNED.search(text), path.name
    for words in (*pages.LEADS.values(), *(f.title + f.message for f in pages.FAULTS.values())):
        assert not BANNED.search(words)


@pytest.mark.parametrize(
    ("text", "mark", "spans", "expected"),
    [
        ("a < b", (0, 5), (), "<mark>a &lt; b</mark>"),
        ("one two", (4, 7), (), "one <mark>two</mark>"),
        ("one two", (0, 0), ((0, 3),), "<code>one</code> two"),
        ("run it now", (4, 10), ((0, 6),), "<code>run </code><mark><code>it</code> now</mark>"),
        ("x `&` y", (2, 5), ((3, 4),), "x <mark>`<code>&amp;</code>`</mark> y"),
        ("", (0, 0), (), ""),
    ],
)
def test_passage(text: str, mark: tuple[int, int], spans: tuple[tuple[int, int], ...], expected: str) -> None:
    assert pages.passage_html(Snippet(text, mark, spans, "p-0", "", False, ())) == expected


def test_passage_without_tags_is_the_text_itself() -> None:
    shown = pages.passage_html(SNIPPET).striptags()
    assert shown == SNIPPET.text


@pytest.mark.parametrize(
    ("iso", "shown"),
    [("2026-11-04", "4 November 2026"), ("2026-11-24T20:30:00+00:00", "24 November 2026"), ("", ""), ("soon", "soon")],
)
def test_day(iso: str, shown: str) -> None:
    assert pages.day(iso) == shown


def test_counts_have_their_noun() -> None:
    assert [pages.plural(n, "entry", "entries") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert pages.count_lines("a\nb\n") == 2
    assert pages.clip("a  b\nc") == "a b c" and len(pages.clip("x" * 200)) == 70


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("entry:hanging", "/entries/hanging"),
        ("entry:hanging#p-2", "/entries/hanging#p-2"),
        ("guide:guide-refused#listen", "/guides/guide-refused#listen"),
        ("entry:guide-refused", "/guides/guide-refused"),
        ("entry:nope", None),
        ("hanging.md", "/entries/hanging"),
        ("./hanging.md#p-0", "/entries/hanging#p-0"),
        ("../keys/old-key.md", "/entries/old-key"),
        ("../guides/guide-refused.md", "/guides/guide-refused"),
        ("nope.md", None),
        ("../../../etc/passwd", None),
        ("/etc/passwd", None),
        ("#p-3", "#p-3"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("mailto:users@example.org", "mailto:users@example.org"),
        ("data:text/html,x", None),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        ("//evil.example/x", None),
        ("", None),
    ],
)
def test_links_in_content(frame: Frame, href: str, address: str | None) -> None:
    assert frame.resolver("configuration/connection-refused.md")(href) == address


def test_pages_need_no_report_template_no_guides_and_no_front_matter() -> None:
    content = Content(Site(), (Section("general", "General"),), (Entry("a", "general", "What?", "That."),))
    frame = Frame(content, PortalLinks())
    assert "That." in pages.entry_page(frame, "a")
    assert "No guides yet." in pages.guides_page(frame)
    assert "<nav" in pages.home_page(frame) and "Guides" not in pages.home_page(frame)
    text = pages.report_page(frame)
    assert "What happened" in text and "Where to send it" not in text and "How it was done before" not in text
    assert "Updated" not in pages.entry_page(frame, "a")


def test_answer_about_an_entry_that_is_gone(frame: Frame) -> None:
    gone = prepared("q", "strong", REFUSED, snippet=SNIPPET)
    empty = Frame(Content(Site(), (), ()), frame.links)
    assert 'data-entry="connection-refused"' in pages.ask_page(empty, gone)


def test_outcome_to_nowhere_leads_to_the_report(frame: Frame) -> None:
    guide = frame.guides["guide-refused"]
    lonely = Frame(Content(Site(), (), (), (guide,)), frame.links)
    text = pages.step_page(lonely, guide.id, "is-it-refused")
    assert text.count('href="/report?guide=guide-refused&amp;step=is-it-refused"') == 2  # header, way out
    assert text.count(">Write a problem report</button>") == 2  # the outcomes; the server knows where they lead


def test_error_page_works_without_content() -> None:
    empty = Frame(Content(Site(), (), ()), PortalLinks())
    for status, fault in pages.FAULTS.items():
        text = pages.error_page(empty, pages.fault_of(status))
        assert f"<h1>{fault.title}</h1>" in text
        assert ('id="box-question"' in text) == fault.has_box


def test_report_names_full_addresses_where_they_are_known(frame: Frame) -> None:
    named = Frame(frame.content, PortalLinks("https://help.example.com/"))
    text = pages.report_file(named, "md", Tried(entry="hanging"))
    assert "(https://help.example.com/entries/hanging)" in text


def test_same_values_same_page(frame: Frame) -> None:
    assert pages.entry_page(frame, "connection-refused") == pages.entry_page(frame, "connection-refused")


def every_page(frame: Frame) -> Iterator[tuple[str, str]]:
    """Every page that depends on the content alone, with a name to recognise it by."""
    yield "home", pages.home_page(frame)
    yield "guides", pages.guides_page(frame)
    yield "report", pages.report_page(frame)
    for section in frame.content.sections:
        yield section.id, pages.section_page(frame, section.id)
    for entry in frame.content.entries:
        yield entry.id, pages.entry_page(frame, entry.id)
    for guide in frame.content.guides:
        yield guide.id, pages.guide_page(frame, guide.id)
        yield f"{guide.id}/solved", pages.solved_page(frame, guide.id)
        for step in guide.steps:
            yield f"{guide.id}/{step.id}", pages.step_page(frame, guide.id, step.id)


def test_every_page_of_this_content_is_sound() -> None:
    """Ids and region names are unique, links within a page lead somewhere, no page is larger than 20 kB packed."""
    frame = Frame(load_content(pages.TEMPLATES.parent / "content"), PortalLinks())
    for name, text in every_page(frame):
        ids = re.findall(r'\sid="([^"]*)"', text)
        assert len(ids) == len(set(ids)), name
        regions = re.findall(r'role="region" aria-label="([^"]*)"', text)
        assert len(regions) == len(set(regions)), name
        assert set(re.findall(r'href="#([^"]*)"', text)) <= set(ids), name
        assert len(gzip.compress(text.encode())) <= 20_000, name
        levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
        assert levels.count(1) == 1, name
        start = levels.index(1)
        assert all(later <= earlier + 1 for earlier, later in zip(levels[start:], levels[start + 1 :], strict=False)), (
            name
        )


def test_style_and_script_are_small() -> None:
    static = pages.TEMPLATES.parent / "static"
    assert len(gzip.compress((static / "style.css").read_bytes())) <= 12_000
    assert len(gzip.compress(joined(PORTAL).encode())) <= 10_000

"""Addresses in the copy: relative in a folder, places within a single file."""

from __future__ import annotations

import pytest

from kb.links import Copy, Tried
from kb.offline_links import OfflineLinks, place_name

ROOT = OfflineLinks(Copy())
BELOW = ROOT.on("entries/a.html")
SINGLE = OfflineLinks(Copy(is_single=True))


def test_addresses_are_relative_to_the_page() -> None:
    assert ROOT.entry("a", "p-1") == "entries/a.html#p-1"
    assert BELOW.entry("b") == "../entries/b.html"
    assert BELOW.home("all-sections") == "../index.html#all-sections"
    assert BELOW.section("s") == "../sections/s.html"
    assert BELOW.asset("page.js") == "../assets/page.js"
    assert BELOW.entry_markdown("a") == "../entries/a.md"
    assert BELOW.report_file("txt") == "../report.txt"


def test_steps_are_places_on_their_guides_page() -> None:
    assert ROOT.step("g", "look") == "guides/g.html#look"
    assert ROOT.solved("g") == "guides/g.html#guide-solved"


def test_a_question_stands_behind_the_hash() -> None:
    assert ROOT.ask("port 443?", section="s", exact=True) == "ask.html#q=port+443%3F&section=s&exact=1"
    assert BELOW.ask() == "../ask.html"
    assert SINGLE.ask("a b") == "#q=a+b"
    assert SINGLE.ask() == "#/ask"


def test_the_report_address_does_not_depend_on_what_was_tried() -> None:
    assert ROOT.report(Tried(question="q", entry="a")) == ROOT.report() == "report.html"


def test_in_a_single_file_pages_are_places() -> None:
    assert SINGLE.home() == "#/index"
    assert SINGLE.entry("a") == "#/entries/a"
    assert SINGLE.entry("a", "p-1") == "#/entries/a%3Ap-1"
    assert place_name("entries/a.html", "p-1") == "/entries/a:p-1"
    assert SINGLE.entry_markdown("a") is None
    assert SINGLE.on("entries/a.html").root == ""
    assert SINGLE.conversation("turn-1") == "#turn-1"


def test_odd_ids_are_written_as_addresses() -> None:
    assert ROOT.entry("où#1", "é") == "entries/o%C3%B9%231.html#%C3%A9"


@pytest.mark.parametrize("base", ["https://example.org/a", "https://example.org/a/"])
def test_whole_addresses_where_the_copy_has_one(base: str) -> None:
    links = OfflineLinks(Copy(base_url=base), page="entries/x.html")
    assert links.own_address == "https://example.org/a/entries/x.html"
    assert links.on("index.html").own_address == "https://example.org/a/"
    assert links.absolute(links.entry("y", "p-1")) == "https://example.org/a/entries/y.html#p-1"


def test_no_whole_address_where_it_has_none() -> None:
    assert BELOW.own_address == ""
    assert BELOW.absolute(BELOW.entry("b")) == "entries/b.html"


def test_images() -> None:
    links = OfflineLinks(Copy(), image={"a b.png": "files/a b.png"}.get)
    assert links.file("a b.png") == "files/a%20b.png"
    assert links.on("entries/x.html").file("a b.png") == "../files/a%20b.png"
    assert links.file("gone.png") is None


def test_the_copy_offers_no_copy_of_itself() -> None:
    assert ROOT.offline_copy() == ""


def test_the_page_of_the_widget_is_its_first_page_and_answers() -> None:
    inside = ROOT.on("embed.html")
    assert (inside.is_embedded, ROOT.is_embedded, BELOW.is_embedded) == (True, False, False)
    assert inside.home("all-sections") == "embed.html#all-sections"
    assert inside.ask("a b") == "embed.html#q=a+b"
    assert inside.conversation("turn-1") == "embed.html#turn-1"
    assert inside.entry("a") == "entries/a.html"
    assert inside.outside() == "ask.html"
    assert (ROOT.widget_home(), BELOW.widget_home()) == ("embed.html", "../embed.html")
    assert SINGLE.widget_home() == ""

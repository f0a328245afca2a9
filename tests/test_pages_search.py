"""What browsers read about the search, and the page that explains how to add it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from opensearch_rules import NAMESPACE, faults

from kb.entry import Content, Entry, Section, Site
from kb.links import PortalLinks
from kb.pages import Frame
from kb.pages_search import ask_address, browser_search_page, opensearch

START = "https://help.example.com/"
PLAIN = Content(
    Site("Test help", examples=("port 443 & more",)),
    (Section("keys", "Keys"),),
    (Entry("one", "keys", "One?", "Yes."),),
)


def described(content: Content, start: str = START) -> str:
    return opensearch(Frame(content, PortalLinks()), start)


@pytest.mark.parametrize(
    "site",
    [
        PLAIN.site,
        Site("x" * 60, "y" * 2000),
        Site("Ängste & <b>Nöte</b> of a long name, “quoted”", "a < b & c\x07"),
        Site("日本語の助け", "説明", language="ja", examples=("証明書 100%",)),
        Site(" ".join(f"word{number}" for number in range(99))),
    ],
)
def test_every_rule_is_kept_whatever_a_site_is_called(site: Site) -> None:
    for content in (replace(PLAIN, site=site), Content(site, (), ())):
        assert faults(described(content)) == []


def test_programs_learn_where_to_ask_and_where_suggestions_are() -> None:
    root = ElementTree.fromstring(described(PLAIN).encode())
    urls = {url.get("type"): (url.get("rel"), url.get("template")) for url in root.findall(NAMESPACE + "Url")}
    assert urls == {
        "text/html": (None, "https://help.example.com/ask?q={searchTerms}"),
        "application/x-suggestions+json": ("suggestions", "https://help.example.com/suggest?q={searchTerms}"),
        "application/opensearchdescription+xml": ("self", "https://help.example.com/opensearch.xml"),
    }
    assert root.findtext(NAMESPACE + "Tags") == "test help keys"
    query = root.find(NAMESPACE + "Query")
    assert query is not None and query.get("searchTerms") == "port%20443%20%26%20more"


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("<ShortName>Test help", "<ShortName>A name that is too long", "ShortName has 23 characters"),
        ("<ShortName>Test help</ShortName>", "", "ShortName appears 0 times"),
        ("<LongName>", "<LongName>a</LongName><LongName>", "LongName appears 2 times"),
        ("<Tags>test", "<Tags>two  spaces", "Tags cannot be"),
        ('type="text/html"', 'type="page"', "Url has no media type"),
        ('type="text/html"', 'type="text/html" method="get"', "Url has no attribute method"),
        ("{searchTerms}", "{terms}", "Url has an unknown parameter terms"),
        ("https://help.example.com/ask", "/ask", "Url template is no URL"),
        ('rel="self"', 'rel="own"', "Url has an unknown rel own"),
        ('height="16"', 'height="big"', "Image height is no number"),
        (">https://help.example.com/static/icon.ico", ">icon", "Image is no URI: icon"),
        ('role="example"', 'role="sample"', "Query has an unknown role sample"),
        ("port%20443", "port 443", "Query searchTerms is not URL-encoded"),
        ("<Language>en", "<Language>English!", "Language cannot be 'English!'"),
        ("<InputEncoding>UTF-8", "<InputEncoding>UTF-99", "'UTF-99' is no encoding"),
        ("<LongName>Test", "<LongName>&lt;b&gt;Test", "LongName holds HTML"),
        ("<LongName>Test", "<LongName><b/>Test", "LongName holds markup"),
        ("spec/opensearch/1.1/", "spec/opensearch/1.0/", "the root is"),
        ("</OpenSearchDescription>", "", "not well-formed"),
    ],
)
def test_the_rules_find_what_breaks_them(right: str, wrong: str, fault: str) -> None:
    text = described(PLAIN)
    assert right in text
    assert any(item.startswith(fault) for item in faults(text.replace(right, wrong, 1)))


def test_addresses_that_ask() -> None:
    assert ask_address(START) == "https://help.example.com/ask?q=%s"
    assert ask_address("http://h", "a b & ü?") == "http://h/ask?q=a+b+%26+%C3%BC%3F"


def test_the_page_shows_the_address_for_each_browser_and_works_without_any_content() -> None:
    text = browser_search_page(Frame(PLAIN, PortalLinks()), START)
    assert "<code>https://help.example.com/ask?q=%s</code>" in text
    assert "<code>https://help.example.com/ask?q=port+443+%26+more</code>" in text
    assert "<code>help.example.com</code>, a space and your question" in text
    for browser in ("Chrome", "Edge", "Firefox", "Safari"):
        assert f">{browser}</h2>" in text
    assert "A question as a link" not in browser_search_page(Frame(Content(Site(), (), ()), PortalLinks()), START)

"""What browsers, assistants and other programs find: the search, lists of texts, and the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from conversation_world import make_portal
from flask.testing import FlaskClient
from opensearch_rules import faults
from playwright.sync_api import Browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return make_portal(tmp_path).test_client()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running portal."""
    with served(make_portal(tmp_path_factory.mktemp("discovery"))) as address:
        yield address


def test_the_description_keeps_every_rule_and_its_addresses_answer(client: FlaskClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.content_type == "application/opensearchdescription+xml; charset=utf-8"
    assert faults(response.text) == []
    assert len(re.findall(r"http://localhost/static/[\w.-]+", response.text)) == 2
    for address, kind in re.findall(r"http://localhost(/static/[\w.-]+)|rel=\"(\w+)\"", response.text):
        if address:
            image = client.get(address)
            assert image.status_code == 200 and image.content_type.startswith("image/")
            assert f'type="{image.content_type}">http://localhost{address}<' in response.text
        else:
            assert kind in ("suggestions", "self")
    template = re.findall(r'type="text/html" template="http://localhost([^"]+)"', response.text)[0]
    answer = client.get(template.replace("{searchTerms}", "how+do+I+remove+the+pass+phrase"))
    assert 'data-entry="remove-pass-phrase"' in answer.text


def test_the_address_of_the_site_is_the_one_that_is_set(tmp_path: Path) -> None:
    client = make_portal(tmp_path, base_url="https://help.example.com/").test_client()
    assert 'template="https://help.example.com/ask?q={searchTerms}"' in client.get("/opensearch.xml").text
    assert "<code>https://help.example.com/ask?q=%s</code>" in client.get("/browser-search").text
    assert "(https://help.example.com/entries/remove-pass-phrase.md)" in client.get("/llms.txt").text
    assert "https://help.example.com/entries/" in client.get("/llms-full.txt").text


def test_every_page_names_its_markdown_and_every_link_of_the_list_leads_to_text(client: FlaskClient) -> None:
    text = client.get("/llms.txt").text
    links = re.findall(r"\]\(http://localhost(/[^)]+)\)", text)
    assert len(links) >= 8 + 2  # entries and guides, everything, the form
    for link in links:
        assert client.get(link).status_code == 200, link
    pages = ["/entries/remove-pass-phrase", "/guides/guide-steps", "/sections/keys"]
    for page in pages:
        assert f'<link rel="alternate" type="text/markdown" href="{page}.md">' in client.get(page).text
        twin = client.get(f"{page}.md")
        assert (twin.status_code, twin.content_type) == (200, "text/markdown; charset=utf-8")
        assert twin.text.startswith("# ")
        assert client.get(f"{page}.md", headers={"If-None-Match": twin.headers["ETag"]}).status_code == 304
        assert client.get(f"{page}-x.md").status_code == 404
    assert '<link rel="alternate" type="text/markdown" title="Everything there is to read" href="/llms.txt">' in client.get("/").text


def test_texts_for_models_are_plain_and_kept(client: FlaskClient) -> None:
    for path in ("/llms.txt", "/llms-full.txt"):
        response = client.get(path)
        assert response.content_type == "text/plain; charset=utf-8"
        assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_a_question_can_be_shared_as_an_address(client: FlaskClient) -> None:
    page = client.get("/browser-search").text
    shared = re.findall(r"<code>http://localhost(/ask\?q=[^<]{9,})</code>", page)[0]
    assert "data-level=" in client.get(shared).text


def test_the_page_is_linked_from_every_page(client: FlaskClient) -> None:
    for page in ("/", "/entries/remove-pass-phrase", "/ask?q=key", "/nope"):
        assert '<a href="/browser-search">Search from your browser</a>' in client.get(page).text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_page(browser: Browser, site: str, width: int, scheme: str) -> None:
    with opened(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
        complaints = watch(page)
        page.goto(site + "/browser-search")
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and complaints == []


def test_the_address_is_copied_with_a_press_and_selected_without_script(browser: Browser, site: str) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site)
        page.get_by_role("link", name="Search from your browser").click()
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{site}/ask?q=%s"
        page.goto(copied.replace("%s", "remove+the+pass+phrase"))
        assert page.locator("[data-level]").first.is_visible()
    with opened(browser, java_script_enabled=False) as page:
        page.goto(site + "/browser-search")
        assert page.get_by_role("button", name="Copy").count() == 0
        region = page.get_by_role("region", name="Address of the search")
        region.locator("code").select_text()
        assert region.inner_text().strip() == f"{site}/ask?q=%s"

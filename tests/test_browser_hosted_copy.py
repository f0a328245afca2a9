"""The copy on a web server, below a path of its own: it stays there, and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_world import opened, watch
from engine_world import built, write_content
from host_world import served_folder
from playwright.sync_api import Browser, Page, expect

from kb.export import copy_files, make_copy
from kb.export_folder import write_folder
from kb.settings import Settings

PLACE = "/any/where/"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hosted")
    settings = Settings(content=write_content(folder / "content"), data=folder / "data")
    generation = built(settings)
    site: Path = folder / "site"
    write_folder(site / PLACE.strip("/"), copy_files(generation, settings, make_copy(generation, settings)))
    with served_folder(site) as server:
        yield f"{server}{PLACE}"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser) as page:
        faults = watch(page)
        responses: list[tuple[int, str]] = []
        page.on("response", lambda response: responses.append((response.status, response.url)))
        yield page
        assert faults == []
        assert [item for item in responses if item[0] >= 400 or not item[1].startswith(address)] == []


def test_a_question_is_answered_from_a_page_below(page: Page, address: str) -> None:
    page.goto(f"{address}entries/hanging.html")
    page.get_by_label("What do you need help with?").fill("why connection refused on port 443")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("[data-level] [data-entry]").first).to_have_attribute("data-entry", "connection-refused")
    assert page.url.startswith(f"{address}ask.html")


def test_every_way_to_read_leads_on(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("main").get_by_role("link", name="Protocol [TLS]").click()
    page.locator("main").get_by_role("link", name="Why does the connection hang?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why does the connection hang?")
    page.locator("header").get_by_role("link", name="Guides").click()
    page.locator("main").get_by_role("link", name="The server stops at start").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The server stops at start")

"""The single file in a real browser: one page at a time, by its address; all of them where script is off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_world import opened, watch
from engine_world import built
from playwright.sync_api import Browser, Page, expect
from portal_world import write_world

from kb.export import make_copy
from kb.settings import Settings
from kb.single_file import write_single_file

SHOWN = ".page:not([hidden])"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("world")
    settings = Settings(content=write_world(folder), data=folder / "data")
    generation = built(settings)
    target: Path = folder / "help.html"
    write_single_file(target, generation, settings, make_copy(generation, settings))
    return target.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser) as page:
        faults = watch(page)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        yield page
        assert faults == []
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_the_first_page_comes_first(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(SHOWN)).to_have_count(1)
    expect(page.locator("#box-question")).to_be_visible()
    expect(page.get_by_role("heading", name="Sections", exact=True)).to_be_visible()
    expect(page).to_have_title("Test help")


def test_a_link_shows_another_page_and_back_returns(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(SHOWN).get_by_role("link", name="Configuration").click()
    expect(page.locator(SHOWN).get_by_role("heading", level=1)).to_have_text("Configuration")
    expect(page).to_have_title("Configuration · Test help")
    expect(page.locator("#main-content")).to_be_focused()
    page.go_back()
    expect(page.locator("#box-question")).to_be_visible()
    expect(page).to_have_title("Test help")


def test_an_address_opens_its_page_at_its_top(page: Page, address: str) -> None:
    page.goto(f"{address}#/entries/connection-refused")
    expect(page.locator(SHOWN).get_by_role("heading", level=1)).to_have_text('Why is the connection "refused" <here>?')
    assert page.evaluate("scrollY") == 0


def test_an_address_of_a_place_shows_the_place(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 400, "height": 300})
    page.goto(f"{address}#/entries/connection-refused:then")
    expect(page.locator(SHOWN).get_by_role("heading", name="Then")).to_be_in_viewport()


def test_the_skip_link_stays_on_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}#/entries/hanging")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main-content")).to_be_focused()
    expect(page.locator(SHOWN).get_by_role("heading", level=1)).to_have_text("Why does it hang?")


@pytest.mark.parametrize("name", ["#/entries/gone", "#%E0%A4%A", "#"])
def test_an_address_of_nothing_shows_the_first_page(page: Page, address: str, name: str) -> None:
    page.goto(address + name)
    expect(page.locator(SHOWN)).to_have_count(1)
    expect(page.locator("#box-question")).to_be_visible()


def test_without_script_all_pages_follow_one_another(browser: Browser, address: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(address)
        expect(page.locator("[data-page=entry][data-id=connection-refused]")).to_contain_text(
            "Look whether httpd listens on it"
        )
        expect(page.get_by_role("heading", name='Why is the connection "refused" <here>?')).to_be_visible()
        expect(page.get_by_role("heading", name="Why does it hang?")).to_be_visible()
        expect(page.locator("#box-question")).to_be_hidden()
        expect(page.locator(".no-script").first).to_be_visible()

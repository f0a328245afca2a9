"""The help widget over a real offline copy: alone, in the place of a portal that is down, and of one that goes down.

The host is reached as localhost, copy and portal as 127.0.0.1: the panel is a page of another site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from conversation_world import portal_of
from engine_world import FILES, built, write_content
from flask import Flask
from host_world import a_page, frame_of, inner, make_host, served_folder, with_widget
from playwright.sync_api import Browser, Frame, FrameLocator, Page, Request, expect

from kb.export import copy_files, make_copy
from kb.export_folder import write_folder
from kb.settings import Settings
from kb.web import create_app

PLACE = "any/where/help"  # of the copy on its server
CLOSED_PORT = "http://127.0.0.1:9"  # "discard": nothing listens there
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
WIDE, SMALL = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
QUESTION, ENTRY = "why connection refused on port 443", "connection-refused"
QUESTIONS = (QUESTION, "remove the password of my key", "browser says no shared cipher", "certificate for a test")
FIRST = re.compile(r'data-entry="([^"]*)"')
ELSEWHERE = f"# Where is more?\n\nOn [another site]({CLOSED_PORT}/more.html).\n"
# On the copy's own site, a page below the root names it without host; the portal comes first.
OWN_SCRIPT = f'<script src="{PLACE}/widget.js" defer data-portal="{CLOSED_PORT}/" data-copy="/{PLACE}/"></script>'
SEEN = """window.seen = [];
["ready", "open", "close", "solved", "report"].forEach(function (name) {
  document.addEventListener("help:" + name, function () { window.seen.push(name); });
});"""
# Browsers differ in what they give to a frame of another site, and so does one browser with its settings.
NO_STORAGE = """for (const name of ["sessionStorage", "localStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("It is blocked.", "SecurityError"); } });
}"""


@dataclass(frozen=True)
class Sites:
    """A copy on a server of plain files, and a host with the widget on its pages."""

    copy: str  # address of the folder
    host: str
    settings: Settings  # of the content that was copied


def host_files(copy: str) -> dict[str, str]:
    seen = '<script src="seen.js"></script>'
    widget = f'<script src="{copy}/widget.js" defer'
    link = (
        f'<p><a id="link" href="{copy}/ask.html#q=why+does+it+hang&amp;section=protocol" data-help-widget>Help</a></p>'
    )
    return {
        "seen.js": SEEN,
        "alone.html": a_page(f"{seen}{widget}></script>", link),
        "down.html": a_page(f'{seen}{widget} data-portal="{CLOSED_PORT}"></script>'),
        "fallback.html": with_widget(f'data-copy="{copy}"', seen),
    }


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("widget-copy")
    content = write_content(folder / "content", {**FILES, "protocol/elsewhere.md": ELSEWHERE})
    settings = Settings(content=content, data=folder / "data")
    generation = built(settings)
    site = folder / "site"
    write_folder(site / PLACE, copy_files(generation, settings, make_copy(generation, settings)))
    (site / "own.html").write_text(a_page(OWN_SCRIPT), encoding="utf-8")
    with ExitStack() as stack:
        copy = f"{stack.enter_context(served_folder(site))}/{PLACE}"
        host = stack.enter_context(served(make_host(files=host_files(copy)))).replace("127.0.0.1", "localhost")
        yield Sites(copy, host, settings)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened(browser, viewport=WIDE) as page:
        complaints = watch(page)
        yield page
        assert complaints == []


def open_panel(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Help", exact=True).click()
    expect(frame_of(page).locator("#box-question")).to_be_visible()
    return frame_of(page)


def ask(frame: FrameLocator, question: str) -> None:
    frame.locator("#box-question").fill(question)
    frame.locator("#box-question").press("Enter")
    expect(frame.locator("#turns .asked").last).to_have_text(question)
    expect(frame.locator("#turns [data-level]").last).to_be_visible()


def start_anew(frame: FrameLocator) -> None:
    frame.get_by_role("button", name="Clear this conversation").click()
    frame.get_by_role("dialog").get_by_role("button", name="Clear this conversation").click()


def violations(place: Page | Frame) -> list[Any]:
    found = Axe().run(place, options=AXE).response["violations"]  # type: ignore[arg-type]
    return [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in found]


# The copy alone


def test_a_copy_answers_in_the_panel_as_the_server_does(page: Page, sites: Sites) -> None:
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    app = create_app(sites.settings)
    for question in QUESTIONS:
        page.goto(f"{sites.host}/alone.html")
        frame = open_panel(page)
        ask(frame, question)
        of_server = FIRST.search(app.test_client().get("/ask", query_string={"q": question}).text)
        assert of_server, question
        shown = frame.locator("#turns > li").last.locator("[data-level] [data-entry]").first
        expect(shown).to_have_attribute("data-entry", of_server.group(1))
        start_anew(frame)
    portal_of(app).database.close()
    assert inner(page).url.startswith(f"{sites.copy}/embed.html")
    assert [item.url for item in requests if not item.url.startswith((f"{sites.copy}/", f"{sites.host}/"))] == []


def test_everything_is_read_in_the_panel_and_reported_outside(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/alone.html")
    frame = open_panel(page)
    ask(frame, QUESTION)
    frame.locator(".best h3 a").first.click()
    expect(frame.locator("article.entry h1")).to_have_text("Why do I get connection refused on port 443?")
    expect(frame.locator(".site-title")).to_be_hidden()
    expect(frame.locator(".copy-note")).to_be_visible()
    frame.get_by_role("link", name="Back to your conversation").click()
    expect(frame.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
    assert inner(page).url.startswith(f"{sites.copy}/embed.html")
    frame.get_by_role("button", name="Yes").last.click()
    expect(frame.locator(".feedback-said.solved")).to_be_visible()
    frame.get_by_role("link", name="Guides").click()
    frame.locator("main").get_by_role("link", name="The server stops at start").click()
    frame.get_by_role("button", name="Yes, that fixed it").first.click()
    frame.get_by_role("link", name="Start", exact=True).click()
    expect(frame.locator("#turn-1")).to_be_visible()
    with page.context.expect_page() as report:
        frame.locator("header").get_by_role("link", name="Write a problem report").click()
    report.value.wait_for_load_state()
    assert report.value.url == f"{sites.copy}/report.html"
    expect(report.value.locator("[name=question]")).to_have_value(QUESTION)
    assert report.value.evaluate("window.opener") is None
    expect(report.value.locator(".site-title")).to_be_visible()
    expect(report.value.get_by_role("link", name="Start", exact=True)).to_have_count(0)
    assert page.evaluate("seen") == ["ready", "open", "solved", "solved", "report"]
    assert page.context.cookies() == []


def test_a_new_tab_goes_on_with_the_conversation(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/alone.html")
    frame = open_panel(page)
    ask(frame, QUESTION)
    with page.context.expect_page() as tab:
        frame.get_by_role("link", name="Open in a new tab").click()
    expect(tab.value.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
    assert tab.value.url.startswith(f"{sites.copy}/ask.html")


def test_what_is_no_page_of_the_copy_opens_a_new_tab(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/alone.html")
    frame = open_panel(page)
    frame.locator("main").get_by_role("link", name="Protocol [TLS]").click()
    frame.locator("main").get_by_role("link", name="Where is more?").click()
    expect(frame.locator("article.entry")).to_be_visible()
    with page.context.expect_page():
        frame.get_by_role("link", name="another site").click()
    expect(frame.locator("article.entry")).to_be_visible()
    frame.locator("header").get_by_role("link", name="Sections").click()
    expect(frame.locator("#all-sections")).to_be_in_viewport()
    assert inner(page).url == f"{sites.copy}/embed.html#all-sections"


def test_questions_and_sections_are_filled_in(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/alone.html")
    page.locator("#link").click()
    frame = frame_of(page)
    expect(frame.locator("#box-question")).to_have_value("why does it hang")
    expect(frame.get_by_label("Only in “Protocol [TLS]”")).to_be_checked()
    expect(frame.locator("#turns > li")).to_have_count(0)  # nothing is sent by itself
    ask(frame, "pass phrase")  # of another section
    expect(frame.locator("[data-entry=remove-pass-phrase]")).to_have_count(0)
    page.evaluate("HelpWidget.open({ question: 'pass phrase', log: 'a\\nb', section: 'no-such-section' })")
    expect(frame.locator("#box-log")).to_have_value("a\nb")
    expect(frame.locator("#box-section")).to_have_count(0)
    frame.get_by_role("link", name="Guides").click()
    frame.locator("main").get_by_role("link", name="The server stops at start").click()
    expect(frame.get_by_role("heading", level=1)).to_contain_text("The server stops at start")
    page.evaluate("HelpWidget.open({ question: 'from the page' })")
    expect(frame.locator("#box-question")).to_have_value("from the page")


def test_keyboard_and_focus(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/alone.html")
    frame = open_panel(page)
    focused = "document.querySelector('help-widget').shadowRoot.activeElement.id"
    assert page.evaluate(focused) == "title"
    box = frame.locator("#box-question")
    box.press_sequentially("hang")
    expect(frame.get_by_role("option").first).to_be_visible()
    box.press("Escape")
    expect(frame.get_by_role("option")).to_have_count(0)
    box.press("Escape")
    expect(box).to_have_value("")
    expect(page.locator("help-widget dialog")).to_be_visible()
    box.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_hidden()
    assert page.evaluate("document.querySelector('help-widget').shadowRoot.activeElement.className") == "opener"
    assert page.evaluate("seen") == ["ready", "open", "close"]


@pytest.mark.parametrize("viewport", [WIDE, SMALL], ids=["wide", "small"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(browser: Browser, sites: Sites, viewport: dict[str, int], scheme: str) -> None:
    with opened(browser, viewport=viewport, color_scheme=scheme, reduced_motion="reduce") as page:
        page.goto(f"{sites.host}/alone.html")
        frame = open_panel(page)
        assert violations(page) == []
        assert violations(inner(page)) == []
        ask(frame, QUESTION)
        assert violations(inner(page)) == []
        assert inner(page).evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        frame.locator(".best h3 a").first.click()
        expect(frame.locator("article.entry")).to_be_visible()
        assert violations(inner(page)) == []
        assert inner(page).evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("can_store", [True, False], ids=["storage", "no storage"])
def test_a_conversation_goes_along_whether_the_frame_may_store_it_or_not(
    page: Page, sites: Sites, can_store: bool
) -> None:
    if not can_store:
        page.add_init_script(NO_STORAGE)
    same_site = sites.host.replace("localhost", "127.0.0.1")  # to whose frames no browser denies it
    page.goto(f"{same_site if can_store else sites.host}/alone.html")
    frame = open_panel(page)
    ask(frame, QUESTION)
    frame.get_by_role("link", name="Start", exact=True).click()
    expect(frame.locator("#box-question")).to_be_focused()
    expect(frame.locator("#turn-1")).to_be_visible()
    frame.locator(".best h3 a").first.click()
    expect(frame.locator("article.entry")).to_be_visible()
    frame.get_by_role("link", name="Back to your conversation").click()
    expect(frame.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
    frame.locator(".best h3 a").first.click()
    expect(frame.locator("article.entry")).to_be_visible()
    frame.locator("#box-question").press_sequentially("self-signed")
    frame.get_by_role("option", name="How do I create a self-signed certificate for testing?").click()
    expect(frame.locator("article.entry h1")).to_contain_text("self-signed")
    frame.locator("#box-question").fill("browser says no shared cipher")
    frame.locator("#box-question").press("Enter")
    expect(frame.locator("#turn-2 [data-level]")).to_be_visible()
    expect(frame.locator("#turn-1")).to_be_visible()


def test_outside_the_panel_a_page_is_as_it_was(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.copy}/entries/hanging.html")
    expect(page.locator(".site-title")).to_be_visible()
    expect(page.locator(".in-widget").first).to_be_hidden()
    page.locator("header").get_by_role("link", name="Sections").click()
    page.wait_for_url(f"{sites.copy}/index.html#all-sections")
    page.goto(f"{sites.copy}/embed.html")  # somebody's bookmark: it works by itself too
    page.locator("#box-question").fill(QUESTION)
    page.locator("#box-question").press("Enter")
    expect(page.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)


def test_the_example_page_works_with_a_copy(page: Page, sites: Sites) -> None:
    host = make_host()
    host.config["PORTAL"] = sites.copy
    with served(host) as address:
        page.goto(address.replace("127.0.0.1", "localhost"))
        page.get_by_role("link", name="a question that many have").click()
        frame = frame_of(page)
        expect(frame.locator("#box-question")).to_have_value("Why does my connection hang?")
        page.get_by_role("button", name="Check").click()
        expect(frame.locator("#box-question")).to_have_value("Why is the connection refused?")
        expect(frame.locator("#box-log")).to_have_value(re.compile("port 443: Connection refused$"))
        frame.get_by_role("button", name="Ask").click()
        expect(frame.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
        frame.get_by_role("button", name="Yes").last.click()
        expect(page.get_by_text("Good. Check again when you are ready.")).to_be_visible()


# The copy in the place of the portal


def test_a_copy_answers_where_the_portal_is_down(browser: Browser, sites: Sites) -> None:
    with opened(browser, viewport=WIDE) as page:
        page.goto(f"{sites.host}/down.html")
        page.evaluate("question => HelpWidget.open({ question })", QUESTION)
        expect(frame_of(page).locator("#box-question")).to_have_value(QUESTION)
        assert inner(page).url == f"{sites.copy}/embed.html"
        frame_of(page).get_by_role("button", name="Ask").click()
        expect(frame_of(page).locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
        expect(page.get_by_text("Help cannot be shown here.")).to_be_hidden()


def test_addresses_may_be_relative_and_the_way_out_leads_to_what_comes_first(browser: Browser, sites: Sites) -> None:
    with opened(browser, viewport=WIDE) as page:
        page.goto(sites.copy.replace(PLACE, "own.html"))
        frame = open_panel(page)
        assert inner(page).url == f"{sites.copy}/embed.html"
        page.get_by_role("button", name="Close").click()
        page.route("**/embed.html*", lambda route: route.abort())
        inner(page).evaluate("location.reload()")
        page.get_by_role("button", name="Help", exact=True).click()
        expect(page.get_by_text("Help cannot be shown here.")).to_be_visible()
        expect(page.get_by_role("link", name="Open help in a new tab")).to_have_attribute("href", f"{CLOSED_PORT}/ask")
        expect(frame.locator("#box-question")).to_have_count(0)


@pytest.fixture
def host(sites: Sites) -> Iterator[tuple[Flask, str]]:
    """A host whose pages name a portal that each test starts, and the copy."""
    app = make_host(files=host_files(sites.copy))
    with served(app) as address:
        yield app, address.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open"])
def test_a_copy_answers_when_the_portal_stops(
    browser: Browser, sites: Sites, host: tuple[Flask, str], is_open: bool
) -> None:
    """The portal stops after the page of the host was loaded: before the panel was opened, or while it is."""
    site, address = host
    app = create_app(sites.settings.model_copy(update={"embed_origins": address}))
    with opened(browser, viewport=WIDE) as page:
        with served(app) as portal:
            site.config["PORTAL"] = portal
            page.goto(f"{address}/fallback.html")
            expect(page.get_by_role("button", name="Help", exact=True)).to_be_visible()
            if is_open:
                open_panel(page)
                assert inner(page).url == f"{portal}/embed"
        if is_open:
            frame_of(page).get_by_role("link", name="Guides").click()
        else:
            page.get_by_role("button", name="Help", exact=True).click()
        frame = frame_of(page)
        expect(frame.locator(".copy-note")).to_be_visible()
        ask(frame, QUESTION)
        expect(frame.locator("#turn-1 [data-entry]").first).to_have_attribute("data-entry", ENTRY)
        assert inner(page).url.startswith(f"{sites.copy}/embed.html")
        frame.get_by_role("button", name="Yes").last.click()
        assert page.evaluate("seen") == ["ready", "open", "solved"]
    portal_of(app).database.close()


def test_a_copy_answers_where_the_portal_lets_nobody_in(
    browser: Browser, sites: Sites, host: tuple[Flask, str]
) -> None:
    site, address = host
    app = create_app(sites.settings)
    with served(app) as portal, opened(browser, viewport=WIDE) as page:
        site.config["PORTAL"] = portal
        page.goto(f"{address}/fallback.html")
        steps = page.evaluate("history.length")
        open_panel(page)
        assert inner(page).url == f"{sites.copy}/embed.html"
        assert page.evaluate("history.length") == steps
    portal_of(app).database.close()

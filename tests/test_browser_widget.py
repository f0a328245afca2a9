"""The help widget in a real browser: on pages of another site, under hostile styles and strict policies, by keyboard.

The host is reached as localhost and the portal as 127.0.0.1: two sites, not only two origins.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from conversation_world import portal_of
from flask import Flask
from host_world import STRICT, a_page, frame_of, inner, make_host, with_widget
from playwright.sync_api import Browser, Frame, FrameLocator, Page, Request, expect
from portal_world import FakeKnowledgeBase, write_world
from werkzeug.serving import make_server

from kb.settings import Settings
from kb.web import create_app
from kb.widget_script import widget_script

SCRIPT_LIMIT, FIRST_OPEN_LIMIT = 4096, 35 * 1024  # bytes, compressed
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
WIDE, SMALL = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
TOP, SMALLEST = 96, 16  # px: what the panel leaves free, and the distance from the corner

# Outer rules that reach every element of the page, the widget's own among them.
HOSTILE = """body *, help-widget, help-widget * {
  all: unset !important; position: static !important; display: inline !important; z-index: -1 !important;
  opacity: 0.3 !important; visibility: hidden !important; color: lime !important; background: red !important;
  font: italic 40px/3 serif !important; letter-spacing: 9px !important; text-transform: uppercase !important;
  box-sizing: content-box !important; width: 7px !important; margin: 50px !important; padding: 50px !important;
  transform: rotate(9deg) !important; filter: invert(1) !important; pointer-events: none !important;
  cursor: none !important; border: 9px dashed !important; text-align: right !important; white-space: pre !important;
}"""
QUEUE = """
window.seen = [];
["ready", "open", "close", "solved", "report"].forEach(function (name) {
  document.addEventListener("help:" + name, function () { window.seen.push(name); });
});
(window.HelpWidget = window.HelpWidget || []).push(["open", { question: "strong question", log: "line 1\\nline 2", section: "keys" }]);
"""
FILES = {
    "plain.html": with_widget(),
    "without.html": a_page(),
    "hostile.html": with_widget(head='<link rel="stylesheet" href="hostile.css">'),
    "hostile.css": HOSTILE,
    "queue.html": with_widget(head='<script src="queue.js"></script>', body='<p><button id="own">Own</button></p>'),
    "queue.js": QUEUE,
    "twice.html": with_widget(head='<script src="PORTAL/widget.js" defer></script>'),
    "words.html": with_widget(
        'data-label="Hilfe" data-lang="de" data-close="Schließen" data-position="left" data-z="7"'
    ),
    "link.html": with_widget(
        'data-position="none"',
        body='<a id="link" href="PORTAL/ask?q=strong+link&amp;section=keys" data-help-widget>Help</a>',
    ),
    "early.html": a_page('<script src="PORTAL/widget.js"></script>'),
}


@dataclass(frozen=True)
class Sites:
    """A portal, a host that it lets in, one with a strict policy too, and one that it does not let in."""

    portal: str
    host: str
    strict: str
    stranger: str
    knowledge_base: FakeKnowledgeBase


def crossing(address: str) -> str:
    """The same server under a name that makes it another site."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp("widget")
    hosts = (make_host(files=FILES), make_host(STRICT, FILES), make_host(files=FILES))
    with ExitStack() as stack:
        host, strict, stranger = (crossing(stack.enter_context(served(app))) for app in hosts)
        used = Settings(
            content=write_world(folder), data=folder / "data", asks_per_minute=10_000, embed_origins=f"{host}, {strict}"
        )
        knowledge_base = FakeKnowledgeBase(used.content)
        app = create_app(used, knowledge_base)  # type: ignore[arg-type]
        portal = stack.enter_context(served(app))
        for site in hosts:
            site.config["PORTAL"] = portal
        yield Sites(portal, host, strict, stranger, knowledge_base)
    portal_of(app).database.close()


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


def focused(page: Page) -> str:
    """The element that has the focus, within the widget too."""
    return str(
        page.evaluate(
            """() => {
                let element = document.activeElement;
                while (element.shadowRoot && element.shadowRoot.activeElement) element = element.shadowRoot.activeElement;
                return element.id || element.className || element.localName;
            }"""
        )
    )


# V21: other people's styles and policies


def test_hostile_styles_change_nothing(page: Page, sites: Sites) -> None:
    """Compares every computed property of every element in the widget, and how its own parts look."""
    looks = """() => [...document.querySelector("help-widget").shadowRoot.querySelectorAll("*"), document.querySelector("help-widget")]
        .map((element) => {
            const style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            return [element.localName, box.x, box.y, box.width, box.height, ...[...style].map((name) => name + ":" + style[name])];
        })"""
    found = []
    for name in ("plain", "hostile"):
        page.goto(f"{sites.host}/{name}.html")
        closed = page.evaluate(looks)
        open_panel(page)
        page.wait_for_function("document.querySelector('help-widget').shadowRoot.querySelector('iframe').title")
        head = page.locator("help-widget .head").bounding_box()
        assert head
        clip = {"x": head["x"] + 8, "y": head["y"] + 8, "width": head["width"] - 16, "height": head["height"] - 9}
        found.append((closed, page.evaluate(looks), page.screenshot(clip=clip)))  # type: ignore[arg-type]
    assert (
        page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 255, 0)"
    )  # the styles do apply
    assert found[0] == found[1]


def test_the_documented_policy_of_a_host_is_enough(page: Page, sites: Sites) -> None:
    page.goto(sites.strict)
    box = open_panel(page).locator("#box-question")
    box.fill("strong question")
    box.press("Enter")
    expect(frame_of(page).locator('[data-level="strong"]')).to_be_visible()
    assert page.locator("help-widget .opener").evaluate("element => getComputedStyle(element).position") == "fixed"


# V22: what is left alone

SNAPSHOT = """() => {
    const all = [...document.querySelectorAll("*")].filter((element) => !["help-widget", "script"].includes(element.localName));
    return {
        html: document.documentElement.outerHTML.replace(/<script.*?<\\/script>|<help-widget.*?<\\/help-widget>/g, ""),
        looks: all.map((element) => [...getComputedStyle(element)].map((name) => getComputedStyle(element)[name]).join()),
        places: all.map((element) => JSON.stringify(element.getBoundingClientRect())),
        sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
        title: document.title, cookie: document.cookie, stores: [localStorage.length, sessionStorage.length],
        history: history.length, state: history.state, address: location.href.replace(/\\w+\\.html/, ""),
        handlers: [window.onmessage, window.onkeydown, document.onclick, document.onkeydown],
        scroll: [scrollX, scrollY, document.documentElement.scrollWidth, document.documentElement.scrollHeight],
        focus: document.activeElement.localName, frames: window.length, name: window.name,
    };
}"""
GLOBALS = "() => Object.getOwnPropertyNames(window)"


def listeners(page: Page) -> list[tuple[str, str]]:
    """What the widget listens to on the window and the document: target and event."""
    session = page.context.new_cdp_session(page)
    scripts: dict[str, str] = {}
    session.on("Debugger.scriptParsed", lambda event: scripts.update({event["scriptId"]: event["url"]}))
    session.send("Debugger.enable")
    found = []
    for target in ("window", "document"):
        handle = session.send("Runtime.evaluate", {"expression": target})["result"]["objectId"]
        heard = session.send("DOMDebugger.getEventListeners", {"objectId": handle})["listeners"]
        own = (item for item in heard if scripts.get(item["scriptId"], "").endswith("/widget.js"))
        found += [(target, item["type"]) for item in own]
    session.detach()
    return sorted(found)


def test_the_host_page_is_left_as_it_was(page: Page, sites: Sites) -> None:
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if request.url.startswith(sites.portal) else None)
    page.goto(f"{sites.host}/without.html")
    before, globals_before, history_before = (
        page.evaluate(SNAPSHOT),
        page.evaluate(GLOBALS),
        page.evaluate("history.length"),
    )
    page.goto(f"{sites.host}/plain.html")
    page.wait_for_load_state("networkidle")
    after = page.evaluate(SNAPSHOT)
    assert after.pop("history") == history_before + 1  # this test's own step
    before.pop("history")
    assert after == before
    assert set(page.evaluate(GLOBALS)) - set(globals_before) == {"HelpWidget"}
    assert [request.url for request in requests] == [f"{sites.portal}/widget.js"]
    steps = page.evaluate("history.length")
    open_panel(page)
    frame_of(page).locator("h1").click()
    page.keyboard.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_hidden()
    again = page.evaluate(SNAPSHOT)
    assert again.pop("history") == steps
    assert again == before | {"focus": "help-widget"}
    page.evaluate("HelpWidget.open()")
    assert listeners(page) == [("document", "click"), ("window", "keydown"), ("window", "message")]
    page.evaluate("HelpWidget.close()")
    assert listeners(page) == [("document", "click"), ("window", "message")]
    page.evaluate("HelpWidget.destroy()")
    left = page.evaluate(SNAPSHOT)
    left.pop("history")
    assert left == before
    assert page.locator("help-widget").count() == 0
    assert listeners(page) == []
    assert page.context.cookies() == []


# V23: the panel and the keyboard


def test_beside_the_page_where_there_is_room(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/queue.html")
    page.evaluate("HelpWidget.close()")
    button = page.get_by_role("button", name="Help", exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    place = button.bounding_box()
    assert place
    assert (place["height"], place["x"] + place["width"], place["y"] + place["height"]) == (
        48,
        1280 - SMALLEST,
        800 - SMALLEST,
    )
    open_panel(page)
    assert page.locator("help-widget dialog:modal").count() == 0
    expect(button).to_have_attribute("aria-expanded", "true")
    panel = page.locator("help-widget dialog").bounding_box()
    assert panel
    assert (panel["width"], panel["height"]) == (384, min(640, 800 - TOP))
    assert focused(page) == "title"
    page.locator("#own").click()  # the page can be used meanwhile
    assert focused(page) == "own"
    page.keyboard.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_hidden()
    assert focused(page) == "opener"


def test_over_the_page_where_there_is_none(browser: Browser, sites: Sites) -> None:
    with opened(browser, viewport=SMALL) as page:
        page.goto(f"{sites.host}/plain.html")
        open_panel(page)
        assert page.locator("help-widget dialog:modal").bounding_box() == {"x": 0, "y": 0, **SMALL}
        assert focused(page) == "title"
        frame_of(page).locator("#box-question").focus()
        page.keyboard.press("Escape")
        expect(page.locator("help-widget dialog")).to_be_hidden()
        assert focused(page) == "opener"
        page.keyboard.press("Enter")
        assert focused(page) == "title"
        page.keyboard.press("Escape")
        expect(page.locator("help-widget dialog")).to_be_hidden()
        page.keyboard.press("Enter")
        page.set_viewport_size(WIDE)
        expect(page.locator("help-widget dialog:modal")).to_have_count(0)
        expect(page.locator("help-widget dialog")).to_be_visible()
        page.set_viewport_size(SMALL)
        expect(page.locator("help-widget dialog:modal")).to_be_visible()


def test_escape_in_the_frame_goes_to_what_is_open_there_first(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/plain.html")
    frame = open_panel(page)
    box = frame.locator("#box-question")
    expect(box).to_have_attribute("role", "combobox")  # the page's script has run
    box.press_sequentially("hang")
    expect(frame.get_by_role("option").first).to_be_visible()
    box.press("Escape")
    expect(frame.get_by_role("option")).to_have_count(0)
    expect(box).to_have_value("hang")
    box.press("Escape")
    expect(box).to_have_value("")
    expect(page.locator("help-widget dialog")).to_be_visible()
    box.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_hidden()
    assert focused(page) == "opener"


def test_the_page_may_keep_escape_for_itself(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/plain.html")
    open_panel(page)
    page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault(), { once: true })")
    page.locator("h1").click()
    page.keyboard.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_visible()
    page.evaluate("document.addEventListener('keydown', (event) => (window.heard = event.key))")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(page.locator("help-widget dialog")).to_be_hidden()


def test_the_frame_is_made_once_and_kept(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/plain.html")
    open_panel(page).locator("#box-question").fill("half a quest")
    page.get_by_role("button", name="Close").click()
    assert focused(page) == "opener"
    expect(open_panel(page).locator("#box-question")).to_have_value("half a quest")


@pytest.mark.parametrize("viewport", [WIDE, SMALL], ids=["wide", "small"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(browser: Browser, sites: Sites, viewport: dict[str, int], scheme: str) -> None:
    with opened(browser, viewport=viewport, color_scheme=scheme) as page:
        page.goto(sites.host)
        assert violations(page) == []
        frame = open_panel(page)
        assert violations(page) == []
        assert violations(inner(page)) == []
        frame.locator("#box-question").fill("possible question")
        frame.locator("#box-question").press("Enter")
        expect(frame.locator(".card")).to_be_visible()
        assert violations(inner(page)) == []
        assert inner(page).evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def violations(place: Page | Frame) -> list[Any]:
    found = Axe().run(place, options=AXE).response["violations"]  # type: ignore[arg-type]
    return [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in found]


def test_words_place_and_layer_come_from_the_attributes(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/words.html")
    button = page.get_by_role("button", name="Hilfe", exact=True)
    place = button.bounding_box()
    assert place
    assert place["x"] == SMALLEST
    button.click()
    expect(page.get_by_role("dialog", name="Hilfe")).to_be_visible()
    expect(page.get_by_role("button", name="Schließen")).to_be_visible()
    expect(page.locator("help-widget section")).to_have_attribute("lang", "de")
    expect(page.locator("help-widget iframe")).to_have_attribute("title", "Hilfe")
    assert page.evaluate("getComputedStyle(document.querySelector('help-widget')).zIndex") == "7"


def test_it_is_not_printed(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/hostile.html")
    open_panel(page)
    page.emulate_media(media="print")
    expect(page.locator("help-widget .opener")).to_be_hidden()
    expect(page.locator("help-widget dialog")).to_be_hidden()


# V24: the calls


def test_calls_before_it_is_there_are_kept(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/queue.html")
    frame = frame_of(page)
    expect(frame.locator("#box-question")).to_have_value("strong question")
    expect(frame.locator("#box-log")).to_have_value("line 1\nline 2")
    expect(frame.locator("#box-log")).to_be_visible()
    expect(frame.locator("#box-section")).to_be_checked()
    assert (
        sites.knowledge_base.asked == [] or sites.knowledge_base.asked[-1]["question"] != "strong question"
    )  # nothing is sent by itself
    assert page.evaluate("seen") == ["ready", "open"]
    page.evaluate(
        "HelpWidget.push(['open', { question: 'another', section: 'no-such-section' }], ['nothing'], 'open', null)"
    )
    expect(frame.locator("#box-question")).to_have_value("another")
    expect(frame.locator("#box-log")).to_have_value("")
    expect(frame.locator("#box-section")).to_have_count(0)


def test_a_question_finds_its_box_from_pages_without_one(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/plain.html")
    frame = open_panel(page)
    inner(page).evaluate("location.assign('/embed/guides/guide-refused/listen')")
    expect(frame.get_by_role("heading", name="Does it listen?")).to_be_visible()
    page.evaluate("HelpWidget.open({ question: 'from the page' })")
    expect(frame.locator("#box-question")).to_have_value("from the page")


def test_calls_in_any_order_throw_nothing(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/twice.html")
    assert page.locator("help-widget").count() == 1
    page.evaluate(
        """() => {
            const widget = HelpWidget;
            const calls = () => [
                widget.close(), widget.toggle(), widget.open(), widget.open("text"), widget.open({ question: 7, log: null }),
                widget.toggle(), widget.close(), widget.close(), widget.push(), widget.push(["toggle"], ["close"], [], 3),
            ];
            calls();
            calls();
            widget.open();
            widget.destroy();
            widget.destroy();
            calls();
            (window.HelpWidget = window.HelpWidget || []).push(["open", { question: "late" }]);
        }"""
    )
    assert page.locator("help-widget").count() == 0
    page.evaluate(
        "address => document.head.append(Object.assign(document.createElement('script'), { src: address }))",
        f"{sites.portal}/widget.js",
    )
    expect(page.get_by_role("button", name="Help", exact=True)).to_be_visible()  # asked for once more, it is back


def test_a_script_in_the_head_waits_for_the_body(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/early.html")
    open_panel(page)


def test_plain_links_open_the_panel(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/link.html")
    expect(page.locator("help-widget .opener")).to_be_hidden()
    page.locator("#link").click()
    expect(frame_of(page).locator("#box-question")).to_have_value("strong link")
    expect(frame_of(page).locator("#box-section")).to_be_checked()
    page.keyboard.press("Escape")
    assert focused(page) == "link"
    assert page.url == f"{sites.host}/link.html"


def test_plain_links_work_without_the_script(browser: Browser, sites: Sites) -> None:
    with opened(browser) as page:
        page.route("**/widget.js", lambda route: route.abort())
        page.goto(f"{sites.host}/link.html")
        page.locator("#link").click()
        expect(page.locator('[data-level="strong"]')).to_be_visible()


# A conversation


def test_a_conversation_without_cookies_of_others(browser: Browser, sites: Sites) -> None:
    with opened(browser, viewport=WIDE) as page:
        complaints = watch(page)
        page.goto(f"{sites.host}/queue.html")
        page.evaluate("HelpWidget.close()")
        frame = open_panel(page)
        frame.locator("#box-question").fill("strong question")
        frame.locator("#box-log").fill("")
        frame.get_by_role("button", name="Ask").click()
        expect(frame.locator('#turn-1 [data-level="strong"]')).to_be_visible()
        frame.locator("#box-question").fill("possible question")
        frame.locator("#box-question").press("Enter")
        expect(frame.locator('#turn-2 [data-level="possible"]')).to_be_visible()
        frame.get_by_role("button", name="Yes, that fixed it").last.click()
        expect(frame.locator(".feedback-said.solved")).to_be_visible()
        with page.context.expect_page() as report:
            frame.locator("[data-report]").last.click()
        report.value.wait_for_load_state()
        assert report.value.url.startswith(f"{sites.portal}/report?c=")
        expect(report.value.get_by_label("Question")).to_have_value("possible question")
        assert report.value.evaluate("window.opener") is None
        frame.locator(".best h3 a").last.click()
        expect(frame.locator("article.entry")).to_be_visible()
        frame.get_by_role("link", name="Back to your conversation").click()
        expect(frame.locator("#turn-2")).to_be_visible()
        assert page.evaluate("seen") == ["ready", "open", "close", "open", "solved", "report"]
        assert complaints == []
        assert [cookie["name"] for cookie in page.context.cookies()] == ["kb_session"]  # of the report's own tab


def test_messages_of_others_are_not_believed(page: Page, sites: Sites) -> None:
    page.goto(f"{sites.host}/queue.html")
    expect(frame_of(page).locator("#box-question")).to_have_value("strong question")
    page.evaluate("window.postMessage({ type: 'help:solved' }, '*'); window.postMessage({ type: 'help:close' }, '*')")
    page.evaluate("window.postMessage(null, '*')")
    inner(page).evaluate("window.postMessage({ type: 'help:ask', question: 'forged' }, '*')")
    page.wait_for_timeout(100)  # messages have no end to wait for
    expect(page.locator("help-widget dialog")).to_be_visible()
    assert page.evaluate("seen") == ["ready", "open"]
    expect(frame_of(page).locator("#box-question")).to_have_value("strong question")


# When there is nothing to show


def test_a_site_that_is_not_let_in_gets_a_way_out(browser: Browser, sites: Sites) -> None:
    with opened(browser, viewport=WIDE) as page:
        page.goto(f"{sites.stranger}/plain.html")
        page.get_by_role("button", name="Help", exact=True).click()
        expect(page.get_by_text("Help cannot be shown here.")).to_be_visible()
        expect(page.locator("help-widget iframe")).to_be_hidden()
        assert violations(page) == []
        with page.context.expect_page() as way:
            page.get_by_role("link", name="Open help in a new tab").click()
        expect(way.value.locator("#box-question")).to_be_visible()
        assert way.value.url == f"{sites.portal}/ask"
        page.keyboard.press("Escape")
        expect(page.locator("help-widget dialog")).to_be_hidden()


def test_a_portal_that_stops_in_the_middle(browser: Browser, tmp_path: Path) -> None:
    host = make_host(files=FILES)
    with served(host) as address, opened(browser, viewport=WIDE) as page:
        settings = Settings(content=write_world(tmp_path), data=tmp_path / "data", embed_origins=crossing(address))
        app = create_app(settings, FakeKnowledgeBase(settings.content))  # type: ignore[arg-type]
        with served(app) as portal:
            host.config["PORTAL"] = portal
            page.goto(f"{crossing(address)}/plain.html")
            frame = open_panel(page)
        frame.get_by_role("link", name="Guides").click()
        expect(page.get_by_text("Help cannot be shown here.")).to_be_visible()
        with served_at(app, portal):
            page.get_by_role("button", name="Close").click()
            open_panel(page)  # it is tried again
            expect(page.get_by_text("Help cannot be shown here.")).to_be_hidden()
        portal_of(app).database.close()


def served_at(app: Flask, address: str) -> ExitStack:
    """`app` on the port of `address` until the end."""
    server = make_server("127.0.0.1", int(address.rpartition(":")[2]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stack = ExitStack()
    for end in (server.server_close, thread.join, server.shutdown):
        stack.callback(end)
    return stack


# V30: bytes


def test_script_and_first_opening_stay_within_their_budgets(page: Page, sites: Sites) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.update({response.url: int(response.headers.get("content-length", "0"))}))
    page.goto(f"{sites.host}/plain.html")
    script = sizes[f"{sites.portal}/widget.js"]
    open_panel(page)
    page.wait_for_load_state("networkidle")
    opening = {
        url: size for url, size in sizes.items() if url.startswith(sites.portal) and not url.endswith("/widget.js")
    }
    assert len(opening) <= 4
    assert 0 < script <= SCRIPT_LIMIT
    assert 0 < sum(opening.values()) <= FIRST_OPEN_LIMIT
    assert len(gzip.compress(widget_script("embed").encode())) <= SCRIPT_LIMIT

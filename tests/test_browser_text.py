"""V2, V3, V4: wide and large text loses nothing, small windows reach everything, Tab goes through all pages in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_world import opened, served
from playwright.sync_api import Browser, Page
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.web import create_app

LONG_WORD = "x" * 300
ADDRESSES = {
    "home": "/",
    "strong": "/ask?q=strong",
    "possible, long": f"/ask?q=possible+{LONG_WORD}&log={LONG_WORD}",
    "weak": "/ask?q=weak",
    "none": "/ask?q=none",
    "error": "/ask?q=",
    "entry": "/entries/connection-refused",
    "section": "/sections/configuration",
    "guides": "/guides/",
    "guide": "/guides/guide-refused",
    "step": "/guides/guide-refused/listen",
    "guide end": "/guides/guide-refused/tried",
    "solved": "/guides/guide-refused/solved",
    "report": "/report?q=why&entry=connection-refused",
    "report template": "/report/template",
    "login": "/login",
    "404": "/entries/nope",
}
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"
DOUBLED = "html { font-size: 200% !important }"
# Texts that stick out of a box which hides what sticks out, or of the window; browsers shorten names of files themselves.
LOST = """() => Array.from(document.querySelectorAll("body *")).filter(item => {
    if (!item.checkVisibility() || item.closest(".visually-hidden, .skip, .box-header > .field > .hint, svg, input[type=file]")) return false;
    const style = getComputedStyle(item), place = item.getBoundingClientRect();
    const hides = axis => ["hidden", "clip"].includes(axis);
    if (hides(style.overflowX) && item.scrollWidth > item.clientWidth + 1) return true;
    if (hides(style.overflowY) && item.scrollHeight > item.clientHeight + 1) return true;
    const scrolls = item.closest(".scroll, .code, pre, textarea, input");
    return !scrolls && item.innerText && style.position !== "absolute" && (place.right > innerWidth + 1 || place.left < -1);
}).map(item => item.outerHTML.slice(0, 120))"""
FOCUSED = """() => {
    const item = document.activeElement;
    if (item === document.body || item === (window.tabbed || [])[0]) return null; // all the way round
    const style = getComputedStyle(item), place = item.getBoundingClientRect();
    const parts = Array.from(item.getClientRects()).flatMap(box => [.1, .5, .9].flatMap(x => [.1, .5, .9].map(
        y => [box.left + x * box.width, box.top + y * box.height])));
    const isUncovered = parts.some(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (item.contains(top) || top.contains(item));
    });
    window.tabbed = window.tabbed || [];
    const last = tabbed.at(-1);
    const isInOrder = !last || Boolean(last.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING);
    tabbed.push(item);
    return {
        what: item.outerHTML.slice(0, 120), isUncovered, isInOrder,
        isOutlined: style.outlineStyle === "solid" && style.outlineWidth === "3px",
    };
}"""
# Everything that can be pressed or typed in, but one radio of each group, and nothing that is folded away.
REACHABLE = """() => Array.from(document.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex='0']"))
    .filter(item => item.checkVisibility({visibilityProperty: true}) && item.type !== "hidden" && !item.closest("dialog:not([open])")
        && !(item.type === "radio" && !item.checked && document.querySelector(`[name="${item.name}"]:checked`)))
    .filter(item => !(window.tabbed || []).includes(item)).map(item => item.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("text")
    content = write_world(folder)
    app = create_app(
        Settings(content=content, data=folder / "data", asks_per_minute=10_000), FakeKnowledgeBase(content)
    )  # type: ignore[arg-type]
    with served(app) as address:
        yield address
    app.extensions["portal"].database.close()


def style(page: Page, rules: str) -> None:
    page.evaluate(
        "rules => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rules); document.adoptedStyleSheets = [sheet]; }",
        rules,
    )


def open_everything(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach(item => { item.open = true; })")


def talk(page: Page, site: str) -> str:
    """Address of a conversation with two turns, a verdict and a list of what was tried."""
    page.goto(site)
    for turn, question in enumerate(("strong question", f"possible {LONG_WORD}"), 1):
        page.locator("#box-question").fill(question)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#turn-{turn} .card")
        page.wait_for_url(f"**/conversations/*#turn-{turn}")
    page.get_by_role("button", name="No, still broken").last.click()
    page.locator(".next-ways").wait_for()
    return page.url.split("#")[0].removeprefix(site)


@pytest.mark.parametrize("rules", [SPACED, DOUBLED], ids=["spaced", "doubled"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_lost_with_other_text(browser: Browser, site: str, width: int, rules: str) -> None:
    with opened(browser, viewport={"width": width, "height": 740}) as page:
        for name, address in {"conversation": talk(page, site), **ADDRESSES}.items():
            page.goto(site + address)
            style(page, rules)
            open_everything(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert page.evaluate(LOST) == [], name
        page.goto(site)
        style(page, rules)
        page.locator("#box-question").press_sequentially("hang")
        page.get_by_role("option").first.wait_for()
        assert page.evaluate(LOST) == [], "suggestions"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "suggestions"
        page.get_by_role("button", name="Keyboard shortcuts").click()
        dialog = page.get_by_role("dialog")
        assert dialog.evaluate("item => item.scrollWidth <= item.clientWidth"), "shortcuts"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024), (360, 640), (320, 256)])
def test_tab_reaches_everything_in_order_and_in_sight(browser: Browser, site: str, width: int, height: int) -> None:
    with opened(browser, viewport={"width": width, "height": height}) as page:
        for name, address in {"conversation": talk(page, site), **ADDRESSES}.items():
            page.goto(site + address)
            if page.locator(".error-summary").count():
                page.locator(".skip").focus()  # an error takes the focus; start from the top
                page.evaluate(FOCUSED)
            if (width, height) == (320, 256):
                assert page.locator(".box").evaluate_all(
                    "all => all.every(box => getComputedStyle(box).position === 'static')"
                )
            seen = []
            for _ in range(150):
                page.keyboard.press("Tab")
                state = page.evaluate(FOCUSED)
                if state is None:
                    break
                seen.append(state)
            assert len(seen) > 4, name
            assert [item["what"] for item in seen if not item["isOutlined"]] == [], f"{name}: no outline"
            assert [item["what"] for item in seen if not item["isUncovered"]] == [], f"{name}: covered"
            assert [item["what"] for item in seen if not item["isInOrder"]] == [], f"{name}: out of order"
            assert page.evaluate(REACHABLE) == [], f"{name}: not reached"

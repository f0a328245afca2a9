"""V27 and V28: readers who want no motion get none; with forced colours everything that says something stays visible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_world import opened, served
from playwright.sync_api import Browser, Locator, Page
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.web import create_app

ADDRESSES = (
    "/", "/ask?q=strong", "/ask?q=possible", "/ask?q=", "/entries/connection-refused", "/sections/configuration",
    "/guides/", "/guides/guide-refused", "/guides/guide-refused/listen", "/report", "/entries/nope", "/login",
)  # fmt: skip
MOVING = """() => Array.from(document.querySelectorAll("*")).flatMap(item => [null, "::before", "::after"].map(part => {
    const style = getComputedStyle(item, part);
    return style.animationName !== "none" || style.transitionDuration.split(", ").some(time => parseFloat(time) > 0)
        || style.scrollBehavior === "smooth" ? item.outerHTML.slice(0, 80) : "";
})).filter(Boolean)"""
LOOK = """item => {
    const style = getComputedStyle(item);
    return {
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth), outlineColour: style.outlineColor,
        border: style.borderTopStyle === "none" ? 0 : parseFloat(style.borderTopWidth), borderColour: style.borderTopColor,
        ground: style.backgroundColor, ink: style.color, sign: getComputedStyle(item, "::before").content,
    };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("preferences")
    content = write_world(folder)
    app = create_app(Settings(content=content, data=folder / "data"), FakeKnowledgeBase(content))  # type: ignore[arg-type]
    with served(app) as address:
        yield address
    app.extensions["portal"].database.close()


def ask(page: Page, question: str, turn: int) -> None:
    page.locator("#box-question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn-{turn} .card")
    page.wait_for_url(f"**/conversations/*#turn-{turn}")


def record_motion(page: Page) -> None:
    """Keep the names of all animations and transitions that run from now on in `ran`."""
    page.evaluate(
        """() => {
            window.ran = [];
            for (const kind of ["animationstart", "transitionrun"])
                addEventListener(kind, event => ran.push(event.animationName || event.propertyName), true);
        }"""
    )


def use(page: Page, site: str) -> list[str]:
    """What moved while a conversation went through its states."""
    page.goto(site)
    ask(page, "strong question", 1)
    record_motion(page)
    ask(page, "possible question", 2)  # in place: a fresh card
    page.get_by_role("button", name="No, still broken").last.click()
    page.locator(".next-ways").wait_for()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.keyboard.press("Escape")
    page.locator("#box-question").press_sequentially("hang")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)  # an animation that was started would have been reported
    return list(page.evaluate("ran"))


def test_nothing_moves_for_those_who_want_no_motion(browser: Browser, site: str) -> None:
    with opened(browser, reduced_motion="reduce") as page:
        assert use(page, site) == []
        assert page.evaluate("document.getAnimations().length") == 0
        assert page.evaluate(MOVING) == []
        for address in ADDRESSES:
            page.goto(site + address)
            assert page.evaluate("document.getAnimations().length") == 0, address
            assert page.evaluate(MOVING) == [], address


def test_for_others_a_new_card_fades_in_and_nothing_else(browser: Browser, site: str) -> None:
    with opened(browser, reduced_motion="no-preference") as page:
        assert set(use(page, site)) == {"appear"}
        card = page.locator(".fresh > .card")
        assert card.evaluate("card => getComputedStyle(card).animationDuration") == "0.16s"


# Forced colours


@pytest.fixture
def forced(browser: Browser, site: str) -> Iterator[Page]:
    with opened(browser, forced_colors="active", viewport={"width": 1280, "height": 900}) as page:
        page.goto(site)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        yield page


def look(item: Locator) -> dict[str, object]:
    return dict(item.evaluate(LOOK))


def ground_of(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def has_edge(item: Locator, ground: str) -> bool:
    """Is there a border or outline that can be told from the page?"""
    seen = look(item)
    return (seen["border"] != 0 and seen["borderColour"] != ground) or (
        seen["outline"] != 0 and seen["outlineColour"] != ground
    )


def test_focus_is_outlined(forced: Page, site: str) -> None:
    for address in ("/ask?q=strong", "/guides/guide-refused/listen", "/report"):
        forced.goto(site + address)
        count = 0
        for _ in range(60):
            forced.keyboard.press("Tab")
            item = forced.locator(":focus")
            if not item.count():
                break
            seen = look(item)
            assert seen["outline"] == 3 and seen["outlineColour"] != ground_of(forced), item.evaluate(
                "x => x.outerHTML"
            )
            count += 1
        assert count > 8, address


def test_mark_and_target_stand_out(forced: Page, site: str) -> None:
    forced.goto(site + "/ask?q=strong")
    mark = forced.locator("[data-passage] mark")
    assert look(mark)["ground"] != ground_of(forced) and has_edge(mark, ground_of(forced))
    assert has_edge(forced.locator("[data-passage]"), ground_of(forced)) or has_edge(mark, ground_of(forced))
    forced.goto(site + "/entries/connection-refused#p-1")
    assert look(forced.locator(":target"))["ground"] != ground_of(forced)


def test_badges_boxes_and_buttons_have_edges(forced: Page, site: str) -> None:
    forced.goto(site)
    ask(forced, "possible question", 1)
    ground = ground_of(forced)
    for selector in (".badge", ".bubble", ".card", ".box-turn", "#box-question", ".button"):
        for item in forced.locator(selector).filter(visible=True).all():
            assert has_edge(item, ground), selector
    forced.goto(site + "/ask?q=")
    for selector in (".error-summary", "#box-question"):
        assert has_edge(forced.locator(selector), ground), selector
    forced.goto(site + "/guides/guide-refused")
    for item in forced.locator(".outcome, .code, .short").all():
        assert has_edge(item, ground)


def test_a_pressed_button_looks_pressed(forced: Page) -> None:
    ask(forced, "strong question", 1)
    yes, no = (forced.get_by_role("button", name=name) for name in ("Yes, that fixed it", "No, still broken"))
    assert look(yes) == look(no)
    no.click()
    forced.locator(".feedback-said").wait_for()
    forced.mouse.move(0, 0)
    forced.locator("#box-question").focus()
    pressed, other = look(no), look(yes)
    assert no.get_attribute("aria-pressed") == "true"
    assert "✓" in str(pressed["sign"]) and "✓" not in str(other["sign"])
    assert (pressed["border"], pressed["borderColour"]) != (other["border"], other["borderColour"])


def test_the_active_suggestion_stands_out(forced: Page) -> None:
    forced.locator("#box-question").press_sequentially("hang")
    forced.get_by_role("option").first.wait_for()
    forced.keyboard.press("ArrowDown")
    active, other = forced.locator("[aria-selected=true]"), forced.locator("[aria-selected=false]").first
    assert has_edge(active, ground_of(forced)) and not has_edge(other, ground_of(forced))
    assert has_edge(forced.locator("#box-suggestions"), ground_of(forced))


def test_a_button_that_waits_differs(browser: Browser, site: str) -> None:
    """What a press does shows at once, also where the answer takes its time."""
    with opened(browser) as page:
        page.goto(site)
        button = page.get_by_role("button", name="Ask", exact=True)
        before = look(button)
        page.route("**/ask", lambda route: None)
        page.locator("#box-question").fill("strong question")
        page.keyboard.press("Enter")
        assert button.get_attribute("aria-disabled") == "true"
        assert look(button)["ground"] != before["ground"]
        page.unroute_all(behavior="ignoreErrors")

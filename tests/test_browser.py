"""The portal in a real browser: nothing sticks out, nothing fails, and nothing needs a script.

A server runs in a thread on a free port. Without a browser these tests fail; they never skip.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_world import opened, served, watch
from playwright.sync_api import Browser
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.web import create_app

LONG_WORD = "x" * 300  # an error line without a space to break at
PAGES = {
    "home": "/",
    "strong": "/ask?q=strong",
    "none": "/ask?q=none",
    "long": f"/ask?q=possible+{LONG_WORD}&log={LONG_WORD}",
    "error": "/ask?q=",
    "entry": "/entries/connection-refused",
    "section": "/sections/configuration",
    "guide": "/guides/guide-refused",
    "step": "/guides/guide-refused/listen",
    "report": "/report?q=why&entry=connection-refused",
    "404": "/entries/nope",
}
EXPECTED_STATUS = {"error": 422, "404": 404}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running portal."""
    folder = tmp_path_factory.mktemp("browser")
    settings = Settings(content=write_world(folder), data=folder / "data", asks_per_minute=10_000)
    with served(create_app(settings, FakeKnowledgeBase(settings.content))) as address:  # type: ignore[arg-type]
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out_and_nothing_fails(browser: Browser, site: str, width: int, scheme: str) -> None:
    with opened(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
        complaints = watch(page)
        for name, address in PAGES.items():
            response = page.goto(site + address)
            assert response and response.status == EXPECTED_STATUS.get(name, 200), name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            own = [text for text in complaints if "the server responded with a status of 4" not in text]
            assert own == [], name


def test_passage_link_lands_on_the_passage(browser: Browser, site: str) -> None:
    with opened(browser, viewport={"width": 360, "height": 300}) as page:
        page.goto(site + "/ask?q=strong")
        marked = page.locator("[data-passage] mark").inner_text()
        page.get_by_role("link", name="Read the full entry").click()
        page.wait_for_url("**/entries/connection-refused#p-1")
        target = page.locator(":target")
        assert marked in target.inner_text()
        box = target.bounding_box()
        assert box and 0 <= box["y"] < 300
        plain = page.locator(".prose p:not(:target)").first
        colour = "element => getComputedStyle(element).backgroundColor"
        assert target.evaluate(colour) != plain.evaluate(colour)


def test_log_field_opens_and_is_sent_without_script(browser: Browser, site: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(site)
        page.get_by_text("Add log or error output").click()
        page.get_by_label("Log or error output").fill("one\ntwo")
        page.get_by_role("button", name="Ask").click()
        assert page.get_by_text("Log, 2 lines").is_visible()


def test_error_takes_the_focus_and_leads_to_the_field(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(site)
        page.get_by_role("button", name="Ask").click()
        assert page.title().startswith("Error: ")
        assert page.evaluate("document.activeElement.className") == "error-summary"
        page.get_by_role("link", name="Enter a question or an error line").click()
        page.wait_for_function("location.hash === '#box-question'")
        page.keyboard.type("strong")
        assert page.get_by_label("What do you need help with?").input_value() == "strong"


def test_commands_can_be_copied(browser: Browser, site: str) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site + "/ask?q=strong")
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "ss -ltn 'sport = :443'"
        page.goto(site + "/report/template")
        page.locator(".actions .copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").startswith("# Problem report")


def test_without_script_there_are_no_dead_buttons(browser: Browser, site: str) -> None:
    with opened(browser, java_script_enabled=False) as page:
        for address in PAGES.values():
            page.goto(site + address)
            assert page.locator("button:not([type=submit])").count() == 0


def test_box_stays_at_hand_but_small(browser: Browser, site: str) -> None:
    for width, height, position in ((1280, 800, "sticky"), (360, 740, "static"), (320, 256, "static")):
        with opened(browser, viewport={"width": width, "height": height}) as page:
            page.goto(site + "/ask?q=strong")
            box = page.locator(".box-turn")
            assert box.evaluate("element => getComputedStyle(element).position") == position
            if position == "sticky":
                assert box.evaluate("element => element.offsetHeight") <= 0.3 * height


def test_focus_is_visible_and_in_order(browser: Browser, site: str) -> None:
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        page.goto(site + "/ask?q=strong")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the main content"
        seen = []
        for _ in range(25):
            page.keyboard.press("Tab")
            state = page.evaluate(
                """() => {
                    const element = document.activeElement;
                    if (element === document.body) return null;
                    const style = getComputedStyle(element);
                    const place = element.getBoundingClientRect();
                    const top = document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2);
                    const isOutlined = style.outlineStyle !== "none" && style.outlineWidth === "3px";
                    return [isOutlined, element.contains(top) || top?.contains(element)];
                }"""
            )
            if state is None:
                break
            seen.append(state)
        assert len(seen) > 10
        assert all(outlined and uncovered for outlined, uncovered in seen)


def test_paper_shows_what_is_folded_and_no_controls(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(site + "/entries/connection-refused")
        page.emulate_media(media="print")
        assert page.locator(".site-header, .box, .copy, .breadcrumb").evaluate_all(
            "elements => elements.every(element => getComputedStyle(element).display === 'none')"
        )
        assert page.locator(".also ul").first.evaluate("element => element.getBoundingClientRect().height") > 0
        assert page.locator(".printed").is_visible()


def test_no_motion_for_those_who_do_not_want_it(browser: Browser, site: str) -> None:
    with opened(browser, reduced_motion="reduce") as page:
        page.goto(site + "/ask?q=strong")
        assert page.evaluate("document.getAnimations().length") == 0
        assert page.locator(".card").evaluate("element => getComputedStyle(element).animationName") == "none"

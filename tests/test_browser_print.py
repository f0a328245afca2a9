"""V26: an entry, a conversation and a guide on paper. What is folded is open, controls are gone, nothing is cut off."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator

import pytest
from browser_world import opened, served
from playwright.sync_api import Browser, Page
from portal_world import FakeKnowledgeBase, write_world
from pypdf import PdfReader

from kb.settings import Settings
from kb.web import create_app

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
PAPER_WIDTHS = {"A4": 718, "Letter": 740}  # CSS pixels between the default margins
LONG_LINE = "[error] a line that is wider than the paper " * 5 + "and ends here"
LONG_COMMAND = "openssl s_client -connect www.example.com:443 -servername www.example.com " * 3 + "-showcerts"
ADDRESSES = {
    "entry": "/entries/connection-refused",
    "guide": "/guides/guide-refused",
    "step": "/guides/guide-refused/is-it-refused",
}
CONTROLS = "nav, .box, .feedback, .site-header, .skip, input, select, textarea:not([readonly]), .copy, [data-report]:not(.outcome-way *)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("print")
    content = write_world(folder)
    hanging = content / "configuration/hanging.md"
    hanging.write_text(hanging.read_text() + f"\n```sh\n{LONG_COMMAND}\n```\n\n| {'wide ' * 30} |\n|---|\n| cell |\n")
    app = create_app(Settings(content=content, data=folder / "data"), FakeKnowledgeBase(content))  # type: ignore[arg-type]
    with served(app) as address:
        yield address
    app.extensions["portal"].database.close()


def talk(page: Page, site: str) -> None:
    """A conversation of two turns: a long log, and a verdict."""
    page.goto(site)
    page.get_by_text("Add log or error output").click()
    page.get_by_label("Log or error output").fill(f"{LONG_LINE}\n" * 30)
    page.get_by_label("What do you need help with?").fill("strong question")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations/*")
    page.get_by_role("button", name="No, still broken").click()
    page.locator(".feedback-said").wait_for()
    page.get_by_label("Ask another question").fill("possible question")
    page.keyboard.press("Enter")
    page.locator("#turn-2 .card").wait_for()


def go(page: Page, site: str, name: str) -> None:
    page.clock.set_fixed_time(NOW)
    if name == "conversation":
        talk(page, site)
    else:
        page.goto(site + ADDRESSES[name])


def on_paper(page: Page, paper: str = "A4") -> str:
    """The words on the paper, a blank between any two."""
    pdf = PdfReader(io.BytesIO(page.pdf(format=paper)))
    return " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages).split())


@pytest.mark.parametrize("script", [True, False])
def test_what_is_folded_is_open(browser: Browser, site: str, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        page.goto(site + ADDRESSES["entry"])
        assert not page.get_by_text("nothing answers").is_visible()
        words = on_paper(page)
        for folded in ("Also asked as", "nothing answers", "connect: Connection refused", "The manual"):
            assert folded in words
        page.goto(site + "/ask?q=strong")
        assert not page.get_by_text("Why does it hang?").is_visible()
        words = on_paper(page, "Letter")
        assert "Why does it hang?" in words and "Matched words" in words


def test_a_whole_conversation_is_on_paper(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        go(page, site, "conversation")
        words = on_paper(page)
        assert words.count("and ends here") == 30
        for part in ("strong question", "possible question", "Possible match", "What you have tried", "did not help"):
            assert part in words
        assert "Port 443 is closed." in words


def test_an_answer_that_is_still_fading_in_is_on_paper(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        go(page, site, "conversation")
        page.locator("#turn-2 > .card").evaluate("card => { card.style.animationDuration = '100s'; }")
        assert "Possible match" in on_paper(page)


def test_a_whole_guide_is_on_paper(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        go(page, site, "guide")
        words = on_paper(page, "Letter")
        for part in (
            "Step 1 of 2",
            "Is it refused?",
            "Step 2 of 2",
            "Does it listen?",
            "Bad: there is no line.",
            "→ Go to",
        ):
            assert part in words


@pytest.mark.parametrize("name", ["entry", "conversation", "guide", "step"])
def test_no_controls_and_the_address_and_day(browser: Browser, site: str, name: str) -> None:
    with opened(browser) as page:
        go(page, site, name)
        words = on_paper(page)
        address = page.url.split("#")[0]
        assert f"{address}, 24 November 2026" in words.replace("- ", "-")
        for control in ("Type a question", "Skip to the main", "Keyboard shortcuts", "Copy", "Did that fix it?", "Undo",
                        "Start with step 1", "Still stuck?", "Clear this conversation", "Remove"):  # fmt: skip
            assert control not in words, control
        page.emulate_media(media="print")
        assert page.locator(CONTROLS).filter(visible=True).count() == 0
        framed = "all => all.filter(item => parseFloat(getComputedStyle(item).borderTopWidth) > 0).length"
        assert page.locator(".button, button").filter(visible=True).evaluate_all(framed) == 0


@pytest.mark.parametrize("paper", PAPER_WIDTHS)
@pytest.mark.parametrize("name", ["entry", "long entry", "conversation", "guide", "step"])
def test_nothing_is_cut_off(browser: Browser, site: str, name: str, paper: str) -> None:
    with opened(browser, viewport={"width": PAPER_WIDTHS[paper], "height": 1000}) as page:
        if name == "long entry":
            page.goto(site + "/entries/hanging")
        else:
            go(page, site, name)
        page.emulate_media(media="print")
        cut = page.locator("main *").evaluate_all(
            """all => all.filter(item => item.checkVisibility() && !item.closest(".visually-hidden") &&
                    getComputedStyle(item).display !== "inline" &&
                    (item.scrollWidth > item.clientWidth + 1 && item.clientWidth > 0
                     || item.getBoundingClientRect().right > innerWidth
                     || getComputedStyle(item).overflowY !== "visible" && item.scrollHeight > item.clientHeight + 1))
                .map(item => item.outerHTML.slice(0, 100))"""
        )
        assert cut == []


def test_black_on_white_also_for_readers_of_dark_pages(browser: Browser, site: str) -> None:
    with opened(browser, color_scheme="dark") as page:
        page.goto(site + ADDRESSES["entry"])
        page.emulate_media(media="print", color_scheme="dark")
        colours = page.locator("body, .short, .badge, h1, .meta, .prose p, .prose a, .code pre").evaluate_all(
            "all => all.map(item => [getComputedStyle(item).color, getComputedStyle(item).backgroundColor])"
        )
        assert {ink for ink, _ in colours} == {"rgb(0, 0, 0)"}
        assert {ground for _, ground in colours} <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}


def test_cards_and_code_stay_together(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(site + "/ask?q=strong")
        page.emulate_media(media="print")
        kept = page.locator(".card, .code").evaluate_all("all => all.map(item => getComputedStyle(item).breakInside)")
        assert len(kept) > 1 and set(kept) == {"avoid"}


def test_a_report_that_was_sent_is_whole_on_paper(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(f"{site}/report?q=strong+matter")
        page.get_by_label("Versions").fill("2.4.71")
        page.get_by_label("Log or error output").fill("\n".join(f"line {number}" for number in range(60)))
        page.get_by_role("button", name="Check your report").click()
        page.get_by_role("button", name="Send the report").click()
        page.wait_for_url("**/reports/*")
        page.emulate_media(media="print")
        text = page.locator("#report-text")
        assert re.search(r"line 59", text.input_value())
        assert text.evaluate("field => field.scrollHeight <= field.clientHeight + 1")

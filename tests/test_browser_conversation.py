"""Conversations in a real browser: asking in place, feedback, guides, suggestions, shortcuts, and everything going wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, record_status, said, served, tab_to, watch
from conversation_world import portal_of, stored
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from portal_world import TEXT, FakeKnowledgeBase, write_world
from sqlalchemy import text as sql
from store_world import later

from kb.settings import Settings
from kb.store.conversations import expire_conversations
from kb.web import create_app

LABEL = re.compile("What do you need help with|Ask another question")


@dataclass(frozen=True)
class Site:
    """A running portal, and what is behind it."""

    address: str
    app: Flask
    knowledge_base: FakeKnowledgeBase

    def count(self, table: str) -> int:
        with portal_of(self.app).database.read() as connection:
            return int(connection.execute(sql(f"SELECT count(*) FROM {table}")).scalar_one())


def make_site(folder: Path, **settings: Any) -> tuple[Flask, FakeKnowledgeBase]:
    used = Settings(content=write_world(folder), data=folder / "data", **{"asks_per_minute": 10_000, **settings})
    knowledge_base = FakeKnowledgeBase(used.content)
    return create_app(used, knowledge_base), knowledge_base  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app, knowledge_base = make_site(tmp_path_factory.mktemp("conversation"))
    with served(app) as address:
        yield Site(address, app, knowledge_base)
    portal_of(app).database.close()


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    yield shared
    shared.knowledge_base.failure, shared.knowledge_base.delay_s = None, 0.0


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        complaints = watch(page)
        page.goto(site.address)
        yield page
        network = ("the server responded with a status", "net::ERR")  # the browser's own words about what tests break
        assert [text for text in complaints if not any(words in text for words in network)] == []


def box(page: Page) -> Locator:
    return page.get_by_label(LABEL)


def ask(page: Page, question: str, turn: int = 1) -> None:
    """Ask with the Enter key and wait for the answer."""
    box(page).fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn-{turn} .card")
    page.wait_for_url(f"**/conversations/*#turn-{turn}")


# V5, V6, V7: the whole way


@pytest.mark.parametrize("script", ["on", "off", "blocked"])
def test_the_whole_way_by_keyboard(browser: Browser, site: Site, script: str) -> None:
    with opened(browser, java_script_enabled=script != "off") as page:
        if script == "blocked":
            page.route("**/page.js*", lambda route: route.abort())
        page.goto(site.address)
        tab_to(page, box(page))
        page.keyboard.type("strong question")
        page.keyboard.press("Enter")
        page.wait_for_url("**/conversations/*")
        tab_to(page, page.get_by_role("link", name="Read the full entry"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/entries/connection-refused?c=*#p-1")
        tab_to(page, page.get_by_role("button", name="No, still broken"))
        page.keyboard.press("Enter")
        page.locator(".feedback-said", has_text="It did not help.").wait_for()
        tab_to(page, page.locator(".next-ways [data-guide]"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/guides/guide-refused?c=*")
        tab_to(page, page.get_by_role("link", name="Start with step 1"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/guides/guide-refused/is-it-refused?c=*")
        tab_to(page, page.get_by_role("button", name="I cannot do this step"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/guides/guide-refused/listen?c=*")
        tab_to(page, page.get_by_role("button", name="No, still broken"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/guides/guide-refused/tried?c=*")
        assert page.get_by_role("heading", name="All 2 steps tried").is_visible()
        tab_to(page, page.locator("main [data-report]"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/report?c=*")
        shown = " ".join(
            [page.locator("main").inner_text(), *page.locator("textarea").evaluate_all("all => all.map(e => e.value)")]
        )
        for words in (
            "strong question",
            "Why is the connection",
            "did not help",
            "Is it refused?",
            "could not be done",
            "did not fix it",
        ):
            assert words in shown, words


# V8, V9: reload, Back, twice


@pytest.mark.parametrize("script", [True, False])
def test_reload_and_back_lose_and_repeat_nothing(browser: Browser, site: Site, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        page.goto(site.address)
        ask(page, "strong question")
        before = site.count("turns"), site.count("questions")
        page.reload()
        assert page.get_by_text("strong question").first.is_visible()
        page.get_by_role("button", name="Yes, that fixed it").click()
        page.locator(".feedback-said", has_text="Marked as solved.").wait_for()
        page.reload()
        assert page.locator(".feedback-said", has_text="Marked as solved.").is_visible()
        page.locator("[data-guide]").first.click()
        page.get_by_role("link", name="Start with step 1").click()
        page.get_by_role("button", name="I cannot do this step").click()
        page.wait_for_url("**/listen?c=*")
        page.reload()
        assert page.get_by_text("Step 2 of 2").is_visible()
        page.go_back()
        expect(page.get_by_role("button", name="I cannot do this step")).to_have_attribute("aria-pressed", "true")
        while "/conversations/" not in page.url:
            page.go_back()
        assert page.locator(".feedback-said", has_text="Marked as solved.").is_visible()
        assert page.get_by_text("could not be done").is_visible()
        assert (site.count("turns"), site.count("questions")) == before


def test_two_fast_enters_ask_once(page: Page, site: Site) -> None:
    site.knowledge_base.delay_s = 0.4
    before = site.count("conversations"), site.count("turns")
    box(page).fill("strong question")
    for _ in range(3):
        page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .card")
    box(page).fill("weak question")
    for _ in range(3):
        page.keyboard.press("Enter")
    page.wait_for_selector("#turn-2 .card")
    assert (site.count("conversations"), site.count("turns")) == (before[0] + 1, before[1] + 2)


def test_two_fast_enters_without_script_add_one_turn(browser: Browser, site: Site) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(site.address)
        ask(page, "strong question")
        site.knowledge_base.delay_s = 0.4
        box(page).fill("weak question")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_selector("#turn-2")
        assert len(stored(site.app, page.url).turns) == 2


def test_two_fast_enters_on_the_first_page_without_script_start_one_conversation(browser: Browser, site: Site) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(site.address)
        site.knowledge_base.delay_s = 1.0
        before = site.count("conversations"), site.count("turns"), site.count("questions")
        box(page).fill("strong question asked twice")
        keyboard = page.context.new_cdp_session(page)  # Playwright's own waits until the answer is there
        for _ in range(2):
            with page.expect_request("**/ask"):  # the browser does send it twice
                for kind, typed in (("keyDown", "\r"), ("keyUp", "")):
                    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": typed}
                    keyboard.send("Input.dispatchKeyEvent", {"type": kind, **key})
        page.wait_for_selector("#turn-1")
        assert len(stored(site.app, page.url).turns) == 1
        now = site.count("conversations"), site.count("turns"), site.count("questions")
        assert now == tuple(number + 1 for number in before)


# Clearing a conversation


def test_clearing_asks_in_a_dialog(page: Page, site: Site) -> None:
    ask(page, "strong question")
    ask(page, "possible question", 2)  # the words follow the answers in place
    address = page.url
    opener = page.get_by_role("link", name="Clear this conversation")
    dialog = page.get_by_role("dialog", name="Clear this conversation?")
    keep = dialog.get_by_role("button", name="Keep it")
    for way in ("Escape", "Keep it", "Close"):
        opener.focus()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        expect(keep).to_be_focused()
        assert dialog.get_by_text("Its 2 questions, the answers and what you have tried are deleted.").is_visible()
        if way == "Escape":
            page.keyboard.press(way)
        else:
            tab_to(page, dialog.get_by_role("button", name=way))
            page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()
        assert page.url == address and len(stored(site.app, address).turns) == 2
    before = site.count("conversations")
    opener.click()
    dialog.get_by_role("button", name="Clear this conversation").click()
    page.wait_for_url(f"{site.address}/")
    assert site.count("conversations") == before - 1


@pytest.mark.parametrize("script", ["off", "blocked"])
def test_clearing_asks_on_a_page_without_script(browser: Browser, site: Site, script: str) -> None:
    with opened(browser, java_script_enabled=script != "off") as page:
        if script == "blocked":
            page.route("**/page.js*", lambda route: route.abort())
        page.goto(site.address)
        ask(page, f"strong question, scripts {script}")
        conversation = stored(site.app, page.url).id
        assert page.get_by_role("button", name="Keep it").count() == 0  # the dialog is not shown
        page.get_by_role("link", name="Clear this conversation").click()
        page.wait_for_url(f"**/conversations/{conversation}/clear")
        page.get_by_role("link", name="Keep it").click()
        page.wait_for_url(f"**/conversations/{conversation}*")
        page.get_by_role("link", name="Clear this conversation").click()
        page.get_by_role("button", name="Clear this conversation").click()
        page.wait_for_url(f"{site.address}/")


# V10, V11: suggestions and roles


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def test_combobox(page: Page) -> None:
    field = box(page)
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("hang")
    options(page).first.wait_for()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert field.get_attribute("aria-activedescendant") is None  # nothing is chosen by itself
    assert options(page).count() <= 5
    assert [option.get_attribute("aria-selected") for option in options(page).all()] == ["false"] * options(
        page
    ).count()
    number = options(page).count()
    for place in range(number):
        page.keyboard.press("ArrowDown")
        active = field.get_attribute("aria-activedescendant")
        assert active and page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        assert page.locator("[aria-selected=true]").count() == 1, place
    page.keyboard.press("ArrowDown")  # wraps through the text
    assert field.get_attribute("aria-activedescendant") is None and field.input_value() == "hang"
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == f"box-option-{number - 1}"
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert field.get_attribute("aria-activedescendant") is None and field.input_value() == "hang"
    page.keyboard.press("Escape")
    assert field.input_value() == ""


def test_combobox_closes_on_blur_and_clearing(page: Page) -> None:
    field = box(page)
    field.press_sequentially("hang")
    options(page).first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert field.get_attribute("aria-activedescendant") is None and options(page).count() == 0
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type("i")
    options(page).first.wait_for()
    for _ in "hangi":
        page.keyboard.press("Backspace")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert options(page).count() == 0


def test_enter_opens_the_active_option_and_asks_without_one(page: Page) -> None:
    field = box(page)
    field.press_sequentially("hang")
    options(page).first.wait_for()
    page.keyboard.press("ArrowDown")
    with page.context.expect_page() as popup:
        page.keyboard.press("Control+Enter")
    popup.value.wait_for_url("**/entries/hanging")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/hanging")
    box(page).press_sequentially("hang")
    options(page).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations/*")


def test_an_option_can_be_clicked(page: Page) -> None:
    box(page).press_sequentially("hang")
    options(page).first.click()
    page.wait_for_url("**/entries/hanging")


def test_roles_and_names(page: Page) -> None:
    ask(page, "strong question")
    tree = page.locator("body").aria_snapshot()
    for words in (
        "- banner",
        '- navigation "Main"',
        "- main",
        '- search "Ask"',
        "- contentinfo",
        "- combobox",
        '- log "Questions and answers"',
    ):
        assert words in tree, words
    assert page.locator("[role=log]").get_attribute("aria-live") == "off"
    assert page.locator("[role=status]").count() == 1 and page.locator("[aria-live=assertive]").count() == 0
    assert page.locator("h1").count() == 1
    field = box(page)
    assert page.locator(f"#{field.get_attribute('aria-controls')}").get_attribute("role") == "listbox"
    assert page.get_by_role("group", name="Did that fix it?").get_by_role("button").count() == 2
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(element => Number(element.tagName[1]))")
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


# V12: one message an action, and the focus stays


def test_answers_arrive_in_place(page: Page, site: Site) -> None:
    ask(page, "strong question")
    page.evaluate("window.here = true")
    record_status(page)
    ask(page, "possible question", 2)
    assert page.evaluate("window.here") is True  # the page was not loaded again
    assert said(page) == ['Best answer: Why is the connection "refused" <here>. Possible match. 1 other entry.']
    assert box(page).evaluate("element => element === document.activeElement")
    assert box(page).input_value() == ""
    assert page.locator("[data-level]").get_attribute("data-level") == "possible"
    assert page.locator("#turn-1 summary").is_visible() and page.title().startswith("possible question")
    page.wait_for_timeout(1100)
    assert page.locator("[role=status]").inner_text() == ""
    assert [turn.question for turn in stored(site.app, page.url).turns] == ["strong question", "possible question"]


def test_each_action_is_said_once(page: Page, site: Site) -> None:
    ask(page, "strong question")
    record_status(page)

    def new_messages(count: int) -> list[str]:
        page.wait_for_function("count => window.said.length >= count", arg=count)
        page.wait_for_timeout(200)
        return said(page)

    no = page.get_by_role("button", name="No, still broken")
    no.click()
    assert new_messages(1) == ["Noted. It did not help."]
    expect(no).to_be_focused()
    page.get_by_role("button", name="Yes, that fixed it").click()
    assert new_messages(2)[1:] == ["Marked as solved."]
    page.get_by_role("button", name="Undo").click()
    assert new_messages(3)[2:] == ["Taken back."]
    page.get_by_role("button", name="Remove: strong question").click()
    assert new_messages(4)[3:] == ["Removed."]
    page.get_by_role("button", name="Undo: strong question").click()
    assert new_messages(5)[4:] == ["Put back."]
    box(page).press_sequentially("hang")
    assert new_messages(6)[5:] == ["3 matching questions."]
    assert all(len(message.split()) <= 25 for message in said(page))


def test_a_slow_answer_is_announced_twice(page: Page, site: Site) -> None:
    ask(page, "strong question")
    record_status(page)
    ask(page, "weak question", 2)  # the list of turns is made anew
    page.evaluate("window.said = []")
    site.knowledge_base.delay_s = 0.7  # the answer is made twice: for the turn, and for the page
    box(page).fill("none at all")
    page.keyboard.press("Enter")
    turn = page.locator("li.asking article")
    expect(turn).to_have_attribute("aria-busy", "true")
    assert turn.get_by_role("heading", name="You asked: none at all").is_visible()
    assert page.get_by_role("button", name="Ask", exact=True).get_attribute("aria-disabled") == "true"
    assert box(page).get_attribute("readonly") is not None and box(page).input_value() == "none at all"
    turn.get_by_text("Searching…").wait_for()
    page.wait_for_selector("#turn-3 .card")
    assert said(page) == ["Searching…", "No entry matches. You can write a problem report."]
    assert page.locator("[aria-busy], [aria-disabled], .pending").count() == 0
    assert box(page).get_attribute("readonly") is None


def test_touch_puts_the_keyboard_away(browser: Browser, site: Site) -> None:
    with opened(browser, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True) as page:
        page.goto(site.address)
        ask(page, "strong question")
        box(page).fill("weak question")
        page.keyboard.press("Enter")
        page.wait_for_selector("#turn-2 .card")
        assert page.evaluate("document.activeElement === document.body")


# V13, V14: pasting and shortcuts


def test_several_lines_are_pasted_into_the_log_field(browser: Browser, site: Site) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site.address)
        record_status(page)

        def paste(text: str) -> None:
            page.evaluate("text => navigator.clipboard.writeText(text)", text)
            box(page).focus()
            page.keyboard.press("Control+V")

        paste("one line\n")
        assert box(page).input_value() == "one line" and not page.get_by_label("Log or error output").is_visible()
        page.wait_for_timeout(300)  # suggestions for it are announced
        paste("first\nsecond")
        log = page.get_by_label("Log or error output")
        assert log.is_visible() and log.input_value() == "first\nsecond"
        assert box(page).input_value() == "one line"
        assert said(page)[-1] == "What you pasted is in the log field."
        expect(box(page)).to_be_focused()
        paste("x" * 501)
        assert log.input_value() == "first\nsecond\n" + "x" * 501
        log.focus()
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/conversations/*")
        assert page.get_by_text("Log, 3 lines").is_visible()


def test_shortcuts_and_their_switch(page: Page) -> None:
    page.locator("body").press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("a/b?")  # while typing they are letters
    assert box(page).input_value() == "a/b?" and page.locator("dialog[open]").count() == 0
    box(page).blur()
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "a/b?"
    box(page).blur()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Use / and Ctrl+K and ? as shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    for _ in range(2):
        for key in ("/", "?", "Control+k"):
            page.keyboard.press(key)
        assert page.locator("dialog[open]").count() == 0
        assert page.evaluate("document.activeElement === document.body")
        page.reload()
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    opener.click()
    expect(dialog.get_by_role("heading")).to_be_focused()
    dialog.get_by_label("Use / and Ctrl+K and ? as shortcuts").check()
    dialog.get_by_role("button", name="Close").click()
    expect(opener).to_be_focused()
    opener.blur()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()


# V15, V16, V17: what answers show, and what follows


@pytest.mark.parametrize("level", ["strong", "possible", "weak", "none"])
def test_each_level_shows_what_it_should(page: Page, level: str) -> None:
    ask(page, f"{level} question")
    card = page.locator("[data-level]")
    assert card.get_attribute("data-level") == level
    shows_answer = level in ("strong", "possible")
    leads = {
        "strong": "",
        "possible": "This might be it. Check that it matches your case.",
        "weak": "No entry answers this directly. These are the closest.",
        "none": "No entry matches this question. Try the exact error text, or the name of the directive or file.",
    }
    lead = card.locator(".lead-sentence")
    assert (lead.inner_text() if lead.count() else "") == leads[level]
    assert (card.locator("mark").count() == 1) == shows_answer
    assert (card.locator(".feedback").count() == 1) == shows_answer
    assert (card.locator(".badge-line .badge").count() == 1) == shows_answer
    assert card.locator("details.others[open]").count() == int(level == "possible")
    assert card.locator("ul.candidates > li").count() == (3 if level == "weak" else 0)
    assert card.get_by_role("link", name="Browse sections").count() == int(level == "none")
    assert card.locator("[data-report]").count() == 1
    assert not re.search(r"%|\d\.\d\d", card.inner_text())


def test_the_mark_is_verbatim_and_its_link_lands_on_it(page: Page) -> None:
    ask(page, "strong question")
    marked = page.locator("mark").inner_text()
    assert marked in TEXT
    page.get_by_role("link", name="Read the full entry").click()
    page.wait_for_url("**/entries/connection-refused?c=*#p-1")
    assert marked in page.locator(":target").inner_text()
    page.get_by_role("link", name="Back to your conversation").click()
    page.wait_for_url("**/conversations/*")


@pytest.mark.parametrize("script", [True, False])
def test_no_offers_the_next_ways_in_order(browser: Browser, site: Site, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        page.goto(site.address)
        ask(page, "strong question")
        page.get_by_role("button", name="No, still broken").click()
        ways = page.locator(".next-ways a")
        ways.first.wait_for()
        assert [re.sub(r":.*", "", words) for words in ways.all_inner_texts()] == [
            "Work through it step by step", "Why does it hang?", "Say what happened instead", "Write a problem report",
        ]  # fmt: skip
        page.get_by_text("Say why it did not help (optional)").click()
        page.get_by_label("I did it, and nothing changed").check()
        page.get_by_label("In your words (optional)").fill("it still refuses")
        page.get_by_role("button", name="Save the reason").click()
        page.wait_for_timeout(300)
        verdict = stored(site.app, page.url).verdicts[0]
        assert (verdict.reason, verdict.note) == ("no-change", "it still refuses")
        page.get_by_role("link", name="Say what happened instead").click()
        expect(box(page)).to_be_focused()
        page.get_by_role("button", name="Yes, that fixed it").click()
        page.locator(".feedback-said", has_text="Marked as solved.").wait_for()
        assert page.locator(".next-ways").count() == 0
        assert [item.verdict for item in stored(site.app, page.url).verdicts] == ["yes"]


def test_the_report_holds_what_was_tried_and_not_what_was_removed(page: Page, site: Site) -> None:
    ask(page, "strong question")
    ask(page, "weak question", 2)
    page.locator("#turn-1 summary").click()
    page.locator("#turn-1").get_by_role("button", name="No, still broken").click()
    tried = page.locator("#tried")
    tried.get_by_text("did not help").wait_for()
    assert page.locator("#earlier-1").get_attribute("open") is not None  # it stays open
    tried.get_by_role("button", name="Remove: weak question").click()
    tried.get_by_text("Removed: weak question").wait_for()
    tried.get_by_role("link", name="Write a problem report").click()
    page.wait_for_url("**/report?c=*")
    shown = " ".join(
        [page.locator("main").inner_text(), *page.locator("textarea").evaluate_all("all => all.map(e => e.value)")]
    )
    assert "strong question" in shown and "did not help" in shown and "weak question" not in shown


def test_what_was_carried_over_can_be_removed(page: Page, site: Site) -> None:
    ask(page, "strong question")
    ask(page, "certifcate", 2)
    assert page.get_by_text("Searched together with your earlier question: “an earlier one”").is_visible()
    page.get_by_role("button", name="Search without it").click()
    page.wait_for_timeout(300)  # the knowledge base of these tests says the same either way
    assert stored(site.app, page.url).turns[1].standalone
    page.get_by_role("button", name="Search for “certifcate” instead").click()
    page.get_by_text("Searched exactly as typed.").wait_for()
    page.get_by_role("link", name="Start a new question").click()
    page.wait_for_url("**?new=1#box-question")
    expect(box(page)).to_be_focused()
    ask(page, "possible question", 3)
    assert stored(site.app, page.url).turns[2].standalone
    assert page.get_by_role("link", name="Start a new question").is_visible()


# V20: everything going wrong


def failed(page: Page, message: str, question: str) -> Locator:
    """What is shown when asking fails: the message, the question still in the box, and the button to try again."""
    notice = page.locator(".failed")
    notice.get_by_text(message).wait_for(timeout=15_000)
    assert box(page).input_value() == question
    assert page.locator("[aria-disabled], [aria-busy]").count() == 0 and box(page).get_attribute("readonly") is None
    return notice.get_by_role("button")


@pytest.mark.parametrize("turn", [1, 2])
def test_server_error(page: Page, site: Site, turn: int) -> None:
    if turn == 2:
        ask(page, "strong question")
    record_status(page)
    site.knowledge_base.failure = RuntimeError("broken on purpose")
    box(page).fill("possible question")
    page.keyboard.press("Enter")
    again = failed(page, "The answer could not be loaded. Your question is still in the box.", "possible question")
    assert said(page)[-1] == "The answer could not be loaded. Your question is still in the box."
    site.knowledge_base.failure = None
    again.click()
    page.wait_for_selector(f"#turn-{turn} .card")
    assert page.locator(".failed").count() == 0 and page.locator("#turns > li").count() == turn


def test_no_connection(page: Page, site: Site) -> None:
    ask(page, "strong question")
    page.context.set_offline(True)
    box(page).fill("possible question")
    page.keyboard.press("Enter")
    again = failed(page, "No connection. Use the offline copy to search without one.", "possible question")
    page.context.set_offline(False)
    again.click()
    page.wait_for_selector("#turn-2 .card")


def test_a_search_that_takes_too_long(page: Page, site: Site) -> None:
    ask(page, "strong question")
    page.route("**/ask", lambda route: None)
    box(page).fill("possible question")
    page.keyboard.press("Enter")
    again = failed(page, "The search took too long. Your question is still in the box.", "possible question")
    page.unroute_all(behavior="ignoreErrors")
    again.click()
    page.wait_for_selector("#turn-2 .card")


def test_a_conversation_that_ended(page: Page, site: Site) -> None:
    ask(page, "strong question")
    first = page.url
    with portal_of(site.app).database.begin() as connection:
        expire_conversations(connection, 1, later(days=3000))
    box(page).fill("possible question")
    page.keyboard.press("Enter")
    again = failed(page, "This conversation has ended. Ask again to start a new one.", "possible question")
    again.click()
    page.wait_for_url(lambda address: "/conversations/" in address and address.split("#")[0] != first.split("#")[0])
    assert [turn.question for turn in stored(site.app, page.url).turns] == ["possible question"]


def test_too_many_questions(browser: Browser, tmp_path: Path) -> None:
    app, _ = make_site(tmp_path, asks_per_minute=1)
    with served(app) as address, opened(browser) as page:
        page.goto(address)
        ask(page, "strong question")
        box(page).fill("possible question")
        page.keyboard.press("Enter")
        page.get_by_text(re.compile(r"Too many questions at once\. Try again in \d+ seconds?\.")).first.wait_for()
        assert box(page).input_value() == "possible question"
    portal_of(app).database.close()


def test_a_killed_server(browser: Browser, tmp_path: Path) -> None:
    app, _ = make_site(tmp_path)
    with opened(browser) as page:
        with served(app) as address:
            page.goto(address)
            ask(page, "strong question")
        box(page).fill("possible question")
        page.keyboard.press("Enter")
        failed(page, "The answer could not be loaded. Your question is still in the box.", "possible question")
    portal_of(app).database.close()


def test_an_empty_question_is_the_servers_to_refuse(page: Page) -> None:
    ask(page, "strong question")
    box(page).press("Enter")
    page.locator(".error-summary").wait_for()
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.get_by_role("link", name="Enter a question or an error line").click()
    expect(box(page)).to_be_focused()


# Looks


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out(browser: Browser, site: Site, width: int) -> None:
    with opened(browser, viewport={"width": width, "height": 740}) as page:
        page.goto(site.address)
        ask(page, "strong " + "x" * 300)
        page.get_by_role("button", name="No, still broken").click()
        page.locator(".next-ways").wait_for()
        ask(page, "possible question", 2)
        page.get_by_role("button", name="Keyboard shortcuts").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        conversation = stored(site.app, page.url).id
        for address in (
            "guides/guide-refused",
            "guides/guide-refused/listen",
            "guides/guide-refused/tried",
            "entries/hanging",
        ):
            page.goto(f"{site.address}/{address}?c={conversation}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        page.goto(f"{site.address}/conversations/{conversation}/clear")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# V1: what axe finds


AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (768, "light"), (1280, "dark"), (1280, "light")])
def test_axe_finds_nothing(browser: Browser, site: Site, width: int, scheme: str) -> None:
    looks: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with opened(browser, bypass_csp=True, reduced_motion="reduce", **looks) as page:

        def check(state: str) -> None:
            violations = Axe().run(page, options=AXE).response["violations"]
            assert [(item["id"], item["nodes"][0]["html"]) for item in violations] == [], state

        page.goto(site.address)
        box(page).press_sequentially("hang")
        options(page).first.wait_for()
        page.keyboard.press("ArrowDown")
        check("suggestions")
        page.keyboard.press("Escape")
        ask(page, "strong question")
        check("strong")
        page.get_by_role("button", name="No, still broken").click()
        page.get_by_text("Say why it did not help (optional)").click()
        check("no")
        ask(page, "certifcate", 2)
        page.locator("#earlier-1 summary").first.click()
        check("carried over, corrected, earlier turn open")
        for number, level in enumerate(("weak", "none"), 3):
            ask(page, f"{level} question", number)
            check(level)
        conversation = stored(site.app, page.url).id
        site.knowledge_base.delay_s = 0.7
        box(page).fill("possible question")
        page.keyboard.press("Enter")
        page.locator(".pending:not([hidden])").wait_for()
        check("pending")
        site.knowledge_base.delay_s = 0.0
        page.wait_for_selector("#turn-5 .card")
        site.knowledge_base.failure = RuntimeError("broken on purpose")
        box(page).fill("possible question")
        page.keyboard.press("Enter")
        page.locator(".failed").wait_for()
        check("failed")
        site.knowledge_base.failure = None
        page.reload()
        page.get_by_role("button", name="Keyboard shortcuts").click()
        check("shortcuts")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Clear this conversation").click()
        check("clearing")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for address in ("guides/guide-refused", "guides/guide-refused/listen", "guides/guide-refused/solved",
                        "guides/guide-refused/tried", "entries/hanging", f"conversations/{conversation}/clear"):  # fmt: skip
            page.goto(f"{site.address}/{address}?c={conversation}")
            check(address)

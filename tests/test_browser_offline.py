"""The offline copy in a real browser, opened from disk: it answers as the portal does, and asks nobody for anything.

The copy holds this repository's content. What it answers is compared with the answers of the Python side, card for card.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, record_status, said, watch
from copy_world import files_of
from playwright.sync_api import Browser, Locator, Page, expect
from test_secret_scan import KEYS

from kb.answer import Answer, answer
from kb.asking import Asked
from kb.conversation import Conversation, ConversationTurn
from kb.conversing import turn_of
from kb.export import make_copy
from kb.followup import Turn
from kb.generation import Generation, build, load_current
from kb.links import PortalLinks
from kb.pages import Frame
from kb.pages_conversation import Talk, conversation_page, said_about
from kb.report import make_report, report_markdown, report_text
from kb.settings import Settings
from kb.single_file import single_file

CONTENT = Path(__file__).parent.parent / "content"
SCHEMES = ("light", "dark")
WIDTHS = (320, 360, 768, 1280)
STRONG, WEAK, NONE = "connection refused", "windows", "how do I bake bread"
TEN_QUESTIONS = (
    "how do I get rid of the password at boot",
    "connection refused",
    "mod_ssl: Init: Failed to generate temporary 512 bit RSA private key",
    "can I use name based virtual hosts with SSL",
    "what is the difference between apache-ssl and mod_ssl",
    "self signed certificate for testing",
    "how to verify that a key and a certificate belong together",
    "no shared cipher",
    "why does internet explorer fail with io errors",
    "SSLMutex permission denied",
)
PAGES = {
    "home": "index.html",
    "strong": f"ask.html#{urlencode({'q': STRONG})}",
    "weak": f"ask.html#{urlencode({'q': WEAK})}",
    "none": f"ask.html#{urlencode({'q': NONE})}",
    "long": f"ask.html#{urlencode({'q': 'x' * 300, 'log': 'y' * 300})}",
    "entry": "entries/connection-refused.html",
    "section": "sections/certificates.html",
    "guides": "guides.html",
    "guide": "guides/guide-connection-refused.html",
    "report": "report.html",
}
AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "preload": False,  # it would fetch the style sheet, which the page's own policy forbids
}


@dataclass(frozen=True)
class Copy:
    """A copy on disk, and what it was made from."""

    folder: Path
    single: Path
    generation: Generation
    settings: Settings

    def address(self, path: str = "index.html") -> str:
        file, _, fragment = path.partition("#")
        return (self.folder / file).as_uri() + (f"#{fragment}" if fragment else "")

    def ask(self, question: str, log: str = "", history: tuple[Turn, ...] = ()) -> Answer:
        return answer(self.generation, self.settings, question, log, history=history)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    root = tmp_path_factory.mktemp("copy")
    settings = Settings(content=CONTENT, data=root / "data")
    build(settings)
    generation = load_current(settings.data, settings.ranking)
    for path, body in files_of(generation, settings).items():
        target = root / "copy" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    single = root / "one.html"
    single.write_text(single_file(generation, settings, make_copy(generation, settings)), encoding="utf-8")
    return Copy(root / "copy", single, generation, settings)


@pytest.fixture
def page(browser: Browser, copy: Copy) -> Iterator[Page]:
    """The copy's first page. It complains about nothing and asks nobody for anything until the end."""
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        complaints, requests = watch(page), asked_of(page)
        page.goto(copy.address())
        yield page
        assert complaints == []
        assert [address for address in requests if not address.startswith(("file:", "blob:"))] == []


def asked_of(page: Page) -> list[str]:
    """The addresses that the page asks for from now on."""
    found: list[str] = []
    page.context.on("request", lambda request: found.append(request.url))
    return found


def box(page: Page) -> Locator:
    return page.locator("#box-question")


def ask(page: Page, question: str, turn: int = 1) -> None:
    """Ask with the Enter key and wait for the answer."""
    box(page).fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn-{turn} .card")


def feedback(page: Page, turn: int = 1) -> Locator:
    return page.locator(f"#feedback-{turn}")


def tried(page: Page) -> list[str]:
    """The lines of what was tried, without their buttons."""
    return [line.strip() for line in page.locator("#tried > ul:not(.tried-removed) > li > div").all_inner_texts()]


def is_focused(target: Locator) -> bool:
    return bool(target.evaluate("element => element === document.activeElement"))


# V25: the same answers from disk, and nobody is asked


def test_ten_questions_have_the_same_first_entry(page: Page, copy: Copy) -> None:
    for question in TEN_QUESTIONS:
        page.goto(copy.address())
        page.evaluate("sessionStorage.clear()")
        page.reload()  # or the page would hand on what it read
        ask(page, question)
        expected = copy.ask(question)
        shown = page.locator("#turn-1 [data-level]")
        assert shown.get_attribute("data-level") == expected.level, question
        first = shown.locator("[data-entry]").first.get_attribute("data-entry")
        assert first == next(hit.id for hit in expected.hits if hit.kind == "entry"), question


# An element as lines: a tag with its class and hooks, a text; what only the copy's or the portal's forms need is left out.
OUTLINE = """root => {
    const lines = [];
    const walk = (element, depth) => {
        const hooks = [element.dataset.entry, element.dataset.guide, element.dataset.level].filter(Boolean).join(" ");
        lines.push(`${depth} ${element.tagName} ${element.className} ${hooks}`.trim());
        for (const child of element.childNodes) {
            const isText = child.nodeType === Node.TEXT_NODE;
            if (isText && child.data.trim()) lines.push(`${depth + 1} ${child.data.trim().replace(/\\s+/g, " ")}`);
            const isLeftOut = isText || child.nodeType !== Node.ELEMENT_NODE || child.matches(".copy, [type=hidden]");
            if (!isLeftOut) walk(child, depth + 1);
        }
    };
    walk(root, 0);
    return lines;
}"""
CARD_QUESTIONS = (
    *TEN_QUESTIONS,
    WEAK,
    NONE,
    "how do i remove the pasphrase",  # corrected
    "[error] mod_ssl: Init: Private key not found\n[error] OpenSSL: error:0D06B078:asn1 encoding routines",
    '"pass phrase" -certificate',
    "<b>bold</b> & __title__",
)


@pytest.mark.parametrize("question", CARD_QUESTIONS)
def test_a_card_is_the_portals_card(browser: Browser, copy: Copy, question: str) -> None:
    """Every element, class and word of a turn, as the portal's page of a conversation has them."""
    given = copy.ask(question)
    turn = turn_of(Asked(question), given)
    conversation = Conversation("id", "", "", (ConversationTurn(1, question, level=turn.level, entry_id=turn.entry_id),))
    links = PortalLinks().within("id")
    html = conversation_page(Frame(copy.generation.content, links), Talk(conversation, links), given)
    with opened(browser) as page:
        page.set_content(html.replace("<script", "<template").replace("</script", "</template"))
        expected = page.locator("#turn-1").evaluate(OUTLINE)
    with opened(browser) as page:
        page.goto(copy.address(f"ask.html#{urlencode({'q': question})}"))
        page.wait_for_selector("#turn-1 .card")
        page.evaluate("document.querySelector('.fresh')?.classList.remove('fresh')")
        shown = page.locator("#turn-1").evaluate(OUTLINE)
        assert page.locator("#turn-1").get_attribute("data-said") == said_about(given)
    assert shown == expected


def test_a_follow_up_is_searched_with_the_question_before(page: Page, copy: Copy) -> None:
    first, second = "how do I get rid of the password at boot", "and how do I change it"
    ask(page, first)
    ask(page, second, 2)
    entry = next(hit.id for hit in copy.ask(first).hits if hit.kind == "entry")
    expected = copy.ask(second, history=(Turn(first, "", entry),))
    assert expected.carried == first  # else the question is no follow-up
    shown = page.locator("#turn-2 [data-level]")
    assert shown.get_attribute("data-level") == expected.level
    assert shown.locator("[data-entry]").first.get_attribute("data-entry") == expected.hits[0].id
    note = page.locator("#turn-2 .note")
    assert first in note.inner_text()
    note.get_by_role("button", name="Search without it").click()
    page.get_by_text("Searched without your earlier questions.").wait_for()
    alone = copy.ask(second)
    assert page.locator("#turn-2 [data-level]").get_attribute("data-level") == alone.level
    assert len(page.locator(".turn").all()) == 2
    page.get_by_role("button", name="Search together with them").click()
    page.get_by_role("button", name="Search without it").wait_for()


def test_a_correction_can_be_undone(page: Page, copy: Copy) -> None:
    ask(page, "how do i remove the pasphrase")
    note = page.locator("#turn-1 .note")
    assert "Showing results for" in note.inner_text()
    note.get_by_role("button", name=re.compile("^Search for “pasphrase” instead")).click()
    page.get_by_text("Searched exactly as typed.").wait_for()
    expected = answer(copy.generation, copy.settings, "how do i remove the pasphrase", exact=True)
    assert page.locator("#turn-1 [data-level]").get_attribute("data-level") == expected.level
    assert is_focused(page.get_by_role("button", name="Search with corrections"))


def test_a_new_question_leans_on_nothing(page: Page, copy: Copy) -> None:
    ask(page, "how do I get rid of the password at boot")
    page.get_by_role("link", name="Start a new question").click()
    assert is_focused(box(page))
    assert page.get_by_text("What you asked before is not searched with it.").is_visible()
    page.get_by_role("link", name="Go on with the last one").click()
    page.get_by_role("link", name="Start a new question").click()
    ask(page, "and how do I change it", 2)
    assert page.locator("#turn-2 [data-level]").get_attribute("data-level") == copy.ask("and how do I change it").level
    assert page.get_by_text("Searched without your earlier questions.").is_visible()


def test_other_pages_ask_on_the_page_that_answers(page: Page, copy: Copy) -> None:
    page.goto(copy.address("entries/connection-refused.html"))
    box(page).fill("no shared cipher & more")
    page.locator(".box-log summary").press("Enter")
    page.locator("#box-log").fill("first line\nsecond line")
    page.locator("#box-log").press("Control+Enter")
    page.wait_for_selector("#turn-1 .card")
    assert page.url == copy.address("ask.html#turn-1")
    assert page.locator("#turn-1 .asked").inner_text() == "no shared cipher & more"
    assert page.locator("#turn-1 .log summary").inner_text() == "Log, 2 lines"
    page.reload()
    page.wait_for_selector("#turn-1 .card")
    assert page.locator(".turn").count() == 1  # what the address asked is not asked again
    page.go_back()
    page.wait_for_url("**/entries/connection-refused.html")
    assert page.locator(".to-conversation a").get_attribute("href") == "../ask.html"


def test_the_passage_is_word_for_word_and_the_link_lands_on_it(page: Page, copy: Copy) -> None:
    ask(page, STRONG)
    marked = page.locator("[data-passage] mark").inner_text()
    page.get_by_role("link", name="Read the full entry").click()
    page.wait_for_url("**/entries/*.html#p-*")
    there = page.locator(page.url[page.url.index("#") :])
    assert marked in re.sub(r"\s+", " ", there.inner_text())
    assert there.evaluate("element => { const place = element.getBoundingClientRect(); return place.top < innerHeight && place.bottom > 0 }")


@pytest.mark.parametrize("question", [STRONG, WEAK, NONE, "can I use name based virtual hosts with SSL"])
def test_a_card_shows_what_its_level_has_and_no_number(page: Page, copy: Copy, question: str) -> None:
    ask(page, question)
    card, level = page.locator("#turn-1 .card"), copy.ask(question).level
    assert card.locator("blockquote mark").count() == (level in ("strong", "possible"))
    assert card.locator(".best").count() == (level in ("strong", "possible"))
    assert card.locator(".equals").count() == (level == "weak")
    assert card.locator("[data-report]").count() == 1
    assert not re.search(r"\d ?%|score", card.inner_text().lower())


# What is typed


def test_errors_say_what_to_mend(page: Page) -> None:
    box(page).press("Enter")
    sentence = "Enter a question or an error line"
    summary = page.locator(".error-summary")
    assert is_focused(summary) and page.title().startswith("Error: ")
    assert summary.get_by_role("heading", name="There is a problem").is_visible()
    assert page.locator("#box-error").text_content() == f"Error: {sentence}"
    assert box(page).get_attribute("aria-invalid") == "true"
    summary.get_by_role("link", name=sentence).click()
    assert is_focused(box(page))
    box(page).fill("x" * 501)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^Question must be 500 characters or less.")).wait_for()
    assert box(page).input_value() == "x" * 501
    ask(page, STRONG)


def test_errors_on_the_page_that_answers_keep_what_was_asked(page: Page) -> None:
    ask(page, STRONG)
    box(page).press("Enter")
    assert is_focused(page.locator(".error-summary"))
    assert page.locator("#turn-1 .card").is_visible()
    ask(page, WEAK, 2)
    assert page.locator(".error-summary, .field-error").count() == 0 and not page.title().startswith("Error")


@pytest.mark.parametrize("where", ["index.html", "entries/connection-refused.html", "ask.html"])
def test_combobox(page: Page, copy: Copy, where: str) -> None:
    page.goto(copy.address(where))
    field, options = box(page), page.get_by_role("option")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.fill("pass phr")  # one event: the list is made once
    options.first.wait_for()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert field.get_attribute("aria-activedescendant") is None  # nothing is chosen by itself
    number = options.count()
    assert 1 <= number <= 5
    for _ in range(number):
        page.keyboard.press("ArrowDown")
        active = field.get_attribute("aria-activedescendant")
        assert active and page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")  # wraps through the text
    assert field.get_attribute("aria-activedescendant") is None and field.input_value() == "pass phr"
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert field.input_value() == ""
    field.fill("pass phr")  # one event: the list is made once
    options.first.wait_for()
    title = options.first.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/*.html")
    assert page.locator("h1").inner_text() == title


def test_suggestions_are_the_portals(page: Page, copy: Copy) -> None:
    from kb.suggestions import make_word_list, suggest

    words = make_word_list(copy.generation.content)
    for text in ("pass phr", "connection", "cert", "zz", "how do i convert"):
        shown = page.evaluate("text => kb.openSuggestions().then(engine => engine.suggest(text).map(item => item.id))", text)
        assert shown == [item.id for item in suggest(words, text, copy.ask(text))], text


def test_a_paste_of_several_lines_goes_to_the_log_field(page: Page) -> None:
    record_status(page)
    page.evaluate("navigator.clipboard?.writeText('one').catch(() => 0)")
    box(page).focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "first line\\nsecond line");
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    assert page.locator("#box-log").input_value() == "first line\nsecond line"
    assert page.locator("#box-log").is_visible() and box(page).input_value() == ""
    assert said(page) == ["What you pasted is in the log field."]


def test_shortcuts_and_their_switch(page: Page, copy: Copy) -> None:
    page.locator("body").press("/")
    assert is_focused(box(page))
    page.keyboard.type("/?")  # while typing they are letters
    assert box(page).input_value() == "/?"
    page.locator("h2").first.click()
    page.keyboard.press("Control+k")
    assert is_focused(box(page))
    box(page).blur()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    assert dialog.is_visible()
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    for key in ("/", "?", "Control+k"):
        page.locator("body").press(key)
        assert not is_focused(box(page)) and not dialog.is_visible()


def test_typed_markup_and_blanks_stay_text(page: Page) -> None:
    text = "<img src=x onerror=alert(1)> __title__ __id__ </template>"
    ask(page, text)
    assert page.locator("#turn-1 .asked").inner_text() == text
    assert page.locator("#turn-1 img").count() == 0
    assert tried(page) == [f"You asked: {text}"]


# V12: one message an action, and the focus stays


def test_one_message_for_each_action(page: Page, copy: Copy) -> None:
    page.goto(copy.address("ask.html"))
    record_status(page)
    box(page).focus()
    ask(page, STRONG)
    assert said(page) == [said_about(copy.ask(STRONG))]
    assert is_focused(box(page)) and box(page).input_value() == ""
    assert len(said(page)[0].split()) <= 25
    feedback(page).get_by_role("button", name="No, still broken").click()
    assert said(page)[1:] == ["Noted. It did not help."]
    assert is_focused(feedback(page).get_by_role("button", name="No, still broken"))
    feedback(page).get_by_role("button", name="Undo").click()
    assert said(page)[2:] == ["Taken back."]
    page.locator("#tried").get_by_role("button", name="Remove").click()
    assert said(page)[3:] == ["Removed."]


# V17: No, and what was tried


def test_no_offers_the_next_step_in_order(page: Page) -> None:
    ask(page, STRONG)
    feedback(page).get_by_role("button", name="No, still broken").click()
    ways = feedback(page).locator(".next-ways > li").all_inner_texts()
    assert [way.split(":")[0].strip() for way in ways] == [
        "Work through it step by step", "Look at the next entry", "Say what happened instead", "Write a problem report",
    ]  # fmt: skip
    assert page.locator("#turn-1 [data-guide]").count() == 1
    feedback(page).locator("summary").click()
    feedback(page).get_by_label("I did it, and nothing changed").check()
    feedback(page).get_by_role("button", name="Save the reason").click()
    expect(feedback(page).get_by_label("I did it, and nothing changed")).to_be_checked()
    feedback(page).get_by_role("link", name="Say what happened instead").click()
    assert is_focused(box(page)) or page.evaluate("location.hash") == "#box-question"
    feedback(page).get_by_role("button", name="Yes, that fixed it").click()
    assert feedback(page).locator(".feedback-said").inner_text().startswith("✓ Marked as solved.")
    assert "helped" in tried(page)[1]
    page.reload()
    page.wait_for_selector("#turn-1 .card")
    assert feedback(page).locator(".feedback-said").inner_text().startswith("✓ Marked as solved.")
    feedback(page).get_by_role("button", name="Undo").click()
    assert tried(page) == [f"You asked: {STRONG}"]


def test_an_earlier_answer_can_be_judged(page: Page) -> None:
    ask(page, STRONG)
    ask(page, "SSLMutex permission denied", 2)
    page.locator("#turn-1 summary").first.click()
    feedback(page).get_by_role("button", name="No, still broken").click()
    expect(page.locator("#turn-1 .verdict")).to_have_text("· Did not help")
    assert page.locator("#earlier-1").get_attribute("open") is not None
    assert "did not help" in " ".join(tried(page))


def test_the_report_holds_what_was_tried_and_not_what_was_removed(page: Page, copy: Copy) -> None:
    ask(page, STRONG)
    ask(page, NONE, 2)
    page.locator("#turn-1 summary").first.click()
    feedback(page).get_by_role("button", name="No, still broken").click()
    page.locator("#tried li", has_text=NONE).get_by_role("button", name=re.compile("^Remove")).click()
    assert page.locator(".tried-removed").inner_text().startswith(f"Removed: {NONE}")
    page.get_by_role("link", name="Write a problem report").last.click()
    page.wait_for_url("**/report.html")
    assert page.get_by_text("Filled in from your conversation: 1 question, 1 entry. Check it before you send it.").is_visible()
    assert page.locator("#report-question").input_value() == STRONG
    lines = page.locator("#report-tried").input_value().split("\n")
    assert lines[0] == f"Asked: {STRONG}" and lines[1].endswith("”: did not help") and len(lines) == 2
    page.go_back()
    page.locator(".tried-removed").get_by_role("button", name=re.compile("^Undo")).click()
    assert len(tried(page)) == 3


def test_clearing_asks_first(page: Page) -> None:
    ask(page, STRONG)
    clear = page.get_by_role("button", name="Clear this conversation")
    clear.click()
    dialog = page.get_by_role("dialog", name="Clear this conversation?")
    assert "Its 1 question, the answers" in dialog.inner_text()
    assert is_focused(dialog.get_by_role("button", name="Keep it"))
    page.keyboard.press("Escape")
    assert page.locator("#turn-1").is_visible() and is_focused(clear)
    clear.click()
    dialog.get_by_role("button", name="Clear this conversation").click()
    assert page.locator(".turn").count() == 0 and tried(page) == []
    page.reload()
    assert page.locator(".turn").count() == 0
    assert page.evaluate("sessionStorage.length") == 0


# V5: the whole way by keyboard


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(150):
        if is_focused(target):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never reached {target}")


def test_the_whole_way_by_keyboard(page: Page) -> None:
    tab_to(page, box(page))
    page.keyboard.type(STRONG)
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .card")
    tab_to(page, feedback(page).get_by_role("button", name="No, still broken"))
    page.keyboard.press("Enter")
    tab_to(page, feedback(page).locator("[data-guide]"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/guides/guide-connection-refused.html")
    first = page.locator("section.step").first
    tab_to(page, first.get_by_role("button", name="I cannot do this step"))
    page.keyboard.press("Enter")
    assert is_focused(page.locator("section.step h2").nth(1))
    tab_to(page, page.locator("section.step").nth(1).get_by_role("button", name="No, next step"))
    page.keyboard.press("Enter")
    assert page.locator("nav[aria-label=Steps]").inner_text().count("·") == 2
    page.reload()
    steps = page.locator("nav[aria-label=Steps] li")
    assert "Could not be done" in steps.nth(0).inner_text() and "Did not fix it" in steps.nth(1).inner_text()
    expect(first.get_by_role("button", name="I cannot do this step")).to_have_attribute("aria-pressed", "true")
    tab_to(page, page.get_by_role("link", name="Write a problem report").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/report.html")
    assert "could not be done" in page.locator("#report-tried").input_value()
    for field in page.locator("#report [data-limit]").all():
        if field.is_visible() and not field.input_value():
            tab_to(page, field)
            page.keyboard.type("It is 2.4.62")
    tab_to(page, page.get_by_role("button", name="Check your report"))
    page.keyboard.press("Enter")
    assert is_focused(page.get_by_role("heading", name="Check your report"))
    assert "connection refused" in page.locator("#report-text").input_value()


def test_a_guide_that_helps_ends_solved(page: Page, copy: Copy) -> None:
    page.goto(copy.address("guides/guide-connection-refused.html"))
    step = page.locator("section.step").nth(2)
    step.get_by_role("button", name="Yes, that fixed it").click()
    assert is_focused(page.locator("#guide-solved h2"))
    step.get_by_role("button", name="Undo").click()
    assert page.locator("nav[aria-label=Steps] .meta").count() == 0
    for button in page.locator("section.step button[value=no]").all():
        button.click()
    assert is_focused(page.locator("#guide-end h2"))
    assert page.locator("#guide-end h2").inner_text() == f"All {page.locator('section.step').count()} steps tried"
    page.goto(copy.address("ask.html"))
    assert len(tried(page)) == page.locator("#tried .tried-step").count() > 1
    page.goto(copy.address("guides/guide-connection-refused.html"))
    page.locator("section.step").first.locator(".outcome-bad .outcome-way a").first.click()
    page.goto(copy.address("guides/guide-connection-refused.html"))
    assert "Did not fix it" in page.locator("nav[aria-label=Steps] li").first.inner_text()


def test_an_entry_can_be_judged_on_its_page(page: Page, copy: Copy) -> None:
    page.goto(copy.address("entries/connection-refused.html"))
    group = page.locator("#feedback")
    assert group.get_by_role("group", name="Did that fix it?").is_visible()
    group.get_by_role("button", name="No, still broken").click()
    assert group.locator(".next-ways [data-guide]").get_attribute("href") == "../guides/guide-connection-refused.html"
    assert len(group.locator(".next-ways > li").all()) == 4
    target = group.locator(".next-ways > li").nth(1).get_by_role("link").get_attribute("href")
    assert target and (copy.folder / "entries" / target).resolve().is_file()
    page.goto(copy.address("ask.html"))
    assert tried(page)[0].endswith("· did not help")


# The report


def fill_report(page: Page, **values: str) -> None:
    for field in page.locator("#report [data-limit]").all():
        if field.is_visible():
            field.fill(values.get(field.get_attribute("name") or "", "something"))


def test_the_text_of_a_report_is_the_portals(page: Page, copy: Copy) -> None:
    page.goto(copy.address("report.html"))
    names = [str(field.get_attribute("name")) for field in page.locator("#report [data-limit]").all()]
    values = {name: f"*{name}*\n\n```\ncode\n````\n <b> " for name in names}
    page.get_by_label("Yes", exact=True).check()
    fill_report(page, **values)
    # a field of one line takes no line breaks
    values = {name: page.locator(f"#report-{name}").input_value() for name in names}
    page.get_by_role("button", name="Check your report").click()
    page.get_by_role("heading", name="Check your report").wait_for()
    template = copy.generation.content.report
    assert template
    report = make_report(values, template)
    assert page.locator("#report-text").input_value() == report_markdown(report, template)
    for kind, expected in (("Markdown", report_markdown(report, template)), ("text", report_text(report, template))):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download as {kind}").click()
        assert Path(download.value.path()).read_text(encoding="utf-8") == expected
    assert page.locator("[data-mail]").count() == 0 and page.locator("[data-mail-hint]").is_visible()


def test_a_short_report_can_be_mailed(page: Page, copy: Copy) -> None:
    page.goto(copy.address("report.html"))
    required = page.locator("#report .field:not(:has(.optional)) [data-limit]")
    for field in required.all():
        if field.is_visible():
            field.fill("ä & b")
    page.get_by_role("button", name="Check your report").click()
    address = page.get_by_role("link", name="Mail it").get_attribute("href")
    assert address and address.startswith("mailto:?subject=") and "%C3%A4%20%26%20b" in address
    assert page.get_by_text("Not filled in").first.is_visible()
    page.locator(".review").get_by_role("link", name=re.compile("^Change")).nth(1).click()
    assert page.locator("#report").is_visible() and page.locator("#report-text").count() == 0


def test_each_thing_to_mend_is_said_twice(page: Page, copy: Copy) -> None:
    page.goto(copy.address("report.html"))
    page.locator("#report-question").fill("kept")
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Check your report").click()
    summary = page.locator(".error-summary")
    assert is_focused(summary) and page.title().startswith("Error: ")
    messages = summary.get_by_role("link").all_inner_texts()
    assert "Fill in “Backtrace”. It is needed after a core dump." in " ".join(messages) or len(messages) > 3
    assert [text.removeprefix("Error: ") for text in page.locator(".field-error").all_text_contents()] == messages
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert page.locator("#report-question").input_value() == "kept"


def test_private_keys_are_refused_by_name_and_passwords_masked(page: Page, copy: Copy) -> None:
    page.goto(copy.address("report.html"))
    key = KEYS["RSA"]
    fill_report(page, log=key, configuration="SetEnv DB_PASSWORD Xk3jd83nslw")
    page.get_by_role("button", name="Check your report").click()
    message = "Log or error output contains a private key. Remove the lines from BEGIN to END."
    page.locator(".error-summary").get_by_role("link", name=message).wait_for()
    assert key.split("\n")[3] not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.locator("#report-log").fill("nothing")
    page.get_by_role("button", name="Check your report").click()
    page.get_by_role("heading", name="Check your report").wait_for()
    assert "Xk3jd83nslw" not in page.locator("#report-text").input_value()
    assert page.locator(".masked-note").is_visible()


def test_secrets_in_a_question_are_masked_before_they_are_kept(page: Page) -> None:
    ask(page, "curl -u admin:Xk3jd83nslw https://example.org/ refused")
    assert "[password removed]" in page.locator("#turn-1 .asked").inner_text()
    assert "Xk3jd83nslw" not in page.evaluate("JSON.stringify({...sessionStorage}) + location.href")


# Without storage, without script


def test_without_storage_the_page_works_and_links_take_the_conversation_along(browser: Browser, copy: Copy) -> None:
    with opened(browser) as page:
        complaints = watch(page)
        page.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('off') }})")
        page.goto(copy.address())
        ask(page, STRONG)
        feedback(page).get_by_role("button", name="No, still broken").click()
        page.get_by_role("link", name="Write a problem report").last.click()
        page.wait_for_selector(".filled-from")
        assert page.url == copy.address("report.html")  # it is gone from the address
        assert page.locator("#report-question").input_value() == STRONG
        page.goto(copy.address("entries/connection-refused.html"))
        page.locator("#feedback").get_by_role("button", name="Yes, that fixed it").click()
        page.locator(".site-header").get_by_role("link", name="Guides").click()
        page.wait_for_url("**/guides.html")
        assert complaints == []


def test_without_script_every_page_can_be_read(browser: Browser, copy: Copy) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(copy.address())
        assert page.locator(".no-script").first.is_visible()
        for path in ("entries/connection-refused.html", "guides/guide-connection-refused.html", "report.html"):
            page.goto(copy.address(path))
            assert page.locator("h1").is_visible() and len(page.locator("main").inner_text()) > 500, path
            assert page.locator("template").first.evaluate("element => element.offsetHeight") == 0
        for entry in copy.generation.content.entries:
            page.goto(copy.address(f"entries/{entry.id}.html"))
            assert page.locator("h1").inner_text() == entry.question
        page.goto(copy.single.as_uri())
        shown = page.locator("body").inner_text()
        assert all(entry.question in shown for entry in copy.generation.content.entries)


# The single file


def test_the_single_file_answers(browser: Browser, copy: Copy) -> None:
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        complaints, requests = watch(page), asked_of(page)
        page.goto(copy.single.as_uri())
        ask(page, STRONG)
        assert page.locator("#turn-1 [data-level]").get_attribute("data-level") == copy.ask(STRONG).level
        box(page).press_sequentially("pass phr")
        page.get_by_role("option").first.wait_for()
        page.keyboard.press("Escape")
        feedback(page).get_by_role("button", name="No, still broken").click()
        feedback(page).locator("[data-guide]").click()
        guide = page.locator("[data-page=guide][data-id=guide-connection-refused]")
        guide.locator("section.step button[value=cannot]").first.click()
        assert "Could not be done" in guide.locator("nav[aria-label=Steps]").inner_text()
        page.go_back()
        page.wait_for_selector("#turn-1 .card")
        page.get_by_role("link", name="Read the full entry").click()
        entry = page.locator("[data-page=entry][data-id=connection-refused]")
        assert entry.is_visible() and not box(page).is_visible()
        assert entry.locator(".feedback button[value=no]").get_attribute("aria-pressed") == "true"
        entry.locator(".to-conversation a").click()
        assert page.locator("#turn-1 .card").is_visible()
        page.locator(".site-header").get_by_role("link", name="Write a problem report").click()
        assert page.locator("#report-question").input_value() == STRONG
        assert "could not be done" in page.locator("#report-tried").input_value()
        assert complaints == []
        assert [address for address in requests if not address.startswith(("file:", "data:"))] == []
        assert len({address.split("#")[0] for address in requests if address.startswith("file:")}) == 1


# V1, V2: nothing sticks out, nothing is out of reach


def visit(page: Page, copy: Copy, name: str) -> None:
    page.goto("about:blank")  # a new fragment alone would not load the page again
    page.goto(copy.address(PAGES[name]))
    page.evaluate("() => { try { sessionStorage.clear() } catch {} }")
    if "#" in PAGES[name]:
        page.wait_for_selector("#turn-1 .card")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_and_axe_finds_nothing(browser: Browser, copy: Copy, width: int, scheme: str) -> None:
    with opened(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
        complaints = watch(page)
        for name in PAGES:
            visit(page, copy, name)
            check_page(page, name)
        visit(page, copy, "strong")
        feedback(page).get_by_role("button", name="No, still broken").click()
        check_page(page, "no")
        page.goto(copy.address("report.html"))
        page.get_by_role("button", name="Check your report").click()
        page.wait_for_selector(".error-summary")
        check_page(page, "report errors")
        fill_report(page)
        page.get_by_role("button", name="Check your report").click()
        page.get_by_role("heading", name="Check your report").wait_for()
        check_page(page, "check")
        assert complaints == []


def check_page(page: Page, name: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert not re.search(r"__[a-z]", page.locator("body").inner_text()), name  # a blank that nobody filled in
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in found] == [], (name, json.dumps(found)[:500])

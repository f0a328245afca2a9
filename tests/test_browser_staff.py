"""The support team's pages in a real browser: keyboard and no script, accessible in every size and colour scheme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from playwright.sync_api import Browser, Page, expect
from staff_world import NAME, OTHER, PASSWORD, REFERENCE, StaffWorld, fill, give_up, make_world

from kb.question_groups import group_key
from kb.store.reports import handle_report

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUESTION = f"/inbox/questions/{group_key('tune the flux capacitor')}"
PAGES = {
    "inbox": "/inbox",
    "filtered to none": "/inbox?words=zzz",
    "questions": "/inbox/questions",
    "report": f"/inbox/reports/{REFERENCE}",
    "question": QUESTION,
    "insights": "/insights",
    "drafts": "/inbox/drafts",
    "deliveries": "/inbox/deliveries",
    "handled by somebody else": "/inbox/reports/R-AAAA-BBBB",
    "handled ones": "/inbox?status=handled",
}
EMPTY_PAGES = ("/inbox", "/inbox/questions", "/inbox/questions?status=handled", "/inbox/drafts", "/inbox/deliveries", "/insights")
WIDTHS = (320, 360, 768, 1280)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> StaffWorld:
    folder = tmp_path_factory.mktemp("staff")
    labelled = folder / "labelled.jsonl"
    labelled.write_text(json.dumps({"query": "flux capacitor hums", "kind": "q", "relevant": ["hanging"]}) + "\n")
    made = make_world(folder, labelled_questions=labelled)
    fill(made)
    for title in ("The flux capacitor hums", "x" * 300):
        give_up(made, {"reference": REFERENCE, "title": title}, "the mail server at mail.example.org:25 is not there")
    with made.database.begin() as connection:
        handle_report(connection, "R-AAAA-BBBB", OTHER)
    return made


@pytest.fixture(scope="module")
def staff_site(world: StaffWorld) -> Iterator[str]:
    with served(world.app) as address:
        yield address


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A portal in which nothing happened yet."""
    with served(make_world(tmp_path_factory.mktemp("empty")).app) as address:
        yield address


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[str]:
    """A portal that a test may change."""
    made = make_world(tmp_path, labelled_questions=tmp_path / "none.jsonl")
    fill(made)
    with served(made.app) as address:
        yield address


def log_in(page: Page, site: str, after: str = "/inbox") -> None:
    """Log in as somebody at the keyboard does."""
    page.goto(site + after)
    page.get_by_label("Name").focus()
    page.keyboard.type(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(site + after)


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is on the element; fail when it cannot be reached."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            outline = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"the focus on {name} cannot be seen"
            return
    raise AssertionError(f"Tab does not lead to {name}")


@pytest.mark.parametrize("script", [True, False])
def test_from_login_to_handled_and_back_by_keyboard(browser: Browser, own_site: str, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        log_in(page, own_site)
        tab_to(page, "link", "The flux capacitor hums")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/inbox/reports/{REFERENCE}")
        tab_to(page, "button", "Mark handled")
        page.keyboard.press("Enter")
        page.get_by_text("Marked as handled.").wait_for()
        page.reload()  # nothing is sent again, and the notice was shown
        assert page.get_by_text("Marked as handled.").count() == 0 and page.get_by_text("by you").is_visible()
        page.goto(own_site + "/inbox")
        assert page.get_by_role("row").count() == 2
        page.goto(f"{own_site}/inbox/reports/{REFERENCE}")
        tab_to(page, "button", "Put back to waiting")
        page.keyboard.press("Enter")
        page.get_by_text("Waiting again.").wait_for()
        tab_to(page, "button", "Undo")
        page.keyboard.press("Enter")
        page.get_by_text("Marked as handled.").wait_for()
        tab_to(page, "button", "Undo")
        page.keyboard.press("Enter")
        page.get_by_text("Waiting again.").wait_for()
        page.goto(own_site + "/inbox")
        assert page.get_by_role("row").count() == 3
        tab_to(page, "button", "Log out")
        page.keyboard.press("Enter")
        page.get_by_text("Logged out.").wait_for()
        page.go_back()  # nothing private comes out of the browser's memory
        assert page.get_by_text("The flux capacitor hums").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_from_a_question_to_a_measured_draft(
    browser: Browser, world: StaffWorld, staff_site: str, script: bool
) -> None:
    with opened(browser, java_script_enabled=script) as page:
        log_in(page, staff_site, "/inbox/questions")
        page.get_by_role("link", name="Tuning the flux capacitors").click()
        page.get_by_label("Entry", exact=True).select_option("hanging")
        page.get_by_label("how do I tune the flux capacitor").check()
        page.get_by_role("button", name="Add as wording").click()
        page.get_by_text("2 wordings drafted for").wait_for()
        for _ in range(200):
            if (
                page.get_by_text("Right only with the draft").count()
                or page.get_by_text("No question changes.").count()
            ):
                break
            page.wait_for_timeout(100)
            page.reload()
        assert page.get_by_role("cell", name="100.0 %").is_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the patch").click()
        assert download.value.suggested_filename == "wording-hanging.patch"
        assert "+how do I tune the flux capacitor" in Path(download.value.path()).read_text()
        while page.get_by_role("button", name="Take back").count():
            page.get_by_role("button", name="Take back").first.click()
        assert page.get_by_text("No drafts.").is_visible()


def test_a_wrong_password_takes_the_focus_and_keeps_the_name(browser: Browser, staff_site: str) -> None:
    with opened(browser) as page:
        page.goto(staff_site + "/login")
        page.get_by_label("Name").fill("Nobody")
        page.get_by_label("Password").fill("wrong password")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert (
            page.title().startswith("Error: ") and page.evaluate("document.activeElement.className") == "error-summary"
        )
        assert page.get_by_label("Name").input_value() == "Nobody" and page.get_by_label("Password").input_value() == ""
        page.get_by_role("link", name="Name or password is wrong.").click()
        page.wait_for_function("location.hash === '#login-name'")
        assert page.locator("#login-name-error").inner_text().split() == ["Error:", "Name", "or", "password", "is", "wrong."]


def test_a_whole_row_leads_to_its_page(browser: Browser, staff_site: str) -> None:
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        log_in(page, staff_site)
        place = page.get_by_role("cell", name=REFERENCE).bounding_box()
        assert place
        page.mouse.click(place["x"] + place["width"] - 4, place["y"] + place["height"] / 2)
        page.wait_for_url(f"**/inbox/reports/{REFERENCE}")


@pytest.mark.parametrize("script", [True, False])
def test_a_refused_action_says_why_leads_there_and_keeps_everything(
    browser: Browser, own_site: str, script: bool
) -> None:
    with opened(browser, java_script_enabled=script) as page:
        log_in(page, own_site)
        page.goto(own_site + QUESTION)
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_label("tune flux capacitor?").uncheck()
        page.get_by_label("Entry", exact=True).select_option("")
        page.get_by_role("button", name="Add as wording").click()
        page.get_by_role("alert").wait_for()
        for is_again in (False, True):
            if is_again:
                page.reload()  # the form is sent again, and refused again
            assert page.title().startswith("Error: ")
            expect(page.locator(".error-summary")).to_be_focused()
            assert [box.is_checked() for box in page.get_by_role("checkbox").all()].count(False) == 1
            assert not page.get_by_label("tune flux capacitor?").is_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function("location.hash === '#link-entry'")
        page.get_by_label("Entry", exact=True).select_option("hanging")
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Add as wording").click()
        page.get_by_role("alert").get_by_text("Choose a wording.").wait_for()
        assert page.get_by_label("Entry", exact=True).input_value() == "hanging"
        page.get_by_label("tune flux capacitor?").check()
        page.get_by_role("button", name="Add as wording").click()
        page.get_by_text("1 wording drafted for").wait_for()
        page.goto(own_site + "/inbox/drafts")
        assert page.get_by_role("row").count() == 2


@pytest.mark.parametrize("script", [True, False])
def test_two_fast_presses_do_one_thing(browser: Browser, own_site: str, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        log_in(page, own_site)
        for action, confirmed in (("Mark handled", "Marked as handled."), ("Draft entry", "Entry drafted.")):
            page.goto(own_site + QUESTION)
            page.get_by_role("button", name=action, exact=True).dblclick()
            page.get_by_text(confirmed).wait_for()
            assert page.get_by_role("alert").count() == 0
        page.goto(own_site + "/inbox/drafts")
        assert page.get_by_role("row").count() == 2  # the head and one draft
        page.goto(own_site + QUESTION)
        assert page.get_by_text("by you").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_reading_pages_lead_to_the_inbox(browser: Browser, staff_site: str, script: bool) -> None:
    with opened(browser, java_script_enabled=script) as page:
        page.goto(staff_site + "/entries/hanging")
        page.get_by_role("contentinfo").get_by_role("link", name="Support team").click()
        page.wait_for_url("**/login")
        log_in(page, staff_site)
        page.goto(staff_site + "/entries/hanging")
        page.get_by_role("contentinfo").get_by_role("link", name="Inbox" if script else "Support team").click()
        page.wait_for_url("**/inbox")
        page.get_by_role("button", name="Log out").click()
        page.get_by_text("Logged out.").wait_for()
        page.goto(staff_site + "/entries/hanging")
        assert page.get_by_role("contentinfo").get_by_role("link", name="Support team").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_delivery_is_tried_again_by_keyboard(browser: Browser, tmp_path: Path, script: bool) -> None:
    made = make_world(tmp_path)
    give_up(made, {"reference": REFERENCE, "title": "The flux capacitor hums"})
    with served(made.app) as site, opened(browser, java_script_enabled=script) as page:
        log_in(page, site)
        tab_to(page, "link", "Deliveries 1 given up")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox/deliveries")
        tab_to(page, "button", "Try again “The flux capacitor hums”")
        page.keyboard.press("Enter")
        page.get_by_text("It is being tried again.").wait_for()
        assert page.get_by_text("1 delivery waits to be sent").is_visible()
        page.reload()
        assert page.get_by_text("Nothing was given up.").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_nothing_sticks_out(browser: Browser, staff_site: str, scheme: str) -> None:
    with opened(browser, color_scheme=scheme) as page:
        complaints = watch(page)
        page.goto(staff_site + "/login")
        check(page, "login")
        page.get_by_label("Name").fill("x")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        check(page, "login with an error")
        log_in(page, staff_site)
        for name, address in PAGES.items():
            page.goto(staff_site + address)
            for summary in page.locator("summary").all():
                summary.click()
            check(page, name)
        page.goto(staff_site + QUESTION)
        page.get_by_label("Entry", exact=True).select_option("hanging")
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Add as wording").click()
        page.get_by_role("alert").wait_for()
        check(page, "refused")
        page.goto(staff_site + QUESTION)
        page.get_by_role("button", name="Draft entry").click()
        page.get_by_text("Entry drafted.").wait_for()
        check(page, "draft")
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("The draft was put aside.").wait_for()
        check(page, "notice")
        assert [text for text in complaints if "the server responded with a status of 4" not in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_empty_pages_are_accessible_too(browser: Browser, empty_site: str, scheme: str) -> None:
    with opened(browser, color_scheme=scheme) as page:
        log_in(page, empty_site)
        for address in EMPTY_PAGES:
            page.goto(empty_site + address)
            assert page.locator(".nothing").count() == 1, address
            check(page, f"empty {address}")


def test_a_page_of_what_a_colleague_handled_first_is_accessible(browser: Browser, tmp_path: Path) -> None:
    made = make_world(tmp_path)
    fill(made)
    with served(made.app) as site, opened(browser) as page:
        log_in(page, site)
        page.goto(f"{site}/inbox/reports/{REFERENCE}")
        with made.database.begin() as connection:
            handle_report(connection, REFERENCE, OTHER)
        page.get_by_role("button", name="Mark handled").click()
        page.get_by_role("alert").get_by_text(f"Handled by {OTHER}").wait_for()
        check(page, "handled by a colleague")
        page.get_by_role("link", name=f"Handled by {OTHER}").click()
        page.wait_for_function("document.activeElement.id === 'state'")


def check(page: Page, name: str) -> None:
    """At no width a violation axe knows of, nor sideways scrolling, also with a wider text."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        result = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert result.violations_count == 0, f"{name} at {width}: {result.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
        page.evaluate(
            """() => { const sheet = new CSSStyleSheet();
            sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
            document.adoptedStyleSheets = [sheet]; }"""
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}, with text spacing"
        page.evaluate("document.adoptedStyleSheets = []")


def test_no_motion_and_all_of_it_at_320(browser: Browser, staff_site: str) -> None:
    with opened(browser, viewport={"width": 320, "height": 256}, reduced_motion="reduce") as page:
        log_in(page, staff_site)
        for name, address in PAGES.items():
            page.goto(staff_site + address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert page.evaluate("document.getAnimations().length") == 0

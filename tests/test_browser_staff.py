"""The support team's pages in a real browser: keyboard and no script, accessible in every size and colour scheme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from playwright.sync_api import Browser, Page
from staff_world import NAME, PASSWORD, REFERENCE, StaffWorld, fill, make_world

from kb.question_groups import group_key

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
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> StaffWorld:
    folder = tmp_path_factory.mktemp("staff")
    labelled = folder / "labelled.jsonl"
    labelled.write_text(json.dumps({"query": "flux capacitor hums", "kind": "q", "relevant": ["hanging"]}) + "\n")
    made = make_world(folder, labelled_questions=labelled)
    fill(made)
    return made


@pytest.fixture(scope="module")
def staff_site(world: StaffWorld) -> Iterator[str]:
    with served(world.app) as address:
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
        assert page.locator("#login-error").inner_text().split() == ["Error:", "Name", "or", "password", "is", "wrong."]


def test_a_whole_row_leads_to_its_page(browser: Browser, staff_site: str) -> None:
    with opened(browser, viewport={"width": 1280, "height": 800}) as page:
        log_in(page, staff_site)
        place = page.get_by_role("cell", name=REFERENCE).bounding_box()
        assert place
        page.mouse.click(place["x"] + place["width"] - 4, place["y"] + place["height"] / 2)
        page.wait_for_url(f"**/inbox/reports/{REFERENCE}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible_and_nothing_sticks_out(
    browser: Browser, staff_site: str, width: int, scheme: str
) -> None:
    with opened(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:
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
        page.get_by_role("button", name="Draft entry").click()
        page.get_by_text("Entry drafted.").wait_for()
        check(page, "draft")
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("The draft was put aside.").wait_for()
        check(page, "notice")
        assert [text for text in complaints if "the server responded with a status of 4" not in text] == []


def check(page: Page, name: str) -> None:
    """No violation axe knows of, and no sideways scrolling, also with a wider text."""
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert result.violations_count == 0, f"{name}: {result.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
        document.adoptedStyleSheets = [sheet]; }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}, with text spacing"
    page.evaluate("document.adoptedStyleSheets = []")


def test_no_motion_and_all_of_it_at_320(browser: Browser, staff_site: str) -> None:
    with opened(browser, viewport={"width": 320, "height": 256}, reduced_motion="reduce") as page:
        log_in(page, staff_site)
        for name, address in PAGES.items():
            page.goto(staff_site + address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert page.evaluate("document.getAnimations().length") == 0

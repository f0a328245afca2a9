"""The problem report in a real browser: by keyboard, with and without scripts, mended, sent once, and accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from flask import Flask
from playwright.sync_api import Browser, Page
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.store.reports import list_reports
from kb.web import create_app

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEpAIBAAKCAQEAx3Jf0aTz9KlmPq7RsVbNcYd2EoW5uGh8\n" * 6
    + "-----END RSA PRIVATE KEY-----"
)
LOG_FILE = {"name": "error.log", "mimeType": "text/plain", "buffer": b"a line\nanother\n"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("report")
    content = write_world(folder)
    settings = Settings(content=content, data=folder / "data", reports_per_hour=1000)
    app = create_app(settings, FakeKnowledgeBase(content))  # type: ignore[arg-type]
    yield app
    app.extensions["portal"].database.close()


@pytest.fixture(scope="module")
def site(portal: Flask) -> Iterator[str]:
    with served(portal) as address:
        yield address


def references(portal: Flask) -> list[str]:
    with portal.extensions["portal"].database.read() as connection:
        return [report.reference for report in list_reports(connection, size=1000).items]


def fill(page: Page, site: str) -> None:
    page.goto(f"{site}/report?q=strong+matter&entry=connection-refused")
    page.get_by_label("Versions").fill("2.4.71")
    page.get_by_label("Log or error output").fill("one\ntwo")
    page.locator("#report-files").set_input_files(LOG_FILE)


def go_on(page: Page, button: str = "Check your report") -> None:
    page.get_by_role("button", name=button).click()


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, as rule and element."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{item['id']}: {node['html'][:150]}" for item in found for node in item["nodes"]]


@pytest.mark.parametrize("script", [True, False])
def test_from_the_form_to_the_private_page(browser: Browser, site: str, portal: Flask, script: bool) -> None:
    """V6: the same way with and without scripts."""
    with opened(browser, java_script_enabled=script) as page:
        complaints = watch(page)
        fill(page, site)
        assert page.get_by_text("Filled in from your conversation: 1 question, 1 entry.").is_visible()
        go_on(page)
        assert heading(page) == "Check your report" and page.get_by_text("2.4.71").is_visible()
        page.get_by_role("link", name="Back", exact=True).click()
        assert page.get_by_label("Versions").input_value() == "2.4.71"
        assert page.get_by_label("Log or error output").input_value() == "one\ntwo"
        assert page.get_by_label("error.log").is_checked()
        go_on(page)
        go_on(page, "Send the report")
        assert heading(page) == "✓ Report sent"
        assert page.locator(".reference strong").inner_text() in references(portal)
        assert page.get_by_text("The team reads it by Friday.").is_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as text").click()
        assert "another" in Path(download.value.path()).read_text()
        assert complaints == []


def test_with_the_keyboard_alone(browser: Browser, site: str, portal: Flask) -> None:
    before = len(references(portal))
    with opened(browser) as page:
        page.goto(f"{site}/report?q=strong+matter")
        page.get_by_label("Versions").focus()
        page.keyboard.type("2.4.71")
        page.keyboard.press("Enter")
        page.wait_for_url("**/report/check?*")
        page.get_by_role("button", name="Send the report").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/reports/*")
    assert len(references(portal)) == before + 1


def test_reload_and_back_lose_and_send_nothing(browser: Browser, site: str, portal: Flask) -> None:
    """V8."""
    before = len(references(portal))
    with opened(browser) as page:
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        fill(page, site)
        go_on(page)
        page.reload()
        assert heading(page) == "Check your report" and page.get_by_text("error.log").is_visible()
        page.go_back()
        assert page.get_by_label("Versions").input_value() == "2.4.71"
        assert page.get_by_label("Log or error output").input_value() == "one\ntwo"
        page.go_forward()
        sent_posts = len(posts)
        go_on(page, "Send the report")
        page.wait_for_url("**/reports/*")
        address = page.url
        assert len(posts) == sent_posts + 1
        page.reload()
        assert page.url == address and heading(page) == "✓ Report sent"
        page.go_back()
        page.reload()  # whatever the browser kept of the check page, asked again it leads to the report
        assert page.url == address and len(posts) == sent_posts + 1
    assert len(references(portal)) == before + 1


def test_two_submits_make_one_report(browser: Browser, site: str, portal: Flask) -> None:
    """V9."""
    before = len(references(portal))
    with opened(browser) as page:
        fill(page, site)
        go_on(page)
        page.get_by_role("button", name="Send the report").focus()
        page.evaluate("() => { const form = document.activeElement.form; form.submit(); form.submit(); }")
        page.wait_for_url("**/reports/*")
        first = page.locator(".reference strong").inner_text()
    assert len(references(portal)) == before + 1 and first in references(portal)


@pytest.mark.parametrize("script", [True, False])
def test_errors_are_summed_up_and_lead_to_their_fields(browser: Browser, site: str, script: bool) -> None:
    """V18."""
    with opened(browser, java_script_enabled=script) as page:
        page.goto(f"{site}/report?q=mine")
        page.get_by_label("Yes").check()
        page.get_by_label("Log or error output").fill("kept")
        go_on(page)
        assert page.title().startswith("Error: ")
        if script:
            assert page.evaluate("document.activeElement.className") == "error-summary"
        for field, sentence in (
            ("versions", "Fill in “Versions”"),
            ("backtrace", "Fill in “Backtrace”. It is needed after a core dump."),
        ):
            link = page.get_by_role("link", name=sentence)
            assert page.locator(f"#report-{field}-error1").text_content() == f"Error: {sentence}"
            if script:
                link.click()
                page.keyboard.type(f"my {field}")
                assert page.locator(f"#report-{field}").input_value() == f"my {field}"
        assert page.get_by_label("Question").input_value() == "mine"
        assert page.get_by_label("Log or error output").input_value() == "kept"
        assert page.get_by_label("Yes").is_checked()


def test_a_private_key_is_refused_by_name(browser: Browser, site: str, portal: Flask) -> None:
    """V19."""
    with opened(browser) as page:
        fill(page, site)
        page.get_by_label("Log or error output").fill(KEY)
        go_on(page)
        sentence = "Log or error output contains a private key. Remove the lines from BEGIN to END."
        assert page.get_by_role("link", name=sentence).is_visible()
        assert page.get_by_label("Log or error output").input_value() == KEY
        assert page.get_by_label("error.log").is_checked()  # files that are in order are kept
    data = portal.extensions["portal"].settings.data
    assert not any(b"aTz9KlmPq7" in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_a_file_that_is_far_too_large_loses_nothing(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        fill(page, site)
        page.locator("#report-files").set_input_files(
            {"name": "big.log", "mimeType": "text/plain", "buffer": b"x" * (20 * 1024 * 1024)}
        )
        go_on(page)
        assert heading(page) == "That is too much to send at once"
        page.go_back()
        assert page.get_by_label("Versions").input_value() == "2.4.71"


def test_the_backtrace_is_asked_for_after_a_crash(browser: Browser, site: str) -> None:
    for script in (True, False):
        with opened(browser, java_script_enabled=script) as page:
            page.goto(f"{site}/report")
            backtrace = page.get_by_label("Backtrace")
            assert backtrace.is_visible() is not script
            page.get_by_label("Yes").check()
            assert backtrace.is_visible()


def test_similar_entries_appear_under_the_description(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        complaints = watch(page)
        page.goto(f"{site}/report")
        question = page.get_by_label("Question")
        question.fill("strong matter of mine")
        page.get_by_role("heading", name="Similar entries").wait_for()
        assert page.evaluate("document.activeElement.id") == "report-question"
        assert page.locator(".field:has(#report-question) [data-entry]").count() == 2
        assert page.locator(".similar a").first.get_attribute("target") == "_blank"
        question.fill("none of them is like it")
        page.locator(".similar").wait_for(state="detached")
        question.fill("strong matter of mine")
        page.get_by_role("button", name="This solved it").first.click()
        assert heading(page) == "✓ Marked as solved"
        page.go_back()
        assert page.get_by_label("Question").input_value() == "strong matter of mine"
        assert complaints == []


def test_used_characters_are_counted_from_four_fifths(browser: Browser, site: str) -> None:
    with opened(browser) as page:
        page.goto(f"{site}/report")
        question = page.get_by_label("Question")
        question.fill("x" * 15_999)
        assert page.locator("#report-question-count").count() == 0
        question.fill("x" * 16_000)
        assert page.locator("#report-question-count").inner_text() == "16,000 of 20,000 characters used"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_wrong_for_anybody(browser: Browser, site: str, width: int, scheme: str) -> None:
    """V1 and V2: form, similar entries, errors, check, sent, template."""
    with opened(browser, viewport={"width": width, "height": 740}, color_scheme=scheme) as page:

        def look(name: str) -> None:
            assert violations(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

        page.goto(f"{site}/report?q=mine")
        look("form")
        page.get_by_label("Question").fill("strong matter of mine")
        page.get_by_role("heading", name="Similar entries").wait_for()
        page.locator("details").evaluate_all("all => all.forEach(item => { item.open = true; })")
        look("form, everything open")
        page.get_by_label("Yes").check()
        go_on(page)
        look("errors")
        fill(page, site)
        page.get_by_label("Log or error output").fill("x" * 300)
        go_on(page)
        page.locator("details").evaluate_all("all => all.forEach(item => { item.open = true; })")
        look("check")
        page.get_by_role("link", name="Back", exact=True).click()
        look("back")
        go_on(page)
        go_on(page, "Send the report")
        look("sent")
        page.goto(f"{site}/report/template")
        look("template")

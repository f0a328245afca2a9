"""The problem report in a real browser: by keyboard, with and without scripts, mended, sent once, and accessible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, tab_to, watch
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.store.reports import list_reports
from kb.store.verdicts import count_solved_by_similar
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
    app = make_site(tmp_path_factory.mktemp("report"))
    yield app
    app.extensions["portal"].database.close()


@pytest.fixture(scope="module")
def site(portal: Flask) -> Iterator[str]:
    with served(portal) as address:
        yield address


def make_site(folder: Path, **settings: object) -> Flask:
    """A portal of the test's own; the caller closes its database."""
    content = write_world(folder)
    used = Settings(content=content, data=folder / "data", **{"reports_per_hour": 1000, **settings})  # type: ignore[arg-type]
    return create_app(used, FakeKnowledgeBase(content))  # type: ignore[arg-type]


def references(portal: Flask) -> list[str]:
    with portal.extensions["portal"].database.read() as connection:
        return [report.reference for report in list_reports(connection, size=1000).items]


def fill(page: Page, site: str) -> None:
    page.goto(f"{site}/report?q=strong+matter&entry=connection-refused")
    page.get_by_label("Versions").fill("2.4.71")
    page.get_by_label("Log or error output").fill("one\ntwo")
    page.locator("#report-files").set_input_files(LOG_FILE)


def press(page: Page, button: str = "Check your report") -> None:
    page.get_by_role("button", name=button).click()


def go_on(page: Page, button: str = "Check your report") -> None:
    """Press a button and wait for the page that follows."""
    with page.expect_navigation():
        press(page, button)


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


@pytest.mark.parametrize("script", ["on", "off", "blocked"])
def test_with_the_keyboard_alone(browser: Browser, site: str, portal: Flask, script: str) -> None:
    """V5, V6, V7: an error mended, checked, changed, sent."""
    before = len(references(portal))
    with opened(browser, java_script_enabled=script != "off") as page:
        if script == "blocked":
            page.route("**/page.js*", lambda route: route.abort())
        page.goto(f"{site}/report?q=strong+matter")
        tab_to(page, page.get_by_role("button", name="Check your report"))
        page.keyboard.press("Enter")
        page.locator(".error-summary").wait_for()
        tab_to(page, page.get_by_role("link", name="Fill in “Versions”"))
        page.keyboard.press("Enter")
        expect(page.get_by_label("Versions")).to_be_focused()
        page.keyboard.type("2.4.71")
        tab_to(page, page.get_by_label("Log or error output"))
        page.keyboard.type("one")
        page.keyboard.press("Enter")
        page.keyboard.type("two")
        tab_to(page, page.get_by_role("button", name="Check your report"))
        page.keyboard.press("Space")
        page.wait_for_url("**/report/check?*")
        tab_to(page, page.get_by_role("link", name="Change Question"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/report?draft=*#report-question")
        assert page.get_by_label("Log or error output").input_value() == "one\ntwo"
        tab_to(page, page.get_by_label("Versions"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/report/check?*")
        tab_to(page, page.get_by_role("button", name="Send the report"))
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
def test_two_fast_presses_on_each_step_make_one_report(
    browser: Browser, portal: Flask, site: str, script: bool
) -> None:
    """V9: Enter twice in the form, twice on the check page."""
    before = len(references(portal))
    with opened(browser, java_script_enabled=script) as page:
        page.goto(f"{site}/report?q=strong+matter")
        page.get_by_label("Versions").fill("twice")
        page.get_by_label("Versions").focus()
        for _ in range(2):
            page.keyboard.press("Enter")
        page.wait_for_url("**/report/check?*")
        page.get_by_role("button", name="Send the report").focus()
        for _ in range(2):
            page.keyboard.press("Enter")
        page.wait_for_url("**/reports/*")
        page.wait_for_load_state()
    assert len(references(portal)) == before + 1


@pytest.mark.parametrize("script", [True, False])
def test_reload_keeps_what_is_on_each_step(browser: Browser, portal: Flask, site: str, script: bool) -> None:
    """V8: a form that has errors, a form that was checked, the check page, the page of the solved one."""
    before = len(references(portal))
    with opened(browser, java_script_enabled=script) as page:
        page.goto(f"{site}/report?q=strong+matter")
        page.get_by_label("Log or error output").fill("kept")
        go_on(page)
        page.locator(".error-summary").wait_for()
        page.reload()  # the browser sends the form anew, and gets the same
        assert page.title().startswith("Error: ") and page.get_by_label("Log or error output").input_value() == "kept"
        page.get_by_label("Versions").fill("2.4.71")
        go_on(page)
        page.wait_for_url("**/report/check?*")
        page.get_by_role("link", name="Back", exact=True).click()
        page.wait_for_url("**/report?draft=*")
        page.reload()
        assert page.get_by_label("Log or error output").input_value() == "kept"
        page.go_back()
        page.reload()
        assert heading(page) == "Check your report" and page.get_by_text("2.4.71").is_visible()
        page.get_by_role("button", name="This solved it").first.click()
        page.wait_for_url("**/report/solved?*")
        page.reload()
        assert heading(page) == "✓ Marked as solved"
        page.get_by_role("button", name="Undo").click()
        page.wait_for_url("**/report?draft=*")
        page.reload()
        assert page.get_by_label("Versions").input_value() == "2.4.71"
        page.go_back()  # to a page whose question is taken back
        page.reload()
        assert page.get_by_label("Versions").input_value() == "2.4.71"
    assert len(references(portal)) == before


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


def test_similar_entries_appear_under_the_description(browser: Browser, site: str, portal: Flask) -> None:
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
        page.get_by_label("Versions").fill("half of")
        page.locator("#report-files").set_input_files(LOG_FILE)
        page.get_by_role("button", name="This solved it").first.click()
        page.wait_for_url("**/report/solved?*")
        assert heading(page) == "✓ Marked as solved"
        assert page.get_by_role("link", name="Why is the connection").is_visible()
        with portal.extensions["portal"].database.read() as connection:
            solved = count_solved_by_similar(connection)["connection-refused"]
        page.go_back()
        assert page.get_by_label("Question").input_value() == "strong matter of mine"
        page.go_forward()
        page.get_by_role("button", name="Undo").click()
        page.wait_for_url("**/report?draft=*")
        assert page.get_by_label("Question").input_value() == "strong matter of mine"
        assert page.get_by_label("Versions").input_value() == "half of"
        assert page.get_by_label("error.log").is_checked()
        with portal.extensions["portal"].database.read() as connection:
            assert count_solved_by_similar(connection).get("connection-refused", 0) == solved - 1
        assert complaints == []


# V20: everything going wrong on the way


def checked(page: Page, address: str) -> None:
    """Fill in the form and go on to the check page."""
    fill(page, address)
    go_on(page)
    page.wait_for_url("**/report/check?*")


def not_sent(page: Page, message: str, text: str) -> Locator:
    """What is shown when sending fails: the message, and the text to copy and to save. Returns the button to try again."""
    notice = page.locator(".failed")
    notice.get_by_text(message).wait_for(timeout=15_000)
    assert page.locator("[aria-disabled]").count() == 0
    with page.expect_download() as download:
        notice.get_by_role("link", name="Download as text").click()
    assert download.value.suggested_filename == "problem-report.txt"
    assert text in Path(download.value.path()).read_text()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notice.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert text in page.evaluate("navigator.clipboard.readText()")
    return notice.get_by_role("button", name="Try again")


def sent_by(page: Page, again: Locator, portal: Flask, before: int) -> None:
    """Try again, and see that it makes one report."""
    again.click()
    page.wait_for_url("**/reports/*")
    assert heading(page) == "✓ Report sent"
    assert len(references(portal)) == before + 1


def test_a_server_that_was_killed_before_sending(browser: Browser, tmp_path: Path) -> None:
    app = make_site(tmp_path)
    with opened(browser) as page:
        with served(app) as address:
            checked(page, address)
        press(page, "Send the report")
        again = not_sent(page, "The report could not be sent. It is still on this page.", "another")
        expect(page.get_by_role("button", name="Send the report")).to_be_visible()
        with served(app, urlsplit(address).port or 0):
            sent_by(page, again, app, 0)
    app.extensions["portal"].database.close()


def test_a_server_that_was_killed_before_checking(browser: Browser, tmp_path: Path) -> None:
    app = make_site(tmp_path)
    with opened(browser) as page:
        with served(app) as address:
            fill(page, address)
        press(page)
        again = not_sent(page, "The report could not be sent. It is still on this page.", "Versions\n\n2.4.71\n")
        assert page.get_by_label("Log or error output").input_value() == "one\ntwo"
        with served(app, urlsplit(address).port or 0):
            again.click()
            page.wait_for_url("**/report/check?*")
            assert page.get_by_text("error.log").is_visible()
    app.extensions["portal"].database.close()


def test_no_connection(browser: Browser, site: str, portal: Flask) -> None:
    before = len(references(portal))
    with opened(browser) as page:
        checked(page, site)
        page.context.set_offline(True)
        press(page, "Send the report")
        again = not_sent(page, "No connection. Your report is still on this page.", "2.4.71")
        expect(page.locator("[role=status]")).to_have_text("Copied.")
        page.context.set_offline(False)
        sent_by(page, again, portal, before)


def test_sending_that_takes_too_long(browser: Browser, site: str, portal: Flask) -> None:
    before = len(references(portal))
    with opened(browser) as page:
        checked(page, site)
        page.route("**/report/check", lambda route: None)
        button = page.get_by_role("button", name="Send the report")
        button.click()
        page.get_by_text("Sending…").first.wait_for()
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_be_focused()
        again = not_sent(page, "Sending took too long. Your report is still on this page.", "2.4.71")
        page.unroute_all(behavior="ignoreErrors")
        sent_by(page, again, portal, before)


def test_a_report_that_arrived_although_nobody_heard_is_not_sent_again(
    browser: Browser, site: str, portal: Flask
) -> None:
    before = len(references(portal))
    with opened(browser) as page:
        checked(page, site)

        def lose(route: object) -> None:
            route.fetch()  # type: ignore[attr-defined]  # the server gets it
            route.abort()  # type: ignore[attr-defined]  # the browser hears nothing of it

        page.route("**/report/check", lose)
        press(page, "Send the report")
        again = not_sent(page, "The report could not be sent. It is still on this page.", "2.4.71")
        assert len(references(portal)) == before + 1
        page.unroute_all(behavior="ignoreErrors")
        sent_by(page, again, portal, before)


@pytest.mark.parametrize("script", [True, False])
def test_too_many_reports(browser: Browser, tmp_path: Path, script: bool) -> None:
    app = make_site(tmp_path, reports_per_hour=1)
    with served(app) as address, opened(browser, java_script_enabled=script) as page:
        checked(page, address)
        go_on(page, "Send the report")
        checked(page, address)
        press(page, "Send the report")
        message = page.get_by_text(re.compile(r"Too many reports at once\. Try again in \d+ minutes\.")).first
        message.wait_for()
        if script:
            not_sent(page, "Too many reports at once.", "another")
        else:
            assert heading(page) == "The report was not sent"
            assert "another" in page.get_by_label("Your report").input_value()
            assert page.get_by_role("button", name="Try again").is_visible()
            with page.expect_download() as download:
                page.get_by_role("button", name="Download as text").click()
            assert "another" in Path(download.value.path()).read_text()
        assert len(references(app)) == 1
    app.extensions["portal"].database.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_database_that_is_gone(browser: Browser, tmp_path: Path, script: bool) -> None:
    app = make_site(tmp_path)
    with served(app) as address, opened(browser, java_script_enabled=script) as page:
        checked(page, address)
        file = tmp_path / "data" / "kb.sqlite3"
        app.extensions["portal"].database.close()
        file.rename(tmp_path / "away")
        file.mkdir()
        press(page, "Send the report")
        if script:
            again = not_sent(page, "The report could not be sent. It is still on this page.", "another")
        else:
            page.get_by_role("heading", name="The report was not sent").wait_for()
            assert "another" in page.get_by_label("Your report").input_value()
            again = page.get_by_role("button", name="Try again")
        file.rmdir()
        (tmp_path / "away").rename(file)
        sent_by(page, again, app, 0)
    app.extensions["portal"].database.close()


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
    """V1 and V2: form, similar entries, errors, check, failures, solved, sent, template."""
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
        page.locator(".error-summary").wait_for()
        look("errors")
        fill(page, site)
        page.get_by_label("Log or error output").fill("x" * 300)
        go_on(page)
        page.locator("details").evaluate_all("all => all.forEach(item => { item.open = true; })")
        look("check")
        page.context.set_offline(True)
        press(page, "Send the report")
        page.locator(".failed").wait_for()
        look("not sent")
        page.context.set_offline(False)
        page.get_by_role("button", name="This solved it").first.click()
        page.get_by_role("heading", name="Marked as solved").wait_for()
        look("solved")
        page.get_by_role("button", name="Undo").click()
        page.wait_for_url("**/report?draft=*")
        look("back")
        page.context.set_offline(True)
        press(page)
        page.locator(".failed").wait_for()
        look("not checked")
        page.context.set_offline(False)
        go_on(page)
        page.wait_for_url("**/report/check?*")
        go_on(page, "Send the report")
        page.wait_for_url("**/reports/*")
        look("sent")
        page.goto(f"{site}/report/template")
        look("template")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_wrong_with_the_pages_of_failures(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    """V1 and V2: too many, not stored, no cookie, too large; as they come without a script."""
    app = make_site(tmp_path, reports_per_hour=1)
    looks = {"viewport": {"width": width, "height": 740}, "color_scheme": scheme}
    with served(app) as address, opened(browser, **looks) as page:

        def look(name: str, title: str) -> None:
            page.get_by_role("heading", name=title).first.wait_for()
            assert violations(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

        page.route("**/page.js*", lambda route: route.abort())
        for _ in range(2):
            fill(page, address)
            page.get_by_label("Log or error output").fill("x" * 300)
            go_on(page)
            go_on(page, "Send the report")
        look("too many", "The report was not sent")
        fill(page, address)
        page.locator("#report-files").set_input_files(
            {"name": "big.log", "mimeType": "text/plain", "buffer": b"x" * (7 * 1024 * 1024)}
        )
        go_on(page)
        look("too large", "That is too much to send at once")
        fill(page, address)
        page.context.clear_cookies()
        go_on(page)
        look("no cookie", "There is a problem")
        database = app.extensions["portal"].database
        database.close()
        database.file.rename(tmp_path / "away")
        database.file.mkdir()
        fill(page, address)
        go_on(page)
        look("not stored", "The report was not sent")
        database.close()

"""One page of every kind of a running portal, found by using it: asking, walking a guide, sending a report, logging in.

Of entries, sections and guides it takes the one with the largest page, so that what holds for it holds for all.
"""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

STAFF_NAME = "Budget keeper"
STAFF_PASSWORD = "a long enough password"
QUESTION = (
    "how do I get rid of the password at boot"  # answered with a strong match, by an entry that has a guide or others
)
TALK = (  # begins with another question: the same form sent twice is answered once
    "connection refused on port 443",
    QUESTION,
    "and what about the log",
    "how to make my own certificate authority",
    "core dump after start",
    "bad mac decode",
    "virtual hosts with one address",
)
ALONE = {"strong": QUESTION, "weak": "flux capacitor", "none": "who painted the mona lisa"}


@dataclass(frozen=True)
class Tour:
    """Addresses of pages by name, and the cookies that the support team's need."""

    home: str
    question: str
    pages: dict[str, str]
    state: Any


def take_tour(browser: Browser, address: str) -> Tour:
    """Use the portal at `address` once. Raises Playwright's Error when something is not where it belongs."""
    context = browser.new_context()
    try:
        page = context.new_page()
        pages = {"home": f"{address}/", **_largest(page, address)}
        pages |= {f"answer, {name}": _asked(address, text) for name, text in ALONE.items()}
        pages |= {"empty question": f"{address}/ask?q=", "page not found": f"{address}/entries/no-such-entry"}
        pages |= _talk(page, address)
        pages |= _guide(page, pages["guide, largest"])
        pages |= _report(page, address)
        pages |= _staff(page, address)
        return Tour(f"{address}/", QUESTION, pages, context.storage_state())
    finally:
        context.close()


def _asked(address: str, question: str) -> str:
    return f"{address}/ask?q={question.replace(' ', '+')}"


def _size(address: str) -> int:
    """Bytes of a page as they are sent to a browser."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        return len(response.read())


def _links(page: Page, start: str, path: str) -> set[str]:
    page.goto(start)
    found = page.locator(f'main a[href^="{path}"]').evaluate_all("all => all.map(link => link.href.split('#')[0])")
    return set(found)


def _largest(page: Page, address: str) -> dict[str, str]:
    """The section, entry and guide whose pages are the largest."""
    sections = _links(page, f"{address}/", "/sections/")
    entries = set().union(*(_links(page, section, "/entries/") for section in sorted(sections)))
    guides = _links(page, f"{address}/guides/", "/guides/")
    return {
        "section, largest": max(sorted(sections), key=_size),
        "entry, largest": max(sorted(entries), key=_size),
        "guides": f"{address}/guides/",
        "guide, largest": max(sorted(guides), key=_size),
    }


def _ask(page: Page, question: str, turn: int) -> None:
    page.locator("#box-question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#turn-{turn} .card")
    page.wait_for_url(f"**/conversations/*#turn-{turn}")


def _talk(page: Page, address: str) -> dict[str, str]:
    """A conversation of one turn, and one of several with a verdict."""
    page.goto(address)
    _ask(page, QUESTION, 1)
    short = page.url.split("#")[0]
    page.goto(address)
    for turn, question in enumerate(TALK, 1):
        _ask(page, question, turn)
    return {"conversation, 1 turn": short, f"conversation, {len(TALK)} turns": page.url.split("#")[0]}


def _guide(page: Page, guide: str) -> dict[str, str]:
    page.goto(guide)
    page.get_by_role("link", name="Start with step 1").click()
    page.wait_for_url("**/guides/*/*")
    return {"guide, step 1": page.url, "guide, end": f"{guide}/tried"}


def _report(page: Page, address: str) -> dict[str, str]:
    """The form as it is and filled in, the check page, and the private page of a report that was sent."""
    page.goto(address)
    _ask(page, QUESTION, 1)
    page.locator("main [data-report]").first.click()
    page.wait_for_url("**/report?c=*")
    filled_in = page.url
    _fill(page)
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/reports/*")
    sent = page.url
    page.goto(filled_in)  # another one, left unsent: once sent, its check page leads to the private page
    _fill(page)
    return {
        "report": f"{address}/report",
        "report, filled in": filled_in,
        "report, check": page.url,
        "report, sent": sent,
    }


def _fill(page: Page) -> None:
    """Something into every empty field, and on to the check page."""
    page.locator("form#report").evaluate(
        """form => form.querySelectorAll("textarea, input[type=text]").forEach(
            field => { field.value = field.value || "Nothing unusual, and nothing in the log."; })"""
    )
    page.get_by_role("button", name="Check your report").click()
    page.wait_for_url("**/report/check?*")


def _staff(page: Page, address: str) -> dict[str, str]:
    page.goto(f"{address}/inbox")
    page.get_by_label("Name").fill(STAFF_NAME)
    page.get_by_label("Password").fill(STAFF_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox")
    pages = {"inbox": page.url, "inbox, questions": f"{address}/inbox/questions", "insights": f"{address}/insights"}
    page.locator("a.row-link").first.click()
    page.wait_for_url("**/inbox/reports/*")
    return pages | {"inbox, report": page.url}

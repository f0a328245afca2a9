"""The page that describes the API, and its examples."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import API, SITE, api_portal
from axe_playwright_python.sync_playwright import Axe
from browser_world import opened, served, watch
from conversation_world import portal_of
from curl_world import run_curl
from flask import Flask
from playwright.sync_api import Browser

from kb.api_examples import curl
from kb.api_operations import OPERATIONS, Operation


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return api_portal(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


def test_every_operation_is_there_with_its_fields(app: Flask) -> None:
    text = app.test_client().get("/api").text
    for operation in OPERATIONS:
        assert f'<h2 id="{operation.name}">{operation.title}</h2>' in text
        assert f"<code>{operation.method.upper()} {API}{operation.path}</code>" in text
    for name in (
        "hits[].score",
        "snippet.marked",
        "fields.title",
        "files[].text",
        "steps[].outcomes[].target.kind",
        "entry.short",
    ):
        assert f"<code>{name}</code>" in text, name
    assert "text, 500 characters or less" in text and "one of yes, no, cannot, undo" in text
    assert "60 questions a minute" in text and f"<code>{SITE}</code>" in text and "422 Unprocessable Content" in text


def test_who_may_call_from_other_sites(tmp_path: Path) -> None:
    assert "Pages of other sites may not" in api_portal(tmp_path / "a", api_origins="").test_client().get("/api").text
    assert "Pages of every site" in api_portal(tmp_path / "b", api_origins="*").test_client().get("/api").text


def test_examples_name_the_portal_as_readers_reach_it(tmp_path: Path, app: Flask) -> None:
    named = api_portal(tmp_path, base_url="https://help.example.com/").test_client()
    text = named.get("/api", headers={"Host": "evil.example"}).text
    assert f"https://help.example.com{API}/search" in html.unescape(text) and "evil.example" not in text
    assert f"http://localhost{API}" in app.test_client().get("/api").text


@pytest.mark.parametrize("address", ["/api/", f"{API}/"])
def test_the_address_of_the_api_leads_to_the_page(app: Flask, address: str) -> None:
    response = app.test_client().get(address)
    assert (response.status_code, response.headers["Location"]) == (302, "/api")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_example_works(app: Flask, site: str, operation: Operation) -> None:
    shown = html.unescape(re.sub(r"<[^>]+>", "", app.test_client().get("/api", base_url=site).text))
    with app.app_context():
        command = curl(operation, portal_of(app).shelf().frame, site)
    assert command in shown
    answer = json.loads(run_curl(command))
    if operation.result:
        operation.result.model_validate(answer)
    else:
        assert answer["openapi"] == "3.1.0"


def test_the_page_in_a_browser(site: str, browser: Browser) -> None:
    for width in (360, 1280):
        with opened(browser, viewport={"width": width, "height": 900}) as page:
            complaints = watch(page)
            page.goto(f"{site}/")
            page.get_by_role("contentinfo").get_by_role("link", name="API").click()
            assert page.url == f"{site}/api" and page.get_by_role("heading", level=1).inner_text() == "API"
            page.get_by_role("link", name="Ask a question").first.click()
            assert page.get_by_role("button", name="Copy").count() == len(OPERATIONS)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert [found["id"] for found in Axe().run(page).response["violations"]] == []
            assert complaints == []

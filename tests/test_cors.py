"""Which other sites' pages may call the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_world import API, SITE, api_portal, problem_of
from browser_world import opened, served
from conversation_world import logged
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from kb.cors import is_allowed, parse_origins
from kb.errors import InputError

OTHER = "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return api_portal(tmp_path).test_client()


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", set()),
        (" , ", set()),
        ("*", {"*"}),
        ("https://www.example.com", {"https://www.example.com"}),
        ("https://WWW.Example.com/, http://localhost:8080", {"https://www.example.com", "http://localhost:8080"}),
        ("https://a.example:443,http://b.example:80", {"https://a.example", "http://b.example"}),
        ("http://[::1]:8000", {"http://[::1]:8000"}),
    ],
)
def test_sites_are_written_as_browsers_name_them(text: str, origins: set[str]) -> None:
    assert parse_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    ["www.example.com", "https://", "https://a.example/page", "https://a.example?q", "ftp://a.example", "null", "*, https://a.b",
     "https://user@a.example", "https://a.example:x", "https://[::1", "https://*.example.com"],
)  # fmt: skip
def test_what_is_no_site_is_said(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="KB_API_ORIGINS"):
        parse_origins(text)
    with pytest.raises(InputError):  # at the start, not at the first request
        api_portal(tmp_path, api_origins=text)


def test_an_origin_is_listed_or_not() -> None:
    listed = parse_origins(SITE)
    assert is_allowed(SITE, listed) and not is_allowed(OTHER, listed) and not is_allowed("", listed)
    assert not is_allowed("null", listed) and not is_allowed(SITE + ".evil.example", listed)
    assert is_allowed(OTHER, parse_origins("*")) and not is_allowed("", parse_origins("*"))


def test_a_browser_may_ask_first(client: FlaskClient) -> None:
    response = client.options(f"{API}/ask", headers={"Origin": SITE} | PREFLIGHT)
    headers = response.headers
    assert response.status_code == 200 and headers["Access-Control-Allow-Origin"] == SITE
    assert (
        "POST" in headers["Access-Control-Allow-Methods"] and "Content-Type" in headers["Access-Control-Allow-Headers"]
    )
    assert int(headers["Access-Control-Max-Age"]) > 0 and "Origin" in headers["Vary"]
    refused = client.options(f"{API}/ask", headers={"Origin": OTHER} | PREFLIGHT).headers
    assert not [name for name, _ in refused if name.startswith("Access-Control")] and "Origin" in refused["Vary"]


@pytest.mark.parametrize("path", ["entries", "entries/hanging", "entries/nope", "nope", "search", "openapi.json"])
def test_listed_sites_may_read_every_answer(client: FlaskClient, path: str) -> None:
    response = client.get(f"{API}/{path}", headers={"Origin": SITE})
    assert response.headers["Access-Control-Allow-Origin"] == SITE and "Origin" in response.headers["Vary"]
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    other = client.get(f"{API}/{path}", headers={"Origin": OTHER})
    assert "Access-Control-Allow-Origin" not in other.headers and "Origin" in other.headers["Vary"]
    assert "Origin" in client.get(f"{API}/{path}").headers["Vary"]
    for answer in (response, other):
        assert "Access-Control-Allow-Credentials" not in answer.headers and "Set-Cookie" not in answer.headers


def test_pages_are_not_shared(client: FlaskClient) -> None:
    for path in ("/", "/ask?q=pass", "/api"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers={"Origin": SITE}).headers


@pytest.mark.parametrize("path", ["ask", "feedback", "reports"])
def test_what_other_sites_send_is_refused(client: FlaskClient, path: str) -> None:
    body = {"question": "pass phrase", "entry": "hanging", "verdict": "yes", "fields": {}}
    for headers in (
        {"Origin": OTHER},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert "KB_API_ORIGINS" in problem_of(client.post(f"{API}/{path}", json=body, headers=headers), 403)["detail"]
    for headers in ({"Origin": SITE, "Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost"}, {}):
        assert client.post(f"{API}/{path}", json={}, headers=headers).status_code == 422


def test_without_a_list_and_with_all_sites(tmp_path: Path) -> None:
    closed = api_portal(tmp_path / "closed", api_origins="").test_client()
    response = closed.get(f"{API}/entries/hanging", headers={"Origin": SITE})
    assert "Access-Control-Allow-Origin" not in response.headers and "Vary" not in response.headers
    everyone = api_portal(tmp_path / "open", api_origins="*").test_client()
    response = everyone.post(f"{API}/ask", json={"question": "pass phrase"}, headers={"Origin": OTHER})
    assert response.status_code == 200 and response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_session_is_neither_looked_at_nor_given(client: FlaskClient) -> None:
    client.set_cookie("kb_session", "something")
    response = client.post(f"{API}/ask", json={"question": "pass phrase"})
    assert response.status_code == 200 and "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers["Vary"]


# A real browser

ASK = """async ([address, type]) => {
  try {
    const body = JSON.stringify({question: "pass phrase"});
    const response = await fetch(address, {method: "POST", body, headers: {"Content-Type": type}});
    return [(await response.json()).level || response.status, response.headers.get("RateLimit-Policy") || ""];
  } catch (error) {
    return [error.name, ""];
  }
}"""


def ask_from(page: Page, site: str, portal: str, media_type: str = "application/json") -> list[object]:
    """What comes of a question that a page of `site` asks: level or status, and a header; or the error's name."""
    page.goto(f"{site}/healthz")
    answer: list[object] = page.evaluate(ASK, [f"{portal}{API}/ask", media_type])
    return answer


def test_a_browser_lets_listed_sites_in_and_others_not(tmp_path: Path, browser: Browser) -> None:
    host = Flask("host")  # the site that calls; under two names, of which one is listed
    host.add_url_rule("/healthz", view_func=lambda: "a page")
    with served(host) as site, opened(browser) as page:
        other = site.replace("127.0.0.1", "localhost")
        app = api_portal(tmp_path, api_origins=site)
        with served(app) as portal:
            level, policy = ask_from(page, site, portal)
            assert level in ("strong", "possible", "weak") and policy == '"ask";q=60;w=60'
            assert ask_from(page, other, portal) == ["TypeError", ""] and len(logged(app)) == 1
            assert ask_from(page, other, portal, "text/plain") == ["TypeError", ""] and len(logged(app)) == 1
            assert ask_from(page, portal, portal)[0] == level and len(logged(app)) == 2
            assert ask_from(page, portal, portal, "text/plain") == [415, '"ask";q=60;w=60']

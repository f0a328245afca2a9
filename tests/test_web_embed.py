"""The pages of the help widget: who may show them, where their links lead, and the script for other sites."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversation_world import PASS_PHRASE, ask, make_portal, portal_of, stored
from flask import Flask
from flask.testing import FlaskClient

from kb.errors import InputError
from kb.settings import Settings
from kb.web import create_app
from kb.widget_script import COPY_PANEL, PORTAL_PANEL, widget_script

SHOP = "https://shop.example.com"
LINK = re.compile(r"<a ([^>]*)>")
FORM = re.compile(r'<form [^>]*action="([^"]*)"')


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = make_portal(
        tmp_path_factory.mktemp("embed"), embed_origins=f"{SHOP}, https://Other.example:443/", asks_per_minute=10_000
    )
    yield app
    portal_of(app).database.close()


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def policy(client: FlaskClient, address: str) -> str:
    return client.get(address).headers["Content-Security-Policy"]


def asked_in_the_widget(client: FlaskClient) -> str:
    """The address of a conversation that was started in the widget."""
    response = client.post("/embed/ask", data={"q": PASS_PHRASE}, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 303
    return response.headers["Location"].partition("#")[0]


# Who may show what


@pytest.mark.parametrize(
    "address", ["/embed", "/embed/", "/embed/ask?q=hang", "/embed/sections/keys", "/embed/guides/", "/embed/no-page"]
)
def test_listed_sites_may_show_the_pages_of_the_widget(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    allowed = f"frame-ancestors 'self' https://other.example {SHOP}"
    assert response.headers["Content-Security-Policy"].endswith(allowed)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in response.headers
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "address", ["/", "/ask?q=hang", "/report", "/login", "/inbox", "/embedded", "/widget.js", "/api/v1/entries"]
)
def test_nobody_may_show_any_other_page(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "address",
    ["/embed/report", "/embed/login", "/embed/inbox", "/embed/api/v1/entries", "/embed/static/page.js", "/embed/embed"],
)
def test_only_pages_of_visitors_exist_in_the_widget(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert '<html lang="en" class="embedded"' in response.text


def test_without_the_setting_only_the_portal_itself_may(tmp_path: Path) -> None:
    app = make_portal(tmp_path)
    assert policy(app.test_client(), "/embed").endswith("frame-ancestors 'self'")


def test_all_sites_can_be_let_in(tmp_path: Path) -> None:
    app = make_portal(tmp_path, embed_origins="*")
    assert policy(app.test_client(), "/embed").endswith("frame-ancestors 'self' *")


@pytest.mark.parametrize(
    "value", ["shop.example.com", f"{SHOP}; script-src *", f"*, {SHOP}", "https://shop.example.com/path"]
)
def test_a_setting_that_names_no_site_is_told_at_the_start(value: str) -> None:
    with pytest.raises(InputError, match="KB_EMBED_ORIGINS"):
        create_app(Settings(embed_origins=value))


# Pages


def leads_out(attributes: str) -> bool:
    return 'target="_blank" rel="noopener"' in attributes


def test_links_stay_in_the_widget_or_open_a_new_tab(client: FlaskClient) -> None:
    conversation = asked_in_the_widget(client)
    entry = next(
        address for address in re.findall(r'href="([^"]*)"', client.get(conversation).text) if "/entries/" in address
    )
    steps = "/embed/guides/guide-steps/why" + conversation.replace("/embed/conversations/", "?c=")
    pages = (
        "/embed",
        conversation,
        entry,
        steps,
        "/embed/guides/guide-steps",
        "/embed/sections/keys",
        "/embed/ask?q=none",
        "/embed/nothing",
    )
    for page in pages:
        text = client.get(page).text
        assert '<html lang="en" class="embedded" data-home="/embed">' in text
        assert text.count("/static/embed.js") == 1
        for attributes in LINK.findall(text):
            address = re.search(r'href="([^"]*)"', attributes)
            assert address
            is_inside = address.group(1).startswith(("#", "/embed#", "/embed/")) or address.group(1) == "/embed"
            assert is_inside != leads_out(attributes), attributes
        assert [action for action in FORM.findall(text) if not action.startswith("/embed/")] == []
        assert [
            attributes for attributes in LINK.findall(text) if '"/report' in attributes and not leads_out(attributes)
        ] == []


def test_pages_outside_the_widget_know_nothing_of_it(client: FlaskClient) -> None:
    client.get("/embed")
    for page in ("/", "/ask?q=hang", "/guides/guide-steps"):
        text = client.get(page).text
        assert "embed" not in text
        assert "_blank" not in text


def test_a_conversation_works_without_cookies_and_can_be_gone_on_with_outside(client: FlaskClient, app: Flask) -> None:
    address = asked_in_the_widget(client)
    found = stored(app, address)
    text = client.get(address).text
    assert f'href="/report?c={found.id}" data-report' in text
    assert f'<a target="_blank" rel="noopener" href="/conversations/{found.id}">Open in a new tab</a>' in text
    data = {"target": found.turns[0].entry_id, "verdict": "yes", "c": found.id, "back": "turn-1"}
    voted = client.post(
        "/embed/feedback", data=data, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    )
    assert voted.headers["Location"] == f"/embed/conversations/{found.id}#feedback-1"
    walked = client.post("/embed/guides/guide-steps/why", data={"c": found.id, "verdict": "no"})
    assert walked.headers["Location"] == f"/embed/guides/guide-steps/log?c={found.id}"
    assert len(stored(app, address).verdicts) == 2
    assert client.get(f"/conversations/{found.id}").status_code == 200
    assert not client.get_cookie("kb_session")


def test_forms_of_other_sites_are_refused_in_the_widget_too(client: FlaskClient) -> None:
    response = client.post("/embed/ask", data={"q": "why"}, headers={"Sec-Fetch-Site": "cross-site", "Origin": SHOP})
    assert response.status_code == 403
    assert 'class="embedded"' in response.text


def test_suggestions_stay_in_the_widget(client: FlaskClient) -> None:
    found = client.get("/embed/suggest?q=pass+phrase").get_json()
    assert found[3]
    assert [address for address in found[3] if not address.startswith("/embed/")] == []
    assert 'data-suggest="/embed/suggest"' in client.get("/embed").text


def test_a_section_can_be_asked_for(client: FlaskClient) -> None:
    for page in ("/embed", "/"):
        limited = client.get(f"{page}?section=keys").text
        assert 'name="section" value="keys" checked' in limited
        assert 'name="section"' not in client.get(page).text
        assert 'name="section"' not in client.get(f"{page}?section=nope").text


def test_a_link_without_a_question_leads_to_the_box(client: FlaskClient) -> None:
    response = client.get("/ask")
    assert response.status_code == 200
    assert 'id="box-question"' in response.text
    assert client.get("/ask?q=").status_code == 422


def test_pages_are_kept_apart_from_those_outside(client: FlaskClient) -> None:
    inside, outside = client.get("/embed/entries/remove-pass-phrase"), client.get("/entries/remove-pass-phrase")
    assert inside.status_code == outside.status_code == 200
    assert inside.headers["ETag"] != outside.headers["ETag"]
    again = client.get("/embed/entries/remove-pass-phrase", headers={"If-None-Match": inside.headers["ETag"]})
    assert again.status_code == 304
    assert ask(client, PASS_PHRASE).startswith("/conversations/")


# The script


def test_the_script_is_small_and_kept_for_minutes(client: FlaskClient) -> None:
    response = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert response.content_type == "text/javascript; charset=utf-8"
    assert len(response.data) <= 4096
    assert gzip.decompress(response.data).decode() == widget_script(PORTAL_PANEL)
    assert response.headers["Cache-Control"] == "public, max-age=600"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_script_is_told_where_its_panel_is() -> None:
    assert 'const PANEL = "embed";' in widget_script(PORTAL_PANEL)
    assert 'const PANEL = "embed.html";' in widget_script(COPY_PANEL)

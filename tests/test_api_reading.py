"""Search, entries and guides of the JSON API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import API, FILES, REPORT, api_portal, problem_of
from conversation_world import logged, portal_of
from delivery_world import wait_for
from engine_world import ENTRY_IDS
from flask import Flask
from flask.testing import FlaskClient

from kb.search_json import search_json


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return api_portal(tmp_path_factory.mktemp("api"), reads_per_minute=10_000)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_search_gives_what_the_command_line_gives(app: Flask, client: FlaskClient) -> None:
    response = client.get(f"{API}/search?q=remove the pass phrase&limit=2")
    assert (response.status_code, response.content_type) == (200, "application/json")
    found = response.get_json()
    with app.app_context():
        portal = portal_of(app)
        answer = portal.knowledge_base.ask("remove the pass phrase", limit=2)
    assert found | {"took_ms": 0} == search_json(answer, portal.links) | {"took_ms": 0}
    assert list(found) == list(search_json(answer))
    assert found["hits"][0]["url"] == "/entries/remove-pass-phrase" and len(found["hits"]) == 2
    assert logged(app) == ()  # a search is no question that somebody waits for


def test_search_is_limited_to_a_section(client: FlaskClient) -> None:
    hits = client.get(f"{API}/search?q=why does the connection fail&section=protocol").get_json()["hits"]
    assert {hit["section"] for hit in hits} == {"protocol", "protocol.browsers"}
    assert len(client.get(f"{API}/search?q=pass phrase&section=").get_json()["hits"]) > 1


def test_found_guides_have_their_address(client: FlaskClient) -> None:
    hits = client.get(f"{API}/search?q=the server does not start, step by step").get_json()["hits"]
    assert {"/guides/guide-steps", "/guides/guide-start"} <= {hit["url"] for hit in hits if hit["kind"] == "guide"}


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("", "q", "missing"),
        ("q=", "q", "Enter a question"),
        ("q=%E2%80%8B", "q", "Enter a question"),
        (f"q={'a' * 501}", "q", "500"),
        ("q=a&limit=0", "limit", "1 or more"),
        ("q=a&limit=101", "limit", "100 or less"),
        ("q=a&limit=x", "limit", "digits"),
        ("q=a&limit=²", "limit", "digits"),
        ("q=a&limit=1_0", "limit", "digits"),
        ("q=a&limit=", "limit", "digits"),
        ("q=a&section=nope", "section", "keys, protocol"),
    ],
)
def test_search_says_what_is_wrong(client: FlaskClient, query: str, field: str, says: str) -> None:
    problem = problem_of(client.get(f"{API}/search?{query}"), 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert says in problem["errors"][0]["message"] and says in problem["detail"]


@pytest.mark.parametrize("size", [1, 3, 7, 200])
def test_pages_of_entries_hold_all_of_them_in_order(client: FlaskClient, size: int) -> None:
    address, found = f"{API}/entries?limit={size}", []
    while address:
        response = client.get(address)
        page = response.get_json()
        assert page["total"] == len(ENTRY_IDS) and 0 < len(page["entries"]) <= size
        found += [entry["id"] for entry in page["entries"]]
        links = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', response.headers["Link"]))
        named = {rel: target for target, rel in links.items()}
        assert named["first"] == f"{API}/entries?limit={size}" and named.get("next") == page["next"]
        address = page["next"]
    assert found == [entry["id"] for entry in client.get(f"{API}/entries").get_json()["entries"]]
    assert sorted(found) == sorted(ENTRY_IDS)


def test_entries_in_short(client: FlaskClient) -> None:
    assert (
        len(client.get(f"{API}/entries?section=protocol").get_json()["entries"]) == 4
    )  # with the one of protocol.browsers
    page = client.get(f"{API}/entries?section=keys").get_json()
    assert {entry["section"] for entry in page["entries"]} == {"keys"} and page["next"] is None
    short = next(entry for entry in page["entries"] if entry["id"] == "remove-pass-phrase")
    assert short == {
        "id": "remove-pass-phrase", "section": "keys", "question": "How do I remove the pass phrase from a private key?",
        "short": "Write the key without encryption and protect the file.", "kind": "info", "status": "current",
        "reviewed": "2026-11-24", "url": "/entries/remove-pass-phrase",
    }  # fmt: skip
    assert client.get(f"{API}/entries").headers["Link"] == f'<{API}/entries>; rel="first"'


def test_lists_that_there_are_none_of(client: FlaskClient) -> None:
    problem_of(client.get(f"{API}/entries?section=nope"), 422)
    problem_of(client.get(f"{API}/entries?limit=201"), 422)
    assert "without a cursor" in problem_of(client.get(f"{API}/entries?cursor=gone"), 404)["detail"]
    assert "section" in client.get(f"{API}/entries?section=keys&limit=1").get_json()["next"]


def test_one_entry(client: FlaskClient) -> None:
    entry = client.get(f"{API}/entries/remove-pass-phrase").get_json()
    assert entry["body"].lstrip().startswith("## Today") and entry["related"] == ["change-pass-phrase"]
    assert entry["guides"] == ["guide-start"] and entry["url"] == "/entries/remove-pass-phrase"
    assert not {"path", "extra", "order", "body_line"} & set(entry)


def test_one_guide(client: FlaskClient) -> None:
    guide = client.get(f"{API}/guides/guide-steps").get_json()
    assert [step["id"] for step in guide["steps"]] == ["why", "log", "core"]
    assert guide["steps"][0]["outcomes"][1]["target"] == {"kind": "guide", "id": "guide-start"}
    assert guide["steps"][1]["url"] == "/guides/guide-steps/log" and guide["entries"] == ["remove-pass-phrase"]


@pytest.mark.parametrize("address", ["entries/nope", "guides/nope", "entries/guide-steps", "nope", "entries/a/b"])
def test_what_is_not_there(client: FlaskClient, address: str) -> None:
    problem_of(client.get(f"{API}/{address}"), 404)


@pytest.mark.parametrize(
    "address", ["entries", "entries?limit=2", "entries/hanging", "guides/guide-steps", "openapi.json"]
)
def test_nothing_is_sent_again_that_did_not_change(client: FlaskClient, address: str) -> None:
    first = client.get(f"{API}/{address}")
    again = client.get(f"{API}/{address}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert client.get(f"{API}/{address}", headers={"If-None-Match": '"another"'}).status_code == 200
    head = client.head(f"{API}/{address}")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
    packed = client.get(f"{API}/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < 20_000


def test_changed_content_is_sent(tmp_path: Path) -> None:
    client = api_portal(tmp_path, check_seconds=0).test_client()
    tag = client.get(f"{API}/entries/hanging").headers["ETag"]
    (tmp_path / "content/protocol/hanging.md").write_text(
        "# Why does it hang?\n\nThe disk is full.\n", encoding="utf-8"
    )
    known = {"If-None-Match": tag}
    wait_for(
        lambda: client.get(f"{API}/entries/hanging", headers=known).status_code == 200
    )  # the index is made meanwhile
    changed = client.get(f"{API}/entries/hanging", headers=known)
    assert "The disk is full." in changed.get_json()["body"] and changed.headers["ETag"] != tag


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[FlaskClient]:
    yield api_portal(tmp_path, reads_per_minute=2, asks_per_minute=1, reports_per_hour=1).test_client()


def test_rates_are_told_and_kept(limited: FlaskClient) -> None:
    first, second, third = (limited.get(f"{API}/search?q=pass phrase") for _ in range(3))
    assert first.headers["RateLimit-Policy"] == '"read";q=2;w=60'
    assert [re.findall(r"r=(\d+)", answer.headers["RateLimit"]) for answer in (first, second, third)] == [
        ["1"],
        ["0"],
        ["0"],
    ]
    problem = problem_of(third, 429)
    assert 1 <= int(third.headers["Retry-After"]) <= 60 and third.headers["Retry-After"] in problem["detail"]
    assert f"t={third.headers['Retry-After']}" in third.headers["RateLimit"]
    assert limited.get(f"{API}/openapi.json").status_code == 200  # what describes the limits is under none


def test_every_limit_has_its_name(limited: FlaskClient) -> None:
    asked = limited.post(f"{API}/ask", json={"question": "pass phrase"})
    assert asked.headers["RateLimit-Policy"] == '"ask";q=1;w=60'
    problem_of(limited.post(f"{API}/feedback", json={"entry": "hanging", "verdict": "yes"}), 429)
    assert limited.get("/ask?q=pass").status_code == 429  # the portal counts the same questions
    sent = limited.post(f"{API}/reports", json={"fields": REPORT})
    assert sent.status_code == 201 and '"report";q=1;w=3600' in sent.headers["RateLimit-Policy"]
    assert '"report";r=0' in sent.headers["RateLimit"]
    problem_of(limited.post(f"{API}/reports", json={"fields": REPORT}), 429)
    assert limited.post(f"{API}/reports", json={"fields": REPORT, "check_only": True}).status_code == 200


def test_the_content_has_what_these_tests_ask_for() -> None:
    assert {"protocol/hanging.md", "guides/guide-steps.md"} <= set(FILES)

"""Problem reports through the JSON API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from api_world import API, REPORT, api_portal, problem_of
from conversation_world import PASS_PHRASE, portal_of
from delivery_world import Receiver, http_server, wait_for
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.store.reports import StoredReport, list_reports, load_report

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ==\n-----END PRIVATE KEY-----"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return api_portal(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def send(client: FlaskClient, body: dict[str, object] | None = None, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"{API}/reports", json={"fields": REPORT} | (body or {}), headers=named)


def reports(app: Flask) -> tuple[StoredReport, ...]:
    with portal_of(app).database.read() as connection:
        found = list_reports(connection).items
        return tuple(filter(None, (load_report(connection, report.reference) for report in found)))


def test_a_report_is_sent(app: Flask, client: FlaskClient) -> None:
    files = [{"name": "error.log", "text": "AH00558: something\npassword=Tr0ub4dor&3\n"}]
    response = send(client, {"files": files})
    assert response.status_code == 201
    result = response.get_json()
    [report] = reports(app)
    assert result["report"] == {
        "reference": report.reference, "sent_at": report.created_at, "url": f"/reports/{report.token}",
    }  # fmt: skip
    assert response.headers["Location"] == f"/reports/{report.token}"
    assert report.question == "Why does it hang?" and report.fields["title"] == "It hangs"
    assert [file.name for file in report.attachments] == ["error.log"]
    assert "Tr0ub4dor" not in report.attachments[0].text + result["text"] and "AH00558" in result["text"]
    page = client.get(result["report"]["url"])
    assert page.status_code == 200 and report.reference in page.text


def test_a_report_is_only_checked(app: Flask, client: FlaskClient) -> None:
    response = send(
        client, {"fields": REPORT | {"question": "password=Tr0ub4dor&3, the connection hangs"}, "check_only": True}
    )
    result = response.get_json()
    assert response.status_code == 200 and result["report"] is None and reports(app) == ()
    assert "It hangs" in result["text"] and "[password removed]" in result["text"] and "Tr0ub4dor" not in response.text
    assert result["similar"][0]["id"] == "hanging" and result["similar"][0]["url"] == "/entries/hanging"


def test_a_conversation_fills_in_what_is_not_said(app: Flask, client: FlaskClient) -> None:
    asked = {"question": PASS_PHRASE, "log": "Enter pass phrase for server.key:"}
    known = client.post(f"{API}/ask", json=asked).get_json()["conversation"]["id"]
    client.post(f"{API}/feedback", json={"entry": "remove-pass-phrase", "verdict": "no", "conversation": known})
    assert send(client, {"fields": {"title": "It asks", "messages": "none"}, "conversation": known}).status_code == 201
    [report] = reports(app)
    assert report.conversation_id == known and report.question == PASS_PHRASE
    assert report.tried == (
        f"Asked: {PASS_PHRASE}",
        "Entry “How do I remove the pass phrase from a private key?”: did not help",
    )
    assert report.log == "Enter pass phrase for server.key:"
    problem_of(send(client, {"conversation": "nope"}), 404)


def test_sent_twice_with_a_key_it_is_one_report(app: Flask, client: FlaskClient) -> None:
    first, again = send(client, Idempotency_Key="7"), send(client, Idempotency_Key="7")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["report"] == again.get_json()["report"] and len(reports(app)) == 1


def test_a_key_opens_no_report_of_another(app: Flask, client: FlaskClient) -> None:
    first = send(client, Idempotency_Key="7").get_json()["report"]
    other = send(client, {"fields": REPORT | {"title": "Another"}}, Idempotency_Key="7")
    assert other.status_code == 201 and other.get_json()["report"]["url"] != first["url"]
    assert len({send(client).get_json()["report"]["url"] for _ in range(2)}) == 2  # without a key each is one
    for bad in ("", "a" * 201):
        assert "200 characters" in problem_of(send(client, Idempotency_Key=bad), 422)["detail"]


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"fields": {}}, "fields.title", "Fill in “Title”"),
        ({"fields": REPORT | {"title": " "}}, "fields.title", "Fill in “Title”"),
        ({"fields": REPORT | {"title": "a" * 501}}, "fields.title", "500 characters"),
        ({"fields": REPORT | {"nope": "a"}}, "fields.nope", "question, title, messages, backtrace, tried, log"),
        ({"fields": REPORT | {"log": KEY}}, "fields.log", "private key"),
        ({"files": [{"name": "key.pem", "text": KEY}]}, "files", "private key"),
        ({"files": [{"name": "a", "text": "\x00\x01"}]}, "files", "not a text file"),
        ({"files": [{"name": "a", "text": "b"}] * 6}, "files", "5 items"),
        ({"files": [{"name": "a"}]}, "files.0.text", "missing"),
        ({"fields": REPORT | {"title": 1}}, "fields.title", "text"),
        ({"fields": "a"}, "fields", "object"),
        ({"check_only": "yes"}, "check_only", "true or false"),
    ],
)
def test_what_cannot_be_sent(app: Flask, client: FlaskClient, body: dict[str, object], field: str, says: str) -> None:
    problem = problem_of(send(client, body), 422)
    assert problem["errors"][0]["field"] == field and says in problem["errors"][0]["message"]
    assert "MIIEvQ" not in str(problem) and reports(app) == ()


def test_a_log_stands_in_for_messages(client: FlaskClient) -> None:
    fields = {"title": "It hangs", "log": "Connection timed out"}
    assert send(client, {"fields": fields, "check_only": True}).status_code == 200


def test_the_outbox_takes_a_report_once(tmp_path: Path) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        app = api_portal(
            tmp_path,
            webhook_url=f"http://127.0.0.1:{port}/hook",
            webhook_secret="a secret of the tests",
            reports_per_hour=50,
            webhook_question_seconds=0,
        )
        client = app.test_client()
        try:
            first, again = send(client, Idempotency_Key="7"), send(client, Idempotency_Key="7")
            send(client, {"check_only": True})
            second = send(client)
            wait_for(lambda: len(receiver.calls) > 1)
        finally:
            courier = portal_of(app).courier
            assert courier
            courier.stop()
    assert again.status_code == 200
    assert [call[1]["kb-event"] for call in receiver.calls] == ["report.created"] * 2
    told = [json.loads(call[2])["data"]["reference"] for call in receiver.calls]
    assert told == [answer.get_json()["report"]["reference"] for answer in (first, second)]

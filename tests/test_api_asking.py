"""Questions and feedback through the JSON API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_world import API, api_portal, problem_of
from conversation_world import PASS_PHRASE, ask, logged, portal_of, stored
from flask import Flask
from flask.testing import FlaskClient

from kb.conversation import tried
from kb.store.conversations import expire_conversations

BROKEN = "sqlite:////dev/null/kb.sqlite3"  # no database can be there


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return api_portal(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


# Asking


def test_an_answer_with_everything_that_led_to_it(app: Flask, client: FlaskClient) -> None:
    response = client.post(f"{API}/ask", json={"question": "how do I remvoe the password from a private key"})
    assert (response.status_code, response.content_type) == (200, "application/json")
    answer = response.get_json()
    within = f"?c={answer['conversation']['id']}"
    assert answer["level"] == "strong" and answer["entry"]["id"] == answer["hits"][0]["id"] == "remove-pass-phrase"
    assert answer["correction"] == [["remvoe", "remove"]] and "remove" in answer["corrected"]
    snippet = answer["snippet"]
    assert snippet["text"] == snippet["before"] + snippet["marked"] + snippet["after"] and snippet["marked"]
    assert snippet["url"].startswith(f"/entries/remove-pass-phrase{within}#") and snippet["historic"] is False
    assert {"typed": "password", "taken_for": "pass phrase"} in answer["why"]["synonyms"]
    assert [guide["url"] for guide in answer["guides"]] == [f"/guides/guide-start{within}"]
    assert answer["candidates"] and all(other["level"] in ("possible", "weak") for other in answer["candidates"])
    assert answer["report_url"] == f"/report{within}"
    assert client.get(answer["conversation"]["url"]).status_code == 200
    turn = stored(app, answer["conversation"]["url"]).turns[0]
    assert (turn.question, turn.level, turn.entry_id) == (
        "how do I remvoe the password from a private key",
        "strong",
        "remove-pass-phrase",
    )


def test_the_portal_answers_the_same(app: Flask, client: FlaskClient) -> None:
    answer = client.post(f"{API}/ask", json={"question": PASS_PHRASE}).get_json()
    turn = stored(app, ask(client, PASS_PHRASE)).turns[0]
    assert (answer["level"], answer["entry"]["id"]) == (turn.level, turn.entry_id)
    assert [(item.source, item.text) for item in logged(app)] == [("portal", PASS_PHRASE), ("api", PASS_PHRASE)]


def test_a_conversation_goes_on_and_is_the_portals(app: Flask, client: FlaskClient) -> None:
    first = client.post(f"{API}/ask", json={"question": PASS_PHRASE}).get_json()
    known = first["conversation"]["id"]
    later = client.post(f"{API}/ask", json={"question": "what about apache?", "conversation": known}).get_json()
    assert later["carried"] == PASS_PHRASE and first["carried"] == ""
    assert later["conversation"] == {"id": known, "url": f"/conversations/{known}#turn-2"}
    assert later["conversation"]["url"] == ask(client, "what else?", stored(app, f"?c={known}")).replace(
        "turn-3", "turn-2"
    )
    alone = client.post(f"{API}/ask", json={"question": "what about apache?"}).get_json()
    assert alone["carried"] == "" and alone["conversation"]["id"] != known


def test_a_log_alone_is_a_question(client: FlaskClient) -> None:
    log = "[error] init: Enter pass phrase for server.key:"
    answer = client.post(f"{API}/ask", json={"question": "", "log": log}).get_json()
    assert (
        answer["entry"]["id"] == "remove-pass-phrase"
        and answer["why"]["error_text"] == "Enter pass phrase for server.key:"
    )


def test_no_answer_is_an_answer(client: FlaskClient) -> None:
    answer = client.post(f"{API}/ask", json={"question": "zeppelin gondola rigging"}).get_json()
    assert (answer["level"], answer["entry"], answer["snippet"], answer["candidates"]) == ("none", None, None, [])
    assert answer["conversation"] and answer["report_url"]


def test_secrets_are_neither_stored_nor_given_back(app: Flask, client: FlaskClient) -> None:
    answer = client.post(f"{API}/ask", json={"question": "login fails", "log": "password=Tr0ub4dor&3 rejected"})
    assert "Tr0ub4dor" not in answer.text
    assert "Tr0ub4dor" not in stored(app, answer.get_json()["conversation"]["url"]).turns[0].log


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "question", "missing"),
        ({"question": ""}, "question", "Enter a question"),
        ({"question": " \u200b\n"}, "question", "Enter a question"),
        ({"question": "a" * 501}, "question", "500 characters"),
        ({"question": "a", "log": "b" * 10_001}, "log", "10,000 characters"),
        ({"question": 5}, "question", "text"),
        ({"question": None}, "question", "text"),
        ({"question": "a", "conversation": ["x"]}, "conversation", "text"),
        ({"question": "a", "limit": 3}, "limit", "not a field"),
    ],
)
def test_what_cannot_be_asked(client: FlaskClient, body: dict[str, object], field: str, says: str) -> None:
    problem = problem_of(client.post(f"{API}/ask", json=body), 422)
    assert [error["field"] for error in problem["errors"]] == [field] and says in problem["detail"]


def test_conversations_that_are_not_there(app: Flask, client: FlaskClient) -> None:
    assert (
        "Leave it out"
        in problem_of(client.post(f"{API}/ask", json={"question": "a", "conversation": "nope"}), 404)["detail"]
    )
    known = client.post(f"{API}/ask", json={"question": "a"}).get_json()["conversation"]["id"]
    with portal_of(app).database.begin() as connection:
        assert expire_conversations(connection, 1, datetime.now(UTC) + timedelta(days=2)) == 1
    problem_of(client.post(f"{API}/ask", json={"question": "a", "conversation": known}), 410)
    problem_of(client.post(f"{API}/feedback", json={"entry": "hanging", "verdict": "no", "conversation": known}), 410)


def test_without_a_database_there_is_an_answer_and_no_conversation(tmp_path: Path) -> None:
    client = api_portal(tmp_path, database_url=BROKEN).test_client()
    answer = client.post(f"{API}/ask", json={"question": PASS_PHRASE}).get_json()
    assert answer["level"] == "strong" and answer["conversation"] is None and answer["report_url"] == "/report"
    problem = problem_of(client.post(f"{API}/feedback", json={"entry": "hanging", "verdict": "no"}), 503)
    assert "stored" in problem["detail"] and "/dev/null" not in str(problem)


# Feedback


def test_feedback_belongs_to_the_conversation(app: Flask, client: FlaskClient) -> None:
    answer = client.post(f"{API}/ask", json={"question": PASS_PHRASE}).get_json()
    known = {"conversation": answer["conversation"]["id"]}
    said = {
        "entry": "remove-pass-phrase",
        "verdict": "no",
        "reason": "unclear",
        "note": "password=Tr0ub4dor&3 failed",
    } | known
    result = client.post(f"{API}/feedback", json=said).get_json()
    assert result == {
        "target": "remove-pass-phrase", "verdict": "no", "conversation": answer["conversation"],
        "report_url": answer["report_url"],
    }  # fmt: skip
    step = client.post(f"{API}/feedback", json={"step": "guide-start/ask", "verdict": "cannot"} | known).get_json()
    assert step["target"] == "guide-start/ask"
    conversation = stored(app, answer["conversation"]["url"])
    verdict = conversation.verdict("entry", "remove-pass-phrase")
    assert verdict and (verdict.verdict, verdict.reason) == ("no", "unclear") and "Tr0ub4dor" not in verdict.note
    items = tried(conversation, portal_of(app).knowledge_base.generation())
    assert [item.outcome for item in items] == ["", "did not help", "could not be done"]


def test_feedback_can_be_changed_and_taken_back(app: Flask, client: FlaskClient) -> None:
    first = client.post(f"{API}/feedback", json={"entry": "hanging", "verdict": "no"}).get_json()
    known = {"entry": "hanging", "conversation": first["conversation"]["id"]}
    assert first["conversation"]["url"] == f"/conversations/{first['conversation']['id']}"  # it has no turn yet
    client.post(f"{API}/feedback", json=known | {"verdict": "yes"})
    assert stored(app, first["conversation"]["url"]).is_solved
    undone = client.post(f"{API}/feedback", json=known | {"verdict": "undo"}).get_json()
    assert undone["verdict"] is None and stored(app, first["conversation"]["url"]).verdicts == ()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "yes"}, 422),
        ({"entry": "hanging", "step": "guide-start/ask", "verdict": "yes"}, 422),
        ({"entry": "hanging"}, 422),
        ({"entry": "hanging", "verdict": "maybe"}, 422),
        ({"entry": "hanging", "verdict": "no", "reason": "bored"}, 422),
        ({"entry": "hanging", "verdict": "no", "note": "a" * 501}, 422),
        ({"entry": "nope", "verdict": "yes"}, 404),
        ({"step": "nope/ask", "verdict": "yes"}, 404),
        ({"step": "guide-start", "verdict": "yes"}, 404),
        ({"step": "guide-start/nope", "verdict": "yes"}, 404),
        ({"entry": "hanging", "verdict": "yes", "conversation": "nope"}, 404),
    ],
)
def test_feedback_that_cannot_be_taken(app: Flask, client: FlaskClient, body: dict[str, str], status: int) -> None:
    problem_of(client.post(f"{API}/feedback", json=body), status)

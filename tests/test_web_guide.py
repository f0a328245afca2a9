"""Guides in a conversation: what came of each step, the way on, and the ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conversation_world import make_portal, portal_of, stored
from flask import Flask
from flask.testing import FlaskClient

START = "/guides/guide-steps/why"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = make_portal(tmp_path)
    yield app
    portal_of(app).database.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def walk(client: FlaskClient, address: str, **values: str) -> str:
    """Say what came of a step; returns the address of the next page."""
    path, _, query = address.partition("?")
    if query:
        values["c"] = query.removeprefix("c=")
    response = client.post(path, data=values)
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def test_steps_record_their_outcome_and_lead_on(app: Flask, client: FlaskClient) -> None:
    second = walk(client, START, verdict="no")
    assert second.startswith("/guides/guide-steps/log?c=")
    third = walk(client, second, verdict="cannot")
    text = client.get(third).text
    assert "Step 3 of 3" in text and "· Did not fix it" in text and "· Could not be done" in text
    assert "No, still broken" in text and "No, next step" not in text  # there is none
    verdicts = [(item.target, item.verdict) for item in stored(app, third).steps("guide-steps")]
    assert verdicts == [("guide-steps/why", "no"), ("guide-steps/log", "cannot")]
    assert stored(app, third).turns == ()


def test_every_path_ends_in_solved_or_in_the_report(app: Flask, client: FlaskClient) -> None:
    address = START
    for _ in range(3):
        address = walk(client, address, verdict="no")
    assert address.startswith("/guides/guide-steps/tried?c=")
    text = client.get(address).text
    conversation = stored(app, address)
    assert "<h1>All 3 steps tried</h1>" in text
    assert f'class="button primary" href="/report?c={conversation.id}" data-report' in text
    solved = walk(client, f"/guides/guide-steps/core?c={conversation.id}", verdict="yes")
    text = client.get(solved).text
    assert "Solved" in text and "Marked as solved by “Is there a core dump?”" in text
    back = walk(client, f"/guides/guide-steps/core?c={conversation.id}", verdict="undo")
    assert back == f"/guides/guide-steps/core?c={conversation.id}"
    assert not stored(app, back).is_solved


def test_an_outcome_is_kept_with_its_words(app: Flask, client: FlaskClient) -> None:
    second = walk(client, START, outcome="2")
    assert second.startswith("/guides/guide-steps/log?")
    verdict = stored(app, second).steps("guide-steps")[0]
    assert (verdict.verdict, verdict.note) == ("no", "it says nothing.")
    assert walk(client, second, outcome="0").startswith("/guides/guide-steps/solved?")
    assert walk(client, START, outcome="1").startswith("/guides/guide-start?")
    assert walk(client, "/guides/guide-steps/core", outcome="1").startswith("/report?c=")
    assert walk(client, "/guides/guide-start/ask", outcome="2").startswith("/entries/remove-pass-phrase?c=")


def test_a_guide_never_leads_back_to_the_guide_it_was_reached_from(app: Flask, client: FlaskClient) -> None:
    other = walk(client, START, outcome="1")
    conversation = stored(app, other)
    text = client.get(f"/guides/guide-start/ask?c={conversation.id}").text
    assert "Go to the guide" not in text
    assert walk(client, f"/guides/guide-start/ask?c={conversation.id}", outcome="1") == f"/report?c={conversation.id}"
    assert "Go to the guide" in client.get("/guides/guide-start/ask").text


def test_progress_is_kept_and_can_be_changed(app: Flask, client: FlaskClient) -> None:
    second = walk(client, START, verdict="no")
    conversation = stored(app, second)
    guide = client.get(f"/guides/guide-steps?c={conversation.id}").text
    assert "Go on with step 2" in guide and "Start with step 1" in guide
    first = client.get(f"{START}?c={conversation.id}")
    assert 'value="no" aria-pressed="true"' in first.text and "private" in first.headers["Cache-Control"]
    walk(client, f"{START}?c={conversation.id}", verdict="cannot")
    assert [item.verdict for item in stored(app, second).verdicts] == ["cannot"]
    walk(client, f"{START}?c={conversation.id}", verdict="undo")
    assert stored(app, second).verdicts == ()
    assert "aria-pressed" not in client.get(START).text  # outside the conversation nothing is known


def test_what_is_no_step_or_no_answer_is_refused(client: FlaskClient) -> None:
    assert client.post("/guides/nope/why", data={"verdict": "no"}).status_code == 404
    assert client.post("/guides/guide-steps/nope", data={"verdict": "no"}).status_code == 404
    for values in ({}, {"verdict": "maybe"}, {"outcome": "7"}, {"outcome": "-1"}):
        assert client.post(START, data=values).status_code == 422


def test_an_ended_conversation_starts_another(app: Flask, client: FlaskClient) -> None:
    address = walk(client, f"{START}?c=nope", verdict="no")
    assert stored(app, address).steps("guide-steps")

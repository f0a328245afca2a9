"""What operators read: readiness with reasons, and counts for those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import api_portal
from flask import Flask

from kb.store.outbox import add_delivery
from kb.store.schema import outbox


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = api_portal(tmp_path)
    yield made
    made.extensions["portal"].database.close()


def test_counts_are_read_on_this_machine_alone(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 403  # a proxy asks for somebody else


def test_a_token_opens_them_everywhere_and_nothing_else_does(tmp_path: Path) -> None:
    client = api_portal(tmp_path, metrics_token="a long token").test_client()
    outside = {"REMOTE_ADDR": "192.0.2.1"}
    right = {"Authorization": "Bearer a long token"}
    assert client.get("/metrics", headers=right, environ_overrides=outside).status_code == 200
    assert client.get("/metrics").status_code == 403
    for wrong in ("Bearer a long toke", "a long token", "Bearer é", "Bearer "):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 403


def test_the_outbox_and_the_content_are_counted(app: Flask) -> None:
    client = app.test_client()
    portal = app.extensions["portal"]
    with portal.database.begin() as connection:
        for _ in range(3):
            add_delivery(connection, "mail", "report.created", {})
        connection.execute(outbox.update().where(outbox.c.id == 1).values(failed_at="2026-11-01T00:00:00+00:00"))
    client.post("/api/v1/ask", json={"question": "remove the pass phrase"}, buffered=True)
    client.get("/ask?q=remove+the+pass+phrase", buffered=True)
    lines = client.get("/metrics").text.splitlines()
    assert {"kb_outbox_waiting 2", "kb_outbox_given_up 1", "kb_database_up 1", "kb_ready 1", "kb_content_problem 0"} <= set(lines)
    assert 'kb_questions_total{level="strong"} 2' in lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_readiness_says_what_does_not_work_although_it_answers(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    assert client.get("/readyz").json["warnings"] == []  # type: ignore[index]
    with app.extensions["portal"].database.begin() as connection:
        add_delivery(connection, "mail", "report.created", {})
        connection.execute(outbox.update().values(failed_at="2026-11-01T00:00:00+00:00"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["warnings"]) == (200, ["deliveries were given up"])  # type: ignore[index]
    assert answer.headers["Cache-Control"] == "no-store"


def test_readiness_without_a_database(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    client = api_portal(tmp_path, database_url=f"sqlite:///{tmp_path}/file/kb.sqlite3").test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["warnings"]) == (200, ["what people send cannot be stored"])  # type: ignore[index]
    assert "\nkb_database_up 0\n" in client.get("/metrics").text

"""The clock is set back by a day: nothing is lost, nothing waits for the day to pass again, nobody is shut out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from api_world import REPORT, api_portal
from delivery_world import Receiver, http_server, wait_for
from engine_world import entry_text
from flask import Flask
from staff_world import NAME, PASSWORD, make_world, post, token_of
from store_world import NOON, MakeDatabase, later

from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff_login import log_in
from kb.store.database import Database
from kb.store.outbox import add_delivery, claim_deliveries, heed_clock, mark_failed, next_due_at
from kb.store.reports import list_reports
from kb.store.times import time_text

BACK = timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime.now(UTC), tick=True) as coordinates:
        yield coordinates


def test_reports_are_taken_and_told_at_once(tmp_path: Path, clock: time_machine.Coordinates) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        app = api_portal(
            tmp_path, webhook_url=f"http://127.0.0.1:{port}/", webhook_secret="a secret of the tests",
            delivery_timeout_seconds=1, delivery_wait_seconds=1,
        )  # fmt: skip
        receiver.status = 500
        assert send(app, "before") == 201
        wait_for(lambda: receiver.calls)  # it failed, and waits
        clock.shift(-BACK)
        receiver.status = 204
        assert send(app, "after") == 201
        wait_for(lambda: {title(call[2]) for call in receiver.calls[1:]} >= {"before", "after"}, seconds=30)
        app.extensions["portal"].courier.stop()
    database = Database(Settings(data=tmp_path / "data"))
    with database.read() as connection:
        assert {item.fields["title"] for item in list_reports(connection).items} == {"before", "after"}
    database.close()


def send(app: Flask, name: str) -> int:
    return app.test_client().post("/api/v1/reports", json={"fields": REPORT | {"title": name}}).status_code


def title(body: bytes) -> str:
    return "before" if b"before" in body else "after"


def test_what_waits_longer_than_it_may_is_brought_forward(make_database: MakeDatabase) -> None:
    database, settings = make_database(delivery_wait_seconds=60, webhook_question_seconds=30)
    with database.begin() as connection:
        add_delivery(connection, "mail", "report.created", {}, NOON)
        add_delivery(connection, "webhook", "question.unanswered", {}, NOON, wait_seconds=30)
        assert heed_clock(connection, settings, NOON) == 0  # nothing waits longer than it should
        (taken,) = claim_deliveries(connection, settings, "one", now=NOON, kind="mail")
        assert heed_clock(connection, settings, NOON) == 0
        before = NOON - BACK
        assert heed_clock(connection, settings, before) == 3  # both times, and the lease
        assert next_due_at(connection, "webhook") == time_text(before + timedelta(seconds=30))
        lease = timedelta(seconds=settings.delivery_lease_seconds)
        assert next_due_at(connection, "mail") == time_text(before + lease)
        assert mark_failed(connection, settings, taken.id, "one", "no answer", later(minutes=5))
        assert heed_clock(connection, settings, later(minutes=5)) == 0
        assert heed_clock(connection, settings, before) == 1
        assert next_due_at(connection, "mail") == time_text(before + timedelta(seconds=60))


def test_staff_log_in_again(tmp_path: Path, clock: time_machine.Coordinates) -> None:
    world = make_world(tmp_path)
    client = world.staff()
    assert client.get("/inbox").status_code == 200
    clock.shift(-BACK)
    assert client.get("/inbox").status_code in (200, 302, 303)
    again = world.staff()
    assert again.get("/inbox").status_code == 200


def test_failed_logins_cost_no_more_than_the_longest_wait(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    now = datetime.now(UTC)
    for _ in range(world.settings.login_attempts + 1):
        log_in(world.database, world.settings, NAME, "wrong", now)
    wait = log_in(world.database, world.settings, NAME, PASSWORD, now - BACK).wait_seconds
    assert 0 <= wait <= world.settings.login_most_wait_seconds
    moment = now - BACK
    for _ in range(3):  # whoever waits as long as told gets in
        result = log_in(world.database, world.settings, NAME, PASSWORD, moment)
        if result.account:
            break
        moment += timedelta(seconds=result.wait_seconds)
    assert result.account is not None


def test_a_form_that_was_open_meanwhile_keeps_what_was_typed(tmp_path: Path, clock: time_machine.Coordinates) -> None:
    client = make_world(tmp_path).client()
    token = token_of(client.get("/report").text)
    clock.shift(-BACK)
    typed = {"csrf_token": token, "question": "Why does it hang at noon?"}
    reply = client.post("/report", data=typed, follow_redirects=True)
    assert reply.status_code < 500 and "Why does it hang at noon?" in reply.text
    assert post(client, "/report", page="/report", question="Once more").status_code < 500


def test_a_conversation_goes_on(tmp_path: Path, clock: time_machine.Coordinates) -> None:
    client = api_portal(tmp_path).test_client()
    first = client.post("/api/v1/ask", json={"question": "remove the pass phrase"}).get_json()
    clock.shift(-BACK)
    answer = client.post(
        "/api/v1/ask", json={"question": "and how do I change it", "conversation": first["conversation"]["id"]}
    )
    assert answer.status_code == 200 and answer.get_json()["conversation"]["id"] == first["conversation"]["id"]


def test_content_that_is_older_than_before_is_content_that_changed(own_settings: Settings) -> None:
    path = own_settings.content / "keys" / "new.md"
    path.write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    knowledge_base = KnowledgeBase(own_settings)
    assert knowledge_base.newest().entry("new") is not None
    path.write_text(entry_text("Why does it twinkle?"), encoding="utf-8")
    yesterday = (datetime.now(UTC) - BACK).timestamp()
    os.utime(path, (yesterday, yesterday))
    entry = knowledge_base.newest().entry("new")
    assert entry is not None and entry.question == "Why does it twinkle?"

"""A portal on the small knowledge base of `engine_world`, with an account, questions, a conversation and reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine_world import write_content
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from kb.conversation import ConversationTurn, Verdict
from kb.settings import Settings
from kb.staff_login import add_staff
from kb.store.conversations import add_turn, create_conversation
from kb.store.database import Database
from kb.store.outbox import add_delivery, mark_failed
from kb.store.questions import Source, log_question
from kb.store.reports import Attachment, NewReport, create_report
from kb.store.schema import outbox
from kb.store.times import time_after
from kb.store.verdicts import set_verdict
from kb.web import create_app

NAME, PASSWORD = "Anna", "correct horse"
OTHER = "Boris"
NOW = datetime.now(UTC).replace(microsecond=0)
REFERENCE = "R-7K3M-92QX"


@dataclass
class StaffWorld:
    """The portal with its database."""

    app: Flask
    settings: Settings
    database: Database

    def client(self) -> FlaskClient:
        """A browser that is not logged in."""
        return self.app.test_client()

    def staff(self, name: str = NAME) -> FlaskClient:
        """A browser that is logged in."""
        client = self.client()
        response = post(client, "/login", page="/login", name=name, password=PASSWORD)
        assert response.status_code == 303, response.get_data(as_text=True)
        return client

    def ask(
        self, *texts: str, level: str = "none", source: Source = "api", ago: float = 0, conversation: str = ""
    ) -> None:
        """Log questions, a second apart; ago: minutes before now that the last was asked."""
        with self.database.begin() as connection:
            for place, text in enumerate(texts):
                at = NOW - timedelta(minutes=ago, seconds=len(texts) - 1 - place)
                log_question(
                    connection, self.settings, text, level=level, source=source, conversation_id=conversation, now=at
                )


def token_of(text: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found, "the page has no form"
    return found.group(1)


def post(
    client: FlaskClient, address: str, page: str = "", follow: bool = False, **fields: str | Sequence[str]
) -> TestResponse:
    """Send a form as its page does: with the token of the page, by default that of the drafts."""
    shown = client.get(page or "/inbox/drafts")
    data = {"csrf_token": token_of(shown.get_data(as_text=True)), **fields}
    return client.post(address, data=data, follow_redirects=follow)


def make_world(folder: Path, **settings: object) -> StaffWorld:
    """A world below `folder` with the accounts Anna and Boris and nothing else."""
    used = Settings(content=write_content(folder / "content"), data=folder / "data", **settings)  # type: ignore[arg-type]
    database = Database(used)
    database.migrate()
    for name in (NAME, OTHER):
        add_staff(database, name, PASSWORD)
    return StaffWorld(create_app(used), used, database)


def give_up(world: StaffWorld, payload: dict[str, object], error: str = "it does not answer") -> int:
    """Put a mail about a report into the outbox that was given up now. Its id."""
    once = world.settings.model_copy(update={"delivery_attempts": 1})
    with world.database.begin() as connection:
        delivery_id = add_delivery(connection, "mail", "report.created", payload, NOW)
        lease = {"leased_by": "test", "leased_until": time_after(NOW, 60)}
        connection.execute(update(outbox).where(outbox.c.id == delivery_id).values(lease))
        assert mark_failed(connection, once, delivery_id, "test", error, NOW)
    return delivery_id


def fill(world: StaffWorld) -> str:
    """Put a day's work into a world: questions, a conversation with verdicts, two reports. Returns the conversation's id."""
    with world.database.begin() as connection:
        talk = create_conversation(connection, NOW - timedelta(minutes=30))
        turns = (
            ConversationTurn(1, "flux capacitor hums at night", "12:00 hum\n12:01 hum <b>loud</b>", level="none"),
            ConversationTurn(2, "why is the connection refused", level="strong", entry_id="connection-refused"),
        )
        for number, turn in enumerate(turns):
            at = NOW - timedelta(minutes=29 - number)
            add_turn(connection, talk, turn, now=at)
            log_question(
                connection, world.settings, turn.question, level=turn.level, source="portal", entry_id=turn.entry_id,
                conversation_id=talk, now=at,
            )  # fmt: skip
        for verdict in (
            Verdict("entry", "connection-refused", "no", "It does not fit my case", "=HYPERLINK(1) nothing listens"),
            Verdict("step", "guide-start/does-it-ask", "cannot"),
        ):
            set_verdict(connection, talk, verdict, NOW - timedelta(minutes=20))
        happy = create_conversation(connection, NOW - timedelta(days=2))
        set_verdict(connection, happy, Verdict("entry", "hanging", "yes"), NOW - timedelta(days=2))
        report = NewReport(
            "key-1", {"versions": "httpd 2.4.62\nOpenSSL 3.5 <script>alert(1)</script>"}, "The flux capacitor hums",
            ("Asked: flux capacitor hums at night", "Entry “Why do I get connection refused on port 443?”: did not help"),
            "12:00 hum " + "x" * 300 + "\n12:01 hum", (Attachment("../error log.txt", "line one\n<b>line two</b>\n", 25),), talk,
        )  # fmt: skip
        create_report(connection, report, lambda: REFERENCE, NOW - timedelta(minutes=15))
        plain = NewReport("key-2", {"versions": "=1+1"}, "Something else is broken")
        create_report(connection, plain, lambda: "R-AAAA-BBBB", NOW - timedelta(days=3))
    world.ask("how do I tune the flux capacitor", "tune flux capacitor?", "Tuning the flux capacitors", ago=200)
    world.ask("w", "wa", "warp", "warp core", "warp core breach", ago=100)
    world.ask("certificate for testing", level="strong", ago=1500)
    world.ask("something weak about handshakes", level="weak", ago=3000)
    return talk

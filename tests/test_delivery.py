"""Reports travel by mail and webhook to real servers; whatever those do, nothing is lost and nobody waits."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any

import pytest
from delivery_world import (
    CERTIFICATE,
    Mailbox,
    Receiver,
    bad_server,
    free_port,
    http_server,
    mail_server,
    wait_for,
)
from pydantic import SecretStr
from store_world import MakeDatabase, later

from kb.delivery import Courier, announce_question, announce_report
from kb.entry import ReportField, ReportTemplate
from kb.errors import DeliveryError, InputError
from kb.settings import Settings, load_settings
from kb.store.database import Database
from kb.store.outbox import Delivery, count_waiting, load_delivery
from kb.store.questions import log_question
from kb.store.reports import Attachment, NewReport, create_report
from kb.webhook import post, signature, webhook_body

ROOT = Path(__file__).parent.parent
SECRET = "a secret of the tests"
MAIL = {
    "mail_host": "127.0.0.1",
    "mail_security": "none",
    "mail_from": "Help <kb@example.org>",
    "mail_to": "team@example.org, Jo <jo@example.org>",
}
TEMPLATE = ReportTemplate(
    "Report", (ReportField("title", "Title"), ReportField("happens", "What happens", multiline=True))
)
NEW = NewReport(
    idempotency_key="form-1",
    fields={"title": "Hängt\r\nBcc: evil@example.org", "happens": "a line of " + "x" * 2000 + "\n.\n日本"},
    question="Why does it hang?",
    tried=("Asked: Why does it hang?",),
    log="AH00051",
    attachments=(Attachment("fehler ü.log", "zeile\n", 6), Attachment('a"b.conf', "Listen 443\n" * 99, 1089)),
)


def webhook(port: int, path: str = "/hook?x=1", scheme: str = "http") -> dict[str, str]:
    return {"webhook_url": f"{scheme}://127.0.0.1:{port}{path}", "webhook_secret": SECRET}


def add_report(database: Database, settings: Settings, key: str = "form-1") -> str:
    """Store a report and announce it. Its reference."""
    new = NewReport(key, NEW.fields, NEW.question, NEW.tried, NEW.log, NEW.attachments)
    with database.begin() as connection:
        stored = create_report(connection, new, lambda: f"R-7K3M-{key[-4:].upper().replace('-', 'X')}", later())
        announce_report(connection, settings, stored.report, TEMPLATE)
    return stored.report.reference


def delivery(database: Database, number: int = 1) -> Delivery:
    with database.read() as connection:
        found = load_delivery(connection, number)
    assert found
    return found


def deliver(database: Database, settings: Settings, kind: Any) -> Delivery:
    """Try once to deliver the first thing in the outbox, here and now."""
    assert Courier(database, settings).deliver_next(kind, "test")
    return delivery(database)


def parsed(mailbox: Mailbox) -> EmailMessage:
    content = mailbox.mails[0].original_content
    assert content
    message = message_from_bytes(content, policy=modern)
    assert isinstance(message, EmailMessage)
    return message


def content_of(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate of the tests' servers."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def couriers() -> Iterator[list[Courier]]:
    """Couriers put here are stopped after the test."""
    started: list[Courier] = []
    yield started
    for courier in started:
        courier.stop()


# The mail


def test_a_report_arrives_by_mail(make_database: MakeDatabase) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        database, settings = make_database(**MAIL, mail_port=port, base_url="https://help.example.com/")
        reference = add_report(database, settings)
        assert deliver(database, settings, "mail").delivered_at
    assert mailbox.mails[0].mail_from == "kb@example.org"
    assert mailbox.mails[0].rcpt_tos == ["team@example.org", "jo@example.org"]
    message = parsed(mailbox)
    assert message["Subject"] == f"[{reference}] Hängt Bcc: evil@example.org"
    assert (message["From"], message["To"], message["Bcc"]) == (
        "Help <kb@example.org>",
        "team@example.org, jo@example.org",
        None,
    )
    assert (message["Message-ID"], message["Auto-Submitted"]) == (f"<{reference}@example.org>", "auto-generated")
    assert message["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"
    body, *attached = (part for part in message.walk() if not part.is_multipart())
    text = content_of(body)
    assert text.startswith(
        f"https://help.example.com/inbox/reports/{reference}\n\nProblem report {reference}\n\nSent: 2026-11-24 12:00 UTC\n"
    )
    assert "x" * 2000 + "\n  .\n  日本" in text and "Files\n-----\n\n  fehler ü.log (6 bytes)\n" in text
    assert [(part.get_content_type(), part.get_filename()) for part in attached] == [
        ("text/markdown", f"{reference}.md"), ("text/plain", "fehler ü.log"), ("text/plain", 'a"b.conf'),
    ]  # fmt: skip
    assert content_of(attached[0]).startswith(f"# Problem report {reference}\n")
    assert [content_of(part) for part in attached[1:]] == ["zeile\n", "Listen 443\n" * 99]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the server sees TLS only as STARTTLS
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_tls_with_a_login(make_database: MakeDatabase, security: str) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, security, needs_login=True) as port:
        login = {"mail_user": "kb", "mail_password": "right"}
        database, settings = make_database(**{**MAIL, **login, "mail_port": port, "mail_security": security})
        add_report(database, settings)
        sent = deliver(database, settings, "mail")
    assert (sent.last_error, mailbox.logins) == ("", [(b"kb", b"right")])
    assert len(mailbox.mails) == 1 and (mailbox.encrypted == [True] or security == "tls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_server_with_a_strange_certificate_gets_nothing(make_database: MakeDatabase, security: str) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, security) as port:
        database, settings = make_database(**{**MAIL, "mail_port": port, "mail_security": security})
        add_report(database, settings)
        failed = deliver(database, settings, "mail")
    assert "showed a certificate that is not trusted" in failed.last_error and mailbox.mails == []


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_said_without_saying_it(make_database: MakeDatabase) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, "starttls", needs_login=True) as port:
        database, settings = make_database(
            **{**MAIL, "mail_port": port, "mail_security": "starttls", "mail_user": "kb", "mail_password": "hunter2"}
        )
        add_report(database, settings)
        failed = deliver(database, settings, "mail")
    assert f"the mail server 127.0.0.1:{port} did not accept user and password: 535" in failed.last_error
    assert "hunter2" not in failed.last_error and "hunter2" not in repr(settings)


def test_a_server_without_starttls_gets_no_mail_in_the_clear(make_database: MakeDatabase) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        database, settings = make_database(**{**MAIL, "mail_port": port, "mail_security": "starttls"})
        add_report(database, settings)
        assert "KB_MAIL_SECURITY" in deliver(database, settings, "mail").last_error
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("mailbox", "error"),
    [
        (Mailbox(answer="554 we take\r\n no reports"), "refused the mail: 554 we take"),
        (Mailbox(answer="451 later"), "refused the mail: 451 later"),
        (Mailbox(refused=("team@example.org", "jo@example.org")), "refused the addresses: 550 nobody of that name"),
    ],
)
def test_a_server_that_refuses_is_quoted_and_asked_again(
    make_database: MakeDatabase, mailbox: Mailbox, error: str
) -> None:
    mailbox.answer = mailbox.answer.replace("\r\n", "")
    with mail_server(mailbox) as port:
        database, settings = make_database(**MAIL, mail_port=port)
        add_report(database, settings)
        failed = deliver(database, settings, "mail")
    assert error in failed.last_error
    assert (failed.attempts, failed.delivered_at, failed.failed_at) == (1, "", "")


def test_an_address_that_is_refused_keeps_the_mail_from_no_other(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = Mailbox(refused=("jo@example.org",))
    with mail_server(mailbox) as port:
        database, settings = make_database(**MAIL, mail_port=port)
        add_report(database, settings)
        assert deliver(database, settings, "mail").delivered_at
    assert mailbox.mails[0].rcpt_tos == ["team@example.org"] and "but not for jo@example.org" in caplog.text


@pytest.mark.parametrize(
    ("said", "again_every", "error"),
    [
        (b"", 0, "gave no answer for 0.3 seconds"),
        (b"-", 0, "closed the connection"),
        (b"2", 0.1, "took longer than 0.9 seconds"),
        (b"220 hello\r\n", 0, "gave no answer for 0.3 seconds"),
        (b"554 go away\r\n", 0, "554 go away"),
        (b"\xff" * 5000 + b"\r\n", 0, ""),
    ],
    ids=["silent", "hangs up", "drips", "greets only", "refuses", "noise"],
)  # fmt: skip
@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_broken_mail_server_costs_a_second_at_most(
    make_database: MakeDatabase, said: bytes, again_every: float, error: str, security: str
) -> None:
    with bad_server(said, again_every=again_every) as port:
        database, settings = make_database(
            **{**MAIL, "mail_port": port, "mail_security": security, "delivery_timeout_seconds": 0.3}
        )
        add_report(database, settings)
        started = time.monotonic()
        failed = deliver(database, settings, "mail")
        assert time.monotonic() - started < 2
    assert failed.attempts == 1 and f"the mail server 127.0.0.1:{port} " in failed.last_error
    assert error in failed.last_error or security == "tls"


def test_a_mail_server_that_is_not_there_is_named(make_database: MakeDatabase) -> None:
    database, settings = make_database(**MAIL, mail_port=free_port())
    add_report(database, settings)
    assert "refused the connection" in deliver(database, settings, "mail").last_error
    database, settings = make_database(**{**MAIL, "mail_host": "no-such-host.invalid"})
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET next_at = '2026'")
    assert "has no address" in deliver(database, settings, "mail").last_error


# The webhook


def test_a_report_arrives_at_the_webhook_signed(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port), base_url="https://help.example.com")
        reference = add_report(database, settings)
        assert deliver(database, settings, "webhook").delivered_at
    path, headers, body = receiver.calls[0]
    assert (path, headers["content-type"], headers["kb-event"]) == ("/hook?x=1", "application/json", "report.created")
    value = json.loads(body)
    assert (value["id"], value["event"], value["created_at"]) == (1, "report.created", delivery(database).created_at)
    assert value["data"] == {
        "reference": reference,
        "title": NEW.fields["title"],
        "sent_at": "2026-11-24T12:00:00+00:00",
        "url": f"https://help.example.com/inbox/reports/{reference}",
        "fields": [
            {"id": "question", "label": "Question", "value": NEW.question},
            {"id": "title", "label": "Title", "value": NEW.fields["title"]},
            {"id": "happens", "label": "What happens", "value": NEW.fields["happens"]},
            {"id": "tried", "label": "What you have tried", "value": NEW.tried[0]},
            {"id": "log", "label": "Log or error output", "value": NEW.log},
        ],
        "attachments": [{"name": "fehler ü.log", "bytes": 6}, {"name": 'a"b.conf', "bytes": 1089}],
    }
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["kb-signature"])
    assert found and abs(int(found[1]) - time.time()) < 60
    assert found[2] == hmac.new(SECRET.encode(), found[1].encode() + b"." + body, hashlib.sha256).hexdigest()


def test_the_signature_is_the_one_that_is_documented() -> None:
    assert signature("secret", 1764019509, b'{"id":1}') == (
        "t=1764019509,v1=" + hmac.new(b"secret", b'1764019509.{"id":1}', "sha256").hexdigest()
    )


@pytest.mark.usefixtures("trusted")
def test_the_webhook_is_called_over_https(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver, tls=True) as port:
        database, settings = make_database(**webhook(port, scheme="https"))
        add_report(database, settings)
        assert deliver(database, settings, "webhook").delivered_at
    assert len(receiver.calls) == 1


def test_a_webhook_with_a_strange_certificate_gets_nothing(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver, tls=True) as port:
        database, settings = make_database(**webhook(port, scheme="https"))
        add_report(database, settings)
        assert "certificate that is not trusted" in deliver(database, settings, "webhook").last_error
    assert receiver.calls == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(make_database: MakeDatabase, status: int) -> None:
    receiver = Receiver(status=status, headers={"Location": "/elsewhere"})
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        add_report(database, settings)
        failed = deliver(database, settings, "webhook")
    assert f"answered {status}; redirects are not followed" in failed.last_error and len(receiver.calls) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_a_webhook_that_fails_is_called_again_with_the_same_body_and_id(
    make_database: MakeDatabase, status: int
) -> None:
    receiver = Receiver(status=status)
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        add_report(database, settings)
        failed = deliver(database, settings, "webhook")
        assert failed.last_error == f"the webhook at 127.0.0.1:{port} answered {status}" and failed.attempts == 1
        assert 55 < (later_seconds(failed.next_at) - time.time()) < 65
        assert not Courier(database, settings).deliver_next("webhook", "test")
        with database.begin() as connection:
            connection.exec_driver_sql("UPDATE outbox SET next_at = '2026'")
        receiver.status = 200
        assert deliver(database, settings, "webhook").delivered_at
    assert receiver.calls[0][2] == receiver.calls[1][2]


def later_seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("said", "again_every", "error"),
    [
        (b"", 0, "gave no answer for 0.3 seconds"),
        (b"-", 0, ""),
        (b"HTTP/1.1 200 OK\r\nX", 0.1, "took longer than 0.9 seconds"),
        (b"not http at all\r\n\r\n", 0, "did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500, 0, "did not answer in HTTP"),
    ],
    ids=["silent", "hangs up", "drips", "noise", "many headers"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_broken_receiver_costs_a_second_at_most(
    make_database: MakeDatabase, said: bytes, again_every: float, error: str, scheme: str
) -> None:
    with bad_server(said, again_every=again_every) as port:
        database, settings = make_database(**webhook(port, scheme=scheme), delivery_timeout_seconds=0.3)
        add_report(database, settings)
        started = time.monotonic()
        failed = deliver(database, settings, "webhook")
        assert time.monotonic() - started < 2
    assert failed.attempts == 1 and failed.last_error.startswith(f"the webhook at 127.0.0.1:{port} ")
    assert error in failed.last_error or scheme == "https"


# What is announced


def test_nothing_is_written_when_nothing_is_set_up(make_database: MakeDatabase) -> None:
    database, settings = make_database()
    add_report(database, settings)
    with database.begin() as connection:
        assert announce_question(connection, settings, 1, "none") == 0
        assert count_waiting(connection) == 0


def test_each_way_that_is_set_up_gets_its_own_delivery(make_database: MakeDatabase) -> None:
    database, settings = make_database(**MAIL, **webhook(free_port()))
    add_report(database, settings)
    assert [(delivery(database, number).kind, delivery(database, number).event) for number in (1, 2)] == [
        ("mail", "report.created"), ("webhook", "report.created"),
    ]  # fmt: skip


def test_an_announcement_is_undone_with_its_report(make_database: MakeDatabase) -> None:
    database, settings = make_database(**MAIL)
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        stored = create_report(connection, NEW, lambda: "R-AAAA-AAAA")
        assert announce_report(connection, settings, stored.report, TEMPLATE) == 1
        _ = 1 / 0
    with database.read() as connection:
        assert count_waiting(connection) == 0


def ask(database: Database, settings: Settings, text: str, level: str = "none", **more: Any) -> int:
    """Keep a question and announce it. How many deliveries that made."""
    now = more.pop("now", None)
    with database.begin() as connection:
        number = log_question(connection, settings, text, level=level, source="ask-page", now=now, **more)
        return announce_question(connection, settings, number, level, now)


def test_a_question_that_no_entry_answers_arrives_at_the_webhook(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port), **MAIL, base_url="https://help.example.com")
        assert ask(database, settings, "Why?", "strong") == 0
        assert ask(database, settings, "Who knows?", "weak", log_lines=3, entry_id="hanging", now=later()) == 1
        assert deliver(database, settings, "webhook").delivered_at
        assert not Courier(database, settings).deliver_next("mail", "test")
    _, headers, body = receiver.calls[0]
    assert headers["kb-event"] == "question.unanswered" == json.loads(body)["event"]
    assert json.loads(body)["data"] == {
        "question": "Who knows?", "level": "weak", "nearest": "hanging", "log_lines": 3,
        "asked_at": "2026-11-24T12:00:00+00:00", "url": "https://help.example.com/inbox/questions",
    }  # fmt: skip


def test_a_question_waits_to_see_whether_its_person_goes_on(make_database: MakeDatabase) -> None:
    database, settings = make_database(**webhook(free_port()), webhook_question_seconds=90)
    assert ask(database, settings, "Why?", now=later()) == 1
    assert delivery(database).next_at == "2026-11-24T12:01:30+00:00"


def test_what_is_typed_is_told_once_and_what_is_not_told_leaves_no_trace(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        for second, text in enumerate(("does it", "does it speak", "does it speak gopher", "does it speak")):
            assert ask(database, settings, text, now=later(seconds=second)) == 1
        courier = Courier(database, settings)
        while courier.deliver_next("webhook", "test"):
            pass
    assert [json.loads(body)["data"]["question"] for _, _, body in receiver.calls] == ["does it speak gopher"]
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 1


def test_a_question_that_is_no_longer_kept_is_not_told(make_database: MakeDatabase) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        ask(database, settings, "Why?", now=later())
        with database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM questions")
        assert Courier(database, settings).deliver_next("webhook", "test")
    assert receiver.calls == []


@pytest.mark.parametrize("off", [{"webhook_events": "report.created"}, {"log_questions": False}])
def test_questions_can_be_kept_from_the_webhook(make_database: MakeDatabase, off: dict[str, Any]) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port), **off)
        assert ask(database, settings, "Why?") == 0
        on = settings.model_copy(update={"webhook_events": "question.unanswered", "log_questions": True})
        assert ask(database, on, "Why?", now=later()) == 1
        assert Courier(database, settings).deliver_next("webhook", "test")  # it was turned off meanwhile
    assert receiver.calls == []


def test_reports_can_be_kept_from_the_webhook_and_still_be_mailed(make_database: MakeDatabase) -> None:
    database, settings = make_database(**MAIL, **webhook(free_port()), webhook_events="question.unanswered")
    add_report(database, settings)
    assert delivery(database).kind == "mail"
    with database.read() as connection:
        assert count_waiting(connection) == 1


# The settings


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({**MAIL, "mail_to": ""}, "KB_MAIL_TO is empty"),
        (
            {**webhook(1), "webhook_events": "report.created, report.closed"},
            "KB_WEBHOOK_EVENTS names 'report.closed', which is no event; the events: report.created, question.unanswered",
        ),
        ({**MAIL, "mail_to": "nobody"}, "KB_MAIL_TO is no mail address"),
        ({**MAIL, "mail_from": ""}, "KB_MAIL_FROM is no mail address"),
        ({**MAIL, "mail_host": "mail.example.org", "mail_user": "kb"}, "send the password unprotected"),
        ({"webhook_url": "ftp://x/", "webhook_secret": SECRET}, "KB_WEBHOOK_URL is no address"),
        ({"webhook_url": "http:///x", "webhook_secret": SECRET}, "KB_WEBHOOK_URL is no address"),
        ({"webhook_url": "http://x:99999/", "webhook_secret": SECRET}, "KB_WEBHOOK_URL is no address"),
        ({"webhook_url": "http://x/a b\r\nX: 1", "webhook_secret": SECRET}, "KB_WEBHOOK_URL is no address"),
        ({"webhook_url": "https://joe:pw@x/", "webhook_secret": SECRET}, "KB_WEBHOOK_URL holds a user name"),
        ({"webhook_url": "https://x/", "webhook_secret": "short"}, "KB_WEBHOOK_SECRET needs 16 characters"),
        ({"delivery_lease_seconds": 10}, "KB_DELIVERY_LEASE_SECONDS must be"),
    ],
)
def test_what_is_set_up_by_half_is_said_at_the_start(
    make_database: MakeDatabase, values: dict[str, Any], sentence: str
) -> None:
    database, settings = make_database(**values)
    with pytest.raises(InputError, match=sentence) as raised:
        Courier(database, settings)
    assert SECRET not in str(raised.value) and "joe:pw" not in str(raised.value)


def test_settings_come_from_variables_and_show_no_secret() -> None:
    settings = load_settings({"KB_MAIL_PASSWORD": "hunter2", "KB_WEBHOOK_SECRET": SECRET, "KB_MAIL_SECURITY": "tls"})
    assert settings.mail_password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) and SECRET not in str(settings.model_dump())


# The threads


def test_what_is_announced_is_sent_at_once_by_the_threads(make_database: MakeDatabase, couriers: list[Courier]) -> None:
    mailbox, receiver = Mailbox(), Receiver()
    with mail_server(mailbox) as mail_port, http_server(receiver) as port:
        database, settings = make_database(**MAIL, **webhook(port), mail_port=mail_port)
        couriers.append(Courier(database, settings))
        couriers[0].start()
        started = time.monotonic()
        for number in range(10):
            add_report(database, settings, f"form-{number}")
        couriers[0].wake()
        wait_for(lambda: len(mailbox.mails) == len(receiver.calls) == 10)
        assert time.monotonic() - started < 4
        wait_for(lambda: all(delivery(database, number).delivered_at for number in range(1, 21)))
        couriers[0].stop()
    assert [json.loads(body)["id"] for _, _, body in receiver.calls] == list(range(2, 21, 2))


def test_what_another_process_wrote_is_found_without_a_call(
    make_database: MakeDatabase, couriers: list[Courier]
) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        couriers.append(Courier(database, settings))
        couriers[0].start()
        add_report(database, settings)
        wait_for(lambda: receiver.calls)
        couriers[0].stop()


def test_a_dead_mail_server_delays_neither_the_webhook_nor_who_reports(
    make_database: MakeDatabase, couriers: list[Courier]
) -> None:
    receiver = Receiver()
    with bad_server() as mail_port, http_server(receiver) as port:
        database, settings = make_database(**MAIL, **webhook(port), mail_port=mail_port, delivery_timeout_seconds=3)
        couriers.append(Courier(database, settings))
        started = time.monotonic()
        for number in range(5):
            add_report(database, settings, f"form-{number}")
            couriers[0].wake()
        assert time.monotonic() - started < 1
        wait_for(lambda: len(receiver.calls) == 5)
        assert time.monotonic() - started < 3
        couriers[0].stop()


def test_a_mail_server_that_comes_back_gets_everything(
    make_database: MakeDatabase, couriers: list[Courier], caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    database, settings = make_database(**MAIL, mail_port=port, delivery_wait_seconds=1)
    couriers.append(Courier(database, settings))
    couriers[0].start()
    references = [add_report(database, settings, f"form-{number}") for number in range(3)]
    couriers[0].wake()
    wait_for(lambda: all(delivery(database, number).attempts for number in (1, 2, 3)))
    assert "refused the connection" in caplog.text
    mailbox = Mailbox()
    with mail_server(mailbox, port=port):
        wait_for(lambda: len(mailbox.mails) == 3)
        wait_for(lambda: all(delivery(database, number).delivered_at for number in (1, 2, 3)))
        couriers[0].stop()
    subjects = sorted(
        str(message_from_bytes(mail.original_content or b"", policy=modern)["Subject"])[:13] for mail in mailbox.mails
    )
    assert subjects == sorted(f"[{reference}]" for reference in references)


def test_two_couriers_send_everything_once(make_database: MakeDatabase, couriers: list[Courier]) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port))
        for number in range(20):
            add_report(database, settings, f"form-{number:02}")
        for _ in range(2):
            couriers.append(Courier(database, settings))
            couriers[-1].start()
        wait_for(lambda: all(delivery(database, number).delivered_at for number in range(1, 21)))
        for courier in couriers:
            courier.stop()
    assert sorted(json.loads(body)["id"] for _, _, body in receiver.calls) == list(range(1, 21))


PROCESS = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from kb.delivery import Courier
    from kb.settings import load_settings
    from kb.store.database import Database
    settings = load_settings(data=Path(sys.argv[1]))
    Courier(Database(settings), settings).start()
    print("started", flush=True)
    time.sleep(60)
    """
)


def test_a_killed_process_is_continued_by_the_next(make_database: MakeDatabase, tmp_path: Path) -> None:
    receiver = Receiver()
    variables = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "KB_DELIVERY_TIMEOUT_SECONDS": "0.5",
        "KB_DELIVERY_LEASE_SECONDS": "2",
    }
    with bad_server() as silent:
        database, settings = make_database(**webhook(silent))
        add_report(database, settings)
        variables |= {"KB_WEBHOOK_URL": settings.webhook_url, "KB_WEBHOOK_SECRET": SECRET}
        with subprocess.Popen(
            [sys.executable, "-c", PROCESS, tmp_path / "data"], env=variables, stdout=subprocess.PIPE
        ) as process:
            wait_for(lambda: is_leased(database))
            process.send_signal(signal.SIGKILL)
    assert not delivery(database).delivered_at
    with http_server(receiver) as port:
        variables["KB_WEBHOOK_URL"] = f"http://127.0.0.1:{port}/"
        with database.begin() as connection:
            connection.exec_driver_sql("UPDATE outbox SET next_at = '2026'")
        with subprocess.Popen(
            [sys.executable, "-c", PROCESS, tmp_path / "data"], env=variables, stdout=subprocess.PIPE
        ) as process:
            wait_for(lambda: delivery(database).delivered_at, 30)
            process.terminate()
    assert len(receiver.calls) == 1


def is_leased(database: Database) -> bool:
    with database.read() as connection:
        return bool(connection.exec_driver_sql("SELECT leased_by FROM outbox").scalar())


def test_a_locked_database_makes_deliveries_wait_not_fail(
    make_database: MakeDatabase, couriers: list[Courier], caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver()
    with http_server(receiver) as port:
        database, settings = make_database(**webhook(port), database_wait_seconds=0.1)
        add_report(database, settings)
        couriers.append(Courier(database, settings))
        with database.begin():
            couriers[0].start()
            wait_for(lambda: "deliveries wait: the database" in caplog.text)
        couriers[0].wake()
        wait_for(lambda: delivery(database).delivered_at)
        couriers[0].stop()
    assert len(receiver.calls) == 1


def test_a_payload_nobody_understands_stops_nothing(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    from kb.store.outbox import add_delivery

    mailbox = Mailbox()
    with mail_server(mailbox) as port, caplog.at_level(logging.ERROR):
        database, settings = make_database(**MAIL, mail_port=port)
        with database.begin() as connection:
            add_delivery(connection, "mail", "report.created", {"of": "another version"})
        add_report(database, settings)
        courier = Courier(database, settings)
        assert courier.deliver_next("mail", "test") and courier.deliver_next("mail", "test")
    assert delivery(database, 1).last_error == "unforeseen: KeyError" and delivery(database, 2).delivered_at


def test_a_courier_without_anything_set_up_starts_no_thread(make_database: MakeDatabase) -> None:
    courier = Courier(*make_database())
    courier.start()
    courier.wake()
    assert courier._threads == []


# The documentation


def program_of_the_documentation() -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text("utf-8"), re.DOTALL)
    return next(block for block in blocks if "def is_from_us" in block)


def test_the_verifier_of_the_documentation_tells_true_calls_from_false_ones() -> None:
    code = program_of_the_documentation()
    tree = ast.parse(code)
    tree.body = [node for node in tree.body if isinstance(node, ast.Import) or getattr(node, "name", "") == "is_from_us"]
    space: dict[str, Any] = {}
    exec(compile(tree, "webhooks.md", "exec"), space)
    is_from_us = space["is_from_us"]
    body = b'{"id":1}'
    given = signature(SECRET, int(time.time()), body)
    assert is_from_us(SECRET, given, body)
    assert not is_from_us("another secret", given, body) and not is_from_us(SECRET, given, body + b" ")
    old, early = (signature(SECRET, int(time.time()) + seconds, body) for seconds in (-600, 600))
    for bad in (old, early, "", "t=,v1=", "v1=00", given.replace("v1", "v2"), "t=x,v1=é", "a"):
        assert not is_from_us(SECRET, bad, body)


def test_the_receiver_of_the_documentation_takes_each_event_once_and_nothing_forged(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    (tmp_path / "receiver.py").write_text(program_of_the_documentation(), "utf-8")
    receiver = subprocess.Popen(
        [sys.executable, "receiver.py", "0", "events.sqlite3"],
        cwd=tmp_path, env={**os.environ, "KB_WEBHOOK_SECRET": SECRET}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert receiver.stdout
        port = int(receiver.stdout.readline().split()[-1])
        database, settings = make_database(**webhook(port))
        reference = add_report(database, settings)
        sent = deliver(database, settings, "webhook")
        assert sent.delivered_at

        body = webhook_body(sent.id, sent.event, sent.created_at, sent.payload)
        post(settings, sent.event, body)  # the same event again: taken, and left alone
        for moment, replayed in ((int(time.time()) - 600, body), (None, body)):
            other = settings if moment else settings.model_copy(update={"webhook_secret": SecretStr("x" * 20)})
            with pytest.raises(DeliveryError, match="answered 403"):
                post(other, sent.event, replayed, moment)
        ask(database, settings, "Who knows?", now=later())
        assert Courier(database, settings).deliver_next("webhook", "test")
    finally:
        receiver.terminate()
        printed = receiver.communicate(timeout=20)[0].splitlines()
    assert [line.split()[0] for line in printed] == ["report.created", "question.unanswered"]
    assert reference in printed[0] and "Who knows?" in printed[1]

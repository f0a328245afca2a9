"""Telling others: new reports by mail and webhook, unanswered questions by webhook, from the outbox in the database.

What is to be told is written into the outbox in the transaction of what happened. One thread for mail and one for the
webhook then send what is due, wait longer after every failure, and go on where they were after a restart. No request waits
for them.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from kb import staff_links
from kb.entry import ReportTemplate
from kb.errors import DeliveryError, InputError, StorageError
from kb.mail import check_mail_settings, report_mail, send_mail
from kb.report import report_markdown, report_text, rows, sent_report
from kb.settings import Settings
from kb.store.database import Database
from kb.store.outbox import (
    Delivery,
    Kind,
    add_delivery,
    claim_deliveries,
    drop_delivery,
    heed_clock,
    mark_delivered,
    mark_failed,
    next_due_at,
    waits_past,
)
from kb.store.questions import UNANSWERED
from kb.store.reports import StoredReport, load_report
from kb.store.times import time_text
from kb.unanswered import question_to_tell
from kb.webhook import (
    QUESTION_UNANSWERED,
    REPORT_CREATED,
    check_webhook_settings,
    post,
    webhook_body,
    webhook_events,
)

UNFORESEEN = "unforeseen: "  # before the name of a fault of this program, in the last error of a delivery
_LOOK_SECONDS = 5.0  # between looks for what other processes wrote
_NOTE_TRIES = 30  # a second apart, to say in the database what came of a delivery
log = logging.getLogger("kb.delivery")


def kinds(settings: Settings) -> tuple[Kind, ...]:
    """The ways of delivery that are set up."""
    ways: tuple[tuple[Kind, str], ...] = (("mail", settings.mail_host), ("webhook", settings.webhook_url))
    return tuple(kind for kind, address in ways if address)


def announce_report(
    connection: Connection,
    settings: Settings,
    stored: StoredReport,
    template: ReportTemplate,
    now: datetime | None = None,
) -> int:
    """Put a new report into the outbox, once for each way that is set up. Returns how many.

    Call it in the transaction that stores the report, and only when the report is new.
    """
    report = sent_report(stored)
    url = _address(settings, staff_links.report(stored.reference))
    title = stored.fields.get("title") or next(iter(stored.question.splitlines()), "") or "Problem report"
    payloads: dict[Kind, dict[str, Any]] = {
        "mail": {
            "reference": stored.reference,
            "title": title,
            "sent_at": stored.created_at,
            "url": url,
            "text": report_text(report, template, with_files=False),
            "markdown": report_markdown(report, template, with_files=False),
        },
        "webhook": {
            "reference": stored.reference,
            "title": title,
            "sent_at": stored.created_at,
            "url": url,
            "fields": [{"id": field.id, "label": field.label, "value": value} for field, value in rows(report, template) if value],
            "attachments": [{"name": item.name, "bytes": item.size} for item in stored.attachments],
        },
    }  # fmt: skip
    ways = [kind for kind in kinds(settings) if kind == "mail" or REPORT_CREATED in webhook_events(settings)]
    for kind in ways:
        add_delivery(connection, kind, REPORT_CREATED, payloads[kind], now)
    return len(ways)


def announce_question(
    connection: Connection, settings: Settings, question_id: int | None, level: str, now: datetime | None = None
) -> int:
    """Put a question that no entry answers into the outbox for the webhook. Returns how many deliveries that made.

    question_id: in the log of questions, None when it is not kept there; then it is not told either. Whether it is told
    in the end is decided after a wait: see kb/unanswered.py.
    """
    if question_id is None or level not in UNANSWERED or not _tells_questions(settings):
        return 0
    wait = settings.webhook_question_seconds
    add_delivery(connection, "webhook", QUESTION_UNANSWERED, {"question_id": question_id}, now, wait)
    return 1


def _tells_questions(settings: Settings) -> bool:
    is_wanted = settings.log_questions and QUESTION_UNANSWERED in webhook_events(settings)
    return is_wanted and "webhook" in kinds(settings)


def _address(settings: Settings, path: str) -> str:
    """A page of the support team as it is reached from outside; empty while nobody said where that is."""
    return settings.base_url.rstrip("/") + path if settings.base_url else ""


class Courier:
    """Sends what is in the outbox, in threads of its own. Make one for each process that serves."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Raises InputError when mail or the webhook is set up by half."""
        check_mail_settings(settings)
        check_webhook_settings(settings)
        if settings.delivery_lease_seconds < 4 * settings.delivery_timeout_seconds:
            raise InputError("setting KB_DELIVERY_LEASE_SECONDS must be four times KB_DELIVERY_TIMEOUT_SECONDS or more")
        self.database = database
        self.settings = settings
        self._kinds = kinds(settings)
        self._process = 0
        self._lock = threading.Lock()
        self._is_stopping = threading.Event()
        self._calls: dict[Kind, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads unless they run in this process already; cheap enough for every request."""
        if self._process == os.getpid() or not self._kinds:
            return
        with self._lock:
            if self._process == os.getpid():
                return
            self._is_stopping = threading.Event()  # a fork leaves the threads behind, whatever state their locks are in
            self._calls = {kind: threading.Event() for kind in self._kinds}
            self._threads = [
                threading.Thread(target=self._work, args=(kind,), name=f"kb-delivery-{kind}", daemon=True)
                for kind in self._kinds
            ]
            for thread in self._threads:
                thread.start()
            self._process = os.getpid()

    def wake(self) -> None:
        """Send what was just written at once, rather than at the next look."""
        self.start()
        for call in self._calls.values():
            call.set()

    def stop(self, seconds: float = 5.0) -> None:
        """End the threads, waiting that long for what is being sent. What is left waits in the outbox."""
        self._is_stopping.set()
        for call in self._calls.values():
            call.set()
        for thread in self._threads:
            thread.join(seconds)
        self._process = 0

    def _work(self, kind: Kind) -> None:
        worker = f"{kind}-{os.getpid()}-{secrets.token_hex(6)}"
        call, is_stopping = self._calls[kind], self._is_stopping
        while not is_stopping.is_set():
            call.clear()
            wait = _LOOK_SECONDS
            try:
                while not is_stopping.is_set() and self.deliver_next(kind, worker):
                    pass
                wait = self._seconds_to_wait(kind)
            except StorageError as error:
                log.warning("deliveries wait: %s", error)
            except Exception:  # whatever it was, the next delivery must not suffer
                log.exception("a delivery failed in an unforeseen way")
            call.wait(wait)

    def _seconds_to_wait(self, kind: Kind) -> float:
        with self.database.read() as connection:
            due = next_due_at(connection, kind)
            is_later = waits_past(connection, time_text())
        if not due:
            return _LOOK_SECONDS
        if is_later:
            with self.database.begin() as connection:
                if heed_clock(connection, self.settings):
                    return 0.0
        return min(_LOOK_SECONDS, max(0.5, (datetime.fromisoformat(due) - datetime.now(UTC)).total_seconds()))

    def deliver_next(self, kind: Kind, worker: str) -> bool:
        """Send the oldest thing that is due. Whether there was one. Raises StorageError."""
        with self.database.read() as connection:  # most looks find nothing, and reading disturbs nobody
            due = next_due_at(connection, kind)
        if not due or due > time_text():
            return False
        with self.database.begin() as connection:
            taken = claim_deliveries(connection, self.settings, worker, kind=kind)
        for delivery in taken:
            self._deliver(delivery, worker)
        return bool(taken)

    def _deliver(self, delivery: Delivery, worker: str) -> None:
        try:
            if delivery.kind == "mail":
                self._mail(delivery.payload)
            else:
                payload = self._webhook_payload(delivery)
                if payload is None:
                    with self.database.begin() as connection:
                        drop_delivery(connection, delivery.id, worker)
                    return
                post(
                    self.settings,
                    delivery.event,
                    webhook_body(delivery.id, delivery.event, delivery.created_at, payload),
                )
        except DeliveryError as error:
            log.warning("delivery %d (%s, try %d): %s", delivery.id, delivery.event, delivery.attempts + 1, error)
            self._note(delivery, worker, str(error))
        except Exception as error:
            log.exception("delivery %d (%s) failed in an unforeseen way", delivery.id, delivery.event)
            self._note(delivery, worker, UNFORESEEN + type(error).__name__)
        else:
            self._note(delivery, worker)

    def _webhook_payload(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """What is posted; None when it is not to be told any more."""
        if delivery.event != QUESTION_UNANSWERED:
            return delivery.payload
        if not _tells_questions(self.settings):
            return None
        with self.database.read() as connection:
            question = question_to_tell(connection, delivery.payload["question_id"])
        if question is None:
            return None
        return {
            "question": question.text,
            "level": question.level,
            "nearest": question.entry_id,
            "log_lines": question.log_lines,
            "asked_at": question.asked_at,
            "url": _address(self.settings, staff_links.QUESTIONS),
        }

    def _mail(self, payload: Mapping[str, Any]) -> None:
        with self.database.read() as connection:
            stored = load_report(connection, payload["reference"])
        message = report_mail(self.settings, **payload, attachments=stored.attachments if stored else ())
        refused = send_mail(self.settings, message)
        if refused:
            log.warning("the mail server took report %s, but not for %s", payload["reference"], ", ".join(refused))

    def _note(self, delivery: Delivery, worker: str, error: str = "") -> None:
        """Say what came of a delivery; a locked database is asked again, because what was sent cannot be taken back."""
        for tries in range(1, _NOTE_TRIES + 1):
            try:
                with self.database.begin() as connection:
                    if error:
                        mark_failed(connection, self.settings, delivery.id, worker, error)
                    else:
                        mark_delivered(connection, delivery.id, worker)
                return
            except StorageError as fault:
                log.warning("what came of delivery %d is not stored yet: %s", delivery.id, fault)
                if self._is_stopping.wait(1) and tries >= 3:
                    return

"""Deliveries in words."""

from __future__ import annotations

import pytest

from kb.delivery_rows import delivery_row, reason, where_to
from kb.settings import Settings
from kb.store.outbox import Delivery

MAIL = Settings(mail_host="mail.example.org", mail_from="kb@example.org", mail_to="Help <help@example.org>, it@example.org")
HOOK = Settings(webhook_url="https://hooks.example.org/services/T0/very-secret?token=abc", webhook_secret="x" * 16)
AT = "2026-11-24T12:00:00+00:00"


def test_a_report_and_a_question_lead_to_their_pages() -> None:
    report = Delivery(
        3, "mail", "report.created", {"reference": "R-7K3M-92QX", "title": "It hums"}, AT, 21, AT, "", AT, "refused"
    )
    row = delivery_row(MAIL, report)
    assert (row.id, row.title, row.reference, row.address) == (3, "It hums", "R-7K3M-92QX", "/inbox/reports/R-7K3M-92QX")
    assert (row.where, row.why, row.given_up_at) == ("Mail to help@example.org, it@example.org", "Refused.", AT)
    question = Delivery(4, "webhook", "question.unanswered", {"question": "why hum"}, AT, 21, AT, "", AT, "")
    row = delivery_row(HOOK, question)
    assert (row.title, row.reference, row.address) == ("why hum", "", "/inbox/questions")
    strange = Delivery(5, "webhook", "other", {}, AT, 21, AT, "", AT, "")
    assert (delivery_row(HOOK, strange).title, delivery_row(HOOK, strange).address) == ("other", "")


def test_of_the_webhook_only_the_host_is_shown() -> None:
    assert where_to(HOOK, "webhook") == "Webhook at hooks.example.org"
    assert where_to(HOOK, "mail") == "Mail, which is no longer set up"
    assert where_to(MAIL, "webhook") == "Webhook, which is no longer set up"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("the mail server at mail:25 is not there", "The mail server at mail:25 is not there."),
        ("the mail server said: 550 nobody.", "The mail server said: 550 nobody."),
        ("", "No reason was noted."),
        ("unforeseen: KeyError", "The program failed (KeyError); its log says more."),
        ("the server quoted password=hunter22", "The server quoted password=[password removed]."),
    ],
)
def test_a_reason_is_a_sentence_without_secrets(error: str, shown: str) -> None:
    assert reason(error) == shown

"""Deliveries as the support team reads them: what about, where to, and why they failed. No secret is among it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from kb import staff_links
from kb.delivery import UNFORESEEN, kinds
from kb.mail import recipients
from kb.secret_scan import mask
from kb.settings import Settings
from kb.store.outbox import Delivery, Kind
from kb.webhook import QUESTION_UNANSWERED


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery that was given up, as shown."""

    id: int
    title: str  # of the report, or the question
    reference: str  # of the report; empty for a question
    address: str  # of the support team's page about it
    where: str
    why: str  # a sentence
    given_up_at: str


def delivery_row(settings: Settings, delivery: Delivery) -> DeliveryRow:
    """A delivery in words."""
    reference = str(delivery.payload.get("reference", ""))
    is_question = delivery.event == QUESTION_UNANSWERED
    title = str(delivery.payload.get("question" if is_question else "title", "")) or delivery.event
    address = staff_links.QUESTIONS if is_question else staff_links.report(reference) if reference else ""
    return DeliveryRow(
        delivery.id, title, reference, address, where_to(settings, delivery.kind), reason(delivery.last_error),
        delivery.failed_at,
    )  # fmt: skip


def where_to(settings: Settings, kind: Kind) -> str:
    """Where a way of delivery leads to now. Of the webhook's address only the host: the rest may be a password."""
    way = "Mail" if kind == "mail" else "Webhook"
    if kind not in kinds(settings):
        return f"{way}, which is no longer set up"
    if kind == "mail":
        return f"Mail to {', '.join(recipients(settings))}"
    return f"Webhook at {urlsplit(settings.webhook_url).hostname}"


def reason(error: str) -> str:
    """The last error of a delivery as a sentence, without secrets."""
    if error.startswith(UNFORESEEN):
        return f"The program failed ({error.removeprefix(UNFORESEEN)}); its log says more."
    text = mask(error.strip())
    if not text:
        return "No reason was noted."
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "…")) else ".")

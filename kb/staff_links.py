"""Addresses of the support team's pages, and which of them a login may lead to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from kb.links import quote

LOGIN = "/login"
LOGOUT = "/logout"
INBOX = "/inbox"
QUESTIONS = "/inbox/questions"
DRAFTS = "/inbox/drafts"
DELIVERIES = "/inbox/deliveries"
INSIGHTS = "/insights"


def report(reference: str, action: str = "") -> str:
    """A report, or an action on it."""
    return _with_action(f"{INBOX}/reports/{quote(reference)}", action)


def attachment(reference: str, number: int) -> str:
    """An attachment of a report, by its place from 1."""
    return report(reference, f"attachments/{number}")


def question(key: str, action: str = "") -> str:
    """A group of questions, or an action on it."""
    return _with_action(f"{QUESTIONS}/{quote(key)}", action)


def draft(draft_id: str, action: str = "") -> str:
    """A draft, or an action on it."""
    return _with_action(f"{DRAFTS}/{quote(draft_id)}", action)


def draft_patch(draft_id: str) -> str:
    """A draft's patch as a file."""
    return f"{DRAFTS}/{quote(draft_id)}.patch"


def delivery(delivery_id: int, action: str) -> str:
    """An action on a delivery."""
    return f"{DELIVERIES}/{delivery_id}/{action}"


def table(name: str, days: int) -> str:
    """A table of the insights as CSV."""
    return with_query(f"{INSIGHTS}/{quote(name)}.csv", {"days": str(days)})


def login(after: str = "") -> str:
    """The login that leads to `after`."""
    return with_query(LOGIN, {"next": after if after != INBOX else ""})


def with_query(address: str, values: Mapping[str, str]) -> str:
    """`address` with those of the values that are not empty."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{address}?{query}" if query else address


def own_path(address: str) -> str:
    """`address` if it is a path of this portal, else the inbox: a login must not lead to another site."""
    is_plain = address.isprintable() and "\\" not in address and address.startswith("/") and address[1:2] != "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return INBOX
    if not is_plain or parts.scheme or parts.netloc or parts.path in (LOGIN, LOGOUT):
        return INBOX
    return address


def _with_action(address: str, action: str) -> str:
    return f"{address}/{action}" if action else address

"""Events as signed JSON to an address of somebody else's: the body, its signature, and posting it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kb.deadline import Deadline
from kb.errors import DeliveryError, InputError
from kb.mail import network_reason
from kb.settings import Settings

REPORT_CREATED = "report.created"
QUESTION_UNANSWERED = "question.unanswered"
EVENTS = (REPORT_CREATED, QUESTION_UNANSWERED)
LEAST_SECRET = 16  # characters
_PORTS = {"http": 80, "https": 443}


def check_webhook_settings(settings: Settings) -> None:
    """Raises InputError when the webhook's address cannot be used, or nothing would sign what is sent there."""
    if not settings.webhook_url:
        return
    webhook_events(settings)
    try:
        url = urlsplit(settings.webhook_url)
        is_usable = url.scheme in _PORTS and bool(url.hostname) and url.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not settings.webhook_url.isprintable() or " " in settings.webhook_url:
        raise InputError("setting KB_WEBHOOK_URL is no address that begins with http:// or https://")
    if url.username is not None:
        raise InputError("setting KB_WEBHOOK_URL holds a user name; leave it out, KB_WEBHOOK_SECRET signs every call")
    if len(settings.webhook_secret.get_secret_value()) < LEAST_SECRET:
        raise InputError(
            f"setting KB_WEBHOOK_SECRET needs {LEAST_SECRET} characters or more, so that receivers can tell who calls"
        )


def webhook_events(settings: Settings) -> frozenset[str]:
    """The events that are posted. Raises InputError that names one there is not."""
    wanted = frozenset(filter(None, (item.strip() for item in settings.webhook_events.split(","))))
    unknown = sorted(wanted.difference(EVENTS))
    if unknown:
        raise InputError(
            f"setting KB_WEBHOOK_EVENTS names {unknown[0]!r}, which is no event; the events: {', '.join(EVENTS)}"
        )
    return wanted


def webhook_body(delivery_id: int, event: str, created_at: str, data: Mapping[str, Any]) -> bytes:
    """The body of a call. However often it is sent, it is the same, and so is its id."""
    value = {"id": delivery_id, "event": event, "created_at": created_at, "data": dict(data)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def signature(secret: str, moment: int, body: bytes) -> str:
    """The value of KB-Signature: `t=…,v1=…`, the second part being the HMAC-SHA256 of time, a full stop and body, as hex."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def post(settings: Settings, event: str, body: bytes, moment: int | None = None) -> None:
    """Post a body to the webhook. moment: seconds since 1970, the present if None.

    Raises DeliveryError, one sentence, for anything but an answer of 200 to 299.
    """
    url = urlsplit(settings.webhook_url)
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    where = f"the webhook at {host}:{port}"
    timeout = settings.delivery_timeout_seconds
    connection = (
        http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
        if url.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=timeout)
    )
    moment = int(time.time()) if moment is None else moment
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "kb-webhook",
        "KB-Event": event,
        "KB-Signature": signature(settings.webhook_secret.get_secret_value(), moment, body),
    }
    with Deadline(3 * timeout) as limit:
        connection._create_connection = limit.connect  # type: ignore[attr-defined]
        try:
            connection.request("POST", f"{url.path or '/'}{'?' + url.query if url.query else ''}", body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError) as error:
            if limit.is_over:
                raise DeliveryError(f"{where} took longer than {3 * timeout:g} seconds") from error
            raise DeliveryError(f"{where} {_reason(error, timeout)}") from error
        finally:
            connection.close()
    if limit.is_over:  # a cut connection looks like the end of an answer
        raise DeliveryError(f"{where} took longer than {3 * timeout:g} seconds")
    if 300 <= status < 400:
        raise DeliveryError(f"{where} answered {status}; redirects are not followed, so name the new address")
    if not 200 <= status < 300:
        raise DeliveryError(f"{where} answered {status}")


def _reason(error: Exception, timeout: float) -> str:
    match error:
        case http.client.RemoteDisconnected():
            return "closed the connection without an answer"
        case http.client.HTTPException():
            return "did not answer in HTTP"
        case _:
            return network_reason(error, timeout)

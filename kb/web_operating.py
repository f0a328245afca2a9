"""What those who run the portal ask it: does it live, can it answer, and how much does it do."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from flask import Blueprint, Response, abort, request

from kb import __version__
from kb.entry import Finding
from kb.errors import ContentError, DataFolderError, KbError
from kb.metrics import family
from kb.portal import Portal, current_portal
from kb.responses import json_response
from kb.store.outbox import count_given_up, count_waiting, oldest_waiting_at

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
# a proxy adds one of these, and then its own address says nothing about who asks
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
log = logging.getLogger("kb.web")
operating_site = Blueprint("operating_site", __name__)


@operating_site.get("/healthz")
def healthz() -> Response:
    return _unkept(Response("ok", content_type="text/plain; charset=utf-8"))


@operating_site.get("/readyz")
def readyz() -> Response:
    """Can questions be answered? If not, or not from the content of now, why, in words that give nothing away.

    `warnings` say what does not work although questions are answered: it is no reason to send readers elsewhere.
    """
    portal = current_portal()
    try:
        generation = portal.shelf().generation
    except KbError as error:
        log.warning("not ready: %s", error)
        return _unkept(json_response({"ready": False, "reasons": [_reason(error)]}, 503))
    state = {
        "fingerprint": generation.fingerprint,
        "built": generation.built,
        "entries": len(generation.content.entries),
    }
    reasons = list(_shortcomings(portal.knowledge_base.problem, generation.content.findings))
    return _unkept(json_response({"ready": True, "reasons": reasons, "warnings": _warnings(portal), **state}))


def _shortcomings(problem: str, findings: Iterable[Finding]) -> Iterator[str]:
    """Why answers are not from the content as it is now."""
    if problem:
        yield "the content could not be brought up to date; the log says why"
    files = {finding.file for finding in findings if finding.severity == "error"}
    if files:
        have = "file has" if len(files) == 1 else "files have"
        yield f"{len(files)} content {have} errors; the log and the inbox say which"


def _warnings(portal: Portal) -> list[str]:
    found = []
    try:
        with portal.database.read() as connection:
            if count_given_up(connection):
                found.append("deliveries were given up")
        portal.secret_key()
    except KbError as error:
        log.warning("ready, but: %s", error)
        found.append("what people send cannot be stored")
    return found


def _reason(error: KbError) -> str:
    if isinstance(error, ContentError):
        return "the content cannot be read"
    if isinstance(error, DataFolderError):
        return "the data folder cannot be used"
    return "there is no index to answer from"


@operating_site.get("/metrics")
def metrics() -> Response:
    """Counts for Prometheus, for those who may read them."""
    portal = current_portal()
    if not _may_read_metrics(portal):
        abort(403)
    lines = [*_of_program(), *portal.metrics.lines(), *_of_content(portal), *_of_outbox(portal)]
    return _unkept(Response("\n".join(lines) + "\n", content_type=PLAIN))


def _may_read_metrics(portal: Portal) -> bool:
    token = portal.settings.metrics_token.get_secret_value()
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    try:
        is_here = ip_address((request.remote_addr or "").partition("%")[0]).is_loopback
    except ValueError:
        is_here = False
    return is_here and not any(name in request.headers for name in _FORWARDED)


def _of_program() -> list[str]:
    return family("kb_info", "gauge", "The version that runs.", [({"version": __version__}, 1)])


def _of_content(portal: Portal) -> list[str]:
    try:
        generation = portal.shelf().generation
    except KbError:
        return family("kb_ready", "gauge", "Whether questions can be answered.", [({}, 0)])
    built = datetime.fromisoformat(generation.built).timestamp()
    problem = bool(getattr(portal.knowledge_base, "problem", ""))
    return [
        *family("kb_ready", "gauge", "Whether questions can be answered.", [({}, 1)]),
        *family("kb_generation_age_seconds", "gauge", "Seconds since what answers was built.", [({}, time.time() - built)]),
        *family("kb_entries", "gauge", "Entries that can answer.", [({}, len(generation.content.entries))]),
        *family("kb_content_problem", "gauge", "Whether the content on disk cannot be used.", [({}, problem)]),
    ]  # fmt: skip


def _of_outbox(portal: Portal) -> list[str]:
    try:
        with portal.database.read() as connection:
            waiting, given_up = count_waiting(connection), count_given_up(connection)
            oldest = oldest_waiting_at(connection)
    except KbError as error:
        log.warning("the outbox cannot be counted: %s", error)
        return family("kb_database_up", "gauge", "Whether the database can be read.", [({}, 0)])
    age = (datetime.now(UTC) - datetime.fromisoformat(oldest)).total_seconds() if oldest else 0
    return [
        *family("kb_database_up", "gauge", "Whether the database can be read.", [({}, 1)]),
        *family("kb_outbox_waiting", "gauge", "Mails and calls that wait to be delivered.", [({}, waiting)]),
        *family("kb_outbox_oldest_seconds", "gauge", "Seconds that the oldest of them waits.", [({}, max(0.0, age))]),
        *family("kb_outbox_given_up", "gauge", "Mails and calls that were given up.", [({}, given_up)]),
    ]


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response

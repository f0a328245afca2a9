"""What is known of the request that is being answered, for the log and the counts: nothing of what people typed.

A record is put into the WSGI environment by `kb.request_log` and filled in by the routes on its way through.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, has_request_context, request

KEY = "kb.request_record"  # in the WSGI environment
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(slots=True)
class RequestRecord:
    """One request, without its address, its fields and who sent it."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    method: str = ""
    route: str = ""  # the pattern, such as /entries/<entry_id>; empty when there is none
    blueprint: str = ""
    level: str = ""  # of the answer to a question; empty when none was asked


def request_id(sent: str) -> str:
    """The id that a proxy sent, if it can stand in a log as it is; else a new one."""
    return sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(8)


def current_record() -> RequestRecord | None:
    """The record of the current request; None outside one, and for a server that keeps none."""
    record: Any = request.environ.get(KEY) if has_request_context() else None
    return record if isinstance(record, RequestRecord) else None


def note_level(level: str) -> None:
    """Say how well the question of the current request was answered."""
    record = current_record()
    if record:
        record.level = level


def note_routes(app: Flask) -> None:
    """Have the routes of an application named in the records of their requests."""

    def note() -> None:
        record = current_record()
        if record and request.url_rule:
            record.route, record.blueprint = request.url_rule.rule, request.blueprint or ""

    app.before_request(note)

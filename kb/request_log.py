"""Around the application: every request gets an id, is timed, counted, and logged in one line.

The line holds time, id, method, the pattern of the route, status, milliseconds, and how well a question was answered. It
never holds what was asked, ids of conversations, addresses or cookies.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kb.log_lines import FIELDS, REQUESTS
from kb.request_record import KEY, RequestRecord, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-Id"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
Observe = Callable[[RequestRecord, int, float], None]  # record, status, seconds
log = logging.getLogger(REQUESTS)


def with_request_log(inner: WSGIApplication, observe: Observe) -> WSGIApplication:
    """`inner` with ids, times and a line of log for each request. observe: told of each when it has been answered."""

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        method = environ.get("REQUEST_METHOD", "")
        record = RequestRecord(
            request_id(environ.get("HTTP_X_REQUEST_ID", "")), method if method in METHODS else "other"
        )
        statuses: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return start_response(status, [*headers, (HEADER, record.id)], exc_info)

        def finish() -> None:
            seconds = time.perf_counter() - started
            status = statuses[-1] if statuses else 500
            observe(record, status, seconds)
            _log(record, status, seconds)

        try:
            body = inner({**environ, KEY: record}, start)
        except BaseException:
            finish()
            raise
        return _Body(body, finish)

    return outer


class _Body:
    """The body of an answer, that says when the server has done with it, sent or not."""

    def __init__(self, parts: Iterable[bytes], finish: Callable[[], None]) -> None:
        self._parts = parts
        self._finish = finish

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        try:
            close = getattr(self._parts, "close", None)
            if close:
                close()
        finally:
            self._finish()


def _log(record: RequestRecord, status: int, seconds: float) -> None:
    if log.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {
            "request_id": record.id,
            "method": record.method,
            "route": record.route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        if record.level:
            fields["answer"] = record.level
        log.info("answered", extra={FIELDS: fields})

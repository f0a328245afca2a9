"""How much of the rate limits is left, in the headers of an answer.

`RateLimit-Policy` says what a limit allows (q requests in w seconds), `RateLimit` what is left of it (r requests, t
seconds until all of them are free again), both as in the draft "RateLimit header fields for HTTP" of the IETF's HTTPAPI group.
"""

from __future__ import annotations

import time

from flask import Response
from flask_limiter import RequestLimit

from kb.guards import limiter


def add_rate_headers(response: Response) -> Response:
    """`response` with the limits that this request counted towards; unchanged when there were none."""
    limits = {_name(limit): limit for limit in limiter.current_limits}
    if limits:
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{name}";q={limit.limit.amount};w={limit.limit.get_expiry()}' for name, limit in limits.items()
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{name}";r={limit.remaining};t={seconds_left(limit)}' for name, limit in limits.items()
        )
    return response


def seconds_left(limit: RequestLimit) -> int:
    """Seconds, 1 or more, until a limit is as it was before."""
    # reset_at is rounded up: without the bound a limit by the minute would seem to last a second longer
    return min(max(1, limit.reset_at - int(time.time())), limit.limit.get_expiry())


def _name(limit: RequestLimit) -> str:
    return limit.request_args[-1]  # the scope that requests of several addresses share

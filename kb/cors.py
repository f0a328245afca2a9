"""Which other sites' pages may call the API from a browser: the list of `KB_API_ORIGINS`, and the headers that say so.

Nothing here lets a browser send cookies along: `Access-Control-Allow-Credentials` is never given, so that a page of a
listed site sees what anybody can see, and nothing that belongs to who looks at it.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from flask import Request, Response

from kb.errors import InputError

ANY = "*"
_METHODS = "GET, HEAD, POST"
_SENT = "Content-Type, Idempotency-Key, If-None-Match"
_READABLE = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After"
_KEPT_SECONDS = "7200"  # what browsers may remember of a preflight; none keeps it longer


@lru_cache(maxsize=8)
def parse_origins(text: str, setting: str = "KB_API_ORIGINS") -> frozenset[str]:
    """The sites of a setting: `*`, or origins such as https://www.example.com, with commas between them.

    Raises InputError for anything else.
    """
    found = frozenset(_origin(part.strip(), setting) for part in text.split(",") if part.strip())
    if ANY in found and len(found) > 1:
        raise InputError(f"setting {setting}: * stands for all sites; leave out the others")
    return found


def _origin(text: str, setting: str) -> str:
    if text == ANY:
        return text
    try:
        parts = urlsplit(text.rstrip("/").lower())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    is_origin = (
        parts.scheme in ("http", "https") and parts.hostname and not (parts.path or parts.query or parts.fragment)
    )
    if not is_origin or set("@*") & set(parts.netloc):
        raise InputError(f"setting {setting}: {text!r} is not a site such as https://www.example.com")
    standard = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(standard)}"  # as browsers write it


def is_allowed(origin: str, allowed: frozenset[str]) -> bool:
    """Whether pages of `origin` may call the API."""
    return bool(origin) and (ANY in allowed or origin in allowed)


def allow(sent: Request, response: Response, allowed: frozenset[str]) -> Response:
    """`response` with the headers for a page of another site; unchanged where no site is listed."""
    if not allowed:
        return response
    origin = sent.headers.get("Origin", "")
    if ANY in allowed:
        response.headers["Access-Control-Allow-Origin"] = ANY
    else:
        response.vary.add("Origin")  # also when this one is not listed: a cache must not hand its answer to one that is
        if not is_allowed(origin, allowed):
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
    if sent.method == "OPTIONS" and "Access-Control-Request-Method" in sent.headers:
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _SENT
        response.headers["Access-Control-Max-Age"] = _KEPT_SECONDS
    else:
        response.headers["Access-Control-Expose-Headers"] = _READABLE
    return response

"""Which sites may show the portal in a frame, and the second set of addresses that makes it possible.

Below PREFIX visitors find the pages they find at the root, made for the help widget: compact, and allowed in a frame of
the sites of `KB_EMBED_ORIGINS`. All other pages, those of the staff above all, are never shown in a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request

from kb.cors import parse_origins
from kb.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/embed"
NOWHERE = "frame-ancestors 'none'"  # as the portal's policy says it
_MARK = "kb.embedded"  # in the WSGI environment of a request for a page of the widget
_PAGES = ("/ask", "/feedback", "/suggest", "/conversations/", "/entries/", "/sections/", "/guides/")  # of visitors


def frame_ancestors(settings: Settings) -> str:
    """The sites that may show the widget, as a policy says it: the portal itself, and those of the setting.

    Raises InputError when the setting cannot be used.
    """
    return " ".join(("frame-ancestors 'self'", *sorted(parse_origins(settings.embed_origins, "KB_EMBED_ORIGINS"))))


def is_embedded() -> bool:
    """Whether the current request is for a page of the widget."""
    return has_request_context() and _MARK in request.environ


def with_embedding(inner: WSGIApplication, ancestors: str) -> WSGIApplication:
    """`inner` with its visitors' pages below PREFIX as well, where sites named by `ancestors` may show them in a frame."""

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return inner(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            return start_response(status, _framed(headers, ancestors), exc_info)

        rest = path.removeprefix(PREFIX) or "/"
        moved = {"PATH_INFO": rest, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + PREFIX}
        is_page = rest == "/" or rest.startswith(_PAGES)  # for all others there is no page, and the frame says so
        return inner({**environ, _MARK: True, **(moved if is_page else {})}, start)

    return outer


def _framed(headers: list[tuple[str, str]], ancestors: str) -> list[tuple[str, str]]:
    kept = [
        (name, value.replace(NOWHERE, ancestors) if name.lower() == "content-security-policy" else value)
        for name, value in headers
        if name.lower() != "x-frame-options"  # it knows no list of sites
    ]
    return [*kept, ("X-Robots-Tag", "noindex")]  # the same texts are found outside

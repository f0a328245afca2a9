"""How routes answer: pages made for one request, pages that depend on the content alone, and fields as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request

from kb.assets import HTML, Asset, respond, text_asset
from kb.portal import Shelf


def html_response(text: str, status: int = 200, *, private: bool = False) -> Response:
    """A page made for this request. private: kept nowhere, so that Back shows it as it is by then."""
    response = Response(text, status, content_type=HTML)
    response.headers["Cache-Control"] = "no-store" if status >= 500 else "private, no-store" if private else "no-cache"
    return response


def json_response(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """`value` as JSON."""
    return Response(json.dumps(value, ensure_ascii=False), status, content_type=media_type)


def kept_page(shelf: Shelf, make: Callable[..., str | Asset], *arguments: object) -> Response:
    """A page that depends on the content and `arguments` alone; made once and kept."""
    return respond(shelf.page(make, *arguments), request)


def twin_response(text: str) -> Response:
    """A page as Markdown."""
    return respond(text_asset(text, "text/markdown; charset=utf-8"), request)


def typed(values: Any, name: str) -> str:
    """A field of a form or address as typed, with Unix line ends, without blank edges."""
    return str(values.get(name, "")).replace("\r\n", "\n").replace("\r", "\n").strip()

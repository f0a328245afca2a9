"""How routes answer: pages made for one request, pages that depend on the content alone, and fields as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request

from kb.assets import HTML, Asset, pack, respond, text_asset
from kb.portal import Shelf


def html_response(text: str, status: int = 200, *, private: bool = False, packed: bool = True) -> Response:
    """A page made for this request, compressed where the browser can read that.

    private: kept nowhere, so that Back shows it as it is by then. packed: False for a page that holds a token against forged
    forms, or what others wrote, beside text from its address: compressed, its size would give them away bit by bit to
    whoever chooses that text.
    """
    response = Response(text, status, content_type=HTML)
    response.headers["Cache-Control"] = "no-store" if status >= 500 else "private, no-store" if private else "no-cache"
    return pack(response, request) if packed else response


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

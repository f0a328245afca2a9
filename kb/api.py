"""The JSON side of the portal, under /api/v1. Errors are RFC 9457 problem details, made in `kb.web`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, request

from kb.entry import Entry
from kb.links import Links
from kb.portal import current_portal
from kb.search_json import search_json

PREFIX = "/api/v1"
DEFAULT_HITS = 10
MOST_HITS = 100
api = Blueprint("api", __name__, url_prefix=PREFIX)


def json_response(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type=media_type)


def problem_response(status: int, title: str, detail: str) -> Response:
    """RFC 9457 problem details."""
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return json_response(problem, status, "application/problem+json")


@api.get("/search")
def search() -> Response:
    """Ranked hits for `q`, in the shape of `python -m kb search --json`."""
    question = request.args.get("q", "").strip()
    if not question:
        abort(422, "q is empty; give a question or an error line")
    portal = current_portal()
    limit = _limit(request.args.get("limit", ""))
    section = request.args.get("section", "")
    if section and portal.shelf().generation.section(section) is None:
        abort(422, f"there is no section {section!r}")
    answer = portal.knowledge_base.ask(question, section=section, limit=limit, generation=portal.shelf().generation)
    return json_response(search_json(answer, portal.links))


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_HITS
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_HITS):
        abort(422, f"limit is a number from 1 to {MOST_HITS}")
    return int(text)


@api.get("/entries")
def entries() -> Response:
    """All entries in reading order, in short."""
    frame = current_portal().shelf().frame
    return json_response({"entries": [_brief(entry, frame.links) for entry in frame.content.entries]})


def _brief(entry: Entry, links: Links) -> dict[str, Any]:
    keys = ("id", "section", "question", "short", "kind", "status", "reviewed")
    return {key: getattr(entry, key) for key in keys} | {"url": links.entry(entry.id)}


@api.get("/entries/<entry_id>")
def entry(entry_id: str) -> Response:
    """One entry with its Markdown."""
    frame = current_portal().shelf().frame
    found = frame.entries.get(entry_id)
    if found is None:
        abort(404, f"there is no entry {entry_id!r}")
    hidden = ("extra", "path", "body_line", "order")
    values = {key: value for key, value in asdict(found).items() if key not in hidden}
    return json_response(values | {"url": frame.links.entry(entry_id)})


@api.get("/guides/<guide_id>")
def guide(guide_id: str) -> Response:
    """One guide with its steps."""
    frame = current_portal().shelf().frame
    found = frame.guides.get(guide_id)
    if found is None:
        abort(404, f"there is no guide {guide_id!r}")
    values = {key: value for key, value in asdict(found).items() if key not in ("path", "order", "section")}
    values["steps"] = [{key: value for key, value in step.items() if key != "line"} for step in values["steps"]]
    return json_response(values | {"url": frame.links.guide(guide_id)})

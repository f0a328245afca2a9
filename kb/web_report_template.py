"""What a problem report holds, to read, copy and download: pages that need neither a database nor a cookie."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, request

from kb import pages
from kb.assets import respond, text_asset
from kb.links import NOTHING_TRIED, Tried
from kb.portal import current_portal
from kb.responses import html_response, kept_page, typed

report_template_site = Blueprint("report_template_site", __name__)


def read_tried() -> Tried:
    """What the address says was tried, outside a conversation."""
    limit = current_portal().settings.question_limit
    question, entry_id, guide_id, step_id = (
        typed(request.args, name)[:limit] for name in ("q", "entry", "guide", "step")
    )
    return Tried(question, entry_id, guide_id, step_id)


@report_template_site.get("/report/template")
def template() -> Response:
    shelf, tried = current_portal().shelf(), read_tried()
    if tried == NOTHING_TRIED:
        return kept_page(shelf, pages.report_page)
    return html_response(pages.report_page(shelf.frame, tried))


@report_template_site.get("/report.md", defaults={"kind": "md"})
@report_template_site.get("/report.txt", defaults={"kind": "txt"})
def report_file(kind: Literal["md", "txt"]) -> Response:
    text = pages.report_file(current_portal().shelf().frame, kind, read_tried())
    media_type = "text/markdown" if kind == "md" else "text/plain"
    return respond(text_asset(text, f"{media_type}; charset=utf-8", f"problem-report.{kind}"), request)

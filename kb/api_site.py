"""What all routes of the JSON API share: the blueprint, its guards, and the answers that several of them give.

No route looks at a cookie. What a request may do depends on what it holds: who knows the id of a conversation may go
on with it. A forged request of another site therefore gains nothing that the site could not send by itself; and no
form can send it, because bodies have to be JSON, and a browser asks before it sends such across sites.
`_refuse_unlisted` says no to those that a browser sends all the same.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from kb.api_models import Answered
from kb.api_problems import (
    JSON,
    PREFIX,
    Fault,
    FaultyFields,
    is_api,
    on_faulty_fields,
    problem_response,
)
from kb.asking import Asked, find_problem
from kb.conversation import Conversation
from kb.cors import allow, is_allowed, parse_origins
from kb.guards import is_from_other_site
from kb.pages import clip
from kb.portal import Shelf, current_portal
from kb.rate_headers import add_rate_headers
from kb.talks import asker

NO_CONVERSATION = "There is no conversation of this id. Leave it out to start one."
CONVERSATION_ENDED = "This conversation has ended. Leave its id out to start another."
api = Blueprint("api", __name__, url_prefix=PREFIX)
api.register_error_handler(FaultyFields, on_faulty_fields)
api.after_request(add_rate_headers)


def answered(result: Answered, status: int = 200) -> Response:
    """`result` as JSON, made for this request and kept nowhere."""
    response = Response(result.model_dump_json(), status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


# What is asked about


def refuse_faulty(shelf: Shelf, asked: Asked, question: str = "question") -> None:
    """End the request with 422 when this cannot be searched. question: how its field is called."""
    refuse_unknown_section(shelf, asked.section)
    problem = find_problem(shelf.frame, asked, current_portal().settings)
    if problem:
        raise FaultyFields([Fault(question if problem.field == "question" else "log", problem.message)])


def refuse_unknown_section(shelf: Shelf, section_id: str) -> None:
    """End the request with 422 when a section is named that is not there."""
    if section_id and section_id not in shelf.frame.sections:
        known = ", ".join(shelf.frame.sections)
        raise FaultyFields([Fault("section", f"There is no section “{clip(section_id)}”. The sections are: {known}.")])


def wanted_conversation(shelf: Shelf, conversation_id: str) -> Conversation | None:
    """The conversation of this id; None for an empty id. Ends the request with 404 or 410 when there is none."""
    if not conversation_id:
        return None
    found = asker(shelf).find(conversation_id)
    if found is None:
        abort(404, NO_CONVERSATION)
    if found.is_expired:
        abort(410, CONVERSATION_ENDED)
    return found


def no_entry(entry_id: str) -> str:
    """That there is no such entry, and where to look."""
    return f"There is no entry “{clip(entry_id)}”. {PREFIX}/entries lists them."


def no_guide(guide_id: str) -> str:
    """That there is no such guide, and where to look."""
    return f"There is no guide “{clip(guide_id)}”. The entries name theirs."


# Other sites


@api.before_request
def _refuse_unlisted() -> Response | None:
    """403 for what a browser sends on behalf of a page that may not."""
    portal = current_portal()
    allowed = parse_origins(portal.settings.api_origins)
    if request.method != "POST" or is_allowed(request.headers.get("Origin", ""), allowed):
        return None
    return problem_response(403) if is_from_other_site(request, portal.settings.base_url) else None


@api.after_app_request
def _allow_sites(response: Response) -> Response:
    if not is_api(request.path):
        return response
    return allow(request, response, parse_origins(current_portal().settings.api_origins))

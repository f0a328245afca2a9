"""The JSON API for problem reports; they go the way of those that are written in the portal."""

from __future__ import annotations

import hashlib
import secrets

from flask import Response, request

from kb.api_models import ReportRequest
from kb.api_problems import Fault, FaultyFields, read_body
from kb.api_shapes import report_result
from kb.api_site import answered, api, wanted_conversation
from kb.guards import limit_checking, limit_reporting
from kb.links import ReportLinks
from kb.mounting import current_mount
from kb.pages import clip, report_template
from kb.portal import Shelf, current_portal
from kb.report import check, check_files, form_fields, make_report, masked, report_markdown
from kb.reporting import described, filled_from_conversation, send, similar_entries
from kb.responses import typed
from kb.store.report_drafts import ReportDraft
from kb.store.reports import Created

LONGEST_KEY = 200  # characters of an Idempotency-Key


@api.post("/reports")
@limit_checking
def send_report() -> Response:
    """Check a problem report, and send it unless it is only to be checked."""
    body = read_body(ReportRequest)
    portal = current_portal()
    shelf = portal.shelf()
    template = report_template(shelf.frame)
    draft = _draft(shelf, body)
    similar = similar_entries(
        portal.knowledge_base, shelf.generation, portal.settings, described(draft.filled, template)
    )
    text = report_markdown(make_report(draft.filled, template, draft.attachments), template)
    if body.check_only:
        return answered(report_result(None, text, similar, portal.links))
    made = _send(shelf, draft)
    if made.is_new and portal.courier:
        portal.courier.wake()
    response = answered(report_result(made.report, text, similar, portal.links), 201 if made.is_new else 200)
    response.headers["Location"] = current_mount() + ReportLinks.sent(made.report.token)
    return response


def _draft(shelf: Shelf, body: ReportRequest) -> ReportDraft:
    """The report as it can be sent. Ends the request with 404, 410 or 422 when it cannot."""
    template = report_template(shelf.frame)
    fields = [field.id for field in form_fields(template)]
    unknown = [name for name in body.fields if name not in fields]
    if unknown:
        known = ", ".join(fields)
        raise FaultyFields(
            [Fault(f"fields.{name}", f"There is no field “{clip(name)}”. The fields are: {known}.") for name in unknown]
        )
    conversation = wanted_conversation(shelf, body.conversation)
    filled = dict(filled_from_conversation(conversation, shelf.generation).values) if conversation else {}
    given = {name: typed(body.fields, name) for name in body.fields}
    values = masked(filled | {name: value for name, value in given.items() if value})
    files = check_files((file.name, file.text.encode("utf-8", "surrogatepass")) for file in body.files)
    faults = [Fault(f"fields.{problem.field}", problem.message) for problem in check(values, template)]
    faults += [Fault(problem.field, problem.message) for problem in files.problems]
    if faults:
        raise FaultyFields(faults)
    return ReportDraft(_report_key(), values, files.attachments, conversation.id if conversation else "")


def _report_key() -> str:
    """What makes two sendings one report: the sender's key together with what is sent.

    So nobody gets at the report of another by guessing a key. Without a key every sending is a report of its own.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return secrets.token_urlsafe(16)
    if not 1 <= len(given) <= LONGEST_KEY:
        message = f"The header Idempotency-Key must be {LONGEST_KEY} characters or less, and not empty."
        raise FaultyFields([Fault("Idempotency-Key", message)])
    return hashlib.sha256(given.encode() + b"\0" + request.get_data()).hexdigest()


@limit_reporting
def _send(shelf: Shelf, draft: ReportDraft) -> Created:
    portal = current_portal()
    with portal.database.begin() as connection:
        return send(connection, portal.settings, draft, report_template(shelf.frame))

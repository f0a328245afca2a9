"""The problem report: filling it in, checking, sending it once, and coming back to it by a private link."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Literal

from flask import Blueprint, Response, abort, redirect, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy import Connection
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from kb import pages_report
from kb.assets import respond, text_asset
from kb.entry import Entry
from kb.errors import StorageError
from kb.guards import (
    REPORT_BODY_LIMIT,
    csrf,
    form_key,
    form_token,
    limit_asking,
    limit_checking,
    limit_reporting,
    limiter,
    refuse_other_sites,
)
from kb.links import NOTHING_TRIED
from kb.mounting import current_mount, site_address
from kb.pages import Fault, error_page, plural, report_template, tried_view
from kb.pages_report import TO, ReportForm
from kb.portal import Shelf, current_portal
from kb.report import (
    CRASH,
    FILES,
    ReportProblem,
    check,
    check_files,
    form_fields,
    make_report,
    masked,
    report_markdown,
    report_text,
    sent_report,
)
from kb.reporting import (
    Filled,
    described,
    filled_from_address,
    filled_from_conversation,
    mark_solved,
    send_draft,
    similar_entries,
    unmark_solved,
)
from kb.responses import html_response, typed
from kb.secret_scan import mask
from kb.store.conversations import load_conversation
from kb.store.report_drafts import ReportDraft, load_draft, save_draft
from kb.store.reports import Attachment, StoredReport, load_by_key, load_by_token
from kb.store.sent_forms import once
from kb.web_report_template import read_tried

NOT_STORED = "Nothing can be stored right now. Try again in a minute, or copy the text and send it in another way."
NO_COOKIE = "The form was open for too long, or the browser sent no cookie with it. Send it again."
NOT_KEPT = Fault(
    "This report is no longer kept",
    "A report that is not sent is kept for a day. Write it again, or ask for what you were looking for.",
)
TOO_LARGE = Fault(
    "That is too much to send at once",
    "Attached files may be 1 MiB each, five of them. Go back: what was typed is still in the form.",
    has_box=False,
)
FILLED_FROM = "filled_from"  # field of the form that says what filled it in
_DRAINED_BYTES = 64 * 1024 * 1024  # read of a body that is too large, so that the browser gets to the answer
log = logging.getLogger("kb.web")
report_site = Blueprint("report_site", __name__)


def _page(text: str, status: int = 200) -> Response:
    """A page for one reader, which the browser may keep, so that Back finds what was typed."""
    response = html_response(text, status, packed=False)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


# The form


@report_site.get("/report")
def form() -> Response:
    shelf = current_portal().shelf()
    draft_id = typed(request.args, "draft")
    if draft_id:
        return _form_of_draft(shelf, draft_id)
    conversation_id = typed(request.args, "c")
    filled = _filled_from(shelf, conversation_id) if conversation_id else _filled_from_address(shelf)
    return _form(
        shelf,
        ReportForm(filled.values, conversation_id=conversation_id, filled_from=filled.filled_from, tried=read_tried()),
    )


def _form(shelf: Shelf, filled: ReportForm, status: int = 200) -> Response:
    return _page(pages_report.form_page(shelf.frame, filled, form_token()), status)


def _filled_from(shelf: Shelf, conversation_id: str) -> Filled:
    """What a conversation fills in; nothing when it is gone or cannot be read."""
    portal = current_portal()
    try:
        with portal.database.read() as connection:
            found = load_conversation(connection, conversation_id, portal.settings.keep_conversations_days)
    except StorageError as error:
        log.warning("a report is not filled in: %s", error)
        return Filled()
    return filled_from_conversation(found, shelf.generation) if found else Filled()


def _filled_from_address(shelf: Shelf) -> Filled:
    tried = read_tried()
    return Filled() if tried == NOTHING_TRIED else filled_from_address(tried_view(shelf.frame, tried))


def _form_of_draft(shelf: Shelf, draft_id: str) -> Response:
    draft = _draft(draft_id)
    if draft is None:
        return _sent_or_gone(shelf, draft_id)
    return _form(shelf, _form_from(draft))


def _draft(draft_id: str) -> ReportDraft | None:
    if not draft_id:
        return None
    with current_portal().database.read() as connection:
        return load_draft(connection, draft_id)


def _form_from(draft: ReportDraft) -> ReportForm:
    return ReportForm(
        draft.filled, draft.attachments, (), draft.id, draft.conversation_id, draft.filled.get(FILLED_FROM, "")
    )


def _sent_or_gone(shelf: Shelf, draft_id: str) -> Response:
    """To the report that a draft became; else a page that says that it is gone."""
    return _sent_from(draft_id) or _page(error_page(shelf.frame, NOT_KEPT), 410)


def _sent_from(draft_id: str) -> Response | None:
    """To the report that a draft became; None when it became none."""
    with current_portal().database.read() as connection:
        sent = load_by_key(connection, draft_id) if draft_id else None
    return redirect(current_mount() + TO.sent(sent.token), 303) if sent else None  # type: ignore[return-value]


@report_site.post("/report")
@limit_checking
def check_form() -> Response:
    """Keep a report that has no faults as a draft and show it once more; say what to mend in any other."""
    shelf = current_portal().shelf()
    try:
        filled = _read_form(shelf)
        if not filled.problems or filled.attachments:
            filled = replace(filled, draft_id=_keep(filled))
    except StorageError as error:
        log.error("%s", error)
        return _failed(shelf, NOT_STORED)
    if filled.problems:
        return _form(shelf, filled, 422)
    return redirect(current_mount() + TO.check(filled.draft_id), 303)  # type: ignore[return-value]


def _read_form(shelf: Shelf) -> ReportForm:
    """The form as sent, with everything that is wrong with it. Raises StorageError."""
    values = _typed_values(shelf)
    kept, gone = _kept_attachments()
    files = check_files(((sent.filename or "", sent.read()) for sent in _sent_files()), kept)
    problems = (*check(values, report_template(shelf.frame)), *gone, *files.problems)
    draft_id, conversation_id = typed(request.form, "draft"), typed(request.form, "c")
    return ReportForm(
        values, files.attachments, problems, draft_id, conversation_id, values.get(FILLED_FROM, ""), read_tried()
    )


def _typed_values(shelf: Shelf) -> dict[str, str]:
    """What is filled in, without secrets other than private keys, which are a problem."""
    names = [field.id for field in form_fields(report_template(shelf.frame))]
    values = masked({name: typed(request.form, name) for name in (*names, CRASH, FILLED_FROM)})
    return {name: value for name, value in values.items() if value}


def _sent_files() -> list[FileStorage]:
    return [sent for sent in request.files.getlist(FILES) if sent.filename]


def _kept_attachments() -> tuple[tuple[Attachment, ...], tuple[ReportProblem, ...]]:
    """Files that came with the form before and were not taken out."""
    wanted = request.form.getlist("keep")
    if not wanted:
        return (), ()
    draft = _draft(typed(request.form, "draft"))
    if draft is None:
        return (), (ReportProblem(FILES, "The files attached before are no longer kept. Attach them again."),)
    return tuple(file for place, file in enumerate(draft.attachments) if str(place) in wanted), ()


def _keep(filled: ReportForm) -> str:
    """The id of the draft that is kept; of a form with problems nothing but its files changes. Raises StorageError."""
    before = _draft(filled.draft_id) if filled.problems else None
    values = filled.values if not filled.problems else before.filled if before else {}
    with current_portal().database.begin() as connection:
        return _save(connection, ReportDraft(filled.draft_id, values, filled.attachments, filled.conversation_id))


def _save(connection: Connection, draft: ReportDraft) -> str:
    """Keep a draft and return its id; a form without one that is sent twice makes one draft."""
    if draft.id:
        return save_draft(connection, draft)
    draft_id = once(
        connection,
        form_key(),
        make=lambda: save_draft(connection, draft),
        is_good=lambda earlier: load_draft(connection, earlier) is not None,
    )
    return save_draft(connection, replace(draft, id=draft_id))


# Checking and sending


@report_site.get("/report/check")
def check_page() -> Response:
    shelf = current_portal().shelf()
    draft_id = typed(request.args, "draft")
    draft = _draft(draft_id)
    if draft is None:
        return _sent_or_gone(shelf, draft_id)
    template = report_template(shelf.frame)
    if check(draft.filled, template):  # its files are kept, the rest was not in order
        return _see_draft(draft_id)
    entries = _similar(shelf, described(draft.filled, template))
    report = make_report(draft.filled, template, draft.attachments)
    text = pages_report.check_page(shelf.frame, _form_from(draft), report, entries, form_token())
    return _page(text)


def _similar(shelf: Shelf, text: str) -> tuple[Entry, ...]:
    portal = current_portal()
    return similar_entries(portal.knowledge_base, shelf.generation, portal.settings, text)


@report_site.post("/report/check")
@limit_reporting
def send() -> Response:
    """Send a draft. Sent twice, it is one report, and both lead to it."""
    portal = current_portal()
    shelf = portal.shelf()
    draft_id = typed(request.form, "draft")
    template = report_template(shelf.frame)
    try:
        draft = _draft(draft_id)
        if draft and check(draft.filled, template):
            return _see_draft(draft_id)
        with portal.database.begin() as connection:
            sent = send_draft(connection, portal.settings, draft_id, template)
    except StorageError as error:
        log.error("%s", error)
        return _failed(shelf, NOT_STORED)
    if sent is None:
        return _sent_or_gone(shelf, draft_id)
    stored, is_new = sent
    if is_new and portal.courier:
        portal.courier.wake()
    return redirect(current_mount() + TO.sent(stored.token), 303)  # type: ignore[return-value]


def _failed(shelf: Shelf, message: str, status: int = 503) -> Response:
    """That nothing was sent, with the text, which is also what comes back when sending is tried again."""
    text = typed(request.form, "text")
    template = report_template(shelf.frame)
    if not text:
        text = report_markdown(make_report(_typed_values(shelf), template), template)
    has_files = bool(_sent_files() or request.form.getlist("keep"))
    draft_id = typed(request.form, "draft")
    page = pages_report.failed_page(
        shelf.frame,
        message,
        text,
        form_token(),
        draft_id if request.endpoint == "report_site.send" else "",
        has_files=has_files,
    )
    return _page(page, status)


@report_site.post("/report/text")
def text_back() -> Response:
    """A text that could not be sent, as a file."""
    refuse_other_sites()
    kind: Literal["md", "txt"] = "txt" if typed(request.form, "kind") == "txt" else "md"
    return _text_file(typed(request.form, "text") + "\n", kind, "problem-report")


def _text_file(text: str, kind: Literal["md", "txt"], name: str) -> Response:
    media_type = "text/markdown" if kind == "md" else "text/plain"
    response = respond(text_asset(text, f"{media_type}; charset=utf-8", f"{name}.{kind}"), request)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


# Similar entries


@report_site.post("/report/similar")
@limit_asking
def similar() -> Response:
    """The entries that may spare the report, as a piece of the form's page."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    found = _similar(shelf, typed(request.form, "q"))
    return _page(pages_report.similar_part(shelf.frame, found))


@report_site.post("/report/solved")
def count_solved() -> Response:
    """Count that an entry spared a report, and keep what was typed of it, in case it did not."""
    portal = current_portal()
    shelf = portal.shelf()
    entry_id = typed(request.form, "entry")
    if entry_id not in shelf.frame.entries:
        abort(404)
    try:
        draft = _unfinished(shelf)
        with portal.database.begin() as connection:
            draft_id = _save(connection, draft)
            mark_solved(connection, draft_id, entry_id)
    except StorageError as error:  # the reader's problem is solved all the same
        log.warning("a solved report is not counted: %s", error)
        draft_id = ""
    return redirect(current_mount() + TO.solved(entry_id, draft_id), 303)  # type: ignore[return-value]


def _unfinished(shelf: Shelf) -> ReportDraft:
    """What there is of a report: what the form brings along, else its draft. Raises StorageError."""
    if "question" in request.form:
        form = _read_form(shelf)
        values = {name: mask(value) for name, value in form.values.items()}  # keys too: nobody is asked about them here
        return ReportDraft(form.draft_id, values, form.attachments, form.conversation_id)
    return _draft(typed(request.form, "draft")) or ReportDraft("", {}, (), typed(request.form, "c"))


@report_site.get("/report/solved")
def solved() -> Response:
    shelf = current_portal().shelf()
    entry = shelf.frame.entries.get(typed(request.args, "entry"))
    draft_id = typed(request.args, "draft")
    if entry is None:
        abort(404)
    draft = _draft(draft_id)
    if draft is None:
        sent = _sent_from(draft_id) if draft_id else None
        return sent or _page(pages_report.solved_page(shelf.frame, entry))
    if draft.solved is None:  # taken back
        return _see_draft(draft.id)
    return _page(pages_report.solved_page(shelf.frame, entry, form_token(), draft.id))


@report_site.post("/report/solved/undo")
def undo_solved() -> Response:
    """Take it back that an entry spared a report, and return to the report."""
    shelf = current_portal().shelf()
    draft_id = typed(request.form, "draft")
    with current_portal().database.begin() as connection:
        unmark_solved(connection, draft_id)
    return _sent_or_gone(shelf, draft_id) if _draft(draft_id) is None else _see_draft(draft_id)


def _see_draft(draft_id: str) -> Response:
    """To the form, with a draft in it."""
    return redirect(current_mount() + TO.draft(draft_id), 303)  # type: ignore[return-value]


# A report that was sent


@report_site.get("/reports/<token>")
def sent_page(token: str) -> Response:
    shelf, sent = current_portal().shelf(), _sent(token)
    text = report_markdown(sent_report(sent), report_template(shelf.frame))
    address = site_address(current_portal().settings.base_url) + TO.sent(token)
    return _page(pages_report.sent_page(shelf.frame, sent, text, address))


@report_site.get("/reports/<token>.md", defaults={"kind": "md"})
@report_site.get("/reports/<token>.txt", defaults={"kind": "txt"})
def sent_file(token: str, kind: Literal["md", "txt"]) -> Response:
    shelf, sent = current_portal().shelf(), _sent(token)
    make = report_markdown if kind == "md" else report_text
    return _text_file(make(sent_report(sent), report_template(shelf.frame)), kind, sent.reference)


def _sent(token: str) -> StoredReport:
    """The report of a private link. Ends the request with 404 when there is none."""
    with current_portal().database.read() as connection:
        found = load_by_token(connection, token)
    if found is None:
        abort(404)
    return found


# What keeps a report from being sent


@report_site.errorhandler(CSRFError)
def _no_cookie(error: CSRFError) -> Response:
    shelf = current_portal().shelf()
    if request.endpoint != "report_site.check_form":
        return _failed(shelf, NO_COOKIE, 400)
    filled = ReportForm(
        _typed_values(shelf), draft_id=typed(request.form, "draft"), conversation_id=typed(request.form, "c"),
        problems=(ReportProblem("question", NO_COOKIE),), filled_from=typed(request.form, FILLED_FROM),
    )  # fmt: skip
    return _form(shelf, filled, 400)


@report_site.errorhandler(RateLimitExceeded)
def _too_many(error: RateLimitExceeded) -> Response:
    limit = limiter.current_limit
    seconds = max(1, limit.reset_at - int(time.time())) if limit else 60
    wait = plural(seconds, "second") if seconds < 120 else plural(round(seconds / 60), "minute")
    response = _failed(current_portal().shelf(), f"Too many reports at once. Try again in {wait}.", 429)
    response.headers["Retry-After"] = str(seconds)
    return response


@report_site.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> Response:
    stream, size = request.environ["wsgi.input"], request.content_length or 0
    left = min(size, _DRAINED_BYTES) if size > REPORT_BODY_LIMIT else 0  # else some of it was read before
    while left > 0 and (read := stream.read(min(left, 64 * 1024))):
        left -= len(read)
    return _page(error_page(current_portal().shelf().frame, TOO_LARGE), 413)


for view in (text_back, similar):  # they store nothing
    csrf.exempt(view)

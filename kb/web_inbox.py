"""The inbox: reports and unanswered questions, and what the support team does about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from flask import Response, abort, request

from kb import drafts, pages_staff, staff_links
from kb.draft_effect import start_measuring
from kb.entry import Content, Entry
from kb.errors import InputError
from kb.generation import Generation
from kb.inbox_counts import count_inbox, unanswered_groups
from kb.insights import PERIODS
from kb.pages import day, plural, report_template
from kb.pages_staff import Filter, Refusal
from kb.portal import current_portal
from kb.question_groups import QuestionGroup, find_group
from kb.responses import typed
from kb.retrieval import Hit
from kb.staff_site import desk, done, moved, page, page_number, refusal, staff_name, staff_site
from kb.store import conversations, questions, reports
from kb.store.paging import Page, page_in_range
from kb.store.reports import StoredReport

PAGE_SIZE = 25
_TRANSCRIPTS = 5  # of a group, the newest
_NEAREST = 8
_NEAREST_OF_MANY = 30  # where not all entries can be listed
_LONGEST_UNDO = 1000  # characters that the cookie with the notice can hold beside all else
_NO_ENTRY = "Choose an entry of the list."
_ENTRY, _STATE = "link-entry", "state"  # ids of what a refusal can be about
_STATUSES = ("open", "handled", "all")


# Lists


@staff_site.get("/inbox")
def inbox() -> Response:
    portal = current_portal()
    wanted = _filter()
    with portal.database.read() as connection:
        found = reports.list_reports(
            connection,
            status="" if wanted.status == "all" else "handled" if wanted.status == "handled" else "open",
            words=wanted.words,
            since=_since(wanted.days),
            number=page_number(),
            size=PAGE_SIZE,
        )
    return page(pages_staff.reports_page(desk(), found, wanted, count_inbox(portal, unanswered_groups(portal))))


@staff_site.get("/inbox/questions")
def unanswered() -> Response:
    portal = current_portal()
    wanted = _filter()
    groups = unanswered_groups(portal)
    found = [group for group in groups if _is_wanted(group, wanted)]
    number = page_in_range(page_number(), len(found), PAGE_SIZE)
    part = Page(tuple(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]), len(found), number, PAGE_SIZE)
    counts = count_inbox(portal, groups)
    return page(pages_staff.questions_page(desk(), part, wanted, counts, portal.settings.log_questions))


def _filter() -> Filter:
    status, words, days = (typed(request.args, name) for name in ("status", "words", "days"))
    known_days = {str(item): item for item in PERIODS}
    return Filter(status if status in _STATUSES else "open", words[:200], known_days.get(days, 0))


def _since(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days - 1)).isoformat() if days else ""


def _is_wanted(group: QuestionGroup, wanted: Filter) -> bool:
    if wanted.status != "all" and (group.handled is None) != (wanted.status == "open"):
        return False
    text = "\n".join(wording.text for wording in group.wordings).casefold()
    return group.last_at >= _since(wanted.days) and all(word in text for word in wanted.words.casefold().split())


# Reports


@staff_site.get("/inbox/reports/<reference>")
def report(reference: str) -> Response:
    return _report_page(_report(reference))


@staff_site.get("/inbox/reports/<reference>/<any(handle, reopen, link, wording, draft):_action>")
def back_to_report(reference: str, _action: str) -> Response:
    """Where it leads to when the address of a refused action is opened."""
    return moved(staff_links.report(reference))


def _report_page(found: StoredReport, refused: Refusal | None = None, status: int = 200) -> Response:
    """The page of a report; refused: why the action that it answers was refused."""
    portal = current_portal()
    with portal.database.read() as connection:
        conversation = conversations.load_conversation(
            connection, found.conversation_id, portal.settings.keep_conversations_days
        )
    nearest, best = _nearest(found.question or found.log)
    content = portal.shelf().frame.content
    choice = pages_staff.entry_choice(content, nearest, found.entry_id or best)
    section = _first_section(content, nearest)
    return page(pages_staff.report_page(desk(refused), found, conversation, choice, section), status)


@staff_site.get("/inbox/reports/<reference>/attachments/<int:number>")
def attachment(reference: str, number: int) -> Response:
    """An attachment as a text to save, whatever it calls itself."""
    sent = _report(reference).attachments
    if not 1 <= number <= len(sent):
        abort(404)
    response = Response(sent[number - 1].text, content_type="text/plain; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=_file_name(sent[number - 1].name, number))
    return response


@staff_site.post("/inbox/reports/<reference>/handle")
def handle_report(reference: str) -> Response:
    with current_portal().database.begin() as connection:
        before = reports.load_report(connection, reference)
        found = reports.handle_report(connection, before.reference, staff_name()) if before else None
    if before is None or found is None:
        abort(404)
    address = staff_links.report(found.reference)
    if before.status == "handled" and found.handled_by != staff_name():  # who presses twice meant it once
        return _report_page(found, refusal(_handled_already(found.handled_by, found.handled_at), _STATE), 409)
    return done(address, "Marked as handled.", staff_links.report(found.reference, "reopen"))


@staff_site.post("/inbox/reports/<reference>/reopen")
def reopen_report(reference: str) -> Response:
    with current_portal().database.begin() as connection:
        before = reports.load_report(connection, reference)
        found = reports.reopen_report(connection, before.reference) if before else None
    if found is None:
        abort(404)
    return done(staff_links.report(found.reference), "Waiting again.", staff_links.report(found.reference, "handle"))


@staff_site.post("/inbox/reports/<reference>/link")
def link_report(reference: str) -> Response:
    """Link the chosen entry; none takes the link back."""
    before = _report(reference)
    address = staff_links.report(before.reference)
    wanted = typed(request.form, "entry")
    entry = _entry(wanted) if wanted else None
    if wanted and entry is None:
        return _report_page(before, refusal(_NO_ENTRY, _ENTRY), 422)
    with current_portal().database.begin() as connection:
        reports.link_report(connection, before.reference, entry.id if entry else "")
    message = f"Linked to “{entry.question}”." if entry else "The link was taken back."
    return done(address, message, staff_links.report(before.reference, "link"), {"entry": before.entry_id})


@staff_site.post("/inbox/reports/<reference>/wording")
def add_report_wording(reference: str) -> Response:
    found = _report(reference)
    return _add_wordings([typed(request.form, "wording")], "wording", lambda why: _report_page(found, why, 422))


@staff_site.post("/inbox/reports/<reference>/draft")
def draft_from_report(reference: str) -> Response:
    found = _report(reference)
    labels = {item.id: item.label for item in report_template(current_portal().shelf().frame).fields}
    new = drafts.NewEntry(
        typed(request.form, "question"),
        typed(request.form, "section"),
        (found.question.split("\n")[0],) if found.question.strip() else (),
        is_problem=True,
        facts=tuple((labels.get(name, name), text) for name, text in found.fields.items()),
        log=found.log,
        source=found.reference,
    )
    return _draft_entry(new, lambda why: _report_page(found, why, 422))


def _report(reference: str) -> StoredReport:
    """The report. Ends the request with 404 when there is none."""
    with current_portal().database.read() as connection:
        found = reports.load_report(connection, reference)
    if found is None:
        abort(404)
    return found


def _file_name(name: str, number: int) -> str:
    """A file's name without what could lead out of a folder; always a text file."""
    plain = "".join(char if char.isalnum() or char in "._- " else "_" for char in name).strip(". ") or f"file-{number}"
    return plain[-100:] if plain.lower().endswith((".txt", ".log")) else f"{plain[-96:]}.txt"


# Unanswered questions


@staff_site.get("/inbox/questions/<key>")
def question(key: str) -> Response:
    return _question_page(_group(key))


@staff_site.get("/inbox/questions/<key>/<any(handle, reopen, link, wording, draft):_action>")
def back_to_question(key: str, _action: str) -> Response:
    """Where it leads to when the address of a refused action is opened."""
    return moved(staff_links.question(key))


def _question_page(group: QuestionGroup, refused: Refusal | None = None, status: int = 200) -> Response:
    """The page of a group of questions; refused: why the action that it answers was refused."""
    portal = current_portal()
    ids = dict.fromkeys(item for wording in group.wordings for item in wording.conversation_ids)
    with portal.database.read() as connection:
        loaded = [
            conversations.load_conversation(connection, item, portal.settings.keep_conversations_days)
            for item in list(ids)[:_TRANSCRIPTS]
        ]
    nearest, best = _nearest(group.text)
    content = portal.shelf().frame.content
    choice = pages_staff.entry_choice(content, nearest, best)
    kept = [item for item in loaded if item]
    section = _first_section(content, nearest)
    return page(pages_staff.question_page(desk(refused), group, kept, choice, section), status)


@staff_site.post("/inbox/questions/<key>/handle")
def handle_question(key: str) -> Response:
    return _handle_question(key, None)


@staff_site.post("/inbox/questions/<key>/link")
def link_question(key: str) -> Response:
    """Name the entry that answers the questions; with that they are handled."""
    entry = _entry(typed(request.form, "entry"))
    if entry is None:
        return _question_page(_group(key), refusal(_NO_ENTRY, _ENTRY), 422)
    return _handle_question(key, entry)


def _handle_question(key: str, entry: Entry | None) -> Response:
    group = _group(key)
    address = staff_links.question(group.key)
    entry_id = entry.id if entry else ""
    handled = group.handled
    if handled is None:
        with current_portal().database.begin() as connection:
            handled = questions.handle_question(connection, group.key, staff_name(), entry_id)
    if (handled.handled_by, handled.entry_id) != (staff_name(), entry_id):  # who presses twice meant it once
        return _question_page(_group(key), refusal(_handled_already(handled.handled_by, handled.at), _STATE), 409)
    message = f"Linked to “{entry.question}” and marked as handled." if entry else "Marked as handled."
    return done(address, message, staff_links.question(group.key, "reopen"))


@staff_site.post("/inbox/questions/<key>/reopen")
def reopen_question(key: str) -> Response:
    group = _group(key)
    with current_portal().database.begin() as connection:
        for item in group.keys:
            questions.unhandle_question(connection, item)
    return done(staff_links.question(group.key), "Waiting again.", staff_links.question(group.key, "handle"))


@staff_site.post("/inbox/questions/<key>/wording")
def add_question_wordings(key: str) -> Response:
    group = _group(key)
    return _add_wordings(request.form.getlist("wording"), "wording-1", lambda why: _question_page(group, why, 422))


@staff_site.post("/inbox/questions/<key>/draft")
def draft_from_question(key: str) -> Response:
    group = _group(key)
    wordings = tuple(wording.text for wording in group.wordings)
    new = drafts.NewEntry(typed(request.form, "question"), typed(request.form, "section"), wordings)
    return _draft_entry(new, lambda why: _question_page(group, why, 422))


def _group(key: str) -> QuestionGroup:
    """The group of questions. Ends the request with 404 when there is none."""
    found = find_group(unanswered_groups(current_portal()), key)
    if found is None:
        abort(404)
    return found


# What both have in common


def _handled_already(name: str, at: str) -> str:
    who = "you" if name == staff_name() else name
    return f"Handled by {who} on {day(at)} already."


def _generation() -> Generation:
    return current_portal().shelf().generation


def _entry(entry_id: str) -> Entry | None:
    return _generation().entry(entry_id)


def _nearest(text: str) -> tuple[tuple[Hit, ...], str]:
    """The entries that a text finds, best first, and the id of the one that answers it; empty if none does."""
    portal = current_portal()
    words = text[: portal.settings.question_limit].strip()
    if not words:
        return (), ""
    shelf = portal.shelf()
    is_many = len(shelf.frame.content.entries) > pages_staff.MOST_LISTED
    limit = _NEAREST_OF_MANY if is_many else _NEAREST
    try:
        found = portal.knowledge_base.ask(words, limit=limit, generation=shelf.generation)
    except InputError:  # nothing in it can be searched
        return (), ""
    return tuple(hit for hit in found.hits if hit.kind == "entry"), found.entry.id if found.entry else ""


def _first_section(content: Content, nearest: Sequence[Hit]) -> str:
    """The section a new entry would stand in."""
    if nearest:
        return nearest[0].section
    return content.sections[0].id if content.sections else ""


def _add_wordings(wordings: Sequence[str], place: str, refuse: Callable[[Refusal], Response]) -> Response:
    """Draft wordings of the chosen entry. place: id of their field; refuse: makes the page that says why not."""
    entry = _entry(typed(request.form, "entry"))
    if entry is None:
        return refuse(refusal(_NO_ENTRY, _ENTRY))
    if not wordings:
        return refuse(refusal("Choose a wording.", place))
    settings = current_portal().settings
    try:
        draft, added = drafts.add_wordings(settings, entry, wordings, staff_name())
    except InputError as error:
        return refuse(refusal(str(error), place))
    if not added:
        return done(staff_links.draft(draft.id), "The draft has this wording already.")
    start_measuring(settings, draft)
    message = f"{plural(len(added), 'wording')} drafted for “{entry.question}”."
    text = "\n".join(added)
    if len(text) > _LONGEST_UNDO:  # the page of the draft takes back each of them
        return done(staff_links.draft(draft.id), message)
    return done(staff_links.draft(draft.id), message, staff_links.draft(draft.id, "remove"), {"wordings": text})


def _draft_entry(new: drafts.NewEntry, refuse: Callable[[Refusal], Response]) -> Response:
    """Draft an entry. refuse: makes the page that says why not."""
    portal = current_portal()
    try:
        draft = drafts.draft_entry(portal.settings, portal.shelf().frame.content, new, staff_name())
    except drafts.UnknownSectionError as error:
        return refuse(refusal(str(error), "new-section"))
    except InputError as error:
        return refuse(refusal(str(error), "new-question"))
    start_measuring(portal.settings, draft)
    return done(staff_links.draft(draft.id), "Entry drafted.", staff_links.draft(draft.id, "discard"))

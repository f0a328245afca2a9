"""Conversations: asking, the page of a conversation, what was tried, and feedback."""

from __future__ import annotations

import logging
from typing import Any, get_args

from flask import Blueprint, Response, abort, redirect, request

from kb import pages, pages_conversation
from kb.asking import Asked, find_problem, find_section, read_asked
from kb.conversation import REASONS, Conversation, Verdict, VerdictWord
from kb.errors import StorageError
from kb.guards import form_key, limit_asking, refuse_other_sites
from kb.links import LONGEST_ADDRESS
from kb.pages import Problem
from kb.portal import Shelf, current_portal
from kb.request_record import note_level
from kb.responses import html_response, json_response, typed
from kb.secret_scan import mask
from kb.store.conversations import clear_conversation, remove_item, restore_item, start_conversation
from kb.store.verdicts import set_verdict, undo_verdict
from kb.talks import asker, find_conversation, make_talk, talk_frame, the_conversation

LONGEST_NOTE = 500  # characters
log = logging.getLogger("kb.web")
conversation_site = Blueprint("conversation_site", __name__)


# Asking


def answer_alone(asked: Asked) -> Response:
    """The answer to a question outside a conversation."""
    portal = current_portal()
    shelf = portal.shelf()
    problem = find_problem(shelf.frame, asked, portal.settings)
    if problem:
        return html_response(pages.home_page(shelf.frame, (), asked.question, asked.log, problem), 422)
    section = find_section(shelf.frame, asked)
    answer = portal.knowledge_base.ask(
        asked.question, asked.log, exact=asked.exact, section=asked.section, generation=shelf.generation
    )
    note_level(answer.level)
    try:
        asker(shelf).log(asked, answer, "ask-page")
    except StorageError as error:
        log.error("%s", error)
    feedback = pages_conversation.question_feedback(shelf.frame, portal.links, answer, asked.section)
    return html_response(pages.ask_page(shelf.frame, answer, section, feedback))


@conversation_site.post("/ask")
@limit_asking
def ask_by_form() -> Response:
    """A question starts a conversation, or is the next turn of the one that the form names."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    asked = read_asked(request.form)
    problem = find_problem(shelf.frame, asked, current_portal().settings)
    conversation_id = typed(request.form, "c")
    if problem and not conversation_id:
        return html_response(pages.home_page(shelf.frame, (), asked.question, asked.log, problem), 422)
    try:
        conversation = find_conversation(shelf, conversation_id)
        if conversation_id and conversation is None:
            return _ended(shelf, asked)
        if conversation and problem:
            return _show(shelf, conversation, asked, problem)
        return _ask(shelf, asked, conversation)
    except StorageError as error:
        log.error("%s", error)
        return _answer_unstored(asked)


def _ask(shelf: Shelf, asked: Asked, conversation: Conversation | None) -> Response:
    standalone = typed(request.form, "standalone") == "1"
    told = asker(shelf).ask(
        asked, conversation, standalone=standalone, after=_number("after"), form_key=form_key()
    )
    note_level(told.answer.level)
    if not told.conversation_id:
        return _ended(shelf, asked)
    address = current_portal().links.within(told.conversation_id).turn(told.number)
    if request.accept_mimetypes.best == "application/json":
        return json_response({"url": address})
    return _see(address)


def _answer_unstored(asked: Asked) -> Response:
    """The answer while nothing can be stored: under an address of its own, or in place when the log is too long."""
    address = current_portal().links.ask(asked.question, asked.log, asked.section)
    return _see(address) if len(address) < LONGEST_ADDRESS else answer_alone(asked)


def _ended(shelf: Shelf, asked: Asked) -> Response:
    """That the conversation has ended, with what was asked in the box."""
    page = pages.error_page(shelf.frame, pages.FAULTS[410], asked.question, asked.log)
    return html_response(page, 410, private=True)


def _see(address: str) -> Response:
    return redirect(address, 303)  # type: ignore[return-value]


def _number(name: str) -> int | None:
    text = typed(request.form, name)
    return int(text[:9]) if text.isascii() and text.isdigit() else None


# The page of a conversation


@conversation_site.get("/conversations/<conversation_id>")
def conversation(conversation_id: str) -> Response:
    shelf = current_portal().shelf()
    return _show(shelf, the_conversation(shelf, conversation_id))


def _show(shelf: Shelf, found: Conversation, asked: Asked | None = None, problem: Problem | None = None) -> Response:
    """A conversation; with a `problem`, what to mend in the box, in which `asked` stands still."""
    talk = make_talk(shelf, found)
    answer = asker(shelf).answer_again(found, found.turns[-1]) if found.turns else None
    values: Any = request.form if asked else request.args
    page = pages_conversation.conversation_page(
        talk_frame(shelf, talk),
        talk,
        answer,
        starts_anew=typed(values, "standalone" if asked else "new") == "1",
        asked=(asked.question, asked.log) if asked else ("", ""),
        problem=problem,
    )
    return html_response(page, 422 if problem else 200, private=True)


@conversation_site.post("/conversations/<conversation_id>/turns/<int:number>")
@limit_asking
def ask_otherwise(conversation_id: str, number: int) -> Response:
    """The same question again, with or without corrections and what went before."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    found = the_conversation(shelf, conversation_id)
    turn = found.turn(number)
    if turn is None:
        abort(404)
    exact, standalone = (typed(request.form, name) == "1" for name in ("exact", "standalone"))
    asker(shelf).ask_otherwise(found, turn, exact=exact, standalone=standalone)
    return _see(current_portal().links.within(found.id).turn(number))


@conversation_site.post("/conversations/<conversation_id>/tried")
def change_tried(conversation_id: str) -> Response:
    """Take an item out of what was tried, or put it back."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    found = the_conversation(shelf, conversation_id)
    key, action = typed(request.form, "key"), typed(request.form, "change")
    talk = make_talk(shelf, found)
    if action not in ("remove", "restore") or key not in {item.key for item in (*talk.tried, *talk.removed)}:
        abort(422)
    change = remove_item if action == "remove" else restore_item
    with current_portal().database.begin() as connection:
        change(connection, found.id, key)
    return _see(talk.links.conversation("tried"))


@conversation_site.get("/conversations/<conversation_id>/clear")
def confirm_clear(conversation_id: str) -> Response:
    shelf = current_portal().shelf()
    talk = make_talk(shelf, the_conversation(shelf, conversation_id))
    return html_response(pages_conversation.clear_page(talk_frame(shelf, talk), talk), private=True)


@conversation_site.post("/conversations/<conversation_id>/clear")
def clear(conversation_id: str) -> Response:
    refuse_other_sites()
    found = the_conversation(current_portal().shelf(), conversation_id)
    with current_portal().database.begin() as connection:
        clear_conversation(connection, found.id)
    return _see(current_portal().links.home())


# Feedback


@conversation_site.post("/feedback")
@limit_asking
def give_feedback() -> Response:
    """What somebody says about an entry; outside a conversation it starts one."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    entry_id, word, back = (typed(request.form, name) for name in ("target", "verdict", "back"))
    if entry_id not in shelf.frame.entries or word not in (*get_args(VerdictWord), "undo"):
        abort(422)
    conversation_id = typed(request.form, "c")
    conversation_id = the_conversation(shelf, conversation_id).id if conversation_id else _new_conversation(shelf)
    reason, note = typed(request.form, "reason"), mask(typed(request.form, "note")[:LONGEST_NOTE])
    with current_portal().database.begin() as connection:
        if word == "undo":
            undo_verdict(connection, conversation_id, "entry", entry_id)
        else:
            verdict = Verdict("entry", entry_id, word, reason if reason in REASONS else "", note)  # type: ignore[arg-type]
            set_verdict(connection, conversation_id, verdict)
    links = current_portal().links.within(conversation_id)
    if back.startswith("turn-"):
        return _see(links.conversation(back.replace("turn-", "feedback-")))
    return _see(links.entry(entry_id, "feedback"))


def _new_conversation(shelf: Shelf) -> str:
    """A conversation that starts with the question whose answer the feedback is about, if there was one."""
    asked = read_asked(request.form)
    if find_problem(shelf.frame, asked, current_portal().settings) is None:
        return asker(shelf).ask(asked, None, is_logged=False, form_key=form_key()).conversation_id
    with current_portal().database.begin() as connection:
        return start_conversation(connection, form_key())

"""Guides: the list, all steps on one page, one step a page, and what came of a step."""

from __future__ import annotations

import logging
from typing import get_args

from flask import Blueprint, Response, abort, redirect, request

from kb import markdown, pages
from kb.conversation import Conversation, Verdict, VerdictWord, split_step, step_target
from kb.entry import Guide, Outcome, Step
from kb.errors import StorageError
from kb.guards import form_key, limit_asking, refuse_other_sites
from kb.links import PortalLinks
from kb.pages import Progress, next_step
from kb.portal import Shelf, current_portal
from kb.responses import html_response, kept_page, twin_response, typed
from kb.store.conversations import start_conversation
from kb.store.verdicts import set_verdict, undo_verdict
from kb.talks import find_conversation, requested_talk, talk_frame
from kb.twins import guide_markdown

log = logging.getLogger("kb.web")
guide_site = Blueprint("guide_site", __name__)


@guide_site.get("/guides/")
def guides() -> Response:
    return kept_page(current_portal().shelf(), pages.guides_page)


def find_guide(shelf: Shelf, guide_id: str) -> Guide:
    """The guide with this id. Ends the request with 404 when there is none."""
    found = shelf.frame.guides.get(guide_id)
    if found is None:
        abort(404)
    return found


def find_step(guide: Guide, step_id: str) -> Step:
    """The step with this id. Ends the request with 404 when there is none."""
    found = next((step for step in guide.steps if step.id == step_id), None)
    if found is None:
        abort(404)
    return found


@guide_site.get("/guides/<guide_id>")
def guide(guide_id: str) -> Response:
    shelf = current_portal().shelf()
    name = guide_id.removesuffix(".md")
    if guide_id not in shelf.frame.guides and name in shelf.frame.guides:
        return twin_response(guide_markdown(shelf.frame, name))
    found, talk = find_guide(shelf, guide_id), requested_talk(shelf)
    if talk is None:
        return kept_page(shelf, pages.guide_page, found.id)
    progress = progress_of(found, talk.conversation)
    return html_response(pages.guide_page(talk_frame(shelf, talk), found.id, progress), private=True)


@guide_site.get("/guides/<guide_id>/solved")
def solved(guide_id: str) -> Response:
    shelf = current_portal().shelf()
    found, talk = find_guide(shelf, guide_id), requested_talk(shelf)
    if talk is None:
        return kept_page(shelf, pages.solved_page, found.id)
    by = [split_step(item.target)[1] for item in talk.conversation.steps(found.id) if item.verdict == "yes"]
    page = pages.solved_page(talk_frame(shelf, talk), found.id, by[-1] if by else "")
    return html_response(page, private=True)


@guide_site.get("/guides/<guide_id>/tried")
def guide_end(guide_id: str) -> Response:
    shelf = current_portal().shelf()
    found, talk = find_guide(shelf, guide_id), requested_talk(shelf)
    if talk is None:
        return kept_page(shelf, pages.guide_end_page, found.id)
    progress = progress_of(found, talk.conversation)
    return html_response(pages.guide_end_page(talk_frame(shelf, talk), found.id, progress), private=True)


@guide_site.get("/guides/<guide_id>/<step_id>")
def step(guide_id: str, step_id: str) -> Response:
    """One step; a number stands for the step in that place and moves to its address."""
    shelf = current_portal().shelf()
    found, talk = find_guide(shelf, guide_id), requested_talk(shelf)
    frame = talk_frame(shelf, talk) if talk else shelf.frame
    ids = [step.id for step in found.steps]
    if step_id not in ids:
        if not (step_id.isascii() and step_id.isdigit() and 1 <= int(step_id[:6]) <= len(ids)):
            abort(404)
        return redirect(frame.links.step(guide_id, ids[int(step_id[:6]) - 1]), 302)  # type: ignore[return-value]
    if talk is None:
        return kept_page(shelf, pages.step_page, guide_id, step_id)
    page = pages.step_page(frame, guide_id, step_id, progress_of(found, talk.conversation))
    return html_response(page, private=True)


@guide_site.post("/guides/<guide_id>/<step_id>")
@limit_asking
def walk(guide_id: str, step_id: str) -> Response:
    """What came of a step, and on to the next page; outside a conversation it starts one."""
    refuse_other_sites()
    shelf = current_portal().shelf()
    found = find_guide(shelf, guide_id)
    at = find_step(found, step_id)
    outcome, word = _chosen(at)
    links, conversation = current_portal().links, None
    try:
        conversation = find_conversation(shelf, typed(request.form, "c"))
        conversation_id = _record(conversation, found, at, word, outcome)
        links = links.within(conversation_id)
    except StorageError as error:  # the way on must not depend on what is stored
        log.error("%s", error)
    address = _way_on(shelf, links, conversation, found, at, word, outcome)
    return redirect(address, 303)  # type: ignore[return-value]


def _chosen(at: Step) -> tuple[Outcome | None, str]:
    """The outcome that was chosen, if one was, and the verdict: yes, no, cannot or undo."""
    number, word = typed(request.form, "outcome"), typed(request.form, "verdict")
    if number.isascii() and number.isdigit() and int(number[:3]) < len(at.outcomes):
        outcome = at.outcomes[int(number[:3])]
        return outcome, "yes" if outcome.target.kind == "solved" else "no"
    if word not in (*get_args(VerdictWord), "undo"):
        abort(422)
    return None, word


def _record(conversation: Conversation | None, guide: Guide, at: Step, word: str, outcome: Outcome | None) -> str:
    """Store what came of a step; returns the id of the conversation. Raises StorageError."""
    target = step_target(guide.id, at.id)
    note = " ".join(block.text for block in markdown.plain_blocks(outcome.text)) if outcome else ""
    with current_portal().database.begin() as connection:
        conversation_id = conversation.id if conversation else start_conversation(connection, form_key())
        if word == "undo":
            undo_verdict(connection, conversation_id, "step", target)
        else:
            set_verdict(connection, conversation_id, Verdict("step", target, word, note=note))  # type: ignore[arg-type]
    return conversation_id


def _way_on(
    shelf: Shelf, links: PortalLinks, conversation: Conversation | None, guide: Guide, at: Step, word: str,
    outcome: Outcome | None,
) -> str:  # fmt: skip
    """Address of the page that follows a step."""
    if word == "undo":
        return links.step(guide.id, at.id)
    if word == "yes":
        return links.solved(guide.id)
    if outcome is None:
        following = next_step(guide, at)
        return links.step(guide.id, following) if following else links.guide_end(guide.id)
    frame = shelf.frame.with_links(links)
    progress = progress_of(guide, conversation) if conversation else Progress()
    return pages.outcome_link(frame, guide, at, outcome, walked=progress.walked)[0]


def progress_of(guide: Guide, conversation: Conversation) -> Progress:
    """What came of the steps of a guide, and with which one to go on."""
    ids = [step.id for step in guide.steps]
    given = {split_step(item.target)[1]: item.verdict for item in conversation.steps(guide.id)}
    known: dict[str, str] = {step_id: verdict for step_id, verdict in given.items() if step_id in ids}
    following = ""
    if known and "yes" not in known.values():
        last = ids.index(list(known)[-1])
        following = next((step_id for step_id in ids[last + 1 :] if step_id not in known), "")
    others = {split_step(item.target)[0] for item in conversation.verdicts if item.kind == "step"} - {guide.id}
    return Progress(known, following, frozenset(others))

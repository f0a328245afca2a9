"""The JSON API for those who ask: questions, and what came of the answers."""

from __future__ import annotations

import logging

from flask import Response, abort

from kb.answer import Answer
from kb.api_models import AskRequest, FeedbackRequest, FeedbackResult
from kb.api_problems import PREFIX, read_body
from kb.api_shapes import ask_result, talk
from kb.api_site import CONVERSATION_ENDED, answered, api, no_entry, no_guide, refuse_faulty, wanted_conversation
from kb.asking import Asked
from kb.conversation import Verdict, split_step
from kb.conversing import Told, masked
from kb.errors import StorageError
from kb.guards import limit_asking
from kb.pages import Frame, clip
from kb.portal import Shelf, current_portal
from kb.request_record import note_level
from kb.responses import typed
from kb.secret_scan import mask
from kb.store.conversations import create_conversation
from kb.store.verdicts import set_verdict, undo_verdict
from kb.talks import asker

log = logging.getLogger("kb.web")


@api.post("/ask")
@limit_asking
def ask() -> Response:
    """The answer to a question, which becomes a turn of a conversation."""
    body = read_body(AskRequest)
    portal = current_portal()
    shelf = portal.shelf()
    asked = Asked(typed({"question": body.question}, "question"), typed({"log": body.log}, "log"))
    refuse_faulty(shelf, asked)
    try:
        told = asker(shelf).ask(asked, wanted_conversation(shelf, body.conversation), source="api")
    except StorageError as error:  # the answer does not depend on what is stored
        log.error("%s", error)
        told = Told(_answer(shelf, asked), "", 0)
    else:
        if not told.conversation_id:
            abort(410, CONVERSATION_ENDED)
    note_level(told.answer.level)
    return answered(ask_result(shelf.frame, told.answer, portal.links.within(told.conversation_id), told.number))


def _answer(shelf: Shelf, asked: Asked) -> Answer:
    portal = current_portal()
    asked = masked(asked, portal.settings)
    return portal.knowledge_base.ask(asked.question, asked.log, generation=shelf.generation)


# Feedback


@api.post("/feedback")
@limit_asking
def give_feedback() -> Response:
    """A verdict on an entry or a step of a guide; outside a conversation it starts one."""
    body = read_body(FeedbackRequest)
    portal = current_portal()
    shelf = portal.shelf()
    verdict = _verdict(shelf.frame, body)
    conversation = wanted_conversation(shelf, body.conversation)
    with portal.database.begin() as connection:
        conversation_id = conversation.id if conversation else create_conversation(connection)
        if body.verdict == "undo":
            undo_verdict(connection, conversation_id, verdict.kind, verdict.target)
        elif set_verdict(connection, conversation_id, verdict) is None:
            abort(410, CONVERSATION_ENDED)
    links = portal.links.within(conversation_id)
    turns = len(conversation.turns) if conversation else 0
    return answered(
        FeedbackResult(
            target=verdict.target,
            verdict=None if body.verdict == "undo" else body.verdict,
            conversation=talk(links, turns),
            report_url=links.report(),
        )
    )


def _verdict(frame: Frame, body: FeedbackRequest) -> Verdict:
    """What is said, about something that is there. Ends the request with 404 when it is not."""
    word = "no" if body.verdict == "undo" else body.verdict
    note = mask(typed({"note": body.note}, "note"))
    if body.entry:
        if body.entry not in frame.entries:
            abort(404, no_entry(body.entry))
        return Verdict("entry", body.entry, word, body.reason, note)
    guide_id, step_id = split_step(body.step)
    guide = frame.guides.get(guide_id)
    if guide is None:
        abort(404, no_guide(guide_id))
    if step_id not in {step.id for step in guide.steps}:
        abort(
            404, f"The guide “{clip(guide_id)}” has no step “{clip(step_id)}”. {PREFIX}/guides/{guide_id} lists them."
        )
    return Verdict("step", body.step, word, body.reason, note)

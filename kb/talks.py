"""The conversation of a request: finding it, and the pages' frame that remembers it."""

from __future__ import annotations

import logging

from flask import abort, request

from kb.conversation import Conversation, removed, tried
from kb.conversing import Asker
from kb.errors import StorageError
from kb.pages import Frame
from kb.pages_conversation import Talk
from kb.portal import Shelf, current_portal

LONGEST_ID = 32  # characters
log = logging.getLogger("kb.web")


def asker(shelf: Shelf) -> Asker:
    """What answers and stores. Raises StorageError."""
    portal = current_portal()
    return Asker(portal.knowledge_base, shelf.generation, portal.database, portal.settings)


def find_conversation(shelf: Shelf, conversation_id: str) -> Conversation | None:
    """The conversation of this id as long as it lasts. Raises StorageError."""
    if not conversation_id or len(conversation_id) > LONGEST_ID:
        return None
    found = asker(shelf).find(conversation_id)
    return None if found is None or found.is_expired else found


def the_conversation(shelf: Shelf, conversation_id: str) -> Conversation:
    """The conversation of this id. Ends the request with 410 when it has ended, with 404 when there never was one."""
    found = asker(shelf).find(conversation_id) if len(conversation_id) <= LONGEST_ID else None
    if found is None:
        abort(404)
    if found.is_expired:
        abort(410)
    return found


def make_talk(shelf: Shelf, conversation: Conversation) -> Talk:
    """The conversation as pages show it."""
    links = current_portal().links.within(conversation.id)
    generation = shelf.generation
    return Talk(conversation, links, tried(conversation, generation), removed(conversation, generation))


def requested_talk(shelf: Shelf) -> Talk | None:
    """The conversation that the request's address names by `c`; None without one, or while none can be read."""
    try:
        found = find_conversation(shelf, request.args.get("c", ""))
    except StorageError as error:
        log.error("%s", error)
        return None
    return make_talk(shelf, found) if found else None


def talk_frame(shelf: Shelf, talk: Talk) -> Frame:
    """The frame of pages that belong to a conversation."""
    return shelf.frame.with_links(talk.links)

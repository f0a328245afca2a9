"""Asking with a memory: the answer to a question, and what of it a conversation and the log of questions keep.

Secrets are masked before a question is searched, so that what is stored gives the same answer again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from kb.answer import Answer
from kb.asking import Asked
from kb.conversation import Conversation, ConversationTurn, history, log_lines, question_text
from kb.delivery import announce_question
from kb.followup import Turn
from kb.generation import Generation
from kb.knowledge_base import KnowledgeBase
from kb.secret_scan import mask
from kb.settings import Settings
from kb.store.conversations import add_turn, load_conversation, replace_turn, start_conversation
from kb.store.database import Database
from kb.store.questions import Source, log_question


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and where it is kept."""

    answer: Answer
    conversation_id: str  # empty when the conversation is gone
    number: int  # of the turn; 0 when there is none


@dataclass(frozen=True, slots=True)
class Asker:
    """What answering and storing need, of one request."""

    knowledge_base: KnowledgeBase
    generation: Generation
    database: Database
    settings: Settings

    def find(self, conversation_id: str) -> Conversation | None:
        """A conversation; None if there is none of this id. Raises StorageError."""
        with self.database.read() as connection:
            return load_conversation(connection, conversation_id, self.settings.keep_conversations_days)

    def answer(self, asked: Asked, earlier: Sequence[Turn] = ()) -> Answer:
        """The answer to a question, with what was asked before."""
        section = asked.section if self.generation.section(asked.section) else ""
        return self.knowledge_base.ask(
            asked.question, asked.log, exact=asked.exact, section=section, history=earlier, generation=self.generation
        )

    def answer_again(self, conversation: Conversation, turn: ConversationTurn) -> Answer:
        """The answer to a turn of a conversation, as it is given today."""
        return self.answer(asked_in(turn), history(conversation, turn.number))

    def ask(
        self,
        asked: Asked,
        conversation: Conversation | None,
        *,
        standalone: bool = False,
        after: int | None = None,
        is_logged: bool = True,
        source: Source = "portal",
        form_key: str = "",
    ) -> Told:
        """The answer to a question, stored as a turn of the conversation; without one it starts one.

        after: turns the person saw when they asked; a form that was sent twice adds one turn. is_logged: whether the log
        of questions keeps it, as asked by way of `source`. form_key: of the form, which starts one conversation when it is
        sent twice. Raises StorageError.
        """
        asked = masked(asked, self.settings)
        earlier = history(conversation) if conversation and not standalone else ()
        answer = self.answer(asked, earlier)
        turn = turn_of(asked, answer, standalone)
        with self.database.begin() as connection:
            conversation_id = conversation.id if conversation else start_conversation(connection, form_key)
            stored = load_conversation(connection, conversation_id, self.settings.keep_conversations_days)
            added = add_turn(connection, conversation_id, turn, after if conversation else 0)
            if added is None or stored is None:
                return Told(answer, "", 0)
            if is_logged and stored.turn(added.number) is None:
                self._log(connection, turn, source, conversation_id)
        return Told(answer, conversation_id, added.number)

    def ask_otherwise(
        self, conversation: Conversation, turn: ConversationTurn, *, exact: bool, standalone: bool
    ) -> None:
        """Answer a turn anew, without corrections or without what went before, and store that in its place."""
        asked = replace(asked_in(turn), exact=exact)
        earlier = () if standalone else history(_joined(conversation, turn), turn.number)
        changed = turn_of(asked, self.answer(asked, earlier), standalone)
        with self.database.begin() as connection:
            replace_turn(connection, conversation.id, replace(changed, number=turn.number, asked_at=turn.asked_at))

    def log(self, asked: Asked, answer: Answer, source: Source) -> None:
        """Keep a question that belongs to no conversation. Raises StorageError."""
        if self.settings.log_questions:
            with self.database.begin() as connection:
                self._log(connection, turn_of(masked(asked, self.settings), answer), source)

    def _log(self, connection: Connection, turn: ConversationTurn, source: Source, conversation_id: str = "") -> None:
        question_id = log_question(
            connection, self.settings, question_text(turn), level=turn.level, source=source,
            log_lines=log_lines(turn.log), entry_id=turn.entry_id, conversation_id=conversation_id,
        )  # fmt: skip
        announce_question(connection, self.settings, question_id, turn.level)


def masked(asked: Asked, settings: Settings) -> Asked:
    """The question without secrets; the notes in their place do not make it longer than it may be."""
    question, log = mask(asked.question)[: settings.question_limit], mask(asked.log)[: settings.log_limit]
    return replace(asked, question=question, log=log)


def asked_in(turn: ConversationTurn) -> Asked:
    """What was asked in a turn."""
    return Asked(turn.question, turn.log, turn.section, turn.exact)


def turn_of(asked: Asked, answer: Answer, standalone: bool = False) -> ConversationTurn:
    """What a conversation keeps of a question and its answer; the number is given when it is stored."""
    found = answer.hits if answer.level != "none" else ()
    entry_id = next((hit.id for hit in found if hit.kind == "entry"), "")
    return ConversationTurn(
        0, asked.question, asked.log, asked.exact, asked.section, answer.level, entry_id, answer.carried, standalone
    )


def _joined(conversation: Conversation, turn: ConversationTurn) -> Conversation:
    """The conversation with `turn` no longer asked on its own."""
    turns = tuple(
        replace(item, standalone=False) if item.number == turn.number else item for item in conversation.turns
    )
    return replace(conversation, turns=turns)

"""A problem report on its way: filled in from what was tried, compared with entries, sent once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from kb.conversation import Conversation, TriedItem, Verdict, question_text, tried
from kb.delivery import announce_report
from kb.entry import Entry, ReportTemplate
from kb.generation import Generation
from kb.knowledge_base import KnowledgeBase
from kb.pages import TriedView, plural
from kb.pages_report import describing_fields
from kb.report import make_reference, make_report, prefill
from kb.retrieval import Hit
from kb.settings import Settings
from kb.store.report_drafts import ReportDraft, Solved, delete_draft, load_draft, lock_draft, set_solved
from kb.store.reports import Created, NewReport, StoredReport, create_report, load_by_key
from kb.store.verdicts import (
    add_solved_by_similar,
    find_verdict,
    set_verdict,
    take_back_solved_by_similar,
    undo_verdict,
)

MOST_SIMILAR = 3
_KINDS = (("question", "question", ""), ("entry", "entry", "entries"), ("step", "step", ""))


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form holds before anything is typed, and where that comes from, in words."""

    values: Mapping[str, str] = field(default_factory=dict)
    filled_from: str = ""  # such as "1 question, 2 entries, 3 steps"


def filled_from_conversation(conversation: Conversation, generation: Generation) -> Filled:
    """The form filled in from a conversation, without what was removed from it."""
    items = tried(conversation, generation)
    kept = {item.target for item in items if item.kind == "question"}
    turns = [turn for turn in conversation.turns if str(turn.number) in kept]
    question = question_text(turns[-1]) if turns else ""
    log = next((turn.log for turn in reversed(turns) if turn.log), "")
    return Filled(prefill(question, [item.line for item in items], log), _counted(items))


def filled_from_address(view: TriedView) -> Filled:
    """The form filled in from what an address says was tried, outside a conversation."""
    lines = []
    if view.entry:
        lines.append(f"Read: {view.entry.question}")
    if view.guide:
        reached = f", up to step {view.step} of {len(view.guide.steps)}" if view.step else ""
        lines.append(f"Guide “{view.guide.question}”{reached}")
    return Filled(prefill(view.question, lines), view.summary)


def similar_entries(
    knowledge_base: KnowledgeBase, generation: Generation, settings: Settings, text: str
) -> tuple[Entry, ...]:
    """Entries that may answer what a report describes, best first; none when nothing comes near."""
    question = " ".join(text.split())[: settings.question_limit]
    if not question:
        return ()
    answer = knowledge_base.ask(question, generation=generation)
    if answer.level == "none":
        return ()
    hits: list[Hit] = [hit for hit in answer.hits if hit.kind == "entry"]
    found = (generation.entry(hit.id) for hit in hits[:MOST_SIMILAR])
    return tuple(entry for entry in found if entry)


def described(values: Mapping[str, str], template: ReportTemplate) -> str:
    """What the report is about, in the words of who writes it."""
    return " ".join(values.get(name, "") for name in describing_fields(template)).strip() or values.get("question", "")


def send_draft(
    connection: Connection, settings: Settings, draft_id: str, template: ReportTemplate
) -> tuple[StoredReport, bool] | None:
    """Make a draft a report: the report, and whether it is new. However often a draft is sent, it makes one report.

    That an entry spared it is taken back.

    None when there is neither a draft of this id nor a report that it became.
    """
    draft = load_draft(connection, draft_id)
    if draft is None:
        sent = load_by_key(connection, draft_id) if draft_id else None
        return (sent, False) if sent else None
    made = send(connection, settings, draft, template)
    unmark_solved(connection, draft.id)
    delete_draft(connection, draft.id)
    return made.report, made.is_new


def send(connection: Connection, settings: Settings, draft: ReportDraft, template: ReportTemplate) -> Created:
    """The report that a draft, kept or not, becomes; when one was sent under its id before, that one.

    A new one goes into the outbox as well, in the same transaction.
    """
    made = create_report(connection, new_report(draft, template), make_reference)
    if made.is_new:
        announce_report(connection, settings, made.report, template)
    return made


def new_report(draft: ReportDraft, template: ReportTemplate) -> NewReport:
    """The report that a draft becomes when it is sent."""
    report = make_report(draft.filled, template)
    return NewReport(
        idempotency_key=draft.id,
        fields=report.fields,
        question=report.question,
        tried=report.tried,
        log=report.log,
        attachments=draft.attachments,
        conversation_id=draft.conversation_id,
    )


def mark_solved(connection: Connection, draft_id: str, entry_id: str) -> None:
    """Count that an entry spared the report of a draft, once, and note it in the conversation that led there."""
    unmark_solved(connection, draft_id)
    draft = lock_draft(connection, draft_id)
    if draft is None:
        return
    talk_id, before = draft.conversation_id, None
    if talk_id:
        before = find_verdict(connection, talk_id, "entry", entry_id)
        set_verdict(connection, talk_id, Verdict("entry", entry_id, "yes"))
    set_solved(connection, draft_id, Solved(entry_id, add_solved_by_similar(connection, entry_id), before))


def unmark_solved(connection: Connection, draft_id: str) -> bool:
    """Take that back: the count, and the verdict if it still stands. Whether there was something to take back."""
    draft = lock_draft(connection, draft_id)
    if draft is None or draft.solved is None:
        return False
    entry_id, before, talk_id = draft.solved.entry_id, draft.solved.verdict_before, draft.conversation_id
    now = find_verdict(connection, talk_id, "entry", entry_id)
    if now and now.verdict == "yes":
        undo_verdict(connection, talk_id, "entry", entry_id)
        if before:
            set_verdict(connection, talk_id, before)
    take_back_solved_by_similar(connection, draft.solved.number)
    set_solved(connection, draft_id, None)
    return True


def _counted(items: Sequence[TriedItem]) -> str:
    counts = [(sum(item.kind == kind for item in items), one, many) for kind, one, many in _KINDS]
    return ", ".join(plural(count, one, many) for count, one, many in counts if count)

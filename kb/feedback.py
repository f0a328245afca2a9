"""Feedback on an entry as it is shown: the question, two buttons, and what to do next when it did not help."""

from __future__ import annotations

from dataclasses import dataclass

from kb.conversation import Conversation, Verdict
from kb.entry import Entry, Guide
from kb.links import PortalLinks

SAID = {"yes": "Marked as solved.", "no": "Noted. It did not help.", "cannot": "Noted.", "": ""}
_WORDS = {
    "problem": ("Did that fix it?", "Yes, that fixed it", "No, still broken"),
    "info": ("Did this answer your question?", "Yes", "No"),
}


@dataclass(frozen=True, slots=True)
class NextEntry:
    """The entry to look at next."""

    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """Two buttons about one entry, and what follows from them."""

    id: str  # of its element
    action: str  # where it is sent to
    hidden: tuple[tuple[str, str], ...]  # what is sent along
    question: str
    yes: str
    no: str
    report: str  # address of the report
    say_more: str = "#box-question"  # where to say what happened instead
    chosen: str = ""  # verdict; empty before one was given
    reason: str = ""
    note: str = ""
    guide: Guide | None = None
    candidate: NextEntry | None = None
    swaps: str = ""  # ids of the elements that change with it

    @property
    def said(self) -> str:
        """What became of the last press, in words."""
        return SAID[self.chosen]


def entry_feedback(
    entry: Entry, links: PortalLinks, element_id: str, back: str, *, verdict: Verdict | None = None, report: str = "",
    guide: Guide | None = None, candidate: NextEntry | None = None, more: tuple[tuple[str, str], ...] = (),
) -> Feedback:  # fmt: skip
    """Feedback on `entry`. back: which page comes next, "turn-3" or "entry". more: further fields to send along."""
    question, yes, no = _WORDS[entry.kind]
    hidden = (("c", links.conversation_id), ("target", entry.id), ("back", back), *more)
    return Feedback(
        element_id, links.feedback(), tuple(pair for pair in hidden if pair[1]), question, yes, no,
        report or links.report(), chosen=verdict.verdict if verdict else "", reason=verdict.reason if verdict else "",
        note=verdict.note if verdict else "", guide=guide, candidate=candidate, swaps=f"{element_id} tried",
    )  # fmt: skip


def verdict_on(conversation: Conversation | None, entry_id: str) -> Verdict | None:
    """What was said about an entry in a conversation."""
    return conversation.verdict("entry", entry_id) if conversation else None

"""The page of a conversation: its turns, the newest answer in full, what was tried, and the box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.answer import Answer
from kb.conversation import Conversation, ConversationTurn, TriedItem, question_text
from kb.entry import Entry, Section
from kb.feedback import Feedback, NextEntry, entry_feedback, verdict_on
from kb.links import PortalLinks, Tried
from kb.pages import BADGES, LATER_LABEL, Box, Frame, Problem, _page, clip, entry_page, plural
from kb.retrieval import Hit

TITLE_WORDS = 12  # of a title, in what a screen reader is told


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as its pages show it."""

    conversation: Conversation
    links: PortalLinks
    tried: tuple[TriedItem, ...] = ()
    removed: tuple[TriedItem, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A turn above the newest one, as shown."""

    turn: ConversationTurn
    entry: Entry | None
    feedback: Feedback | None

    @property
    def verdict_words(self) -> str:
        words = {"yes": "Solved it", "no": "Did not help", "cannot": "Could not be tried", "": ""}
        return words[self.feedback.chosen if self.feedback else ""]


def conversation_page(
    frame: Frame, talk: Talk, answer: Answer | None, *, starts_anew: bool = False, asked: tuple[str, str] = ("", ""),
    problem: Problem | None = None,
) -> str:  # fmt: skip
    """A conversation. answer: to its newest turn; None when nothing was asked yet.

    starts_anew: what is asked next has nothing to do with what went before. asked: question and log in the box, which
    `problem` may be about.
    """
    turns = talk.conversation.turns
    newest = turns[-1] if turns else None
    return _page(
        "conversation.html",
        frame,
        talk=talk,
        answer=answer,
        newest=newest,
        earlier=[_earlier(frame, talk, turn) for turn in turns[:-1]],
        feedback=answer_feedback(frame, talk, answer, newest) if answer and newest else None,
        said=said_about(answer) if answer else "",
        problem=problem,
        starts_anew=starts_anew,
        box=_box(frame, talk, newest, starts_anew, asked, problem),
        title=clip(question_text(newest)) if newest else "Conversation",
        exact_address="",
    )


def _box(
    frame: Frame, talk: Talk, newest: ConversationTurn | None, starts_anew: bool, asked: tuple[str, str],
    problem: Problem | None,
) -> Box:  # fmt: skip
    hidden = [("c", talk.conversation.id), ("after", str(newest.number if newest else 0))]
    if starts_anew:
        hidden.append(("standalone", "1"))
    section: Section | None = frame.sections.get(newest.section) if newest else None
    label = LATER_LABEL if newest and not starts_anew else frame.content.site.box_label
    ways = []
    if newest:
        ways.append((f"#turn-{newest.number}", "Go to the latest answer"))
        go_on = (talk.links.conversation("box-question"), "Go on with the last one")
        ways.append(go_on if starts_anew else (talk.links.new_question(), "Start a new question"))
    return Box(
        label, *asked, section, limited=section is not None, problem=problem, hidden=tuple(hidden),
        note="What you asked before is not searched with it." if starts_anew else "", links=tuple(ways),
    )  # fmt: skip


def _earlier(frame: Frame, talk: Talk, turn: ConversationTurn) -> EarlierTurn:
    entry = frame.entries.get(turn.entry_id) if turn.level in ("strong", "possible") else None
    name = f"turn-{turn.number}"
    if entry is None:
        return EarlierTurn(turn, None, None)
    verdict = verdict_on(talk.conversation, entry.id)
    feedback = entry_feedback(entry, talk.links, f"feedback-{turn.number}", name, verdict=verdict)
    return EarlierTurn(turn, entry, replace(feedback, swaps=f"{name} tried"))


def answer_feedback(frame: Frame, talk: Talk, answer: Answer, turn: ConversationTurn) -> Feedback | None:
    """Feedback on the entry that answers; None when it is a guide, or nothing answers."""
    entry = _answering(frame, answer)
    if entry is None:
        return None
    said_no = {
        verdict.target for verdict in talk.conversation.verdicts if verdict.kind == "entry" and verdict.verdict != "yes"
    }
    others = (item.hit for item in answer.candidates if item.hit.kind == "entry" and item.hit.id not in said_no)
    following = next(others, None)
    return entry_feedback(
        entry, talk.links, f"feedback-{turn.number}", f"turn-{turn.number}",
        verdict=verdict_on(talk.conversation, entry.id),
        guide=next((frame.guides[guide_id] for guide_id in answer.guides if guide_id in frame.guides), None),
        candidate=NextEntry(frame.hit_address(following), following.title) if following else None,
    )  # fmt: skip


def question_feedback(frame: Frame, links: PortalLinks, answer: Answer, section: str) -> Feedback | None:
    """Feedback on the answer to a question outside a conversation: giving it starts one."""
    entry = _answering(frame, answer)
    if entry is None:
        return None
    more = (("q", answer.question), ("log", answer.log), ("section", section))
    report = links.report(Tried(question=answer.question, entry=entry.id))
    return replace(entry_feedback(entry, links, "feedback-1", "turn-1", report=report, more=more), swaps="")


def portal_entry_page(frame: Frame, entry_id: str) -> str:
    """An entry with its feedback, outside a conversation."""
    return entry_page(frame, entry_id, _feedback_on_page(frame, PortalLinks(mount=frame.links.mount, prefix=frame.links.prefix), frame.entries[entry_id], None))


def talk_entry_page(frame: Frame, talk: Talk, entry_id: str) -> str:
    """An entry read in a conversation."""
    return entry_page(frame, entry_id, _feedback_on_page(frame, talk.links, frame.entries[entry_id], talk.conversation))


def _feedback_on_page(frame: Frame, links: PortalLinks, entry: Entry, conversation: Conversation | None) -> Feedback:
    guide = next((frame.guides[guide_id] for guide_id in entry.guides if guide_id in frame.guides), None)
    related = next((frame.entries[other] for other in entry.related if other in frame.entries), None)
    report = links.report(Tried(entry=entry.id))
    made = entry_feedback(
        entry, links, "feedback", "entry", verdict=verdict_on(conversation, entry.id), report=report, guide=guide,
        candidate=NextEntry(links.entry(related.id), related.question) if related else None,
    )  # fmt: skip
    return replace(made, swaps="feedback" if conversation else "")


def clear_page(frame: Frame, talk: Talk) -> str:
    """The question before a conversation is cleared."""
    return _page("conversation_clear.html", frame, talk=talk)


def _answering(frame: Frame, answer: Answer) -> Entry | None:
    """The entry that the card shows as the answer."""
    shows = answer.level in ("strong", "possible") and answer.hits
    return frame.entries.get(answer.hits[0].id) if shows else None


def said_about(answer: Answer) -> str:
    """What a screen reader is told about an answer, in at most 25 words."""
    if answer.level == "none":
        return "No entry matches. You can write a problem report."
    if answer.level == "weak":
        return f"No entry answers this directly. {plural(len(answer.candidates), 'close entry', 'close entries')}."
    others = len(answer.candidates)
    more = f" {plural(others, 'other entry', 'other entries')}." if others else ""
    return f"Best answer: {_short_title(answer.hits)}. {BADGES[answer.level][1]}.{more}"


def _short_title(hits: Iterable[Hit]) -> str:
    words = next(iter(hits)).title.split()
    return " ".join(words).rstrip("?.!") if len(words) <= TITLE_WORDS else " ".join(words[:TITLE_WORDS]) + " …"

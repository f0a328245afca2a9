"""A conversation as a plain value: what was asked, what was said about the answers, and what follows from both.

Everything here is a function of values. How a conversation is stored is the matter of kb/store/, how it looks that of the
pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kb.followup import Turn
from kb.generation import Generation

VerdictKind = Literal["entry", "step"]
VerdictWord = Literal["yes", "no", "cannot"]
TriedKind = Literal["question", "entry", "step"]


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """One question and what it was answered with."""

    number: int  # from 1
    question: str  # secrets masked
    log: str = ""  # secrets masked
    exact: bool = False  # asked with "search for … instead": nothing was corrected
    section: str = ""  # section id the answer was limited to; empty for all
    level: str = "none"
    entry_id: str = ""  # first entry of the answer; empty if there was none
    carried: str = ""  # the earlier question that was taken into account; empty for none
    standalone: bool = False  # asked with "Start a new question": what went before is forgotten
    asked_at: str = ""  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said about an entry or about a step of a guide."""

    kind: VerdictKind
    target: str  # entry id, or "guide-id/step-id"
    verdict: VerdictWord  # "cannot": the step could not be done
    reason: str = ""  # chosen from a short list when it did not help
    note: str = ""  # free text with it, secrets masked
    at: str = ""  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one person asked, oldest first, and what helped."""

    id: str
    started_at: str
    updated_at: str
    turns: tuple[ConversationTurn, ...] = ()
    verdicts: tuple[Verdict, ...] = ()  # oldest first; one for each kind and target
    removed: frozenset[str] = frozenset()  # keys of tried items the person removed
    is_expired: bool = False  # cleared after its time; then there are no turns, verdicts and removed keys

    @property
    def is_solved(self) -> bool:
        """Whether something helped."""
        return any(verdict.verdict == "yes" for verdict in self.verdicts)

    def turn(self, number: int) -> ConversationTurn | None:
        """The turn of this number; None if there is none."""
        return next((turn for turn in self.turns if turn.number == number), None)

    def verdict(self, kind: VerdictKind, target: str) -> Verdict | None:
        """What was said about an entry or a step; None if nothing was."""
        return next((item for item in self.verdicts if item.kind == kind and item.target == target), None)

    def steps(self, guide_id: str) -> tuple[Verdict, ...]:
        """What was said about the steps of a guide, oldest first."""
        return tuple(item for item in self.verdicts if item.kind == "step" and split_step(item.target)[0] == guide_id)


@dataclass(frozen=True, slots=True)
class TriedItem:
    """One line of "What you have tried"."""

    key: str  # "question:1", "entry:<entry id>", "step:<guide id>/<step id>"
    kind: TriedKind
    target: str  # what follows the colon of the key
    text: str  # the question, or the title of the entry or step
    verdict: str = ""  # as in Verdict; empty for a question
    guide: str = ""  # title of the guide, for a step

    @property
    def outcome(self) -> str:
        """What came of it, in words; empty for a question."""
        return "" if self.kind == "question" else OUTCOMES[self.kind][self.verdict]

    @property
    def line(self) -> str:
        """The item as one line of a report."""
        if self.kind == "question":
            return f"Asked: {self.text}"
        if self.kind == "entry":
            return f"Entry “{self.text}”: {self.outcome}"
        return f"Guide “{self.guide}”, step “{self.text}”: {self.outcome}"


OUTCOMES = {
    "entry": {"yes": "helped", "no": "did not help", "cannot": "could not be tried"},
    "step": {"yes": "fixed it", "no": "did not fix it", "cannot": "could not be done"},
}


# Why an entry did not help, as it can be chosen: what is stored, and what is shown.
REASONS = {
    "other-problem": "It is about another problem",
    "no-change": "I did it, and nothing changed",
    "other-version": "It does not fit my system or version",
    "unclear": "I do not understand it",
    "incomplete": "Something is missing or wrong",
}


def step_target(guide_id: str, step_id: str) -> str:
    """The target of a verdict on a step."""
    return f"{guide_id}/{step_id}"


def split_step(target: str) -> tuple[str, str]:
    """Guide id and step id of a step's target."""
    guide_id, _, step_id = target.partition("/")
    return guide_id, step_id


def history(conversation: Conversation, before: int | None = None) -> tuple[Turn, ...]:
    """The earlier turns that turn number `before` may lean on, oldest first; without a number, those for the next one.

    What was asked before a new question was started is not among them, and a turn that starts one leans on nothing.
    """
    earlier = [turn for turn in conversation.turns if before is None or turn.number < before]
    asked = conversation.turn(before) if before is not None else None
    if asked and asked.standalone:
        return ()
    starts = [place for place, turn in enumerate(earlier) if turn.standalone]
    kept = earlier[starts[-1] :] if starts else earlier
    return tuple(Turn(turn.question, turn.log, turn.entry_id) for turn in kept)


def tried(conversation: Conversation, generation: Generation) -> tuple[TriedItem, ...]:
    """What the person has tried, oldest first, without what they removed."""
    return tuple(item for item in _items(conversation, generation) if item.key not in conversation.removed)


def removed(conversation: Conversation, generation: Generation) -> tuple[TriedItem, ...]:
    """What the person removed from what they have tried, oldest first, so that it can be put back."""
    return tuple(item for item in _items(conversation, generation) if item.key in conversation.removed)


def tried_text(items: Iterable[TriedItem]) -> str:
    """The items as lines of text, as a report holds them."""
    return "\n".join(item.line for item in items)


def question_text(turn: ConversationTurn) -> str:
    """The question of a turn on one line, or the first line of its log that says anything when nothing else was asked."""
    for text in (turn.question, turn.log):
        line = " ".join(next((line for line in text.splitlines() if line.strip()), "").split())
        if line:
            return line
    return ""


def log_lines(log: str) -> int:
    """Number of lines of a log that hold something."""
    return sum(bool(line.strip()) for line in log.splitlines())


def _items(conversation: Conversation, generation: Generation) -> list[TriedItem]:
    dated = [
        (turn.asked_at, TriedItem(f"question:{turn.number}", "question", str(turn.number), question_text(turn)))
        for turn in conversation.turns
    ]
    dated += [(verdict.at, _judged(verdict, generation)) for verdict in conversation.verdicts]
    return [item for _, item in sorted(dated, key=lambda pair: pair[0])]  # stable: a question comes before its verdicts


def _judged(verdict: Verdict, generation: Generation) -> TriedItem:
    key = f"{verdict.kind}:{verdict.target}"
    if verdict.kind == "entry":
        entry = generation.entry(verdict.target)
        return TriedItem(key, "entry", verdict.target, entry.question if entry else verdict.target, verdict.verdict)
    guide_id, step_id = split_step(verdict.target)
    guide = generation.guide(guide_id)
    step = next((step for step in guide.steps if step.id == step_id), None) if guide else None
    return TriedItem(
        key,
        "step",
        verdict.target,
        step.title if step else step_id,
        verdict.verdict,
        guide.question if guide else guide_id,
    )

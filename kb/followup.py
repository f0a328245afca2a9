"""Follow-up questions: what a question takes over from those before it.

A question that can stand alone is left alone. One that leans on what went before (few words, a pronoun, "and how do I …",
nothing found with confidence) is searched together with the earlier question's terms, and the earlier answer and the
entries related to it get a bonus. All of it decays with every turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.generation import Generation
from kb.levels import confidence
from kb.query import Query, make_query
from kb.retrieval import Carried, Ranked
from kb.settings import FollowUp, Settings

_LEANS = re.compile(
    r"^\W*(?:and|but|so|or|ok(?:ay)?|then|yes|yeah|no|nope|also|what about|how about|same|still|that|this|it|those|these|they|good|fine|hm+|well|done|did that|tried)\b"
    r"|\b(?:it|its|it's|that|this|them|those|these|they|one|ones|there|then|instead|again|afterwards|either|too|same|other|another)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and what it was answered with."""

    question: str
    log: str = ""
    entry_id: str = ""  # the first entry of its answer; empty if there was none


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What is carried over, and from which question."""

    question: str
    weights: Carried
    settings: Settings

    def confidence(self, ranked: Ranked) -> float:
        """The probability that the first hit of the joint search is right."""
        return confidence(ranked.features, self.settings.levels)


def leaning(query: Query, probability: float, settings: FollowUp) -> float:
    """How much a question leans on the ones before it, 0 to 1: unsure answers and words that point back lean."""
    points_back = 1.0 if _LEANS.search(query.text) else settings.without_cue
    return float(max(0.0, 1.0 - probability**settings.certainty_power) * points_back)


def carry_over(
    generation: Generation, found: Ranked, probability: float, history: Sequence[Turn], settings: Settings
) -> CarriedOver | None:
    """What `found`, the outcome of a question searched alone, should take over from `history`; None for nothing."""
    follow = settings.follow_up
    lean = leaning(found.query, probability, follow)
    if lean < follow.least_leaning or not history:
        return None
    retriever = generation.retriever
    terms: dict[str, float] = {}
    documents: dict[int, float] = {}
    strength = lean
    for turn in reversed(history[-follow.turns :]):
        query, _ = retriever.correct(make_query(turn.question, turn.log, generation.options))
        for term, weight in retriever.weigh(query).terms.items():
            terms[term] = max(terms.get(term, 0.0), weight * strength * follow.term_weight)
        entry = generation.entry(turn.entry_id)
        if entry:
            _add(documents, retriever.number[entry.id], strength * follow.same_bonus)
            for related in entry.related:
                if related in retriever.number:
                    _add(documents, retriever.number[related], strength * follow.related_bonus)
        strength *= follow.decay
    if not terms and not documents:
        return None
    return CarriedOver(history[-1].question, Carried(terms, documents), settings)


def _add(documents: dict[int, float], number: int, bonus: float) -> None:
    documents[number] = max(documents.get(number, 0.0), bonus)

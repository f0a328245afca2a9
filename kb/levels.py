"""How far to trust the first hit: a probability from a few explainable features, and the word that stands for it.

The probability is a logistic model of the features of `retrieval.Features`. Its coefficients and the three limits are
settings, chosen by `python benchmarks/calibrate.py` on labelled questions, cross-validated.
"""

from __future__ import annotations

import math
from typing import Literal

from kb.retrieval import Features
from kb.settings import Levels

Level = Literal["strong", "possible", "weak", "none"]
# The sentence that leads an answer of a level: what it means for the reader, and what to do. A strong one needs none.
LEADS: dict[str, str] = {
    "possible": "This might be it. Check that it matches your case.",
    "weak": "No entry answers this directly. These are the closest.",
    "none": "No entry matches this question. Try the exact error text, or the name of the directive or file.",
}
MOST_STRENGTH = 4.0  # beyond it, more terms make no answer surer
LEVELS: tuple[Level, ...] = ("strong", "possible", "weak", "none")


def inputs(features: Features) -> dict[str, float]:
    """What the model adds up, by name."""
    return {
        "core": features.core,
        "question": features.question,
        "aliases": features.aliases,
        "asked": features.asked,
        "errors": features.errors,
        "unknown": features.unknown,
        "strength": min(features.strength, MOST_STRENGTH),
        "likeness": features.likeness,
        "lead": features.lead,
        "margin": features.margin,
        "elsewhere": features.elsewhere,
    }


def confidence(features: Features, levels: Levels) -> float:
    """The probability, 0 to 1, that the first hit answers the question."""
    if not features.coverage:
        return 0.0
    given = inputs(features)
    total = levels.bias + sum(weight * given[name] for name, weight in levels.weights.items())
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


def level_of(probability: float, levels: Levels) -> Level:
    """The word for a probability."""
    if probability >= levels.strong_from:
        return "strong"
    if probability >= levels.possible_from:
        return "possible"
    return "weak" if probability >= levels.weak_from else "none"

"""How far to trust the first hit."""

from __future__ import annotations

import pytest

from kb.levels import LEVELS, confidence, inputs, level_of
from kb.retrieval import Features
from kb.settings import Levels

LIMITS = Levels(strong_from=0.9, possible_from=0.5, weak_from=0.1)


@pytest.mark.parametrize(
    ("probability", "level"),
    [(1.0, "strong"), (0.9, "strong"), (0.89, "possible"), (0.5, "possible"), (0.49, "weak"), (0.1, "weak"), (0.09, "none"), (0.0, "none")],
)
def test_a_probability_has_the_level_whose_limit_it_reaches(probability: float, level: str) -> None:
    assert level_of(probability, LIMITS) == level


def test_levels_are_listed_from_best_to_worst() -> None:
    found = [level_of(step / 100, LIMITS) for step in range(100, -1, -1)]
    assert tuple(dict.fromkeys(found)) == LEVELS


def test_features_raise_or_lower_the_probability_as_weighted() -> None:
    levels = Levels(bias=0.0, weights={"core": 2.0, "unknown": -2.0})
    even = confidence(Features(coverage=0.5), levels)
    assert even == pytest.approx(0.5)
    assert confidence(Features(coverage=0.5, core=0.5), levels) > even > confidence(Features(coverage=0.5, unknown=0.5), levels)


def test_what_holds_nothing_of_the_question_is_not_trusted() -> None:
    assert confidence(Features(coverage=0.0, margin=1.0), Levels(bias=40.0)) == 0


@pytest.mark.parametrize("bias", [-1e9, 1e9])
def test_extreme_weights_stay_probabilities(bias: float) -> None:
    assert 0 <= confidence(Features(coverage=1.0), Levels(bias=bias, weights={})) <= 1


def test_the_weights_of_the_settings_are_names_of_inputs() -> None:
    assert Levels().weights.keys() <= inputs(Features()).keys()


def test_the_limits_of_the_settings_are_in_order() -> None:
    levels = Levels()
    assert levels.strong_from >= levels.possible_from >= levels.weak_from > 0

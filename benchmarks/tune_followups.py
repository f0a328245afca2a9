"""Choose what follow-up questions carry over: `python benchmarks/tune_followups.py CONTENT=CONVERSATIONS… [--trials N]`.

Changes the settings of `FollowUp` at random, keeps what ranks the right entry of the later turns higher, prints the best, and
what the choice is worth on conversations it did not see (cross-validation by conversation).
"""

from __future__ import annotations

import argparse
import random
import zlib
from pathlib import Path

import numpy as np

from kb.evaluation import evaluate, read_labelled
from kb.generation import Generation
from kb.knowledge_base import KnowledgeBase
from kb.settings import FollowUp, Settings, load_settings

N_FOLDS = 5
CHOICES = {
    "turns": [1, 2, 3],
    "decay": [0.3, 0.5, 0.7],
    "term_weight": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5],
    "same_bonus": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8],
    "related_bonus": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    "certainty_power": [0.5, 1.0, 2.0, 3.0],
    "without_cue": [0.3, 0.5, 0.7, 1.0],
    "least_leaning": [0.05, 0.15, 0.3],
}


def outcome(generation: Generation, settings: Settings, questions: list) -> tuple[np.ndarray, np.ndarray]:
    """The place of the right entry for each later turn that has one (99: not among ten), and the turn's fold."""
    places, folds = [], []
    for item in evaluate(generation, settings, questions):
        if item.labelled.before and item.labelled.relevant:
            places.append(item.place or 99)
            folds.append(zlib.crc32(item.labelled.before[0].encode()) % N_FOLDS)
    return np.array(places), np.array(folds)


def value(places: np.ndarray) -> float:
    """What is maximised: right entry in the first three, and half as much that it is first."""
    return float((places <= 3).mean() + 0.5 * (places == 1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="CONTENT=CONVERSATIONS")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path("data/tune"))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    sets = []
    for item in options.sets:
        content, conversations = item.split("=", 1)
        settings = load_settings(content=Path(content), data=options.data / str(zlib.crc32(content.encode())))
        sets.append((KnowledgeBase(settings).generation(), settings, read_labelled(Path(conversations))))

    def measure(follow_up: FollowUp) -> tuple[np.ndarray, np.ndarray]:
        parts = [outcome(g, s.model_copy(update={"follow_up": follow_up}), q) for g, s, q in sets]
        return np.concatenate([p for p, _ in parts]), np.concatenate([f for _, f in parts])

    best = FollowUp()
    trials = [(best, *measure(best))]
    for number in range(options.trials + 1):
        if number:
            changed = {
                name: chance.choice(CHOICES[name]) for name in chance.sample(list(CHOICES), chance.choice([1, 2, 3]))
            }
            trials.append((best.model_copy(update=changed), *measure(best.model_copy(update=changed))))
        candidate, places, folds = trials[-1]
        if not number or value(places) > value(next(p for f, p, _ in trials if f == best)):
            best = candidate
            print(
                f"trial {number}: first three {(places <= 3).mean():.3f}  first {(places == 1).mean():.3f}  {best.model_dump()}",
                flush=True,
            )
    held = []
    for fold in range(N_FOLDS):
        _, places, folds = max(trials, key=lambda trial: value(trial[1][trial[2] != fold]))
        held.append(places[folds == fold])
    places = np.concatenate(held)
    print(f"held out: first three {(places <= 3).mean():.3f}  first {(places == 1).mean():.3f}  of {len(places)} turns")


if __name__ == "__main__":
    main()

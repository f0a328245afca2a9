"""Choose the settings of the answer levels: `python benchmarks/calibrate.py CONTENT=QUESTIONS…`.

Fits the logistic model of kb/levels.py to labelled questions, by Newton's method with a ridge penalty, and picks the three
limits on probabilities that the model gave to questions it was not fitted to (cross-validation by entry). Prints the
settings, and what each level is worth on those questions.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tune import N_FOLDS

from kb.evaluation import read_labelled
from kb.knowledge_base import KnowledgeBase
from kb.levels import inputs
from kb.query import make_query
from kb.retrieval import Features
from kb.settings import Levels, load_settings

RIDGE = 0.3
NAMES = tuple(inputs(Features()))


@dataclass
class Sample:
    """One question: its inputs, whether the first entry was right, whether there is an answer at all, its fold and weight."""

    x: list[float]
    right: bool
    answerable: bool
    fold: int
    weight: float
    query: str = ""


def samples(content: Path, questions: Path, data: Path, weight: float) -> list[Sample]:
    settings = load_settings(content=content, data=data)
    generation = KnowledgeBase(settings).generation()
    found = []
    for labelled in read_labelled(questions):
        if labelled.before:
            continue
        ranked = generation.retriever.search(make_query(labelled.query, "", generation.options))
        entries = [hit.id for hit in ranked.hits if hit.kind == "entry"]
        right = bool(entries) and entries[0] in labelled.relevant
        name = labelled.relevant[0] if labelled.relevant else labelled.query
        given = inputs(ranked.features)
        found.append(
            Sample(
                [given[n] for n in NAMES],
                right,
                bool(labelled.relevant),
                zlib.crc32(name.encode()) % N_FOLDS,
                weight,
                labelled.query,
            )
        )
    return found


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression, the constant first; inputs are standardised inside for an even penalty."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.hstack([np.ones((len(x), 1)), (x - mean) / spread])
    b = np.zeros(z.shape[1])
    penalty = np.eye(len(b)) * RIDGE
    penalty[0, 0] = 1e-6
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ b, -30, 30)))
        gradient = z.T @ (weight * (y - p)) - penalty @ b
        step = np.linalg.solve((z * (weight * p * (1 - p))[:, None]).T @ z + penalty, gradient)
        b += step
        if np.abs(step).max() < 1e-8:
            break
    slopes = b[1:] / spread
    return np.concatenate([[b[0] - slopes @ mean], slopes])


def probability(b: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(b[0] + x @ b[1:], -30, 30)))


def limits(
    p: np.ndarray, right: np.ndarray, answerable: np.ndarray, strong: float, wrong: float
) -> tuple[float, float, float]:
    """The limits: strong as low as its share of right first entries allows, possible as low as the share of unanswerable
    questions answered allows, weak where fewer than one in eight first entries is right."""
    grid = np.round(np.arange(0.02, 0.99, 0.01), 2)
    strong_from = next((t for t in grid if t >= 0.5 and (p >= t).any() and right[p >= t].mean() >= strong), 0.95)
    possible_from = next((t for t in grid if (p[~answerable] >= t).mean() <= wrong and t <= strong_from), strong_from)
    weak_from = 0.02
    for t in grid:
        below = p < t
        if t < possible_from and below.any() and right[below].mean() <= 0.12:
            weak_from = t
    return float(strong_from), float(possible_from), float(weak_from)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="CONTENT=QUESTIONS[=WEIGHT]")
    parser.add_argument("--data", type=Path, default=Path("data/calibrate"), help="folder for the indexes")
    parser.add_argument("--strong", type=float, default=0.955, help="least share of strong answers that are right")
    parser.add_argument("--wrong", type=float, default=0.05, help="largest share of unanswerable questions answered")
    options = parser.parse_args()
    found: list[Sample] = []
    owner: list[int] = []
    for number, item in enumerate(options.sets):
        content, questions, *weight = item.split("=")
        more = samples(
            Path(content),
            Path(questions),
            options.data / str(zlib.crc32(content.encode())),
            float(weight[0]) if weight else 1.0,
        )
        found += more
        owner += [number] * len(more)
    x = np.array([s.x for s in found])
    right = np.array([s.right for s in found])
    answerable = np.array([s.answerable for s in found])
    weight = np.array([s.weight for s in found])
    fold = np.array([s.fold for s in found])
    held = np.zeros(len(found))
    for number in range(N_FOLDS):
        held[fold == number] = probability(
            fit(x[fold != number], right[fold != number], weight[fold != number]), x[fold == number]
        )
    b = fit(x, right, weight)
    full = weight >= 1.0
    strong, possible, weak = limits(held[full], right[full], answerable[full], options.strong, options.wrong)
    levels = Levels(
        bias=round(float(b[0]), 3), weights={name: round(float(v), 3) for name, v in zip(NAMES, b[1:], strict=True)},
        strong_from=strong, possible_from=possible, weak_from=weak,
    )  # fmt: skip
    print(levels.model_dump_json(indent=2))
    order = np.argsort(held)
    ranks = np.empty(len(held))
    ranks[order] = np.arange(1, len(held) + 1)
    auc = (ranks[right].sum() - right.sum() * (right.sum() + 1) / 2) / (right.sum() * (~right).sum())
    print(f"held out: area under the curve {auc:.3f}")
    owners = np.array(owner)
    for number, item in enumerate(options.sets):
        print(item)
        mine = owners == number
        for name, low, high in (
            ("strong", strong, 1.01),
            ("possible", possible, strong),
            ("weak", weak, possible),
            ("none", -1, weak),
        ):
            inside = mine & (held >= low) & (held < high)
            n = int(inside.sum())
            print(
                f"  {name:9} {n:4}  right {right[inside].mean() if n else 0:.3f}  unanswerable {int((~answerable[inside]).sum())} of {int((~answerable[mine]).sum())}"
            )
    answered = np.flatnonzero(~answerable & (held >= possible))
    for place in answered:
        print("  answered although unanswerable:", found[place].query[:100], f"{held[place]:.2f}")


if __name__ == "__main__":
    main()

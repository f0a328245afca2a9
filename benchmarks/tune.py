"""Choose the ranking settings: `python benchmarks/tune.py CONTENT=QUESTIONS… [--trials N] [--seed N]`.

Each argument is a content folder and a file of labelled questions. The script changes a few settings at a time, keeps what
helps all sets together, and prints the best settings found. Because every trial's outcome is kept by question, it can also say
what the choice is worth on questions it did not see: entries are dealt into folds, the best trial is chosen on all folds but
one, and measured on that one (cross-validation by entry).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb.fields import FIELDS
from kb.generation import Generation, build, load_current
from kb.generation_files import ROWS
from kb.impacts import build_table
from kb.query import Query, make_query
from kb.retrieval import Retriever
from kb.rows import Rows, load_rows
from kb.settings import Ranking, Settings

N_FOLDS = 5
CHOICES: dict[str, list[float]] = {
    "idf_power": [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "stop_rarity": [1.0, 1.5, 2.0, 2.5, 3.0, 5.0],
    "joined_weight": [0.3, 0.5, 0.7, 1.0],
    "k1": [0.5, 0.8, 1.2, 1.8, 2.5],
    "length_norm": [0.35, 0.5, 0.65, 0.8],
    "synonym_weight": [0.3, 0.4, 0.5, 0.6, 0.7, 0.85],
    "part_weight": [0.1, 0.2, 0.3, 0.4],
    "stop_weight": [0.3, 0.5, 0.7, 0.85, 1.0],
    "stop_words_in": [5, 8, 12],
    "wording_weight": [1.0, 1.5, 2.0, 3.0, 4.0, 5.0],
    "wording_power": [1.5, 2.0, 2.5, 3.0],
    "wording_idf_power": [0.3, 0.4, 0.6, 0.8, 1.0],
    "wording_stop_weight": [0.3, 0.5, 0.65, 0.8, 1.0],
    "alias_weight": [0.85, 0.9, 0.95, 1.0],
    "guide_weight": [0.5, 0.6, 0.7],
    "corrected_weight": [0.6, 0.8, 1.0],
}
FIELD_CHOICES = [0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0]


@dataclass
class LabelledSet:
    """A collection with its labelled questions, analysed once."""

    name: str
    generation: Generation
    rows: Rows
    queries: list[Query]
    relevant: list[set[str]]
    fold: np.ndarray  # of each question: by the entry that answers it best


def load_set(content: Path, questions: Path) -> LabelledSet:
    settings = Settings(content=content, data=Path(tempfile.mkdtemp(prefix="tune-")))
    build(settings)
    generation = load_current(settings.data, settings.ranking)
    lines = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    lines = [line for line in lines if line.get("relevant")]
    fold = np.array([zlib.crc32(line["relevant"][0].encode()) % N_FOLDS for line in lines])
    return LabelledSet(
        f"{content.name}/{questions.name}", generation, load_rows(generation.folder / ROWS),
        [make_query(line["query"], options=generation.options) for line in lines], [set(line["relevant"]) for line in lines], fold,
    )  # fmt: skip


def outcome(labelled: LabelledSet, ranking: Ranking) -> np.ndarray:
    """For each question the reciprocal rank of the first right entry among ten, 0 if there is none; float [questions]."""
    old = labelled.generation.retriever
    table = build_table(labelled.rows, old.titles, ranking)
    retriever = Retriever(
        table, old.vocabulary, old.corrector, ids=old.ids, kinds=old.kinds, titles=old.titles, sections=old.sections,
        whoosh=old.whoosh, whoosh_numbers=old.whoosh_numbers, ranking=ranking,
    )  # fmt: skip
    ranks = []
    for query, relevant in zip(labelled.queries, labelled.relevant, strict=True):
        hits = retriever.search(query).hits
        ranks.append(next((1 / place for place, hit in enumerate(hits, 1) if hit.id in relevant), 0.0))
    return np.array(ranks)


def value(ranks: np.ndarray) -> float:
    """What is maximised: hit@1 and half of MRR@10."""
    return float((ranks == 1).mean() + 0.5 * ranks.mean())


def change(ranking: Ranking, chance: random.Random) -> Ranking:
    """`ranking` with a few settings changed."""
    values: dict[str, Any] = ranking.model_dump()
    names = [name for name in CHOICES if name in values] + [f"field:{name}" for name in FIELDS]
    for name in chance.sample(names, chance.choice([1, 1, 2, 3])):
        if name.startswith("field:"):
            values["field_weights"][name[6:]] = chance.choice(FIELD_CHOICES)
        else:
            values[name] = chance.choice(CHOICES[name])
    return Ranking(**values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="CONTENT=QUESTIONS")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="JSON file with settings to start from")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    sets = [load_set(*(Path(part) for part in item.split("=", 1))) for item in options.sets]
    best = Ranking(**json.loads(options.start.read_text())) if options.start else Ranking()
    trials = [(best, [outcome(labelled, best) for labelled in sets])]
    best_value = sum(map(value, trials[0][1]))
    report("start", trials[0][1], sets)
    for number in range(1, options.trials + 1):
        candidate = change(best, chance)
        outcomes = [outcome(labelled, candidate) for labelled in sets]
        trials.append((candidate, outcomes))
        if sum(map(value, outcomes)) > best_value:
            best, best_value = candidate, sum(map(value, outcomes))
            report(f"trial {number}", outcomes, sets)
            print("   ", best.model_dump_json(), flush=True)
    print("\nsettings:", best.model_dump_json(indent=2))
    cross_validate(trials, sets)


def report(title: str, outcomes: list[np.ndarray], sets: list[LabelledSet]) -> None:
    figures = "  ".join(
        f"{s.name}: hit@1 {(r == 1).mean():.3f} MRR {r.mean():.3f}" for s, r in zip(sets, outcomes, strict=True)
    )
    print(f"{title:12} {figures}", flush=True)


def cross_validate(trials: list[tuple[Ranking, list[np.ndarray]]], sets: list[LabelledSet]) -> None:
    held: list[list[np.ndarray]] = [[] for _ in sets]
    for fold in range(N_FOLDS):
        chosen = max(
            trials, key=lambda trial: sum(value(r[s.fold != fold]) for s, r in zip(sets, trial[1], strict=True))
        )
        for place, labelled in enumerate(sets):
            held[place].append(chosen[1][place][labelled.fold == fold])
    report("held out", [np.concatenate(parts) for parts in held], sets)


if __name__ == "__main__":
    main()

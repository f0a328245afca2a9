"""Measure suggestions while somebody types: `python benchmarks/suggest.py [--entries N] [--questions N] [--work DIR]`.

Makes a knowledge base of N entries, opens the portal on it and types questions letter by letter, as the box does. Prints
how long `/suggest` takes, whole requests in process, and how much of that is processor time, which other programs disturb
less. The first request after a start or a change of the content pays for the list of words and is shown apart; the first
that needs the stems of all words pays for those, and is among the others.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from generate import generate, make_questions, sources_of

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a script, this finds kb/

from kb.content import load_content
from kb.settings import Settings
from kb.suggestions import LEAST_CHARACTERS
from kb.web import create_app

LONGEST_TYPED = 60  # characters; longer beginnings are few, and no slower
FIRST = "wich paasword"  # two words to correct


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of requests."""

    first: float
    taken: list[float]  # of the later ones, the fastest first
    used: list[float]  # of the processor, the least first
    slowest: str  # what was typed then


def share(values: list[float], part: float) -> float:
    """What this part of sorted values does not exceed."""
    return values[round(part * (len(values) - 1))]


def typed(text: str) -> list[str]:
    """What the box asks for while `text` is typed."""
    return [text[:length] for length in range(LEAST_CHARACTERS, min(len(text), LONGEST_TYPED) + 1)]


def measure(folder: Path, entries: int, number: int) -> Measured:
    """What requests take while `number` questions are typed; the knowledge base in `folder` is made if there is none."""
    content = folder / "content"
    sources = sources_of(load_content(content).entries) if content.exists() else generate(content, entries)
    client = create_app(Settings(content=content, data=folder / "data")).test_client()
    client.get("/readyz")  # builds the index

    def ask(text: str) -> tuple[float, float, str]:
        started, used = time.perf_counter(), time.thread_time()
        response = client.get("/suggest", query_string={"q": text})
        assert response.status_code == 200
        return (time.perf_counter() - started) * 1000, (time.thread_time() - used) * 1000, text

    first = ask(FIRST)[0]
    beginnings = [start for question in make_questions(sources, number) for start in typed(question.text)]
    times = sorted(ask(text) for text in beginnings)
    return Measured(first, [item[0] for item in times], sorted(item[1] for item in times), times[-1][2])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--work", type=Path, help="folder that is kept for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measure(options.work or Path(folder), options.entries, options.questions)
    print(
        f"{len(times.taken)} requests, the first {times.first:.0f} ms, the slowest of the others for {times.slowest!r}"
    )
    for name, values in (("taken", times.taken), ("processor", times.used)):
        shares = ", ".join(f"p{round(100 * part)} {share(values, part):.1f}" for part in (0.5, 0.95, 0.99, 1))
        print(f"{name} ms: {shares}")


if __name__ == "__main__":
    main()

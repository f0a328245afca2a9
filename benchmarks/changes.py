"""How soon changed content answers, and what that costs those who ask meanwhile: `python benchmarks/changes.py [--sizes …]`.

For each size a process answers questions in a loop, a little apart, as a worker of the portal does, and follows the content.
From outside one entry after the other is edited, and the time is taken until an answer holds the edit; a second process that
only follows is asked too. Beside the times of questions while the index is changed stand those of the same process at rest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from compare import make_content, percentile, questions_about  # noqa: E402

PAUSE_SECONDS = 0.005  # of whoever asks, between two questions
MARK = "zyxmark"


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured at one size; times in seconds or, for questions, milliseconds."""

    n_entries: int
    live_p50: float  # from an edit until the process that builds answers from it
    live_worst: float
    other_p50: float  # until one that only follows does
    other_worst: float
    quiet_p50_ms: float  # of questions at rest
    quiet_p99_ms: float
    busy_p50_ms: float  # from edits until they are live
    busy_p99_ms: float
    busy_worst_ms: float
    n_busy: int
    memory_mb: float  # of the process before the edits
    memory_after_mb: float


def serve(content: Path, data: Path, questions: Sequence[str]) -> None:
    """Answer questions and follow the content; each line of standard input is a mark to report as soon as it is found."""
    from kb.knowledge_base import KnowledgeBase
    from kb.portal import Portal
    from kb.settings import Settings

    wanted: Queue[str] = Queue()
    threading.Thread(target=lambda: [wanted.put(line.strip()) for line in sys.stdin], daemon=True).start()
    portal = Portal(Settings(content=content, data=data))
    base: KnowledgeBase = portal.knowledge_base
    portal.shelf()
    portal.follow_content()
    for question in questions[:30]:
        base.ask(question)
    say({"ready": memory_mb()})
    times: list[float] = []
    mark, turn = "", 0
    while True:
        turn += 1
        question = questions[turn % len(questions)]
        started = time.perf_counter()
        shelf = portal.shelf()
        base.ask(question, generation=shelf.generation)
        times.append((time.perf_counter() - started) * 1000)
        if not wanted.empty():
            mark, times = wanted.get(), []
            if mark == "end":
                return
            if mark.startswith("rest "):
                time_limit = time.monotonic() + float(mark.removeprefix("rest "))
                while time.monotonic() < time_limit:
                    turn += 1
                    started = time.perf_counter()
                    base.ask(questions[turn % len(questions)], generation=portal.shelf().generation)
                    times.append((time.perf_counter() - started) * 1000)
                    time.sleep(PAUSE_SECONDS)
                say({"mark": mark, "times": times, "at": time.time(), "memory": memory_mb()})
                mark = ""
        elif mark and mark in shelf.generation.retriever.table.terms:
            say({"mark": mark, "times": times, "at": time.time(), "memory": memory_mb()})
            mark = ""
        time.sleep(PAUSE_SECONDS)


def say(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


def memory_mb() -> float:
    """Memory of this process that is in RAM."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Server:
    """A process that serves, see `serve`."""

    def __init__(self, content: Path, data: Path, questions: Path) -> None:
        command = [sys.executable, __file__, "--serve", str(content), str(data), str(questions)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("changes.py: the serving process ended")
        return dict(json.loads(line))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def measure(work: Path, n_entries: int, n_edits: int, n_at_once: int = 1, quiet_seconds: float = 5.0) -> Result:
    """Edit `n_edits` times, `n_at_once` entries each time."""
    content, data = work / "edited", work / "data"
    shutil.rmtree(content, ignore_errors=True)
    shutil.copytree(make_content(work, n_entries), content)
    questions = work / "questions.json"
    questions.write_text(json.dumps([question.text for question in questions_about(content, 300)]), encoding="utf-8")
    entries = sorted(path for path in content.rglob("*.md") if path.parent not in (content, content / "guides"))
    subprocess.run(
        [sys.executable, "-m", "kb", "index", "--content", str(content), "--data", str(data)], cwd=ROOT, check=True, stdout=2
    )
    first = Server(content, data, questions)
    servers = [first]
    try:
        memory = first.hear()["ready"]
        first.tell(f"rest {quiet_seconds}")
        quiet = first.hear()["times"]
        time.sleep(2)  # the first has taken the turn to build
        servers.append(Server(content, data, questions))
        servers[1].hear()
        lives: list[list[float]] = [[], []]
        busy: list[float] = []
        after = memory
        for number in range(n_edits):
            mark = f"{MARK}{number}q"
            for server in servers:
                server.tell(mark)
            time.sleep(0.2)
            for place in range(n_at_once):
                path = entries[(number * 7919 + place * 13) % len(entries)]
                text = path.read_text(encoding="utf-8")
                aside = path.with_suffix(".aside")
                aside.write_text(f"{text}\nA sentence about {mark} was added.\n", encoding="utf-8")
                aside.replace(path)
            edited = time.time()
            for times, server in zip(lives, servers, strict=True):
                heard = server.hear()
                times.append(heard["at"] - edited)
                if server is first:
                    busy += heard["times"]
                    after = heard["memory"]
    finally:
        for server in servers:
            server.end()
    return Result(
        n_entries, statistics.median(lives[0]), max(lives[0]), statistics.median(lives[1]), max(lives[1]),
        percentile(quiet, 50), percentile(quiet, 99), percentile(busy, 50), percentile(busy, 99), max(busy), len(busy), memory, after,
    )  # fmt: skip


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| entries | live p50 s | worst s | other process p50 s | worst s | quiet p50 ms | p99 ms | meanwhile p50 ms | p99 ms | worst ms | MB before | after |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.n_entries:,} | {r.live_p50:.2f} | {r.live_worst:.2f} | {r.other_p50:.2f} | {r.other_worst:.2f} | {r.quiet_p50_ms:.2f} | "
        f"{r.quiet_p99_ms:.2f} | {r.busy_p50_ms:.2f} | {r.busy_p99_ms:.2f} | {r.busy_worst_ms:.1f} | {r.memory_mb:.0f} | {r.memory_after_mb:.0f} |"
        for r in results
    ]
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), Path(sys.argv[3]), json.loads(Path(sys.argv[4]).read_text(encoding="utf-8")))
        os._exit(0)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="44,1000,10000", help="numbers of entries, joined by commas")
    parser.add_argument("--edits", type=int, default=20, help="edits at each size")
    parser.add_argument("--at-once", type=int, default=1, help="entries changed by each edit")
    parser.add_argument("--quiet-seconds", type=float, default=5.0, help="how long questions are timed at rest")
    parser.add_argument("--work", type=Path, help="folder for what is generated and built; kept and used again")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="changes-") as temporary:
        work = (options.work or Path(temporary)).resolve()
        results = []
        for size in options.sizes.split(","):
            folder = work / size
            folder.mkdir(parents=True, exist_ok=True)
            results.append(measure(folder, int(size), options.edits, options.at_once, options.quiet_seconds))
        print(json.dumps([asdict(result) for result in results]) if options.as_json else table(results))


if __name__ == "__main__":
    main()

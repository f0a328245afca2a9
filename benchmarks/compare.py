"""Our engine beside Whoosh's own search, SQLite FTS5, tantivy and bm25s: `python benchmarks/compare.py`.

For each size it makes a knowledge base (44 is the project's own), lets every engine index it, and puts the same
questions to all of them, one question after the other and one engine after the other, so that whatever else the machine
does hits all alike. Each question is put once, after others to warm up, and asks for the first ten entries and a passage
of the first. Index time, memory and cold start are taken in fresh processes. Engines that are not installed are left
out, and named.

    python benchmarks/compare.py [--sizes 44,1000,10000,100000] [--questions 300] [--work DIR] [--json]

With --work, what was generated and built is kept in DIR, and taken from there the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines import ENGINES, Engine, Search, write_documents
from generate import ROOT, SEED, Question, generate, make_questions, misspell, own_words, sources_of

if TYPE_CHECKING:
    from kb.knowledge_base import KnowledgeBase

OWN_SIZE = 44  # entries of the project's own content
WORST_SIZE = 1000
WORST_RUNS = 15
WORST_LIMIT_MS = 100.0
N_STARTS = 3
N_WARM = 30
SLOW_MS = 50.0  # beyond this an engine gets fewer questions
FEWER = 60


@dataclass
class Result:
    """What was measured of one engine at one size. None: could not be measured."""

    engine: str
    entries: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    cpu_ms: float | None = None  # median time on a processor: the same whatever else the machine does
    found: float | None = None  # share of questions whose entry is among the first ten
    passages: float | None = None  # share of questions answered with a passage
    index_s: float | None = None
    index_mb: float | None = None
    index_peak_mb: float | None = None  # of the process that built it
    memory_mb: float | None = None  # peak of a fresh process that opens the index and answers one question
    start_s: float | None = None  # from starting that process to its answer, median of a few
    fault: str = ""


@dataclass
class Worst:
    """How long our engine takes for input that means harm, or is just bad."""

    name: str
    p50_ms: float
    max_ms: float
    max_cpu_ms: float  # the same on a processor, whatever else the machine does
    outcome: str


@dataclass
class Report:
    results: list[Result] = field(default_factory=list)
    worst: list[Worst] = field(default_factory=list)
    start_without_index_s: float | None = None
    missing: list[str] = field(default_factory=list)


# -- work of the fresh processes ----------------------------------------------------------------------------------


def peak_mb() -> float:
    """Most memory this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, what getrusage says begins with the size of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


def work_build(engine: Engine, source: Path, folder: Path) -> dict[str, Any]:
    before = time.perf_counter()
    engine.build(source, folder)
    return {"index_s": time.perf_counter() - before, "index_peak_mb": peak_mb()}


def work_first(engine: Engine, folder: Path, question: str) -> dict[str, Any]:
    found = engine.open(folder)(question)
    return {"memory_mb": peak_mb(), "hits": len(found.ids)}


def in_fresh_process(*arguments: str) -> tuple[Any, float]:
    """What a worker printed, and the seconds from its start to its end. Raises subprocess.CalledProcessError."""
    before = time.perf_counter()
    # later starts find compiled modules, as those of installed programs do
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, __file__, "--worker", *arguments], check=True, capture_output=True, text=True, env=environment
    )
    return json.loads(done.stdout), time.perf_counter() - before


# -- one size -----------------------------------------------------------------------------------------------------


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def make_content(work: Path, n_entries: int) -> Path:
    """The content folder of a size: the project's own, or a generated one."""
    if n_entries == OWN_SIZE:
        return ROOT / "content"
    folder = work / f"content-{n_entries}"
    if not (folder / ".complete").exists():
        say(f"generating {n_entries:,} entries")
        shutil.rmtree(folder, ignore_errors=True)
        generate(folder, n_entries)
        (folder / ".complete").touch()
    return folder


def build_index(engine: Engine, source: Path, folder: Path) -> dict[str, Any]:
    """Seconds, size and peak memory of building an index, or what they were when it was built in an earlier run."""
    note = folder.with_suffix(".json")
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        built, _ = in_fresh_process("build", engine.name, str(source), str(folder))
        note.write_text(json.dumps(built | {"index_mb": size_mb(folder)}), encoding="utf-8")
    return dict(json.loads(note.read_text(encoding="utf-8")))


def compare(work: Path, n_entries: int, n_questions: int, engines: Sequence[Engine]) -> list[Result]:
    """Everything about one size."""
    content = make_content(work, n_entries)
    folder = work / f"index-{n_entries}"
    folder.mkdir(parents=True, exist_ok=True)
    documents = folder / "documents.jsonl"
    write_documents(content, documents)
    questions = questions_about(content, n_questions + N_WARM)
    results, searches = {}, {}
    for engine in engines:
        say(f"{n_entries:,} entries: {engine.name} builds its index")
        result = results[engine.name] = Result(engine.name, n_entries)
        place = folder / engine.name.replace(" ", "-").lower()
        try:
            built = build_index(engine, content if engine.reads_content else documents, place)
            starts = [in_fresh_process("first", engine.name, str(place), questions[0].text) for _ in range(N_STARTS)]
            searches[engine.name] = engine.open(place)
        except (subprocess.CalledProcessError, OSError) as error:
            result.fault = _last_line(getattr(error, "stderr", "")) or str(error)
            continue
        result.index_s, result.index_mb, result.index_peak_mb = (
            built["index_s"],
            built["index_mb"],
            built["index_peak_mb"],
        )
        result.memory_mb = max(answer["memory_mb"] for answer, _ in starts)
        result.start_s = statistics.median(seconds for _, seconds in starts)
    say(f"{n_entries:,} entries: {len(questions) - N_WARM} questions")
    time_searches(searches, questions, results)
    return list(results.values())


def questions_about(content: Path, count: int) -> list[Question]:
    from kb.content import load_content

    return make_questions(sources_of(load_content(content).entries), count)


def time_searches(searches: dict[str, Search], questions: Sequence[Question], results: dict[str, Result]) -> None:
    """Put the questions to all engines in turn and note how long each took; the first `N_WARM` are not counted."""
    times: dict[str, list[float]] = {name: [] for name in searches}
    cpu_times: dict[str, list[float]] = {name: [] for name in searches}
    found = dict.fromkeys(searches, 0)
    passages = dict.fromkeys(searches, 0)
    order = list(searches)
    chance = random.Random(SEED)
    for number, question in enumerate(questions):
        chance.shuffle(order)  # nobody always comes after the same one
        for name in order:
            taken = times[name]
            if len(taken) >= FEWER and statistics.median(taken) > SLOW_MS:
                continue
            before, cpu_before = time.perf_counter(), time.process_time()
            got = searches[name](question.text)
            after, cpu_after = time.perf_counter(), time.process_time()
            if number >= N_WARM:
                taken.append((after - before) * 1000)
                cpu_times[name].append((cpu_after - cpu_before) * 1000)
                found[name] += question.entry in got.ids
                passages[name] += bool(got.passage)
    for name, taken in times.items():
        result = results[name]
        result.p50_ms, result.p95_ms = percentile(taken, 50), percentile(taken, 95)
        result.cpu_ms = percentile(cpu_times[name], 50)
        result.found, result.passages = found[name] / len(taken), passages[name] / len(taken)


def percentile(values: Sequence[float], share: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


# -- bad input ----------------------------------------------------------------------------------------------------


def _binary(chance: random.Random) -> str:
    return bytes(chance.randrange(256) for _ in range(10_000)).decode("latin-1")


def _stack_trace(chance: random.Random) -> str:
    words = own_words()[:3000]
    lines = [f'Exception in thread "main" java.lang.{chance.choice(words).title()}Exception: {chance.choice(words)}']
    while sum(map(len, lines)) < 9000:
        parts = [chance.choice(words) for _ in range(4)]
        lines.append(
            f"    at com.example.{parts[0]}.{parts[1].title()}${parts[2]}({parts[3].title()}.java:{chance.randrange(1, 2000)})"
        )
    return "\n".join(lines)[:9000]


def _misspelt(chance: random.Random) -> str:
    words = [word for word in own_words() if word.isalpha() and len(word) > 6]
    return " ".join(misspell(chance, misspell(chance, chance.choice(words))) for _ in range(60))[:500]


def _from(alphabet: str, length: int) -> Callable[[random.Random], str]:
    return lambda chance: "".join(chance.choice(alphabet) for _ in range(length))


# name to: question, log
WORST_CASES: dict[str, tuple[Callable[[random.Random], str], Callable[[random.Random], str]]] = {
    "empty question": (lambda _: "", lambda _: ""),
    "10,000 characters of binary as the question": (_binary, lambda _: ""),
    "500 characters of binary": (lambda chance: _binary(chance)[:500], lambda _: ""),
    "10,000 characters of binary as the log": (lambda _: "", _binary),
    "500 control characters": (_from("".join(map(chr, range(1, 32))), 500), lambda _: ""),
    "unclosed quotes": (lambda chance: f'"{chance.choice(own_words()[:500])} " "refused' + ' "a' * 100, lambda _: ""),
    "*:*": (lambda _: "*:*", lambda _: ""),
    "NUL between letters": (lambda chance: "\0".join(chance.choice(own_words()[:500]) * 20)[:500], lambda _: ""),
    "500 letters from right to left": (_from("אבגדהוזחטיכלמנסעפצקרשת \u202e\u200f ابتثجحخدذرزسش", 500), lambda _: ""),
    "9 kB stack trace as the log": (lambda _: "it crashes", _stack_trace),
    "500 characters of misspelt words": (_misspelt, lambda _: ""),
    "one letter 500 times": (lambda chance: chance.choice("aeiz") * 500, lambda _: ""),
    "500 characters of operators": (lambda _: ("-a OR body:b NOT " * 40)[:500], lambda _: ""),
    "160 short words": (
        lambda chance: " ".join(chance.choices("ca key ssl csr to is it on the".split(), k=160))[:500],
        lambda _: "",
    ),
}


def work_worst(work: Path) -> list[dict[str, Any]]:
    """Our engine at `WORST_SIZE` entries on bad input, made anew for every run."""
    from kb.knowledge_base import KnowledgeBase
    from kb.settings import Settings

    content = make_content(work, WORST_SIZE)
    kept = work / f"index-{WORST_SIZE}" / "ours"
    with tempfile.TemporaryDirectory(dir=work) as fresh:
        base = KnowledgeBase(Settings(content=content, data=kept if kept.is_dir() else Path(fresh)))
        base.ask("warm up")
        return [asdict(_worst(base, name)) for name in WORST_CASES]


def _worst(base: KnowledgeBase, name: str) -> Worst:
    from kb.errors import InputError

    times, cpu_times, outcomes = [], [], set()
    for run in range(WORST_RUNS):
        chance = random.Random(f"{SEED}/{name}/{run}")
        question, log = (make(chance) for make in WORST_CASES[name])
        before, cpu_before = time.perf_counter(), time.process_time()
        try:
            outcome: str = base.ask(question, log).level
        except InputError as error:
            outcome = f"refused: {error}"
        times.append((time.perf_counter() - before) * 1000)
        cpu_times.append((time.process_time() - cpu_before) * 1000)
        outcomes.add(outcome)
    return Worst(name, statistics.median(times), max(times), max(cpu_times), ", ".join(sorted(outcomes)))


def start_without_index() -> float:
    """Seconds of a fresh process with the project's own content and no index, to its first answer."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "content.txt").write_text(str(ROOT / "content"), encoding="utf-8")
        return in_fresh_process("first", "ours", folder, "connection refused")[1]


# -- printing -----------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text and text.strip() else ""


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def table(results: Sequence[Result]) -> str:
    """The results of one size as a Markdown table."""
    ours = next((result.p50_ms for result in results if result.engine == "ours"), None)
    names = (
        "engine", "p50 ms", "p50 / ours", "p95 ms", "p50 CPU ms", "found in 10", "index s", "index MB", "peak MB, building",
        "peak MB, answering", "cold start s",
    )  # fmt: skip
    lines = [f"| {' | '.join(names)} |", "|---|" + "---:|" * (len(names) - 1)]
    for result in results:
        ratio = result.p50_ms / ours if result.p50_ms is not None and ours else None
        found = None if result.found is None else result.found * 100
        cells = [
            result.engine, _number(result.p50_ms), _number(ratio), _number(result.p95_ms), _number(result.cpu_ms),
            f"{_number(found, 0)} %",
            _number(result.index_s), _number(result.index_mb, 1), _number(result.index_peak_mb, 0), _number(result.memory_mb, 0),
            _number(result.start_s),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |" + (f" {result.fault}" if result.fault else ""))
    return "\n".join(lines)


def worst_table(worst: Sequence[Worst]) -> str:
    lines = ["| input | p50 ms | worst ms | worst CPU ms | under 100 ms | outcome |", "|---|---:|---:|---:|---|---|"]
    for case in worst:
        fits = "yes" if case.max_cpu_ms < WORST_LIMIT_MS else "NO"
        lines.append(
            f"| {case.name} | {case.p50_ms:.2f} | {case.max_ms:.2f} | {case.max_cpu_ms:.2f} | {fits} | {case.outcome} |"
        )
    return "\n".join(lines)


def print_report(report: Report) -> None:
    for n_entries in dict.fromkeys(result.entries for result in report.results):
        print(f"\n## {n_entries:,} entries\n")
        print(table([result for result in report.results if result.entries == n_entries]))
    for name in report.missing:
        print(f"\n{name}: not installed (python -m pip install -r benchmarks/requirements.txt)")
    if report.start_without_index_s is not None:
        print(f"\nCold start of ours with {OWN_SIZE} entries and no index: {report.start_without_index_s:.2f} s")
    if report.worst:
        print(f"\n## Bad input, ours, {WORST_SIZE:,} entries\n\n{worst_table(report.worst)}")


def run(work: Path, sizes: Sequence[int], n_questions: int, names: Sequence[str]) -> Report:
    engines = [ENGINES[name] for name in names]
    report = Report(missing=[engine.name for engine in engines if not engine.is_installed])
    engines = [engine for engine in engines if engine.is_installed]
    for n_entries in sizes:
        report.results += compare(work, n_entries, n_questions, engines)
    if OWN_SIZE in sizes and "ours" in names:
        report.start_without_index_s = start_without_index()
    if WORST_SIZE in sizes and "ours" in names:
        say("bad input")
        report.worst = [Worst(**case) for case in in_fresh_process("worst", "ours", str(work))[0]]
    return report


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        action, name, *rest = sys.argv[2:]
        if action == "build":
            print(json.dumps(work_build(ENGINES[name], Path(rest[0]), Path(rest[1]))))
        elif action == "worst":
            print(json.dumps(work_worst(Path(rest[0]))))
        else:
            print(json.dumps(work_first(ENGINES[name], Path(rest[0]), rest[1])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="44,1000,10000,100000", help="numbers of entries, joined by commas")
    parser.add_argument("--questions", type=int, default=300, help="questions per size")
    parser.add_argument("--engines", default=",".join(ENGINES), help="names, joined by commas")
    parser.add_argument("--work", type=Path, help="folder for what is generated and built; kept and used again")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    names = options.engines.split(",")
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        parser.error(f"no such engine: {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    with tempfile.TemporaryDirectory(prefix="compare-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        report = run(work, sizes, options.questions, names)
    if options.as_json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print_report(report)


if __name__ == "__main__":
    main()

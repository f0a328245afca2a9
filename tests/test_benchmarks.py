"""The benchmarks run, and what they make is the same every time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kb.content import load_content

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import compare  # noqa: E402
import engines  # noqa: E402
import generate  # noqa: E402
import suggest  # noqa: E402


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    generate.generate(folder, 30)
    return folder


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}


def test_the_same_entries_are_made_every_time(generated: Path, tmp_path: Path) -> None:
    done = run("benchmarks/generate.py", str(tmp_path), "--entries", "30")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"30 entries in {tmp_path}\n"
    assert files(tmp_path) == files(generated)


def test_another_seed_makes_other_entries(generated: Path, tmp_path: Path) -> None:
    generate.generate(tmp_path, 30, seed=1)
    assert files(tmp_path) != files(generated)


def test_generated_entries_are_sound_content(generated: Path) -> None:
    content = load_content(generated)
    assert len(content.entries) == 30
    assert not content.findings
    for entry in content.entries:
        assert entry.question.endswith("?")
        assert entry.short
        assert len(entry.aliases) >= 3
        assert "```sh" in entry.body
        assert "\n- " in entry.body
    assert any(entry.errors for entry in content.entries)


def test_more_entries_use_more_words() -> None:
    assert len(generate.Language(100_000).words) > 3 * len(generate.Language(1000).words)


def test_questions_are_the_same_every_time_and_of_every_kind(generated: Path) -> None:
    sources = generate.sources_of(load_content(generated).entries)
    questions = generate.make_questions(sources, 100)
    assert questions == generate.make_questions(sources, 100)
    assert {question.kind for question in questions} == {"paraphrase", "typo", "log"}
    assert all(0 < len(question.text) <= generate.LONGEST_QUESTION for question in questions)
    assert {question.entry for question in questions} <= {source.id for source in sources}


@pytest.mark.parametrize("name", ["ours", "SQLite FTS5"])
def test_an_engine_finds_what_it_indexed(name: str, generated: Path, tmp_path: Path) -> None:
    engine = engines.ENGINES[name]
    documents, index = tmp_path / "documents.jsonl", tmp_path / "index"
    assert engines.write_documents(generated, documents) == 30
    index.mkdir()
    engine.build(generated if engine.reads_content else documents, index)
    search = engine.open(index)
    for entry in load_content(generated).entries:
        found = search(entry.question)
        assert found.ids[0] == entry.id
        assert found.passage
        assert len(found.ids) <= engines.LIMIT


def test_bad_input_is_answered_or_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compare, "WORST_SIZE", 30)
    outcomes = {case["name"]: case["outcome"] for case in compare.work_worst(tmp_path)}
    assert outcomes.keys() == compare.WORST_CASES.keys()
    assert outcomes["empty question"] == "refused: Enter a question or an error line"
    assert outcomes["10,000 characters of binary as the question"].startswith(
        "refused: Question must be 500 characters"
    )
    assert outcomes["*:*"] == "none"


def test_the_comparison_prints_a_table() -> None:
    done = run("benchmarks/compare.py", "--sizes", "44", "--questions", "20", "--engines", "ours,SQLite FTS5")
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("|")]
    assert rows == ["engine", "---", "ours", "SQLite FTS5"]
    assert "no index" in done.stdout


def test_the_comparison_gives_numbers_as_json() -> None:
    done = run("benchmarks/compare.py", "--sizes", "44", "--questions", "20", "--engines", "SQLite FTS5", "--json")
    result = json.loads(done.stdout)["results"][0]
    assert result["engine"] == "SQLite FTS5"
    assert not result["fault"]
    assert result["found"] > 0.5
    for name in ("p50_ms", "p95_ms", "index_s", "index_mb", "index_peak_mb", "memory_mb", "start_s"):
        assert result[name] > 0, name


def test_a_missing_engine_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    absent = engines.Engine(
        "absent", "", "no_such_package_anywhere", engines.ENGINES["ours"].build, engines.ENGINES["ours"].open
    )
    monkeypatch.setitem(compare.ENGINES, "absent", absent)
    compare.print_report(compare.run(tmp_path, [], 1, ["absent"]))
    assert "absent: not installed" in capsys.readouterr().out


def test_an_unknown_engine_is_wrong_usage() -> None:
    done = run("benchmarks/compare.py", "--engines", "nothing")
    assert done.returncode == 2
    assert "no such engine: nothing" in done.stderr


def test_changes_are_measured_in_two_processes(tmp_path: Path) -> None:
    done = run("benchmarks/changes.py", "--sizes", "44", "--edits", "2", "--quiet-seconds", "0.2", "--json", "--work", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert result["n_entries"] == 44
    for name in ("live_p50", "live_worst", "other_p50", "quiet_p50_ms", "busy_p99_ms", "n_busy", "memory_mb"):
        assert result[name] > 0, name


def test_suggestions_are_measured(tmp_path: Path) -> None:
    done = run("benchmarks/suggest.py", "--entries", "30", "--questions", "2", "--work", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "taken ms: p50 " in done.stdout and "processor ms: p50 " in done.stdout
    assert suggest.typed("abcd") == ["ab", "abc", "abcd"]
    assert suggest.share([1.0, 2.0, 3.0], 0.5) == 2.0 and suggest.share([1.0, 2.0, 3.0], 1) == 3.0

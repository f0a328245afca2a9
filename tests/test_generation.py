"""Generations on disk: built aside, switched in one step, rebuilt when damaged, never a mixture."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine_world import ENTRY_IDS, FILES, built, entry_text, write_content

import kb.generation
from kb.answer import answer
from kb.content import Known, load_content
from kb.entry import Content
from kb.errors import ContentError, DamagedIndexError, DataFolderError, MissingIndexError
from kb.generation import Generation, build, current_folder, fingerprint, load_current, stamp
from kb.settings import Levels, Ranking, Settings

ROOT = Path(__file__).parent.parent
KILL_RUNS = int(os.environ.get("KB_KILL_RUNS", "50"))
EAGER = Levels(bias=0.0, weights={}, strong_from=0.0)  # whatever matches is a strong match


def load(settings: Settings) -> Generation:
    return load_current(settings.data, settings.ranking)


def generations(settings: Settings) -> set[str]:
    """Names of everything in the index folder that is a complete generation."""
    return {path.name for path in (settings.data / "index").iterdir() if re.fullmatch(r"[0-9a-f]{20}", path.name)}


def litter(settings: Settings) -> set[str]:
    """What a finished build should not leave."""
    return {path.name for path in (settings.data / "index").iterdir()} - generations(settings) - {"CURRENT", "lock"}


def edit(settings: Settings, word: str, name: str = "protocol/hanging.md") -> None:
    """Change one file so that its entry can be found by `word`."""
    path = settings.content / name
    path.write_text(FILES[name] + f"\nThe word of today is {word}.\n", encoding="utf-8")


def finds(generation: Generation, text: str) -> list[str]:
    return [hit.id for hit in answer(generation, Settings(levels=EAGER), text, exact=True).hits]


# Building


def test_a_build_makes_a_current_generation(own_settings: Settings) -> None:
    result = build(own_settings)
    assert result.is_new
    assert result.folder == current_folder(own_settings.data)
    assert result.folder.name == fingerprint(own_settings.content, own_settings.ranking)
    assert (result.counts["entries"], result.counts["guides"], result.counts["sections"]) == (7, 1, 3)
    assert result.counts["terms"] > 50
    assert litter(own_settings) == set()


def test_a_loaded_generation_holds_the_content_it_was_built_from(small: Generation) -> None:
    assert [entry.id for entry in small.content.entries] == list(ENTRY_IDS)
    entry = small.entry("remove-pass-phrase")
    assert entry is not None
    assert entry.related == ("change-pass-phrase",) and entry.errors == ("Enter pass phrase for server.key:",)
    guide = small.guide("guide-start")
    assert guide is not None
    assert [outcome.target.kind for outcome in guide.steps[0].outcomes] == ["solved", "entry", "report"]
    section = small.section("protocol")
    assert section is not None and section.title == "Protocol [TLS]"
    assert small.content.report is not None and small.content.report.fields[0].id == "versions"
    assert (small.entry("nowhere"), small.guide("nowhere"), small.section("nowhere")) == (None, None, None)
    assert "connect" in small.options and "newkey" in small.options


def test_building_again_does_nothing(own_settings: Settings) -> None:
    first = build(own_settings)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = build(own_settings)
    assert not again.is_new
    assert (again.folder, again.counts) == (first.folder, first.counts)
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_force_builds_again(own_settings: Settings) -> None:
    first = build(own_settings)
    before = (first.folder / "impacts.npz").stat().st_mtime_ns
    again = build(own_settings, force=True)
    assert again.is_new and again.folder == first.folder
    assert (first.folder / "impacts.npz").stat().st_mtime_ns > before
    assert litter(own_settings) == set()


def test_building_twice_from_the_same_content_gives_the_same_data(own_settings: Settings) -> None:
    folder = build(own_settings).folder
    names = ("content.json", "words.json")
    before = {name: (folder / name).read_bytes() for name in names}
    texts = [path.read_bytes() for path in sorted(folder.glob("texts/*"), key=lambda path: path.suffixes)]
    table = Generation(folder, own_settings.ranking).retriever.table
    build(own_settings, force=True)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert [path.read_bytes() for path in sorted(folder.glob("texts/*"), key=lambda path: path.suffixes)] == texts
    again = Generation(folder, own_settings.ranking).retriever.table
    assert again.terms == table.terms and again.impacts.tolist() == table.impacts.tolist()


def test_a_changed_file_gives_a_new_generation(own_settings: Settings) -> None:
    old = built(own_settings)
    edit(own_settings, "frobnicate")
    result = build(own_settings)
    assert result.is_new and result.folder != old.folder
    assert finds(load(own_settings), "frobnicate") == ["hanging"]
    assert finds(old, "frobnicate") == []  # who still holds the old one is not disturbed


def test_going_back_to_old_content_takes_the_kept_generation(own_settings: Settings) -> None:
    old = build(own_settings).folder
    text = (own_settings.content / "protocol/hanging.md").read_text(encoding="utf-8")
    edit(own_settings, "frobnicate")
    build(own_settings)
    (own_settings.content / "protocol/hanging.md").write_text(text, encoding="utf-8")
    result = build(own_settings)
    assert result.is_new and result.folder == old == current_folder(own_settings.data)
    assert load(own_settings).stamp == stamp(own_settings.content, own_settings.ranking)


def test_the_newest_generations_are_kept_and_older_ones_removed(own_settings: Settings) -> None:
    names = []
    for word in ("one", "two", "three"):
        edit(own_settings, word)
        names.append(build(own_settings).folder.name)
    assert generations(own_settings) == set(names[1:])
    edit(own_settings, "four")
    newest = build(own_settings.model_copy(update={"kept_generations": 1})).folder.name
    assert generations(own_settings) == {newest}


def test_progress_counts_the_documents(own_settings: Settings) -> None:
    seen: list[tuple[int, int]] = []
    build(own_settings, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)


def test_a_broken_file_is_reported_and_left_out(own_settings: Settings) -> None:
    (own_settings.content / "protocol/hanging.md").write_text("---\nquestion: [\n---\nx\n", encoding="utf-8")
    result = build(own_settings)
    assert [(item.file, item.rule) for item in result.findings] == [("protocol/hanging.md", "bad-yaml")]
    assert load(own_settings).content.findings == result.findings
    assert load(own_settings).entry("hanging") is None
    assert finds(load(own_settings), "padlock") == ["old-browser"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are not text")
def test_a_file_whose_name_is_not_utf_8_is_indexed(own_settings: Settings) -> None:
    with open(os.fsencode(own_settings.content) + b"/keys/caf\xe9.md", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(entry_text("Why does it frobnicate?"))
    generation = built(own_settings)
    assert len(finds(generation, "frobnicate")) == 1
    assert not build(own_settings).is_new


# Staleness


def test_the_stamp_follows_files_and_ranking(own_settings: Settings) -> None:
    content, ranking = own_settings.content, own_settings.ranking
    first = stamp(content, ranking)
    assert stamp(content, ranking) == first
    assert stamp(content, Ranking(k1=1.9)) != first
    (content / ".hidden.md").write_text("x", encoding="utf-8")
    (content / "picture.png").write_bytes(b"x")
    assert stamp(content, ranking) == first  # neither is content
    for change in (
        lambda: edit(own_settings, "longer"),
        lambda: os.utime(content / "sections.yml", ns=(1, 1)),
        lambda: (content / "keys/new.md").write_text(entry_text("New?"), encoding="utf-8"),
        lambda: (content / "keys/new.md").rename(content / "keys/newer.md"),
        lambda: write_content(content, {"asked/hanging.txt": "why is it so quiet\n"}),
        lambda: (content / "keys/newer.md").unlink(),
    ):
        before = stamp(content, ranking)
        change()
        assert stamp(content, ranking) != before


def test_the_fingerprint_follows_what_files_hold_and_not_when_they_were_written(own_settings: Settings) -> None:
    content, ranking = own_settings.content, own_settings.ranking
    first = fingerprint(content, ranking)
    os.utime(content / "sections.yml", ns=(1, 1))
    assert fingerprint(content, ranking) == first
    assert fingerprint(content, Ranking(k1=1.9)) != first
    edit(own_settings, "frobnicate")
    assert fingerprint(content, ranking) != first


def test_touched_content_is_no_new_generation_but_is_noted(own_settings: Settings) -> None:
    folder = build(own_settings).folder
    os.utime(own_settings.content / "sections.yml", ns=(1, 1))
    assert load(own_settings).stamp != stamp(own_settings.content, own_settings.ranking)
    result = build(own_settings)
    assert (result.is_new, result.folder) == (False, folder)
    assert load(own_settings).stamp == stamp(own_settings.content, own_settings.ranking)


def test_another_ranking_is_another_generation(own_settings: Settings) -> None:
    first = build(own_settings).folder
    other = own_settings.model_copy(update={"ranking": Ranking(k1=1.9)})
    assert build(other).folder != first


def test_content_edited_while_it_is_read_does_not_get_the_name_of_what_it_was(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_name = fingerprint(own_settings.content, own_settings.ranking)
    edits = iter(["frobnicate"])

    def load_while_somebody_edits(folder: Path, known: Known, names: Iterable[str]) -> Content:
        for word in edits:
            edit(own_settings, word)
        return load_content(folder, known, names)

    monkeypatch.setattr(kb.generation, "load_content", load_while_somebody_edits)
    result = build(own_settings)
    assert result.folder.name == fingerprint(own_settings.content, own_settings.ranking) != old_name
    assert finds(load(own_settings), "frobnicate") == ["hanging"]


# Damage


def garble(path: Path) -> None:
    """Other bytes of the same length."""
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 64]) + data[middle + 64 :])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def part(settings: Settings, name: str) -> Path:
    """A file of the current generation; of `whoosh` and `texts` the largest."""
    path = current_folder(settings.data) / name
    return max(path.iterdir(), key=lambda path: path.stat().st_size) if path.is_dir() else path


PARTS = ["impacts.npz", "rows.npz", "places.npz", "words.json", "whoosh", "manifest.json", "texts", "content.json"]


@pytest.mark.parametrize("damage", [garble, cut, empty, Path.unlink], ids=["garbled", "cut", "empty", "missing"])
@pytest.mark.parametrize("name", PARTS)
def test_a_damaged_generation_is_not_read_and_is_rebuilt(own_settings: Settings, name: str, damage: Callable[[Path], None]) -> None:
    build(own_settings)
    damage(part(own_settings, name))
    with pytest.raises(DamagedIndexError, match="run `python -m kb index"):
        load(own_settings)
    assert build(own_settings).is_new
    assert finds(load(own_settings), "padlock") == ["old-browser"]
    assert litter(own_settings) == set()


@pytest.mark.parametrize("name", PARTS)
def test_behind_a_damaged_generation_the_older_one_answers(own_settings: Settings, name: str) -> None:
    old = build(own_settings).folder
    edit(own_settings, "frobnicate")
    build(own_settings)
    garble(part(own_settings, name))
    assert load(own_settings).folder == old
    assert finds(load(own_settings), '"broken padlock"') == ["old-browser"]


@pytest.mark.parametrize("text", ["", "nonsense", "../../etc", "0" * 20, "ÿÿ"])
def test_a_damaged_pointer_is_mended(own_settings: Settings, text: str) -> None:
    folder = build(own_settings).folder
    pointer = own_settings.data / "index" / "CURRENT"
    pointer.write_text(text, encoding="utf-8")
    with pytest.raises(MissingIndexError, match="run `python -m kb index`"):
        current_folder(own_settings.data)
    assert load(own_settings).folder == folder  # the newest that is whole
    build(own_settings)
    assert current_folder(own_settings.data) == folder


def test_a_missing_pointer_is_mended(own_settings: Settings) -> None:
    folder = build(own_settings).folder
    (own_settings.data / "index" / "CURRENT").unlink()
    assert load(own_settings).folder == folder
    assert build(own_settings).is_new  # it was not current
    assert current_folder(own_settings.data) == folder


@pytest.mark.parametrize("manifest", ["[]", "null", "5", "{}", '{"format": 0}', '"format"'])
def test_a_manifest_that_says_something_else_is_damage(own_settings: Settings, manifest: str) -> None:
    folder = build(own_settings).folder
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(DamagedIndexError):
        Generation(folder, own_settings.ranking)


@pytest.mark.parametrize("key", ["format", "analyzer"])
def test_a_generation_of_an_older_version_is_rebuilt(own_settings: Settings, key: str) -> None:
    folder = build(own_settings).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {key: manifest[key] - 1}))
    with pytest.raises(DamagedIndexError, match="of another version; run `python -m kb index`"):
        load(own_settings)
    assert build(own_settings).is_new
    assert json.loads((folder / "manifest.json").read_text())[key] == manifest[key]


def test_without_an_index_that_is_said(own_settings: Settings) -> None:
    with pytest.raises(MissingIndexError, match=r"there is no index in .*; run `python -m kb index`"):
        load(own_settings)


def test_what_a_killed_builder_left_is_cleaned_up(own_settings: Settings) -> None:
    build(own_settings)
    root = own_settings.data / "index"
    (root / ".building-99999" / "whoosh").mkdir(parents=True)
    (root / ".CURRENT-99999").write_text("x")
    build(own_settings)
    assert litter(own_settings) == set()


# Folders that cannot be used


def test_a_missing_content_folder_is_said(own_settings: Settings) -> None:
    shutil.rmtree(own_settings.content)
    with pytest.raises(ContentError, match=r"there is no content folder at .*; create it, or name yours with --content DIR or KB_CONTENT"):
        build(own_settings)


def test_content_without_an_entry_keeps_the_last_good_generation(own_settings: Settings) -> None:
    folder = build(own_settings).folder
    for path in own_settings.content.rglob("*.md"):
        path.unlink()
    with pytest.raises(ContentError, match="no entry can be read from"):
        build(own_settings)
    assert current_folder(own_settings.data) == folder
    assert finds(load(own_settings), "padlock") == ["old-browser"]
    assert litter(own_settings) == set()


@pytest.mark.parametrize("blocked", ["data", "data/index"])
def test_a_data_folder_that_cannot_be_written_is_said_in_a_sentence(own_settings: Settings, blocked: str) -> None:
    path = own_settings.data.parent / blocked  # a file where the folder should be: root may write into any folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")
    with pytest.raises(DataFolderError) as caught:
        build(own_settings)
    message = str(caught.value)
    assert message.startswith(f"the data folder cannot be written: {path}")
    assert "--data DIR or KB_DATA" in message and "\n" not in message
    with pytest.raises(MissingIndexError):
        load(own_settings)


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from kb.cli import main
main(sys.argv[2:], prog_name="kb")
"""


@pytest.mark.parametrize("n_bytes", [0, 100, 3000, 12_000])
def test_a_full_disk_is_said_in_a_line_and_the_last_good_generation_answers(own_settings: Settings, n_bytes: int) -> None:
    """Files cannot grow beyond `n_bytes`: 0 is a disk without any space, the last one fails somewhere in the middle."""
    folder = build(own_settings).folder
    edit(own_settings, "frobnicate")
    command = [sys.executable, "-c", FULL_DISK, str(n_bytes), "index", *arguments(own_settings)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert re.fullmatch(r"kb: the data folder cannot be written: .*\n", result.stderr)
    assert load(own_settings).folder == folder
    assert build(own_settings).is_new
    assert litter(own_settings) == set()


# Several processes


def arguments(settings: Settings) -> list[str]:
    return ["--content", str(settings.content), "--data", str(settings.data)]


WAIT_AND_INDEX = """
import sys
from kb.cli import main
print("ready", flush=True)
sys.stdin.readline()
main(["index", *sys.argv[1:]], prog_name="kb")
"""


class Builder:
    """`python -m kb index` in a process of its own that starts when told to."""

    def __init__(self, settings: Settings, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WAIT_AND_INDEX, *arguments(settings), *options],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def start(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def builders(*made: Builder) -> Iterator[list[Builder]]:
    try:
        for builder in made:
            builder.wait_until_ready()
        yield list(made)
    finally:
        for builder in made:
            builder.kill()


def test_two_builders_at_once_build_once(own_settings: Settings) -> None:
    with builders(Builder(own_settings), Builder(own_settings)) as both:
        for builder in both:
            builder.start()
        results = [builder.result() for builder in both]
    assert [(code, errors) for code, _, errors in results] == [(0, ""), (0, "")]
    assert sorted("(up to date)" in output for _, output, _ in results) == [False, True]
    assert finds(load(own_settings), "padlock") == ["old-browser"]
    assert len(generations(own_settings)) == 1 and litter(own_settings) == set()


def test_readers_are_never_left_without_an_answer_while_others_build(own_settings: Settings) -> None:
    build(own_settings)
    with builders(*(Builder(own_settings, "--force") for _ in range(2))) as both:
        for builder in both:
            builder.start()
        n_reads = 0
        while any(builder.process.poll() is None for builder in both):
            current = None
            try:
                current = load(own_settings)
            except (MissingIndexError, DamagedIndexError):
                # A forced build of the same content replaces the very folder: for an instant the second look is needed.
                current = load(own_settings)
            assert finds(current, "padlock") == ["old-browser"]
            n_reads += 1
        assert [builder.result()[0] for builder in both] == [0, 0]
    assert n_reads > 0


N_ENTRIES = 12


def write_edition(settings: Settings, number: int) -> None:
    """Content of which every entry carries the number of the edition."""
    files = {
        f"section{place % 3}/topic{place}.md": entry_text(
            f"What does topic{place} say in edition{number}?", f"It says gist{place} of edition {number} here.", short=f"edition{number}"
        )
        for place in range(N_ENTRIES)
    }
    write_content(settings.content, files)


def editions(generation: Generation) -> set[int]:
    """All numbers of editions that a generation shows in any way: content, hits, passages, and Whoosh's index by a filter."""
    found = {int(entry.short.removeprefix("edition")) for entry in generation.content.entries}
    for place in range(N_ENTRIES):
        told = answer(generation, Settings(levels=EAGER), f"gist{place}")
        assert told.entry is not None and told.entry.id == f"topic{place}"
        assert told.snippet is not None
        found.add(int(told.entry.title.rpartition("edition")[2].rstrip("?")))
        found.add(int(told.snippet.text.split()[-2]))
    for number in list(found):
        filtered = answer(generation, Settings(levels=EAGER), f'say "edition {number} here"', limit=50)
        assert len(filtered.hits) == N_ENTRIES
    assert not generation.retriever.table.terms.keys() & {f"edition{number}" for number in range(10_000)} - {f"edition{n}" for n in found}
    return found


FORK_AND_KILL = """
import contextlib, os, signal, sys, time
from kb.cli import main
for line in sys.stdin:
    seconds, *options = line.split()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        with contextlib.suppress(SystemExit):
            main(["index", *sys.argv[1:], *options], prog_name="kb")
        os._exit(0)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Killer:
    """Runs `python -m kb index` again and again, each in a process of its own, and kills it with signal 9."""

    def __init__(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORK_AND_KILL, *arguments(settings)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, seconds: float, *options: str) -> bool:
        """Run for `seconds`. Returns whether it was killed before its end."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(" ".join((str(seconds), *options)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() != "0\n"

    def __enter__(self) -> Killer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)


def test_killed_at_any_moment_a_whole_generation_answers(tmp_path: Path) -> None:
    """Every run has content of its own number, now and then the content of before with --force, and is killed at some moment."""
    settings = Settings(content=tmp_path / "content", data=tmp_path / "data")
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    write_edition(settings, 0)
    started = time.monotonic()
    build(settings)
    duration = 1.5 * (time.monotonic() - started)  # of a build, and a little beyond its end
    current = number = 0
    n_killed = 0
    with Killer(settings) as killer:
        for _ in range(KILL_RUNS):
            before, is_forced = current, chance.random() < 0.2
            if not is_forced:
                number += 1
                write_edition(settings, number)
            n_killed += killer.run(chance.uniform(0, duration), *["--force"] * is_forced)
            shown = editions(load(settings))
            assert len(shown) == 1, f"run {number}, seed {seed}: a mixture of editions {shown}"
            (current,) = shown
            # a forced run may be killed while it puts the new folder in the place of the old one: an older edition answers
            assert current in (before, number) or (is_forced and current < before), f"run {number}, seed {seed}: edition {current}"
    assert n_killed > KILL_RUNS / 4
    build(settings)
    assert editions(load(settings)) == {number}
    assert litter(settings) == set()
    assert len(generations(settings)) <= settings.kept_generations

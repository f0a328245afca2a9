"""Content that changes while people ask: by threads and by processes, many times, in bulk, and with builders that are killed."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine_world import entry_text, write_content
from test_generation import Killer
from test_generation_files import assert_same

from kb.answer import answer
from kb.generation import Generation, build, load_current
from kb.knowledge_base import KnowledgeBase
from kb.pages import home_page
from kb.portal import Portal
from kb.settings import Levels, Settings

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60
N_REINDEXES = int(os.environ.get("KB_REINDEXES", "100"))
EAGER = Levels(bias=0.0, weights={}, strong_from=0.0)


def write_number(settings: Settings, number: int) -> None:
    """The entry that carries a number, written in one step, as careful editors do."""
    path = settings.content / "keys/new.md"
    aside = path.with_suffix(".aside")
    body = f"It does frobnicate {number} times.\n\nAlways.\n"
    aside.write_text(entry_text(f"Does it frobnicate {number} times?", body, short=f"number {number}"), encoding="utf-8")
    aside.replace(path)


def shown_number(generation: Generation) -> int:
    """The number that a state shows, which is the same wherever it is looked for."""
    entry = generation.entry("new")
    assert entry is not None
    number = int(entry.short.split()[1])
    found = answer(generation, Settings(levels=EAGER), f'"frobnicate {number} times" -padlock')  # Whoosh says which
    assert [hit.id for hit in found.hits] == ["new"]
    assert found.hits[0].title == entry.question == f"Does it frobnicate {number} times?"
    assert found.snippet is not None and found.snippet.text == f"It does frobnicate {number} times."
    assert generation.content.entries[generation.retriever.number["new"]] is entry
    return number


def until(condition: Callable[[], bool], what: str = "it") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.01)


FOLLOW = """
import json, os, sys, time
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
from pathlib import Path
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from test_changes import shown_number
base = KnowledgeBase(Settings(content=Path(sys.argv[2]), data=Path(sys.argv[3]), check_seconds=0.05))
base.generation()
base.watch()
last = None
while os.getppid() == int(sys.argv[4]):
    generation = base.generation()
    number = shown_number(generation)
    if number != last:
        last = number
        print(json.dumps({"number": number, "builds": base._turn.is_ours(base.settings.data)}), flush=True)
    time.sleep(0.002)
"""


class Follower:
    """A process that asks all the time and says which number it is shown; it ends with the first answer that is wrong."""

    def __init__(self, settings: Settings) -> None:
        command = [sys.executable, "-c", FOLLOW, str(ROOT), str(settings.content), str(settings.data), str(os.getpid())]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seen: list[int] = []
        self.builds = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            self.builds = said["builds"]
            self.seen.append(said["number"])

    def sees(self, number: int) -> bool:
        if self.process.poll() is not None:
            pytest.fail(self.process.stderr.read() if self.process.stderr else "it ended")
        return number in self.seen

    def end(self) -> None:
        self.process.kill()
        self._thread.join(PATIENCE_S)
        self.process.communicate()


@contextmanager
def followers(settings: Settings, count: int) -> Iterator[list[Follower]]:
    made = [Follower(settings) for _ in range(count)]
    try:
        yield made
    finally:
        for follower in made:
            follower.end()


def test_a_hundred_reindexes_under_query_load(own_settings: Settings) -> None:
    """No question fails, no answer mixes two states, and nobody goes back to an older one: in threads and in another process."""
    settings = own_settings.model_copy(update={"check_seconds": 0.02})
    write_number(settings, 0)
    portal = Portal(settings)
    portal.shelf()
    failures: list[BaseException] = []
    latest = [0] * 3
    n_asked = [0] * 3
    stop = threading.Event()

    def ask(place: int) -> None:
        try:
            while not stop.is_set():
                shelf = portal.shelf()
                assert shelf.frame.content is shelf.generation.content
                number = shown_number(shelf.generation)
                assert number >= latest[place]
                latest[place] = number
                n_asked[place] += 1
                time.sleep(0.002)  # or the three of them leave nothing to whoever builds
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(latest))]
    with followers(settings, 1) as (other,):
        for thread in threads:
            thread.start()
        try:
            for number in range(1, N_REINDEXES + 1):
                write_number(settings, number)
                until(lambda number=number: min(latest) >= number or bool(failures), f"number {number}")  # type: ignore[misc]
                assert failures == []
            until(lambda: other.sees(N_REINDEXES), "the last number in the other process")
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE_S)
    assert failures == [] and min(n_asked) > 0
    assert other.seen == sorted(other.seen)
    finished = portal.knowledge_base.generation()
    assert_same(finished, build(settings.model_copy(update={"data": settings.data.with_name("fresh")})).generation)


def test_processes_follow_the_same_content_and_one_builds(own_settings: Settings) -> None:
    write_number(own_settings, 0)
    build(own_settings)
    with followers(own_settings, 2) as both:
        for number in range(1, 4):
            until(lambda number=number: all(item.sees(number - 1) for item in both), f"number {number - 1}")  # type: ignore[misc]
            write_number(own_settings, number)
        until(lambda: all(item.sees(3) for item in both), "number 3")
        assert sorted(item.builds for item in both) == [False, True]
        builder, other = sorted(both, key=lambda item: not item.builds)
        os.kill(builder.process.pid, signal.SIGKILL)
        write_number(own_settings, 4)
        until(lambda: other.sees(4), "that the other takes over")
        assert other.builds


def test_content_is_followed_while_nobody_asks(own_settings: Settings) -> None:
    write_number(own_settings, 0)
    base = KnowledgeBase(own_settings)
    base.generation()
    base.watch()
    watcher = base._watcher
    base.watch()
    assert watcher is base._watcher and watcher is not None
    write_number(own_settings, 1)
    until(lambda: shown_number(load_current(own_settings.data, own_settings.ranking)) == 1)
    for taken in iter(lambda: shown_number(base._generation or base.generation()), 1):  # noqa: F821 - it is deleted below
        assert taken == 0
    left = weakref.ref(base)
    del base
    watcher.join(PATIENCE_S)
    assert left() is None and not watcher.is_alive()  # it ends with what it watches for


def test_pages_of_a_state_that_nobody_uses_are_freed_without_the_garbage_collector(own_settings: Settings) -> None:
    """What the collector does not go through must not stand in a circle."""
    write_number(own_settings, 0)
    portal = Portal(own_settings.model_copy(update={"check_seconds": 3600.0}))
    shelf = portal.shelf()
    assert shelf.page(home_page) is shelf.page(home_page) and shelf.words.items
    assert shown_number(shelf.generation) == 0
    left = weakref.ref(shelf.generation), weakref.ref(shelf), weakref.ref(shelf.frame)
    gc.collect()  # Whoosh's readers
    gc.disable()
    try:
        del shelf
        write_number(own_settings, 1)
        portal.knowledge_base._refresh()
        assert shown_number(portal.shelf().generation) == 1
        assert [reference() for reference in left] == [None, None, None]
    finally:
        gc.enable()


def test_a_checkout_of_another_branch_is_taken_as_a_whole(own_settings: Settings, tmp_path: Path) -> None:
    """Most files rewritten, some deleted, some new, some renamed, a section gone, the vocabulary another."""
    first = {f"a/e{number}.md": entry_text(f"Why does thing{number} stop?", f"Because of reason{number}.") for number in range(60)}
    write_content(own_settings.content, first)
    base = KnowledgeBase(own_settings)
    base.generation()
    for number in range(60):
        path = own_settings.content / f"a/e{number}.md"
        if number % 5 == 0:
            path.unlink()
        elif number % 5 == 1:
            path.rename(path.with_name(f"f{number}.md"))
        else:
            path.write_text(entry_text(f"How does thing{number} go on?", f"By means{number}."), encoding="utf-8")
    write_content(own_settings.content, {f"b/g{number}.md": entry_text(f"What is new{number}?") for number in range(20)})
    for path in (own_settings.content / "keys").iterdir():
        path.unlink()
    fresh = build(own_settings.model_copy(update={"data": tmp_path / "fresh"})).generation
    until(lambda: base.generation().fingerprint == fresh.fingerprint)
    assert_same(base.generation(), fresh)


def test_an_edit_that_hides_itself_is_seen(own_settings: Settings) -> None:
    """Of the same size, with the old time put back; and one with a time of long ago, as after the clock was set back."""
    write_number(own_settings, 1)
    base = KnowledgeBase(own_settings)
    assert shown_number(base.generation()) == 1
    path = own_settings.content / "keys/new.md"
    for number, time_ns in ((2, path.stat().st_mtime_ns), (3, 10**18)):
        path.write_text(path.read_text(encoding="utf-8").replace(str(number - 1), str(number)), encoding="utf-8")
        os.utime(path, ns=(time_ns, time_ns))
        until(lambda number=number: shown_number(base.generation()) == number)  # type: ignore[misc]


def test_killed_while_it_changes_an_index(tmp_path: Path) -> None:
    """Builders that change one entry of many are killed at any moment; what is left is always whole, and the next one goes on."""
    settings = Settings(content=tmp_path / "content", data=tmp_path / "data")
    filler = {f"a/e{number}.md": entry_text(f"Why does thing{number} stop?", "Reasons. " * 20) for number in range(80)}
    write_content(settings.content, filler)
    (settings.content / "keys").mkdir()
    write_number(settings, 0)
    build(settings)
    started = time.monotonic()
    write_number(settings, 1)
    build(settings)
    duration = 1.5 * (time.monotonic() - started)
    chance = random.Random(7)
    current, n_killed, n_runs = 1, 0, 30
    with Killer(settings) as killer:
        for number in range(2, 2 + n_runs):
            write_number(settings, number)
            n_killed += killer.run(chance.uniform(0, duration))
            shown = shown_number(load_current(settings.data, settings.ranking))
            assert shown in (current, number)
            current = shown
    assert n_killed > n_runs / 5
    last = build(settings).generation
    assert_same(last, build(settings.model_copy(update={"data": tmp_path / "fresh"})).generation)
    names = {path.name for path in (settings.data / "index").iterdir()}
    assert not [name for name in names if name.startswith(".")]

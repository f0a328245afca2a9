"""The knowledge base as a running program uses it: always answering from the newest complete generation.

Content is looked at again every `check_seconds`; when it changed, a new generation is built and taken. Of all processes
that share a data folder one looks at content and builds; the others look whether another generation became current. All
that happens in a thread of its own, beside the answers. Whatever goes wrong with it, the last good generation goes on
answering, and `problems` says in sentences what is wrong.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import logging
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from kb.answer import Answer, answer
from kb.content_scan import Look, scan
from kb.errors import DamagedIndexError, KbError, MissingIndexError
from kb.followup import Turn
from kb.generation import Generation, build, current_folder, load_current, stamp, stamp_of
from kb.settings import Settings

SETTLE_SECONDS = 0.05  # content must have been left alone for so long before it is read: a checkout writes many files
MOST_SETTLING_SECONDS = 0.5
LOOKS_AT_CURRENT = 5  # of the thread that watches, whether another process built something, to one look at the content
LEAST_CHECK_SECONDS = 0.05  # between two of them, whatever is set
BUILDING_SWITCH_SECONDS = (
    0.0005  # how long a thread that builds may hold up one that answers; Python's own choice is 0.005
)
log = logging.getLogger("kb.content")


class KnowledgeBase:
    """Answers questions. Threads share one."""

    def __init__(self, settings: Settings, prepare: Callable[[Generation], object] | None = None) -> None:
        """prepare: is called with every new generation before it is taken, to make ready what the first answer would wait for."""
        self.settings = settings
        self.problem = ""  # why content is not up to date; empty when it is
        self._prepare = prepare or (lambda generation: None)
        self._generation: Generation | None = None
        self._looked = 0.0
        self._is_damaged = False  # what is read from disk when somebody uses operators; the next look makes it anew
        self._lock = threading.Lock()
        self._turn = _Turn()
        self._unreadable: Path | None = (
            None  # the last generation that could not be loaded, so as not to try all the time
        )
        self._watcher: threading.Thread | None = None

    def generation(self) -> Generation:
        """The newest complete state. Take it once per request.

        Raises KbError when there is none and none can be built.
        """
        generation = self._generation
        if generation is None:
            with self._lock:
                if self._generation is None:
                    with _uncollected():
                        first = self._first()
                        self._prepare(first)
                        self._generation = first
                    self._report(first, None)
                    self._looked = time.monotonic()
                return self._generation
        if time.monotonic() - self._looked >= self.settings.check_seconds and self._lock.acquire(blocking=False):
            try:
                self._looked = time.monotonic()
                threading.Thread(target=self._refresh, name="kb-refresh", daemon=True).start()
            finally:
                self._lock.release()
        return generation

    def newest(self) -> Generation:
        """The same, with content that changed meanwhile in it: the caller waits while a new generation is built.

        For programs that ask now and then; a portal's readers do not wait.
        """
        if self._generation is None or time.monotonic() - self._looked < self.settings.check_seconds:
            return self.generation()
        self._looked = time.monotonic()
        self._refresh()
        return self._generation

    def watch(self) -> None:
        """Go on looking for changed content while nobody asks, for as long as this object lives. Cheap when it does so already.

        To be called in the process that answers: a thread does not survive a fork.
        """
        if self._watcher is None or not self._watcher.is_alive():
            seconds = max(LEAST_CHECK_SECONDS, self.settings.check_seconds / LOOKS_AT_CURRENT)
            self._watcher = threading.Thread(
                target=_look_regularly, args=(weakref.ref(self), seconds), name="kb-watch", daemon=True
            )
            self._watcher.start()

    def look_at_current(self) -> None:
        """Take what another process built, now. Raises MissingIndexError when there is no index any more."""
        generation = self._generation
        if generation is not None and current_folder(self.settings.data) not in (generation.folder, self._unreadable):
            self._refresh()

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the content or the index although questions are answered, a sentence each."""
        generation = self._generation
        findings = generation.content.findings if generation else ()
        mistakes = [str(finding) for finding in findings if finding.severity == "error"]
        return (*([self.problem] if self.problem else []), *mistakes)

    def ask(
        self, question: str, log: str = "", *, exact: bool = False, section: str = "", limit: int = 10,
        history: Sequence[Turn] = (), generation: Generation | None = None,
    ) -> Answer:  # fmt: skip
        """The answer to a question (see `kb.answer.answer`), from `generation` or else the newest."""
        try:
            return answer(
                generation or self.generation(),
                self.settings,
                question,
                log,
                exact=exact,
                section=section,
                limit=limit,
                history=history,
            )
        except DamagedIndexError:
            self._is_damaged = True
            raise

    def _first(self) -> Generation:
        """The current generation if it fits the content, else a new one; a stale one when no new one can be built."""
        loaded = None
        with contextlib.suppress(MissingIndexError, DamagedIndexError):
            loaded = load_current(self.settings.data, self.settings.ranking)
        try:
            if loaded is None or loaded.stamp != stamp(self.settings.content, self.settings.ranking):
                loaded = build(self.settings, before=loaded).generation
        except KbError as error:
            if loaded is None:
                raise
            self._note(str(error))
        return loaded

    def _refresh(self) -> None:
        with self._lock, _giving_way():
            is_ours = self._turn.is_ours(self.settings.data)
            try:
                self._look(is_ours)
                self._note("" if is_ours else self._told())
            except KbError as error:
                self._note(str(error))
            except Exception as error:
                # whatever it is, the answers go on, and the next look may fare better
                log.exception("new content could not be taken")
                self._note(f"new content could not be taken ({type(error).__name__}); the log says more")
            if is_ours and self._told() != self.problem:
                with contextlib.suppress(OSError):  # the problem itself, often
                    self._problem_file().write_text(self.problem, encoding="utf-8")

    def _look(self, is_ours: bool) -> None:
        """Take a newer generation if there is one. is_ours: whether it is this process that has to build it."""
        before = self._generation
        if before is None:
            return
        if self._is_damaged:
            with _uncollected():
                self._take(build(self.settings).generation, before)
            self._is_damaged = False
            return
        looks: Mapping[str, Look] = scan(self.settings.content) if is_ours else {}
        if is_ours and (before.stamp != stamp_of(looks, self.settings.ranking) or not self._is_on_disk()):
            looks = self._settled_looks(looks)
            with _uncollected():
                self._take(build(self.settings, before=before, looks=looks).generation, before)
        elif current_folder(self.settings.data) != before.folder:
            with _uncollected():
                new = load_current(self.settings.data, self.settings.ranking, before)
                if new.folder == before.folder:
                    self._unreadable = current_folder(self.settings.data)
                else:
                    self._take(new, before)

    def _take(self, new: Generation, before: Generation) -> None:
        if new is not before:
            self._prepare(new)
            self._generation = new
            self._report(new, before)

    def _settled_looks(self, looks: Mapping[str, Look]) -> Mapping[str, Look]:
        """The content files when nobody writes them any more, or after a while: half a checkout is a state nobody wants."""
        deadline = time.monotonic() + MOST_SETTLING_SECONDS
        while time.monotonic() < deadline:
            time.sleep(SETTLE_SECONDS)
            before, looks = looks, scan(self.settings.content)
            if before == looks:
                break
        return looks

    def _report(self, new: Generation, before: Generation | None) -> None:
        """Log once what is wrong with content files."""
        known = before.content.findings if before else ()
        for finding in new.content.findings:
            if finding.severity == "error" and finding not in known:
                log.warning("%s", finding)

    def _note(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem

    def _problem_file(self) -> Path:
        return self.settings.data / "index" / "problem"

    def _told(self) -> str:
        """What the process that looks at content says is wrong."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return self._problem_file().read_text(encoding="utf-8")
        return ""

    def _is_on_disk(self) -> bool:
        """Whether there is a current generation still: the data folder may be deleted at any time."""
        with contextlib.suppress(MissingIndexError):
            return current_folder(self.settings.data).is_dir()
        return False


class _Turn:
    """Which of the processes that share a data folder looks at content: the one that holds a lock. It ends with the process."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._process = 0

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def is_ours(self, data: Path) -> bool:
        """Whether this process has to look; takes the turn where nobody has it."""
        path = data / "index" / "watching"
        if self._descriptor >= 0 and self._process == os.getpid():
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), os.fstat(self._descriptor)):
                    return True
        self._let_go()
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True  # no folder to share: whoever builds says what is wrong
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike `flock`, it is not handed on by a fork
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor, self._process = descriptor, os.getpid()
        return True


def _look_regularly(reference: weakref.ref[KnowledgeBase], seconds: float) -> None:
    """What the thread that watches does, until the knowledge base is gone."""
    while True:
        time.sleep(seconds)
        base = reference()
        if base is None:
            return
        try:
            base.look_at_current()
            base.generation()
        except KbError:
            pass  # there is nothing to answer from yet: the next question says so
        except Exception:
            log.exception("the content could not be looked at")
        del base


@contextlib.contextmanager
def _giving_way() -> Iterator[None]:
    """Let threads that answer have the interpreter more often while this one is busy."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, BUILDING_SWITCH_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep what is made here, a generation, from the garbage collector: it is large, and going through it holds up answers.

    It is freed all the same when nobody uses it any more, since nothing in it refers back to it. What stands in a circle at the
    end would stay for ever, so circles are collected first, when there is little to go through.
    """
    was_enabled = gc.isenabled()
    gc.collect()  # all but what was kept from it before
    gc.disable()
    try:
        yield
    finally:
        gc.collect(1)  # what was made since
        gc.freeze()
        if was_enabled:
            gc.enable()
        _give_memory_back()


def _give_memory_back() -> None:
    """Return to the system what building left free in pieces, which at ten thousand entries is half of the process.

    Only the C library of most Linux systems can, and needs to be asked.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)

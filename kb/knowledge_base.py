"""The knowledge base as a running program uses it: always answering from the newest complete generation.

Content is looked at again at most every `check_seconds`; when it changed, a new generation is built and taken. Whatever goes
wrong with that, the last good generation goes on answering, and `problem` says in a sentence what is wrong.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Sequence

from kb.answer import Answer, answer
from kb.errors import DamagedIndexError, KbError, MissingIndexError
from kb.followup import Turn
from kb.generation import Generation, Stamp, build, current_folder, load_current, stamp
from kb.settings import Settings


class KnowledgeBase:
    """Answers questions. Threads share one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.problem = ""  # why content is not up to date; empty when it is
        self._generation: Generation | None = None
        self._looked = 0.0
        self._is_damaged = False  # what is read from disk when somebody uses operators; the next look makes it anew
        self._lock = threading.Lock()

    def generation(self) -> Generation:
        """The newest complete state. Take it once per request.

        Raises KbError when there is none and none can be built.
        """
        generation = self._generation
        if generation is None:
            with self._lock:
                if self._generation is None:
                    self._generation = _settled(self._first())
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
            if loaded is None or loaded.stamp != self._stamp():
                build(self.settings)
                loaded = load_current(self.settings.data, self.settings.ranking)
        except KbError as error:
            if loaded is None:
                raise
            self.problem = str(error)
        return loaded

    def _refresh(self) -> None:
        with self._lock:
            generation = None if self._is_damaged else self._generation
            try:
                now = self._stamp()
                if generation is None or generation.stamp != now or not self._is_on_disk():
                    build(self.settings)
                if (
                    generation is None
                    or generation.stamp != now
                    or current_folder(self.settings.data) != generation.folder
                ):
                    self._generation = _settled(load_current(self.settings.data, self.settings.ranking))
                self.problem, self._is_damaged = "", False
            except KbError as error:
                self.problem = str(error)

    def _stamp(self) -> Stamp:
        return stamp(self.settings.content, self.settings.ranking)

    def _is_on_disk(self) -> bool:
        """Whether there is a current generation still: the data folder may be deleted at any time."""
        with contextlib.suppress(MissingIndexError):
            return current_folder(self.settings.data).is_dir()
        return False


def _settled(generation: Generation) -> Generation:
    """`generation`, which the garbage collector no longer goes through: it is large, and would hold up answers.

    It is freed all the same when nobody uses it any more, since nothing in it refers back to it.
    """
    gc.freeze()
    return generation

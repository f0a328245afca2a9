"""Memory that a program and the processes it forks later have in common, and a lock for it.

It is anonymous: nothing of it is in a file, and it is gone with the last process. A process that is killed while it holds
the lock lets go of it by itself.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

try:
    import fcntl
except ImportError:  # where processes are not forked, the threads of one are all there is
    fcntl = None  # type: ignore[assignment]


def shared_array(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros that forked processes share. It costs memory only where it is written to."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, size), dtype=dtype).reshape(shape)


class SharedLock:
    """A lock between all threads of all processes that were forked from the one that made it."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._file = _nameless_file()
        weakref.finalize(self, os.close, self._file)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; for a few microseconds, not longer."""
        with self._threads:
            if fcntl:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if fcntl:
                    fcntl.lockf(self._file, fcntl.LOCK_UN)


def _nameless_file() -> int:
    """The descriptor of an empty file that is under no name, and in memory alone where the system can do that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("kb-lock")
    file, name = tempfile.mkstemp(prefix="kb-lock-")
    os.unlink(name)  # noqa: PTH108 - it is needed as long as it is open
    return file

"""The memory of the rate limits: how often each key came lately, counted by all workers of a server together.

A window is cut into STEPS parts; a key has a count for each part, and one more, so that nothing is forgotten before its
time: what came is forgotten after one window, or up to a sixtieth later. The table has a fixed size. When more keys
come than have room, the one that was silent for longest makes way.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
from limits.storage.base import MovingWindowSupport, Storage

from kb.shared_memory import SharedLock, shared_array

STEPS = 60
_SETS = 1024  # a key has its place in one of these
_PLACES = 8  # keys in each
_SLOT = np.dtype([("key", "S16"), ("used", "f8"), ("step", "i8"), ("counts", "u4", (STEPS + 1,))])


class SharedWindows(Storage, MovingWindowSupport):
    """A storage of the `limits` library, named `shared://`, in memory that forked workers have in common."""

    STORAGE_SCHEME = ["shared"]  # noqa: RUF012 - as the library wants it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._slots = shared_array((_SETS, _PLACES), _SLOT)
        self._lock = SharedLock()

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Whether `amount` more fit into the window; if they do they are counted."""
        digest = _digest(key)
        with self._lock.held():
            slot = self._slot(digest, make=True)
            now = self._forget_old(slot, expiry)
            if int(slot["counts"].sum()) + amount > limit:
                return False
            slot["counts"][now % (STEPS + 1)] += amount
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest that counts is taken to have come, and how many count."""
        digest = _digest(key)
        with self._lock.held():
            slot = self._slot(digest, make=False)
            if slot is None:
                return time.time(), 0
            now = self._forget_old(slot, expiry)
            counts = slot["counts"][np.arange(now - STEPS, now + 1) % (STEPS + 1)]
        held = np.flatnonzero(counts)
        if not len(held):
            return time.time(), 0
        return float((now - STEPS + held[0] + 1) * expiry / STEPS), int(counts.sum())

    def _slot(self, digest: bytes, make: bool) -> Any:
        """The place of a key; one is made, or None is returned, when it has none."""
        places = self._slots[int.from_bytes(digest[:4], "big") % _SETS]
        found = np.flatnonzero(places["key"] == digest)
        if len(found):
            return places[int(found[0])]
        if not make:
            return None
        place = places[int(places["used"].argmin())]  # free, or silent for longest
        place["key"], place["step"], place["counts"] = digest, 0, 0
        return place

    @staticmethod
    def _forget_old(slot: Any, expiry: int) -> int:
        """Clear the parts that are out of the window. The number of the part that is now."""
        slot["used"] = time.time()
        now = int(slot["used"] * STEPS / expiry)
        passed = now - int(slot["step"])
        if passed:  # also when the clock was set back: then all begins anew
            gone = np.arange(int(slot["step"]) + 1, now + 1) if 0 < passed <= STEPS else np.arange(STEPS + 1)
            slot["counts"][gone % (STEPS + 1)] = 0
            slot["step"] = now
        return now

    # What the library asks of every storage

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("only moving windows are kept here")

    def get(self, key: str) -> int:
        raise NotImplementedError("only moving windows are kept here")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("only moving windows are kept here")

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        """Forget everything. How many keys that were."""
        with self._lock.held():
            count = int((self._slots["key"] != b"").sum())
            self._slots[...] = np.zeros((), _SLOT)
        return count

    def clear(self, key: str) -> None:
        """Forget one key."""
        digest = _digest(key)
        with self._lock.held():
            slot = self._slot(digest, make=False)
            if slot is not None:
                slot["key"], slot["used"], slot["step"], slot["counts"] = b"", 0, 0, 0


def _digest(key: str) -> bytes:
    """16 bytes for a key; no zero among them, which an array of bytes would cut off."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest().replace(b"\0", b"\1")

"""The memory of the rate limits: what is counted, for how long, and by whom."""

from __future__ import annotations

import os

import pytest

from kb import rate_windows
from kb.rate_windows import SharedWindows


class Clock:
    now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(rate_windows, "time", made)
    return made


def test_no_more_than_the_limit_in_any_window(clock: Clock) -> None:
    windows = SharedWindows()
    taken = []
    for _ in range(400):  # one try a second
        clock.now += 1
        if windows.acquire_entry("a", 10, 60):
            taken.append(clock.now)
    assert taken[:10] == [1_800_000_001.0 + number for number in range(10)]
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[10:], strict=False))
    assert len(taken) >= 60  # and what is over is given back soon


def test_keys_and_windows_are_apart(clock: Clock) -> None:
    windows = SharedWindows()
    assert windows.acquire_entry("a", 1, 60) and not windows.acquire_entry("a", 1, 60)
    assert windows.acquire_entry("b", 1, 60) and windows.acquire_entry("c", 1, 3600)
    assert windows.get_moving_window("a", 1, 60)[1] == 1
    assert windows.get_moving_window("nobody", 1, 60) == (clock.now, 0)
    windows.clear("a")
    assert windows.acquire_entry("a", 1, 60) and not windows.acquire_entry("b", 1, 60)
    assert windows.reset() == 3 and windows.acquire_entry("b", 1, 60)


def test_the_oldest_says_when_there_is_room_again(clock: Clock) -> None:
    windows = SharedWindows()
    windows.acquire_entry("a", 2, 60)
    clock.now += 30
    windows.acquire_entry("a", 2, 60)
    start, count = windows.get_moving_window("a", 2, 60)
    assert count == 2
    clock.now = start + 60
    assert windows.acquire_entry("a", 2, 60) and not windows.acquire_entry("a", 2, 60)


def test_a_clock_that_is_set_back_locks_nobody_out(clock: Clock) -> None:
    windows = SharedWindows()
    assert windows.acquire_entry("a", 1, 60)
    clock.now -= 86_400
    assert windows.acquire_entry("a", 1, 60) and not windows.acquire_entry("a", 1, 60)


def test_more_keys_than_there_is_room_for_push_out_the_silent_ones(clock: Clock) -> None:
    windows = SharedWindows()
    for number in range(20_000):
        clock.now += 0.001
        assert windows.acquire_entry(f"key {number}", 1, 3600)
    assert not windows.acquire_entry("key 19999", 1, 3600)


def test_processes_count_together_and_none_is_lost() -> None:
    windows = SharedWindows()
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            os._exit(sum(windows.acquire_entry("a", 100, 3600) for _ in range(60)))
        children.append(child)
    assert sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children) == 100

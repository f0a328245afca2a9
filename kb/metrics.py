"""Counts of what a server does, of all its workers together, and their text for Prometheus.

Each worker writes into a row of its own of memory they share, so that no worker waits for another; a row is summed up with
the others when somebody asks. A worker that takes the place of one that ended goes on with its row, and no count ever
falls. Nothing is counted that would tell who asked or what.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from kb.request_record import RequestRecord
from kb.shared_memory import shared_array

ROWS = 64  # workers at a time
LEVELS = ("strong", "possible", "weak", "none")
STATUSES = ("2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
# what requests are told apart by: who reads the answer
_KINDS: Mapping[str, str] = {
    "conversation_site": "ask", "api": "api", "report_site": "report", "report_template_site": "report",
    "guide_site": "page", "staff_site": "staff", "operating_site": "operating",
}  # fmt: skip
KINDS = ("ask", "api", "page", "report", "staff", "operating")
_QUESTIONS = len(LEVELS)
_REQUESTS = len(KINDS) * len(STATUSES)
_BUCKETS = len(BOUNDS) + 1
_TIMES = len(KINDS) * (_BUCKETS + 1)  # and the sum of the seconds
_LIMITED = _QUESTIONS + _REQUESTS + _TIMES  # the place of requests over a rate limit


class Metrics:
    """The counts of one server. Make it before workers are forked."""

    def __init__(self) -> None:
        self._rows = shared_array((ROWS, _LIMITED + 1), "f8")
        self._row = 0
        self._lock = threading.Lock()

    def take_row(self, number: int) -> None:
        """Count in a row of its own from now on. number: of the worker, counted up with each that starts."""
        self._row = number % ROWS

    def observe(self, record: RequestRecord, status: int, seconds: float) -> None:
        """Count one request that has been answered."""
        kind = KINDS.index(_kind(record))
        row = self._rows[self._row]
        times = _QUESTIONS + _REQUESTS + kind * (_BUCKETS + 1)
        with self._lock:
            if record.level in LEVELS:
                row[LEVELS.index(record.level)] += 1
            row[_QUESTIONS + kind * len(STATUSES) + min(max(status // 100, 2), 5) - 2] += 1
            row[times + bisect_left(BOUNDS, seconds)] += 1
            row[times + _BUCKETS] += seconds
            row[_LIMITED] += status == 429

    def lines(self) -> list[str]:
        """All counts in Prometheus' text format."""
        sums = [float(value) for value in self._rows.sum(axis=0)]
        questions = [({"level": level}, sums[place]) for place, level in enumerate(LEVELS)]
        requests = [
            ({"kind": kind, "status": status}, sums[_QUESTIONS + number * len(STATUSES) + place])
            for number, kind in enumerate(KINDS)
            for place, status in enumerate(STATUSES)
        ]
        return [
            *family("kb_questions_total", "counter", "Questions, by how well they were answered.", questions),
            *family("kb_requests_total", "counter", "Requests, by who reads the answer and its status.", requests),
            *_histogram("kb_request_seconds", "Seconds from a request to the end of its answer.", sums),
            *family("kb_rate_limited_total", "counter", "Requests over a rate limit.", [({}, sums[_LIMITED])]),
        ]


def family(name: str, kind: str, description: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> list[str]:
    """The lines of one metric: what it is, and a value for each set of labels. The labels hold no quotes."""
    return [f"# HELP {name} {description}", f"# TYPE {name} {kind}", *(_sample(name, *item) for item in samples)]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
    number = str(int(value)) if value == int(value) else repr(value)
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _histogram(name: str, description: str, sums: Sequence[float]) -> list[str]:
    lines = family(name, "histogram", description, ())
    for number, kind in enumerate(KINDS):
        start = _QUESTIONS + _REQUESTS + number * (_BUCKETS + 1)
        total = 0.0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), sums[start : start + _BUCKETS], strict=True):
            total += count
            lines.append(_sample(f"{name}_bucket", {"kind": kind, "le": bound}, total))
        lines.append(_sample(f"{name}_sum", {"kind": kind}, sums[start + _BUCKETS]))
        lines.append(_sample(f"{name}_count", {"kind": kind}, total))
    return lines


def _kind(record: RequestRecord) -> str:
    return "ask" if record.level and record.blueprint != "api" else _KINDS.get(record.blueprint, "page")

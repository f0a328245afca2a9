"""Counts of several workers: summed up, never falling, and in the format that Prometheus reads."""

from __future__ import annotations

import os
import re

from kb.metrics import BOUNDS, KINDS, LEVELS, ROWS, Metrics, family
from kb.request_record import RequestRecord

LINE = re.compile(r'(# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+)')


def record(level: str = "", blueprint: str = "site") -> RequestRecord:
    return RequestRecord(level=level, blueprint=blueprint)


def test_each_request_is_counted_where_it_belongs() -> None:
    metrics = Metrics()
    metrics.observe(record("strong"), 200, 0.02)
    metrics.observe(record("none", "api"), 200, 99.0)
    metrics.observe(record(), 429, 0.005)
    metrics.observe(record("", "staff_site"), 503, 0.3)
    lines = metrics.lines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert {
        'kb_questions_total{level="strong"} 1',
        'kb_questions_total{level="weak"} 0',
        'kb_questions_total{level="none"} 1',
        'kb_requests_total{kind="ask",status="2xx"} 1',
        'kb_requests_total{kind="api",status="2xx"} 1',
        'kb_requests_total{kind="page",status="4xx"} 1',
        'kb_requests_total{kind="staff",status="5xx"} 1',
        "kb_rate_limited_total 1",
        'kb_request_seconds_bucket{kind="ask",le="0.01"} 0',
        'kb_request_seconds_bucket{kind="ask",le="0.025"} 1',
        'kb_request_seconds_bucket{kind="ask",le="+Inf"} 1',
        'kb_request_seconds_bucket{kind="page",le="0.005"} 1',
        'kb_request_seconds_bucket{kind="api",le="10.0"} 0',
        'kb_request_seconds_bucket{kind="api",le="+Inf"} 1',
        'kb_request_seconds_sum{kind="api"} 99',
        'kb_request_seconds_count{kind="api"} 1',
    } <= set(lines)
    assert sum("_bucket" in line for line in lines) == len(KINDS) * (len(BOUNDS) + 1)


def test_workers_are_summed_up_also_those_that_ended() -> None:
    metrics = Metrics()
    for number in (1, 2, 1 + ROWS):  # the last one goes on in the row of the first
        child = os.fork()
        if child == 0:
            metrics.take_row(number)
            for level in LEVELS:
                metrics.observe(record(level), 200, 0.1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert [line for line in metrics.lines() if line.startswith("kb_questions")] == [
        f'kb_questions_total{{level="{level}"}} 3' for level in LEVELS
    ]


def test_a_value_without_labels_and_one_with_a_fraction() -> None:
    assert family("a", "gauge", "What.", [({}, 0.5)]) == ["# HELP a What.", "# TYPE a gauge", "a 0.5"]

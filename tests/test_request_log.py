"""Ids of requests, and lines of log that hold nothing of what people typed, also when something goes wrong."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_world import FakeKnowledgeBase, write_world

from kb.log_lines import JsonLines
from kb.settings import Settings
from kb.web import create_app


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def world(tmp_path: Path) -> tuple[Settings, FakeKnowledgeBase]:
    content = write_world(tmp_path)
    return Settings(content=content, data=tmp_path / "data"), FakeKnowledgeBase(content)


@pytest.mark.parametrize("sent", ["abc-123", "A" * 64, "0f.b_c@d"])
def test_a_sane_id_is_kept(world: tuple[Settings, FakeKnowledgeBase], sent: str) -> None:
    assert create_app(*world).test_client().get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent  # type: ignore[arg-type]


@pytest.mark.parametrize("sent", ["", "A" * 65, "a b", "-a", '{"x":1}', "é", "a;b"])
def test_any_other_gives_way_to_a_new_one(world: tuple[Settings, FakeKnowledgeBase], sent: str) -> None:
    client = create_app(*world).test_client()  # type: ignore[arg-type]
    made = [client.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] for path in ("/", "/embed", "/nowhere")]
    assert all(re.fullmatch(r"[0-9a-f]{16}", item) for item in made) and len(set(made)) == 3


def test_a_fault_of_the_program_is_logged_without_what_was_asked(
    world: tuple[Settings, FakeKnowledgeBase], lines: io.StringIO
) -> None:
    settings, knowledge_base = world
    knowledge_base.failure = ValueError("my secret question")
    answer = create_app(settings, knowledge_base).test_client().get("/ask?q=my+secret+question", buffered=True)  # type: ignore[arg-type]
    assert answer.status_code == 500 and "secret" not in lines.getvalue()
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    fault, request = logged[-2:]
    assert (fault["level"], fault["error"], fault["request_id"]) == ("error", "ValueError", answer.headers["X-Request-Id"])
    assert any("portal_world.py" in place for place in fault["places"])
    assert (request["route"], request["status"], request["method"]) == ("/ask", 500, "GET")


def test_strange_methods_and_addresses_leave_no_trace(
    world: tuple[Settings, FakeKnowledgeBase], lines: io.StringIO
) -> None:
    client = create_app(*world).test_client()  # type: ignore[arg-type]
    client.open("/private-path", method="SECRET", buffered=True)
    client.get("/conversations/private-id", buffered=True)
    assert "private" not in lines.getvalue() and "SECRET" not in lines.getvalue()
    first = next(line for line in map(json.loads, lines.getvalue().splitlines()) if "route" in line)
    assert (first["method"], first["route"]) == ("other", "")


def test_a_chain_of_faults_is_named_by_kind() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("of the test")
    logger.addHandler(handler)
    try:
        try:
            raise KeyError("private")
        except KeyError as error:
            raise ValueError("private too") from error
    except ValueError:
        logger.exception("it failed")
    line = json.loads(stream.getvalue())
    assert (line["message"], line["error"]) == ("it failed", "ValueError, from KeyError")
    assert "private" not in stream.getvalue().replace('raise KeyError("private")', "")

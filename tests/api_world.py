"""A portal with a real knowledge base and a real database, for tests of the JSON API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conversation_world import WORLD
from engine_world import write_content
from flask import Flask
from werkzeug.test import TestResponse

from kb.settings import Settings
from kb.web import create_app

API = "/api/v1"
SITE = "https://www.example.com"
TEMPLATE = """---
title: Write a problem report
fields:
  - {id: title, label: Title, hint: One sentence., required: always}
  - {id: messages, label: Error messages, required: always, multiline: true}
  - {id: backtrace, label: Backtrace, required: core-dump, multiline: true}
---

Be exact.
"""
FILES = WORLD | {"problem-report.md": TEMPLATE, "site.yml": "title: Help\nexamples: [remove the pass phrase]\n"}
REPORT = {"question": "Why does it hang?", "title": "It hangs", "messages": "Connection timed out"}  # complete


def api_portal(folder: Path, **settings: object) -> Flask:
    """A portal whose content and data are in `folder`; one listed site may call its API."""
    values = {"api_origins": SITE} | settings
    return create_app(Settings(content=write_content(folder / "content", FILES), data=folder / "data", **values))  # type: ignore[arg-type]


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem details of an answer, which has to be one of this status."""
    assert (response.status_code, response.content_type) == (status, "application/problem+json"), response.text
    problem: dict[str, Any] = response.get_json()
    assert problem["type"] == "about:blank" and problem["status"] == status and problem["title"] and problem["detail"]
    return problem

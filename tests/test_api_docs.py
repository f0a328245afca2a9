"""docs/api.md: every command with curl works against the portal with its own content, and answers as it is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

from browser_world import served
from curl_world import run_curl

from kb.api_operations import OPERATIONS
from kb.api_problems import PREFIX
from kb.settings import Settings
from kb.web import create_app

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHOWN_SITE = "http://127.0.0.1:8000"
VARYING = {"took_ms", "score", "reference", "sent_at"}


def test_every_operation_is_documented() -> None:
    for operation in OPERATIONS:
        path = re.sub(r"\{\w+\}", "<id>", operation.path)
        assert re.search(rf"`{operation.method.upper()} {re.escape(PREFIX + path)}[?`]", PAGE), operation.name
    for name in (
        "KB_API_ORIGINS",
        "KB_READS_PER_MINUTE",
        "RateLimit-Policy",
        "Retry-After",
        "Idempotency-Key",
        "64 KiB",
    ):
        assert name in PAGE


def test_every_command_works_and_answers_as_shown(tmp_path: Path) -> None:
    app = create_app(Settings(content=ROOT / "content", data=tmp_path))
    conversation, number = "", 0
    blocks = re.findall(r"```(sh|json)\n(.*?)```", PAGE, re.DOTALL)
    answer: object = None
    with served(app) as site:
        for language, text in blocks:
            if language == "json":
                compare(json.loads(text), answer, "answer")
                continue
            for command in commands(text):
                answer = json.loads(run_curl(command.replace(SHOWN_SITE, site).replace("CONVERSATION", conversation)))
                assert isinstance(answer, dict)
                assert "detail" not in answer or "limit=500" in command, (command, answer)
                conversation = (answer.get("conversation") or {}).get("id", conversation)
                number += 1
    assert number == PAGE.count("curl -s ") >= 10


def commands(text: str) -> list[str]:
    """The commands with curl in a block, each with the lines that belong to it."""
    found = re.split(r"^(?=curl )", text, flags=re.MULTILINE)
    return [command.strip() for command in found if command.startswith("curl ")]


def compare(shown: object, given: object, place: str) -> None:
    """Everything that is shown is there; what is no "…", and does not differ each time, is the same."""
    if isinstance(shown, dict):
        assert isinstance(given, dict) and set(shown) <= set(given), (place, shown, given)
        for name, value in shown.items():
            compare(value, given[name], f"{place}.{name}")
    elif isinstance(shown, list):
        assert isinstance(given, list), place
        if shown and isinstance(shown[0], dict):
            compare(shown[0], given[0], f"{place}[0]")
        else:
            assert set(shown) <= set(given), (place, shown, given)
    elif place.rpartition(".")[2] not in VARYING and not (isinstance(shown, str) and "…" in shown):
        assert shown == given, place

"""Examples of calls to the JSON API, with what this content holds, so that each can be tried as it stands."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from kb.api_operations import Operation
from kb.api_problems import JSON, PREFIX
from kb.pages import Frame, report_template
from kb.report import form_fields

_NOWHERE = "some-id"  # stands for an id where the content has none


def path_values(frame: Frame) -> dict[str, str]:
    """The values of parameters in paths."""
    content = frame.content
    return {
        "entry_id": content.entries[0].id if content.entries else _NOWHERE,
        "guide_id": content.guides[0].id if content.guides else _NOWHERE,
    }


def query_values(operation: Operation, frame: Frame) -> dict[str, str]:
    """The parameters in the address of an example."""
    if operation.name == "search":
        return {"q": _question(frame), "limit": "3"}
    return {"limit": "2"} if operation.name == "list_entries" else {}


def body_value(operation: Operation, frame: Frame) -> dict[str, Any] | None:
    """What an example sends; None for an operation that takes nothing."""
    if operation.name == "ask":
        return {"question": _question(frame)}
    if operation.name == "give_feedback":
        return {"entry": path_values(frame)["entry_id"], "verdict": "no", "reason": "other-version"}
    if operation.name == "send_report":
        fields = form_fields(report_template(frame))
        needed = {field.id: f"[{field.label}]" for field in fields if field.required == "always"}
        return {"fields": {"question": _question(frame)} | needed, "check_only": True}
    return None


def curl(operation: Operation, frame: Frame, site: str) -> str:
    """The example as a command. site: address of the portal, without a stroke at its end."""
    path = operation.path.format(**path_values(frame))
    query = urlencode(query_values(operation, frame))
    lines = [f"curl -s {shlex.quote(site + PREFIX + path + (f'?{query}' if query else ''))}"]
    body = body_value(operation, frame)
    if body is not None:
        lines.append(f"  -H 'Content-Type: {JSON}'")
        lines.append(f"  -d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n".join(lines)


def _question(frame: Frame) -> str:
    examples, entries = frame.content.site.examples, frame.content.entries
    return examples[0] if examples else entries[0].question if entries else "how does it work"

"""Content as it is stored beside an index, and back: entries and guides one a line, everything else in one object."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from kb.entry import (
    Contact,
    Content,
    Entry,
    Finding,
    Guide,
    Outcome,
    ReportField,
    ReportTemplate,
    Section,
    Site,
    Step,
    Target,
)


def item_to_json(item: Entry | Guide) -> bytes:
    """An entry or guide in one line."""
    return _to_json(["guide" if isinstance(item, Guide) else "entry", asdict(item)])


def item_from_json(line: bytes) -> Entry | Guide:
    """What `item_to_json` wrote."""
    kind, value = json.loads(line)
    if kind == "entry":
        entry: Entry = _make(Entry, value)
        return entry
    for step in value["steps"]:
        step["outcomes"] = [Outcome(o["good"], o["text"], Target(**o["target"])) for o in step["outcomes"]]
    value["steps"] = [_make(Step, step) for step in value["steps"]]
    guide: Guide = _make(Guide, value)
    return guide


def rest_to_json(content: Content) -> bytes:
    """All of `content` but its entries and guides."""
    return _to_json(asdict(replace(content, entries=(), guides=())))


def rest_from_json(text: bytes, items: list[Entry | Guide]) -> Content:
    """The content that `rest_to_json` wrote, with `items` as its entries and guides."""
    value = json.loads(text)
    report = value["report"]
    if report:
        report["fields"] = [_make(ReportField, item) for item in report["fields"]]
        report["contacts"] = [_make(Contact, item) for item in report["contacts"]]
    return Content(
        site=_make(Site, value["site"]),
        sections=tuple(_make(Section, item) for item in value["sections"]),
        entries=tuple(item for item in items if isinstance(item, Entry)),
        guides=tuple(item for item in items if isinstance(item, Guide)),
        report=_make(ReportTemplate, report) if report else None,
        vocabulary=_tuples(value["vocabulary"]),
        findings=tuple(_make(Finding, item) for item in value["findings"]),
        kept=_tuples(value["kept"]),
    )


def _to_json(value: Any) -> bytes:
    # what is no Unicode text, such as half a character of an old encoding, is kept as escapes
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _make(kind: Any, value: dict[str, Any]) -> Any:
    """An instance of a data class from a dict of JSON values; nested classes are made by the caller first."""
    return kind(**{name: _tuples(item) if name != "extra" else item for name, item in value.items()})

"""The page that describes the JSON API: what each operation takes and gives, with a call to try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from kb import markdown
from kb.api_examples import curl
from kb.api_operations import OPERATIONS, Operation
from kb.api_problems import PREFIX, TITLES
from kb.openapi import openapi_document, problems_of
from kb.pages import Frame, environment

Json = dict[str, Any]
ADDRESS = "/api"


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, or a field of what is sent or given back."""

    name: str  # with those that it stands in, such as fields.title
    type: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One operation as the page shows it."""

    operation: Operation
    address: str
    text: Markup
    example: Markup
    takes: tuple[Row, ...]
    gives: tuple[Row, ...]
    problems: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that the page tells."""

    question: int
    log: int
    asks_per_minute: int
    reads_per_minute: int
    reports_per_hour: int


def api_page(frame: Frame, site: str, limits: Limits, other_sites: tuple[str, ...]) -> str:
    """The page. site: address of the portal, for the examples; other_sites: those whose pages may call the API."""
    document = openapi_document(frame, limits.question, limits.log)
    names: Json = {}
    parts = tuple(_part(operation, document, frame, site, names) for operation in OPERATIONS)
    template = environment().get_template("api.html")
    return template.render(
        frame=frame, links=frame.links, site=frame.content.site, parts=parts, limits=limits, address=site + PREFIX,
        other_sites=other_sites, titles=TITLES,
    )  # fmt: skip


def _part(operation: Operation, document: Json, frame: Frame, site: str, names: Json) -> Part:
    described = document["paths"][PREFIX + operation.path][operation.method]
    return Part(
        operation,
        f"{operation.method.upper()} {PREFIX}{operation.path}",
        _with_code(operation.text),
        Markup(markdown.code_html(curl(operation, frame, site), "sh", names)),
        tuple(_takes(described, document)),
        tuple(_gives(operation, described, document)),
        ", ".join(f"{status} {TITLES[status]}" for status in problems_of(operation)),
    )


def _takes(described: Json, document: Json) -> Iterator[Row]:
    for parameter in described["parameters"]:
        text = parameter.get("description") or "Part of the address."
        yield Row(parameter["name"], _type(parameter["schema"]), parameter["required"], text)
    for content in described.get("requestBody", {}).get("content", {}).values():
        yield from _rows(_resolved(content["schema"], document), document)


def _gives(operation: Operation, described: Json, document: Json) -> Iterator[Row]:
    if operation.result:
        schema = described["responses"]["200"]["content"]["application/json"]["schema"]
        yield from _rows(_resolved(schema, document), document, is_given=True)


def _rows(schema: Json, document: Json, prefix: str = "", *, is_given: bool = False) -> Iterator[Row]:
    required = {name for part in (schema, *schema.get("allOf", ())) for name in part.get("required", ())}
    for name, values in schema.get("properties", {}).items():
        inner, suffix = _inner(values, document)
        text = values.get("description") or (inner.get("description", "") if inner else "")
        yield Row(prefix + name, _type(values), not is_given and name in required, text)
        if inner:
            yield from _rows(inner, document, f"{prefix}{name}{suffix}.", is_given=is_given)


def _inner(values: Json, document: Json) -> tuple[Json | None, str]:
    """The schema of the object, or of each item of the list, that a field holds, and what its name gets; else None."""
    if "anyOf" in values:
        return _inner(next((item for item in values["anyOf"] if item.get("type") != "null"), {}), document)
    if values.get("type") == "array" and "items" in values:
        return _inner(values["items"], document)[0], "[]"
    found = _resolved(values, document)
    return (found if found.get("type") == "object" and found.get("properties") else None), ""


def _resolved(schema: Json, document: Json) -> Json:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: Json = document["components"]["schemas"][name] if name else schema
    return found


def _type(values: Json) -> str:
    """The type of a field in words, with its bounds."""
    if "anyOf" in values:
        return " or ".join(_type(item) for item in values["anyOf"])
    if "enum" in values:
        return "one of " + ", ".join(str(item) or "nothing" for item in values["enum"])
    name: str = values.get("type", "object")
    words = {"string": "text", "array": "list", "integer": "number", "boolean": "true or false", "null": "null"}
    said = words.get(name, name)
    if "maxLength" in values:
        said += f", {values['maxLength']:,} characters or less"
    if "maxItems" in values:
        said += f", {values['maxItems']} items or fewer"
    if "maximum" in values:
        said += f", {values['minimum']} to {values['maximum']}"
    return said


def _with_code(text: str) -> Markup:
    """A sentence with what stands between backquotes as code."""
    parts = re.split("`([^`]*)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )

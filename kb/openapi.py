"""The JSON API as an OpenAPI 3.1 document, made from its operations and models.

To what the models say it adds what only a running portal knows: limits that are settings, the sections of the content,
and the fields of its report form.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from kb import __version__
from kb.api_examples import body_value, path_values, query_values
from kb.api_models import VISIBLE, Problem
from kb.api_operations import OPERATIONS, Operation
from kb.api_problems import JSON, PREFIX, PROBLEM, TITLES
from kb.assets import Asset, text_asset
from kb.pages import REQUIRED_WORDS, Frame, report_template
from kb.report import LOG, MESSAGES, form_fields, limit_of

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_EVERY = (500, 503)  # problems that any operation may have
_HEADERS: Json = {
    "ETag": {"description": "Tag of this state; send it back in If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": "Addresses of the first and the next page.", "schema": {"type": "string"}},
    "Location": {"description": "The private page of the report.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left: r requests, all in t seconds.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "What is allowed: q requests in w seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}  # fmt: skip

# What can be done with an answer.
_LINKS: dict[str, Json] = {
    "list_entries": {
        "read_entry": {"operationId": "read_entry", "parameters": {"entry_id": "$response.body#/entries/0/id"}},
    },
    "ask": {
        "ask_on": {
            "operationId": "ask",
            "requestBody": {"question": "And then?", "conversation": "$response.body#/conversation/id"},
            "description": "A later question of the same conversation.",
        },
    },
}


def openapi_asset(frame: Frame, question_limit: int, log_limit: int) -> Asset:
    """The document, ready to be sent."""
    return text_asset(json.dumps(openapi_document(frame, question_limit, log_limit), ensure_ascii=False), JSON)


def openapi_document(frame: Frame, question_limit: int, log_limit: int) -> Json:
    """The document. question_limit, log_limit: most characters of a question and of a log."""
    schemas = _schemas(frame, question_limit, log_limit)
    paths: Json = {}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method] = _operation(operation, frame, question_limit)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{frame.content.site.title}: API",
            "version": __version__,
            "description": "Search, ask and report from programs. No key and no cookie is needed.",
        },
        "servers": [{"url": frame.links.mount or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {f"Problem{status}": _problem(status) for status in TITLES},
            "headers": _HEADERS,
        },
    }


def _schemas(frame: Frame, question_limit: int, log_limit: int) -> Json:
    models: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for operation in OPERATIONS:
        models += [(operation.result, "serialization")] if operation.result else []
        models += [(operation.body, "validation")] if operation.body else []
    schemas: Json = models_json_schema(models, ref_template=_REFERENCE)[1]["$defs"]
    asked = schemas["AskRequest"]["properties"]
    asked["question"]["maxLength"], asked["log"]["maxLength"] = question_limit, log_limit
    schemas["ReportRequest"]["properties"]["fields"] = _report_fields(frame)
    return schemas


def _report_fields(frame: Frame) -> Json:
    """The fields of the report form, as this content has them."""
    fields = form_fields(report_template(frame))
    properties: Json = {}
    for field in fields:
        needed = REQUIRED_WORDS[field.required].capitalize()
        said = " ".join(f"{part.rstrip('.')}." for part in (field.label, field.hint, needed) if part)
        properties[field.id] = {"type": "string", "maxLength": limit_of(field), "description": said}
    made: Json = {
        "type": "object",
        "description": "What the report says, by field of its form.",
        "properties": properties,
        "additionalProperties": False,
    }
    always = [field.id for field in fields if field.required == "always"]
    made["allOf"] = [_filled([name for name in always if name != MESSAGES])]
    if MESSAGES in always:  # a log stands in for them
        made["allOf"].append({"anyOf": [_filled([MESSAGES]), _filled([LOG])]})
    return made


def _filled(names: list[str]) -> Json:
    """An object in which these are not empty."""
    return {"required": names, "properties": {name: {"type": "string", "pattern": r"\S"} for name in names}}


def _operation(operation: Operation, frame: Frame, question_limit: int) -> Json:
    made: Json = {
        "operationId": operation.name,
        "summary": operation.title,
        "description": operation.text,
        "parameters": [*_path_parameters(operation.path, frame), *_query_parameters(operation, frame, question_limit)],
        "responses": _responses(operation),
    }
    if operation.name == "send_report":
        made["parameters"].append(
            {
                "name": "Idempotency-Key", "in": "header", "required": False,
                "description": "The same report with the same key is one report, however often it is sent.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        )  # fmt: skip
    if operation.body:
        content = {"schema": _reference(operation.body), "example": body_value(operation, frame)}
        made["requestBody"] = {"required": True, "content": {JSON: content}}
    return made


def _path_parameters(path: str, frame: Frame) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}, "example": value}
        for name, value in path_values(frame).items()
        if f"{{{name}}}" in path
    ]


def _query_parameters(operation: Operation, frame: Frame, question_limit: int) -> list[Json]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    examples = query_values(operation, frame)
    found: list[Json] = []
    for name, values in schema["properties"].items():
        own = {key: value for key, value in values.items() if key not in ("title", "description")}
        if name == "q":
            own |= {"maxLength": question_limit, "pattern": VISIBLE}
        if name == "section":
            own["enum"] = ["", *frame.sections]
        found.append(
            {
                "name": name, "in": "query", "required": name in schema.get("required", ()),
                "description": values["description"], "schema": own,
            }
        )  # fmt: skip
        if name in examples:
            found[-1]["example"] = int(examples[name]) if own.get("type") == "integer" else examples[name]
    return found


def _responses(operation: Operation) -> Json:
    schema = _reference(operation.result) if operation.result else {"type": "object"}
    headers = (["ETag"] if operation.has_tag else []) + (["Link"] if operation.name == "list_entries" else [])
    headers += ["RateLimit", "RateLimit-Policy"] if operation.limit else []
    made: Json = {}
    for status in operation.statuses:
        made[str(status)] = {
            "description": operation.title if status == 200 else "It was sent.",
            "headers": _headers([*headers, "Location"] if status == 201 else headers),
            "content": {JSON: {"schema": schema}},
        }
    if operation.name in _LINKS:
        made["200"]["links"] = _LINKS[operation.name]
    if operation.has_tag:
        made["304"] = {"description": "Nothing changed since the tag in If-None-Match.", "headers": _headers(["ETag"])}
    for status in problems_of(operation):
        made[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return made


def problems_of(operation: Operation) -> list[int]:
    """Statuses of the problems that an operation may have, in order."""
    found = {*operation.problems, *_EVERY}
    if operation.query or operation.body:
        found.add(422)
    if operation.body:
        found |= {400, 403, 413, 415}
    if operation.limit:
        found.add(429)
    return sorted(found)


def _problem(status: int) -> Json:
    headers = _headers(["Retry-After"]) if status in (429, 503) else {}
    return {"description": TITLES[status], "headers": headers, "content": {PROBLEM: {"schema": _reference(Problem)}}}


def _headers(names: list[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": _REFERENCE.format(model=model.__name__)}

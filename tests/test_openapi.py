"""The OpenAPI document: complete, consistent, and about this portal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from api_world import API, api_portal
from conversation_world import portal_of
from flask import Flask

from kb.api_operations import OPERATIONS
from kb.openapi import openapi_document

Json = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return api_portal(tmp_path_factory.mktemp("api"), question_limit=200, log_limit=3000)


@pytest.fixture(scope="module")
def document(app: Flask) -> Json:
    found: Json = app.test_client().get(f"{API}/openapi.json").get_json()
    return found


def test_every_route_is_described_and_there_is_a_route_for_everything(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in rules for method in rule.methods or () if method in ("GET", "POST", "PUT", "DELETE", "PATCH")
    }  # fmt: skip
    assert routes == {(API + operation.path, operation.method) for operation in OPERATIONS}
    assert {rule.endpoint for rule in rules} == {f"api.{operation.name}" for operation in OPERATIONS}


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (found for key, found in value.items() if key == "$ref")
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere_and_nothing_lies_about(document: Json) -> None:
    found = set(references(document))
    for reference in found:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for kind in ("schemas", "headers"):
        assert {f"#/components/{kind}/{name}" for name in document["components"][kind]} <= found


def test_the_document_names_what_this_portal_has(document: Json) -> None:
    assert document["openapi"].startswith("3.1") and document["info"]["title"] == "Help: API"
    schemas = document["components"]["schemas"]
    assert schemas["AskRequest"]["properties"]["question"]["maxLength"] == 200
    assert schemas["AskRequest"]["properties"]["log"]["maxLength"] == 3000
    fields = schemas["ReportRequest"]["properties"]["fields"]
    assert list(fields["properties"]) == ["question", "title", "messages", "backtrace", "tried", "log"]
    assert "needed after a core dump" in fields["properties"]["backtrace"]["description"].lower()
    by_name = {item["name"]: item for item in document["paths"][f"{API}/search"]["get"]["parameters"]}
    assert by_name["q"]["schema"]["maxLength"] == 200 and by_name["q"]["example"] == "remove the pass phrase"
    assert by_name["section"]["schema"]["enum"][:2] == ["", "keys"]


def test_what_every_operation_may_answer(document: Json) -> None:
    for operation in OPERATIONS:
        answers = document["paths"][API + operation.path][operation.method]["responses"]
        assert {"200", "500", "503"} <= set(answers), operation.name
        assert ("304" in answers) == operation.has_tag and ("429" in answers) == bool(operation.limit)
        assert ({"400", "403", "413", "415", "422"} <= set(answers)) == (operation.method == "post")


def test_an_empty_content_folder_is_described_too(app: Flask) -> None:
    with app.app_context():
        frame = portal_of(app).shelf().frame
    plain = type(frame)(type(frame.content)(frame.content.site, (), ()), frame.links)
    document = openapi_document(plain, 500, 10_000)
    fields = document["components"]["schemas"]["ReportRequest"]["properties"]["fields"]
    assert [part["required"] for part in fields["allOf"]] == [["versions", "what-happened"]]
    assert document["paths"][f"{API}/entries/{{entry_id}}"]["get"]["parameters"][0]["example"] == "some-id"

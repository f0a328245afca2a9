"""Problem details, and requests that cannot be read."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from api_world import API, api_portal, problem_of
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from portal_world import FakeKnowledgeBase, write_world
from pydantic import ValidationError
from werkzeug.test import create_environ, run_wsgi_app

from kb.api_models import AskRequest, Problem, ReportRequest, SearchQuery
from kb.api_problems import TITLES, _faults, is_api, problem_response
from kb.errors import InputError, MissingIndexError
from kb.settings import Settings
from kb.web import create_app

JSON = "application/json"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return api_portal(tmp_path).test_client()


@pytest.mark.parametrize("status", [*TITLES, 418])
def test_problem_details_fit_their_model(status: int) -> None:
    response = problem_response(status)
    problem = Problem.model_validate_json(response.data)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert problem.status == status and problem.detail.endswith(".") and problem.detail != problem.title
    assert problem_response(status, "What it is.").get_json()["detail"] == "What it is."


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", JSON, 400),
        (b"", JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b'{"question": "\\ud800"}', JSON, 400),
        (b"[" * 20_000, JSON, 400),
        (b"[]", JSON, 422),
        (b'"question"', JSON, 422),
        (b"null", JSON, 422),
        (b'{"question": "a"}', "text/plain", 415),
        (b"question=a", "application/x-www-form-urlencoded", 415),
        (b'{"question": "a"}', "", 415),
        (b'{"question": "' + b"a" * 65_536 + b'"}', JSON, 413),
    ],
)
@pytest.mark.parametrize("path", ["ask", "feedback", "reports"])
def test_bodies_that_cannot_be_read(client: FlaskClient, path: str, body: bytes, media_type: str, status: int) -> None:
    problem = problem_of(client.post(f"{API}/{path}", data=body, content_type=media_type), status)
    if status == 413:
        assert "64 KiB" in problem["detail"]
    if status == 415:
        assert "application/json" in problem["detail"]


def test_a_media_type_may_have_parameters(client: FlaskClient) -> None:
    body = json.dumps({"question": "pass phrase"})
    assert client.post(f"{API}/ask", data=body, content_type="application/json; charset=utf-8").status_code == 200


def test_a_body_without_a_length_is_limited_too(client: FlaskClient) -> None:
    assert status_of_stream(client, b'{"question": "pass phrase"}') == "200 OK"
    assert status_of_stream(client, b'{"question": "' + b"a" * 100_000 + b'"}').startswith("413")
    assert status_of_stream(client, b'{"question": "a"}' + b" " * 100_000).startswith("413")


def status_of_stream(client: FlaskClient, body: bytes) -> str:
    """What comes of a body that is sent in chunks, as servers hand it on."""
    environ = create_environ(f"{API}/ask", method="POST", content_type=JSON)
    environ |= {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    status: str = run_wsgi_app(client.application, environ)[1]
    return status


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "search", "GET"), ("POST", "entries", "GET"), ("GET", "ask", "POST"), ("DELETE", "reports", "POST")],
)
def test_wrong_methods(client: FlaskClient, method: str, path: str, allowed: str) -> None:
    response = client.open(f"{API}/{path}", method=method)
    problem_of(response, 405)
    assert allowed in response.headers["Allow"]


def test_the_paths_of_the_api() -> None:
    assert is_api("/api/v1/ask") and is_api("/api/nope") and not is_api("/api") and not is_api("/apiary")


def test_faults_of_the_server(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = write_world(tmp_path)
    base = FakeKnowledgeBase(content)
    app = create_app(Settings(content=content, data=tmp_path / "data"), base)  # type: ignore[arg-type]
    client = app.test_client()
    base.failure = RuntimeError("secret detail")
    assert "secret" not in str(problem_of(client.get(f"{API}/search?q=strong"), 500)) and "secret detail" in caplog.text
    base.failure = MissingIndexError("there is no index in /secret")
    response = client.get(f"{API}/entries")
    assert "secret" not in str(problem_of(response, 503)) and response.headers["Retry-After"] == "60"
    base.failure = InputError("the question cannot be searched")
    problem_of(client.get(f"{API}/search?q=strong"), 422)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
names = st.sampled_from(["question", "log", "conversation", "fields", "files", "check_only", "q", "limit", "x"])


@given(st.sampled_from([AskRequest, ReportRequest, SearchQuery]), st.dictionaries(names, values, max_size=5))
def test_every_fault_has_words(model: type[AskRequest | ReportRequest | SearchQuery], body: dict[str, object]) -> None:
    try:
        model.model_validate(body)
    except ValidationError as error:
        for fault in _faults(error):
            assert fault.message.startswith(f"“{fault.field}” ") and fault.message.endswith(".")
            assert "{" not in fault.message and "Error" not in fault.message

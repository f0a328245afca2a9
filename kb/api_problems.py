"""What the JSON API says when something is wrong: RFC 9457 problem details, in sentences that say what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar, cast

from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
JSON = "application/json"
Model = TypeVar("Model", bound=BaseModel)

TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_DETAILS = {
    400: "The request cannot be read. Send JSON in UTF-8.",
    403: "Pages of this site may not send this. Add the site to the setting KB_API_ORIGINS of the portal.",
    404: "There is nothing at this address. The addresses of the API are listed at /api.",
    405: "This address does not take this method. The header Allow names those it takes.",
    413: "The body is larger than 64 KiB (65,536 bytes). Send less.",
    415: "The body is not JSON. Send JSON with the header Content-Type: application/json.",
    422: "The request cannot be used as it is. What each operation takes is listed at /api.",
    429: "Too many requests at once. The header Retry-After says after how many seconds to try again.",
    500: "Something went wrong here, and it is logged. Try again later.",
    503: "Questions cannot be answered right now. Try again in a minute.",
}
NOT_STORED = "Nothing can be stored right now. Try again in a minute."


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, in a sentence."""

    field: str
    message: str


class FaultyFields(UnprocessableEntity):
    """Ends a request whose fields cannot be used; 422."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.message.rstrip(".") + "." for fault in faults))
        self.faults = tuple(faults)


def problem_response(status: int, detail: str = "", faults: Sequence[Fault] = ()) -> Response:
    """Problem details; without a `detail`, with the usual sentence of the status."""
    title = TITLES.get(status, "Error")
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or _DETAILS.get(status, f"{title}. What each operation takes is listed at /api."),
    }
    if faults:
        problem["errors"] = [asdict(fault) for fault in faults]
    response = Response(json.dumps(problem, ensure_ascii=False), status, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    return response


def on_faulty_fields(error: FaultyFields) -> Response:
    """Problem details with every field that cannot be used."""
    return problem_response(422, str(error.description), error.faults)


def is_api(path: str) -> bool:
    """Whether problems at this path are told as JSON."""
    return path.startswith(PREFIX.removesuffix("v1"))


# Reading requests


def read_query(model: type[Model]) -> Model:
    """The values of the address. Ends the request with 422 when one cannot be used."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise FaultyFields(_faults(error)) from error


def read_body(model: type[Model]) -> Model:
    """The JSON of the body. Ends the request with 400, 413, 415 or 422 when it cannot be used."""
    data = request.get_data()  # first, so that a connection is left without a rest of it
    request.stream.read(1)  # a body without a length ends at the limit without a word; reading on is what raises 413
    if request.mimetype != JSON:
        raise UnsupportedMediaType
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        if any(item["type"] == "json_invalid" for item in error.errors()):
            raise BadRequest("The body is not JSON in UTF-8. Send one JSON object.") from error
        raise FaultyFields(_faults(error)) from error


def _faults(error: ValidationError) -> list[Fault]:
    return [_fault(cast("dict[str, Any]", item)) for item in error.errors(include_url=False)]


def _fault(item: dict[str, Any]) -> Fault:
    field = ".".join(str(part) for part in item["loc"])
    kind, context = item["type"], item.get("ctx", {})
    if not field:
        return Fault("", str(context["error"]) if kind == "value_error" else "Send one JSON object.")
    return Fault(field, f"“{field}” " + (_WHAT[kind].format(**context) if kind in _WHAT else "cannot be used."))


_WHAT = {
    "missing": "is missing.",
    "extra_forbidden": "is not a field of this request.",
    "string_type": "must be text.",
    "string_too_long": "must be {max_length:,} characters or less.",
    "string_too_short": "is empty.",
    "bool_type": "must be true or false.",
    "list_type": "must be a list.",
    "dict_type": "must be an object.",
    "model_type": "must be an object.",
    "too_long": "must have {max_length} items or fewer.",
    "literal_error": "must be one of {expected}.",
    "value_error": "must be {error}.",
    "int_parsing": "must be a number.",
    "greater_than_equal": "must be {ge} or more.",
    "less_than_equal": "must be {le} or less.",
}

"""The rules of OpenSearch 1.1 (draft 6) for description documents, as far as a document alone can break them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

NAMESPACE = "{http://a9.com/-/spec/opensearch/1.1/}"
ONE, AT_MOST_ONE, ANY, SOME = (1, 1), (0, 1), (0, None), (1, None)
TIMES: dict[str, tuple[int, int | None]] = {
    "ShortName": ONE, "Description": ONE, "Url": SOME, "Contact": AT_MOST_ONE, "Tags": AT_MOST_ONE,
    "LongName": AT_MOST_ONE, "Image": ANY, "Query": ANY, "Developer": AT_MOST_ONE, "Attribution": AT_MOST_ONE,
    "SyndicationRight": AT_MOST_ONE, "AdultContent": AT_MOST_ONE, "Language": ANY, "InputEncoding": ANY,
    "OutputEncoding": ANY,
}  # fmt: skip
CHARACTERS = {"ShortName": 16, "Description": 1024, "Tags": 256, "LongName": 48, "Developer": 64, "Attribution": 256}
ATTRIBUTES = {
    "Url": {"template", "type", "rel", "indexOffset", "pageOffset"},
    "Image": {"height", "width", "type"},
    "Query": {
        "role", "title", "totalResults", "searchTerms", "count", "startIndex", "startPage", "language",
        "inputEncoding", "outputEncoding",
    },
}  # fmt: skip
PARAMETERS = {"searchTerms", "count", "startIndex", "startPage", "language", "inputEncoding", "outputEncoding"}
RELS = {"results", "suggestions", "self", "collection"}
ROLES = {"request", "example", "related", "correction", "subset", "superset"}
RIGHTS = {"open", "limited", "private", "closed"}
MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(;.*)?")
LANGUAGE = re.compile(r"\*|[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
NUMBER = re.compile(r"\d+")


def faults(document: str) -> list[str]:
    """Every rule that the document breaks, in a sentence each."""
    try:
        root = ElementTree.fromstring(document.encode())
    except ElementTree.ParseError as error:
        return [f"not well-formed: {error}"]
    if root.tag != NAMESPACE + "OpenSearchDescription":
        return [f"the root is {root.tag}"]
    found = [fault for element in root for fault in _of_element(element)]
    for name, (least, most) in TIMES.items():
        number = len(root.findall(NAMESPACE + name))
        if number < least or (most is not None and number > most):
            found.append(f"{name} appears {number} times")
    return found


def _of_element(element: ElementTree.Element) -> Iterator[str]:
    if not element.tag.startswith(NAMESPACE):
        if not element.tag.startswith("{"):
            yield f"{element.tag} has no namespace"
        return
    name, text = element.tag.removeprefix(NAMESPACE), element.text or ""
    if name not in TIMES:
        yield f"there is no element {name}"
        return
    if len(element):
        yield f"{name} holds markup"
    if re.search(r"<\w+[^>]*>", text):
        yield f"{name} holds HTML"
    if len(text) > CHARACTERS.get(name, len(text)):
        yield f"{name} has {len(text)} characters"
    if name in CHARACTERS and name != "Tags" and not text.strip():
        yield f"{name} is empty"
    for attribute in set(element.keys()) - ATTRIBUTES.get(name, set()):
        if not attribute.startswith("{"):
            yield f"{name} has no attribute {attribute}"
    check = CHECKS.get(name)
    yield from check(element, text) if check else ()


def _url(element: ElementTree.Element, _text: str) -> Iterator[str]:
    template = element.get("template", "")
    if not MEDIA_TYPE.fullmatch(element.get("type", "")):
        yield "Url has no media type"
    for rel in (element.get("rel") or "results").split():
        if rel not in RELS and not URI.fullmatch(rel):
            yield f"Url has an unknown rel {rel}"
    for name in ("indexOffset", "pageOffset"):
        if not re.fullmatch(r"-?\d+", element.get(name, "1")):
            yield f"Url {name} is no integer"
    for name in re.findall(r"\{([^{}]*)\}", template):
        if name.removesuffix("?") not in PARAMETERS and ":" not in name:
            yield f"Url has an unknown parameter {name}"
    filled = re.sub(r"\{[^{}]*\}", "x", template)
    if not URI.fullmatch(filled) or not urlsplit(filled).netloc:
        yield f"Url template is no URL: {template}"


def _image(element: ElementTree.Element, text: str) -> Iterator[str]:
    if not URI.fullmatch(text.strip()):
        yield f"Image is no URI: {text}"
    for name in ("height", "width"):
        if not NUMBER.fullmatch(element.get(name, "0")):
            yield f"Image {name} is no number"
    if not MEDIA_TYPE.fullmatch(element.get("type", "image/png")):
        yield "Image has no media type"


def _query(element: ElementTree.Element, _text: str) -> Iterator[str]:
    role = element.get("role", "")
    if role not in ROLES and ":" not in role:
        yield f"Query has an unknown role {role}"
    if len(element.get("title", "")) > 256:
        yield "Query title is too long"
    terms = element.get("searchTerms", "")
    if re.search(r"[^A-Za-z0-9._~!$'()*+,;:@/?%-]|%(?![0-9A-Fa-f]{2})", terms) or "�" in unquote(terms):
        yield "Query searchTerms is not URL-encoded"
    for name in ("totalResults", "count"):
        if not NUMBER.fullmatch(element.get(name, "0")):
            yield f"Query {name} is no number"


def _encoding(_element: ElementTree.Element, text: str) -> Iterator[str]:
    try:
        codecs.lookup(text)
    except LookupError:
        yield f"{text!r} is no encoding"


def _one_of(pattern: re.Pattern[str]) -> Callable[[ElementTree.Element, str], Iterator[str]]:
    def check(element: ElementTree.Element, text: str) -> Iterator[str]:
        if not pattern.fullmatch(text):
            yield f"{element.tag.removeprefix(NAMESPACE)} cannot be {text!r}"

    return check


CHECKS: dict[str, Callable[[ElementTree.Element, str], Iterator[str]]] = {
    "Url": _url, "Image": _image, "Query": _query, "InputEncoding": _encoding, "OutputEncoding": _encoding,
    "Contact": _one_of(re.compile(r"[^@\s]+@[^@\s]+")), "Language": _one_of(LANGUAGE),
    "SyndicationRight": _one_of(re.compile("|".join(RIGHTS), re.IGNORECASE)),
    "Tags": _one_of(re.compile(r"\S+( \S+)*")),
}  # fmt: skip

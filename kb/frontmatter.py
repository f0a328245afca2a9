"""Front matter: cutting it off a Markdown file, reading its YAML safely, and checking its keys.

What the keys of entries, guides, the problem report and the settings files may hold is said once, by the models here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kb.errors import ContentError

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Plain YAML; a date that no calendar has stays text, so that the check of its key can name it."""


def _date_or_text(loader: Any, node: Any) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date_or_text)


def split(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the line on which the body starts (from 1). Without front matter the first is empty.

    Raises ContentError when the front matter is opened and never closed.
    """
    if not re.match(r"---[ \t]*(\n|\Z)", text):
        return "", text, 1
    found = _FENCE.match(text)
    if not found:
        raise ContentError(
            "the front matter opens with --- and never closes; put --- on a line of its own below it", line=1
        )
    return found.group(1), text[found.end() :], text.count("\n", 0, found.end()) + 1


def load_yaml(text: str, first_line: int = 1) -> Any:
    """The value of a YAML text. `first_line` is the line of the file on which the text starts.

    Raises ContentError with the line for anything but plain YAML; references (&a, *a) are refused, because a few lines of
    them can stand for gigabytes.
    """
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                line = (event.start_mark.line if event.start_mark else 0) + first_line
                raise ContentError(
                    f"YAML references (*{event.anchor}) are not used here; write the value out", line=line
                )
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + first_line
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ContentError(f"bad YAML: {problem}; quote values that hold ': ' or ' #'", line=line) from error
    except (ValueError, RecursionError) as error:  # such as a number that is none, or brackets a thousand deep
        raise ContentError(f"bad YAML: {error}", line=first_line) from error


def line_of_key(text: str, key: str, first_line: int = 1) -> int:
    """The line of the file on which top-level `key` stands in YAML `text`; `first_line` when it does not."""
    found = re.search(rf"^{re.escape(key)}\s*:", text, re.MULTILINE)
    return first_line + text.count("\n", 0, found.start()) if found else first_line


def _words(value: Any) -> Any:
    """A list of texts from what people write: one text, a list, numbers, nothing."""
    if value is None:
        return ()
    if isinstance(value, (str, int, float)):
        value = [value]
    if not isinstance(value, list):
        raise ValueError("is not a list of texts; write one text a line, each after a hyphen")
    if any(isinstance(item, (dict, list)) for item in value):
        raise ValueError("holds something that is no text; quote a text that holds ': '")
    return tuple(str(item).strip() for item in value if item is not None and str(item).strip())


def _text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).strip() if isinstance(value, (str, int, float, bool)) else value


def _day(value: Any) -> Any:
    """An ISO date as text."""
    if value in (None, ""):
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError("is not a date; write it like 2026-11-24") from None


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Text = Annotated[str, BeforeValidator(_text)]
Day = Annotated[str, BeforeValidator(_day)]
Place = Annotated[float, Field(allow_inf_nan=False)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


Keys = TypeVar("Keys", bound=_Keys)


class EntryKeys(_Keys):
    """Keys of an entry's front matter."""

    question: Text = ""
    short: Text = ""
    aliases: Words = ()
    errors: Words = ()
    keywords: Words = ()
    kind: Literal["problem", "info"] = "info"
    status: Literal["current", "changed", "historic"] = "current"
    applies_to: Text = ""
    reviewed: Day = ""
    review_by: Day = ""
    related: Words = ()
    guides: Words = ()
    sources: Words = ()
    order: Place = 1e9
    tags: Words = ()


class GuideKeys(_Keys):
    """Keys of a guide's front matter."""

    question: Text = ""
    short: Text = ""
    aliases: Words = ()
    errors: Words = ()
    entries: Words = ()
    reviewed: Day = ""
    review_by: Day = ""
    sources: Words = ()
    order: Place = 1e9


class FieldKeys(_Keys):
    """One field of the problem report."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    label: Text
    hint: Text = ""
    required: Literal["always", "core-dump", "optional"] = "optional"
    multiline: bool = False
    commands: Words = ()
    then: Text = ""


class ContactKeys(_Keys):
    """One contact of the problem report."""

    when: Text
    today: Text = ""
    then: Text = ""
    note: Text = ""


class ReportKeys(_Keys):
    """Front matter of problem-report.md."""

    title: Text = "Problem report"
    intro: Text = ""
    fields: tuple[FieldKeys, ...] = ()
    contacts: tuple[ContactKeys, ...] = ()
    never_include: Words = ()
    reviewed: Day = ""
    sources: Words = ()


class SiteKeys(_Keys):
    """site.yml."""

    title: Text = "Help"
    tagline: Text = ""
    box_label: Text = "What do you need help with?"
    language: Text = "en"
    report_note: Text = ""
    examples: Words = ()
    historic_headings: Words = ("Then",)
    historic_label: Text = "Historic"
    not_covered: Words = ()


class SectionKeys(_Keys):
    """One item of sections.yml."""

    id: Text
    title: Text = ""
    summary: Text = ""


@dataclass(frozen=True, slots=True)
class BadKey:
    """A key whose value cannot be used; its default stands in for it."""

    message: str
    line: int


def check_keys(model: type[Keys], value: Any, text: str, first_line: int = 1) -> tuple[Keys, list[BadKey]]:
    """`value` as an instance of `model`, and the keys that had to be left out of it.

    text: the YAML that `value` came from, to find lines in. Raises ContentError when the value is no mapping, or lacks
    a key that the model requires.
    """
    if not isinstance(value, dict):
        raise ContentError("this should be a list of `key: value` lines", line=first_line)
    values = {str(key): item for key, item in value.items()}
    bad: list[BadKey] = []
    while True:
        try:
            return model.model_validate(values), bad
        except ValidationError as error:
            for problem in error.errors():
                key = str(problem["loc"][0]) if problem["loc"] else "?"
                path = ".".join(str(part) for part in problem["loc"]) or "?"
                message = problem["msg"].removeprefix("Value error, ")
                sentence = f"`{path}`: {message[:1].lower() + message[1:]}"
                line = line_of_key(text, key, first_line)
                if key not in values:
                    raise ContentError(sentence, line=line) from error
                if not any(item.line == line for item in bad):
                    bad.append(BadKey(sentence, line))
            for problem in error.errors():
                values.pop(str(problem["loc"][0]), None)

"""What the scripts of the offline copy say: the portal's own words and limits, so that none of them is written twice.

Blanks such as "__title__" are filled in by the script; of a pair, the first is for one thing and the second for several.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kb.answer import Answer, Candidate, Why, check_input
from kb.conversation import OUTCOMES, TriedItem
from kb.entry import ReportField, ReportTemplate
from kb.errors import InputError
from kb.feedback import SAID
from kb.levels import Level
from kb.markdown import CODE_NAMES
from kb.pages import LATER_LABEL, LOG_QUESTION
from kb.pages_conversation import TITLE_WORDS, said_about
from kb.pages_report import CRASH_QUESTION, CRASH_WORDS
from kb.report import CRASH, LOG, WAYS, check, limit_of, secret_sentence
from kb.retrieval import Hit
from kb.settings import Settings


def words_script(settings: Settings) -> str:
    """A script that puts the words on the global `kb`."""
    made = json.dumps(words(settings), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"(globalThis.kb = globalThis.kb || {{}}).words = {made};\n"


def words(settings: Settings) -> dict[str, Any]:
    """All the words, by what they are for."""
    return {
        "answered": {level: [_said(level, count) for count in (0, 1, 2)] for level in ("strong", "possible")},
        "close": [_said("weak", 1), _said("weak", 2)],
        "code": CODE_NAMES,
        "later": LATER_LABEL,
        "log_question": LOG_QUESTION,
        "lines": {kind: _line(kind) for kind in ("question", "entry", "step")},
        "nothing": _said("none", 0),
        "outcomes": OUTCOMES,
        "problems": {
            "empty": _problem(lambda: check_input("", "", settings)),
            "log": _problem(lambda: check_input("a", "a" * (settings.log_limit + 1), settings)),
            "question": _problem(lambda: check_input("a" * (settings.question_limit + 1), "", settings)),
        },
        "asked": {"log": settings.log_limit, "question": settings.question_limit},
        "report": _report_words(),
        "said": SAID,
        "title_words": TITLE_WORDS,
    }


def _said(level: Level, others: int) -> str:
    """What is spoken about an answer beside which there are so many others, two standing for any higher number."""
    hit = Hit("", "entry", "__title__", "", 0.0)
    candidates = (Candidate(hit, "weak"),) * others
    answer = Answer("", "", level, (hit,), None, candidates, None, (), Why(), "", 0.0)
    return said_about(answer).replace(" 2 ", " __count__ ")


def _line(kind: Any) -> str:
    """A line of what was tried, as a report holds it."""
    outcome = "yes"
    line = TriedItem("", kind, "", "__text__", outcome, "__guide__").line
    return line if kind == "question" else line.removesuffix(OUTCOMES[kind][outcome]) + "__outcome__"


def _problem(check: Callable[[], None]) -> str:
    try:
        check()
    except InputError as error:
        return str(error)
    raise AssertionError("the limits are not checked")


def _report_words() -> dict[str, Any]:
    """What can be wrong with a report, by what it is; a field that holds too much, by its limit."""
    label = "__label__"
    line = ReportField("a", label, required="always")
    crash = replace(line, required="core-dump")
    fields = (replace(line, id=LOG), replace(line, multiline=True), line)
    return {
        "fill": _first_problem(line, {}),
        "fill_after_crash": _first_problem(crash, {CRASH: "yes"}),
        "crash": [CRASH_WORDS["no"], CRASH_WORDS["yes"]],
        "crash_question": CRASH_QUESTION,
        "secret": [secret_sentence(label, "__name__", "__way__", is_many=many) for many in (False, True)],
        "too_long": {
            str(limit_of(field)): _first_problem(field, {field.id: "a" * (limit_of(field) + 1)}) for field in fields
        },
        "ways": {name: way.format(first="__first__", last="__last__") for name, way in WAYS.items()},
    }


def _first_problem(field: ReportField, values: dict[str, str]) -> str:
    return check(values, ReportTemplate("", (field,)))[0].message

"""A question as it arrives over HTTP: the fields of the box, and what has to be mended before it can be searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kb.answer import check_input
from kb.entry import Section
from kb.errors import InputError
from kb.pages import Frame, Problem, clip
from kb.responses import typed
from kb.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What stood in the box."""

    question: str
    log: str = ""
    section: str = ""  # id as sent; it may be unknown
    exact: bool = False  # nothing is corrected


def read_asked(values: Any) -> Asked:
    """The question in a form or an address."""
    question, log, section, exact = (typed(values, name) for name in ("q", "log", "section", "exact"))
    return Asked(question, log, section, exact == "1")


def find_section(frame: Frame, asked: Asked) -> Section | None:
    """The section that answers are limited to; None for all."""
    return frame.sections.get(asked.section)


def find_problem(frame: Frame, asked: Asked, settings: Settings) -> Problem | None:
    """What has to be mended; None for a question that can be searched."""
    if asked.section and asked.section not in frame.sections:
        return Problem(f"There is no section “{clip(asked.section)}”. Ask again to search everywhere.")
    try:
        check_input(asked.question, asked.log, settings)
    except InputError as error:
        is_log = len(asked.log) > settings.log_limit and len(asked.question) <= settings.question_limit
        return Problem(str(error), "log" if is_log else "question")
    return None

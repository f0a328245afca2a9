"""What a knowledge base consists of, as plain frozen values.

Nothing here knows how content is read, stored, ranked or shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["problem", "info"]
Status = Literal["current", "changed", "historic"]
TargetKind = Literal["step", "guide", "entry", "solved", "report"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer."""

    id: str  # the file's stem; unique over entries and guides
    section: str  # id of its section
    question: str
    body: str  # Markdown
    short: str = ""  # the answer in a sentence or two; may be empty
    aliases: tuple[str, ...] = ()  # other ways people ask
    errors: tuple[str, ...] = ()  # error texts people paste; "…" stands for what varies
    asked: tuple[str, ...] = ()  # questions that people asked and this entry answers (content/asked/<id>.txt)
    keywords: tuple[str, ...] = ()  # words a searcher may use that stand nowhere else in the entry
    kind: Kind = "info"
    status: Status = "current"
    applies_to: str = ""
    reviewed: str = ""  # ISO date, or empty
    review_by: str = ""  # ISO date, or empty
    related: tuple[str, ...] = ()  # entry ids
    guides: tuple[str, ...] = ()  # guide ids, best first
    sources: tuple[str, ...] = ()
    order: float = 1e9  # place in its section; equal places go by id
    tags: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)  # keys we give no meaning to, kept
    path: str = ""  # file, relative to the content folder
    body_line: int = 1  # line of the file on which the body starts


@dataclass(frozen=True, slots=True)
class Section:
    """A named, ordered group of entries."""

    id: str
    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an outcome of a guide's step leads. `id` is empty for solved and report."""

    kind: TargetKind
    id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one may see after a step, and where to go then."""

    good: bool
    text: str  # Markdown, inline
    target: Target


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a guide: what to do, then what one may see."""

    id: str
    title: str
    body: str  # Markdown: instruction and commands, without the outcomes
    outcomes: tuple[Outcome, ...] = ()
    line: int = 1  # line of the file


@dataclass(frozen=True, slots=True)
class Guide:
    """A problem worked through step by step."""

    id: str
    question: str
    steps: tuple[Step, ...]
    intro: str = ""  # Markdown
    short: str = ""
    aliases: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()  # entry ids, most fitting first
    reviewed: str = ""
    review_by: str = ""
    sources: tuple[str, ...] = ()
    order: float = 1e9
    path: str = ""
    section: str = "guides"


@dataclass(frozen=True, slots=True)
class ReportField:
    """One field of the problem report."""

    id: str
    label: str
    hint: str = ""
    required: Literal["always", "core-dump", "optional"] = "optional"
    multiline: bool = False
    commands: tuple[str, ...] = ()  # how to get it today
    then: str = ""  # how it was got in the days of the first FAQ


@dataclass(frozen=True, slots=True)
class Contact:
    """One place to turn to. `then` is history only."""

    when: str
    today: str = ""
    then: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """What a problem report asks for."""

    title: str
    fields: tuple[ReportField, ...]
    intro: str = ""
    body: str = ""  # Markdown
    contacts: tuple[Contact, ...] = ()  # in order of preference
    never_include: tuple[str, ...] = ()
    reviewed: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """The words and choices of one knowledge base (site.yml)."""

    title: str = "Help"
    tagline: str = ""
    box_label: str = "What do you need help with?"
    language: str = "en"
    report_note: str = ""  # who reads a report, and by when
    examples: tuple[str, ...] = ()  # questions offered on the first page
    historic_headings: tuple[str, ...] = ("Then",)  # text below these is shown as history
    historic_label: str = "Historic"
    not_covered: tuple[
        str, ...
    ] = ()  # products and topics that people ask about and this knowledge base does not answer


@dataclass(frozen=True, slots=True)
class Finding:
    """Something `check` has to say about a file."""

    severity: Severity
    file: str  # relative to the content folder
    line: int
    rule: str  # short name, such as "bad-yaml"
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Content:
    """A whole content folder as read: what can be served, and what was found wrong."""

    site: Site
    sections: tuple[Section, ...]  # in reading order; only those with entries, plus those listed
    entries: tuple[Entry, ...]  # in reading order
    guides: tuple[Guide, ...] = ()
    report: ReportTemplate | None = None
    vocabulary: tuple[tuple[str, ...], ...] = ()  # one concept each: main term, then its synonyms
    findings: tuple[Finding, ...] = ()
    kept: tuple[str, ...] = ()  # files that can no longer be read: what they held before stands here

    def entries_of(self, section_id: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.section == section_id)

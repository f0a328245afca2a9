"""What the JSON API takes and gives, as models: they check requests, shape answers, and are its OpenAPI document.

Limits that are settings, and what depends on the content, are no matter of these models: `kb.openapi` adds them to the
document, the routes check them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kb.conversation import VerdictWord
from kb.entry import Kind, Status, TargetKind
from kb.levels import Level

DEFAULT_HITS, MOST_HITS = 10, 100
DEFAULT_ENTRIES, MOST_ENTRIES = 50, 200
LONGEST_NOTE = 500  # characters

# Something to read: neither blank nor made of characters that nobody sees, which are not searched.
VISIBLE = r"[^\s\u0000-\u001f\u007f\u0085\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]"

Reason = Literal["", "other-problem", "no-change", "other-version", "unclear", "incomplete"]


def _number(text: Any) -> Any:
    """A number in an address is written in digits, nothing else."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("a number in digits")
    return text


class Query(BaseModel):
    """What stands in an address; other names than these are passed over."""

    model_config = ConfigDict(extra="ignore")


class Body(BaseModel):
    """What is sent; a name that is not known is a mistake and is said to be one."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answered(BaseModel):
    """What is given back."""

    model_config = ConfigDict(extra="forbid")


# Requests


class SearchQuery(Query):
    """What to search for."""

    q: str = Field(description="The question, or an error line.")
    limit: Annotated[int, BeforeValidator(_number)] = Field(DEFAULT_HITS, ge=1, le=MOST_HITS, description="Most hits.")
    section: str = Field("", description="Id of the section to search, with those below it; empty for all.")


class EntriesQuery(Query):
    """Which entries to list."""

    limit: Annotated[int, BeforeValidator(_number)] = Field(
        DEFAULT_ENTRIES, ge=1, le=MOST_ENTRIES, description="Most entries of a page."
    )
    cursor: str = Field("", description="Where the page starts, from `next` of the page before; empty for the first.")
    section: str = Field("", description="Id of the section to list, with those below it; empty for all.")


class AskRequest(Body):
    """A question; either of question and log may be empty, not both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"question": {"pattern": VISIBLE}}},
                {"properties": {"log": {"pattern": VISIBLE}}, "required": ["log"]},
            ]
        }
    )

    question: str = Field(description="The question in plain words, or an error line.")
    log: str = Field("", description="Pasted log or error output.")
    conversation: str = Field(
        "", description="Id of the conversation that goes on; empty for a new one.", json_schema_extra={"maxLength": 32}
    )


class FeedbackRequest(Body):
    """Whether an entry or a step of a guide helped."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["entry"], "properties": {"entry": {"minLength": 1}, "step": {"maxLength": 0}}},
                {"required": ["step"], "properties": {"step": {"minLength": 1}, "entry": {"maxLength": 0}}},
            ]
        }
    )

    entry: str = Field("", description="Id of the entry.")
    step: str = Field("", description="Guide and step, such as `guide-id/step-id`, instead of an entry.")
    verdict: Literal[VerdictWord, "undo"] = Field(
        description="yes: it helped. no: it did not. cannot: it could not be tried. undo: takes the last one back."
    )
    reason: Reason = Field("", description="Why it did not help.")
    note: str = Field("", max_length=LONGEST_NOTE, description="More about that, in free words.")
    conversation: str = Field(
        "",
        description="Id of the conversation it belongs to; empty for a new one.",
        json_schema_extra={"maxLength": 32},
    )

    @model_validator(mode="after")
    def _has_one_target(self) -> FeedbackRequest:
        if bool(self.entry) == bool(self.step):
            raise ValueError("Name an entry or a step of a guide, one of the two.")
        return self


class AttachedFile(Body):
    """A text file that goes with a report."""

    name: str = Field(min_length=1, max_length=100, description="Name of the file.")
    text: str = Field(
        description="What it holds, as text.",
        json_schema_extra={"pattern": r"^[^\u0000-\u0008\u000e-\u001a\u001c-\u001f]*$"},
    )


class ReportRequest(Body):
    """A problem report."""

    fields: dict[str, str] = Field(description="What the report says, by id of the field of its form.")
    files: list[AttachedFile] = Field(default=[], max_length=5, description="Text files that go with it.")
    conversation: str = Field(
        "",
        description="Id of the conversation it comes from; question, what was tried and log are taken from "
        "there, as far as `fields` does not say them.",
        json_schema_extra={"maxLength": 32},
    )
    check_only: bool = Field(False, description="Only say what would be sent and which entries may spare it.")


# Answers


class Hit(Answered):
    """An entry or guide that was found."""

    id: str
    kind: Literal["entry", "guide"]
    title: str
    section: str
    score: float = Field(description="Comparable within one answer only.")
    matched: list[str] = Field(description="Words of the question that it holds, as typed.")
    url: str = Field(description="Its page.")


class SearchResult(Answered):
    """Ranked hits, best first."""

    id: None = Field(description="Always null here; batches of the command line number their questions.")
    query: str
    level: Level = Field(description="How sure it is that the first entry answers.")
    took_ms: float
    corrected: str | None = Field(description="The text that was searched instead of the one typed.")
    hits: list[Hit]


class Brief(Answered):
    """An entry in short."""

    id: str
    section: str
    question: str
    short: str = Field(description="The answer in a sentence or two; may be empty.")
    kind: Kind
    status: Status
    reviewed: str = Field(description="ISO date, or empty.")
    url: str = Field(description="Its page.")


class Command(Answered):
    """A block of code that belongs to a passage."""

    language: str
    text: str


class Snippet(Answered):
    """The passage of the entry that answers best, verbatim. `text` is `before`, `marked` and `after` together."""

    text: str
    before: str
    marked: str = Field(description="The sentence that answers.")
    after: str
    heading: str = Field(description="The heading it stands under; may be empty.")
    historic: bool = Field(description="Whether it tells what was true then, not what holds today.")
    commands: list[Command]
    url: str = Field(description="Its place on the entry's page.")


class Candidate(Hit):
    """Another entry that may be meant."""

    level: Level


class Synonym(Answered):
    """A word that was taken for another."""

    typed: str
    taken_for: str


class Why(Answered):
    """What led to the answer."""

    matched: list[str] = Field(description="Words of the question that the entry holds.")
    synonyms: list[Synonym]
    error_text: str = Field(description="The known error text that was recognised; may be empty.")
    ignored: list[str] = Field(description="Parts of a log that weigh little.")
    unknown: list[str] = Field(description="Words that no entry holds.")


class Named(Answered):
    """A guide to work through."""

    id: str
    title: str
    url: str = Field(description="Its page.")


class Talk(Answered):
    """A conversation. Whoever knows its id can read it and go on with it."""

    id: str
    url: str = Field(description="Its page, at the newest turn.")


class AskResult(SearchResult):
    """The answer to a question."""

    correction: list[tuple[str, str]] = Field(description="Words that were corrected: typed, searched.")
    carried: str = Field(description="The earlier question that was taken into account; may be empty.")
    entry: Brief | None = Field(description="The entry that answers; null when the level is weak or none.")
    snippet: Snippet | None
    why: Why
    candidates: list[Candidate] = Field(description="Other entries that may be meant, best first.")
    guides: list[Named] = Field(description="Guides that work through it, best first.")
    conversation: Talk | None = Field(description="null while nothing can be stored; the answer stands all the same.")
    report_url: str = Field(description="Where a problem report is written, with what was tried filled in.")


class EntryPage(Answered):
    """A page of the entries in reading order."""

    entries: list[Brief]
    total: int = Field(description="Entries on all pages.")
    next: str | None = Field(description="Address of the next page; null on the last.")


class EntryResult(Answered):
    """One entry."""

    id: str
    section: str
    question: str
    body: str = Field(description="Markdown.")
    short: str
    aliases: list[str] = Field(description="Other ways people ask.")
    errors: list[str] = Field(description="Error texts; “…” stands for what varies.")
    asked: list[str] = Field(description="Questions that people asked and it answers.")
    keywords: list[str]
    kind: Kind
    status: Status
    applies_to: str
    reviewed: str
    review_by: str
    related: list[str] = Field(description="Ids of entries.")
    guides: list[str] = Field(description="Ids of guides, best first.")
    sources: list[str]
    tags: list[str]
    url: str = Field(description="Its page.")


class TargetResult(Answered):
    """Where an outcome leads; `id` is empty for solved and report."""

    kind: TargetKind
    id: str


class OutcomeResult(Answered):
    """What one may see after a step."""

    good: bool
    text: str = Field(description="Markdown, on one line.")
    target: TargetResult


class StepResult(Answered):
    """One step of a guide."""

    id: str
    title: str
    body: str = Field(description="Markdown, without the outcomes.")
    outcomes: list[OutcomeResult]
    url: str = Field(description="Its page.")


class GuideResult(Answered):
    """One guide with its steps."""

    id: str
    question: str
    steps: list[StepResult]
    intro: str = Field(description="Markdown.")
    short: str
    aliases: list[str]
    errors: list[str]
    entries: list[str] = Field(description="Ids of entries, most fitting first.")
    reviewed: str
    review_by: str
    sources: list[str]
    url: str = Field(description="Its page.")


class FeedbackResult(Answered):
    """What is noted now."""

    target: str = Field(description="The entry, or guide and step.")
    verdict: VerdictWord | None = Field(description="null after undo.")
    conversation: Talk
    report_url: str = Field(description="Where a problem report is written, with what was tried filled in.")


class SentReport(Answered):
    """A report that was sent. Whoever knows its address can read it."""

    reference: str = Field(description="Its number, such as R-7K3M-92QX.")
    sent_at: str = Field(description="ISO 8601, UTC.")
    url: str = Field(description="Its private page.")


class ReportResult(Answered):
    """What became of a report."""

    report: SentReport | None = Field(description="null when it was only checked.")
    text: str = Field(description="The report as Markdown, without secrets.")
    similar: list[Brief] = Field(description="Entries that may answer it, best first.")


class FieldError(Answered):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(Answered):
    """Problem details as in RFC 9457."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    errors: list[FieldError] | None = Field(
        None, description="What is wrong with each field, where that is the matter."
    )

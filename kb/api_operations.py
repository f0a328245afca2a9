"""What the JSON API can do, operation by operation: from this table come the OpenAPI document and the page at /api."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.api_models import (
    Answered,
    AskRequest,
    AskResult,
    Body,
    EntriesQuery,
    EntryPage,
    EntryResult,
    FeedbackRequest,
    FeedbackResult,
    GuideResult,
    Query,
    ReportRequest,
    ReportResult,
    SearchQuery,
    SearchResult,
)

LimitName = Literal["", "ask", "read", "report"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API does."""

    name: str
    method: Literal["get", "post"]
    path: str  # below the API's address
    title: str
    text: str  # what else there is to know, in sentences
    result: type[Answered] | None  # None: a document of its own kind
    query: type[Query] | None = None
    body: type[Body] | None = None
    statuses: tuple[int, ...] = (200,)  # of answers that hold the result
    problems: tuple[int, ...] = ()  # beyond those that every operation has
    limit: LimitName = ""
    has_tag: bool = False  # answers carry an ETag, and 304 says that nothing changed


OPERATIONS = (
    Operation(
        "search", "get", "/search", "Search",
        "Ranked hits for a question or an error line, as `python -m kb search --json` gives them. Nothing is stored.",
        SearchResult, query=SearchQuery, limit="read",
    ),
    Operation(
        "ask", "post", "/ask", "Ask a question",
        "The answer as the portal gives it, with the passage, why it was chosen, and guides. It becomes a turn of a "
        "conversation: a later question that names the conversation is understood in the light of the earlier ones. "
        "Secrets such as passwords are replaced by notes before anything is searched or stored.",
        AskResult, body=AskRequest, problems=(404, 410), limit="ask",
    ),
    Operation(
        "list_entries", "get", "/entries", "List the entries",
        "All entries in reading order, in short, a page at a time. The next page is in `next`, and in the header Link.",
        EntryPage, query=EntriesQuery, problems=(404,), limit="read", has_tag=True,
    ),
    Operation(
        "read_entry", "get", "/entries/{entry_id}", "Read an entry",
        "One entry with its Markdown.",
        EntryResult, problems=(404,), limit="read", has_tag=True,
    ),
    Operation(
        "read_guide", "get", "/guides/{guide_id}", "Read a guide",
        "One troubleshooting guide with its steps, and where each outcome leads.",
        GuideResult, problems=(404,), limit="read", has_tag=True,
    ),
    Operation(
        "give_feedback", "post", "/feedback", "Say whether it helped",
        "A verdict on an entry, or on a step of a guide. It belongs to a conversation, and is part of what was tried "
        "when a report is written. A second verdict on the same takes the place of the first.",
        FeedbackResult, body=FeedbackRequest, problems=(404, 410), limit="ask",
    ),
    Operation(
        "send_report", "post", "/reports", "Send a problem report",
        "A report is checked as the form of the portal does it: private keys are refused by name, other secrets replaced "
        "by notes. With `check_only` nothing is sent; show people the text and the similar entries first. With the header "
        "`Idempotency-Key` the same report sent again is one report. 201: it was sent. 200: it was only checked, or "
        "had been sent before.",
        ReportResult, body=ReportRequest, statuses=(200, 201), problems=(404, 410), limit="report",
    ),
    Operation(
        "read_openapi", "get", "/openapi.json", "Read this description",
        "The API as an OpenAPI 3.1 document, with the fields of the report form and the sections of this portal.",
        None, has_tag=True,
    ),
)  # fmt: skip

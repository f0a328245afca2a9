"""Asking without opening the portal first: what browsers read about the search, and what people do to add it."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

from kb.pages import Frame, _page

PLACEHOLDER = "%s"  # what browsers replace by what is typed
_TAGS_LIMIT = 256  # characters, all of them; OpenSearch 1.1 sets it
_TAG = re.compile(r"</?\w[^>]*>")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ask_address(start: str, question: str = "") -> str:
    """The address that asks `question`, or the one with a placeholder in its place. start: address of the site."""
    return f"{start.rstrip('/')}/ask?q={quote_plus(question) if question else PLACEHOLDER}"


def opensearch(frame: Frame, start: str) -> str:
    """How programs can ask, as an OpenSearch 1.1 description. start: address of the site."""
    site = frame.content.site
    return _page(
        "opensearch.xml",
        frame,
        start=start.rstrip("/"),
        title=_plain(site.title),
        description=_plain(site.tagline or site.title),
        tags=_tags(frame),
        example=_plain(_example(frame)),
    )


def _plain(text: str) -> str:
    """`text` without what OpenSearch and XML forbid in it."""
    return _TAG.sub("", _NOT_XML.sub("", text)).strip()


def browser_search_page(frame: Frame, start: str) -> str:
    """What to do in each browser to ask from its address bar. start: address of the site."""
    example = _example(frame)
    return _page(
        "browser_search.html",
        frame,
        address=ask_address(start),
        start=start.rstrip("/"),
        host=re.sub(r"^\w+://", "", start).rstrip("/"),
        example=example,
        example_address=ask_address(start, example) if example else "",
    )


def _example(frame: Frame) -> str:
    """A question that finds something; empty where there is nothing to find."""
    questions = (*frame.content.site.examples, *(entry.question for entry in frame.content.entries[:1]))
    return next(iter(questions), "")


def _tags(frame: Frame) -> str:
    """The words of the title and the sections, as many as there is room for."""
    texts = (frame.content.site.title, *(section.title for section, _ in frame.filled_sections))
    kept: list[str] = []
    for word in dict.fromkeys(re.findall(r"\w+", " ".join(texts).casefold())):
        if len(" ".join((*kept, word))) <= _TAGS_LIMIT:
            kept.append(word)
    return " ".join(kept)

"""What only an offline copy has: the page that answers, the feed of changed entries, and data for search engines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from markupsafe import Markup

from kb import markdown
from kb.entry import Content, Entry
from kb.offline_cards import card_templates
from kb.offline_links import OfflineLinks
from kb.pages import Box, Frame, _page

_FEED_ENTRIES = 50
_SUMMARY_BLOCKS = 3  # paragraphs that stand for an answer without a short one


def ask_page(frame: Frame, links: OfflineLinks) -> str:
    """The page that answers; its script fills in the cards, which come along as templates. links: those of the frame."""
    box = Box(frame.content.site.box_label)
    return _page("offline_ask.html", frame, box=box, cards=card_templates(frame, links))


def copy_date(content: Content) -> str:
    """The ISO date of the newest review in `content`; empty when nothing has one.

    A copy is known by it, and not by the day it was made, so that the same content gives the same copy.
    """
    items = (*content.entries, *content.guides, *((content.report,) if content.report else ()))
    return max((item.reviewed for item in items), default="")


def structured_data(entries: Iterable[Entry]) -> Markup:
    """Questions with their answers as schema.org's FAQPage, fit to stand in a script element."""
    questions = [
        {
            "@type": "Question",
            "name": entry.question,
            "acceptedAnswer": {"@type": "Answer", "text": summary(entry)},
        }
        for entry in entries
    ]
    data = {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": questions}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def summary(entry: Entry) -> str:
    """The answer in a few sentences: its short form, or else its first paragraphs."""
    if entry.short:
        return entry.short
    texts = [block.text for block in markdown.plain_blocks(entry.body) if block.kind == "text"]
    return " ".join(texts[:_SUMMARY_BLOCKS]) or entry.question


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An entry as the feed has it."""

    id: str
    entry: Entry
    updated: str
    summary: str


def feed(frame: Frame, copy_day: str) -> str:
    """The entries that were reviewed last, newest first, as an Atom feed. copy_day: ISO date of the copy."""
    entries = sorted(frame.content.entries, key=lambda entry: entry.id)
    newest = sorted((entry for entry in entries if entry.reviewed), key=lambda entry: entry.reviewed, reverse=True)
    items = [
        FeedItem(_lasting_id(frame, entry.id).urn, entry, _midnight(entry.reviewed), summary(entry))
        for entry in newest[:_FEED_ENTRIES]
    ]
    updated = _midnight(max([copy_day, *(entry.reviewed for entry in newest[:1])]))
    return _page("feed.xml", frame, feed_id=_lasting_id(frame).urn, updated=updated, items=items)


def _lasting_id(frame: Frame, entry_id: str = "") -> UUID:
    """An id that stays the same wherever the copy is put."""
    return uuid5(NAMESPACE_URL, f"{frame.content.site.title}/{entry_id}")


def _midnight(day: str) -> str:
    return f"{day}T00:00:00Z"

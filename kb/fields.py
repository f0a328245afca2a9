"""Entries and guides as the index sees them: each a set of named fields holding texts.

Which part of an entry counts as which field is said here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kb.entry import Content, Entry, Guide, Section
from kb.markdown import Block, plain_blocks

# Every field that is searched, in one order for all that is stored by field.
FIELDS = ("question", "aliases", "asked", "errors", "keywords", "short", "headings", "body", "commands", "section")
# Fields whose texts are each one way to ask for the entry: a question is also compared with each of them as a whole.
WORDING_FIELDS = ("question", "aliases", "asked", "errors")
MOST_ASKED_WORDINGS = (
    10  # of an entry's asked questions; the rest count by their words alone, which keeps the table small
)


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """One entry or guide, ready to be analysed."""

    id: str
    kind: str  # "entry" or "guide"
    title: str
    section: str  # section id
    fields: Mapping[str, tuple[str, ...]]  # field name to its texts
    blocks: tuple[Block, ...]  # the plain text, for quoting

    def texts(self) -> Iterator[str]:
        return (text for texts in self.fields.values() for text in texts)

    def written_texts(self) -> Iterator[str]:
        """The texts of its writers, without the questions of others that it answered: what a quoted phrase is looked for in."""
        return (text for name, texts in self.fields.items() if name != "asked" for text in texts)


def index_documents(content: Content) -> Iterator[IndexDocument]:
    """The documents of `content`: its entries in order, then its guides."""
    return documents_of((*content.entries, *content.guides), content)


def documents_of(items: Iterable[Entry | Guide], content: Content) -> Iterator[IndexDocument]:
    """The documents of some entries and guides of `content`."""
    sections = {section.id: section for section in content.sections}
    ordinary = {*content.site.historic_headings, "Today"}
    for item in items:
        if isinstance(item, Guide):
            yield _guide_document(item)
        else:
            yield _entry_document(item, sections.get(item.section), ordinary)


def _entry_document(entry: Entry, section: Section | None, ordinary_headings: Collection[str]) -> IndexDocument:
    blocks = tuple(plain_blocks(entry.body))
    fields = {
        "question": (entry.question,),
        "aliases": entry.aliases,
        "asked": entry.asked,
        "errors": entry.errors,
        "keywords": (*entry.keywords, *entry.tags),
        "short": (entry.short,) if entry.short else (),
        "headings": tuple(_of_kind(blocks, "heading", ordinary_headings)),
        "body": tuple(_of_kind(blocks, "text")),
        "commands": tuple(_of_kind(blocks, "code")),
        "section": ((section.title if section else ""), entry.section.replace(".", " ")),
    }
    return IndexDocument(entry.id, "entry", entry.question, entry.section, fields, blocks)


def _guide_document(guide: Guide) -> IndexDocument:
    blocks = tuple(
        block for text in (guide.intro, *(step.body for step in guide.steps)) for block in plain_blocks(text)
    )
    fields: dict[str, tuple[str, ...]] = {
        "question": (guide.question,),
        "aliases": guide.aliases,
        "errors": guide.errors,
        "short": (guide.short,) if guide.short else (),
        "headings": tuple(step.title for step in guide.steps),
        "body": tuple(_of_kind(blocks, "text")),
        "commands": tuple(_of_kind(blocks, "code")),
    }
    return IndexDocument(guide.id, "guide", guide.question, guide.section, fields, blocks)


def _of_kind(blocks: Iterable[Block], kind: str, left_out: Collection[str] = ()) -> Iterator[str]:
    return (block.text for block in blocks if block.kind == kind and block.text not in left_out)

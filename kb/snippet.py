"""The best passage of an entry for some terms: the paragraph verbatim, with the sentence that answers marked.

A snippet is text and ranges; whoever shows it makes HTML of it. Passages and the terms of their sentences are worked out
when the index is built; choosing among them is adding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.analysis import words
from kb.entry import Entry, Guide
from kb.markdown import Block

MOST_WORDS = 60  # of a passage; a longer paragraph is cut to whole sentences around the marked one
MOST_COMMANDS = 3
HISTORIC_FACTOR = 0.75  # history is quoted only when it says clearly more than today's advice
COMMAND_FACTOR = 1.05  # a passage with a command to copy is worth a little more
NEIGHBOUR_FACTOR = 0.3  # what the rest of the paragraph counts beside the sentence
LONG_SENTENCE_WORDS = 40  # beyond this a sentence must hold more to be chosen

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|resp|cf|no|ca|inc|ltd|fig|sec|st)|(?-i:\b[A-Z])|\.\.)\.$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[^\sa-z])|[。！？]")


@dataclass(frozen=True, slots=True)
class Command:
    """A block of code that belongs to a passage."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list item or table row of an entry."""

    text: str
    sentences: tuple[tuple[int, int], ...]  # character ranges of `text`
    code_spans: tuple[tuple[int, int], ...]  # character ranges that are inline code
    anchor: str  # id of its element on the entry's page
    heading: str
    historic: bool
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    """The most relevant passage of an entry, verbatim."""

    text: str
    mark: tuple[int, int]  # character range of the marked sentence
    code_spans: tuple[tuple[int, int], ...]
    anchor: str
    heading: str
    historic: bool  # stands under a historic heading: to be shown as history
    commands: tuple[Command, ...]


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences of `text`, without the space between them."""
    ranges: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : match.end()]):
            continue
        ranges.append((start, match.end()))
        start = match.end()
        while start < len(text) and text[start].isspace():
            start += 1
    if text[start:].strip():
        ranges.append((start, len(text.rstrip())))
    return ranges


def heading_shown(item: Entry | Guide | None, heading: str) -> str:
    """A passage's heading when it is worth naming; none for a main part, such as "Today", which every entry has."""
    is_main = isinstance(item, Entry) and re.search(rf"^##?\s+{re.escape(heading)}\s*$", item.body, re.MULTILINE)
    return "" if is_main else heading


def make_passages(blocks: Sequence[Block], historic_headings: Collection[str]) -> list[Passage]:
    """The passages of an entry's blocks, in order. Commands go with the paragraph above them."""
    passages: list[Passage] = []
    for place, block in enumerate(blocks):
        if block.kind != "text" or not block.text.strip():
            continue
        commands: list[Command] = []
        for later in blocks[place + 1 :]:
            if later.kind != "code" or len(commands) == MOST_COMMANDS:
                break
            commands.append(Command(later.language, later.text))
        sentences = tuple(split_sentences(block.text))
        historic = block.top_heading in historic_headings
        passages.append(
            Passage(
                block.text, sentences, block.code_spans, f"p-{block.number}", block.heading, historic, tuple(commands)
            )
        )
    return passages


def sentence_terms(passage: Passage) -> list[set[str]]:
    """The terms of each sentence of `passage`."""
    return [
        {term for word in words(passage.text[start:end]) for term in word.terms} for start, end in passage.sentences
    ]


@dataclass(frozen=True, slots=True)
class PassageIndex:
    """Where terms stand in the passages of one entry. The passages themselves are not needed to choose one."""

    terms: Sequence[int]  # numbers of the terms of all sentences, one sentence after the other
    ends: Sequence[int]  # of each sentence, the place in `terms` after its last
    first: Sequence[int]  # of each passage, the number of its first sentence; ascending
    factors: Sequence[float]  # of each passage, what it is worth beside others


def factor_of(passage: Passage) -> float:
    """What a passage is worth beside others that say the same."""
    return (COMMAND_FACTOR if passage.commands else 1.0) * (HISTORIC_FACTOR if passage.historic else 1.0)


def choose(index: PassageIndex, weights: Mapping[int, float]) -> tuple[int, int] | None:
    """Place of the passage, and of the sentence in it, that hold most of `weights`; None when there is no passage.

    weights: term number to what it counts. Among equals the earlier one wins.
    """
    values: dict[int, float] = {}  # of sentences that hold anything, in order
    totals: dict[int, float] = {}  # of the passages they stand in
    passage_of: dict[int, int] = {}
    for place in [place for place, term in enumerate(index.terms) if term in weights]:
        sentence, weight = bisect_right(index.ends, place), weights[index.terms[place]]
        if sentence not in values:
            values[sentence], passage_of[sentence] = 0.0, bisect_right(index.first, sentence) - 1
        values[sentence] += weight
        totals[passage_of[sentence]] = totals.get(passage_of[sentence], 0.0) + weight
    best, best_score = None, 0.0
    for sentence, value in values.items():
        passage = passage_of[sentence]
        size = index.ends[sentence] - (index.ends[sentence - 1] if sentence else 0)
        score = value / max(1.0, size / LONG_SENTENCE_WORDS) + NEIGHBOUR_FACTOR * min(totals[passage] - value, value)
        score *= index.factors[passage]
        if score > best_score * 1.0001:
            best, best_score = (passage, sentence - index.first[passage]), score
    return best or ((0, 0) if index.factors else None)


def make_snippet(passage: Passage, sentence: int) -> Snippet:
    """`passage` with the numbered sentence marked, cut to whole sentences when it is long."""
    first = last = sentence
    n_words = _count(passage, sentence)
    while True:  # take in neighbours while they fit, the one after first: it explains
        if last + 1 < len(passage.sentences) and n_words + _count(passage, last + 1) <= MOST_WORDS:
            last += 1
            n_words += _count(passage, last)
        elif first > 0 and n_words + _count(passage, first - 1) <= MOST_WORDS:
            first -= 1
            n_words += _count(passage, first)
        else:
            break
    start, end = passage.sentences[first][0], passage.sentences[last][1]
    mark_start, mark_end = passage.sentences[sentence]
    spans = tuple(
        (max(low, start) - start, min(high, end) - start)
        for low, high in passage.code_spans
        if low < end and high > start
    )
    return Snippet(
        passage.text[start:end], (mark_start - start, mark_end - start), spans, passage.anchor, passage.heading,
        passage.historic, passage.commands,
    )  # fmt: skip


def _count(passage: Passage, sentence: int) -> int:
    start, end = passage.sentences[sentence]
    return len(passage.text[start:end].split())


def passage_to_list(passage: Passage) -> list[Any]:
    """`passage` as JSON can hold it."""
    commands = [[command.language, command.text] for command in passage.commands]
    return [
        passage.text,
        passage.sentences,
        passage.code_spans,
        passage.anchor,
        passage.heading,
        passage.historic,
        commands,
    ]


def passage_from_list(value: Iterable[Any]) -> Passage:
    """The passage that `passage_to_list` took apart."""
    text, sentences, spans, anchor, heading, historic, commands = value
    return Passage(
        text, tuple((a, b) for a, b in sentences), tuple((a, b) for a, b in spans), anchor, heading, historic,
        tuple(Command(*command) for command in commands),
    )  # fmt: skip

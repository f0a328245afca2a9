"""Suggestions while somebody types: entries whose wording holds the words typed so far, the last one perhaps unfinished.

What is looked up is a sorted list of words, made once for each state of the content. Whole words that no wording holds
that way go to the ranking, which knows synonyms and corrections.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.analysis import fold, is_stop_word
from kb.answer import Answer
from kb.entry import Content

MOST = 5
LEAST_CHARACTERS = 2
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry or guide that may be meant."""

    id: str
    kind: str  # "entry" or "guide"
    title: str


class _Places:
    """Where words stand: for each word, in sorted order, the numbers of what holds it."""

    def __init__(self, holders: Mapping[str, Iterable[int]], size: int) -> None:
        self.words = sorted(holders)
        self.size = size
        numbers = [np.fromiter(holders[word], np.int32) for word in self.words]
        self.starts = np.concatenate(([0], np.cumsum([len(item) for item in numbers], dtype=np.int64)))
        self.numbers = np.concatenate(numbers) if numbers else np.zeros(0, np.int32)

    def pairs(self) -> Iterator[tuple[str, list[int]]]:
        """Every word with the numbers of what holds it, in order."""
        for place, word in enumerate(self.words):
            yield word, self.numbers[self.starts[place] : self.starts[place + 1]].tolist()

    def starting_with(self, start: str) -> NDArray[np.bool_]:
        """For each number, whether it holds a word that starts so. Such words stand side by side."""
        first = bisect_left(self.words, start)
        last = bisect_left(self.words, start + "\U0010ffff", first)
        found = np.zeros(self.size, np.bool_)
        found[self.numbers[self.starts[first] : self.starts[last]]] = True
        return found

    def holding_all(self, starts: Iterable[str]) -> NDArray[np.bool_]:
        """For each number, whether it holds a word for each of these beginnings."""
        found = np.ones(self.size, np.bool_)
        for start in starts:
            found &= self.starting_with(start)
        return found


class WordList:
    """The words of all wordings, sorted, with the entries and guides that hold them."""

    def __init__(self, items: Sequence[Suggestion], wordings: Sequence[Sequence[str]]) -> None:
        """items: in reading order, guides last. wordings: of each item, all ways it is put besides its title."""
        self.items = items
        self.number = {(item.kind, item.id): place for place, item in enumerate(items)}
        self._titles = _places([(item.title,) for item in items])
        self._wordings = _places([(item.title, *others) for item, others in zip(items, wordings, strict=True)])

    def pairs(self) -> Iterator[tuple[str, list[int]]]:
        """Every word of a wording with the numbers of the items that hold it, both in order."""
        return self._wordings.pairs()

    def matching(self, text: str) -> Matching:
        """What holds every word of `text` or a word that starts with it; words that carry no topic count when last."""
        typed = _WORD.findall(fold(text))
        needed = [word for word in typed[:-1] if not is_stop_word((word,))] + typed[-1:]
        if not needed:
            nothing = np.zeros(len(self.items), np.bool_)
            return Matching(nothing, nothing)
        return Matching(self._titles.holding_all(needed), self._wordings.holding_all(needed))


@dataclass(frozen=True, slots=True)
class Matching:
    """For the number of each item of a list, whether its title holds the words, and whether any wording does."""

    in_title: NDArray[np.bool_]
    in_any: NDArray[np.bool_]

    def first(self, most: int) -> list[int]:
        """The numbers of the first matches, those in titles before the others."""
        others = self.in_any & ~self.in_title
        return [int(number) for found in (self.in_title, others) for number in np.flatnonzero(found)[:most]][:most]


def _places(texts: Iterable[Iterable[str]]) -> _Places:
    holders: dict[str, list[int]] = {}
    size = 0
    for place, wordings in enumerate(texts):
        size = place + 1
        for word in {word for text in wordings for word in _WORD.findall(fold(text))}:
            holders.setdefault(word, []).append(place)
    return _Places(holders, size)


def make_word_list(content: Content) -> WordList:
    """The words of every question, alias and error text."""
    items = [Suggestion(item.id, "entry", item.question) for item in content.entries]
    items += [Suggestion(item.id, "guide", item.question) for item in content.guides]
    others = [entry.aliases + entry.errors for entry in content.entries]
    others += [guide.aliases + guide.errors for guide in content.guides]
    return WordList(items, others)


def suggest(words: WordList, text: str, answer: Answer | None, most: int = MOST) -> tuple[Suggestion, ...]:
    """At most `most` suggestions for an unfinished question; `answer`: to the text as if it were finished, if it is known."""
    if len(text.strip()) < LEAST_CHARACTERS:
        return ()
    matching = words.matching(text)
    hits = answer.hits if answer and answer.level != "none" else ()
    ranked = [words.number[hit.kind, hit.id] for hit in hits if (hit.kind, hit.id) in words.number]
    first = [number for number in ranked if matching.in_any[number]]
    return tuple(words.items[number] for number in dict.fromkeys([*first, *matching.first(most), *ranked]))[:most]

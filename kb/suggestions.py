"""Suggestions while somebody types: entries whose wording holds the words typed so far, the last one perhaps unfinished.

What is looked up is a sorted list of words, made once for each state of the content. Whole words that no wording holds
that way go to the ranking, which knows synonyms and corrections.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from kb.analysis import fold, is_stop_word
from kb.answer import Answer
from kb.entry import Content
from kb.retrieval import Hit

MOST = 5
LEAST_CHARACTERS = 2
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry or guide that may be meant."""

    id: str
    kind: str  # "entry" or "guide"
    title: str


@dataclass(frozen=True)
class WordList:
    """The words of all wordings, sorted, with the entries and guides that hold them."""

    words: list[str] = field(default_factory=list)
    holders: list[tuple[int, ...]] = field(default_factory=list)
    items: list[Suggestion] = field(default_factory=list)  # in reading order, guides last

    def starting_with(self, start: str) -> set[int]:
        """Places in `items` of those that hold a word which starts so."""
        found: set[int] = set()
        place = bisect_left(self.words, start)
        while place < len(self.words) and self.words[place].startswith(start):
            found.update(self.holders[place])
            place += 1
        return found

    def matching(self, text: str) -> list[Suggestion]:
        """What holds every word of `text` or a word that starts with it; words that carry no topic count when last."""
        typed = _WORD.findall(fold(text))
        needed = [word for word in typed[:-1] if not is_stop_word((word,))] + typed[-1:]
        if not needed:
            return []
        places = set.intersection(*(self.starting_with(word) for word in needed))
        return [
            self.items[place]
            for place in sorted(places, key=lambda place: (not self._is_in_title(place, needed), place))
        ]

    def _is_in_title(self, place: int, needed: list[str]) -> bool:
        title = _WORD.findall(fold(self.items[place].title))
        return all(any(word.startswith(start) for word in title) for start in needed)


def make_word_list(content: Content) -> WordList:
    """The words of every question, alias and error text."""
    items: list[Suggestion] = []
    holders: dict[str, set[int]] = {}
    wordings = [(Suggestion(item.id, "entry", item.question), item.aliases + item.errors) for item in content.entries]
    wordings += [(Suggestion(item.id, "guide", item.question), item.aliases + item.errors) for item in content.guides]
    for place, (item, others) in enumerate(wordings):
        items.append(item)
        for text in (item.title, *others):
            for word in _WORD.findall(fold(text)):
                holders.setdefault(word, set()).add(place)
    words = sorted(holders)
    # tuples: the garbage collector has to go through sets, and there are many
    return WordList(words, [tuple(holders[word]) for word in words], items)


def suggest(words: WordList, text: str, answer: Answer | None, most: int = MOST) -> tuple[Suggestion, ...]:
    """At most `most` suggestions for an unfinished question; `answer`: to the text as if it were finished, if it is known."""
    if len(text.strip()) < LEAST_CHARACTERS:
        return ()
    matching = words.matching(text)
    ranked = [_of_hit(hit) for hit in answer.hits] if answer and answer.level != "none" else []
    first = [item for item in ranked if item in matching]
    return tuple(dict.fromkeys([*first, *matching, *ranked]))[:most]


def _of_hit(hit: Hit) -> Suggestion:
    return Suggestion(hit.id, hit.kind, hit.title)

"""Words nobody wrote, and what was probably meant: misspellings, words run together, words torn apart.

Only words that the index does not know are looked at, never short ones, numbers or known identifiers. The browser applies
the same rule to the same list of words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kb.analysis import stem

SHORTEST = 4  # letters; below this every word is one slip away from many others
SHORTEST_FOR_OTHER = (
    5  # letters from which a wrong or superfluous letter is corrected; below, only one left out or two swapped
)
SHORTEST_FOR_TWO = 8  # letters from which two slips are allowed
SHORTEST_HALF = 3  # letters of each half of a word that was run together
MOST_REMEMBERED = 10_000
FREQUENT = 5  # occurrences from which a word is taken for a half
ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "or", "ly", "n", "en", "ion", "ions")
DOUBTFUL = 10  # how many times likelier the suggestion must be where only the stem of a word is known


# Ordinary English words, which are meant as they are even where a collection lacks them.
COMMON_WORDS = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="ascii").split())


class Corrector:
    """Suggests known words for unknown ones."""

    def __init__(self, frequencies: Mapping[str, int], identifiers: Iterable[str]) -> None:
        """frequencies: the words of the collection, folded, with how often they stand there. identifiers: whole names."""
        self.frequencies = dict(frequencies)
        for name in identifiers:
            self.frequencies.setdefault(name, 1)
        self._alike: dict[tuple[int, str], list[str]] = defaultdict(list)  # by length and first letter
        for word in self.frequencies:
            if len(word) >= SHORTEST - 1:
                self._alike[len(word), word[0]].append(word)
        self._remembered: dict[str, str] = {}
        self._remembered_doubtful: dict[str, str] = {}

    @cached_property
    def _by_stem(self) -> dict[str, int]:
        """Occurrences of all words with a stem."""
        found: dict[str, int] = defaultdict(int)
        for word, count in self.frequencies.items():
            found[stem(word)] += count
        return found

    def knows(self, word: str) -> bool:
        """Whether the folded `word` stands in the collection as it is."""
        return word in self.frequencies

    def suggest(self, word: str) -> str:
        """What was probably meant by the folded `word`: a known word, two of them with a space, or nothing ("")."""
        meant = self._remembered.get(word)
        if meant is None:
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.clear()
            meant = "" if _is_common(word) else self._nearest(word, 1) or self._split(word) or self._nearest(word, 2)
            self._remembered[word] = meant
        return meant

    def suggest_for_doubtful(self, word: str) -> str:
        """The same for a word that is unknown itself while its stem is known, such as "sever" beside "several".

        Only a word one slip away counts, that is `DOUBTFUL` times as frequent as all words of that stem.
        """
        if self.knows(word):
            return ""
        meant = self._remembered_doubtful.get(word)
        if meant is None:
            if len(self._remembered_doubtful) > MOST_REMEMBERED:
                self._remembered_doubtful.clear()
            meant = self._remembered_doubtful[word] = self._likelier(word)
        return meant

    def _likelier(self, word: str) -> str:
        if self._is_inflected(word) or _is_common(word):
            return ""
        meant = self._nearest(word, 1)
        return meant if meant and self.frequencies[meant] >= DOUBTFUL * self._by_stem.get(stem(word), 0) else ""

    def _is_inflected(self, word: str) -> bool:
        """Whether another form of `word` is known: one with an ending more, less or other."""
        forms = {base + ending for base in _bases(word) for ending in ("", "e", *ENDINGS)}
        return any(form in self.frequencies for form in forms)

    def _split(self, word: str) -> str:
        """Two frequent words that give `word` when run together: the pair whose rarer half is the most frequent."""
        best, best_count = "", FREQUENT - 1
        for cut in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1):
            first, second = word[:cut], word[cut:]
            count = min(self.frequencies.get(first, 0), self.frequencies.get(second, 0))
            if count > best_count:
                best, best_count = f"{first} {second}", count
        return best

    def _nearest(self, word: str, most: int) -> str:
        """The known word at most `most` slips away (a letter more, less, other, or two swapped); the nearest, then the likeliest."""
        if len(word) < (SHORTEST if most == 1 else SHORTEST_FOR_TWO) or word[0].isdigit():
            return ""
        best: tuple[int, bool, int, str] | None = None
        for length in range(len(word) - most, len(word) + most + 1):
            if len(word) < SHORTEST_FOR_OTHER and length < len(word):
                continue
            candidates = self._candidates(word, length)
            for known, slips, _ in process.extract(
                word, candidates, scorer=OSA.distance, score_cutoff=most, limit=None
            ):
                if len(word) < SHORTEST_FOR_OTHER and length == len(word) and sorted(known) != sorted(word):
                    continue
                # letters in the wrong order are the commonest slip
                rank = (int(slips), sorted(known) != sorted(word), -self.frequencies[known], known)
                if best is None or rank < best:
                    best = rank
        return best[3] if best else ""

    def _candidates(self, word: str, length: int) -> list[str]:
        """The known words of a length that may be meant: people rarely miss the first letter, but may swap it with the second."""
        same = self._alike.get((length, word[0]), [])
        if word[1] == word[0]:
            return same
        return [*same, *(known for known in self._alike.get((length, word[1]), ()) if known[1] == word[0])]


def _is_common(word: str) -> bool:
    """Whether `word` is a form of an ordinary English word."""
    return not COMMON_WORDS.isdisjoint(_bases(word))


def _bases(word: str) -> set[str]:
    """What `word` may be a form of: itself, and itself without an ending."""
    bases = {word, word.removesuffix("e")} | {word.removesuffix(ending) for ending in ENDINGS}
    return {base for base in bases if len(base) >= SHORTEST - 1}

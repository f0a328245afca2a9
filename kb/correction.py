"""Words nobody wrote, and what was probably meant: misspellings, words run together, words torn apart.

Only words that the index does not know are looked at, never short ones, numbers or known identifiers. The browser applies
the same rule to the same list of words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

SHORTEST = 4  # letters; below this every word is one slip away from many others
SHORTEST_FOR_TWO = 8  # letters from which two slips are allowed
SHORTEST_HALF = 3  # letters of each half of a word that was run together


class Corrector:
    """Suggests known words for unknown ones."""

    def __init__(self, frequencies: Mapping[str, int], identifiers: Iterable[str]) -> None:
        """frequencies: the words of the collection, folded, with how often they stand there. identifiers: whole names."""
        self._frequencies = dict(frequencies)
        for name in identifiers:
            self._frequencies.setdefault(name, 1)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in self._frequencies:
            if len(word) >= SHORTEST - 1:
                self._by_length[len(word)].append(word)
        self._remembered: dict[str, str] = {}

    def knows(self, word: str) -> bool:
        """Whether the folded `word` stands in the collection as it is."""
        return word in self._frequencies

    def suggest(self, word: str) -> str:
        """What was probably meant by the folded `word`: a known word, two of them with a space, or nothing ("")."""
        if word not in self._remembered:
            if len(self._remembered) > 10_000:
                self._remembered.clear()
            self._remembered[word] = self._split(word) or self._nearest(word)
        return self._remembered[word]

    def _split(self, word: str) -> str:
        """Two known words that give `word` when run together: the pair whose rarer half is the most frequent."""
        best, best_count = "", 1
        for cut in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1):
            first, second = word[:cut], word[cut:]
            count = min(self._frequencies.get(first, 0), self._frequencies.get(second, 0))
            if count > best_count:
                best, best_count = f"{first} {second}", count
        return best

    def _nearest(self, word: str) -> str:
        """The known word the fewest slips away (a letter more, less, other, or two swapped); among equals the likeliest."""
        if len(word) < SHORTEST or any(char.isdigit() for char in word[:1]):
            return ""
        most = 2 if len(word) >= SHORTEST_FOR_TWO else 1
        best: tuple[int, int, str] | None = None
        for length in range(len(word) - most, len(word) + most + 1):
            for known in self._by_length.get(length, ()):
                if known[0] != word[0] and known[:2] != word[1::-1]:
                    continue  # people rarely miss the first letter, but may swap it with the second
                slips = OSA.distance(word, known, score_cutoff=most)
                if slips <= most:
                    rank = (slips, -self._frequencies[known], known)
                    if best is None or rank < best:
                        best = rank
        return best[2] if best else ""

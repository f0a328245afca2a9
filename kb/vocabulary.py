"""Words that mean the same: the concepts of vocabulary.yml as terms.

Wherever a variant of a concept stands, in an entry or in a question, the concept's own term (`~` and its main term) stands
there too. So a question with one variant finds entries that use another, in both directions and for variants of several
words, by the same table as everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.analysis import primary_terms

MARK = "~"  # no word begins with it


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A variant of some concepts in a sequence of terms."""

    start: int  # place of its first term
    end: int  # place after its last
    concepts: tuple[str, ...]  # concept terms


class Vocabulary:
    """The concepts of one knowledge base, ready to be found in sequences of terms."""

    def __init__(self, concepts: Iterable[Sequence[str]]) -> None:
        self._variants: dict[tuple[str, ...], tuple[str, ...]] = {}
        for concept in concepts:
            term = MARK + concept[0]
            for variant in concept:
                key = primary_terms(variant)
                if key and term not in self._variants.get(key, ()):
                    self._variants[key] = (*self._variants.get(key, ()), term)
        self._longest = max((len(key) for key in self._variants), default=0)
        self._starts = {key[0] for key in self._variants}

    def __len__(self) -> int:
        return len(self._variants)

    def find(self, terms: Sequence[str]) -> list[Occurrence]:
        """The occurrences of variants in `terms`, from left to right, the longest at each place.

        terms: the first term of every word, those without a topic among them ("own CA" is not any CA).
        """
        found: list[Occurrence] = []
        if not self._starts:
            return found
        for start, term in enumerate(terms):
            if term not in self._starts:
                continue
            for length in range(min(self._longest, len(terms) - start), 0, -1):
                concepts = self._variants.get(tuple(terms[start : start + length]))
                if concepts:
                    found.append(Occurrence(start, start + length, concepts))
                    break
        return found

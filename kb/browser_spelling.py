"""The words of the collection as text for the browser, from which misspelled words are corrected, and how often each stands.

Words are sorted; each is written as a capital letter that says how many of its characters it shares with the one before, its
further characters, and its occurrences where it has more than one: `Asign20Eed3` is sign, 20 times, and signed, 3 times. They
are letters without capitals, so nothing else is needed to tell the parts apart. `static/engine/spelling.js` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

MOST_SHARED = 25  # characters: Z


def pack_spelling(frequencies: Mapping[str, int]) -> str:
    """The words with their occurrences."""
    found = []
    before = ""
    for word in sorted(frequencies):
        pairs = zip(before[:MOST_SHARED], word, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        times = frequencies[word]
        found.append(f"{chr(ord('A') + shared)}{word[shared:]}{times if times > 1 else ''}")
        before = word
    return "".join(found)

"""The words of the collection as text for the browser, from which misspelled words are corrected, and how often each stands.

Words are sorted; each is written as what it shares with the one before and its further letters, each guessed from the
three before it. `static/engine/spelling.js` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kb.range_coder import NUMBER_CONTEXTS, Encoder

FAMILIAR = 2  # times a row of letters must have been seen before the next is guessed from it
TABLE_BITS = 16  # of the number of contexts for letters after rows of three
_LETTERS = 32  # codes: 0 the end, 1 to 26, and others as numbers
_OTHER = 31
# where the contexts of each kind of decision start
_THREE = 0
_TWO = _THREE + (1 << TABLE_BITS)
_ONE = _TWO + _LETTERS**3
_SHARED = _ONE + _LETTERS**2
_UNIT = _SHARED + NUMBER_CONTEXTS
_FREQUENCY = _UNIT + NUMBER_CONTEXTS
_END = _FREQUENCY + NUMBER_CONTEXTS


def pack_spelling(frequencies: Mapping[str, int]) -> dict[str, Any]:
    """The words with their occurrences."""
    code = Encoder(_END)
    words = sorted(frequencies, key=lambda word: word.encode("utf-16-be"))  # as JavaScript sorts
    before: list[int] = []
    for word in words:
        units = memoryview(word.encode("utf-16-le")).cast("H").tolist()
        letters = [unit - 96 if 97 <= unit <= 122 else _OTHER for unit in units]
        shared = 0
        while shared < min(len(before), len(units)) and before[shared] == units[shared]:
            shared += 1
        code.number(_SHARED, shared)
        for place in range(shared, len(units) + 1):
            letter = letters[place] if place < len(units) else 0
            _write_letter(code, letters[max(0, place - 3) : place], letter)
            if letter == _OTHER:
                code.number(_UNIT, units[place])
        before = units
    for word in words:
        code.number(_FREQUENCY, frequencies[word])
    return {"words": len(words), "code": code.text()}


def _write_letter(code: Encoder, before: Sequence[int], letter: int) -> None:
    """Write a letter bit by bit, each with the chance it had after the longest row of letters that was seen often enough."""
    rows = [0]
    for back, one in enumerate(reversed(before)):
        rows.append(rows[-1] + ((one + 1) << (5 * back)))
    last, last_but_one = ([0, 0, *before][-1], [0, 0, *before][-2])
    node = 1
    for shift in range(4, -1, -1):
        bit = letter >> shift & 1
        contexts = (
            _THREE + _hashed(rows[-1] * 32 + node),
            _TWO + (last_but_one * 32 + last) * 32 + node,
            _ONE + last * 32 + node,
        )
        used = next((context for context in contexts[:2] if code.is_familiar(context, FAMILIAR)), contexts[2])
        code.write(code.chance(used), bit)
        for context in contexts:
            code.learn(context, bit)
        node = node * 2 + bit


def _hashed(value: int) -> int:
    return value * 0x9E3779B1 % (1 << 32) >> (32 - TABLE_BITS)

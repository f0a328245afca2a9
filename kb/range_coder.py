"""Arithmetic coding of yes-or-no decisions, each with the probability that its context has had so far.

Common decisions cost a fraction of a bit. Whole numbers only, so that `static/engine/decoder.js`, which reads what is
written here, comes to the same probabilities: after each decision a context's probability moves towards it, by a half at
first and by a sixtieth once it has been seen often. The coder is the carryless one of M. Mahoney's paper "Adaptive
Weighing of Context Models for Lossless Data Compression", 2005.
"""

from __future__ import annotations

import base64

ONE = 1 << 16  # a probability of 1
LEAST = 48  # the least probability of either outcome, in 65,536ths
MOST_SEEN = 60  # decisions of a context that are counted
RATE_BITS = 14
RATES = tuple(
    int((1 << RATE_BITS) / (seen + 1.6)) for seen in range(MOST_SEEN + 1)
)  # what a decision moves the probability by
NUMBER_BITS = 24
NUMBER_CONTEXTS = NUMBER_BITS * (NUMBER_BITS + 1)  # that a number takes up from its first one


class Encoder:
    """Takes decisions, gives text. Contexts are numbers from 0; their probabilities start at a half."""

    def __init__(self, n_contexts: int) -> None:
        self._chances = [ONE // 2] * n_contexts  # of yes, by context
        self._seen = [0] * n_contexts
        self._low, self._high = 0, 0xFFFFFFFF
        self._bytes = bytearray()

    def decide(self, context: int, is_yes: bool | int) -> None:
        """Write one decision, and learn from it."""
        chance = self._chances[context]
        self.write(chance, is_yes)
        seen = self._seen[context]
        self._chances[context] = chance + ((ONE - 1 - chance if is_yes else -chance) * RATES[seen] >> RATE_BITS)
        if seen < MOST_SEEN:
            self._seen[context] = seen + 1

    def write(self, chance: int, is_yes: bool | int) -> None:
        """Write a decision that is a yes with a probability of `chance` 65,536ths."""
        low, high = self._low, self._high
        if chance < LEAST:
            chance = LEAST
        elif chance > ONE - LEAST:
            chance = ONE - LEAST
        span = high - low
        middle = low + (span >> 16) * chance + ((span & 0xFFFF) * chance >> 16)
        if is_yes:
            high = middle
        else:
            low = middle + 1
        while not (low ^ high) & 0xFF000000:
            self._bytes.append(high >> 24)
            low = low << 8 & 0xFFFFFFFF
            high = high << 8 & 0xFFFFFFFF | 0xFF
        self._low, self._high = low, high

    def learn(self, context: int, is_yes: bool | int) -> None:
        """Move a context's probability towards a decision."""
        seen = self._seen[context]
        self._chances[context] += ((ONE - 1 if is_yes else 0) - self._chances[context]) * RATES[seen] >> RATE_BITS
        if seen < MOST_SEEN:
            self._seen[context] = seen + 1

    def is_familiar(self, context: int, least: int) -> bool:
        """Whether a context has had at least `least` decisions."""
        return self._seen[context] >= least

    def chance(self, context: int) -> int:
        return self._chances[context]

    def count(self, context: int, value: int, most: int) -> None:
        """Write a small number, at most `most`, which takes up contexts from `context` on."""
        for step in range(most):
            self.decide(context + step, value > step)
            if value == step:
                return

    def number(self, context: int, value: int) -> None:
        """Write any number from 0 on, which takes up `NUMBER_CONTEXTS` from `context` on."""
        value += 1
        length = value.bit_length() - 1
        for step in range(length):
            self.decide(context + step, True)
        self.decide(context + length, False)
        inside = context + NUMBER_BITS * (length + 1)
        for place in range(length - 1, -1, -1):
            self.decide(inside + place, value >> place & 1)

    def text(self) -> str:
        """All that was written, in base 64."""
        return base64.b64encode(self._bytes + self._low.to_bytes(4, "big")).decode("ascii")

"""Range coding of yes-or-no decisions, each with the probability that its context has had so far.

Common decisions cost a fraction of a bit. Whole numbers only, so that `static/engine/decoder.js`, which reads what is
written here, comes to the same probabilities: after each decision a context's probability moves towards it, by a half at
first and by a sixtieth once it has been seen often. What has not been told yet is a number in a range below 2 ** 30, which
browsers compute with fastest. The coder is that of G. N. N. Martin's paper "Range encoding: an algorithm for removing
redundancy from a digitised message", 1979.
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
RANGE = (1 << 30) - 1  # the range at the start, and the largest
LEAST_RANGE = 1 << 22  # below which the next eight bits are told
NUMBER_BITS = 24
NUMBER_CONTEXTS = NUMBER_BITS * (NUMBER_BITS + 1)  # that a number takes up from its first one
END = 0xA5  # stands behind all else: who does not find it there has read something damaged


class Encoder:
    """Takes decisions, gives text. Contexts are numbers from 0; their probabilities start at a half."""

    def __init__(self, n_contexts: int) -> None:
        self._chances = [ONE // 2] * n_contexts  # of yes, by context
        self._seen = [0] * n_contexts
        self._low, self._range = 0, RANGE
        self._bytes = bytearray()

    def decide(self, context: int, is_yes: bool | int) -> None:
        """Write one decision, and learn from it."""
        chance = self._chances[context]
        middle = (self._range >> 14) * min(max(chance, LEAST), ONE - LEAST) >> 2
        if is_yes:
            self._range = middle
        else:
            self._low += middle
            self._range -= middle
        self._tell()
        seen = self._seen[context]
        if is_yes:
            self._chances[context] += (ONE - 1 - chance) * RATES[seen] >> RATE_BITS
        else:
            self._chances[context] -= chance * RATES[seen] >> RATE_BITS
        if seen < MOST_SEEN:
            self._seen[context] = seen + 1

    def bits(self, value: int, n: int) -> None:
        """Write `n` bits, at most 16, that nothing is known of."""
        self._range >>= n
        self._low += value * self._range
        self._tell()

    def count(self, context: int, value: int, most: int) -> None:
        """Write a small number, at most `most`, which takes up contexts from `context` on."""
        for step in range(most):
            self.decide(context + step, value > step)
            if value == step:
                return

    def choice(self, context: int, value: int, n_bits: int) -> None:
        """Write one of 2 ** n_bits values, which takes up as many contexts from `context` on."""
        node = 1
        for place in range(n_bits - 1, -1, -1):
            bit = value >> place & 1
            self.decide(context + node, bit)
            node = node * 2 + bit

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
        """All that was written, and the sign that it is all, in base 64. Nothing can be written afterwards."""
        self.bits(END, 8)
        return base64.b64encode(self._bytes + self._low.to_bytes(4, "big")).decode("ascii")

    def _tell(self) -> None:
        """Write the bits that are certain now."""
        if self._low >> 32:
            self._low &= 0xFFFFFFFF
            place = len(self._bytes) - 1
            while self._bytes[place] == 0xFF:
                self._bytes[place] = 0
                place -= 1
            self._bytes[place] += 1
        while self._range < LEAST_RANGE:
            self._bytes.append(self._low >> 24)
            self._low = self._low << 8 & 0xFFFFFFFF
            self._range <<= 8

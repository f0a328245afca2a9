"""Secrets in what people paste: found by name, so that they can be refused, or masked before anything is stored.

Private keys, tokens and everything that is told by the words around it have modules of their own; here they come together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from kb.private_keys import key_spans
from kb.secret_rules import SecretName, cookie_spans, rule_spans
from kb.token_shapes import token_spans

MOST_PASSES = 20  # of masking; ordinary texts need one, and one more to see that nothing is left
REMOVED: dict[SecretName, str] = {
    "private key": "[private key removed]",
    "password in a URL": "[password removed]",
    "password": "[password removed]",
    "token": "[token removed]",
    "session cookie": "[session cookie removed]",
    "session key": "[session key removed]",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands; never what it is."""

    name: SecretName
    line: int  # of its first character, from 1
    start: int
    end: int


def find_secrets(text: str) -> tuple[Secret, ...]:
    """The secrets of a text, in order; no two overlap."""
    found: list[tuple[int, int, SecretName]] = []
    for start, end, name in sorted(_candidates(text), key=lambda item: (item[0], -item[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end, name))
        elif end > found[-1][1] or name == "private key":  # overlapping ones go together
            kept = name if name == "private key" else found[-1][2]
            found[-1] = (found[-1][0], max(end, found[-1][1]), kept)
    line_ends = [match.start() for match in re.finditer("\n", text)] if found else []
    return tuple(Secret(name, bisect_right(line_ends, start - 1) + 1, start, end) for start, end, name in found)


def mask(text: str, but: SecretName | None = None) -> str:
    """The text with a note in place of each secret, such as "[password removed]"; but: secrets that stay."""
    # what hides behind one secret may show only when that one is gone
    for _ in range(MOST_PASSES):
        masked = _masked_once(text, but)
        if masked == text:
            break
        text = masked
    return text


def _masked_once(text: str, but: SecretName | None) -> str:
    parts, place = [], 0
    for secret in find_secrets(text):
        if secret.name == but:
            continue
        parts += [text[place : secret.start], REMOVED[secret.name]]
        place = secret.end
    return "".join([*parts, text[place:]])


def _candidates(text: str) -> Iterator[tuple[int, int, SecretName]]:
    """Everything that was found, in no order."""
    for start, end in key_spans(text):
        yield start, end, "private key"
    for start, end in token_spans(text):
        yield start, end, "token"
    for start, end in cookie_spans(text):
        yield start, end, "session cookie"
    yield from rule_spans(text)

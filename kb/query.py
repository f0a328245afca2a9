"""Typed or pasted text to a query: which words count how much, and what the text asks to leave out or to insist on.

Nothing typed is an error. Operators count only when they are used as such (a quoted phrase, `-word`, `field:word`, AND, OR
and NOT in capitals between words); whatever does not read as one is words. In a log or a long paste, time stamps, process
ids, addresses, hexadecimal numbers and long paths count little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.analysis import Word, is_stop_word, words
from kb.fields import FIELDS

NOISE_WEIGHT = 0.1  # of what differs from one log line to the next
MOST_WORDS_BESIDE_A_PHRASE = 2  # beyond that, quotation marks are a quotation
PATH_WEIGHT = 0.3  # of the folders of a long path

_NOISE = re.compile(
    r"""(?x)
    \b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?      # 2026-11-24T02:11:03
    | \b\d{1,2}/[A-Z][a-z]{2}/\d{4}(?::\d\d){0,3}(?:\s[+-]\d{4})?                    # 24/Nov/2026:02:11:03 +0100
    | \b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+)(?:\d{1,2}\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b(?:\s+\d{1,2})?
      (?:\s+\d\d:\d\d:\d\d(?:\.\d+)?)?(?:\s+\d{4})?                                  # Tue Nov 24 02:11:03 2026
    | \b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}\s+\d\d:\d\d:\d\d
    | \b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b                                         # 02:11:03
    | \b(?:pid|tid|PID)[\s=:]*\d+(?::tid\s+\d+)?
    | \[\d+\](?=:|\s|$)                                                               # [4711]
    | \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b                                            # 10.0.0.1:54321
    | \b(?:[0-9a-fA-F]{1,4}:){3,}[0-9a-fA-F:]*\b                                      # IPv6
    | \b(?=[0-9a-fA-F:]*\d)[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6}::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*\b)?  # 2001:db8::1
    | \b0x[0-9a-fA-F]+\b | \b[0-9a-f]{16,}\b
    """
)
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:/[\w.+@-]+){2,}/(?=[\w.+@-])|/(?:[\w.+@-]+/){2,}")
_LOG_SHAPE = re.compile(
    r"\n.*\S|\[(?:error|warn|notice|info|crit|debug|emerg|ssl:\w+|\w+:(?:error|warn|notice|info|crit))\]|error:[0-9A-Fa-f]{8}|\bAH\d{5}\b",
    re.S,
)
_OPERATOR = re.compile(
    r"""(?x)
    (?:(?<=\s)|^|(?<=\())(?P<minus>-)?(?:(?P<field>[a-z]+):)?(?:"(?P<phrase>[^"\n]{1,200})"|(?P<word>[^\s"()]+))
    """
)
_MAY_HOLD_OPERATORS = re.compile(r'"|(?:^|\s)-\w|\b[a-z]+:\S|\s(?:AND|OR|NOT)\s')
# What every log, and every text with operators, holds somewhere. Looking for these is many times faster than the
# patterns, and most questions hold none of them.
_LOG_MARKS = ("\n", "[", "error:", "AH")
_OPERATOR_MARKS = ('"', "-", ":", "AND", "OR", "NOT")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd\ud800-\udfff]")
_BOOLEAN = re.compile(r"(?<=\S)\s+(AND NOT|AND|OR|NOT)\s+(?=\S)")
FIELD_NAMES = {"title": "question", "question": "question", "alias": "aliases", "errors": "errors", "command": "commands",
               "section": "section", "body": "body", "heading": "headings"}  # fmt: skip
assert set(FIELD_NAMES.values()) <= set(FIELDS)


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of a query and what it counts: 1, less for noise in a log, 0 for one that carries no topic."""

    text: str
    word: Word
    weight: float
    is_stop: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """Something the text insists on (`must`), or rules out (`must_not`): a word or phrase, in a field or anywhere."""

    field: str  # a name of FIELDS, or "text" for anywhere
    terms: tuple[tuple[str, ...], ...]  # of each word, its terms; several words are a phrase
    must_not: bool = False
    group: int = 0  # conditions of the same group are alternatives (OR)


@dataclass(frozen=True, slots=True)
class Query:
    """A text ready to be ranked by."""

    text: str
    words: tuple[QueryWord, ...]
    is_log: bool
    conditions: tuple[Condition, ...] = ()
    noise: tuple[str, ...] = ()  # what counts little, as written


def clean(text: str) -> str:
    """`text` without control characters and halves of surrogate pairs, with plain quotes and spaces."""
    if text.isascii() and text.isprintable():  # as most questions are: there is nothing to replace
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", text)
    return text.replace("“", '"').replace("”", '"').replace("\u00a0", " ").strip()


def make_query(question: str, log: str = "", options: frozenset[str] = frozenset()) -> Query:
    """The query for a question and a pasted log; either may be empty.

    options: words that stand behind a dash in commands, such as `connect`: with them `-connect` excludes nothing.
    """
    question = clean(question)
    conditions, question = _conditions(question, options)
    text = "\n".join(part for part in (question, clean(log)) if part)
    is_log = bool(log.strip()) or (_holds_any(question, _LOG_MARKS) and bool(_LOG_SHAPE.search(question)))
    weak = list(_weak_ranges(text)) if is_log else []
    found = []
    for word in words(text, keep_stop_words=True):
        weight = min((factor for start, end, factor in weak if start <= word.start < end), default=1.0) if weak else 1.0
        found.append(QueryWord(text[word.start : word.end], word, weight, is_stop_word(word.terms)))
    noise = tuple(dict.fromkeys(text[start:end].strip() for start, end, factor in weak if factor == NOISE_WEIGHT))
    return Query(text, tuple(found), is_log, conditions, noise)


def _holds_any(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


def _weak_ranges(text: str) -> Iterator[tuple[int, int, float]]:
    for match in _NOISE.finditer(text):
        yield match.start(), match.end(), NOISE_WEIGHT
    for match in _PATH.finditer(text):
        yield match.start(), match.end(), PATH_WEIGHT


def _conditions(text: str, options: frozenset[str]) -> tuple[tuple[Condition, ...], str]:
    """What the operators in `text` ask for, and the text that is left to rank by."""
    if "\n" in text or not _holds_any(text, _OPERATOR_MARKS) or not _MAY_HOLD_OPERATORS.search(text):
        return (), text
    booleans = list(_BOOLEAN.finditer(text)) if any(char.islower() for char in _BOOLEAN.sub(" ", text)) else []
    matches = list(_OPERATOR.finditer(text))
    found: list[Condition] = []
    rest = text
    for number, match in enumerate(matches):
        condition = _condition(match, booleans, number)
        if condition is None or not _is_meant(condition, match, matches, options):
            continue
        found.append(condition)
        if condition.must_not:
            rest = _blank(rest, match.start(), match.end())
        elif match["field"]:
            rest = _blank(rest, match.start("field"), match.end("field") + 1)
    if found and not words(rest):
        return (), text  # nothing would be left to search for
    for item in booleans:
        rest = _blank(rest, item.start(), item.end())
    return tuple(found), rest


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _condition(match: re.Match[str], booleans: list[re.Match[str]], number: int) -> Condition | None:
    """The condition that a quoted phrase or word with its signs stands for; None for an ordinary word."""
    name = match["field"]
    terms = tuple(word.terms for word in words(match["phrase"] or match["word"] or ""))
    before = next((place for place, item in enumerate(booleans) if item.end() == match.start()), None)
    after = next((place for place, item in enumerate(booleans) if item.start() == match.end()), None)
    sign_before = booleans[before].group(1) if before is not None else ""
    sign_after = booleans[after].group(1) if after is not None else ""
    must_not = bool(match["minus"]) or sign_before in ("NOT", "AND NOT")
    if not terms or (name and name not in FIELD_NAMES):
        return None
    if not (match["phrase"] or name or must_not or sign_before or sign_after):
        return None
    group = number
    if sign_before == "OR":
        group = _or_group(booleans, before or 0)
    elif sign_after == "OR":
        group = _or_group(booleans, after or 0)
    return Condition(FIELD_NAMES[name] if name else "text", terms, must_not, group)


def _or_group(booleans: list[re.Match[str]], place: int) -> int:
    """One number, below zero, for all alternatives of an unbroken row of ORs."""
    while (
        place
        and booleans[place - 1].group(1) == "OR"
        and " " not in booleans[place].string[booleans[place - 1].end() : booleans[place].start()]
    ):
        place -= 1
    return -place - 1


def _is_meant(
    condition: Condition, match: re.Match[str], matches: list[re.Match[str]], options: frozenset[str]
) -> bool:
    """Whether somebody wrote this as an operator, and not as part of a command line or a quotation in a sentence."""
    if match["minus"] and not match["phrase"]:
        dashed = [item["word"] or "" for item in matches if item["minus"] and not item["phrase"]]
        if any(len(word) < 3 or not word[0].islower() or word.lower() in options for word in dashed):
            return False
    if match["phrase"] and condition.field == "text" and not condition.must_not:
        unquoted = sum(1 for item in matches if item["word"])
        return unquoted <= MOST_WORDS_BESIDE_A_PHRASE
    return True

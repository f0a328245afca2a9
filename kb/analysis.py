"""The one analyzer: text to terms, with offsets, for the index, the question and the highlighting alike.

A word becomes one or more terms at the same place. An ordinary word gives its stem. An identifier
(`SSLCertificateFile`, `mod_ssl`, `/dev/random`, `pass-phrase`, `error:14094412`) gives its letters and digits run
together, as the word they would be in lower case, and then its parts: so `mod_ssl`, `mod-ssl` and `modssl` are one term,
`SSLEngine` and `sslengine` are another, and a part alone finds the whole.
`Analyzer` is the same thing in the shape Whoosh wants, with Whoosh's stemmer; a word's terms are worked out once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from whoosh.analysis import Token
from whoosh.analysis.analyzers import Analyzer as WhooshAnalyzer
from whoosh.lang.porter import stem as porter_stem

ANALYZER_VERSION = 3  # raise it whenever the same text gives other terms: stored indexes are then rebuilt
MAX_TERM_CHARS = 64
_REMEMBERED_WORDS = 200_000

# Letters, digits and underscores, joined inside by the marks that identifiers, paths, versions and addresses hold.
# A compiler's define (-DNAME) is one word with its name inside. An accent may be a character of its own.
WORD = re.compile(r"(?:-D(?=[A-Z_]{2}))?\w[\w\u0300-\u036f]*(?:[-._:/+@'’]+\w[\w\u0300-\u036f]*)*")
# The parts of an identifier: humps of CamelCase, runs of digits, versions; the v of TLSv1.2 belongs to neither side.
PART = re.compile(
    r"(?:SSL|TLS|ssl|tls)(?=v?\d)|v(?=\d)|\d+(?:\.\d+)+|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+"
)
# What separates the names in a path, an address or a setting; each name is found on its own.
_SEGMENT = re.compile(r"[/:@+]+")
_ENCODED = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{16,}")
_SIGN = re.compile(r"\W|_")
# the dots of a version stay
_SIGN_BESIDE_NUMBERS = re.compile(r"(?<!\d)[^\w]|[^\w](?!\d)|_")
_APOSTROPHE = re.compile(r"['’](?:s|d|ll|ve|re|m)$|['’]", re.IGNORECASE)
_PLURAL_OF_CAPITALS = re.compile(r"(?!HTTPs)[A-Z]{2,}s")  # CAs, IDs
# Scripts written without spaces: every two neighbouring characters are a term.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)

# Names that look like CamelCase but are one word.
ONE_WORD = frozenset(
    "https openssl mysql postgresql javascript typescript github gitlab youtube macos wordpress sqlite graphql".split()
)
# Words that a stemmer would make equal to others that mean something else.
NEVER_STEMMED = frozenset("https dns css dss aes des ios sans vms news this does".split())
# Words that carry no topic. They are left out of the index; a question of nothing else is searched as it is.
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being both but by can cannot cant could
    did didnt do does doesnt doing done dont each either else even ever every few for from further get gets getting
    give go goes going got had has have having he hello help her here hers hey hi him his how however i if im in
    into is isnt it its itself ive just kind know let lets like ll many may me might mine more most much must my
    myself need needs of on once one only onto or other our ours out over own particular perhaps please quite rather
    re really s same say see seem seems shall she should so some somehow something sort still such t take tell than
    thank thanks that the their theirs them themselves then there therefore these they thing things this those
    through to too trying try us use used using ve very via want wants was way we well were what whatever whats when
    where whether which while who whole whom whose why will with within wont would yes yet you your yours yourself
    arent wasnt werent shouldnt couldnt wouldnt havent hasnt hadnt theres youre theyre weve theyve""".split()
)


class Word(NamedTuple):
    """One word of a text: where it stands, and the terms it gives."""

    start: int
    end: int
    terms: tuple[str, ...]  # the first is the word itself; parts of an identifier follow
    position: int  # words before it, stop words left out


def without_accents(word: str) -> str:
    """`word` with accented letters as plain ones."""
    if word.isascii():
        return word
    plain = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    return plain.replace("ß", "ss")


def fold(word: str) -> str:
    """`word` in lower case and without accents."""
    return without_accents(word).lower()


@lru_cache(maxsize=_REMEMBERED_WORDS)
def letters(word: str) -> str:
    """`word` folded and without apostrophes, or the 's of a genitive."""
    return fold(_APOSTROPHE.sub("", word))


def stem(word: str) -> str:
    """The stem of a folded word; words with digits, and very short ones, stay as they are."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha() or word in NEVER_STEMMED:
        return word
    return str(porter_stem(word))


def _terms(word: str) -> tuple[str, ...]:
    """The terms of one raw word; empty for one that carries none."""
    if word.islower() and word.isascii() and word.isalpha():
        return (stem(word)[:MAX_TERM_CHARS],)  # what all that follows comes to for an ordinary word, in half the time
    unspaced = _UNSPACED.search(word)
    if unspaced:
        return _unspaced_terms(word)
    if word.startswith("-D"):
        return (fold(_SIGN.sub("", word))[:MAX_TERM_CHARS], *_terms(word[2:]))
    word = without_accents(_APOSTROPHE.sub("", word))
    if _PLURAL_OF_CAPITALS.fullmatch(word):
        word = word[:-1]
    pieces = PART.findall(word)
    if "_" not in word and (len(pieces) < 2 or word.lower() in ONE_WORD):
        plain = fold(word)
        return (stem(plain)[:MAX_TERM_CHARS],) if plain else ()
    if _ENCODED.fullmatch(word):
        return (fold(word)[:MAX_TERM_CHARS],)  # base64 and the like: the pieces mean nothing
    # a stem, because sslengine, typed in lower case, cannot be told from an ordinary word and becomes one too
    whole = stem(_SIGN_BESIDE_NUMBERS.sub("", fold(word)))
    segments = [segment for segment in _SEGMENT.split(word) if segment]
    names = [name for segment in segments if len(segments) > 1 and "_" in segment for name in _terms(segment)[:1]]
    parts = dict.fromkeys([*names, *(stem(fold(piece)) for piece in pieces if len(piece) > 1 or piece.isdigit())])
    parts.pop(whole, None)
    found = [whole, *(part for part in parts if part not in STOP_WORDS)]
    return tuple(term[:MAX_TERM_CHARS] for term in found if term)


def _unspaced_terms(word: str) -> tuple[str, ...]:
    found: list[str] = []
    for run in _UNSPACED.findall(word):
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    found += [fold(other) for other in _UNSPACED.sub(" ", word).split()]
    return tuple(dict.fromkeys(found))


_remembered: dict[str, tuple[str, ...]] = {}


def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one raw word, remembered. The first is the word itself, its parts follow."""
    terms = _remembered.get(word)
    if terms is None:
        if len(_remembered) > _REMEMBERED_WORDS:
            _remembered.clear()
        terms = _remembered[word] = _terms(word)
    return terms


# as words and as terms
STOP_TERMS = STOP_WORDS | {stem(word) for word in STOP_WORDS}


def is_stop_word(terms: tuple[str, ...]) -> bool:
    """Whether a word with these terms carries no topic."""
    return len(terms) == 1 and terms[0] in STOP_TERMS


def words(text: str, *, keep_stop_words: bool = False) -> list[Word]:
    """The words of `text` in order, each with its terms and character range. Stop words are left out unless asked for."""
    found: list[Word] = []
    for match in WORD.finditer(text):
        terms = word_terms(match.group())
        if terms and (keep_stop_words or not is_stop_word(terms)):
            found.append(Word(match.start(), match.end(), terms, len(found)))
    return found


def primary_terms(text: str) -> tuple[str, ...]:
    """The first term of each word of `text`, words that carry no topic among them."""
    return tuple(word.terms[0] for word in words(text, keep_stop_words=True))


class Analyzer(WhooshAnalyzer):  # type: ignore[misc]
    """The same analysis as Whoosh wants it: a stream of tokens, those of one word at one position."""

    def __call__(
        self, value: str, positions: bool = False, chars: bool = False, start_pos: int = 0, **rest: Any
    ) -> Iterator[Token]:
        token = Token(positions, chars, removestops=True, mode=rest.get("mode", ""))
        for word in words(value):
            for term in word.terms:
                token.text = term
                token.boost = 1.0
                token.stopped = False
                if positions:
                    token.pos = start_pos + word.position
                if chars:
                    token.startchar, token.endchar = word.start, word.end
                yield token

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = object.__hash__

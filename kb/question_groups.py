"""Questions that nobody answered, grouped: one group for one thing people want, however they put it.

Two steps. The keystrokes of one search (each text the beginning of another, in the same conversation or within a minute)
become one search, which counts once and is answered if its last text was. Then searches with the same terms, or nearly
the same, become one group; variants of a word that the vocabulary knows count as the same word.

A group is known by a key made from the terms of its oldest search. Which groups are handled is stored by key, so a group
is handled when the key of any of its searches is.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kb.analysis import is_stop_word, primary_terms, words
from kb.store.questions import UNANSWERED, HandledQuestion, LoggedQuestion
from kb.vocabulary import Vocabulary

_SAME_SEARCH = timedelta(seconds=60)  # between two texts of one search outside a conversation
SAME_THING = 0.75  # share of the terms of two searches that both hold, from which they are one group
_SEARCHES_COMPARED = 100  # running at the same time outside conversations
_NO_VOCABULARY = Vocabulary(())


@dataclass(slots=True)
class Search:
    """One search: the texts of its keystrokes, oldest first."""

    questions: list[LoggedQuestion]
    last_text: str  # of the last, folded
    last_at: datetime

    @property
    def question(self) -> LoggedQuestion:
        """The text that says most, the last of them."""
        return max(self.questions, key=lambda question: (len(folded(question.text)), question.asked_at, question.id))

    @property
    def is_unanswered(self) -> bool:
        return self.question.level in UNANSWERED


@dataclass(frozen=True, slots=True)
class Wording:
    """One way in which a group was put, and how often."""

    text: str
    count: int
    last_at: str
    conversation_ids: tuple[str, ...] = ()  # newest first


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """One thing people asked and got no answer to."""

    key: str
    keys: frozenset[str]  # of all its searches
    wordings: tuple[Wording, ...]  # the most frequent first
    count: int  # searches
    first_at: str
    last_at: str
    handled: HandledQuestion | None = None
    asked_since: int = 0  # searches after it was handled

    @property
    def text(self) -> str:
        """The wording that stands for the group."""
        return self.wordings[0].text


@dataclass(slots=True)
class _Leader:
    """A group while it is collected."""

    terms: frozenset[str]
    searches: list[Search] = field(default_factory=list)


def one_a_search(questions: Iterable[LoggedQuestion]) -> list[Search]:
    """The searches that these questions are the texts of, oldest first."""
    searches: list[Search] = []
    of_conversation: dict[str, list[Search]] = {}
    recent: deque[Search] = deque(maxlen=_SEARCHES_COMPARED)
    for question in sorted(questions, key=lambda item: (item.asked_at, item.id)):
        text, at = folded(question.text), datetime.fromisoformat(question.asked_at)
        if question.conversation_id:
            others: list[Search] | deque[Search] = of_conversation.setdefault(question.conversation_id, [])
        else:
            others = recent
            while recent and at - recent[0].last_at > _SAME_SEARCH:
                recent.popleft()
        found = next((item for item in reversed(others) if _is_same_search(item, question, text, at)), None)
        if found:
            found.questions.append(question)
            found.last_text, found.last_at = text, at
        else:
            found = Search([question], text, at)
            searches.append(found)
            others.append(found)
    return searches


def group_searches(
    searches: Iterable[Search],
    vocabulary: Vocabulary = _NO_VOCABULARY,
    handled: Mapping[str, HandledQuestion] | None = None,
) -> tuple[QuestionGroup, ...]:
    """The groups of those searches that were not answered, the most asked first. handled: by key, as stored."""
    unanswered = [
        (search_terms(search.question.text, vocabulary), search) for search in searches if search.is_unanswered
    ]
    frequency = Counter(term for terms in {terms for terms, _ in unanswered} for term in terms)
    leaders: list[_Leader] = []
    by_terms: dict[frozenset[str], _Leader] = {}
    by_term: dict[str, list[_Leader]] = {}
    for terms, search in unanswered:
        rare = _rarest(terms, frequency)
        leader = by_terms.get(terms) or _nearest(terms, rare, by_term)
        if leader is None:
            leader = _Leader(terms)
            leaders.append(leader)
            for term in rare:
                by_term.setdefault(term, []).append(leader)
        by_terms[terms] = leader
        leader.searches.append(search)
    groups = [_group(leader.searches, handled or {}) for leader in leaders]
    return tuple(sorted(groups, key=lambda group: (-group.count, _backwards(group.last_at), group.key)))


def find_group(groups: Iterable[QuestionGroup], key: str) -> QuestionGroup | None:
    """The group that has a search of this key; None if there is none."""
    return next((group for group in groups if key in group.keys), None)


def group_key(text: str) -> str:
    """The key of the group that a search with this text begins."""
    terms = search_terms(text, _NO_VOCABULARY)  # a key must not change with the vocabulary
    return hashlib.sha256("\0".join(sorted(terms)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def search_terms(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """What a search is about: its terms without order and stop words, variants of one concept as the concept."""
    found = words(text, keep_stop_words=True)
    terms = [word.terms[0] for word in found]
    topics = [not is_stop_word(word.terms) for word in found]
    for occurrence in vocabulary.find(terms):
        span = slice(occurrence.start, occurrence.end)
        topics[span] = [False] * (occurrence.end - occurrence.start)
        terms.append(occurrence.concepts[0])
        topics.append(True)
    kept = frozenset(term for term, is_topic in zip(terms, topics, strict=True) if is_topic)
    return kept or frozenset(primary_terms(text)) or frozenset((folded(text),))


def folded(text: str) -> str:
    """The text as it is compared: without case, with single spaces."""
    return " ".join(text.casefold().split())


def _is_same_search(search: Search, question: LoggedQuestion, text: str, at: datetime) -> bool:
    one = search.last_text
    if not question.conversation_id and (one == text or at - search.last_at > _SAME_SEARCH):
        return False  # two people may ask the same within a minute
    if not one or not text:  # a log alone begins nothing
        return one == text
    return one.startswith(text) or text.startswith(one)


def _rarest(terms: frozenset[str], frequency: Mapping[str, int]) -> list[str]:
    """As many of the rarest terms as two searches of one group have at least one in common of.

    The prefix filter of Chaudhuri, Ganti, Kaushik, "A Primitive Operator for Similarity Joins", ICDE 2006.
    """
    count = len(terms) - math.ceil(SAME_THING * len(terms)) + 1
    return sorted(terms, key=lambda term: (frequency[term], term))[:count]


def _nearest(terms: frozenset[str], rare: Sequence[str], by_term: Mapping[str, Sequence[_Leader]]) -> _Leader | None:
    """The group whose terms are nearly these, if there is one; the oldest of the nearest."""
    best: tuple[float, _Leader | None] = (0.0, None)
    seen: set[frozenset[str]] = set()
    for term in rare:
        for leader in by_term.get(term, ()):
            if leader.terms in seen:
                continue
            seen.add(leader.terms)
            share = len(terms & leader.terms) / len(terms | leader.terms)
            if share >= SAME_THING and share > best[0]:
                best = share, leader
    return best[1]


def _group(searches: Sequence[Search], handled: Mapping[str, HandledQuestion]) -> QuestionGroup:
    by_wording: dict[str, list[LoggedQuestion]] = {}
    for search in searches:
        by_wording.setdefault(folded(search.question.text), []).append(search.question)
    wordings = [
        Wording(
            asked[-1].text,
            len(asked),
            asked[-1].asked_at,
            tuple(dict.fromkeys(question.conversation_id for question in reversed(asked) if question.conversation_id)),
        )
        for asked in by_wording.values()
    ]
    keys = dict.fromkeys(group_key(search.question.text) for search in searches)
    marks = [handled[key] for key in keys if key in handled]
    mark = min(marks, key=lambda item: item.at) if marks else None
    times = [search.question.asked_at for search in searches]
    return QuestionGroup(
        key=next(iter(keys)),
        keys=frozenset(keys),
        wordings=tuple(sorted(wordings, key=lambda item: (-item.count, _backwards(item.last_at)))),
        count=len(searches),
        first_at=min(times),
        last_at=max(times),
        handled=mark,
        asked_since=sum(at > mark.at for at in times) if mark else 0,
    )


def _backwards(at: str) -> float:
    """A sort key that puts the newest first."""
    return -datetime.fromisoformat(at).timestamp()

"""Ranking: a query to hits, by looking terms up in the impact table and adding.

The score of a document has two parts: the sum of its terms' impacts, relative to the best of all documents, and its best
likeness to a single wording (its question, an alias, an error text). Whoosh is asked only when the text holds operators,
and then only which documents satisfy them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from whoosh import query as whoosh_query
from whoosh.searching import Searcher

from kb.analysis import STOP_TERMS, fold, word_terms
from kb.correction import SHORTEST, Corrector
from kb.fields import FIELDS
from kb.impacts import ImpactTable
from kb.index import joined, open_reader
from kb.query import Condition, Query, QueryWord
from kb.settings import Ranking
from kb.vocabulary import Vocabulary

ABOUT_FIELDS = ("question", "aliases", "errors", "keywords", "short", "headings")
_ABOUT_BITS = sum(1 << FIELDS.index(name) for name in ABOUT_FIELDS)
_ERRORS = FIELDS.index("errors")
LEAST_ERROR_TERMS = 3  # of an error text that must stand in a query for it to be recognised


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked entry or guide."""

    id: str
    kind: str  # "entry" or "guide"
    title: str
    section: str  # section id
    score: float  # comparable within one question only
    matched: tuple[str, ...] = ()  # words of the question that it holds, as typed


@dataclass(frozen=True, slots=True)
class Weighed:
    """A query as weights of terms."""

    terms: dict[str, float]  # of every term that is looked up
    words: tuple[tuple[str, tuple[str, ...]], ...]  # words with a topic, as typed, each with its terms that are known
    synonyms: dict[str, tuple[str, ...]]  # concept term to the words of the query that stand for it
    unknown: tuple[str, ...]  # words with a topic that no document holds
    unknown_weight: float  # what they would have counted together


@dataclass(frozen=True, slots=True)
class Features:
    """What is known about the first hit, for deciding how far to trust it. Each from 0 to 1 except `n_words`."""

    coverage: float = 0.0  # share of the query's weight that it holds
    about: float = 0.0  # the same, counting only fields that say what it is about
    likeness: float = 0.0  # best likeness to one of its wordings
    error: float = 0.0  # share of its best error text that the query holds
    margin: float = 0.0  # how far the next entry is behind
    rarity: float = 0.0  # rarity of the rarest word it shares with the query
    n_words: int = 0  # words with a topic


@dataclass(frozen=True, slots=True)
class Ranked:
    """The outcome of a search."""

    query: Query
    hits: tuple[Hit, ...]
    features: Features
    weighed: Weighed
    correction: tuple[tuple[str, str], ...] = ()  # (typed, searched)
    filtered: bool = False  # operators limited the hits


@dataclass(frozen=True, slots=True)
class Carried:
    """What a follow-up takes over from the question before it."""

    terms: Mapping[str, float] = field(default_factory=dict)  # terms of the earlier question, already weakened
    documents: Mapping[int, float] = field(default_factory=dict)  # earlier answers, and what they add to the score


class Retriever:
    """One generation's index in memory. Nothing of it changes, so threads share it freely."""

    def __init__(
        self, table: ImpactTable, vocabulary: Vocabulary, corrector: Corrector, *, ids: Sequence[str], kinds: Sequence[str],
        titles: Sequence[str], sections: Sequence[str], folder: Path, ranking: Ranking,
    ) -> None:  # fmt: skip
        self.table = table
        self.vocabulary = vocabulary
        self.corrector = corrector
        self.ids, self.kinds, self.titles, self.sections = list(ids), list(kinds), list(titles), list(sections)
        self.number = {document_id: number for number, document_id in enumerate(self.ids)}
        self.folder = folder
        self.ranking = ranking
        self._style = table.question_style
        self._wording_starts = np.searchsorted(table.wording_document, np.arange(table.n_documents))
        self._alias_factor = np.where(table.wording_kind == FIELDS.index("question"), 1.0, ranking.alias_weight).astype(np.float32)
        self._guides = np.array([n for n, kind in enumerate(kinds) if kind == "guide"], dtype=np.int64)
        self._kind_factor = np.array([ranking.guide_weight if kind == "guide" else 1.0 for kind in kinds], dtype=np.float32)

    # -- the query as weights -------------------------------------------------------------------------------------

    def weigh(self, query: Query) -> Weighed:
        """The terms of `query`, each with what it counts."""
        known = self.table.terms
        weights: dict[str, float] = {}
        topic = [word for word in query.words if not word.is_stop]
        stop_weight = self.ranking.stop_weight * self._style * min(1.0, self.ranking.stop_words_in / max(1, len(query.words)))
        for word in query.words:
            if word.is_stop:
                term = word.word.terms[0]
                if term in known:
                    weights[term] = max(weights.get(term, 0.0), stop_weight * word.weight)
        found_words: list[tuple[str, tuple[str, ...]]] = []
        unknown: list[str] = []
        unknown_weight = 0.0
        for word in topic:
            found = self._word_weights(word)
            for term, weight in found.items():
                weights[term] = max(weights.get(term, 0.0), weight)
            found_words.append((word.text, tuple(found)))
        synonyms: dict[str, tuple[str, ...]] = {}
        primary = [word.word.terms[0] for word in topic]
        covered: set[int] = set()
        for occurrence in self.vocabulary.find(primary):
            said = " ".join(word.text for word in topic[occurrence.start : occurrence.end])
            weight = min(word.weight for word in topic[occurrence.start : occurrence.end])
            for concept in occurrence.concepts:
                if concept in known:
                    weights[concept] = max(weights.get(concept, 0.0), self.ranking.synonym_weight * weight)
                    synonyms[concept] = (*synonyms.get(concept, ()), said)
                    covered.update(range(occurrence.start, occurrence.end))
        for place, (first, second) in enumerate(zip(topic, topic[1:], strict=False)):
            term = joined(first.word, second.word, query.text)
            if term in known:
                weights[term] = max(weights.get(term, 0.0), min(first.weight, second.weight))
                covered.update((place, place + 1))
        for place, (word, (text, terms)) in enumerate(zip(topic, found_words, strict=True)):
            if not terms and place not in covered:
                unknown.append(text)
                unknown_weight += word.weight
        return Weighed(weights, tuple(found_words), synonyms, tuple(dict.fromkeys(unknown)), unknown_weight)

    def _word_weights(self, word: QueryWord) -> dict[str, float]:
        known = self.table.terms
        whole, *parts = word.word.terms
        found = {whole: word.weight} if whole in known else {}
        if parts:
            share = self.ranking.part_weight if found else max(self.ranking.part_weight, 1 / len(parts))
            for part in parts:
                if part in known:
                    found[part] = max(found.get(part, 0.0), word.weight * share)
        return found

    # -- corrections ----------------------------------------------------------------------------------------------

    def correct(self, query: Query) -> tuple[Query, tuple[tuple[str, str], ...]]:
        """`query` with unknown words replaced by what was probably meant, and the replacements; itself when there are none."""
        if query.is_log:
            return query, ()
        replaced: list[tuple[str, str]] = []
        new_words: list[QueryWord] = []
        for place, word in enumerate(query.words):
            meant = "" if word.is_stop or self._is_known(query, place) else self.corrector.suggest(self._letters(word))
            if not meant:
                new_words.append(word)
                continue
            replaced.append((word.text, meant))
            for piece in meant.split():
                terms = word_terms(piece)
                weight = word.weight * self.ranking.corrected_weight
                new_words.append(replace(word, text=piece, weight=weight, word=replace(word.word, terms=terms)))
        if not replaced:
            return query, ()
        text = query.text
        for typed, meant in replaced:
            text = text.replace(typed, meant)
        return replace(query, text=text, words=tuple(new_words)), tuple(replaced)

    @staticmethod
    def _letters(word: QueryWord) -> str:
        return word.word.terms[0] if len(word.word.terms) > 1 else fold(word.text)

    def _is_known(self, query: Query, place: int) -> bool:
        word = query.words[place]
        letters = self._letters(word)
        if len(letters) < SHORTEST or word.word.terms[0] in self.table.terms or any(char.isdigit() for char in word.text):
            return True
        if len(word.word.terms) > 1 and all(part in self.table.terms for part in word.word.terms[1:]):
            return True
        neighbours = query.words[max(0, place - 1) : place + 2]
        return any(
            joined(first.word, second.word, query.text) in self.table.terms
            for first, second in zip(neighbours, neighbours[1:], strict=False)
        )

    # -- ranking --------------------------------------------------------------------------------------------------

    def scores(self, weighed: Weighed, carried: Carried | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The score of every document, and its best likeness to one of its wordings; both float [documents]."""
        table = self.table
        weights = dict(weighed.terms)
        if carried:
            for term, weight in carried.terms.items():
                weights[term] = max(weights.get(term, 0.0), weight)
        numbers = [table.terms[term] for term in weights]
        sums = _add_rows(table.starts, table.documents, table.impacts, numbers, list(weights.values()), table.n_documents)
        likeness = self._likeness(weights, numbers)
        top = float(sums.max()) if len(sums) else 0.0
        total = sums / top if top > 0 else sums
        total = total + self.ranking.wording_weight * self._style * likeness**self.ranking.wording_power
        total = total * self._kind_factor
        guides = self._guides
        if len(guides) and len(guides) < len(total):
            # an entry answers, a guide is offered with it: none stands above the best entry
            total[guides] = np.minimum(total[guides], 0.999 * total[: guides[0]].max(initial=0.0))
        if carried:
            for document, bonus in carried.documents.items():
                if total[document] > 0:
                    total[document] += bonus
        return total, likeness

    def _likeness(self, weights: Mapping[str, float], numbers: Sequence[int]) -> np.ndarray:
        """The cosine of the query and each document's most similar wording, an error text counting by how much of it is there."""
        table, ranking = self.table, self.ranking
        factors = [ranking.wording_stop_weight * weight if term in STOP_TERMS else weight for term, weight in weights.items()]
        values = [factor * float(table.wording_idf[number]) for factor, number in zip(factors, numbers, strict=True)]
        length = math.sqrt(sum(value * value for value in values))
        if not length or not len(table.wording_document):
            return np.zeros(table.n_documents)
        dots = _add_rows(table.wording_starts, table.wordings, table.wording_weights, numbers, values, len(table.wording_document))
        cosine = dots / length * self._alias_factor
        return np.maximum.reduceat(cosine, self._wording_starts)

    def search(self, query: Query, limit: int = 10, *, correct: bool = True, section: str = "", carried: Carried | None = None) -> Ranked:
        """The best `limit` documents for `query`."""
        correction: tuple[tuple[str, str], ...] = ()
        if correct:
            query, correction = self.correct(query)
        weighed = self.weigh(query)
        if not weighed.terms:
            return Ranked(query, (), Features(n_words=len(weighed.words)), weighed, correction)
        total, likeness = self.scores(weighed, carried)
        allowed = self._allowed(query.conditions, section)
        filtered = allowed is not None
        if allowed is not None:
            if not allowed.any() and not section:
                filtered = False  # nothing satisfies the operators: the text is words
            else:
                total = np.where(allowed, total, 0.0)
        best = _best(total, limit)
        matched = self._matched(weighed, best)
        hits = tuple(
            Hit(self.ids[n], self.kinds[n], self.titles[n], self.sections[n], float(total[n]), words)
            for n, words in zip(best, matched, strict=True)
        )
        features = self._features(weighed, total, likeness, best)
        return Ranked(query, hits, features, weighed, correction, filtered=filtered)

    def _matched(self, weighed: Weighed, best: Sequence[int]) -> list[tuple[str, ...]]:
        """For each of the documents `best`, the words of the query that it holds."""
        found: list[dict[str, None]] = [{} for _ in best]
        spoken = [*weighed.words, *((word, (concept,)) for concept, said in weighed.synonyms.items() for word in said)]
        targets = np.asarray(best, dtype=np.int64)
        for text, terms in spoken:
            for term in terms:
                number = self.table.terms[term]
                rows = self.table.documents[self.table.starts[number] : self.table.starts[number + 1]]
                if not len(rows):
                    continue
                places = np.searchsorted(rows, targets)
                places[places == len(rows)] = 0
                for which in np.flatnonzero(rows[places] == targets):
                    found[which][text] = None
        return [tuple(words) for words in found]

    def _features(self, weighed: Weighed, total: np.ndarray, likeness: np.ndarray, best: Sequence[int]) -> Features:
        entries = [n for n in best if self.kinds[n] == "entry"]
        if not entries:
            return Features(n_words=len(weighed.words))
        first = entries[0]
        table = self.table
        whole = held = about = rarity = 0.0
        for term, weight in weighed.terms.items():
            number = table.terms[term]
            value = weight * float(table.idf[number])
            if term in STOP_TERMS:
                continue
            whole += value
            start, end = int(table.starts[number]), int(table.starts[number + 1])
            place = start + int(np.searchsorted(table.documents[start:end], first))
            if place < end and table.documents[place] == first:
                held += value
                rarity = max(rarity, value)
                if table.fields[place] & _ABOUT_BITS:
                    about += value
        whole += weighed.unknown_weight * table.max_idf
        second = total[entries[1]] if len(entries) > 1 else 0.0
        return Features(
            coverage=held / whole if whole else 0.0,
            about=about / whole if whole else 0.0,
            likeness=float(likeness[first]),
            error=self._error_share(weighed, first),
            margin=float((total[first] - second) / total[first]) if total[first] > 0 else 0.0,
            rarity=rarity / table.max_idf if table.max_idf else 0.0,
            n_words=len(weighed.words),
        )

    def _error_share(self, weighed: Weighed, document: int) -> float:
        """How much of the document's best matching error text stands in the query, 0 to 1."""
        return max((share for share in self._error_shares(weighed, document)), default=0.0)

    def best_error(self, weighed: Weighed, document: int) -> int | None:
        """Which of the document's error texts stands in the query most completely, by place; None without any."""
        shares = self._error_shares(weighed, document)
        return max(range(len(shares)), key=shares.__getitem__) if shares else None

    def _error_shares(self, weighed: Weighed, document: int) -> list[float]:
        """For each error text of the document, how much of it by weight stands in the query; 0 below `LEAST_ERROR_TERMS` terms."""
        table = self.table
        start = int(self._wording_starts[document])
        end = int(self._wording_starts[document + 1]) if document + 1 < table.n_documents else len(table.wording_document)
        first = start + int(np.searchsorted(table.wording_kind[start:end], _ERRORS))
        share = [0.0] * (end - first)
        size = [0] * (end - first)
        for term in weighed.terms if end > first else ():
            number = table.terms[term]
            low, high = int(table.wording_starts[number]), int(table.wording_starts[number + 1])
            rows = table.wordings[low:high]
            for place in range(int(np.searchsorted(rows, first)), int(np.searchsorted(rows, end))):
                share[int(rows[place]) - first] += float(table.wording_weights[low + place]) ** 2
                size[int(rows[place]) - first] += 1
        return [value if n >= LEAST_ERROR_TERMS else 0.0 for value, n in zip(share, size, strict=True)]

    # -- operators ------------------------------------------------------------------------------------------------

    def _allowed(self, conditions: Sequence[Condition], section: str) -> np.ndarray | None:
        """Which documents satisfy the conditions and the section, bool [documents]; None when nothing is asked."""
        if not conditions and not section:
            return None
        allowed = np.ones(len(self.ids), dtype=bool)
        if conditions:
            with Searcher(open_reader(self.folder)) as searcher:
                allowed = np.zeros(len(self.ids), dtype=bool)
                allowed[list(searcher.docs_for_query(_whoosh_query(conditions)))] = True
        if section:
            inside = [name == section or name.startswith(f"{section}.") for name in self.sections]
            allowed &= np.array(inside, dtype=bool)
        return allowed


def _whoosh_query(conditions: Sequence[Condition]) -> whoosh_query.Query:
    groups: dict[int, list[whoosh_query.Query]] = {}
    for condition in conditions:
        part = _condition_query(condition)
        groups.setdefault(condition.group, []).append(whoosh_query.Not(part) if condition.must_not else part)
    parts = [whoosh_query.Or(parts) if len(parts) > 1 else parts[0] for parts in groups.values()]
    if all(isinstance(part, whoosh_query.Not) for part in parts):
        parts.append(whoosh_query.Every())
    return whoosh_query.And(parts).normalize()


def _condition_query(condition: Condition) -> whoosh_query.Query:
    firsts = [terms[0] for terms in condition.terms]
    if len(firsts) == 1:
        return whoosh_query.Term(condition.field, firsts[0])
    if condition.field == "text":
        return whoosh_query.Phrase("text", firsts)
    return whoosh_query.And([whoosh_query.Term(condition.field, term) for term in firsts])


def _add_rows(starts: np.ndarray, targets: np.ndarray, values: np.ndarray, terms: Sequence[int], weights: Sequence[float], size: int) -> np.ndarray:
    """For every target the sum of its values over the rows of `terms`, each term's weighted; float64 [size]."""
    spans = [(int(starts[term]), int(starts[term + 1])) for term in terms]
    if not spans:
        return np.zeros(size)
    where = np.concatenate([targets[low:high] for low, high in spans])
    what = np.concatenate([values[low:high] * np.float32(weight) for (low, high), weight in zip(spans, weights, strict=True)])
    return np.bincount(where, weights=what, minlength=size)


def _best(total: np.ndarray, limit: int) -> list[int]:
    """Numbers of the documents with the highest scores above zero, best first; equal scores in the order of the documents."""
    candidates = np.flatnonzero(total > 0)
    if len(candidates) > 4 * limit:
        near = np.flatnonzero(total > 0.5 * float(total.max()))
        if len(near) >= limit:
            candidates = near
        if len(candidates) > 50 * limit:
            candidates = np.sort(candidates[np.argpartition(-total[candidates], limit)[: limit + 1]])
    order = np.argsort(-total[candidates], kind="stable")[:limit]
    return [int(number) for number in candidates[order]]

"""Ranking: a query to hits, by looking terms up in the impact table and adding.

The score of a document has two parts: the sum of its terms' impacts, relative to the best of all documents, and its best
likeness to a single wording (its question, an alias, an error text). Whoosh is asked only when the text holds operators,
and then only which documents satisfy them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from whoosh import query as whoosh_query
from whoosh.searching import Searcher

from kb.analysis import STOP_TERMS, letters, word_terms
from kb.correction import SHORTEST, Corrector
from kb.fields import FIELDS
from kb.held_index import HeldIndex
from kb.impacts import ImpactTable
from kb.index import joined
from kb.query import NOISE_WEIGHT, Condition, Query, QueryWord
from kb.settings import Ranking
from kb.vocabulary import Vocabulary

_QUESTION, _ALIASES, _ASKED, _ERRORS = _REPORTED_FIELDS = tuple(
    FIELDS.index(name) for name in ("question", "aliases", "asked", "errors")
)
# what an entry is about, in its writers' words
_CORE_BITS = 1 << _QUESTION | 1 << _ALIASES | 1 << _ERRORS
FREQUENT = 0.25  # share of the documents, or wordings, from which a term's rows are kept spread out
FEW = 1000  # rows that are as quickly added one by one
MOST_REMEMBERED = 100_000  # words
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
    elsewhere: tuple[tuple[str, ...], ...]  # products and topics named that are not covered, each as its terms


@dataclass(frozen=True, slots=True)
class Features:
    """What is known about the first entry, for deciding how far to trust it. Shares are of the query's weight, 0 to 1."""

    coverage: float = 0.0  # share that the entry holds anywhere
    core: float = 0.0  # share that stands in its question, aliases or error texts
    question: float = 0.0  # share that stands in its question
    aliases: float = 0.0
    asked: float = 0.0  # share that stands in questions it answered before
    errors: float = 0.0
    unknown: float = 0.0  # share that no document holds
    strength: float = 0.0  # sum of its terms' impacts, in impacts of a term that one document alone has
    likeness: float = 0.0  # to the most similar of its wordings, 0 to 1
    lead: float = 0.0  # likeness beyond that of any other document, -1 to 1
    elsewhere: float = 0.0  # 1 if the query names something not covered that is not what the entry is about
    margin: float = 0.0  # how far the next entry's score is behind, 0 to 1
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
class Asked:
    """The terms a query is ranked by, as parallel sequences."""

    names: Sequence[str]
    numbers: Sequence[int]
    weights: Sequence[float]  # what each counts in the sum of impacts
    values: Sequence[float]  # and as a component of the vector that is compared with wordings
    length: float  # of that vector


@dataclass(frozen=True, slots=True)
class Scores:
    """The outcome of adding up."""

    asked: Asked
    total: np.ndarray  # float64 [documents]: what documents are ranked by
    sums: np.ndarray  # float64 [documents]: sum of the impacts of their terms
    likeness: np.ndarray  # float64 [documents]: likeness to the most similar of their wordings


@dataclass(frozen=True, slots=True)
class Carried:
    """What a follow-up takes over from the question before it."""

    terms: Mapping[str, float] = field(default_factory=dict)  # terms of the earlier question, already weakened
    documents: Mapping[int, float] = field(default_factory=dict)  # earlier answers, and what they add to the score


class Rows:
    """One of the two tables, ready to be added up: what each term says about some targets, documents or wordings."""

    def __init__(self, starts: Sequence[int], targets: np.ndarray, values: np.ndarray, n_targets: int) -> None:
        """Rows of term t are `starts[t]:starts[t + 1]` of `targets`, and `values`."""
        self._starts, self._targets, self._values, self._n_targets = starts, targets, values, n_targets
        self._least_frequent = max(FEW, FREQUENT * n_targets)
        self._spread: dict[int, np.ndarray] = {}

    def add_up(self, terms: Sequence[int], weights: Sequence[float]) -> np.ndarray:
        """For every target the sum of what its rows of `terms` say, multiplied by the term's weight; float64."""
        factors = np.array(weights, dtype=np.float32)
        spans = [(self._starts[term], self._starts[term + 1]) for term in terms]
        lengths = [high - low for low, high in spans]
        # adding whole arrays takes a tenth of the time per target: worth it for terms that many targets have
        frequent = [place for place, length in enumerate(lengths) if length >= self._least_frequent]
        for place in frequent:
            lengths[place], spans[place] = 0, (0, 0)
        where = np.concatenate([self._targets[low:high] for low, high in spans])
        what = np.concatenate([self._values[low:high] for low, high in spans])
        what *= np.repeat(factors, lengths)
        found = np.bincount(where, weights=what, minlength=self._n_targets)
        found = found.astype(np.float64, copy=False)  # of no rows, NumPy makes whole numbers
        for place in frequent:
            found += self._by_target(terms[place]) * factors[place]
        return found

    def _by_target(self, term: int) -> np.ndarray:
        """What a frequent term says about every target. Remembered: few terms are frequent."""
        found = self._spread.get(term)
        if found is None:
            low, high = self._starts[term], self._starts[term + 1]
            found = np.zeros(self._n_targets, dtype=np.float32)
            found[self._targets[low:high]] = self._values[low:high]
            self._spread[term] = found
        return found

    def held_by(self, targets: Sequence[int], terms: Sequence[int]) -> list[list[tuple[int, int]]]:
        """For each of `targets`, the rows it has of `terms`, whose targets ascend: place of the term in `terms`, number of the row."""
        wanted = np.array(targets, dtype=self._targets.dtype)  # of their type, or the rows would be copied
        spans = [(self._starts[term], self._starts[term + 1]) for term in terms]
        rows = np.array([self._targets[low:high].searchsorted(wanted) for low, high in spans])
        bounds = np.array(spans)
        rows += bounds[:, :1]
        is_held = self._targets.take(rows, mode="clip") == wanted
        is_held &= rows < bounds[:, 1:]
        found: list[list[tuple[int, int]]] = [[] for _ in targets]
        for place, row in zip(np.flatnonzero(is_held).tolist(), rows[is_held].tolist(), strict=True):
            term, target = divmod(place, len(targets))
            found[target].append((term, row))
        return found


class Retriever:
    """One generation's index in memory. Nothing of it changes but what it remembers, so threads share it freely."""

    def __init__(
        self, table: ImpactTable, vocabulary: Vocabulary, corrector: Corrector, *, ids: Sequence[str], kinds: Sequence[str],
        titles: Sequence[str], sections: Sequence[str], whoosh: HeldIndex, whoosh_numbers: np.ndarray, ranking: Ranking,
        not_covered: Vocabulary | None = None,
    ) -> None:  # fmt: skip
        """whoosh, whoosh_numbers: Whoosh's index, and where each document stands in it."""
        self.table = table
        self.vocabulary = vocabulary
        self.not_covered = not_covered or Vocabulary(())
        self.corrector = corrector
        self.ids, self.kinds, self.titles, self.sections = list(ids), list(kinds), list(titles), list(sections)
        self.number = {document_id: number for number, document_id in enumerate(self.ids)}
        self.whoosh = whoosh
        self.whoosh_numbers = whoosh_numbers
        self.ranking = ranking
        # plain numbers: taking single values out of arrays is slow
        self._idf: list[float] = table.idf.tolist()
        self._wording_row_starts: list[int] = table.wording_starts.tolist()
        self._wording_idf: list[float] = table.wording_idf.tolist()
        self._style = table.question_style
        self._n_entries = sum(kind == "entry" for kind in kinds)  # guides come after all entries
        self._impacts = Rows(table.starts.tolist(), table.documents, table.impacts, table.n_documents)
        self._first_wording = np.searchsorted(table.wording_document, np.arange(table.n_documents + 1))
        self._n_rounds, self._late, self._wordings = self._in_rounds()
        self._factors_of: dict[tuple[str, ...], dict[str, float]] = {}

    def _in_rounds(self) -> tuple[int, np.ndarray, Rows]:
        """The wordings numbered anew in rounds: first the questions, then of every document the next wording, and so on.

        A round has one place for every document, so that the best of each is found by comparing whole arrays, many times
        faster than document by document. Wordings beyond twice as many rounds as there are wordings to a document, which
        would leave most places empty, stand after the last round.
        Returns the number of rounds, the documents of the wordings after them, and the rows by these numbers.
        """
        table, size = self.table, self.table.n_documents
        document = table.wording_document
        asks = np.zeros(size, dtype=bool)  # a document without a question has no wording in the first round
        asks[document[table.wording_kind == _QUESTION]] = True
        turn = np.arange(len(document)) - self._first_wording[document] + ~asks[document]
        n_rounds = min(int(turn.max(initial=0)) + 1, 2 + 2 * len(document) // max(1, size))
        is_late = turn >= n_rounds
        number = turn * size + document
        number[is_late] = n_rounds * size + np.arange(int(is_late.sum()))
        n_places = n_rounds * size + int(is_late.sum())
        rows = Rows(self._wording_row_starts, number.astype(np.int32)[table.wordings], table.wording_weights, n_places)
        return n_rounds, document[is_late].astype(np.intp), rows

    # -- the query as weights -------------------------------------------------------------------------------------

    def weigh(self, query: Query) -> Weighed:
        """The terms of `query`, each with what it counts."""
        known = self.table.terms
        weights: dict[str, float] = {}
        stop_weight = (
            self.ranking.stop_weight * self._style * min(1.0, self.ranking.stop_words_in / max(1, len(query.words)))
        )
        primary = [word.word.terms[0] for word in query.words]
        for word, term in zip(query.words, primary, strict=True):
            if word.is_stop and term in known:
                weights[term] = max(weights.get(term, 0.0), stop_weight * word.weight)
        topic: list[tuple[int, QueryWord, tuple[str, ...]]] = []  # places and words with a topic, their known terms
        for place, word in enumerate(query.words):
            if not word.is_stop:
                factors = self._factors(word.word.terms)
                for term, factor in factors.items():
                    weights[term] = max(weights.get(term, 0.0), word.weight * factor)
                topic.append((place, word, tuple(factors)))
        synonyms: dict[str, tuple[str, ...]] = {}
        covered: set[int] = set()  # places of words that are known as part of something
        for occurrence in self.vocabulary.find(primary):
            spoken = query.words[occurrence.start : occurrence.end]
            said = " ".join(word.text for word in spoken)
            weight = min(word.weight for word in spoken)
            for concept in occurrence.concepts:
                if concept in known:
                    weights[concept] = max(weights.get(concept, 0.0), self.ranking.synonym_weight * weight)
                    synonyms[concept] = (*synonyms.get(concept, ()), said)
                    covered.update(range(occurrence.start, occurrence.end))
        for (place, first, _), (after, second, _) in pairwise(topic):
            term = joined(first.word, second.word, query.text) if after == place + 1 else ""
            if term in known:
                weight = self.ranking.joined_weight * min(first.weight, second.weight)
                weights[term] = max(weights.get(term, 0.0), weight)
                covered.update((place, after))
        missing = [word for place, word, terms in topic if not terms and place not in covered]
        unknown = dict.fromkeys(word.text for word in missing if word.weight > NOISE_WEIGHT)
        elsewhere = tuple(tuple(primary[item.start : item.end]) for item in self.not_covered.find(primary))
        telling = tuple((word.text, terms) for _, word, terms in topic if word.weight > NOISE_WEIGHT)
        return Weighed(
            weights, telling, synonyms, tuple(unknown), float(sum(word.weight for word in missing)), elsewhere
        )

    def _factors(self, terms: tuple[str, ...]) -> dict[str, float]:
        """Of the terms of a word, those that are known, each with what it counts beside the whole word. Remembered."""
        found = self._factors_of.get(terms)
        if found is None:
            if len(self._factors_of) > MOST_REMEMBERED:
                self._factors_of.clear()
            known = self.table.terms
            whole, *parts = terms
            found = {whole: 1.0} if whole in known else {}
            share = self.ranking.part_weight if found else max(self.ranking.part_weight, 1 / max(1, len(parts)))
            for part in parts:
                if part in known:
                    found[part] = max(found.get(part, 0.0), share)
            self._factors_of[terms] = found
        return found

    # -- corrections ----------------------------------------------------------------------------------------------

    def correct(self, query: Query) -> tuple[Query, tuple[tuple[str, str], ...]]:
        """`query` with unknown words replaced by what was probably meant, and the replacements; itself when there are none."""
        if query.is_log:
            return query, ()
        suggested = {
            place: meant
            for place, word in enumerate(query.words)
            if not word.is_stop and (meant := self._meant(query, place))
        }
        for place in self._spoken(query) if suggested else ():
            suggested.pop(place, None)
        if not suggested:
            return query, ()
        replaced: list[tuple[str, str]] = []
        new_words: list[QueryWord] = []
        text, shift = query.text, 0
        for place, word in enumerate(query.words):
            meant = suggested.get(place, "")
            at, end = word.word.start + shift, word.word.end + shift
            if not meant:
                new_words.append(replace(word, word=word.word._replace(start=at, end=end)) if shift else word)
                continue
            replaced.append((word.text, meant))
            text = text[:at] + meant + text[end:]
            shift += len(meant) - (end - at)
            weight = word.weight * self.ranking.corrected_weight
            for piece in meant.split():
                moved = word.word._replace(start=at, end=at + len(piece), terms=word_terms(piece))
                new_words.append(replace(word, text=piece, weight=weight, word=moved))
                at += len(piece) + 1
        return replace(query, text=text, words=tuple(new_words)), tuple(dict.fromkeys(replaced))

    def _spoken(self, query: Query) -> set[int]:
        """Places of the words that the vocabulary knows, or that name something not covered: they are meant as they are."""
        primary = [word.word.terms[0] for word in query.words]
        found = [
            item
            for item in self.vocabulary.find(primary)
            if any(concept in self.table.terms for concept in item.concepts)
        ]
        found += self.not_covered.find(primary)
        return {place for item in found for place in range(item.start, item.end)}

    @staticmethod
    def _letters(word: QueryWord) -> str:
        return word.word.terms[0] if len(word.word.terms) > 1 else letters(word.text)

    def _meant(self, query: Query, place: int) -> str:
        """What was probably meant by a word of `query`; "" where it is known, or nothing is near."""
        word = query.words[place]
        typed = self._letters(word)
        if len(typed) < SHORTEST or (not word.text.isalpha() and any(char.isdigit() for char in word.text)):
            return ""
        if word.word.terms[0] in self.table.terms:
            return self.corrector.suggest_for_doubtful(typed) if len(word.word.terms) == 1 else ""
        if len(word.word.terms) > 1 and all(part in self.table.terms for part in word.word.terms[1:]):
            return ""
        neighbours = query.words[max(0, place - 1) : place + 2]
        if any(
            joined(first.word, second.word, query.text) in self.table.terms
            for first, second in zip(neighbours, neighbours[1:], strict=False)
        ):
            return ""
        return self.corrector.suggest(typed)

    # -- ranking --------------------------------------------------------------------------------------------------

    def _asked(self, terms: Mapping[str, float], carried: Mapping[str, float]) -> Asked:
        weights = dict(terms)
        for term, weight in carried.items():
            weights[term] = max(weights.get(term, 0.0), weight)
        numbers = [self.table.terms[term] for term in weights]
        stop = self.ranking.wording_stop_weight
        values = [
            (stop * weight if term in STOP_TERMS else weight) * self._wording_idf[number]
            for (term, weight), number in zip(weights.items(), numbers, strict=True)
        ]
        length = math.sqrt(sum(value * value for value in values))
        return Asked(list(weights), numbers, list(weights.values()), values, length)

    def scores(self, weighed: Weighed, carried: Carried | None = None) -> Scores:
        """The scores of all documents."""
        asked = self._asked(weighed.terms, carried.terms if carried else {})
        sums = self._impacts.add_up(asked.numbers, asked.weights)
        likeness = self._likeness(asked)
        top = float(sums.max(initial=0.0))
        total = sums / top if top > 0 else sums
        total = total + (self.ranking.wording_weight * self._style) * likeness**self.ranking.wording_power
        if self._n_entries < len(total):
            # an entry answers, a guide is offered with it: none stands above the best entry
            best_entry = float(total[: self._n_entries].max(initial=0.0))
            guides = total[self._n_entries :] * self.ranking.guide_weight
            total[self._n_entries :] = np.minimum(guides, 0.999 * best_entry) if best_entry > 0 else guides
        if carried:
            for document, bonus in carried.documents.items():
                if total[document] > 0:
                    total[document] += bonus
        return Scores(asked, total, sums, likeness)

    def _likeness(self, asked: Asked) -> np.ndarray:
        """The cosine of the query and each document's most similar wording; float64 [documents]."""
        size = self.table.n_documents
        if not asked.length:
            return np.zeros(size)
        products = self._wordings.add_up(asked.numbers, asked.values)
        likeness: np.ndarray = products[:size]
        end = self._n_rounds * size
        if self._n_rounds > 1:
            others = products[size:end].reshape(-1, size).max(axis=0)
            np.maximum.at(others, self._late, products[end:])
            others *= self.ranking.alias_weight
            np.maximum(likeness, others, out=likeness)
        likeness /= asked.length
        return likeness

    def search(
        self, query: Query, limit: int = 10, *, correct: bool = True, section: str = "", carried: Carried | None = None
    ) -> Ranked:
        """The best `limit` documents for `query`."""
        correction: tuple[tuple[str, str], ...] = ()
        if correct:
            query, correction = self.correct(query)
        weighed = self.weigh(query)
        if not weighed.terms:
            return Ranked(query, (), Features(n_words=len(weighed.words)), weighed, correction)
        scores = self.scores(weighed, carried)
        total = scores.total
        allowed = self._allowed(query.conditions, section)
        # operators that nothing satisfies are taken for words
        filtered = False
        if allowed is not None and (section or allowed.any()):
            filtered = True
            total = np.where(allowed, total, 0.0)
        best = _best(total, limit)
        held = self._impacts.held_by(best, scores.asked.numbers)
        matched = self._matched(weighed, scores.asked, held)
        hits = tuple(
            Hit(self.ids[n], self.kinds[n], self.titles[n], self.sections[n], score, words)
            for n, score, words in zip(best, total[best].tolist(), matched, strict=True)
        )
        features = self._features(weighed, scores, total, best, held)
        return Ranked(query, hits, features, weighed, correction, filtered)

    def _matched(
        self, weighed: Weighed, asked: Asked, held: Sequence[Sequence[tuple[int, int]]]
    ) -> list[tuple[str, ...]]:
        """For each document, given its rows, the words of the query that it holds, in the order of the query."""
        bit = {name: 1 << place for place, name in enumerate(asked.names)}  # sets as bits of a number: hits are many
        spoken = [(text, sum(bit[term] for term in terms)) for text, terms in weighed.words]
        spoken += [(text, bit[concept]) for concept, said in weighed.synonyms.items() for text in said]
        of_bits: dict[int, tuple[str, ...]] = {}
        found = []
        for rows in held:
            bits = sum(1 << place for place, _ in rows)
            if bits not in of_bits:
                of_bits[bits] = tuple(dict.fromkeys(text for text, terms in spoken if terms & bits))
            found.append(of_bits[bits])
        return found

    def _features(
        self,
        weighed: Weighed,
        scores: Scores,
        total: np.ndarray,
        best: Sequence[int],
        rows_held: Sequence[Sequence[tuple[int, int]]],
    ) -> Features:
        """The features of the best entry among the documents `best`, whose rows are `rows_held`."""
        entries = [number for number in best if number < self._n_entries]
        if not entries:
            return Features(n_words=len(weighed.words))
        first = entries[0]
        table, asked = self.table, scores.asked
        values = [
            0.0 if term in STOP_TERMS else weight * self._idf[number]
            for term, weight, number in zip(asked.names, asked.weights, asked.numbers, strict=True)
        ]
        unknown = weighed.unknown_weight * table.max_idf
        whole = (sum(values) + unknown) or 1.0
        held = core = 0.0
        core_terms: set[str] = set()
        by_field = [0.0] * len(FIELDS)
        for place, row in rows_held[best.index(first)]:
            bits = int(table.fields[row])
            held += values[place]
            if bits & _CORE_BITS:
                core += values[place]
                core_terms.add(asked.names[place])
            for field_place in _REPORTED_FIELDS:
                if bits >> field_place & 1:
                    by_field[field_place] += values[place]
        runner_up = float(total[entries[1]]) if len(entries) > 1 else 0.0
        score, like = float(total[first]), float(scores.likeness[first])
        others = scores.likeness.copy()
        others[first] = 0.0
        return Features(
            coverage=held / whole, core=core / whole, unknown=unknown / whole,
            question=by_field[_QUESTION] / whole, aliases=by_field[_ALIASES] / whole, asked=by_field[_ASKED] / whole, errors=by_field[_ERRORS] / whole,
            strength=float(scores.sums[first]) / table.max_idf, likeness=like,
            lead=like - float(others.max()), margin=max(0.0, score - runner_up) / score if score > 0 else 0.0,
            elsewhere=float(any(not core_terms.issuperset(terms) for terms in weighed.elsewhere)), n_words=len(weighed.words),
        )  # fmt: skip

    def error_share(self, weighed: Weighed, document: int) -> tuple[float, int]:
        """How much of an error text of the document stands in the query, 0 to 1 by weight, and which text that is.

        The most complete one counts. Texts of which fewer than `LEAST_ERROR_TERMS` terms are there count 0.
        """
        table = self.table
        start, end = int(self._first_wording[document]), int(self._first_wording[document + 1])
        first = start + int(np.searchsorted(table.wording_kind[start:end], _ERRORS))
        bounds = np.array([first, end], dtype=table.wordings.dtype)  # of their type, or the rows would be copied
        share = [0.0] * (end - first)
        size = [0] * (end - first)
        for term in weighed.terms if end > first else ():
            number = table.terms[term]
            low, high = self._wording_row_starts[number], self._wording_row_starts[number + 1]
            rows = table.wordings[low:high]
            for place in range(*rows.searchsorted(bounds).tolist()):
                share[int(rows[place]) - first] += float(table.wording_weights[low + place]) ** 2
                size[int(rows[place]) - first] += 1
        # rounded, so that texts which are there completely are equal, and the first of them counts
        shares = [round(value, 6) if n >= LEAST_ERROR_TERMS else 0.0 for value, n in zip(share, size, strict=True)]
        best = max(range(len(shares)), key=shares.__getitem__, default=-1)
        return (shares[best], best) if best >= 0 else (0.0, -1)

    # -- operators ------------------------------------------------------------------------------------------------

    def _allowed(self, conditions: Sequence[Condition], section: str) -> np.ndarray | None:
        """Which documents satisfy the conditions and the section, bool [documents]; None when nothing is asked."""
        if not conditions and not section:
            return None
        allowed = np.ones(len(self.ids), dtype=bool)
        if conditions:
            with Searcher(self.whoosh.reader()) as searcher:
                allowed = _satisfying(conditions, searcher)[self.whoosh_numbers]
        if section:
            inside = [name == section or name.startswith(f"{section}.") for name in self.sections]
            allowed &= np.array(inside, dtype=bool)
        return allowed


def _satisfying(conditions: Sequence[Condition], searcher: Searcher) -> np.ndarray:
    """Which documents satisfy, of every group, at least one condition; bool, by their number in Whoosh's index."""
    groups: dict[int, np.ndarray] = {}
    for condition in conditions:
        found = np.zeros(searcher.doc_count_all(), dtype=bool)
        found[list(searcher.docs_for_query(_condition_query(condition)))] = True
        if condition.must_not:
            found = ~found
        groups[condition.group] = groups[condition.group] | found if condition.group in groups else found
    return np.asarray(np.logical_and.reduce(list(groups.values())))


def _condition_query(condition: Condition) -> whoosh_query.Query:
    firsts = [terms[0] for terms in condition.terms]
    if len(firsts) == 1:
        return whoosh_query.Term(condition.field, firsts[0])
    if condition.field == "text":
        return whoosh_query.Phrase("text", firsts)
    return whoosh_query.And([whoosh_query.Term(condition.field, term) for term in firsts])


def _best(total: np.ndarray, limit: int) -> list[int]:
    """Places of the highest scores above zero, best first; equal scores in their order."""
    places = np.flatnonzero(total > 0.1 * total.max(initial=0.0))  # most are far below: that is seen faster than sorted
    if len(places) < limit:
        places = np.flatnonzero(total)
    if len(places) > limit:
        least = np.partition(total[places], -limit)[-limit]
        places = places[total[places] >= least]
    return list(places[np.argsort(-total[places], kind="stable")[:limit]].tolist())

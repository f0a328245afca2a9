"""The answer to a question, as a plain value: level, entry, passage, candidates, and why.

Everything that shows answers, the portal, the command line, the API and the browser, shows this and decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kb.analysis import STOP_TERMS
from kb.errors import InputError
from kb.followup import Turn, carry_over
from kb.generation import Generation
from kb.levels import Level, confidence, level_of
from kb.query import Query, clean, make_query
from kb.retrieval import Hit, Ranked
from kb.settings import Settings
from kb.snippet import Snippet, choose, make_snippet

MOST_CANDIDATES = 4
MOST_CANDIDATES_IF_WEAK = 5
LEAST_RANKED = 10  # hits that are looked at whatever the limit, so that level and candidates do not depend on it
NOTHING_ASKED = "Enter a question or an error line"
ERROR_RECOGNISED = 0.75  # share of a known error text, by weight, from which it counts as recognised


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another entry that may be meant."""

    hit: Hit
    level: Level


@dataclass(frozen=True, slots=True)
class Why:
    """What led to an answer."""

    matched: tuple[str, ...] = ()  # words of the question that the entry holds, as typed
    synonyms: tuple[tuple[str, str], ...] = ()  # (as typed, the concept it was taken for)
    error_text: str = ""  # the known error text that was recognised
    ignored: tuple[str, ...] = ()  # parts of a pasted log that weigh little
    unknown: tuple[str, ...] = ()  # words no entry holds


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader is told."""

    question: str
    log: str
    level: Level
    hits: tuple[Hit, ...]  # all that were found, best first
    snippet: Snippet | None  # the best passage of the first entry
    candidates: tuple[Candidate, ...]
    corrected: str | None  # the text that was searched instead of the one typed
    correction: tuple[tuple[str, str], ...]  # (typed, searched) words
    why: Why
    carried: str  # the earlier question that was taken into account; empty for none
    took_ms: float
    guides: tuple[str, ...] = ()  # ids of guides that work through it, best first

    @property
    def entry(self) -> Hit | None:
        """The entry that answers, None below the weak line."""
        return (
            next((hit for hit in self.hits if hit.kind == "entry"), None)
            if self.level in ("strong", "possible")
            else None
        )


def check_input(question: str, log: str, settings: Settings) -> None:
    """Raises InputError when there is nothing to search for, or more than a question or log may hold."""
    if not clean(question) and not clean(log):
        raise InputError(NOTHING_ASKED)
    if len(question) > settings.question_limit:
        raise InputError(question_too_long(settings))
    if len(log) > settings.log_limit:
        raise InputError(log_too_long(settings))


def question_too_long(settings: Settings) -> str:
    """The sentence for a question beyond the limit."""
    return f"Question must be {settings.question_limit:,} characters or less. Put longer output in the log field."


def log_too_long(settings: Settings) -> str:
    """The sentence for a log beyond the limit."""
    return f"Log or error output must be {settings.log_limit:,} characters or less. Keep the lines around the error."


def rank(
    generation: Generation, settings: Settings, query: Query, *, exact: bool = False, section: str = "", limit: int = 10,
    history: Sequence[Turn] = (),
) -> tuple[Ranked, float, str]:  # fmt: skip
    """The hits for a query, the probability that the first answers it, and the earlier question it leaned on ("" for none)."""
    found = generation.retriever.search(query, limit, correct=not exact, section=section)
    probability = confidence(found.features, settings.levels)
    carried = carry_over(generation, found, probability, history, settings) if history else None
    if not carried:
        return found, probability, ""
    leaning = generation.retriever.search(query, limit, correct=not exact, section=section, carried=carried.weights)
    return leaning, max(probability, carried.confidence(leaning)), carried.question


def answer(
    generation: Generation, settings: Settings, question: str, log: str = "", *, exact: bool = False, section: str = "",
    limit: int = 10, history: Sequence[Turn] = (),
) -> Answer:  # fmt: skip
    """The answer to a question with a pasted log, either of which may be empty.

    exact: nothing is corrected. section: only entries of this section, or of those below it. history: earlier turns of the
    conversation, oldest first. Raises InputError for empty or too long input.
    """
    started = time.perf_counter()
    check_input(question, log, settings)
    query = make_query(question, log, generation.options)
    found, probability, carried = rank(
        generation, settings, query, exact=exact, section=section, limit=max(limit, LEAST_RANKED), history=history
    )
    entries = [hit for hit in found.hits if hit.kind == "entry"]
    level = level_of(probability, settings.levels) if entries else "none"
    snippet = None
    if entries and level in ("strong", "possible"):
        snippet = best_snippet(generation, found, entries[0])
    return Answer(
        question=question, log=log, level=level, hits=found.hits[:limit], snippet=snippet,
        candidates=_candidates(generation, settings, found, entries, level, probability),
        corrected=found.query.text if found.correction else None, correction=found.correction,
        why=_why(generation, found, entries), carried=carried, guides=_guides(generation, found, entries, level),
        took_ms=(time.perf_counter() - started) * 1000,
    )  # fmt: skip


def best_snippet(generation: Generation, found: Ranked, hit: Hit) -> Snippet | None:
    """The passage of `hit` that says most about the query; None for an entry without any text."""
    table = generation.retriever.table
    document = generation.retriever.number[hit.id]
    numbers = [(table.terms[term], weight) for term, weight in found.weighed.terms.items() if term not in STOP_TERMS]
    weights = {number: weight * float(table.idf[number]) for number, weight in numbers}
    chosen = choose(generation.passages(document), weights)
    return make_snippet(generation.passage(document, chosen[0]), chosen[1]) if chosen else None


def _candidates(
    generation: Generation, settings: Settings, found: Ranked, entries: Sequence[Hit], level: Level, probability: float
) -> tuple[Candidate, ...]:
    if level == "none":
        return ()
    if level == "weak":
        return tuple(Candidate(hit, "weak") for hit in entries[:MOST_CANDIDATES_IF_WEAK])
    first = entries[0]
    others = []
    for hit in entries[1 : MOST_CANDIDATES + 1]:
        # nothing below the first is surer than its share of the first's score makes it
        share = probability * hit.score / first.score if first.score else 0.0
        others.append(Candidate(hit, "possible" if share >= settings.levels.possible_from else "weak"))
    return tuple(others)


def _guides(generation: Generation, found: Ranked, entries: Sequence[Hit], level: Level) -> tuple[str, ...]:
    """The guides to offer: first one whose error text was pasted, then those of the entry that answers."""
    retriever = generation.retriever
    recognised = [
        hit.id
        for hit in found.hits
        if hit.kind == "guide" and retriever.error_share(found.weighed, retriever.number[hit.id])[0] >= ERROR_RECOGNISED
    ]
    entry = generation.entry(entries[0].id) if entries and level in ("strong", "possible") else None
    own = entry.guides if entry else ()
    return tuple(guide for guide in dict.fromkeys([*recognised, *own]) if generation.guide(guide))


def _why(generation: Generation, found: Ranked, entries: Sequence[Hit]) -> Why:
    if not entries:
        return Why(unknown=found.weighed.unknown, ignored=found.query.noise)
    matched = set(entries[0].matched)
    plain = {text for text, terms in found.weighed.words if terms and text in matched}
    synonyms = tuple(
        (said, concept[1:]) for concept, sayings in found.weighed.synonyms.items() for said in dict.fromkeys(sayings)
        if said in matched and said.lower() != concept[1:].lower()
    )  # fmt: skip
    return Why(
        matched=tuple(word for word in entries[0].matched if word in plain),
        synonyms=synonyms,
        error_text=_recognised_error(generation, found, entries[0]),
        ignored=found.query.noise,
        unknown=found.weighed.unknown,
    )


def _recognised_error(generation: Generation, found: Ranked, hit: Hit) -> str:
    """The error text of the entry that the query holds most of, if that is enough to call it recognised."""
    entry = generation.entry(hit.id)
    if not entry or not entry.errors:
        return ""
    share, place = generation.retriever.error_share(found.weighed, generation.retriever.number[hit.id])
    return entry.errors[place] if share >= ERROR_RECOGNISED and place < len(entry.errors) else ""

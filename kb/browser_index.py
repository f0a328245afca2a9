"""What the browser answers from: the ranking as data, as scripts that also work from disk.

`engine.js` is the engine, made of the scripts of `ENGINE_SCRIPTS`, with the rules by which text is read; it comes first.
`index.js` holds what every answer needs, `spelling.js` the words that misspelled ones are corrected to, `wordings.js` what
suggestions are looked up in, `texts/<id>.js` what a card of one
entry shows. Pages then call `kb.engine.open(kb.data)`; `static/engine/answer.js` says what comes back. Nothing is decided in
the browser: numbers, words, patterns and sentences all come from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kb import analysis, answer, correction, followup, levels, markdown, query, retrieval, snippet, suggestions
from kb.browser_patterns import browser_pattern
from kb.browser_spelling import pack_spelling
from kb.browser_table import pack_table
from kb.entry import Entry, Guide
from kb.fields import FIELDS, index_documents
from kb.generation import Generation
from kb.settings import Settings
from kb.vocabulary import MARK

STATIC = Path(__file__).parent.parent / "static"
BROWSER_FORMAT = 2  # raise it whenever index.js or the texts change shape: scripts refuse data of another format
# Files below static/, in the order in which they are loaded or joined.
ENGINE_SCRIPTS = tuple(
    f"engine/{name}.js"
    for name in (
        "data", "stem", "analysis", "vocabulary", "query", "correction", "decoder", "terms", "table_reader", "table", "spelling", "conditions", "weighing", "ranking", "levels",
        "followup", "snippet", "suggestions", "answer",
    )
)  # fmt: skip


def engine_script() -> str:
    """The engine as one script, without comments and indentation, and the rules by which it reads text."""
    files = ((STATIC / name).read_text(encoding="utf-8") for name in ENGINE_SCRIPTS)
    lines = (line.strip() for text in files for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    return f"{code}\nkb.engine.setRules({_json(_rules())});\n"


def browser_scripts(generation: Generation, settings: Settings) -> Iterator[tuple[str, str]]:
    """Paths below the copy's `assets/` with the scripts to write there, `texts/<id>.js` for every entry and guide among them."""
    yield "engine.js", engine_script()
    yield "index.js", f"kb.index({_json(index_data(generation, settings))});\n"
    spelling = pack_spelling(generation.retriever.corrector.frequencies)
    yield "spelling.js", f"kb.setSpelling({_json(spelling)});\n"
    yield "wordings.js", f"kb.setWordings({_json(word_data(generation))});\n"
    for document_id, text in text_data(generation):
        yield f"texts/{document_id}.js", f"kb.text({_json(document_id)},{_json(text)});\n"


def _json(value: Any) -> str:
    """`value` as JSON that may also stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (
        text.replace("</", "<\\/")
        .replace("<!--", "<\\u0021--")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def index_data(generation: Generation, settings: Settings) -> dict[str, Any]:
    """What `index.js` holds."""
    content = generation.content
    return {
        "format": BROWSER_FORMAT,
        "settings": settings.model_dump(
            include={"ranking", "levels", "follow_up", "question_limit", "log_limit"},
            exclude={"ranking": {"field_weights"}},
        ),
        "messages": {
            "empty": answer.NOTHING_ASKED,
            "question_too_long": answer.question_too_long(settings),
            "log_too_long": answer.log_too_long(settings),
            "leads": levels.LEADS,
        },
        "vocabulary": [_variants(concept) for concept in content.vocabulary],
        "not_covered": _variants(["elsewhere", *content.site.not_covered]),
        "options": sorted(generation.options),
        "sections": {section.id: section.title for section in content.sections},
        "documents": _documents(generation),
        "table": pack_table(generation, settings.ranking),
    }


def _variants(concept: Sequence[str]) -> list[str]:
    """The name of a concept, then each of its variants as its terms, one a line."""
    variants = ("\n".join(analysis.primary_terms(variant)) for variant in concept)
    return [concept[0], *dict.fromkeys(variant for variant in variants if variant)]


def _rules() -> dict[str, Any]:
    """Words, patterns and numbers by which text is read, as the modules that use them have them."""
    patterns = {
        "word": analysis.WORD, "part": analysis.PART, "segment": analysis._SEGMENT, "encoded": analysis._ENCODED,
        "sign": analysis._SIGN, "sign_beside_numbers": analysis._SIGN_BESIDE_NUMBERS, "apostrophe": analysis._APOSTROPHE,
        "plural_of_capitals": analysis._PLURAL_OF_CAPITALS, "unspaced": analysis._UNSPACED, "noise": query._NOISE,
        "path": query._PATH, "log_shape": query._LOG_SHAPE, "operator": query._OPERATOR,
        "may_hold_operators": query._MAY_HOLD_OPERATORS, "control": query._CONTROL, "boolean": query._BOOLEAN,
        "leans": followup._LEANS, "suggested_word": suggestions._WORD,
    }  # fmt: skip
    return {
        "patterns": {name: browser_pattern(pattern) for name, pattern in patterns.items()},
        "whole_patterns": ["encoded", "plural_of_capitals"],
        "stop": sorted(analysis.STOP_WORDS),
        "one_word": sorted(analysis.ONE_WORD),
        "never_stemmed": sorted(analysis.NEVER_STEMMED),
        "most_term_chars": analysis.MAX_TERM_CHARS,
        "concept_mark": MARK,
        "fields": FIELDS,
        "field_names": query.FIELD_NAMES,
        "log_marks": query._LOG_MARKS,
        "operator_marks": query._OPERATOR_MARKS,
        "common": " ".join(sorted(correction.COMMON_WORDS)),
        "numbers": {
            "noise_weight": query.NOISE_WEIGHT, "path_weight": query.PATH_WEIGHT,
            "most_words_beside_a_phrase": query.MOST_WORDS_BESIDE_A_PHRASE, "shortest": correction.SHORTEST,
            "least_error_terms": retrieval.LEAST_ERROR_TERMS, "hits": answer.LEAST_RANKED,
            "candidates": answer.MOST_CANDIDATES, "candidates_if_weak": answer.MOST_CANDIDATES_IF_WEAK,
            "error_recognised": answer.ERROR_RECOGNISED, "most_strength": levels.MOST_STRENGTH,
            "suggestions": suggestions.MOST, "suggest_from": suggestions.LEAST_CHARACTERS,
        },
        "correction": {
            "shortest": correction.SHORTEST, "shortest_for_other": correction.SHORTEST_FOR_OTHER,
            "shortest_for_two": correction.SHORTEST_FOR_TWO, "shortest_half": correction.SHORTEST_HALF,
            "frequent": correction.FREQUENT, "doubtful": correction.DOUBTFUL, "endings": correction.ENDINGS,
        },
        "snippet": {
            "most_words": snippet.MOST_WORDS, "neighbour_factor": snippet.NEIGHBOUR_FACTOR,
            "long_sentence_words": snippet.LONG_SENTENCE_WORDS,
        },
    }  # fmt: skip


def _documents(generation: Generation) -> dict[str, Any]:
    """What cards and follow-ups need to know of every entry and guide: parallel lists, entries first."""
    content = generation.content
    number = generation.retriever.number
    every: list[Entry | Guide] = [*content.entries, *content.guides]

    def numbers(ids: tuple[str, ...]) -> list[int]:
        return [number[one] for one in ids if one in number]

    return {
        "n_entries": len(content.entries),
        "ids": [item.id for item in every],
        "titles": [item.question for item in every],
        "sections": [item.section for item in every],
        "reviewed": [item.reviewed for item in every],
        "problems": [int(isinstance(item, Entry) and item.kind == "problem") for item in every],
        "related": [numbers(item.related) if isinstance(item, Entry) else [] for item in every],
        "guides": [numbers(item.guides) if isinstance(item, Entry) else [] for item in every],
        "steps": [len(item.steps) if isinstance(item, Guide) else 0 for item in every],
    }


def word_data(generation: Generation) -> dict[str, Any]:
    """What `wordings.js` holds: the words of wordings, sorted as JavaScript sorts, and for each the documents that hold it."""
    listed = suggestions.make_word_list(generation.content)
    pairs = sorted(listed.pairs(), key=lambda pair: pair[0].encode("utf-16-be"))
    return {"words": [word for word, _ in pairs], "holders": [holders for _, holders in pairs]}


def text_data(generation: Generation) -> Iterator[tuple[str, dict[str, Any]]]:
    """What `texts/<id>.js` holds, by id: passages to quote, error texts, and all that was written, for quoted phrases."""
    content = generation.content
    every: list[Entry | Guide] = [*content.entries, *content.guides]
    for number, (document, item) in enumerate(zip(index_documents(content), every, strict=True)):
        passages = [generation.passage(number, place) for place in range(len(generation.passages(number).factors))]
        yield (
            document.id,
            {
                "passages": [_passage(item, passage) for passage in passages],
                "short": item.short,
                "applies_to": item.applies_to if isinstance(item, Entry) else "",
                "written": {name: texts for name, texts in document.fields.items() if name != "asked"},
            },
        )


def _passage(item: Entry | Guide, passage: snippet.Passage) -> dict[str, Any]:
    return {
        "text": passage.text,
        "sentences": _utf16_ranges(passage.text, passage.sentences),
        "code": _utf16_ranges(passage.text, passage.code_spans),
        "anchor": passage.anchor,
        "heading": snippet.heading_shown(item, passage.heading),
        "historic": passage.historic,
        "commands": [
            [command.language, command.text, markdown.highlight_runs(command.text, command.language)]
            for command in passage.commands
        ],
        "factor": snippet.factor_of(passage),
    }


def _utf16_ranges(text: str, ranges: tuple[tuple[int, int], ...]) -> list[list[int]]:
    """`ranges` counted as JavaScript counts, in which a character beyond U+FFFF is two."""
    if text.isascii():
        return [list(pair) for pair in ranges]
    return [[place + sum(char > "\uffff" for char in text[:place]) for place in pair] for pair in ranges]

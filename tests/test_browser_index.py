"""The browser answers as Python does: every labelled question and 2,000 generated ones are asked on both sides.

Node runs all of them; Chromium, on a page opened from disk, must then say what Node says.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from browser_world import opened, watch
from engine_world import built
from generated_questions import Request, generated, labelled
from node_world import loaded, run
from playwright.sync_api import Browser

from kb.analysis import MAX_TERM_CHARS, word_terms, words
from kb.answer import Answer, answer
from kb.browser_index import browser_scripts
from kb.browser_table import hash_of
from kb.errors import InputError
from kb.followup import Turn
from kb.generation import Generation
from kb.query import clean
from kb.settings import Settings
from kb.suggestions import make_word_list, suggest

TESTS = Path(__file__).parent
LABELLED = ("golden.jsonl", "questions.jsonl", "golden_conversations.jsonl", "conversations.jsonl")
N_GENERATED = 2000
SAME_FIRST = SAME_LEVEL = 0.99
SAME_FIVE = 0.98
MOST_BYTES = 60_000  # of index.js, compressed


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(content=TESTS.parent / "content", data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def generation(settings: Settings) -> Generation:
    """The project's own content."""
    return built(settings)


@pytest.fixture(scope="module")
def assets(generation: Generation, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    (folder / "texts").mkdir()
    for name, text in browser_scripts(generation, settings):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def requests(generation: Generation) -> list[Request]:
    asked = list(labelled(*(TESTS / name for name in LABELLED)))
    return asked + list(generated(generation.content, [request["question"] for request in asked], N_GENERATED))


@pytest.fixture(scope="module")
def browser_answers(assets: Path, requests: list[Request]) -> list[dict[str, Any]]:
    given = "\n".join(json.dumps(request) for request in requests)
    return [json.loads(line) for line in run(TESTS / "engine_answers.js", assets, given=given).splitlines()]


@pytest.fixture(scope="module")
def python_answers(generation: Generation, settings: Settings, requests: list[Request]) -> list[Answer | str]:
    """Answers, or the sentence of an input error."""
    return [_ask(generation, settings, request) for request in requests]


def _ask(generation: Generation, settings: Settings, request: Request) -> Answer | str:
    turns = [Turn(turn["question"], turn["log"], turn["entry_id"]) for turn in request.get("history", [])]
    options = {"exact": request.get("exact", False), "section": request.get("section", ""), "history": turns}
    try:
        return answer(generation, settings, request["question"], request.get("log", ""), **options)
    except InputError as error:
        return str(error)


def _differences(mine: Answer | str, its: dict[str, Any]) -> Iterator[str]:
    """What the two sides do not agree on."""
    if isinstance(mine, str):
        if its.get("error") != mine:
            yield "error"
        return
    if "error" in its:
        yield "error"
        return
    here, there = [hit.id for hit in mine.hits], [hit["id"] for hit in its["hits"]]
    why = json.loads(json.dumps(asdict(mine.why)))
    snippet = mine.snippet and (
        mine.snippet.text,
        mine.snippet.anchor,
        len(mine.snippet.code_spans),
        len(mine.snippet.commands),
    )
    shown = its["snippet"] and tuple(its["snippet"][key] for key in ("text", "anchor")) + tuple(
        len(its["snippet"][key]) for key in ("codeSpans", "commands")
    )
    pairs = {
        "first": (here[:1], there[:1]), "level": (mine.level, its["level"]), "five": (here[:5], there[:5]),
        "corrected": (mine.corrected, its["corrected"]), "carried": (mine.carried, its["carried"]), "guides": (list(mine.guides), its["guides"]),
        "why": (why, its["why"]), "snippet": (snippet, shown),
        "candidates": ([(c.hit.id, c.level) for c in mine.candidates], [(c["id"], c["level"]) for c in its["candidates"]]),
    }  # fmt: skip
    yield from (name for name, (one, other) in pairs.items() if one != other)


def _reason(request: Request, mine: Answer | str, generation: Generation, hashes: dict[int, str]) -> str:
    """Why the two sides may differ: an unknown word has the number of a known one, or two entries are nearly as good."""
    known = generation.retriever.table.terms
    bits = max(hashes).bit_length()
    texts = [request["question"], request.get("log", ""), *(turn["question"] for turn in request.get("history", []))]
    if isinstance(mine, Answer) and mine.corrected:
        texts.append(mine.corrected)
    typed = [word for text in texts for word in words(clean(text), keep_stop_words=True)]
    terms = {term for word in typed for term in word.terms}
    for text in texts:
        cleaned = clean(text)
        found = words(cleaned, keep_stop_words=True)
        terms |= {_run_together(cleaned, one, two) for one, two in zip(found, found[1:], strict=False)}
    for term in sorted(terms - known.keys() - {""}):
        if hash_of(term, bits) in hashes:
            return f"“{term}” has the number of “{hashes[hash_of(term, bits)]}”"
    if isinstance(mine, Answer):
        scores = [hit.score for hit in mine.hits[:6]]
        if any(one - other < 1e-4 * one for one, other in zip(scores, scores[1:], strict=False)):
            return "nearly equal scores"
    return ""


def _run_together(text: str, one: Any, two: Any) -> str:
    return word_terms((text[one.start : one.end] + text[two.start : two.end]).lower())[0][:MAX_TERM_CHARS]


def test_the_same_answers(
    requests: list[Request], python_answers: list[Answer | str], browser_answers: list[dict[str, Any]], generation: Generation, assets: Path,
) -> None:  # fmt: skip
    bits = int(loaded(assets, "kb.data.table.hash_bits"))
    hashes = {hash_of(term, bits): term for term in generation.retriever.table.terms} | {
        (1 << bits) - 1: "the last number"
    }
    differences: Counter[str] = Counter()
    unexplained = []
    for request, mine, its in zip(requests, python_answers, browser_answers, strict=True):
        found = list(_differences(mine, its))
        differences.update(found)
        if found:
            reason = _reason(request, mine, generation, hashes)
            print(f"{request['kind']} {request['question'][:80]!r}: {', '.join(found)}: {reason or 'UNEXPLAINED'}")
            unexplained += [] if reason else [request]
    n = len(requests)
    print(f"{n} questions, differences: {dict(differences)}")
    assert n >= 2800
    assert not differences["error"]
    assert differences["first"] <= (1 - SAME_FIRST) * n
    assert differences["level"] <= (1 - SAME_LEVEL) * n
    assert differences["five"] <= (1 - SAME_FIVE) * n
    assert not unexplained


def test_the_same_suggestions(
    requests: list[Request], browser_answers: list[dict[str, Any]], generation: Generation, settings: Settings
) -> None:
    listed = make_word_list(generation.content)
    different = []
    for request, its in zip(requests[::7], browser_answers[::7], strict=True):
        text = request["question"][: settings.question_limit]
        if "error" in its:
            continue
        found = answer(generation, settings, text) if clean(text) else None
        if [item.id for item in suggest(listed, text, found)] != its["suggestions"]:
            different.append(text)
    assert len(different) <= len(requests) // 7 * 0.02, different


def test_chromium_from_disk_says_what_node_says(
    browser: Browser, assets: Path, requests: list[Request], browser_answers: list[dict[str, Any]], tmp_path: Path
) -> None:
    names = [
        "engine.js",
        "index.js",
        "spelling.js",
        "wordings.js",
        *(f"texts/{path.name}" for path in sorted((assets / "texts").iterdir())),
    ]
    scripts = "".join(f'<script src="{(assets / name).as_uri()}"></script>' for name in names)
    page_file = tmp_path / "page.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8><title>Engine</title>{scripts}", encoding="utf-8")
    with opened(browser) as page:
        complaints = watch(page)
        page.goto(page_file.as_uri())
        found = page.evaluate(
            """(requests) => {
                const engine = kb.engine.open(kb.data, kb.texts);
                return requests.map((request) => {
                    const answer = engine.ask(request);
                    return answer.error ? [answer.error] : [answer.level, ...answer.hits.map((hit) => hit.id)];
                });
            }""",
            requests,
        )
    expected = [
        [its["error"]] if "error" in its else [its["level"], *(hit["id"] for hit in its["hits"])]
        for its in browser_answers
    ]
    assert found == expected
    assert complaints == []


def test_the_index_is_small(assets: Path) -> None:
    assert len(gzip.compress((assets / "index.js").read_bytes(), 9)) <= MOST_BYTES


def test_the_same_scripts_every_time(generation: Generation, settings: Settings) -> None:
    assert list(browser_scripts(generation, settings)) == list(browser_scripts(generation, settings))


def test_data_of_another_format_is_refused(assets: Path) -> None:
    said = loaded(
        assets, "(() => { try { kb.engine.open({ format: 0 }); } catch (error) { return error.message; } })()"
    )
    assert "another version" in said


@pytest.mark.parametrize(
    "damage",
    [
        "code.slice(0, -400)",
        "code.slice(0, 3000) + code.slice(3400)",
        "code.slice(0, 3000) + (code[3000] === 'A' ? 'B' : 'A') + code.slice(3001)",
        "''",
        "'not base 64!'",
    ],
)
def test_damaged_data_is_refused(assets: Path, damage: str) -> None:
    said = loaded(
        assets,
        f"""(() => {{
            const {{ code }} = kb.data.table;
            const damaged = {{ ...kb.data, table: {{ ...kb.data.table, code: {damage} }} }};
            try {{ kb.engine.open(damaged); }} catch (error) {{ return error.message; }}
        }})()""",
    )
    assert said == "index.js is damaged; export the copy again"


def test_opened_in_the_background_it_answers_the_same(assets: Path) -> None:
    script = f"""
        for (const name of ["engine", "index"]) require({json.dumps(str(assets))} + "/" + name + ".js");
        const request = {{ question: "how do I remove the pass phrase from my private key" }};
        const told = ({{ took_ms, ...answer }}) => JSON.stringify(answer);
        kb.engine.openSoon(kb.data).then((soon) => {{
            console.log(told(soon.ask(request)) === told(kb.engine.open(kb.data).ask(request)));
            return kb.engine.openSoon({{ format: 0 }});
        }}).catch((error) => console.log(error.message));
    """
    same, refused = run(script).splitlines()
    assert same == "true"
    assert "another version" in refused


def test_texts_that_an_operator_needs(assets: Path, generation: Generation) -> None:
    needed = loaded(assets, "engine.needs({ question: '\"Certificate Authority\" own' })")
    assert "own-certificate-authority" in needed
    assert len(needed) < len(generation.retriever.ids)
    assert loaded(assets, 'engine.needs({ question: "Certificate Authority of my own" })') == []


def test_what_a_card_says_beside_its_text(assets: Path, generation: Generation) -> None:
    entry = next(item for item in generation.content.entries if item.guides)
    meta = loaded(assets, f"engine.meta({json.dumps(entry.id)})")
    section, guide = generation.section(entry.section), generation.guide(entry.guides[0])
    assert section and guide
    assert (meta["kind"], meta["title"], meta["reviewed"], meta["section_title"]) == (
        "entry",
        entry.question,
        entry.reviewed,
        section.title,
    )
    assert meta["is_problem"] == (entry.kind == "problem")
    assert meta["guides"][0] == {"id": guide.id, "kind": "guide", "title": guide.question, "steps": len(guide.steps)}
    assert loaded(assets, 'engine.meta("no-such-entry")') is None


def test_without_the_words_nothing_is_corrected_and_all_else_answers(assets: Path) -> None:
    asked = 'engine.ask({ question: "how do I remove the passphrse from my private key" })'
    corrected = loaded(assets, asked)
    plain = loaded(assets, f"(() => {{ kb.spelling = null; return {asked}; }})()")
    assert corrected["correction"] == [["passphrse", "passphrase"]]
    assert plain["correction"] == []
    assert plain["level"] != "none"


def test_words_have_the_same_terms(assets: Path, requests: list[Request]) -> None:
    raw = sorted(
        {word for request in requests for word in request["question"].encode("utf-8", "replace").decode().split()}
    )[:6000]
    found = loaded(
        assets, f"{json.dumps(raw)}.map((text) => engine.analyzer.words(text, true).map((word) => word.terms))"
    )
    assert found == [[list(word.terms) for word in words(text, keep_stop_words=True)] for text in raw]

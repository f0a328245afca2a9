"""The table that the browser reads is the table that Python ranks by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from node_world import loaded

from kb.analysis import STOP_TERMS, primary_terms
from kb.browser_index import browser_scripts
from kb.browser_table import hash_of, pack_table
from kb.fields import FIELDS
from kb.generation import Generation
from kb.settings import Settings

REPORTED = sum(1 << FIELDS.index(name) for name in ("question", "aliases", "asked", "errors"))
DUMP = """(({ table, corrector }) => ({
    of: %s.map((term) => table.terms.get(term)),
    starts: Array.from(table.starts), documents: Array.from(table.documents), impacts: Array.from(table.impacts),
    fields: Array.from(table.fields), idf: Array.from(table.idf), maxIdf: table.maxIdf, style: table.questionStyle,
    wordingStarts: Array.from(table.wordingStarts), wordings: Array.from(table.wordings), weights: Array.from(table.wordingWeights),
    wordingDocument: Array.from(table.wordingDocument), wordingKind: Array.from(table.wordingKind),
    frequencies: Object.fromEntries(engine.readSpelling()),
}))(engine)"""


@pytest.fixture(scope="module")
def dump(small: Generation, small_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What JavaScript makes of the scripts of the small knowledge base."""
    import json

    assets: Path = tmp_path_factory.mktemp("assets")
    (assets / "texts").mkdir()
    for name, text in browser_scripts(small, small_settings):
        (assets / name).write_text(text, encoding="utf-8")
    return dict(loaded(assets, DUMP % json.dumps(list(small.retriever.table.terms))))


def test_every_row_comes_back(small: Generation, dump: dict[str, Any]) -> None:
    table = small.retriever.table
    assert len(set(dump["of"])) == len(table.terms)
    for term, number in zip(table.terms, dump["of"], strict=True):
        mine = slice(*table.starts[table.terms[term] : table.terms[term] + 2].tolist())
        its = slice(*dump["starts"][number : number + 2])
        assert dump["documents"][its] == table.documents[mine].tolist(), term
        assert dump["impacts"][its] == pytest.approx(table.impacts[mine].tolist(), rel=1e-6), term
        assert dump["fields"][its] == [bits & REPORTED for bits in table.fields[mine].tolist()], term
        assert dump["idf"][number] == pytest.approx(float(table.idf[table.terms[term]]), rel=1e-6)
    assert dump["maxIdf"] == pytest.approx(table.max_idf, rel=1e-6)
    assert dump["style"] == table.question_style


def test_every_wording_comes_back(small: Generation, dump: dict[str, Any]) -> None:
    table = small.retriever.table
    assert dump["wordingDocument"] == table.wording_document.tolist()
    assert dump["wordingKind"] == table.wording_kind.tolist()
    for term, number in zip(table.terms, dump["of"], strict=True):
        mine = slice(*table.wording_starts[table.terms[term] : table.terms[term] + 2].tolist())
        its = slice(*dump["wordingStarts"][number : number + 2])
        assert dump["wordings"][its] == table.wordings[mine].tolist(), term
        assert dump["weights"][its] == pytest.approx(table.wording_weights[mine].tolist(), rel=1e-5), term


def test_every_word_to_correct_to_comes_back(small: Generation, dump: dict[str, Any]) -> None:
    assert dump["frequencies"] == small.retriever.corrector.frequencies


def test_terms_that_the_reader_looks_up_are_never_taken_for_others(small: Generation, small_settings: Settings) -> None:
    table = pack_table(small, small_settings.ranking)
    known = small.retriever.table.terms.keys()
    taken = {hash_of(term, table["hash_bits"]) for term in known - set(table["spelled"])}
    concepts = [
        term for variants in small.content.vocabulary for variant in variants for term in primary_terms(variant)
    ]
    assert not taken & {hash_of(term, table["hash_bits"]) for term in ({*concepts} | STOP_TERMS) - known}


def test_hashes_spread_and_stay_within_their_bits() -> None:
    hashes = {hash_of(f"word{number}", 20) for number in range(2000)}
    assert len(hashes) > 1990
    assert max(hashes) < 1 << 20
    assert hash_of("word1", 12) == hash_of("word1", 20) >> 8

"""Words with their occurrences come back, whatever their letters."""

from __future__ import annotations

import json

from node_world import run

from kb.browser_spelling import pack_spelling
from kb.scripts import STATIC

READ = """
    const [scripts, packed] = JSON.parse(require("fs").readFileSync(0, "utf8"));
    scripts.forEach((script) => require(script));
    process.stdout.write(JSON.stringify(Array.from(kb.engine.readSpelling(packed))));
"""


def test_words_and_occurrences_come_back() -> None:
    given = {
        "key": 412,
        "keys": 7,
        "keyring": 1,
        "a": 3,
        "straße": 2,
        "ключ": 5,
        "証明書": 1,
        "𐐨": 1,
        "𐐩x": 2,
        "x" * 64: 9,
        "x" * 65: 1,
    }
    scripts = [str(STATIC / "engine" / name) for name in ("spelling.js",)]
    found = json.loads(run(READ, given=json.dumps([scripts, pack_spelling(given)])))
    assert dict(found) == given
    assert [word for word, _ in found] == sorted(given)


def test_words_alike_cost_little() -> None:
    alike = {f"certificate{ending}": 1 for ending in ("", "s", "d", "ly", "less", "like")}
    assert len(pack_spelling(alike)) < len(" ".join(alike)) * 0.5

"""What Python writes, JavaScript reads."""

from __future__ import annotations

import json
import random

import pytest
from node_world import run

from kb.range_coder import NUMBER_CONTEXTS, Encoder
from kb.scripts import STATIC

READ = """
    const [decoder, wanted, text] = JSON.parse(require("fs").readFileSync(0, "utf8"));
    require(decoder);
    const code = new kb.engine.Decoder(text, 2000);
    const found = wanted.map(([kind, context, most]) => kind === "bits" ? code.bits(most) : code[kind](context, most));
    code.end();
    process.stdout.write(JSON.stringify(found));
"""


def read(wanted: list[tuple[str, int, int]], text: str) -> list[int]:
    decoder = str(STATIC / "engine" / "decoder.js")
    return list(json.loads(run(READ, given=json.dumps([decoder, wanted, text]))))


def test_decisions_counts_and_numbers_come_back() -> None:
    chance = random.Random(7)
    code = Encoder(2000)
    wanted: list[tuple[str, int, int]] = []
    values: list[int] = []
    for _ in range(5000):
        kind = chance.choice(["decide", "count", "number", "choice", "bits"])
        context = 1900 + chance.randrange(50)
        if kind == "decide":
            value = int(chance.random() < (context - 1899) / 51)
            code.decide(context, value)
        elif kind == "count":
            value = min(9, int(chance.expovariate(0.4)))
            code.count(context, value, 9)
        elif kind == "choice":
            context = 1970
            value = chance.randrange(5, 12)
            code.choice(context, value, 4)
        elif kind == "bits":
            value = chance.randrange(1 << 9)
            code.bits(value, 9)
        else:
            context = 0
            value = int(chance.expovariate(1 / 10 ** chance.randrange(6)))
            code.number(context, value)
        wanted.append((kind, context, 4 if kind == "choice" else 9))
        values.append(value)
    assert read(wanted, code.text()) == values


def test_the_expected_costs_little_and_the_unexpected_much() -> None:
    def size(values: list[int]) -> int:
        code = Encoder(1)
        for value in values:
            code.decide(0, value)
        return len(code.text())

    chance = random.Random(7)
    assert size([1] * 4000) < 40
    assert 600 < size([chance.randrange(2) for _ in range(4000)]) < 720  # 4,000 bits in base 64


def test_a_sum_that_runs_over_is_carried() -> None:
    code = Encoder(1)
    values = [0xFFFF] * 50 + [1, 0] * 50
    for value in values:
        code.bits(value, 16)
    assert read([("bits", 0, 16)] * len(values), code.text()) == values


def test_another_text_is_noticed() -> None:
    code = Encoder(1)
    for _ in range(400):
        code.bits(5, 4)
    wanted = [("bits", 0, 4)] * 400
    text = code.text()
    for damaged in (text[:-20], text[:100] + text[104:], "%" + text[1:], text + text):
        with pytest.raises(AssertionError, match=r"index\.js is damaged"):
            read(wanted, damaged)


def test_numbers_up_to_the_largest() -> None:
    code = Encoder(NUMBER_CONTEXTS)
    values = [0, 1, 2, 3, 255, 256, 65_535, (1 << 23) - 1]
    for value in values:
        code.number(0, value)
    assert read([("number", 0, 0)] * len(values), code.text()) == values

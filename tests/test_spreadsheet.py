"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io

import pytest

from kb.spreadsheet import cell, csv_text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+1",
        "@SUM(A1)",
        '=HYPERLINK("http://evil")',
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
        "-v fails",
        "=cmd|' /C calc'!A0",
    ],
)
def test_a_text_that_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("value", ["", "why?", "a=b", "1-2", "'x", "<b>", 0, 7, -3])
def test_anything_else_stays_as_it_is(value: str | int) -> None:
    assert cell(value) == value


def test_the_table_is_read_back_as_it_was() -> None:
    rows = [("a,b", 'say "x"', 3), ("line\nbreak", "größe", 0)]
    text = csv_text(("one", "two", "three"), rows)
    assert text.startswith("\ufeffone,two,three\r\n")
    assert list(csv.reader(io.StringIO(text[1:], newline="")))[1:] == [
        ["a,b", 'say "x"', "3"],
        ["line\nbreak", "größe", "0"],
    ]

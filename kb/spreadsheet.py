"""Tables as CSV that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A table as RFC 4180 text with a byte order mark, by which spreadsheets know that it is UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()


def cell(value: str | int) -> str | int:
    """A value as it can stand in a cell. Numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_FORMULA):
        return "'" + value
    return value

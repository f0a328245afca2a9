"""Cases as text: a file of tests/fixtures/ holds titles, inputs and what is expected of them.

A case is a title, a line with a dot, the input, a line with a dot, what is expected, and a line with a dot. Text
between cases is a comment. Both parts may be empty and may hold blank lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Case:
    """One input with what is expected of it."""

    title: str
    text: str
    expected: str

    def __str__(self) -> str:
        return self.title


def read_cases(name: str) -> list[Case]:
    """The cases of the file `name` in tests/fixtures/. Raises ValueError for a file that ends within a case."""
    cases: list[Case] = []
    title, parts, inside = "", [[], []], 0  # type: tuple[str, list[list[str]], int]
    for line in (FIXTURES / name).read_text(encoding="utf-8").split("\n"):
        if line == ".":
            inside += 1
            if inside == 3:
                cases.append(Case(title, "\n".join(parts[0]), "\n".join(parts[1])))
                parts, inside = [[], []], 0
        elif inside:
            parts[inside - 1].append(line)
        elif line.strip():
            title = line.strip()
    if inside or not cases:
        raise ValueError(f"{name} ends within the case {title!r}")
    return cases

"""Python's regular expressions in JavaScript's notation, so that the browser reads text by the same patterns.

What JavaScript says otherwise is rewritten: `\\w`, `\\d`, `\\s` and `\\b` mean all alphabets here, ASCII there; comments and
spaces of verbose patterns go; named groups lose their P. All patterns are for the `u` flag.
"""

from __future__ import annotations

import re

_LETTER = r"\p{L}\p{N}_"
_SPACE = r"\s\x1c-\x1f\x85"
_OUTSIDE = {
    "w": f"[{_LETTER}]", "W": f"[^{_LETTER}]", "d": r"\p{Nd}", "D": r"\P{Nd}", "s": f"[{_SPACE}]", "S": f"[^{_SPACE}]",
    "b": f"(?:(?<=[{_LETTER}])(?![{_LETTER}])|(?<![{_LETTER}])(?=[{_LETTER}]))",
}  # fmt: skip
_INSIDE = {"w": _LETTER, "d": r"\p{Nd}", "s": _SPACE}
_NEITHER_SIGN_NOR_DIGIT = (
    r"[^\W\d_]"  # the one negated class of classes in use: letters and the numerals that are no digits
)
_VERBOSE = re.compile(r"\(\?x\)")
_NEEDS_NO_ESCAPE = frozenset("\"'<>=!:;#&%@`~, _")
_FLAGS = ((re.IGNORECASE, "i"), (re.DOTALL, "s"), (re.MULTILINE, "m"))


def browser_pattern(pattern: re.Pattern[str]) -> list[str]:
    """`pattern` as JavaScript's source and flags. Raises ValueError for what this cannot rewrite."""
    is_verbose = bool(pattern.flags & re.VERBOSE)
    source = _VERBOSE.sub("", pattern.pattern)
    flags = "u" + "".join(letter for flag, letter in _FLAGS if pattern.flags & flag)
    return ["".join(_rewritten(source, is_verbose)), flags]


def _rewritten(source: str, is_verbose: bool) -> list[str]:
    found: list[str] = []
    at, in_class = 0, False
    while at < len(source):
        char = source[at]
        if source.startswith(_NEITHER_SIGN_NOR_DIGIT, at) and not in_class:
            found.append(r"[\p{L}\p{Nl}\p{No}]")
            at += len(_NEITHER_SIGN_NOR_DIGIT)
        elif char == "\\":
            found.append(_escape(source[at + 1], in_class))
            at += 2
        elif is_verbose and not in_class and char.isspace():
            at += 1
        elif is_verbose and not in_class and char == "#":
            at = source.index("\n", at)
        elif source.startswith("(?P<", at) and not in_class:
            found.append("(?<")
            at += 4
        else:
            if char == "[" and in_class:
                char = r"\["
            in_class = char == "[" or (in_class and char != "]")
            found.append(char)
            at += 1
    return found


def _escape(letter: str, in_class: bool) -> str:
    known = _INSIDE if in_class else _OUTSIDE
    if letter in known:
        return known[letter]
    if letter in "WDSbBAZ":
        raise ValueError(f"\\{letter} has no counterpart {'inside a class' if in_class else 'in JavaScript'}")
    return letter if letter in _NEEDS_NO_ESCAPE else f"\\{letter}"

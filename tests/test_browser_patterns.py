"""Patterns mean the same in JavaScript as in Python."""

from __future__ import annotations

import json
import re

import pytest
from node_world import run

from kb import analysis, followup, query
from kb.browser_patterns import browser_pattern

TEXTS = (
    "", "a", "SSLCipherSuite HIGH:!aNULL", "Straße naïve café", "ключ SSL-сертификата", "証明書 SSL2", "٣ bits ½ ²", "a\u0085b\u00a0c\x1fd",
    "[Tue Nov 24 02:11:03.123456 2026] [ssl:error] [pid 4711:tid 140] [client 10.0.0.1:54321] AH02004: x 0xdeadbeef 2001:db8::1",
    '"pass phrase" -key title:foo AND bar OR NOT baz', "/usr/local/apache2/conf/ssl.key/server.key", "it's, they’ve CAs HTTPs TLSv1.2 -DSSL",
    "and how do I do it then?", "e\u0301tat deja\u0300", "x" * 300,
)  # fmt: skip
PATTERNS = [
    analysis.WORD, analysis.PART, analysis._SEGMENT, analysis._APOSTROPHE, analysis._UNSPACED, analysis._SIGN, analysis._SIGN_BESIDE_NUMBERS,
    query._NOISE, query._PATH, query._LOG_SHAPE, query._OPERATOR, query._MAY_HOLD_OPERATORS, query._CONTROL, query._BOOLEAN, followup._LEANS,
]  # fmt: skip
SCRIPT = """
    const { texts, patterns } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const found = patterns.map(([source, flags]) =>
      texts.map((text) => Array.from(text.matchAll(new RegExp(source, flags + "g")), (match) => [match.index, match[0]])));
    process.stdout.write(JSON.stringify(found));
"""


def test_patterns_find_the_same() -> None:
    given = json.dumps({"texts": TEXTS, "patterns": [browser_pattern(pattern) for pattern in PATTERNS]})
    for pattern, found in zip(PATTERNS, json.loads(run(SCRIPT, given=given)), strict=True):
        expected = [[[match.start(), match.group()] for match in pattern.finditer(text)] for text in TEXTS]
        assert found == expected, pattern.pattern


def test_flags_names_and_comments() -> None:
    assert browser_pattern(re.compile("(?P<a>x)y", re.IGNORECASE | re.DOTALL)) == ["(?<a>x)y", "uis"]
    assert browser_pattern(re.compile("(?x) a [ #]  # a space or a cross\n b")) == ["a[ #]b", "u"]
    assert browser_pattern(re.compile(r"[^\W\d_]+")) == [r"[\p{L}\p{Nl}\p{No}]+", "u"]


@pytest.mark.parametrize("pattern", [r"[\W]", r"a\Z"])
def test_what_cannot_be_rewritten_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no counterpart"):
        browser_pattern(re.compile(pattern))

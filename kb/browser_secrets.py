"""The rules by which secrets are found, as a script for the offline copy: patterns, words and notes, none written twice.

static/offline/secrets.js and static/offline/private_keys.js read them; what they do with them is what `kb.secret_scan` and
`kb.private_keys` do here, held together by tests on the same texts.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kb import private_keys, secret_rules, secret_scan, token_shapes
from kb.browser_patterns import browser_pattern

_BACK_REFERENCE = re.compile(r"\(\?P=(\w+)\)")


def secrets_script() -> str:
    """A script that puts the rules on the global `kb`."""
    made = json.dumps(secret_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"(globalThis.kb = globalThis.kb || {{}}).secretRules = {made};\n"


def secret_data() -> dict[str, Any]:
    """The rules as JSON can hold them; a pattern is its source and flags in JavaScript's notation."""
    return {
        "cookie": _pattern(secret_rules.COOKIE),
        "cookie_header": _pattern(secret_rules.COOKIE_HEADER),
        "key": {
            **{name: _pattern(pattern) for name, pattern in private_keys.PATTERNS.items()},
            "least_body": private_keys.LEAST_BODY,
            "least_line": private_keys.LEAST_LINE,
            "longest_block": private_keys.LONGEST_BLOCK,
        },
        "passes": secret_scan.MOST_PASSES,
        "placeholder": _pattern(secret_rules.PLACEHOLDER),
        "removed": secret_scan.REMOVED,
        "rules": [
            [rule.name, rule.hints, _pattern(rule.pattern), rule.test] for rule in secret_rules.RULES
        ],
        "session_name": _pattern(secret_rules.SESSION_NAME),
        "status": sorted(secret_rules.STATUS),
        "token_candidate": _pattern(token_shapes.CANDIDATE),
        "tokens": [_pattern(pattern) for pattern in token_shapes.patterns()],
    }  # fmt: skip


def _pattern(pattern: re.Pattern[str]) -> list[str]:
    """`pattern` for JavaScript, where a look-ahead that is captured stands in for an atomic group."""
    word = secret_rules.WHOLE_WORD
    source = pattern.pattern.replace(word, f"(?=(?P<whole>{word[3:-1]}))(?P=whole)")
    source, flags = browser_pattern(re.compile(source, pattern.flags))
    return [_BACK_REFERENCE.sub(r"\\k<\1>", source), flags]

"""Content that anybody may have written: whatever a file holds, the rest is served and nothing in it becomes markup."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from engine_world import FILES, built, write_content
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.content import load_content
from kb.errors import ContentError
from kb.frontmatter import load_yaml, split
from kb.settings import Settings
from kb.web import create_app

SEVEN = len([name for name in FILES if name.count("/") and not name.startswith("guides/")])
LINES = st.sampled_from(
    ["---", "question:", "question: [", "aliases: {a: b}", "errors:\n  -", "reviewed: 2026-13-45", "order: 1e999", "&a [*a]",
     "<<: *x", "!!python/object/apply:os.system [id]", "# H1", "## Then", "- Good: it is. -> next", "- Bad: -> #nowhere",
     "```sh", "~~~", "| a | b |\n|---|", "> [!WARNING]", "[x](javascript:alert(1))", "![x](data:text/html,x)", "\t- a", "\ufeff", "\x00",
     "\u2028", "{% raw %}", "{{ 7 * 7 }}", "<script>alert(1)</script>", "question: true", "related: 5", "kind: &x problem"]
)  # fmt: skip
TEXTS = st.lists(LINES | st.text(max_size=30), max_size=12).map("\n".join)
NAMES = st.sampled_from(["keys/odd.md", "guides/odd.md", "odd.md", "problem-report.md", "sections.yml", "site.yml", "vocabulary.yml", "asked/self-signed.txt"])  # fmt: skip


@given(NAMES, TEXTS.map(str.encode) | st.binary(max_size=200))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_one_file_holds_the_others_are_read(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        content = write_content(Path(folder) / "content", FILES)
        (content / name).parent.mkdir(exist_ok=True)
        (content / name).write_bytes(data)
        loaded = load_content(content)
        assert len(loaded.entries) >= SEVEN
        for finding in loaded.findings:
            assert "Traceback" not in finding.message and "\n" not in finding.message, finding


@given(TEXTS)
def test_yaml_gives_a_value_or_one_sentence_with_its_line(text: str) -> None:
    try:
        load_yaml(split(text)[0])
    except ContentError as error:
        assert "\n" not in error.message


MARKUP = "\"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}'--"
HOSTILE = f"""---
question: '{MARKUP.replace("'", "''")}'
short: '<b onclick=x>{MARKUP.replace("'", "''")}</b>'
aliases: ['{MARKUP.replace("'", "''")} frobnicates']
errors: ['{MARKUP.replace("'", "''")} broke']
applies_to: '<svg onload=alert(1)>'
tags: ['<i>']
sources: ['javascript:alert(1)', 'the book, javascript:alert(2)', 'data:text/html,<script>']
---

# {MARKUP}

<script>alert("body")</script> [a](javascript:alert(1)) [b](JaVaScRiPt&colon;alert(1)) [c](data:text/html;base64,PHN2Zz4=)
[d](vbscript:x) <javascript:alert(1)> ![e](javascript:alert(1)) [f](//evil.example/x "' onmouseover='x")

```sh"><script>
{MARKUP}
```
"""
OWN_SCRIPT = re.compile(r'<script (?:src="[^"]*\.js[^"]*"|type="application/json"|src=)')


@pytest.fixture(scope="module")
def hostile_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page that shows the entry above, by address."""
    folder = tmp_path_factory.mktemp("hostile")
    files = FILES | {
        "keys/odd.md": HOSTILE,
        "sections.yml": f"- {{id: keys, title: '{MARKUP.replace(chr(39), chr(39) * 2)}'}}\n",
        "site.yml": f"title: '{MARKUP.replace(chr(39), chr(39) * 2)}'\nexamples: ['<script>alert(2)</script>']\n",
    }
    used = Settings(content=write_content(folder / "content", files), data=folder / "data")
    built(used)
    client = create_app(used).test_client()
    addresses = (
        "/",
        "/entries/odd",
        "/sections/keys",
        "/ask?q=onerror+alert+frobnicates",
        "/report",
        "/login",
        "/entries/oddd",
    )
    return {address: client.get(address).text for address in addresses}


def test_nothing_in_an_entry_is_markup(hostile_pages: dict[str, str]) -> None:
    for address, text in hostile_pages.items():
        assert "onerror" not in re.sub(r">[^<]*<|\"[^\"]*\"", "", text), address  # outside text and quoted values
        assert "<img src=x" not in text and "<svg onload" not in text and "<b onclick" not in text, address
        assert "<script>" not in text, address
        assert not re.search(
            r"(?:href|src|action)\s*=\s*[\"']?\s*(?:javascript|vbscript|data:text)", text, re.IGNORECASE
        ), address
        assert "{{7*7}}" in text or "49" not in text, address
    assert "&lt;script&gt;" in hostile_pages["/entries/odd"]

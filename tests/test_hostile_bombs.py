"""Small inputs that could become large work: each is answered within the time a process is given, or refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from engine_world import FILES, write_content

from kb.content import load_content

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60  # work that grows with the square of these sizes, or worse, takes far longer
REPEATED = ["a", " ", "\n", "-", "_", '"', "(", "[", "*", "`", "<", "!", "\\", "a.", "a-", "1:", "ab\n", "-----BEGIN ", "/a", "0x", "=", "|", "> ",
            "a AND ", "- ", "[](", "![", "&a", "é", "\u0301", "\U0001f600", "A1", "ab,", "error: ", "x" * 63 + "="]  # fmt: skip
READ = """
import sys
from kb.analysis import word_terms
from kb.frontmatter import split
from kb.markdown import plain_blocks, render
from kb.query import make_query
from kb.report import check_file
from kb.secret_scan import mask
units = sys.argv[1:]
for unit in units:
    question, log, text = (unit * (size // len(unit)) for size in (500, 10_000, 50_000))
    make_query(question, log)
    word_terms(log)
    split(f"---\\n{text}\\n---\\n{text}")
    render(log, lambda target: target)
    plain_blocks(log)
    mask(text)
    check_file("a.txt", (unit * (1_000_000 // len(unit.encode()))).encode())
"""


@pytest.mark.parametrize("first", range(0, len(REPEATED), 6))
def test_repetition_is_read_in_time(first: int) -> None:
    """Whatever is repeated: question, log, front matter, body, secrets, attached file at their limits."""
    command = [sys.executable, "-c", READ, *REPEATED[first : first + 6]]
    subprocess.run(command, cwd=ROOT, check=True, timeout=PATIENCE_S)


def test_references_of_yaml_that_grow_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    bomb = "---\nquestion: Why?\n" + "\n".join(lines) + "\n---\n\nBecause.\n"
    deep = "---\nquestion: " + "[" * 5000 + "]" * 5000 + "\n---\n\nBecause.\n"
    flow = "---\nquestion: " + "{a: " * 5000 + "}" * 5000 + "\n---\n\nBecause.\n"
    files = FILES | {"keys/bomb.md": bomb, "keys/deep.md": deep, "keys/flow.md": flow}
    loaded = load_content(write_content(tmp_path / "content", files))
    found = {finding.file for finding in loaded.findings}
    assert {"keys/bomb.md", "keys/deep.md", "keys/flow.md"} <= found
    assert len(loaded.entries) >= 7


@pytest.mark.parametrize("unit", ["> ", "- ", "1. ", "[", "*a ", "**a", "`", "| "])
def test_markdown_nested_deep_is_read(tmp_path: Path, unit: str) -> None:
    files = FILES | {"keys/deep.md": "---\nquestion: Why so deep?\n---\n\n" + unit * 5000 + "x\n"}
    loaded = load_content(write_content(tmp_path / "content", files))
    assert len(loaded.entries) >= 7

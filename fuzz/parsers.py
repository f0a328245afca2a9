"""Fuzzes whatever reads text from strangers: `python fuzz/parsers.py NAME [seconds]`.

Inputs are made up by Atheris, which watches what lines they reach. An input that raises anything but the program's own
errors, takes longer than ten seconds, or breaks what is promised ends the run with status 1; it is written to the folder
`fuzz/found/NAME/`. What is worth reading again later is kept in `fuzz/corpus/NAME/`. Neither is part of the source.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

with atheris.instrument_imports(include=["kb", "markdown_it", "mdit_py_plugins"]):
    from kb.analysis import word_terms
    from kb.errors import ContentError
    from kb.frontmatter import load_yaml, split
    from kb.guide import parse_steps
    from kb.markdown import plain_blocks, render
    from kb.query import make_query
    from kb.report import check_file, file_name
    from kb.request_bytes import RequestBytes
    from kb.secret_scan import find_secrets, mask


def query(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    question, _, log = text.partition("\x01")
    make_query(question[:500], log[:10_000])
    word_terms(text)


def markdown(data: bytes) -> None:
    html = render(data.decode("utf-8", "replace"), lambda target: target)
    lowered = html.lower()
    if "<script" in lowered or "<iframe" in lowered or 'href="javascript:' in lowered:
        raise AssertionError(html)
    plain_blocks(data.decode("utf-8", "replace"))


def content(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        front, body, line = split(text)
        load_yaml(front, line)
        parse_steps(body, line)
    except ContentError:
        pass  # what a person is told


def secrets(data: bytes) -> None:
    masked = mask(data.decode("utf-8", "replace"))
    if find_secrets(masked):
        raise AssertionError(f"a secret is left in {masked!r}")


def attachment(data: bytes) -> None:
    text, problems = check_file("a.txt", data)
    if (text and problems) or "\x00" in text:
        raise AssertionError(f"{text!r} {problems!r}")
    name = file_name(data.decode("utf-8", "replace"))
    if "/" in name or "\\" in name or not name.isprintable():
        raise AssertionError(repr(name))


def request(data: bytes) -> None:
    """However the bytes are cut, the same request comes out."""
    at_once, in_pieces = RequestBytes(1000), RequestBytes(1000)
    at_once.add(data)
    for place in range(len(data)):
        if in_pieces.is_whole:
            break
        in_pieces.add(data[place : place + 1])
    if at_once.is_whole and not at_once.is_cut and in_pieces.is_whole and not in_pieces.is_cut:
        short, long = sorted((bytes(at_once.data), bytes(in_pieces.data)), key=len)
        if not long.startswith(short):
            raise AssertionError((short, long))


TARGETS: dict[str, Callable[[bytes], None]] = {
    item.__name__: item for item in (query, markdown, content, secrets, attachment, request)
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"fuzz/parsers.py: name what is to be fuzzed: {', '.join(TARGETS)}")
    name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    corpus, found = FOLDER / "corpus" / name, FOLDER / "found" / name
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = FOLDER.parent / "content"  # real text to begin with
    options = [
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-max_len=20000",
        "-verbosity=0",
        f"-artifact_prefix={found}/",
    ]
    atheris.Setup(
        [sys.argv[0], *options, str(corpus), *(str(item) for item in sorted(seeds.iterdir()) if item.is_dir())],
        TARGETS[name],
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()

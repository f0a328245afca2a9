"""Offline copies for the tests, and a reader that follows every link of one."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb.export import copy_files, make_copy
from kb.generation import Generation
from kb.settings import Settings

_ADDRESSES = {"href", "src", "action", "poster", "data"}
_NAMES_IDS = {"for", "aria-labelledby", "aria-describedby", "aria-controls"}


@dataclass
class Link:
    """An address on a page, and the element it stands on."""

    tag: str
    address: str
    rel: str = ""


@dataclass
class Read:
    """What a page holds."""

    ids: Counter[str] = field(default_factory=Counter)
    links: list[Link] = field(default_factory=list)
    references: set[str] = field(default_factory=set)  # ids that are meant somewhere
    scripts: list[tuple[dict[str, str], str]] = field(default_factory=list)  # attributes and text
    metas: list[dict[str, str]] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)  # attributes that a strict policy forbids
    text: str = ""


class _Reader(HTMLParser):
    """Reads a page; what stands in templates is for a script to fill in, and is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.read = Read()
        self._templates = 0
        self._script: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._templates += 1
        if self._templates:
            return
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.read.ids[values["id"]] += 1
        self.read.links += [
            Link(tag, values[name], values.get("rel", "")) for name in values.keys() & _ADDRESSES if tag != "object"
        ]
        for name in values.keys() & _NAMES_IDS:
            self.read.references |= set(values[name].split())
        self.read.inline += [name for name in values if name == "style" or name.startswith("on")]
        if tag == "meta":
            self.read.metas.append(values)
        if tag == "script":
            self._script = values

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates -= 1
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.read.scripts.append((self._script, data))
        elif not self._templates:
            self.read.text += data


def read_page(html: str) -> Read:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.read


def files_of(generation: Generation, settings: Settings, **options: str) -> dict[str, bytes]:
    """The files of a copy by path. options: as for `make_copy`."""
    return dict(copy_files(generation, settings, make_copy(generation, settings, **options)))


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pages_of(files: dict[str, bytes]) -> dict[str, Read]:
    return {path: read_page(body.decode()) for path, body in files.items() if path.endswith(".html")}


def broken_links(files: dict[str, bytes]) -> Iterator[str]:
    """One line for each address of the copy that leads nowhere, or out of it without being a link to read."""
    pages = pages_of(files)
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link.address)
            if parts.scheme or parts.netloc:
                is_reading = link.tag == "a" or (link.tag == "link" and link.rel == "canonical")
                if not (is_reading or link.address.startswith("data:")):
                    yield f"{path}: {link.tag} loads {link.address}"
                continue
            if parts.path.startswith("/"):
                yield f"{path}: {link.address} is not relative"
                continue
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path))) if parts.path else path
            )
            if target not in files:
                yield f"{path}: {link.address} leads nowhere"
            elif parts.fragment and "=" not in parts.fragment and unquote(parts.fragment) not in pages[target].ids:
                yield f"{path}: {link.address} has no such place"


def markdown_links(path: str, text: bytes, base_url: str = "") -> Iterator[str]:
    """Where the links and images of a Markdown file lead: paths in the copy, or what is written where it is none.

    The Markdown is read by the parser as such, without the settings that pages are made with.
    """
    for token in _inline(MarkdownIt().parse(text.decode())):
        address = str(token.attrs.get("href", token.attrs.get("src", "")))
        if base_url and address.startswith(f"{base_url}/"):
            yield unquote(urlsplit(address.removeprefix(f"{base_url}/")).path)
        elif urlsplit(address).scheme or address.startswith("/"):
            yield address
        elif parts := urlsplit(address).path:
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts)))


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from _inline(token.children or [])
        if token.type in ("link_open", "image"):
            yield token


def broken_markdown_links(files: dict[str, bytes], base_url: str = "") -> Iterator[str]:
    """What is wrong with the links of the Markdown files of a copy: they lead to a file of it, or to another site."""
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for target in markdown_links(path, text, base_url):
            is_elsewhere = target.startswith(("http://", "https://", "mailto:")) and not (
                base_url and target.startswith(base_url)
            )
            if target not in files and not is_elsewhere:
                yield f"{path}: {target} leads nowhere"

"""The whole knowledge base as one HTML file, to mail or to put on a stick.

Every page of the copy becomes a section of it, named after its path; a small script shows the one that the address names,
and without script they follow one another. Styles, scripts, data and images are in the file; a policy that names the digest
of each keeps anything else out.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from markupsafe import Markup

from kb.browser_index import browser_scripts
from kb.browser_secrets import secrets_script
from kb.errors import ExportError
from kb.export import STATIC_ICON, STATIC_STYLE, PageSet, make_copy
from kb.generation import Generation
from kb.images import IMAGE_TYPES, find_image
from kb.index import Progress
from kb.links import Copy
from kb.offline_links import ASK, HOME, REPORT, place_name
from kb.offline_words import words_script
from kb.pages import Frame, _page
from kb.scripts import COPY, SINGLE, STATIC, joined
from kb.settings import Settings

# The ids on these pages are for scripts to find, as in the folder; on all others the name of the page comes first.
_PLAIN_PAGES = (ASK, REPORT)
_MARK = b'<meta name="generator" content="kb export">'
_MARK_WITHIN = 2000  # bytes from the start
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_MAIN = re.compile(r'<main id="main-content"[^>]* data-page="(\w+)"(?: data-id="([^"]*)")?>\n(.*)</main>', re.DOTALL)
_TAG = re.compile(r"<[a-z][^<>]*>")
_TEMPLATE = re.compile(r"(<template\b.*?</template>)", re.DOTALL)
_ID = re.compile(r'(?<=\s)id="([^"]*)"')
_REFERENCE = re.compile(r'(?<=\s)(for|aria-labelledby|aria-describedby|aria-controls|href)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Section:
    """A page as a section of the file."""

    name: str  # id of its element
    title: Markup
    page: str  # kind of page
    item_id: str
    html: Markup


def write_single_file(
    target: Path, generation: Generation, settings: Settings, copy: Copy, progress: Progress | None = None
) -> int:
    """Write the file, in one step; returns its size in bytes. Raises ExportError when that cannot be done."""
    target = Path(os.path.realpath(target))
    _check_target(target)
    body = single_file(generation, settings, copy, progress).encode()
    aside = target.with_name(f".{target.name}.export-new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(body)
        aside.replace(target)
    except OSError as error:
        raise ExportError(
            f"{error.filename or target} cannot be written: {error.strerror}; free the space or name another file"
        ) from error
    return len(body)


def _check_target(target: Path) -> None:
    """Raises ExportError when something else than an exported file would be lost."""
    if not target.exists():
        return
    if target.is_dir():
        raise ExportError(f"{target} is a folder; name a file, such as {target.name}.html")
    try:
        with target.open("rb") as file:
            is_ours = _MARK in file.read(_MARK_WITHIN)
    except OSError as error:
        raise ExportError(f"{target} cannot be read: {error.strerror}; name another file") from error
    if not is_ours:
        raise ExportError(f"{target} was not written by an export; name another file, or move that one away")


def single_file(generation: Generation, settings: Settings, copy: Copy, progress: Progress | None = None) -> str:
    """The HTML of the file. copy: its date and addresses are taken over."""
    copy = make_copy(generation, settings, base_url="", date=copy.date, is_single=True)
    folder = settings.content.resolve()

    def image(path: str) -> str | None:
        found = find_image(folder, path)
        return None if found is None else data_address(found.read_bytes(), IMAGE_TYPES[found.suffix.lower()])

    page_set = PageSet(generation, copy, image)
    sections = []
    for done, (path, html) in enumerate(page_set, 1):
        sections.append(_section(path, html))
        if progress:
            progress(done, len(page_set))
    return _page_of(page_set.frame(HOME), sections, list(_scripts(generation, settings)))


def _scripts(generation: Generation, settings: Settings) -> Iterator[str]:
    """The engine, its data, and the script of the pages, in the order in which they run."""
    yield _safe("".join(text for _, text in browser_scripts(generation, settings)))
    yield _safe(secrets_script())
    yield _safe(words_script(settings) + joined((*SINGLE, *COPY)))


def _safe(script: str) -> str:
    """`script` without what would end a script element; both forms mean the same within its strings and patterns."""
    return script.replace("</", "<\\/").replace("<!--", "<\\!--")


def _page_of(frame: Frame, sections: list[Section], scripts: list[str]) -> str:
    style = (STATIC / STATIC_STYLE).read_text(encoding="utf-8")
    allowed = " ".join(_digest(text) for text in scripts)
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {allowed}; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )
    first, *others = sections
    return _page(
        "single.html",
        frame,
        home=first,
        ask=next(section for section in others if section.page == "ask"),
        sections=[section for section in others if section.page != "ask"],
        style=Markup(style),
        scripts=[Markup(text) for text in scripts],
        policy=policy,
        icon=data_address((STATIC / STATIC_ICON).read_bytes(), "image/svg+xml"),
    )


def _digest(text: str) -> str:
    """What a policy calls a script or style of this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def data_address(data: bytes, media_type: str) -> str:
    """`data` as an address of its own."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _section(path: str, html: str) -> Section:
    title = _TITLE.search(html)
    main = _MAIN.search(html)
    if title is None or main is None:
        raise ValueError(f"{path} has no title or no main part")
    page, item_id, inner = main.groups()
    body = inner if path in _PLAIN_PAGES else _with_names(path, inner)
    return Section(place_name(path), Markup(title.group(1)), page, Markup(item_id or ""), Markup(body))


def _with_names(path: str, html: str) -> str:
    """`html` with the page's name before each of its ids, wherever one is given or meant.

    What stands in templates is left alone: a script names it when it puts it on a page.
    """
    own = {name for tag in _TAG.findall(_TEMPLATE.sub("", html)) for name in _ID.findall(tag)}

    def named(anchor: str) -> str:
        return place_name(path, anchor)

    def reference(found: re.Match[str]) -> str:
        attribute, value = found.groups()
        if attribute == "href":
            anchor = unquote(value[1:])
            is_own = value.startswith("#") and anchor in own
            return f'href="#{quote(named(anchor))}"' if is_own else found.group()
        return f'{attribute}="{" ".join(named(name) if name in own else name for name in value.split())}"'

    def tag(found: re.Match[str]) -> str:
        text = _ID.sub(lambda match: f'id="{named(match.group(1))}"', found.group())
        return _REFERENCE.sub(reference, text)

    return "".join(part if part.startswith("<template") else _TAG.sub(tag, part) for part in _TEMPLATE.split(html))

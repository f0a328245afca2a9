"""The files of an offline copy: every page, the scripts and data that answer, images, and what search engines read.

Everything is made in memory, one file after the other, from one generation; the same content gives the same bytes. Where
the files go is the matter of export_folder.py and export_zip.py; all of them in one page that of single_file.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from kb import pages, pages_offline
from kb.browser_index import browser_scripts
from kb.browser_secrets import secrets_script
from kb.entry import Kind
from kb.errors import ExportError
from kb.generation import Generation
from kb.images import find_image
from kb.index import Progress
from kb.links import Copy
from kb.offline_cards import feedback_templates, report_templates, step_templates
from kb.offline_links import (
    ASK,
    ASSETS,
    EMBED,
    FILES,
    GUIDES,
    HOME,
    REPORT,
    OfflineLinks,
    TwinLinks,
    entry_path,
    guide_path,
    markdown_path,
    section_path,
)
from kb.offline_words import words_script
from kb.pages import Frame
from kb.scripts import COPY, FOLDER, STATIC, joined
from kb.settings import Settings
from kb.twins import entry_markdown, guide_markdown, section_markdown
from kb.widget_script import COPY_PANEL, widget_script

File = tuple[str, bytes]  # path in the copy, with slashes, and what it holds
STATIC_STYLE, STATIC_ICON = "style.css", "favicon.svg"  # files of static/
WIDGET = "widget.js"  # beside the page that it shows


def make_copy(
    generation: Generation, settings: Settings, *, base_url: str = "", date: str = "", is_single: bool = False
) -> Copy:
    """What the pages of a copy share. date: ISO date it is known by; empty for that of the newest review in the content."""
    return Copy(date or pages_offline.copy_date(generation.content), base_url, settings.base_url, is_single)


def check_place(target: Path, settings: Settings) -> None:
    """Raises ExportError for a place among the content, where a copy would be read as content the next time."""
    if target.resolve().is_relative_to(settings.content.resolve()):
        raise ExportError(f"{target} lies in the content folder; name a place outside it")


class PageSet:
    """Every page of a copy: its path, and how it is made.

    image: as for `OfflineLinks`.
    """

    def __init__(self, generation: Generation, copy: Copy, image: Callable[[str], str | None]) -> None:
        self.content = generation.content
        self._links = OfflineLinks(copy, image=image)
        self._frame = Frame(generation.content, self._links)
        _ = (
            self._frame.entries,
            self._frame.guides,
            self._frame.sections,
            self._frame.filled_sections,
        )  # made once for all

    def frame(self, path: str) -> Frame:
        """What the page at `path` is made with."""
        return self._frame.with_links(self._links.on(path))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Path and HTML of each page, in reading order."""
        yield HOME, pages.home_page(self.frame(HOME))
        for path in self._ask_pages:
            yield path, pages_offline.ask_page(self.frame(path), self._links.on(path))
        for section in self.content.sections:
            data = pages_offline.structured_data(self.content.entries_of(section.id))
            path = section_path(section.id)
            yield path, pages.section_page(self.frame(path), section.id, data)
        at = self._links.on(entry_path("any"))  # what follows is the same on the page of every entry of a kind
        feedback = {kind: feedback_templates(self._frame, at, kind) for kind in get_args(Kind)}
        for entry in self.content.entries:
            path = entry_path(entry.id)
            data = pages_offline.structured_data([entry])
            yield path, pages.entry_page(self.frame(path), entry.id, None, data, feedback[entry.kind])
        yield GUIDES, pages.guides_page(self.frame(GUIDES))
        for guide in self.content.guides:
            path = guide_path(guide.id)
            yield path, pages.guide_page(self.frame(path), guide.id, None, step_templates(self._links.on(path)))
        yield REPORT, pages.report_page(self.frame(REPORT), cards=report_templates(self.frame(REPORT)))

    def twins(self) -> Iterator[File]:
        """The Markdown of every entry, guide and section."""
        makers = (
            (self.content.entries, entry_path, entry_markdown),
            (self.content.guides, guide_path, guide_markdown),
            (self.content.sections, section_path, section_markdown),
        )
        for items, path_of, make in makers:
            for item in items:
                path = markdown_path(path_of(item.id))
                links = TwinLinks(self._links.copy, path, self._links.image)
                yield path, make(self._frame.with_links(links), item.id).encode()

    @property
    def _ask_pages(self) -> tuple[str, ...]:
        """The pages that answer. A single file cannot be shown in the help widget."""
        return (ASK,) if self._links.copy.is_single else (ASK, EMBED)

    def __len__(self) -> int:
        return 3 + len(self._ask_pages) + len(self.content.sections) + len(self.content.entries) + len(self.content.guides)


def copy_files(
    generation: Generation, settings: Settings, copy: Copy, progress: Progress | None = None
) -> Iterator[File]:
    """Every file of the copy, each once. Raises ExportError for an image that cannot be read."""
    folder = settings.content.resolve()
    images: dict[str, Path] = {}

    def image(path: str) -> str | None:
        found = find_image(folder, path)
        if found is None:
            return None
        images[path] = found
        return f"{FILES}/{path}"

    page_set = PageSet(generation, copy, image)
    for done, (path, text) in enumerate(page_set, 1):
        yield path, text.encode()
        if progress:
            progress(done, len(page_set))
    yield from _more_files(page_set, copy)
    for path, found in sorted(images.items()):
        try:
            yield f"{FILES}/{path}", found.read_bytes()
        except OSError as error:
            raise ExportError(f"{found} cannot be read: {error.strerror}; export again when it can") from error
    yield from _assets(generation, settings)


def _more_files(page_set: PageSet, copy: Copy) -> Iterator[File]:
    """What can be downloaded, what search engines and feed readers ask for, and the help widget for other sites."""
    frame = page_set.frame(HOME)
    yield WIDGET, widget_script(COPY_PANEL).encode()
    yield from page_set.twins()
    yield "report.md", pages.report_file(frame, "md").encode()
    yield "report.txt", pages.report_file(frame, "txt").encode()
    if copy.has_feed:
        yield "feed.xml", pages_offline.feed(frame, copy.date).encode()
    if copy.base_url:
        yield "sitemap.xml", pages.sitemap(frame).encode()


def _assets(generation: Generation, settings: Settings) -> Iterator[File]:
    for name in (STATIC_STYLE, STATIC_ICON):
        yield f"{ASSETS}/{name}", (STATIC / name).read_bytes()
    yield f"{ASSETS}/page.js", (words_script(settings) + joined((*COPY, *FOLDER))).encode()
    yield f"{ASSETS}/secrets.js", secrets_script().encode()
    for path, text in browser_scripts(generation, settings):
        yield f"{ASSETS}/{path}", text.encode()

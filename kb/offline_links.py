"""Addresses in an offline copy: relative links between the files of a folder, or places within a single file.

A page of the copy is named by its path, such as `entries/remove-pass-phrase.html`; every address on it is relative to it,
so that the folder can be opened from disk and from any path of any web server.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from kb.links import NOTHING_TRIED, Copy, Tried, quote, with_anchor, with_query

HOME, ASK, GUIDES, REPORT = "index.html", "ask.html", "guides.html", "report.html"
EMBED = "embed.html"  # the page that answers, for the help widget
ASSETS, FILES = "assets", "files"  # folders
SOLVED = "guide-solved"  # id of the good end on a guide's page


def entry_path(entry_id: str) -> str:
    return f"entries/{entry_id}.html"


def section_path(section_id: str) -> str:
    return f"sections/{section_id}.html"


def guide_path(guide_id: str) -> str:
    return f"guides/{guide_id}.html"


def markdown_path(page: str) -> str:
    """The Markdown twin of the page at `page`."""
    return f"{page.removesuffix('.html')}.md"


def place_name(path: str, anchor: str = "") -> str:
    """The id, in the single file, of a page or of an element on it. No page has ids of its own that start with a slash."""
    name = "/" + path.removesuffix(".html")
    return f"{name}:{anchor}" if anchor else name


@dataclass(frozen=True)
class OfflineLinks:
    """The addresses of a copy, as they stand on the page at `page`.

    image: for a path below the content folder, the path of that image in the copy, or in a single file its address; None
    when there is no such image.
    """

    copy: Copy
    page: str = HOME
    image: Callable[[str], str | None] = lambda path: None
    box_method: Literal["get", "post"] = "get"
    conversation_id: str = ""
    prefix: str = ""
    mount: str = ""

    def on(self, page: str) -> OfflineLinks:
        """The same addresses as they stand on another page."""
        return replace(self, page=page)

    @property
    def root(self) -> str:
        """From this page to the folder of the copy: empty, or ending with a slash."""
        return "" if self.copy.is_single else "../" * self.page.count("/")

    @property
    def policy(self) -> str:
        """What the page may load: the files of the copy. `file:` because browsers differ in what 'self' is on a disk."""
        own = "'self' file:"
        return f"default-src 'none'; style-src {own}; script-src {own}; img-src {own} data:; form-action {own}; base-uri 'none'"

    @property
    def is_embedded(self) -> bool:
        return self.page == EMBED

    @property
    def own_address(self) -> str:
        """This page on the web; empty where the copy has no address there."""
        if not self.copy.base_url or self.copy.is_single:
            return ""
        page = "" if self.page == HOME else self.page
        return f"{self.copy.base_url.rstrip('/')}/{quote(page)}"

    def _to(self, path: str, anchor: str = "") -> str:
        if self.copy.is_single:
            return "#" + quote(place_name(path, anchor))
        return with_anchor(self.root + quote(path), anchor)

    # Pages

    @property
    def _ask_page(self) -> str:
        return EMBED if self.is_embedded else ASK

    def home(self, anchor: str = "") -> str:
        return self._to(EMBED if self.is_embedded else HOME, anchor)

    def widget_home(self) -> str:
        """The first page of the help widget: every page of a folder may be shown in it."""
        return "" if self.copy.is_single else self._to(EMBED)

    def outside(self) -> str:
        return self._to(ASK)

    def ask(self, question: str = "", log: str = "", section: str = "", exact: bool = False) -> str:
        query = with_query("", q=question, log=log, section=section, exact="1" if exact else "").removeprefix("?")
        if self.copy.is_single:
            return f"#{query}" if query else self._to(ASK)
        return self._to(self._ask_page) + (f"#{query}" if query else "")

    def entry(self, entry_id: str, anchor: str = "") -> str:
        return self._to(entry_path(entry_id), anchor)

    def entry_markdown(self, entry_id: str) -> str | None:
        return self._twin(entry_path(entry_id))

    def _twin(self, page: str) -> str | None:
        return None if self.copy.is_single else self._to(markdown_path(page))

    def section(self, section_id: str) -> str:
        return self._to(section_path(section_id))

    def section_markdown(self, section_id: str) -> str | None:
        return self._twin(section_path(section_id))

    def guides(self) -> str:
        return self._to(GUIDES)

    def guide(self, guide_id: str, anchor: str = "") -> str:
        return self._to(guide_path(guide_id), anchor)

    def guide_markdown(self, guide_id: str) -> str | None:
        return self._twin(guide_path(guide_id))

    def step(self, guide_id: str, step_id: str) -> str:
        return self.guide(guide_id, step_id)

    def solved(self, guide_id: str) -> str:
        return self.guide(guide_id, SOLVED)

    def report(self, tried: Tried = NOTHING_TRIED) -> str:
        """The report; what was tried is known to the script of the copy, not to the address."""
        return self._to(REPORT)

    def report_file(self, kind: Literal["md", "txt"], tried: Tried = NOTHING_TRIED) -> str:
        return "" if self.copy.is_single else self._to(f"report.{kind}")

    def asset(self, name: str) -> str:
        return self._to(f"{ASSETS}/{name}")

    def feed(self) -> str:
        """The feed of changed entries."""
        return self._to("feed.xml")

    def file(self, path: str) -> str | None:
        found = self.image(path)
        return found if found is None or self.copy.is_single else self.root + quote(found)

    def absolute(self, address: str) -> str:
        if self.copy.is_single:
            return address
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.page) or ".", address))
        return f"{self.copy.base_url.rstrip('/')}/{path}" if self.copy.base_url else path

    def conversation(self, anchor: str = "") -> str:
        """The page that answers: there the copy keeps what was asked."""
        if self.copy.is_single and anchor:
            return "#" + quote(anchor)  # this page's ids are the same in a single file
        return self._to(self._ask_page, anchor)

    def turn(self, number: int | str, action: str = "") -> str:
        """A turn of the conversation; what is done about it is done by the script of that page."""
        return self.conversation(f"turn-{number}")

    def new_question(self) -> str:
        return self.conversation("box-question")

    def tried(self) -> str:
        return self.conversation("tried")

    def clear(self) -> str:
        return self.conversation("tried")

    def feedback(self) -> str:
        return self.conversation()

    def offline_copy(self) -> str:
        """Nothing: this is the copy."""
        return ""


class TwinLinks(OfflineLinks):
    """The addresses as they stand in the Markdown of a copy: on the web where it has an address, else from file to file."""

    def absolute(self, address: str) -> str:
        return super().absolute(address) if self.copy.base_url else address

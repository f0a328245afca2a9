"""Addresses: where each page of a knowledge base is found.

Pages ask a `Links` for every address they show, so that the same page serves a portal and a folder on disk.
`PortalLinks` knows the portal's addresses; they are strings put together here, without a look at the routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, Protocol
from urllib.parse import quote as percent_encode
from urllib.parse import urlencode

LONGEST_ADDRESS = 1500  # characters; an address up to this length can be kept and shared everywhere


@dataclass(frozen=True, slots=True)
class Tried:
    """What a reader did before writing a problem report; every part may be empty."""

    question: str = ""
    entry: str = ""  # id
    guide: str = ""  # id
    step: str = ""  # id of the guide's step that was reached


NOTHING_TRIED = Tried()


@dataclass(frozen=True, slots=True)
class Copy:
    """What the pages of one offline copy share."""

    date: str = ""  # ISO date of what it holds; empty when unknown
    base_url: str = ""  # where the copy is put on the web, or empty
    portal_url: str = ""  # the portal it is a copy of, or empty
    is_single: bool = False  # all pages in one file

    @property
    def kind(self) -> Literal["single", "folder"]:
        return "single" if self.is_single else "folder"

    @property
    def has_feed(self) -> bool:
        """Whether a feed of changed entries comes along: it needs a date and a file of its own."""
        return bool(self.date) and not self.is_single


class Links(Protocol):
    """The address of each page; `anchor` is the id of an element on it, or empty."""

    @property
    def copy(self) -> Copy | None:
        """The offline copy that the pages belong to; None for the portal's."""
        ...

    @property
    def box_method(self) -> Literal["get", "post"]:
        """How the box sends a question."""
        ...

    @property
    def prefix(self) -> str:
        """What the addresses of pages that stay in the help widget start with; empty for pages outside it."""
        ...

    @property
    def is_embedded(self) -> bool:
        """Whether the page is made for the help widget, and for nothing else."""
        ...

    def widget_home(self) -> str:
        """The first page of the help widget; empty on pages that are never shown in it."""
        ...

    def outside(self) -> str:
        """The page to go on with outside the help widget."""
        ...

    @property
    def mount(self) -> str:
        """The path in front of all of a portal's addresses; empty at the top of a host, and in an offline copy."""
        ...

    @property
    def conversation_id(self) -> str:
        """The conversation that the pages belong to; empty outside one."""
        ...

    def conversation(self, anchor: str = "") -> str:
        """The conversation that the pages belong to."""
        ...

    def home(self, anchor: str = "") -> str: ...

    def ask(self, question: str = "", log: str = "", section: str = "", exact: bool = False) -> str: ...

    def entry(self, entry_id: str, anchor: str = "") -> str: ...

    def entry_markdown(self, entry_id: str) -> str | None:
        """The entry's Markdown as a file; None where there is none."""
        ...

    def section(self, section_id: str) -> str: ...

    def section_markdown(self, section_id: str) -> str | None:
        """The section's Markdown as a file; None where there is none."""
        ...

    def guides(self) -> str: ...

    def guide(self, guide_id: str, anchor: str = "") -> str: ...

    def guide_markdown(self, guide_id: str) -> str | None:
        """The guide's Markdown as a file; None where there is none."""
        ...

    def step(self, guide_id: str, step_id: str) -> str: ...

    def solved(self, guide_id: str) -> str: ...

    def report(self, tried: Tried = NOTHING_TRIED) -> str: ...

    def report_file(self, kind: Literal["md", "txt"], tried: Tried = NOTHING_TRIED) -> str:
        """The form as a file; empty where there is none."""
        ...

    def asset(self, name: str) -> str:
        """A file of static/."""
        ...

    def file(self, path: str) -> str | None:
        """An image below the content folder; None when there is none."""
        ...

    def offline_copy(self) -> str:
        """The offline copy of everything, as a zip file; empty where there is none."""
        ...

    def absolute(self, address: str) -> str:
        """`address` with the site's own address in front, as far as that is known."""
        ...


@lru_cache(maxsize=4096)
def quote(text: str) -> str:
    """`text` as part of a path; ids come again and again, so the last ones are remembered."""
    return percent_encode(text)


def with_anchor(address: str, anchor: str) -> str:
    return f"{address}#{quote(anchor)}" if anchor else address


def with_query(address: str, **values: str) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{address}?{query}" if query else address


@dataclass(frozen=True)
class PortalLinks:
    """The portal's addresses.

    base_url: the portal as readers see it, or empty. digests: file name in static/ to a short digest of its bytes,
    which becomes part of the address so that browsers may keep the file. has_image: is there an image at this path of
    the content folder?
    """

    base_url: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    has_image: Callable[[str], bool] = lambda path: False
    copy: None = None
    box_method: Literal["get", "post"] = "post"  # a log may be too long for an address
    conversation_id: str = ""  # what is read, tried and reported belongs to this conversation; empty outside one
    prefix: str = ""  # of the pages of the help widget, such as /embed; files and reports have none
    mount: str = ""  # of all addresses, such as /help, when the portal shares a host with other sites

    @property
    def _pages(self) -> str:
        return self.mount + self.prefix

    def within(self, conversation_id: str) -> PortalLinks:
        """The same addresses, which remember a conversation: `c` in them is its id."""
        return replace(self, conversation_id=conversation_id)

    @property
    def is_embedded(self) -> bool:
        return bool(self.prefix)

    def widget_home(self) -> str:
        return self.home() if self.prefix else ""

    def suggestions(self) -> str:
        """Where the titles for an unfinished question come from."""
        return f"{self._pages}/suggest"

    def outside(self) -> str:
        """The page to go on with outside the help widget: the conversation, or the first page."""
        whole = replace(self, prefix="")
        return whole.conversation() if self.conversation_id else whole.home()

    def conversation(self, anchor: str = "") -> str:
        return with_anchor(f"{self._pages}/conversations/{quote(self.conversation_id)}", anchor)

    def turn(self, number: int, action: str = "") -> str:
        """A turn of the conversation, or where an action on it is sent to."""
        return f"{self.conversation()}/turns/{number}" if action else self.conversation(f"turn-{number}")

    def new_question(self) -> str:
        """The conversation with a box that starts anew."""
        return with_anchor(with_query(self.conversation(), new="1"), "box-question")

    def tried(self) -> str:
        """Where an item is taken out of what was tried, or put back."""
        return f"{self.conversation()}/tried"

    def clear(self) -> str:
        """Where a conversation is cleared, after a question."""
        return f"{self.conversation()}/clear"

    def feedback(self) -> str:
        """Where feedback on an entry is sent to."""
        return f"{self._pages}/feedback"

    def offline_copy(self) -> str:
        return f"{self.mount}/offline-copy.zip"

    def step_form(self, guide_id: str, step_id: str) -> str:
        """Where it is sent to what came of a step."""
        return f"{self._pages}/guides/{quote(guide_id)}/{quote(step_id)}"

    def guide_end(self, guide_id: str) -> str:
        """The end of a guide that did not help."""
        return self._remembering(f"{self._pages}/guides/{quote(guide_id)}/tried")

    def _remembering(self, address: str) -> str:
        return with_query(address, c=self.conversation_id)

    def home(self, anchor: str = "") -> str:
        return with_anchor(f"{self.mount}{self.prefix or '/'}", anchor)

    def ask(self, question: str = "", log: str = "", section: str = "", exact: bool = False) -> str:
        return with_query(f"{self._pages}/ask", q=question, log=log, section=section, exact="1" if exact else "")

    def entry(self, entry_id: str, anchor: str = "") -> str:
        return with_anchor(self._remembering(f"{self._pages}/entries/{quote(entry_id)}"), anchor)

    def entry_markdown(self, entry_id: str) -> str | None:
        return f"{self.mount}/entries/{quote(entry_id)}.md"

    def section(self, section_id: str) -> str:
        return f"{self._pages}/sections/{quote(section_id)}"

    def section_markdown(self, section_id: str) -> str | None:
        return f"{self.mount}/sections/{quote(section_id)}.md"

    def guides(self) -> str:
        return f"{self._pages}/guides/"

    def guide(self, guide_id: str, anchor: str = "") -> str:
        return with_anchor(self._remembering(f"{self._pages}/guides/{quote(guide_id)}"), anchor)

    def guide_markdown(self, guide_id: str) -> str | None:
        return f"{self.mount}/guides/{quote(guide_id)}.md"

    def step(self, guide_id: str, step_id: str) -> str:
        return self._remembering(f"{self._pages}/guides/{quote(guide_id)}/{quote(step_id)}")

    def solved(self, guide_id: str) -> str:
        return self._remembering(f"{self._pages}/guides/{quote(guide_id)}/solved")

    def report(self, tried: Tried = NOTHING_TRIED) -> str:
        return self._report(f"{self.mount}/report", tried)

    def report_file(self, kind: Literal["md", "txt"], tried: Tried = NOTHING_TRIED) -> str:
        return self._report(f"{self.mount}/report.{kind}", tried)

    def _report(self, address: str, tried: Tried) -> str:
        if self.conversation_id:
            return self._remembering(address)  # it knows what was tried
        return with_query(address, q=tried.question, entry=tried.entry, guide=tried.guide, step=tried.step)

    def asset(self, name: str) -> str:
        return with_query(f"{self.mount}/static/{quote(name)}", v=self.digests.get(name, ""))

    def file(self, path: str) -> str | None:
        return f"{self.mount}/files/{quote(path)}" if self.has_image(path) else None

    def absolute(self, address: str) -> str:
        return self.base_url.rstrip("/").removesuffix(self.mount) + address


class Mounted:
    """The addresses of `inner`, each with the path in front that the portal is mounted at, for pages to show."""

    def __init__(self, inner: object, mount: str) -> None:
        self._inner = inner
        self._mount = mount

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return (lambda *given: self._mount + found(*given)) if callable(found) else self._mount + found


class ReportLinks:
    """Addresses of the pages on which a report is written, sent and kept, from the portal's own top; no copy has them."""

    @staticmethod
    def draft(draft_id: str, anchor: str = "") -> str:
        """The form, with a draft in it."""
        return with_anchor(with_query("/report", draft=draft_id), anchor)

    @staticmethod
    def check(draft_id: str = "") -> str:
        return with_query("/report/check", draft=draft_id)

    @staticmethod
    def similar() -> str:
        return "/report/similar"

    @staticmethod
    def solved(entry_id: str = "", draft_id: str = "") -> str:
        return with_query("/report/solved", entry=entry_id, draft=draft_id)

    @staticmethod
    def undo_solved() -> str:
        """Where it is taken back that an entry spared a report."""
        return "/report/solved/undo"

    @staticmethod
    def text() -> str:
        """Where a text that could not be sent comes back as a file."""
        return "/report/text"

    @staticmethod
    def template(tried: Tried = NOTHING_TRIED) -> str:
        """What a report holds, to read and to copy."""
        return with_query("/report/template", q=tried.question, entry=tried.entry, guide=tried.guide, step=tried.step)

    @staticmethod
    def sent(token: str) -> str:
        """A report that was sent, for who sent it."""
        return f"/reports/{quote(token)}"

    @staticmethod
    def sent_file(token: str, kind: Literal["md", "txt"]) -> str:
        return f"/reports/{quote(token)}.{kind}"

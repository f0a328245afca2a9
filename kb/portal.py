"""The portal's state: one knowledge base, and the pages of its newest generation kept ready.

What a page costs beyond the question itself is paid once: pages that only depend on the content are made when they are
first asked for and kept until a newer generation takes over.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path

from flask import current_app

from kb import pages
from kb.assets import Asset, read_static, text_asset
from kb.delivery import Courier, kinds
from kb.embedding import PREFIX, is_embedded
from kb.entry import Content, Site
from kb.errors import KbError
from kb.generation import Generation
from kb.images import find_image
from kb.knowledge_base import KnowledgeBase
from kb.links import PortalLinks
from kb.metrics import Metrics
from kb.mounting import current_mount
from kb.secret_key import load_secret_key
from kb.settings import Settings
from kb.store.database import Database
from kb.store.questions import most_asked
from kb.suggestions import WordList, make_word_list

STATIC = Path(__file__).parent.parent / "static"
_MOST_SHELVES = 8
_KEPT_PAGES = 1024  # of one generation; about 20 kB each
COURIER_SECONDS = 60  # between two attempts to open the database for deliveries
MOST_ASKED_SECONDS = 60  # between two looks for the most asked questions
log = logging.getLogger("kb.portal")


class Shelf:
    """One generation, and its pages as far as somebody asked for them."""

    def __init__(self, generation: Generation, links: PortalLinks) -> None:
        self.generation = generation
        frame = self.frame = pages.Frame(generation.content, links, generation.built)

        # holds the frame and not the shelf: in a circle, it would outlive its generation (see kb.knowledge_base)
        @lru_cache(maxsize=_KEPT_PAGES)
        def page(make: Callable[..., str | Asset], *arguments: object) -> Asset:
            made = make(frame, *arguments)
            return made if isinstance(made, Asset) else text_asset(made)

        self.page = page

    @cached_property
    def words(self) -> WordList:
        """What suggestions are looked up in."""
        return make_word_list(self.generation.content)


class Portal:
    """What the routes share. Safe to use from several threads."""

    def __init__(self, settings: Settings, knowledge_base: KnowledgeBase | None = None) -> None:
        self.settings = settings
        self.static: Mapping[str, Asset] = read_static(STATIC)
        self.content_folder = settings.content.resolve()
        digests = {name: document.tag for name, document in self.static.items()}
        self._links = PortalLinks(settings.base_url, digests, lambda path: self.image(path) is not None)
        self.metrics = Metrics()
        self._knowledge_base = knowledge_base
        self._lock = threading.Lock()
        # by where the portal is mounted, and whether the pages are those in the widget
        self._shelves: dict[tuple[str, bool], Shelf] = {}
        self._next_shelf: Shelf | None = None  # of a generation that is about to be taken
        # what sends reports on, where a way is set up; its settings are checked now, before anybody relies on them
        self.courier = Courier(Database(settings), settings) if kinds(settings) else None
        self._courier_after = 0.0
        self._database: Database | None = None
        self._database_lock = threading.Lock()
        self._secret_key = b""
        self._most_asked: tuple[str, ...] = ()
        self._most_asked_until = 0.0

    @property
    def links(self) -> PortalLinks:
        """The addresses that pages of the current request lead to: those of the widget stay in its frame."""
        mount, prefix = current_mount(), PREFIX if is_embedded() else ""
        return replace(self._links, mount=mount, prefix=prefix) if mount or prefix else self._links

    @property
    def database(self) -> Database:
        """The database with its tables up to date, opened when it is first needed. Raises StorageError."""
        if self._database is None:
            with self._database_lock:
                if self._database is None:
                    database = Database(self.settings)
                    database.migrate()
                    self._database = database
        return self._database

    def start_courier(self) -> None:
        """Send on what is in the outbox, in threads of this process; nothing where no way of delivery is set up.

        Cheap enough for every request. While the database cannot be opened it is tried again once a minute.
        """
        if self.courier is None or time.monotonic() < self._courier_after:
            return
        try:
            _ = self.database  # with its tables
        except KbError as error:
            self._courier_after = time.monotonic() + COURIER_SECONDS
            log.warning("deliveries wait: %s", error)
            return
        self.courier.start()

    def secret_key(self) -> bytes:
        """The key that signs session cookies. Raises DataFolderError."""
        if not self._secret_key:
            self._secret_key = load_secret_key(self.settings.data)
        return self._secret_key

    def most_asked(self) -> tuple[str, ...]:
        """Ids of the entries that answered most questions lately, most first; none while the database cannot be read."""
        now = time.monotonic()
        if now >= self._most_asked_until:
            self._most_asked_until = now + MOST_ASKED_SECONDS
            try:
                with self.database.read() as connection:
                    self._most_asked = tuple(entry_id for entry_id, _ in most_asked(connection))
            except KbError as error:
                log.warning("the most asked questions cannot be read: %s", error)
                self._most_asked = ()
        return self._most_asked

    @property
    def knowledge_base(self) -> KnowledgeBase:
        """The knowledge base, opened when it is first needed. Raises KbError while there is nothing to answer from."""
        if self._knowledge_base is None:
            with self._lock:
                if self._knowledge_base is None:
                    self._knowledge_base = KnowledgeBase(self.settings, self._prepare_shelf)
        return self._knowledge_base

    def follow_content(self) -> None:
        """Take changed content even while nobody asks. To be called in the process that answers."""
        self.knowledge_base.watch()

    def _prepare_shelf(self, generation: Generation) -> None:
        """Make ready, beside the answers, what the first request to a new generation would wait for."""
        shelf = Shelf(generation, self._links)
        _ = shelf.words
        self._next_shelf = shelf

    def shelf(self) -> Shelf:
        """The newest generation with its pages. Take it once a request. Raises KbError when there is none."""
        generation = self.knowledge_base.generation()
        place = current_mount(), is_embedded()
        shelf = self._shelves.get(place)
        if shelf is None or shelf.generation is not generation:
            if len(self._shelves) >= _MOST_SHELVES and place not in self._shelves:
                self._shelves = {}  # a proxy names more mounts than anybody uses; another thread keeps its own
            ready = self._next_shelf
            is_ready = ready is not None and ready.generation is generation and place == ("", False)
            shelf = ready if ready is not None and is_ready else Shelf(generation, self.links)
            # the other pages of an older generation would keep all of it in memory
            others = {other: kept for other, kept in self._shelves.items() if kept.generation is generation}
            self._shelves = {**others, place: shelf}
        return shelf

    def empty_frame(self) -> pages.Frame:
        """A frame for pages that must work without any content."""
        return pages.Frame(Content(Site(), (), ()), self.links)

    def image(self, path: str) -> Path | None:
        """The image at `path` below the content folder; None when there is none to serve."""
        return find_image(self.content_folder, path)


def current_portal() -> Portal:
    """The portal of the application that handles the current request."""
    portal: Portal = current_app.extensions["portal"]
    return portal

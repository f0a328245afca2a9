"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_world import launch
from engine_world import built, write_content
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright
from store_world import open_database

from kb.generation import Generation
from kb.settings import Settings
from kb.store.database import Database

# The same examples in every run, and no clock: a slow machine is no fault of the program.
hypothesis_settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis_settings.load_profile("steady")


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the small knowledge base of `engine_world`; nobody changes it."""
    folder = tmp_path_factory.mktemp("small")
    return Settings(content=write_content(folder / "content"), data=folder / "data")


@pytest.fixture(scope="session")
def small(small_settings: Settings) -> Generation:
    """The small knowledge base of `engine_world`, built once."""
    return built(small_settings)


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    """Settings of a copy of the small knowledge base that a test may change; no index yet, content looked at every time."""
    return Settings(content=write_content(tmp_path / "content"), data=tmp_path / "data", check_seconds=0)


@pytest.fixture
def make_database(tmp_path: Path) -> Iterator[Callable[..., tuple[Database, Settings]]]:
    """Opens an up-to-date database in the test's folder, with settings; closed after the test."""
    opened: list[Database] = []

    def make(**settings: object) -> tuple[Database, Settings]:
        database, used = open_database(tmp_path, **settings)
        opened.append(database)
        return database, used

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def database(make_database: Callable[..., tuple[Database, Settings]]) -> Database:
    """An empty, up-to-date database."""
    return make_database()[0]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests that need it; each opens contexts of its own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()

"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_world import built, write_content

from kb.generation import Generation
from kb.settings import Settings


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

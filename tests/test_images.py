"""Which files of the content folder are images to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.images import find_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content = tmp_path / "content"
    (content / "keys").mkdir(parents=True)
    (content / ".hidden").mkdir()
    for path in ("keys/plan.PNG", "keys/notes.txt", ".hidden/plan.png", "../outside.png"):
        (content / path).write_bytes(b"x")
    (content / "keys/link.png").symlink_to(tmp_path / "outside.png")
    return content.resolve()


def test_an_image_is_found(folder: Path) -> None:
    assert find_image(folder, "keys/plan.PNG") == folder / "keys/plan.PNG"


@pytest.mark.parametrize(
    "path",
    ["keys/gone.png", "keys/notes.txt", ".hidden/plan.png", "../outside.png", "keys/link.png", "keys", "", "a\0b.png"],
)
def test_nothing_else_is(folder: Path, path: str) -> None:
    assert find_image(folder, path) is None

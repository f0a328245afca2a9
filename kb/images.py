"""Images of a content folder: which files are served, and where they are."""

from __future__ import annotations

from pathlib import Path

IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def find_image(folder: Path, path: str) -> Path | None:
    """The image at `path` below the content folder; None when there is none, or it lies outside or is hidden.

    folder: resolved, so that a link that leads out of it can be told.
    """
    if any(part.startswith(".") for part in path.split("/")) or "\0" in path:
        return None
    found = (folder / path).resolve()
    if found.suffix.lower() not in IMAGE_TYPES or not found.is_relative_to(folder):
        return None
    return found if found.is_file() else None

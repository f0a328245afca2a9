"""Scripts: which files below static/ make up each script that a page loads, in their order.

A file holds one concept and puts what others need on the global `kb`; a page loads them joined, as one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"
_SHARED = (
    "page/words.js",
    "page/focus.js",
    "page/copying.js",
    "page/suggestions.js",
    "page/box_keys.js",
    "page/counting.js",
    "page/shortcuts.js",
    "page/printing.js",
)
PORTAL = (*_SHARED, "page/dialogs.js", "page/sending.js", "page/portal.js")  # the portal's page.js
COPY = (  # the offline copy's page.js
    *_SHARED,
    "offline/loading.js",
    "offline/memory.js",
    "offline/filling.js",
    "offline/private_keys.js",
    "offline/secrets.js",
    "offline/conversation.js",
    "offline/cards.js",
    "offline/feedback.js",
    "offline/tried.js",
    "offline/box.js",
    "offline/asking.js",
    "offline/reading.js",
    "offline/report_text.js",
    "offline/report.js",
    "offline/start.js",
)
SINGLE = ("offline/single.js",)  # the single file's, before the copy's page.js
FOLDER = ("offline/embedded.js", "embed.js")  # a folder's, at the end of its page.js: its pages fit into the help widget


def joined(names: Sequence[str]) -> str:
    """The text of these files below static/, one after the other."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)

"""The script of the help widget, told where it finds its panel.

The same file serves a portal and an offline copy: only the address of the panel, seen from the script, differs.
"""

from __future__ import annotations

import json
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "static" / "widget.js"
PORTAL_PANEL = "embed"  # beside /widget.js
COPY_PANEL = "embed.html"  # beside the copy's widget.js
_LINE = 'const PANEL = "";'


def widget_script(panel: str) -> str:
    """The script whose panel is at `panel`, an address relative to that of the script.

    Whoever writes the script into a folder of a copy gives the way from there to `embed.html`.
    """
    text = SCRIPT.read_text(encoding="utf-8")
    if text.count(_LINE) != 1:
        raise ValueError(f"{SCRIPT} does not say once: {_LINE}")
    return text.replace(_LINE, f"const PANEL = {json.dumps(panel)};")

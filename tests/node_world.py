"""JavaScript outside a browser: Node, the machine's own or the one that Playwright brings along."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import playwright


def node() -> str:
    """The path of Node. Fails when there is none."""
    brought = Path(playwright.__file__).parent / "driver" / "node"
    found = shutil.which("node") or (str(brought) if brought.exists() else None)
    assert found, "Node is missing; `make test` installs Playwright, which brings it along"
    return found


def run(script: str | Path, *arguments: str | Path, given: str = "") -> str:
    """What a script, a file or its text, prints. Fails with what it says when it fails."""
    source = [str(script)] if isinstance(script, Path) else ["-e", script, "--"]
    done = subprocess.run(
        [node(), *source, *map(str, arguments)], input=given, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def loaded(assets: Path, expression: str) -> Any:
    """The value of an expression, in which `engine` is the engine of the scripts in `assets`."""
    script = f"""
        for (const name of ["engine", "index", "spelling", "wordings"]) require({json.dumps(str(assets))} + "/" + name + ".js");
        const engine = kb.engine.open(kb.data);
        process.stdout.write(JSON.stringify({expression}));
    """
    return json.loads(run(script))

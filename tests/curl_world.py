"""Commands with curl, as documentation shows them, run against a served portal."""

from __future__ import annotations

import shutil
import subprocess


def run_curl(command: str) -> str:
    """What a command prints. Fails when curl is missing, when the command fails, and when it is more than one of curl."""
    assert shutil.which("curl"), "curl is needed for the examples of the documentation; `make test` installs it"
    assert command.startswith("curl ") and not set("|;&`$") & set(_unquoted(command)), command
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def _unquoted(command: str) -> str:
    return "".join(part for place, part in enumerate(command.split("'")) if place % 2 == 0)

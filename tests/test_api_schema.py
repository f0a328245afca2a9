"""The JSON API keeps what its OpenAPI document says.

Schemathesis makes calls up from the document, good and bad ones, sends them to a served portal and checks every answer
in every way it knows; the same calls every time.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from api_world import API, api_portal
from browser_world import served

from kb.api_operations import OPERATIONS

CONFIG = Path(__file__).parent / "fixtures" / "schemathesis.toml"
PROGRAM = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 15  # made up at random of each operation, beside those that go through the document one by one


def test_every_call_is_answered_as_documented(tmp_path: Path) -> None:
    app = api_portal(tmp_path, asks_per_minute=10**6, reads_per_minute=10**6, reports_per_hour=10**6)
    with served(app) as site:
        command = [
            str(PROGRAM), "--config-file", str(CONFIG), "run", f"{site}{API}/openapi.json", "--max-examples", str(EXAMPLES),
            "--generation-deterministic", "--checks", "all", "--mode", "all", "--no-color",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested and int(tested.group(1)) == len(OPERATIONS) - 1  # all but reading the document itself
    assert "❌" not in done.stdout and "Missing test data" not in done.stdout

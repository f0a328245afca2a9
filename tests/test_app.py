"""The portal as a program: it serves, it stops when told to, and it says in one line why it cannot start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from portal_world import write_world

ROOT = Path(__file__).parent.parent
PATIENCE_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(content: Path, data: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), "--workers", "2"],
        cwd=ROOT,
        env=os.environ | {"KB_CONTENT": str(content), "KB_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fetch(address: str) -> str:
    """The page at `address`, as soon as somebody answers there."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_S) as response:
                return str(response.read().decode())
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    port = free_port()
    process = start(write_world(tmp_path), tmp_path / "data", port)
    try:
        assert "Test help" in fetch(f"http://127.0.0.1:{port}/")
        assert "data-level" in fetch(f"http://127.0.0.1:{port}/ask?q=connection+refused")
    finally:
        process.send_signal(stop)
        output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert output == f"The portal is at http://127.0.0.1:{port}\n"
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["route"] for line in lines][-2:] == ["/", "/ask"]
    assert all(line["level"] == "info" and line["status"] == 200 for line in lines) and "refused" not in errors


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        output, errors = start(write_world(tmp_path), tmp_path / "data", port).communicate(timeout=PATIENCE_S)
    assert output == ""
    assert errors.startswith(f"app.py: cannot listen on 127.0.0.1 port {port}: ") and errors.count("\n") == 1


def test_missing_content_is_said_in_one_line(tmp_path: Path) -> None:
    process = start(tmp_path / "nope", tmp_path / "data", free_port())
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert errors.startswith("app.py: there is no content folder at ") and errors.count("\n") == 1


def test_a_bad_setting_is_said_in_one_line(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | {"KB_QUESTION_LIMIT": "many"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert result.returncode == 1
    assert "KB_QUESTION_LIMIT" in result.stderr and "Traceback" not in result.stderr

"""The portal as a real program on this machine, as it is run in earnest: started, asked over HTTP, killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api_world import FILES, REPORT
from engine_world import write_content

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60
# What the program is started under, as `python -c`; the rest of the command line follows.
AS_IT_IS = "import os, sys; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
# Root writes wherever it wants unless it gives that right away; 24 is PR_CAPBSET_DROP, 1 and 2 CAP_DAC_OVERRIDE and
# CAP_DAC_READ_SEARCH. Anybody else never had it.
WITHOUT_POWERS = (
    """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):
        assert ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0) == 0
"""
    + AS_IT_IS
)


@dataclass(frozen=True)
class Reply:
    """What the portal answered."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Server:
    """A running portal."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process, self.port, self._log = process, port, log

    def ask(
        self, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None, method: str = ""
    ) -> Reply:
        """One request on a connection of its own. Raises OSError or HTTPException when there is no whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, dict(headers or {}))
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, text)
        finally:
            connection.close()

    def report(self, title: str, key: str = "") -> Reply:
        """Send a problem report; with a key, sending it again makes no second one."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self.ask("/api/v1/reports", json.dumps({"fields": REPORT | {"title": title}}), headers)

    def kill(self) -> None:
        """End every process of it at once, as a power cut would; waits until they are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def log(self) -> str:
        """What it wrote to standard output and error so far."""
        return self._log.read_text(encoding="utf-8")


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_site(folder: Path) -> Path:
    """The content folder of a small FAQ with a report form, below `folder`."""
    return write_content(folder / "content", FILES)


@contextlib.contextmanager
def running(
    content: Path, data: Path, log: Path, *, workers: int = 2, under: str = AS_IT_IS, arguments: Sequence[str] = (),
    **settings: object,
) -> Iterator[Server]:  # fmt: skip
    """A portal on `content` and `data` as soon as it answers; killed afterwards.

    log: file for what it writes. under, arguments: the program it is started by, and what that one is told. settings: as
    in kb/settings.py.
    """
    port = free_port()
    unlimited = {"reports_per_hour": 100_000, "asks_per_minute": 100_000, "reads_per_minute": 100_000}
    values = unlimited | {"content": content, "data": data} | settings
    variables = {f"KB_{name.upper()}": str(value) for name, value in values.items()}
    command = [sys.executable, "-c", under, *arguments, "app.py", "--port", str(port), "--workers", str(workers)]
    with log.open("a", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | variables, stdout=output, stderr=output, text=True,
            start_new_session=True,
        )  # fmt: skip
    server = Server(process, port, log)
    try:
        end = time.monotonic() + PATIENCE_S
        while not is_up(port):
            assert process.poll() is None and time.monotonic() < end, f"the portal did not start: {server.log()}"
            time.sleep(0.05)
        yield server
    finally:
        server.kill()

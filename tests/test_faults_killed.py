"""Killed in the middle of taking reports and telling others: whatever was acknowledged is there, once."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

from delivery_world import Receiver, free_port, http_server, wait_for
from server_world import Server, running, write_site

from kb.settings import Settings
from kb.store.database import Database
from kb.store.outbox import count_waiting
from kb.store.reports import list_reports

RUNS = int(os.environ.get("KB_KILL_RUNS", "5"))
SENDERS = 3


def titles(settings: Settings) -> Counter[str]:
    """How often each report is stored, by title."""
    database = Database(settings)
    with database.read() as connection:
        stored = Counter(item.fields["title"] for item in list_reports(connection, size=10_000).items)
    database.close()
    return stored


def send_until_dead(server: Server, names: itertools.count[int], acknowledged: list[str], sent: list[str]) -> None:
    while True:
        title = f"report {next(names)}"
        sent.append(title)
        try:
            reply = server.report(title, key=title)
        except (OSError, http.client.HTTPException):
            return
        assert reply.status == 201, reply
        acknowledged.append(title)


def test_no_report_that_was_acknowledged_is_lost_or_doubled_and_each_is_told(tmp_path: Path) -> None:
    """The whole program is killed at random moments while people send; then it goes on where it was."""
    content, data, log = write_site(tmp_path), tmp_path / "data", tmp_path / "log"
    settings = Settings(content=content, data=data)
    chance, names = random.Random(7), itertools.count()
    acknowledged: list[str] = []
    sent: list[str] = []
    receiver, port = Receiver(), free_port()
    hook = {
        "webhook_url": f"http://127.0.0.1:{port}/hook", "webhook_secret": "a secret of the tests",
        "delivery_timeout_seconds": 0.5, "delivery_lease_seconds": 2, "delivery_wait_seconds": 1,
        "delivery_most_wait_seconds": 1,
    }  # fmt: skip
    with http_server(receiver, port=port):
        for _ in range(RUNS):
            with running(content, data, log, **hook) as server:
                before = len(acknowledged)
                senders = [
                    threading.Thread(target=send_until_dead, args=(server, names, acknowledged, sent))
                    for _ in range(SENDERS)
                ]
                for sender in senders:
                    sender.start()
                wait_for(lambda before=before: len(acknowledged) > before + 2, seconds=60)
                time.sleep(chance.random() / 2)
                server.kill()
                for sender in senders:
                    sender.join()
            stored = titles(settings)
            assert not set(acknowledged) - set(stored), "acknowledged and lost"
            assert set(stored) <= set(sent) and set(stored.values()) == {1}
        with running(content, data, log, **hook) as server:
            for title in sent:  # who got no answer sends again
                assert server.report(title, key=title).status in (200, 201)
            assert titles(settings) == Counter(sent)
            wait_for(lambda: not waiting(settings), seconds=60)
    told = Counter(json.loads(body)["id"] for _, _, body in receiver.calls)
    told_titles = {json.loads(body)["data"]["title"] for _, _, body in receiver.calls}
    assert told_titles == set(sent) and len(told) == len(sent)  # seen twice or not, each has one id
    assert "Traceback" not in log.read_text()


def waiting(settings: Settings) -> int:
    database = Database(settings)
    with database.read() as connection:
        count = count_waiting(connection)
    database.close()
    return count


def test_a_killed_worker_is_replaced_and_the_others_answer(tmp_path: Path) -> None:
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log") as server:
        assert server.report("before").status == 201
        workers = children(server.process.pid)
        assert len(workers) == 2
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        assert server.report("after").status == 201
        wait_for(lambda: len(set(children(server.process.pid)) - set(workers)) == 2, seconds=60)
        assert server.ask("/healthz").status == 200
    assert titles(Settings(data=tmp_path / "data")) == Counter(["before", "after"])


def children(process: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process and fields[0] != "Z":
                found.append(int(status.parent.name))
    return found

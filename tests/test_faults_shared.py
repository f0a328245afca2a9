"""Two portals on one data folder, and a database that somebody else holds for long."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from pathlib import Path

from delivery_world import Receiver, free_port, http_server, wait_for
from engine_world import entry_text
from server_world import running, write_site
from test_faults_disk import STRONG, answers, is_refused
from test_faults_killed import titles

from kb.settings import Settings

N_REPORTS = 20


def test_two_portals_on_one_data_folder_lose_and_double_nothing(tmp_path: Path) -> None:
    content, data = write_site(tmp_path), tmp_path / "data"
    receiver, port = Receiver(), free_port()
    more = {"webhook_url": f"http://127.0.0.1:{port}/", "webhook_secret": "a secret of the tests", "check_seconds": 0}
    with (
        http_server(receiver, port=port),
        running(content, data, tmp_path / "log", **more) as one,
        running(content, data, tmp_path / "other log", **more) as two,
    ):

        def send(name: str) -> None:
            for number in range(N_REPORTS):
                for server in (one, two):  # the same report by both ways is one
                    assert server.report(f"{name} {number}", key=f"{name} {number}").status in (200, 201)

        senders = [threading.Thread(target=send, args=(name,)) for name in ("left", "right")]
        for sender in senders:
            sender.start()
        (content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
        for server in (one, two):
            wait_for(lambda server=server: STRONG in server.ask("/ask?q=why+does+it+frobnicate").text, seconds=60)
        for sender in senders:
            sender.join()
        sent = Counter(f"{name} {number}" for name in ("left", "right") for number in range(N_REPORTS))
        assert titles(Settings(data=data)) == sent
        wait_for(lambda: len(receiver.calls) >= len(sent), seconds=60)
        assert one.ask("/readyz").json()["fingerprint"] == two.ask("/readyz").json()["fingerprint"]
        for server in (one, two):
            answers(server)
            assert "Traceback" not in server.log()
    assert len(receiver.calls) == len(sent)  # nobody died, so nothing was told twice


def test_a_database_that_is_held_for_long_refuses_reports_in_a_sentence_and_no_question(tmp_path: Path) -> None:
    content, data = write_site(tmp_path), tmp_path / "data"
    with running(content, data, tmp_path / "log", database_wait_seconds=0.2) as server:
        assert server.report("before").status == 201
        holder = sqlite3.connect(data / "kb.sqlite3", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        for number in range(3):
            is_refused(server, f"held {number}")
            answers(server)
        assert (
            server.ask(
                "/api/v1/ask", '{"question": "remove the pass phrase"}', {"Content-Type": "application/json"}
            ).status
            == 200
        )
        assert server.ask("/login").status == 200
        assert "is locked by another program; try again when that is done" in server.log()
        holder.execute("ROLLBACK")
        holder.close()
        assert server.report("after").status == 201
        assert "Traceback" not in server.log()
    assert titles(Settings(data=data)) == Counter(["before", "after"])

"""The server as it runs in earnest: several workers that count together, stop in order, and keep what was said to themselves."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from server_world import PATIENCE_S, Server, free_port, running, write_site

from kb.serving import check_address
from kb.settings import Settings
from kb.store.database import Database
from kb.store.reports import list_reports

SECRET = "my very own question about 192.0.2.77"


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def requests_in(server: Server) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "kb.request"]


def test_workers_count_rates_and_questions_together_and_log_nothing_private(tmp_path: Path) -> None:
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log", workers=4, asks_per_minute=12) as server:
        address = "/ask?q=" + SECRET.replace(" ", "+")
        headers = {"X-Request-Id": "from-the-proxy", "Cookie": "kb_session=a-cookie", "User-Agent": "An agent"}
        replies = [server.ask(address, headers=headers) for _ in range(30)]  # each on a connection, so on any worker
        assert [reply.status for reply in replies].count(200) == 12
        assert replies[0].headers["x-request-id"] == "from-the-proxy"
        started = server.ask("/ask", "q=pass", {"Content-Type": "application/x-www-form-urlencoded"})
        assert started.status == 429
        conversation = server.ask("/conversations/abcdefghijklmnopqrstuv")
        assert conversation.status == 404

        until(lambda: len(requests_in(server)) >= 32)
        text = server.ask("/metrics").text
        assert sum(map(int, re.findall(r'^kb_questions_total\{level="\w+"\} (\d+)', text, re.M))) == 12
        assert "\nkb_rate_limited_total 19\n" in text
        assert "\nkb_ready 1\n" in text and "\nkb_outbox_waiting 0\n" in text
        assert "question about" not in text and "192.0.2" not in text

        log = server.log()
        for private in ("very", "192.0.2.77", "127.0.0.1 ", "abcdefghijk", "a-cookie", "An agent"):
            assert private not in log, private
        first = next(line for line in requests_in(server) if line["route"] == "/ask")
        assert first.keys() == {"time", "level", "logger", "request_id", "method", "route", "status", "ms", "answer"}
        assert (first["request_id"], first["method"], first["status"]) == ("from-the-proxy", "GET", 200)
        assert any(line["route"] == "/conversations/<conversation_id>" for line in requests_in(server))


def test_a_faulty_request_is_refused_and_not_quoted_in_the_log(tmp_path: Path) -> None:
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log", workers=1) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
            connection.sendall(b"GET /ask?q=secret HTTP/1.1\r\nA secret line without a colon\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        until(lambda: "refused" in server.log())
        assert "secret" not in server.log() and "127.0.0.1" not in server.log().partition("\n")[2]
        assert server.ask("/ask?q=" + "x" * 9000).status == 414


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    data = tmp_path / "data"
    acknowledged: list[str] = []
    is_over = threading.Event()

    def send(server: Server, name: int) -> None:
        for number in range(1000):
            if is_over.is_set():
                return
            with contextlib.suppress(OSError, http.client.HTTPException):  # it was told to stop
                reply = server.report(f"report {name} {number}")
                assert reply.status == 201, reply.text
                acknowledged.append(str(reply.json()["report"]["reference"]))

    with running(write_site(tmp_path), data, tmp_path / "log", workers=2) as server:
        threads = [threading.Thread(target=send, args=(server, name)) for name in range(6)]
        for thread in threads:
            thread.start()
        until(lambda: len(acknowledged) >= 20)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0
        is_over.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert '"level": "error"' not in server.log()
    with closing(Database(Settings(data=data))) as database, database.read() as connection:
        stored = {report.reference for report in list_reports(connection, size=100_000).items}
    assert len(acknowledged) >= 20 and set(acknowledged) <= stored


def test_a_request_that_was_begun_is_answered_after_the_signal(tmp_path: Path) -> None:
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log", workers=1) as server:
        body = b"q=pass+phrase"
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
            connection.sendall(
                b"POST /ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body[:3]
            )
            time.sleep(0.5)  # until a thread waits for the rest
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(body[3:])
            assert connection.recv(100).startswith(b"HTTP/1.1 303")
        assert server.process.wait(PATIENCE_S) == 0


def test_an_address_that_cannot_be_listened_on_is_said_in_a_sentence() -> None:
    check_address("127.0.0.1", free_port())
    with pytest.raises(OSError, match=r"^cannot listen on nowhere\.invalid port 80: .*; name another with --port$"):
        check_address("nowhere.invalid", 80)

"""Clients that are slow, many, or cut off take nothing from the others."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import REPORT
from server_world import PATIENCE_S, Server, running, write_site

from kb.patient_worker import SPARE_FILES, most_connections

MANY = 100  # more than the threads of all workers
MOST = 10_000
JSON_POST = b"POST /api/v1/reports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SLOW = {
    "in the first line": b"GET /ask?q=pass",
    "in the head": b"GET /ask?q=pass HTTP/1.1\r\nHost: a\r\nX-More: ",
    "in the body": JSON_POST + b"Content-Length: 5000\r\n\r\n{",
    "in a chunk": JSON_POST + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n{",
    "with a second request": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HT",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("clients")
    with running(write_site(folder), folder / "data", folder / "log") as server:
        yield server


@contextlib.contextmanager
def connections(server: Server, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that say something and leave it at that."""
    with contextlib.ExitStack() as opened:
        made = []
        for _ in range(count):
            sock = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S))
            sock.sendall(said)
            made.append(sock)
        yield made


def answers(server: Server) -> None:
    """Fails unless others are answered and can report."""
    assert 'data-level="strong"' in server.ask("/ask?q=remove+the+pass+phrase").text
    assert server.report("It hangs").status == 201


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_slow_clients_hold_nobody_up(server: Server, said: bytes) -> None:
    with connections(server, MANY, said) as slow:
        answers(server)
        for sock in slow:  # and they are waited for
            sock.sendall(b"x")
        answers(server)


def test_clients_that_do_not_read_hold_nobody_up(server: Server) -> None:
    request = b"GET /offline-copy.zip HTTP/1.1\r\nHost: a\r\n\r\n"
    assert server.ask("/offline-copy.zip").status == 200
    with connections(server, MANY, request * 3):
        answers(server)


def test_clients_that_never_close_hold_nobody_up(server: Server) -> None:
    with connections(server, MANY, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
        answers(server)


def test_a_request_byte_by_byte_is_answered_in_the_end(server: Server) -> None:
    body = json.dumps({"fields": REPORT | {"title": "slowly"}}).encode()
    whole = JSON_POST + f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    with connections(server, 1) as (sock,):
        for place in range(len(whole)):
            sock.sendall(whole[place : place + 1])
        with sock.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 201 CREATED\r\n"


def test_requests_sent_ahead_are_answered_in_order(server: Server) -> None:
    asked = [b"/healthz", b"/nowhere", b"/static/style.css", b"/healthz"]
    with connections(server, 1) as (sock,):
        for path in asked[:-1]:
            sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        sock.sendall(b"GET " + asked[-1] + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        with sock.makefile("rb") as file:
            got = file.read()
    statuses = [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200", b"200"]


@pytest.mark.parametrize("size", [70_000, 7_000_000], ids=["beyond the form", "beyond what is kept"])
def test_a_body_that_is_too_large_gets_its_answer(server: Server, size: int) -> None:
    reply = server.ask("/api/v1/reports", b"x" * size, {"Content-Type": "application/json"})
    assert reply.status == 413 and "64 KiB" in reply.json()["detail"]
    answers(server)


def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    body = json.dumps({"fields": REPORT | {"title": "asked first"}}).encode()
    with connections(server, 1) as (sock,):
        sock.sendall(JSON_POST + f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        with sock.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 100 Continue\r\n" and file.readline() == b"\r\n"
            sock.sendall(body)
            line = file.readline()
            if line == b"HTTP/1.1 100 Continue\r\n":  # once more, from the parser
                assert file.readline() == b"\r\n"
                line = file.readline()
            assert line == b"HTTP/1.1 201 CREATED\r\n"


@pytest.fixture
def open_files() -> Iterator[int]:
    """How many connections a test can hold: the limit of open files is raised as far as it goes, and put back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield most_connections(MOST)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_open_connections_hold_nobody_up(tmp_path: Path, open_files: int) -> None:
    """As many as the system lets one process open, where that is less."""
    assert open_files == min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_FILES) or open_files == MOST
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log") as server:
        with connections(server, open_files):
            answers(server)
        answers(server)
        assert "Traceback" not in server.log()


FEW_FILES = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_with_more_connections_than_it_can_hold_the_longest_waiting_give_way(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    with (
        running(site, tmp_path / "data", tmp_path / "log", workers=1, under=FEW_FILES) as server,
        connections(server, 400),
    ):
        answers(server)
        assert "Traceback" not in server.log() and '"error"' not in server.log(), server.log()

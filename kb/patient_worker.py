"""A gunicorn worker whose threads never wait for a client: requests are gathered first, then answered.

Gunicorn's own worker with threads gives a thread to a connection as soon as its first byte is there. A few dozen clients
that send a byte now and then, by intent or over a bad line, occupy every thread that way, and nobody else gets an answer.
Here one loop gathers the bytes of all connections, and a thread gets a request when it is whole. Connections that wait cost
memory only; when there are too many, those that have waited longest without a whole request give way to new ones.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import struct
import time
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from kb.request_bytes import RequestBytes

HEAD_SECONDS = 20.0  # from the first byte of a request to the end of its head; as long for a first byte
BODY_SECONDS = 120.0  # for all of its body
ANSWER_SECONDS = 120.0  # for finding an answer and sending all of it
LINGER_SECONDS = 2.0  # that connections without a request are kept when the server stops
MOST_BODY = 6 * 1024 * 1024 + 64 * 1024  # bytes that are kept of one body: a report with its attachments
MOST_KEPT = 256 * 1024 * 1024  # bytes that are kept of all requests; small ones are taken beyond
SMALL = 64 * 1024
SPARE_FILES = 200  # files that a process needs beside its connections
_ACCEPTED_AT_ONCE = 64
_READ = 64 * 1024
_NET = struct.pack("@ll", 10, 0)  # seconds a thread waits when the parser wants more than was thought to be enough


def most_connections(wanted: int) -> int:
    """How many connections a process can hold, `wanted` at most; raises its limit of open files as far as it may."""
    try:
        import resource  # not on Windows, nor is gunicorn
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < need:
        soft = need if hard == resource.RLIM_INFINITY else min(need, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if soft == resource.RLIM_INFINITY else max(16, min(wanted, soft - SPARE_FILES))


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """The worker. `worker_connections` is how many connections wait at most."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = most_connections(self.cfg.worker_connections)
        self.worker_connections = 2**31  # it never stops accepting; the oldest that wait give way
        self._gathering: dict[TConn, tuple[RequestBytes, float]] = {}  # with its deadline; longest waiting first
        self._answering: dict[TConn, float] = {}
        self._parting: dict[TConn, float] = {}  # answered, and about to be closed
        self._kept = 0
        self._checked = 0.0

    # Gathering

    def accept(self, listener: socket.socket) -> None:
        """Take all new connections that are there."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                client, address = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE) and self._gathering:
                    self._give_up(next(iter(self._gathering)))
                    continue
                if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                    return
                raise
            self.nr_conns += 1
            if self.nr_conns > self._most and (waiting := self._gathering or self._parting):
                self._give_up(next(iter(waiting)))
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _NET)
            self._gather(TConn(self.cfg, client, address, listener.getsockname()), b"", HEAD_SECONDS)

    def _gather(self, conn: TConn, rest: bytes, seconds: float) -> None:
        """Wait for the next request of a connection, of which `rest` is there already."""
        conn.sock.setblocking(False)
        self._gathering[conn] = (RequestBytes(MOST_BODY), time.monotonic() + seconds)
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._read(conn))
        if rest:
            self._add(conn, rest)

    def _read(self, conn: TConn) -> None:
        if conn not in self._gathering:  # given up for another one since it was found readable
            return
        try:
            data = conn.sock.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._add(conn, data)
        else:
            self._give_up(conn)

    def _add(self, conn: TConn, data: bytes) -> None:
        request, deadline = self._gathering[conn]
        had_bytes, had_head, before = bool(request.data), request.has_head, len(request.data)
        request.add(data)
        self._kept += len(request.data) - before
        if request.is_whole:
            self._hand_over(conn)
        elif self._kept > MOST_KEPT and len(request.data) > SMALL:
            self._give_up(conn)
        elif request.has_head and not had_head:
            if request.wants_word:
                with contextlib.suppress(OSError):
                    conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._gathering[conn] = (request, time.monotonic() + BODY_SECONDS)
        elif not had_bytes:
            self._gathering[conn] = (request, max(deadline, time.monotonic() + HEAD_SECONDS))

    def _forget(self, conn: TConn) -> RequestBytes:
        request, _ = self._gathering.pop(conn)
        self._kept -= len(request.data)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        return request

    def _give_up(self, conn: TConn) -> None:
        if conn in self._gathering:
            self._forget(conn)
        self._close(conn)

    def _hand_over(self, conn: TConn) -> None:
        """Let a thread answer a request that is whole."""
        request = self._forget(conn)
        if request.is_cut:
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)  # who reads on finds an end, and waits for nothing
        conn.rest = request.rest
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(request.data))
        self._answering[conn] = time.monotonic() + ANSWER_SECONDS
        self.enqueue_req(conn)

    # After the answer

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Close a connection after its answer, or wait for its next request."""
        self._answering.pop(conn, None)
        try:
            if not fs.cancelled() and fs.result():
                rest = conn.parser.unreader.take_buffered() + conn.rest
                self._gather(conn, rest, self.cfg.keepalive if self.alive else LINGER_SECONDS)
                return
        except Exception:
            self.log.debug("a connection ended in an unforeseen way", exc_info=True)
        self._gathering.pop(conn, None)
        self._part(conn)

    def _part(self, conn: TConn) -> None:
        """Close a connection once the client has read the answer: closed at once, the end of it might be lost."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._read_last(conn))
        except (OSError, KeyError, ValueError):
            self._close(conn)
        else:
            self._parting[conn] = time.monotonic() + LINGER_SECONDS

    def _read_last(self, conn: TConn) -> None:
        if conn not in self._parting:
            return
        try:
            if conn.sock.recv(_READ):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._parting.pop(conn, None)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close what has waited too long; gunicorn calls this in each turn of its loop."""
        now = time.monotonic()
        if now - self._checked < 0.5:
            return
        self._checked = now
        for conn in [conn for conn, (_, deadline) in self._gathering.items() if deadline <= now]:
            self._give_up(conn)
        for conn in [conn for conn, deadline in self._parting.items() if deadline <= now]:
            self._close(conn)
        for conn in [conn for conn, deadline in self._answering.items() if deadline <= now]:
            self._answering[conn] = now + ANSWER_SECONDS
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)  # the thread that sends finds out at once

    def _cap_keepalive(self, deadline: float) -> None:
        """The server stops: whoever has not begun a request by `deadline` is let go."""
        for conn, (request, until) in list(self._gathering.items()):
            if not request.data:
                self._gathering[conn] = (request, min(until, deadline))

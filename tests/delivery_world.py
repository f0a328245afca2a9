"""Servers that deliveries go to, real ones on this machine: mail, HTTP, and some that misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).parent / "fixtures" / "localhost.pem"


def server_context() -> ssl.SSLContext:
    """TLS of a server that shows the certificate of the tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(is_so: Callable[[], Any], seconds: float = 15) -> None:
    """Wait until something is so; fails when it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@dataclass
class Mailbox:
    """Takes mails, and answers as a test wants it to."""

    mails: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)  # of each mail
    refused: tuple[str, ...] = ()  # addresses
    answer: str = "250 kept"

    async def handle_RCPT(
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: object, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("2"):
            self.mails.append(envelope)
            self.encrypted.append(session.ssl is not None)
        return self.answer

    def login(self, _server: object, _session: object, _envelope: object, _way: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login, data.password))
        is_right = data.password == b"right"
        return AuthResult(success=is_right, handled=is_right)  # else the server answers 535


@contextlib.contextmanager
def mail_server(mailbox: Mailbox, security: str = "none", *, port: int = 0, needs_login: bool = False) -> Iterator[int]:
    """A mail server on a free port, or a given one."""
    options: dict[str, Any] = {"decode_data": False}
    if needs_login:
        options |= {
            "authenticator": mailbox.login,
            "auth_required": True,
            "auth_require_tls": security == "starttls",
        }
    if security == "starttls":
        options |= {"tls_context": server_context(), "require_starttls": True}
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port or free_port(), **options,
        ssl_context=server_context() if security == "tls" else None,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass
class Receiver:
    """Takes calls, and answers as a test wants it to."""

    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)  # path, headers, body
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def http_server(receiver: Receiver, *, port: int = 0, tls: bool = False) -> Iterator[int]:
    """An HTTP server on a free port, or a given one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            receiver.calls.append((self.path, {}, b"followed"))
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls:
        server.socket = server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def bad_server(said: bytes = b"", *, again_every: float = 0) -> Iterator[int]:
    """A server that takes connections, says something, again and again if so wanted, and nothing else; or hangs up for b"-"."""
    is_over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)
    threads: list[threading.Thread] = []

    def talk(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            if said == b"-":
                return
            sock.sendall(said)
            while again_every and not is_over.wait(again_every):
                sock.sendall(said)
            is_over.wait()

    def listen() -> None:
        while not is_over.is_set():
            with contextlib.suppress(TimeoutError):
                threads.append(threading.Thread(target=talk, args=(listener.accept()[0],)))
                threads[-1].start()

    threads.append(threading.Thread(target=listen))
    threads[0].start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        listener.close()

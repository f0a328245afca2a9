"""The production server: gunicorn, set up from here, and waitress where gunicorn cannot run.

Workers are forked from one process that has read the settings and made the application, so that they share its counts
and its rate limits. Told to stop, a worker takes no new connections and finishes the requests it has begun.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.portal import Portal

if TYPE_CHECKING:
    from flask import Flask

MOST_WORKERS = 4
THREADS = 8  # of each worker; most of them wait for browsers, not for answers
TIMEOUT_S = 60  # a worker that has not shown a sign of life for so long is replaced
GRACEFUL_S = 30  # for the requests that were begun when the server was told to stop
KEEPALIVE_S = 65  # longer than proxies keep theirs, so that they are the ones to close an idle connection
MOST_CONNECTIONS = 12_000  # of each worker, most of them idle; beyond, the longest waiting give way
_SHM = Path("/dev/shm")


def default_workers() -> int:
    """Processes that answer, unless somebody says another number."""
    return min(MOST_WORKERS, os.cpu_count() or 1)


def check_address(host: str, port: int) -> None:
    """Raises OSError with a sentence when nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(f"cannot listen on {host} port {port}: {reason}; name another with --port") from error


def start_work(portal: Portal) -> None:
    """Send on what the last run left in the outbox, and follow the content, before the first request comes."""
    portal.start_courier()
    portal.follow_content()


def serve(app: Flask, host: str, port: int, workers: int, threads: int = THREADS) -> None:
    """Serve the portal until the process is told to stop."""
    portal: Portal = app.extensions["portal"]
    try:
        from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
    except ImportError:  # it does not run on Windows
        from waitress import serve as serve_by_threads  # type: ignore[import-untyped]

        start_work(portal)
        serve_by_threads(app, host=host, port=port, threads=threads)
        return

    class Server(BaseApplication):  # type: ignore[misc]
        """Gunicorn set up from here, not from a file or the command line."""

        def load_config(self) -> None:
            for name, value in gunicorn_settings(portal, host, port, workers, threads).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Server().run()


def gunicorn_settings(portal: Portal, host: str, port: int, workers: int, threads: int) -> dict[str, Any]:
    """What gunicorn is told, by the names of its settings."""
    from kb.patient_worker import PatientWorker
    from kb.serving_gunicorn import ServerLog

    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": PatientWorker,
        "threads": threads,
        "worker_connections": MOST_CONNECTIONS,
        "timeout": TIMEOUT_S,
        "graceful_timeout": GRACEFUL_S,
        "keepalive": KEEPALIVE_S,
        "limit_request_line": 8190,  # a question of 500 characters that take twelve each in an address
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        # whom to believe is decided in one place, by KB_TRUSTED_PROXIES
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "worker_tmp_dir": str(_SHM) if os.access(_SHM, os.W_OK) else None,
        "logger_class": ServerLog,
        "control_socket_disable": True,  # it would leave a file in the user's home
        "post_fork": lambda server, worker: portal.metrics.take_row(worker.age),
        # what the last run left in the outbox is sent on before the first request comes
        "post_worker_init": lambda worker: start_work(portal),
        "worker_exit": lambda server, worker: _end_deliveries(portal),
    }


def _end_deliveries(portal: Portal) -> None:
    """Let what is being sent be sent; the rest waits in the outbox."""
    if portal.courier:
        portal.courier.stop()

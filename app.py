"""The portal as a program and as a WSGI application.

`python app.py [--host H] [--port P]` serves it; WSGI servers load `app:app`. Loading needs no index: the first question
builds one from the content where it is missing.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from typing import TYPE_CHECKING

from kb.errors import KbError
from kb.portal import Portal
from kb.settings import load_settings
from kb.web import create_app

if TYPE_CHECKING:
    from flask import Flask

MOST_WORKERS = 4
THREADS = 8  # of each worker; most of them wait for browsers, not for answers

try:
    app = create_app(load_settings())
except KbError as error:  # a setting that cannot be used: one line, whoever loads this
    sys.exit(f"app.py: {error}")


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. 0: ended; 1: the content, the index or the address is at fault, said in one line."""
    options = _options(arguments)
    portal: Portal = app.extensions["portal"]
    try:
        # builds the index where it is missing or old, and the words of suggestions, before the first reader comes
        _ = portal.shelf().words
        _check_address(options.host, options.port)
    except (KbError, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 1
    print(f"The portal is at http://{options.host}:{options.port}", flush=True)
    _serve(app, options.host, options.port, options.workers)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="app.py", description="Serve the knowledge base on the web.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    parser.add_argument("--workers", type=int, default=workers, help="processes that answer (default: %(default)s)")
    return parser.parse_args(arguments)


def _check_address(host: str, port: int) -> None:
    """Raises OSError with a sentence when nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(f"cannot listen on {host} port {port}: {reason}; name another with --port") from error


def start_deliveries() -> None:
    """Send on what the last run left in the outbox, and follow the content, before the first request comes."""
    portal: Portal = app.extensions["portal"]
    portal.start_courier()
    portal.follow_content()


def _serve(application: Flask, host: str, port: int, workers: int) -> None:
    try:
        from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
    except ImportError:  # it does not run on Windows
        from waitress import serve  # type: ignore[import-untyped]

        start_deliveries()
        serve(application, host=host, port=port, threads=THREADS)
        return

    class Server(BaseApplication):  # type: ignore[misc]
        """Gunicorn set up from here, not from a file or the command line."""

        def load_config(self) -> None:
            bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            values = {
                "bind": bind,
                "workers": workers,
                "worker_class": "gthread",
                "threads": THREADS,
                "limit_request_line": 8190,  # a question of 500 characters that take twelve each in an address
                "loglevel": "warning",
                "post_worker_init": lambda worker: start_deliveries(),
                "control_socket_disable": True,  # it would leave a file in the user's home
            }
            for name, value in values.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return application

    Server().run()


if __name__ == "__main__":
    sys.exit(main())

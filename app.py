"""The portal as a program and as a WSGI application.

`python app.py [--host H] [--port P]` serves it; WSGI servers load `app:app`. Loading needs no index: the first question
builds one from the content where it is missing.
"""

from __future__ import annotations

import argparse
import sys

from kb.errors import KbError
from kb.log_lines import log_to
from kb.portal import Portal
from kb.serving import THREADS, check_address, default_workers, serve
from kb.settings import load_settings
from kb.web import create_app

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
        check_address(options.host, options.port)
    except (KbError, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 1
    print(f"The portal is at http://{options.host}:{options.port}", flush=True)
    log_to(level=portal.settings.log_level)
    serve(app, options.host, options.port, options.workers, options.threads)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="app.py", description="Serve the knowledge base on the web.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    workers = default_workers()
    parser.add_argument("--workers", type=_number, default=workers, help="processes that answer (default: %(default)s)")
    parser.add_argument("--threads", type=_number, default=THREADS, help="requests that each of them answers at once (default: %(default)s)")
    return parser.parse_args(arguments)


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())

"""Other sites: one that shows the help widget, from an address and an origin of its own, and one that serves plain files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from browser_world import running
from flask import Flask, Response, abort
from playwright.sync_api import Frame, FrameLocator, Page

EXAMPLE = Path(__file__).parent.parent / "examples" / "widget"
WRITTEN_FOR = "http://127.0.0.1:8000"  # the portal's address in the example
STRICT = "default-src 'self'; script-src 'self' PORTAL; frame-src PORTAL"  # docs/widget.md promises to work with it


def make_host(policy: str = "", files: Mapping[str, str] | None = None) -> Flask:
    """A site with the example page at /, and further `files` by their paths.

    `host.config["PORTAL"]` has to be set before the first request: the address of the portal, which stands for the one in
    the example, and for PORTAL in the files and the policy. policy: sent as Content-Security-Policy with each page.
    """
    host = Flask("host", static_folder=None)
    host.config["PORTAL"] = ""

    @host.get("/favicon.ico")
    def favicon() -> tuple[str, int]:
        return "", 204

    @host.get("/", defaults={"name": "index.html"})
    @host.get("/<path:name>")
    def page(name: str) -> Response:
        text = (files or {}).get(name)
        if text is None:
            path = EXAMPLE / name
            if not path.is_file():
                abort(404)
            text = path.read_text(encoding="utf-8").replace(WRITTEN_FOR, "PORTAL")
        response = Response(text.replace("PORTAL", host.config["PORTAL"]), mimetype=mimetypes.guess_type(name)[0])
        response.headers["Cache-Control"] = "no-store"
        if policy and name.endswith(".html"):
            response.headers["Content-Security-Policy"] = policy.replace("PORTAL", host.config["PORTAL"])
        return response

    return host


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served_folder(folder: Path) -> Iterator[str]:
    """The address of a web server that knows nothing but the files below `folder`; it runs until the end."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))) as address:
        yield address


def a_page(head: str = "", body: str = "") -> str:
    """A small page of the host."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title>{head}</head>'
        f"<body><main><h1>Host</h1>{body}</main></body></html>"
    )


def with_widget(attributes: str = "", head: str = "", body: str = "") -> str:
    """The same with the widget."""
    return a_page(f'{head}<script src="PORTAL/widget.js" defer {attributes}></script>', body)


def frame_of(page: Page) -> FrameLocator:
    """What is in the frame of the help widget on a host's page."""
    return page.frame_locator("help-widget iframe")


def inner(page: Page) -> Frame:
    """The frame itself, once it is there."""
    found = page.locator("help-widget iframe").element_handle().content_frame()
    assert found
    return found

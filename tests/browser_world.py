"""A real browser and a running portal for tests. Without a browser the tests that need one fail; they never skip."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright
from werkzeug.serving import make_server

TABS = 80  # more than any page has places to stop at
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def launch(playwright: Playwright) -> Browser:
    """The system's browser, else Playwright's own. Fails when there is neither."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))


@contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """The address of a server, which runs in a thread until the end."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """The address of the application, which runs in threads until the end, on a free port unless `port` says which."""
    with running(make_server("127.0.0.1", port, app, threaded=True)) as address:
        yield address


@contextmanager
def opened(browser: Browser, **options: object) -> Iterator[Page]:
    """A page in a context of its own."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


def watch(page: Page) -> list[str]:
    """What the page complains about from now on. A page's own status of 4xx is no complaint."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the Tab key never reached {target}")


def record_status(page: Page) -> None:
    """Keep what the status line says from now on in `said`."""
    page.evaluate(
        """() => {
            window.said = [];
            const line = document.querySelector("[role=status]");
            const note = () => line.textContent && window.said.push(line.textContent);
            new MutationObserver(note).observe(line, {childList: true, characterData: true, subtree: true});
        }"""
    )


def said(page: Page) -> list[str]:
    return list(page.evaluate("window.said"))

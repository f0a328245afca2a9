"""What one load of a page costs in a real browser: bytes and requests from the network log, and when it was painted.

Every load has a browser context of its own, so that nothing is cached. Of the portal it knows nothing but addresses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page

RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
PAINTED_S = 10.0
SETTLED_MS = 300  # after the load, for late shifts

# Kept by the page itself from its first moment; Chromium drops old entries otherwise.
OBSERVE = """
window.seen = {lcp: 0, cls: 0, inp: 0};
const observe = (type, note, options) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({type, buffered: true, ...options});
observe("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
observe("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
observe("event", (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration); }, {durationThreshold: 16});
"""


@dataclass(frozen=True)
class Profile:
    """A reader's device and network. A round trip or rate of 0 leaves the network as it is."""

    name: str
    width: int
    height: int
    round_trip_ms: int = 0
    bits_per_s: int = 0
    cpu_slowdown: int = 1


SLOW = Profile("slow", 360, 640, round_trip_ms=150, bits_per_s=1_600_000, cpu_slowdown=4)
FAST = Profile("fast", 1280, 800)


@dataclass(frozen=True)
class Load:
    """One load of a page. Bytes are of bodies as they were sent, without headers."""

    status: int
    html: int
    css: int
    js: int
    requests: int
    third_party: int
    fonts: int
    raster: int
    lcp_ms: float
    cls: float


@contextmanager
def visit(browser: Browser, profile: Profile, state: Any = None) -> Iterator[tuple[Page, CDPSession]]:
    """A page with an empty cache, as `profile` has it; `state` are the cookies of an earlier context."""
    context = browser.new_context(viewport={"width": profile.width, "height": profile.height}, storage_state=state)
    try:
        page = context.new_page()
        page.add_init_script(OBSERVE)
        cdp = context.new_cdp_session(page)
        cdp.send("Network.enable")
        if profile.round_trip_ms or profile.bits_per_s:
            bytes_per_s = profile.bits_per_s / 8 if profile.bits_per_s else -1
            cdp.send("Network.emulateNetworkConditions", {
                "offline": False, "latency": profile.round_trip_ms,
                "downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s,
            })  # fmt: skip
        if profile.cpu_slowdown > 1:
            cdp.send("Emulation.setCPUThrottlingRate", {"rate": profile.cpu_slowdown})
        yield page, cdp
    finally:
        context.close()


def load(browser: Browser, address: str, profile: Profile, state: Any = None) -> Load:
    """What loading `address` costs. Raises Playwright's Error when nothing answers there."""
    with visit(browser, profile, state) as (page, cdp):
        log = _NetworkLog(cdp)
        response = page.goto(address, wait_until="load")
        end = time.monotonic() + PAINTED_S
        while not page.evaluate("seen.lcp") and time.monotonic() < end:
            page.wait_for_timeout(50)  # a busy machine paints after the load
        page.wait_for_timeout(SETTLED_MS)
        seen = page.evaluate("window.seen")
        own = urlsplit(address).netloc
        kinds = log.kinds
        return Load(
            status=response.status if response else 0,
            html=log.bytes_of("Document"),
            css=log.bytes_of("Stylesheet"),
            js=log.bytes_of("Script"),
            requests=len(kinds),
            third_party=sum(urlsplit(url).netloc != own for _, url, _ in kinds.values()),
            fonts=sum(kind == "Font" for kind, _, _ in kinds.values()),
            raster=sum(media_type in RASTER for _, _, media_type in kinds.values()),
            lcp_ms=seen["lcp"],
            cls=seen["cls"],
        )


class _NetworkLog:
    """The requests of a page by their id: kind, address and media type; and the bytes of each body."""

    def __init__(self, cdp: CDPSession) -> None:
        self.kinds: dict[str, tuple[str, str, str]] = {}
        self._head: dict[str, float] = {}
        self._total: dict[str, float] = {}
        cdp.on("Network.requestWillBeSent", self._sent)
        cdp.on("Network.responseReceived", self._received)
        cdp.on(
            "Network.loadingFinished",
            lambda event: self._total.update({event["requestId"]: event["encodedDataLength"]}),
        )

    def _sent(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.kinds[event["requestId"]] = (event.get("type", ""), event["request"]["url"], "")

    def _received(self, event: dict[str, Any]) -> None:
        key, response = event["requestId"], event["response"]
        if key in self.kinds:
            self.kinds[key] = (event["type"], response["url"], response["mimeType"])
            self._head[key] = response["encodedDataLength"]

    def bytes_of(self, kind: str) -> int:
        return round(
            sum(
                self._total.get(key, 0) - self._head.get(key, 0) for key, (of, _, _) in self.kinds.items() if of == kind
            )
        )

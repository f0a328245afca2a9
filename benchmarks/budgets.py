"""The portal's budgets, measured in a real browser: `python benchmarks/budgets.py`.

It starts the portal as `make serve` does, with the project's content and a data folder of its own, and loads every kind of
page five times (the median counts) with an empty cache: once as a slow phone on a slow line sees it, once as it is on this
machine. Then it presses keys and buttons, types for suggestions, and puts questions over HTTP.

    python benchmarks/budgets.py [--loads 5] [--questions 200] [--json]

Bytes and requests are the same on every machine: one over its budget ends this with exit code 1. Times are only reported;
they are those of this machine, and of whatever else it does.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from page_loads import FAST, SLOW, Load, Profile, load, visit
from playwright.sync_api import Browser, Error, sync_playwright
from portal_tour import STAFF_NAME, STAFF_PASSWORD, Tour, take_tour

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # for their browser

from browser_world import launch  # noqa: E402

KB = 1000  # bytes
START_S = 60.0
PAUSE_MS = 150  # without a key, before the page asks for suggestions


@dataclass(frozen=True)
class Budget:
    """The most that something may be. exact: the same on every machine, so that more is a fault."""

    what: str
    most: float
    exact: bool = False


BUDGETS = {
    "html": Budget("HTML, bytes", 20 * KB, exact=True),
    "css": Budget("CSS, bytes", 12 * KB, exact=True),
    "js": Budget("JS, bytes", 10 * KB, exact=True),
    "requests": Budget("requests", 4, exact=True),
    "third_party": Budget("third parties", 0, exact=True),
    "fonts": Budget("fonts", 0, exact=True),
    "raster": Budget("raster images", 0, exact=True),
    "lcp_slow": Budget("LCP slow, ms", 1200),
    "lcp_fast": Budget("LCP fast, ms", 500),
    "cls": Budget("CLS", 0.02),
}
MOMENTS = {
    "inp_slow": Budget("INP, slow profile, ms", 100),
    "inp_fast": Budget("INP, fast profile, ms", 100),
    "press_slow": Budget("feedback to a press, slowest, slow profile, ms", 100),
    "press_fast": Budget("feedback to a press, slowest, fast profile, ms", 100),
    "suggestions_slow": Budget("suggestions after the pause, slow profile (a round trip of 150 ms in it), ms", 100),
    "suggestions_fast": Budget("suggestions after the pause, fast profile, ms", 100),
    "answer_p95": Budget("answer on the server, p95, ms", 300),
}


@dataclass(frozen=True)
class PageFigures:
    """The medians of one page: by key of BUDGETS."""

    name: str
    figures: dict[str, float]


# Judging


def figures_of(slow: Sequence[Load], fast: Sequence[Load]) -> dict[str, float]:
    """Medians of some loads of a page under each profile. Bytes and requests: the most of any load."""
    every = [*slow, *fast]
    exact = {key: max(getattr(item, key) for item in every) for key, budget in BUDGETS.items() if budget.exact}
    return exact | {
        "lcp_slow": statistics.median(item.lcp_ms for item in slow) if slow else 0.0,
        "lcp_fast": statistics.median(item.lcp_ms for item in fast) if fast else 0.0,
        "cls": max(statistics.median(item.cls for item in items) for items in (slow, fast) if items),
    }


def over(figures: dict[str, float], budgets: dict[str, Budget], *, exact: bool) -> list[str]:
    """What is over its budget, in words; `exact` chooses bytes and requests, or times."""
    return [
        f"{budget.what}: {figures[key]:,.10g} of {budget.most:,.10g}"
        for key, budget in budgets.items()
        if budget.exact == exact and key in figures and figures[key] > budget.most
    ]


# The server


@contextmanager
def portal(data: Path) -> Iterator[str]:
    """The address of the portal, run by `app.py` until the end. Raises RuntimeError when it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "KB_CONTENT": str(ROOT / "content"), "KB_DATA": str(data),
        "KB_ASKS_PER_MINUTE": "1000000", "KB_REPORTS_PER_HOUR": "1000000",
    }  # fmt: skip
    command = [sys.executable, "app.py", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz").close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"app.py did not answer at {address}; run `python app.py` to see why")


def add_staff(data: Path) -> None:
    """An account of the support team in the database of `data`. Raises CalledProcessError with the reason printed."""
    command = [sys.executable, "-m", "kb", "staff", "add", STAFF_NAME, "--data", str(data)]
    subprocess.run(command, cwd=ROOT, input=STAFF_PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)


# Measuring


def measure_pages(browser: Browser, tour: Tour, loads: int) -> list[PageFigures]:
    """Every page of `tour`, `loads` times under each profile."""
    found = []
    for name, address in tour.pages.items():
        by_profile: dict[Profile, list[Load]] = {
            profile: [load(browser, address, profile, tour.state) for _ in range(loads)] for profile in (SLOW, FAST)
        }
        found.append(PageFigures(name, figures_of(by_profile[SLOW], by_profile[FAST])))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


# From a press to the first frame after something on the page changed; of presses that stay on the page.
PRESSES = """
window.presses = [];
let pressed = 0;
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, (event) => { pressed = event.timeStamp; }, true);
const changed = () => {
  if (!pressed) return;
  const from = pressed;
  pressed = 0;
  requestAnimationFrame(() => setTimeout(() => presses.push(performance.now() - from)));
};
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(changed).observe(document.documentElement, {subtree: true, childList: true, attributes: true});
  for (const kind of ["toggle", "input"]) document.addEventListener(kind, changed, true);
});
"""


def measure_presses(browser: Browser, tour: Tour, profile: Profile, times: int) -> tuple[float, float]:
    """INP and the slowest feedback to a press, in ms, median of several conversations."""
    taken = [_press(browser, tour, profile) for _ in range(times)]
    return statistics.median(inp for inp, _ in taken), statistics.median(slowest for _, slowest in taken)


def _press(browser: Browser, tour: Tour, profile: Profile) -> tuple[float, float]:
    """Both in one conversation: asking, a verdict, disclosures, the list of shortcuts, suggestions, asking in place."""
    with visit(browser, profile) as (page, _):
        page.add_init_script(PRESSES)
        page.goto(tour.home)
        box = page.locator("#box-question")
        box.click()
        box.press_sequentially(tour.question, delay=60)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-level=strong]")
        page.wait_for_timeout(200)
        page.get_by_role("button", name="No, still broken").or_(
            page.get_by_role("button", name="No", exact=True)
        ).click()
        page.wait_for_selector(".next-ways")
        page.locator(".reason summary").click()
        page.locator("details.others summary").click()
        page.locator("#tried summary").click()
        page.get_by_role("button", name="Keyboard shortcuts").click()
        page.keyboard.press("Escape")
        page.locator("#box-question").fill("how do I")
        page.wait_for_selector("[role=option]")
        for _ in range(5):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Escape")
        page.locator("#box-question").fill("and what about the log")
        page.keyboard.press("Enter")
        page.wait_for_selector("#turn-2 .card")
        page.wait_for_timeout(500)
        return float(page.evaluate("seen.inp")), float(max(page.evaluate("presses")))


SUGGESTED = """() => new Promise((resolve) => {
  const list = document.getElementById("box-suggestions");
  const field = document.getElementById("box-question");
  let typed = 0;
  field.addEventListener("input", () => { typed = performance.now(); });
  new MutationObserver(() => { if (!list.hidden) resolve(performance.now() - typed); }).observe(list, {attributes: true});
})"""


def measure_suggestions(browser: Browser, tour: Tour, profile: Profile, times: int) -> float:
    """From the end of the pause to the open list, in ms, median."""
    taken = []
    for text in ("certific", "pass phrase", "connection ref", "virtual host", "core dump", "key too")[: max(times, 1)]:
        with visit(browser, profile) as (page, _):
            page.goto(tour.home)
            field = page.locator("#box-question")
            field.focus()
            page.evaluate(f"window.waiting = ({SUGGESTED})(); undefined")
            field.press_sequentially(text, delay=20)
            taken.append(float(page.evaluate("window.waiting")) - PAUSE_MS)
    return statistics.median(taken)


def measure_answers(address: str, questions: Sequence[str]) -> float:
    """p95 of asking over HTTP, answer page included, in ms; each question once."""
    taken = []
    for question in questions:
        start = time.perf_counter()
        urllib.request.urlopen(f"{address}/ask?" + urllib.parse.urlencode({"q": question})).read()
        taken.append((time.perf_counter() - start) * 1000)
    return float(statistics.quantiles(taken, n=20)[-1]) if len(taken) > 1 else taken[0]


def golden_questions(count: int) -> list[str]:
    """The first `count` labelled questions of the tests."""
    with (ROOT / "tests" / "golden.jsonl").open(encoding="utf-8") as file:
        lines = [json.loads(line)["query"] for line, _ in zip(file, range(count), strict=False)]
    return [line[:500] for line in lines]


# Saying


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def shown(key: str, value: float, budgets: dict[str, Budget]) -> str:
    """A figure, with a mark when it is over its budget."""
    text = f"{value:.3f}" if key == "cls" else f"{value:,.0f}"
    return f"{text} **over**" if value > budgets[key].most else text


def report(pages: Sequence[PageFigures], moments: dict[str, float]) -> str:
    """Both tables: pages by budget, and what was measured once."""
    limits = ["limit", *(f"{budget.most:,.10g}" for budget in BUDGETS.values())]
    rows = [[page.name, *(shown(key, page.figures[key], BUDGETS) for key in BUDGETS)] for page in pages]
    once = [
        [MOMENTS[key].what, f"{MOMENTS[key].most:,.10g}", shown(key, value, MOMENTS)] for key, value in moments.items()
    ]
    first = table(["page", *(budget.what for budget in BUDGETS.values())], [limits, *rows])
    return f"{first}\n\n{table(['what', 'limit', 'measured'], once)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: bytes and requests are within their budgets; 1: they are not, or nothing could be measured."""
    parser = argparse.ArgumentParser(description="Measure the portal's budgets in a real browser.")
    parser.add_argument("--loads", type=int, default=5, help="loads of each page under each profile (default: 5)")
    parser.add_argument("--questions", type=int, default=200, help="questions put over HTTP (default: 200)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if min(options.loads, options.questions) < 1:
        parser.error("--loads and --questions must be 1 or more")
    try:
        pages, moments = _measure(options.loads, options.questions)
    except (RuntimeError, subprocess.CalledProcessError, Error) as error:
        print(f"budgets.py: {error}", file=sys.stderr)
        return 1
    faults = [f"{page.name}: {fault}" for page in pages for fault in over(page.figures, BUDGETS, exact=True)]
    if options.json:
        print(json.dumps({"pages": [asdict(page) for page in pages], "moments": moments, "over": faults}, indent=1))
    else:
        print(report(pages, moments))
        print(
            "\n" + ("Over budget:\n" + "\n".join(faults) if faults else "Bytes and requests: all within their budgets.")
        )
    return 1 if faults else 0


def _measure(loads: int, questions: int) -> tuple[list[PageFigures], dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="budgets-") as folder, sync_playwright() as playwright:
        data = Path(folder)
        add_staff(data)
        with portal(data) as address:
            browser = launch(playwright)
            try:
                tour = take_tour(browser, address)
                answers = measure_answers(address, golden_questions(questions))
                pages = measure_pages(browser, tour, loads)
                slow, fast = (measure_presses(browser, tour, profile, loads) for profile in (SLOW, FAST))
                moments: dict[str, Any] = {
                    "inp_slow": slow[0], "inp_fast": fast[0], "press_slow": slow[1], "press_fast": fast[1],
                    "suggestions_slow": measure_suggestions(browser, tour, SLOW, loads),
                    "suggestions_fast": measure_suggestions(browser, tour, FAST, loads),
                    "answer_p95": answers,
                }  # fmt: skip
            finally:
                browser.close()
    return pages, moments


if __name__ == "__main__":
    sys.exit(main())

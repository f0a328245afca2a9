"""Our browser engine beside MiniSearch, lunr and Pagefind, in Chromium: `python benchmarks/browser.py --modules DIR`.

All get the same entries (title, aliases and error texts, body; ours also what it has beside them) and the same labelled
questions. Bytes are what has to be fetched before the first answer, compressed; ready is from the first request until a
question can be put, with an empty cache; both from a server on this machine. MiniSearch's and lunr's defaults are used,
with any of the question's words enough to be found. DIR is a folder in which they are installed:

    npm install --prefix DIR minisearch@7.2.0 lunr@2.3.9 pagefind@1.6.0
    python benchmarks/browser.py --modules DIR [--content DIR] [--questions FILE] [--json]
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser_world import launch  # noqa: E402

from kb.browser_index import browser_scripts  # noqa: E402
from kb.generation import Generation, build, load_current  # noqa: E402
from kb.settings import Settings  # noqa: E402

LOADS = 5  # of which the median is told
# of every engine: its scripts, what makes it ready, and the ids that it finds, best first
ENGINES = {
    "ours": (
        ["engine.js", "index.js", "spelling.js"], "globalThis.e = kb.engine.open(kb.data); e.ask({question: 'ready'})",
        "(q) => e.ask(q.length > 500 ? {log: q} : {question: q}).hits.filter((hit) => hit.kind === 'entry').map((hit) => hit.id)",
    ),
    "MiniSearch": (
        ["minisearch.js", "minisearch-index.js"],
        "globalThis.e = MiniSearch.loadJSON(miniIndex, {fields: ['title', 'other', 'body'], searchOptions: {boost: {title: 2}, fuzzy: 0.2}}); e.search('ready')",
        "(q) => e.search(q).map((hit) => hit.id)",
    ),
    "lunr": (
        ["lunr.js", "lunr-index.js"], "globalThis.e = lunr.Index.load(lunrIndex); e.search('ready')",
        "(q) => e.query((it) => lunr.tokenizer(q).forEach((token) => it.term(token.toString(), {}))).map((hit) => hit.ref)",
    ),
    "Pagefind": (
        [], "globalThis.e = await import('/pagefind/pagefind.js'); await e.init(); await e.search('ready')",
        "async (q) => { const found = await e.search(q); const ten = await Promise.all(found.results.slice(0, 10).map((hit) => hit.data())); return ten.map((hit) => hit.url.slice(1)); }",
    ),
}  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of `folder`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_site(generation: Generation, settings: Settings, modules: Path, site: Path) -> None:
    """Everything that the engines load."""
    (site / "texts").mkdir()
    for name, text in browser_scripts(generation, settings):
        (site / name).write_text(text, encoding="utf-8")
    documents = [
        {"id": entry.id, "title": entry.question, "other": "\n".join([*entry.aliases, *entry.errors, *entry.keywords]), "body": entry.body}
        for entry in generation.content.entries
    ]  # fmt: skip
    (site / "documents.json").write_text(json.dumps(documents), encoding="utf-8")
    (site / "page.html").write_text("<!doctype html><meta charset=utf-8><title>Engines</title>", encoding="utf-8")
    script = Path(__file__).with_name("browser_engines.js")
    subprocess.run(["node", str(script), str(modules), str(site)], check=True, stdout=subprocess.DEVNULL)


def measure(browser: Browser, address: str, site: Path, name: str, cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Bytes, milliseconds and hits of one engine."""
    scripts, ready, ask = ENGINES[name]
    load = f"""async (scripts) => {{
        const started = performance.now();
        for (const src of scripts) await new Promise((done, failed) =>
            document.head.append(Object.assign(document.createElement("script"), {{ src, onload: done, onerror: failed }})));
        {ready};
        return performance.now() - started;
    }}"""
    waits, fetched = [], set()
    for _ in range(LOADS):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/page.html")
        page.on("request", lambda request: fetched.add(request.url))
        waits.append(page.evaluate(load, [f"/{script}" for script in scripts]))
        before = set(fetched)
        if len(waits) < LOADS:
            context.close()
    found = page.evaluate(
        f"""async (questions) => {{
            const ask = {ask};
            const found = [];
            for (const question of questions) {{
                const started = performance.now();
                const ids = await ask(question);
                found.push([performance.now() - started, ids.slice(0, 5)]);
            }}
            return found;
        }}""",
        [case["query"] for case in cases],
    )
    context.close()
    paths = [site / url.removeprefix(address).lstrip("/").split("?")[0] for url in before]
    hits = [[one in case["relevant"] for one in ids] for case, (_, ids) in zip(cases, found, strict=True)]
    times = sorted(took for took, _ in found)
    return {
        "engine": name,
        "bytes": sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths),
        "ready_ms": round(statistics.median(waits), 1),
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(len(times) * 0.95)], 2),
        "hit_1": round(sum(any(hit[:1]) for hit in hits) / len(hits), 3),
        "hit_5": round(sum(any(hit) for hit in hits) / len(hits), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=Path, required=True, help="folder with node_modules of the other engines")
    parser.add_argument("--content", type=Path, default=ROOT / "content")
    parser.add_argument("--questions", type=Path, default=ROOT / "tests" / "golden.jsonl")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    if not shutil.which("node"):
        parser.error("Node is needed to make the other engines' indexes")
    cases = [
        case for case in map(json.loads, given.questions.read_text(encoding="utf-8").splitlines()) if case["relevant"]
    ]
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        settings = Settings(content=given.content, data=Path(work) / "data")
        build(settings)
        site = Path(work) / "site"
        site.mkdir()
        write_site(load_current(settings.data, settings.ranking), settings, given.modules, site)
        browser = launch(playwright)
        with served(site) as address:
            results = [measure(browser, address, site, name, cases) for name in ENGINES]
        browser.close()
    if given.json:
        print(json.dumps(results))
        return
    print(
        "| engine | bytes, gzip | ready ms | query p50 ms | p95 ms | hit@1 | hit@5 |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for row in results:
        print(
            f"| {row['engine']} | {row['bytes']:,} | {row['ready_ms']} | {row['p50_ms']} | {row['p95_ms']} | {row['hit_1']} | {row['hit_5']} |"
        )


if __name__ == "__main__":
    main()

"""The portal's budgets of bytes and requests hold for every kind of page, with the project's own content."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_world import opened, served
from playwright.sync_api import Browser

from kb.scripts import PORTAL, joined
from kb.settings import Settings
from kb.web import create_app

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import budgets  # noqa: E402
from page_loads import FAST, Load, load  # noqa: E402
from portal_tour import QUESTION, Tour, take_tour  # noqa: E402


@pytest.fixture(scope="module")
def tour(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    data = tmp_path_factory.mktemp("budgets")
    budgets.add_staff(data)
    app = create_app(Settings(content=ROOT / "content", data=data, asks_per_minute=10_000))
    with served(app) as address:
        yield take_tour(browser, address)
    app.extensions["portal"].database.close()


def test_every_page_is_within_its_budgets(browser: Browser, tour: Tour) -> None:
    for name, address in tour.pages.items():
        found = load(browser, address, FAST, tour.state)
        expected = {"empty question": 422, "page not found": 404}.get(name, 200)
        assert found.status == expected, name
        assert found.html > 0 and found.css > 0 and found.js > 0, name
        assert budgets.over(budgets.figures_of([], [found]), budgets.BUDGETS, exact=True) == [], name


def test_pages_are_what_they_are_called(browser: Browser, tour: Tour) -> None:
    with opened(browser) as page:
        for level in ("strong", "weak", "none"):
            page.goto(tour.pages[f"answer, {level}"])
            assert page.locator("[data-level]").get_attribute("data-level") == level
        for name, turns in (("conversation, 1 turn", 1), ("conversation, 7 turns", 7)):
            page.goto(tour.pages[name])
            assert page.locator("#turns > li").count() == turns


def test_the_network_log_counts_what_is_sent(browser: Browser, tour: Tour) -> None:
    found = load(browser, tour.home, FAST)
    style, script = ROOT / "static" / "style.css", joined(PORTAL)
    assert 0 < found.css < style.stat().st_size / 2 and 0 < found.js < len(script) / 2  # they are compressed
    assert (found.third_party, found.fonts, found.raster) == (0, 0, 0)


def test_what_is_over_is_named() -> None:
    heavy = Load(200, html=20_001, css=1, js=1, requests=5, third_party=1, fonts=0, raster=0, lcp_ms=9000, cls=0.5)
    figures = budgets.figures_of([heavy], [heavy])
    assert budgets.over(figures, budgets.BUDGETS, exact=True) == [
        "HTML, bytes: 20,001 of 20,000", "requests: 5 of 4", "third parties: 1 of 0",
    ]  # fmt: skip
    assert budgets.over(figures, budgets.BUDGETS, exact=False) == [
        "LCP slow, ms: 9,000 of 1,200", "LCP fast, ms: 9,000 of 500", "CLS: 0.5 of 0.02",
    ]  # fmt: skip
    assert "20,001 **over**" in budgets.report([budgets.PageFigures("heavy", figures)], {})


def test_moments_are_measured_on_the_program_as_it_is_run(browser: Browser, tmp_path: Path) -> None:
    with budgets.portal(tmp_path) as address:
        tour = Tour(f"{address}/", QUESTION, {}, None)
        assert budgets.measure_answers(address, budgets.golden_questions(3)) > 0
        inp, slowest = budgets.measure_presses(browser, tour, FAST, 1)
        assert inp >= 0 and slowest > 0
        assert budgets.measure_suggestions(browser, tour, FAST, 1) > 0


def test_a_program_that_does_not_start_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(RuntimeError, match=r"app\.py did not answer at http"), budgets.portal(tmp_path / "data"):
        pass

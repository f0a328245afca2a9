"""The insights as a page and as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from staff_world import NOW, StaffWorld, fill, make_world

from kb.conversation import Verdict
from kb.store.conversations import create_conversation
from kb.store.reports import NewReport, create_report
from kb.store.verdicts import set_verdict


@pytest.fixture
def world(tmp_path: Path) -> StaffWorld:
    made = make_world(tmp_path)
    fill(made)
    return made


@pytest.fixture
def client(world: StaffWorld) -> FlaskClient:
    return world.staff()


def page_of(client: FlaskClient, query: str = "") -> str:
    response = client.get(f"/insights{query}")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def table(client: FlaskClient, name: str, days: int = 7) -> list[list[str]]:
    response = client.get(f"/insights/{name}.csv?days={days}")
    assert response.status_code == 200 and response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith(f"attachment; filename={name}-20")
    return list(csv.reader(io.StringIO(response.get_data(as_text=True).removeprefix("\ufeff"), newline="")))


def test_the_figures_of_a_week(client: FlaskClient) -> None:
    figures = re.findall(r"<dt>(.*?)</dt><dd>(.*?) ?(?:<span[^>]*>(.*?)</span>)?</dd>", page_of(client))
    assert [(name, value) for name, value, _ in figures] == [
        ("Asked", "8"), ("Answered", "2"), ("No match", "62 %"), ("Solved", "50 %"), ("Reported", "50 %"),
    ]  # fmt: skip
    assert figures[3][2] == "of 2 conversations" and figures[4][2] == "of them; 2 reports"


def test_every_chart_is_a_picture_with_a_name_and_a_table_and_no_inline_style(client: FlaskClient) -> None:
    page = page_of(client)
    charts = re.findall(r'<svg class="bars".*?role="img" aria-labelledby="([^"]+)"', page)
    assert charts == ["chart-asked", "chart-ends"] and all(f'id="{name}"' in page for name in charts)
    assert page.count("<summary>Table: ") == 2 and '<caption id="asked-caption">Questions by day' in page
    assert '<rect class="bar-0"' in page and " style=" not in page and "<style" not in page
    assert page.count('<th scope="row">') >= 14


def test_where_the_faq_fails(client: FlaskClient) -> None:
    page = page_of(client)
    for part in ("Tuning the flux capacitors", "3 times", "It does not fit my case", "“=HYPERLINK(1) nothing listens”",
                 "Does it ask?", "The server stops at start and asks for a pass phrase"):  # fmt: skip
        assert part in page, part
    assert 'href="/guides/guide-start/does-it-ask"' in page and 'href="/entries/connection-refused"' in page


def test_a_longer_period_is_shown_by_weeks(world: StaffWorld, client: FlaskClient) -> None:
    world.ask("an old riddle", ago=60 * 24 * 80)
    assert "an old riddle" not in page_of(client)
    page = page_of(client, "?days=90")
    assert (
        "an old riddle" in page
        and "Table: questions by week" in page
        and '<option value="90" selected>Last 90 days' in page
    )
    assert len(table(client, "days", 90)) == 1 + 13


def test_no_data_says_to_choose_a_longer_period(tmp_path: Path) -> None:
    client = make_world(tmp_path).staff()
    for days, longer in ((7, 30), (30, 365)):
        page = page_of(client, f"?days={days}")
        assert (
            "No questions in this period." in page
            and f'<a href="/insights?days={longer}">Choose a longer one.</a>' in page
        )
        assert "<svg" not in page
    assert "No questions in this period. Choose a longer one." in page_of(client, "?days=365")
    assert table(client, "unanswered") == [["question", "asked", "wordings", "first asked", "last asked", "handled by"]]


def test_tables_can_be_downloaded(client: FlaskClient) -> None:
    days = table(client, "days")
    assert len(days) == 8 and [sum(int(row[column]) for row in days[1:]) for column in range(2, 7)] == [8, 2, 5, 1, 2]
    assert table(client, "unanswered")[1][:3] == ["Tuning the flux capacitors", "3", "3"]
    assert table(client, "steps")[1] == [
        "guide-start",
        "does-it-ask",
        "The server stops at start and asks for a pass phrase",
        "Does it ask?",
        "1",
        "1",
        "1",
    ]
    assert client.get("/insights/passwords.csv").status_code == 404


def test_no_cell_is_a_formula(world: StaffWorld, client: FlaskClient) -> None:
    for start in "=+-@":
        world.ask(f"{start}cmd evil{ord(start)} HYPERLINK")
    cells = [
        cell for name in ("unanswered", "voted-no", "days", "steps") for row in table(client, name) for cell in row
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=cmd evil61 HYPERLINK" in cells and "'=HYPERLINK(1) nothing listens" in cells


def test_what_is_gone_from_the_content_keeps_its_id(world: StaffWorld, client: FlaskClient) -> None:
    with world.database.begin() as connection:
        talk = create_conversation(connection)
        set_verdict(connection, talk, Verdict("entry", "gone-<entry>", "no"))
        set_verdict(connection, talk, Verdict("step", "gone-guide/gone-step", "no"))
    page = page_of(client)
    assert "gone-&lt;entry&gt;" in page and "gone-step" in page and "gone-guide" in page


def test_reports_without_questions_are_figures_too(tmp_path: Path) -> None:
    world = make_world(tmp_path, log_questions=False)
    with world.database.begin() as connection:
        create_report(connection, NewReport("k", {}, "x"), lambda: "R-1", NOW - timedelta(days=1))
    page = page_of(world.staff())
    assert "0 %" in page and "1 report" in page and "Questions are not kept" in page

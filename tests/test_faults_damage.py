"""Damage on disk while the portal serves, and before it starts: answers go on, and what to do is one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from api_world import REPORT, api_portal
from delivery_world import wait_for
from flask.testing import FlaskClient
from server_world import running, write_site

from kb.errors import StorageError
from kb.generation import current_folder
from kb.settings import Settings
from kb.store.database import Database
from kb.store.reports import list_reports

PAGE = 4096
STRONG = 'data-level="strong"'
QUOTED = "/ask?q=%22remove+the+pass+phrase%22"  # an operator: Whoosh answers it
READING = ("/", "/ask?q=remove+the+pass+phrase", "/entries/remove-pass-phrase", "/report", "/sections/keys", "/readyz")


def send(client: FlaskClient, title: str) -> int:
    return client.post("/api/v1/reports", json={"fields": REPORT | {"title": title}}).status_code


def garble(path: Path, start: int, size: int) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + size] = bytes(byte ^ 0x5A for byte in data[start : start + size])
    path.write_bytes(bytes(data))


def filled(folder: Path) -> Path:
    """The file of a database with reports in it, all of it moved into the file itself."""
    client = api_portal(folder, reports_per_hour=1000).test_client()
    for number in range(40):
        assert send(client, f"report {number} " + "x" * 100) == 201
    database = Database(Settings(data=folder / "data"))
    database.checkpoint()
    database.close()
    return folder / "data" / "kb.sqlite3"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("whole"))


def test_whichever_page_of_the_database_is_damaged_questions_are_answered(whole: Path, tmp_path: Path) -> None:
    """Each page in turn: reading and asking never fail, and a report is stored or refused in a sentence."""
    pages = whole.stat().st_size // PAGE
    assert pages > 20
    refused = 0
    for number in range(0, pages, max(1, pages // 24)):
        folder = tmp_path / str(number)
        (folder / "data").mkdir(parents=True)
        damaged = Path(shutil.copy(whole, folder / "data"))
        garble(damaged, number * PAGE, PAGE)
        client = api_portal(folder).test_client()
        for address in READING:
            assert client.get(address).status_code == 200, (number, address)
        assert STRONG in client.get(READING[1]).text
        answer = client.post("/api/v1/ask", json={"question": "remove the pass phrase"})
        assert answer.get_json()["level"] == "strong"
        status = send(client, "another")
        assert status in (201, 503)
        refused += status == 503
        assert client.get("/login").status_code in (200, 503)
    assert refused > 0


def test_a_damaged_database_is_named_with_what_to_do(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    damaged = Path(shutil.copy(whole, tmp_path / "data"))
    garble(damaged, PAGE, damaged.stat().st_size)  # all but the first page
    database = Database(Settings(data=tmp_path / "data"))
    with (
        pytest.raises(StorageError, match=r"is damaged or no database: .*; restore a copy, or name another"),
        database.read() as connection,
    ):
        list_reports(connection, size=100)
    database.close()


def part(data: Path, name: str) -> Path:
    """A file of the current index; `whoosh` is its largest segment."""
    if name == "CURRENT":
        return data / "index" / name
    folder = current_folder(data)
    return max((folder / name).iterdir(), key=lambda path: path.stat().st_size) if name == "whoosh" else folder / name


@pytest.mark.parametrize("name", ["impacts.npz", "whoosh", "manifest.json", "CURRENT"])
def test_an_index_damaged_while_serving_is_noticed_by_hardly_anybody(tmp_path: Path, name: str) -> None:
    """What answers was read into memory; only operators are looked up on disk, and whoever does so has it mended."""
    content, data, log = write_site(tmp_path), tmp_path / "data", tmp_path / "log"
    with running(content, data, log, workers=1) as server:
        assert STRONG in server.ask(READING[1]).text
        garble(part(data, name), 0, 64)
        for _ in range(3):
            assert STRONG in server.ask(READING[1]).text
        if name == "whoosh":
            reply = server.ask(QUOTED)
            assert reply.status == 503 and "Load this page again in one minute" in reply.text
        wait_for(lambda: STRONG in server.ask(QUOTED).text, seconds=60)
        assert "Traceback" not in server.log()
        garble(part(data, name), 0, 64)
    with running(content, data, log, workers=1) as server:
        wait_for(lambda: STRONG in server.ask(READING[1]).text)
        assert STRONG in server.ask(QUOTED).text
        assert "Traceback" not in server.log()

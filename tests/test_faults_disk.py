"""A disk that is full, a data folder that is read-only or forbidden: answers go on, the rest is one sentence."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from delivery_world import wait_for
from engine_world import entry_text
from server_world import WITHOUT_POWERS, Server, running, write_site
from test_faults_killed import children, titles

from kb.errors import StorageError
from kb.settings import Settings
from kb.store.database import Database

NOTHING_STORED = "Nothing can be stored right now. Try again in a minute."
STRONG = 'data-level="strong"'


def answers(server: Server) -> None:
    """Fails unless questions are answered and pages shown."""
    assert STRONG in server.ask("/ask?q=remove+the+pass+phrase").text
    assert server.ask("/entries/remove-pass-phrase").status == 200
    assert server.ask("/").status == 200


def is_refused(server: Server, title: str) -> None:
    """Fails unless a report is refused in a sentence, on the form too."""
    reply = server.report(title)
    assert (reply.status, reply.json()["detail"]) == (503, NOTHING_STORED)
    assert reply.headers["retry-after"]


class Tmpfs:
    """A real file system of two megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True, capture_output=True)

    def fill(self, server: Server) -> None:
        with contextlib.suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def free(self, server: Server) -> None:
        (self.folder / "filler").unlink()

    def end(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True, capture_output=True)


class FileLimit:
    """Files of the program cannot grow beyond a kilobyte; what cannot be mounted cannot be filled either."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _limit(self, server: Server, size: int) -> None:
        for process in (server.process.pid, *children(server.process.pid)):
            hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    def fill(self, server: Server) -> None:
        self._limit(server, 1024)

    def free(self, server: Server) -> None:
        self._limit(server, resource.RLIM_INFINITY)

    def end(self) -> None:
        pass


def _can_mount() -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError, subprocess.CalledProcessError):
        disk = Tmpfs(Path(folder) / "disk")
        disk.end()
        return True
    return False


@pytest.fixture(params=[FileLimit, Tmpfs] if _can_mount() else [FileLimit])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmpfs | FileLimit]:
    """A data folder whose disk can be filled; a real one where this machine lets a test mount it."""
    made = request.param(tmp_path / "data")
    yield made
    made.end()


def test_a_full_disk_costs_nothing_that_was_acknowledged(tmp_path: Path, disk: Tmpfs | FileLimit) -> None:
    content = write_site(tmp_path)
    with running(content, disk.folder, tmp_path / "log", check_seconds=0) as server:
        assert server.report("before").status == 201
        disk.fill(server)
        for number in range(3):
            is_refused(server, f"full {number}")
            answers(server)
        (content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
        answers(server)  # from the last good state
        disk.free(server)
        assert server.report("after").status == 201
        wait_for(lambda: STRONG in server.ask("/ask?q=why+does+it+frobnicate").text, seconds=60)
        assert "Traceback" not in server.log()
        assert set(titles(Settings(data=disk.folder))) == {"before", "after"}


def test_the_log_says_that_the_disk_is_full_and_what_to_do(tmp_path: Path) -> None:
    database = Database(Settings(data=tmp_path / "data"))
    database.migrate()
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA max_page_count=1")  # what SQLite says of a full disk, it says of this limit too
    with pytest.raises(StorageError) as caught, database.begin() as connection:
        for number in range(10_000):
            connection.exec_driver_sql(
                "INSERT INTO conversations (id, started_at, updated_at) VALUES (?, '', '')", (f"{number:0>32}",)
            )
    assert str(caught.value) == f"the database {database.name} cannot be written: its disk is full; free the space"
    database.close()


@contextlib.contextmanager
def forbidden(folder: Path, mode: int) -> Iterator[None]:
    """A folder with its files that cannot be written (5) or not even be looked into (0)."""
    before = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path in sorted(before, reverse=True):
        path.chmod(mode * 64 if path.is_dir() else mode & 4 and 0o400)
    try:
        yield
    finally:
        for path in sorted(before):
            if path.exists() or path == folder:
                path.chmod(before[path])


@pytest.mark.parametrize("mode", [5, 0], ids=["read-only", "forbidden"])
def test_a_data_folder_that_is_taken_away_while_serving(tmp_path: Path, mode: int) -> None:
    content, data, log = write_site(tmp_path), tmp_path / "data", tmp_path / "log"
    with running(content, data, log, under=WITHOUT_POWERS, check_seconds=0) as server:
        assert server.report("before").status == 201
        acknowledged = {"before"}
        with forbidden(data, mode):
            for number in range(4):
                answers(server)
                reply = server.report(f"forbidden {number}")
                assert reply.status in (201, 503), reply  # open files stay usable
                if reply.status == 201:
                    acknowledged.add(f"forbidden {number}")
                else:
                    assert reply.json()["detail"] == NOTHING_STORED
        wait_for(lambda: server.report("after", key="after").status in (200, 201), seconds=60)
        answers(server)
        assert "Traceback" not in server.log()
    assert set(titles(Settings(data=data))) == acknowledged | {"after"}


def test_a_start_on_a_read_only_data_folder_answers_and_stores_nothing(tmp_path: Path) -> None:
    content, data, log = write_site(tmp_path), tmp_path / "data", tmp_path / "log"
    with running(content, data, log) as server:
        assert server.report("before").status == 201
        answers(server)
    with forbidden(data, 5), running(content, data, log, under=WITHOUT_POWERS) as server:
        answers(server)
        is_refused(server, "read-only")
        assert server.ask("/login").status in (200, 503)
        assert server.ask("/report").status == 200
        assert "Traceback" not in server.log()
    assert set(titles(Settings(data=data))) == {"before"}


def test_a_start_without_an_index_on_a_read_only_data_folder_is_one_sentence(tmp_path: Path) -> None:
    content, data, log = write_site(tmp_path), tmp_path / "data", tmp_path / "log"
    data.mkdir()
    with (
        forbidden(data, 5),
        pytest.raises(AssertionError, match="did not start"),
        running(content, data, log, under=WITHOUT_POWERS),
    ):
        pass
    said = log.read_text()
    assert said.startswith("app.py: the data folder cannot be written: ") and said.count("\n") == 1
    assert "--data DIR or KB_DATA" in said

"""Backup and restore: consistent while others write, whole or refused, and good for asking and logging in afterwards."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from api_world import REPORT, api_portal

from kb.backup import MANIFEST, back_up, restore
from kb.errors import InputError, KbError, StorageError
from kb.secret_key import load_secret_key
from kb.settings import Settings
from kb.store.database import FILE, Database
from kb.store.reports import list_reports
from kb.web import create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with a report, a key and a draft in it."""
    app = api_portal(tmp_path, reports_per_hour=10_000)
    portal = app.extensions["portal"]
    assert app.test_client().post("/api/v1/reports", json={"fields": REPORT}).status_code == 201
    portal.secret_key()
    (tmp_path / "data/drafts").mkdir()
    (tmp_path / "data/drafts/wording.json").write_text("{}")
    portal.database.close()
    return portal.settings  # type: ignore[no-any-return]


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"data": tmp_path / "new"})


def test_what_is_restored_is_what_was_backed_up_and_answers(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = back_up(settings, file)
    assert made.files == 3 and stat.S_IMODE(file.stat().st_mode) == 0o600
    new = elsewhere(settings, tmp_path)
    assert restore(new, file) == made
    assert sorted(path.name for path in new.data.iterdir()) == ["drafts", FILE, "secret.key"]
    assert load_secret_key(new.data) == load_secret_key(settings.data)
    assert stat.S_IMODE((new.data / FILE).stat().st_mode) == 0o600
    client = create_app(new).test_client()
    assert client.post("/api/v1/ask", json={"question": "remove the pass phrase"}).json["level"] == "strong"  # type: ignore[index]
    with closing(Database(new)) as database, database.read() as connection:
        assert [report.fields["title"] for report in list_reports(connection).items] == ["It hangs"]


def test_a_backup_while_others_write_holds_one_instant(settings: Settings, tmp_path: Path) -> None:
    is_over = threading.Event()
    with closing(sqlite3.connect(settings.data / FILE)) as connection:
        connection.execute("CREATE TABLE pairs (name TEXT, number INTEGER)")
        connection.executemany("INSERT INTO pairs VALUES (?, 0)", [("a",), ("b",)])
        connection.execute("CREATE TABLE ballast (text TEXT)")
        connection.execute("INSERT INTO ballast VALUES (?)", ("x" * 3_000_000,))
        connection.commit()

    def write() -> None:
        with closing(sqlite3.connect(settings.data / FILE, timeout=30)) as connection:
            while not is_over.is_set():
                connection.execute("UPDATE pairs SET number = number + 1 WHERE name = 'a'")
                connection.execute("UPDATE pairs SET number = number + 1 WHERE name = 'b'")
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            back_up(settings, tmp_path / f"{number}.zip")
    finally:
        is_over.set()
        writer.join()
    seen = []
    for number in range(3):
        new = settings.model_copy(update={"data": tmp_path / f"new-{number}"})
        restore(new, tmp_path / f"{number}.zip")
        with closing(sqlite3.connect(new.data / FILE)) as connection:
            values = {row[0] for row in connection.execute("SELECT number FROM pairs")}
        assert len(values) == 1
        seen += values
    assert seen == sorted(seen) and seen[-1] > 0


def test_nothing_is_overwritten_unless_it_is_asked_for(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(settings, file)
    with pytest.raises(InputError, match="is there already"):
        back_up(settings, file)
    with pytest.raises(InputError, match=r"holds .* already; .*--force"):
        restore(settings, file)
    with closing(Database(settings)) as database, database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM reports")
    (settings.data / "drafts/newer.json").write_text("{}")
    restore(settings, file, force=True)
    assert not (settings.data / "drafts/newer.json").exists()
    with closing(Database(settings)) as database, database.read() as connection:
        assert len(list_reports(connection).items) == 1


def test_an_older_data_folder_is_brought_up_to_date(settings: Settings, tmp_path: Path) -> None:
    """The tables as the first version made them, with a report in them."""
    old = settings.model_copy(update={"data": tmp_path / "old"})
    from alembic import command
    from alembic.config import Config

    from kb.store.database import MIGRATIONS

    old.data.mkdir()
    with closing(Database(old)) as database, database.engine.connect() as connection:
        connection.execution_options(kb_migrates=True)
        with connection.begin():
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
        assert not database.is_ready()
    back_up(old, tmp_path / "old.zip")
    new = elsewhere(settings, tmp_path)
    restore(new, tmp_path / "old.zip")
    with closing(Database(new)) as database:
        assert database.is_ready()
    client = create_app(old).test_client()  # and without a backup between
    assert client.post("/api/v1/reports", json={"fields": REPORT}).status_code == 201


def damaged(file: Path, **changed: bytes | None) -> Path:
    """A backup with other files in it; None leaves one out."""
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, data in changed.items():
        files[name] = data or b""
        if data is None:
            del files[name]
    target = file.with_name(f"damaged-{len(list(file.parent.glob('damaged-*')))}.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def test_what_is_no_whole_backup_is_refused_and_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(settings, file)
    manifest = json.loads(zipfile.ZipFile(file).read(MANIFEST))
    outside = json.dumps(manifest | {"sums": {"../outside": "0"}}).encode()
    newer = json.dumps(manifest | {"format": "kb-backup-9"}).encode()
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[:-200])
    (tmp_path / "text.zip").write_text("not a backup")
    for faulty, words in (
        (damaged(file, **{FILE: b"other"}), "is damaged: kb.sqlite3"),
        (damaged(file, **{FILE: None}), "no whole backup"),
        (damaged(file, **{MANIFEST: None}), "no whole backup"),
        (damaged(file, **{MANIFEST: b"[]"}), "no whole backup"),
        (damaged(file, **{MANIFEST: outside}), "no part of a backup"),
        (damaged(file, **{MANIFEST: newer}), "another format"),
        (tmp_path / "cut.zip", "no whole backup"),
        (tmp_path / "text.zip", "no whole backup"),
        (tmp_path / "none.zip", "there is no file"),
    ):
        new = elsewhere(settings, tmp_path)
        with pytest.raises(InputError, match=words) as caught:
            restore(new, faulty)
        assert "\n" not in str(caught.value)
        assert list(new.data.iterdir()) == [], words
    assert not (tmp_path / "outside").exists()


def test_a_damaged_database_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    path = settings.data / FILE
    path.write_bytes(path.read_bytes()[:5000] + os.urandom(20_000))
    with pytest.raises(StorageError):
        back_up(settings, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists() and not list(tmp_path.glob(".kb-backup-*"))


def test_where_there_is_nothing_to_do_it_is_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to back up"):
        back_up(elsewhere(settings, tmp_path), tmp_path / "backup.zip")
    other = settings.model_copy(update={"database_url": "postgresql://kb@db/kb"})
    with pytest.raises(InputError, match="its own program"):
        back_up(other, tmp_path / "backup.zip")
    with pytest.raises(KbError, match="cannot be used"):
        back_up(settings, tmp_path / "no/such/folder.zip")

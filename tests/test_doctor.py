"""The doctor: each fault is found, named in a line, and comes with what to do; a sound installation has none."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from server_world import free_port, write_site

from kb import doctor
from kb.cli import main
from kb.doctor import Diagnosis, examine
from kb.generation import build, current_folder
from kb.secret_key import FILE as SECRET_KEY
from kb.secret_key import load_secret_key
from kb.settings import Settings
from kb.store.database import FILE, Database
from kb.store.outbox import add_delivery
from kb.store.schema import outbox


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    used = Settings(content=write_site(tmp_path), data=tmp_path / "data")
    build(used)
    load_secret_key(used.data)
    with closing(Database(used)) as database:
        database.migrate()
    return used


def faults(settings: Settings, *, network: bool = False) -> list[Diagnosis]:
    return [found for found in examine(settings, network=network) if found.state != "ok"]


def the_fault(settings: Settings, what: str) -> Diagnosis:
    found = [item for item in faults(settings) if item.what == what]
    assert len(found) == 1 and found[0].remedy and "\n" not in found[0].text, found
    return found[0]


def test_a_sound_installation_has_no_faults(settings: Settings) -> None:
    assert faults(settings) == []


def test_an_installation_that_never_ran_has_no_errors_and_is_not_changed(tmp_path: Path) -> None:
    used = Settings(content=write_site(tmp_path), data=tmp_path / "data")
    assert [(item.state, item.what) for item in faults(used)] == [("warning", "index")]
    assert not used.data.exists()


def lose_content(settings: Settings) -> None:
    settings.content.rename(settings.content.with_name("away"))


def break_content(settings: Settings) -> None:
    (settings.content / "broken.md").write_bytes(b"---\nquestion: [\n---\n")
    build(settings)


def damage_index(settings: Settings) -> None:
    (current_folder(settings.data) / "content.json").write_bytes(b"{")


def change_content(settings: Settings) -> None:
    (settings.content / "new.md").write_text("# A new one?\n\nYes.\n")


def damage_database(settings: Settings) -> None:
    path = settings.data / FILE
    path.write_bytes(path.read_bytes()[:8000] + os.urandom(30_000))


def open_key(settings: Settings) -> None:
    (settings.data / SECRET_KEY).chmod(0o644)


def cut_key(settings: Settings) -> None:
    (settings.data / SECRET_KEY).write_bytes(b"")


def give_up(settings: Settings) -> None:
    with closing(Database(settings)) as database, database.begin() as connection:
        add_delivery(connection, "mail", "report.created", {})
        connection.execute(outbox.update().values(failed_at="2026-11-01T00:00:00+00:00"))


def let_wait(settings: Settings) -> None:
    with closing(Database(settings)) as database, database.begin() as connection:
        add_delivery(connection, "mail", "report.created", {})
        connection.execute(outbox.update().values(created_at="2026-01-01T00:00:00+00:00"))


def set_clock_back(settings: Settings) -> None:
    os.utime(settings.data / "index/CURRENT", (4e9, 4e9))


@pytest.mark.parametrize(
    ("break_it", "what", "state", "words"),
    [
        (lose_content, "content", "error", "there is no content folder"),
        (break_content, "content", "error", "broken.md"),
        (damage_index, "index", "error", "damaged"),
        (change_content, "index", "warning", "older than the content"),
        (damage_database, "database", "error", "is damaged"),
        (open_key, "data", "warning", "can be read by others"),
        (cut_key, "data", "error", "holds no key"),
        (give_up, "deliveries", "warning", "1 mails or calls were given up"),
        (let_wait, "deliveries", "warning", "waits to be delivered"),
        (set_clock_back, "clock", "error", "before the last index"),
    ],
)
def test_each_fault_is_found(
    settings: Settings, break_it: Callable[[Settings], None], what: str, state: str, words: str
) -> None:
    break_it(settings)
    found = the_fault(settings, what)
    assert found.state == state and words in found.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"base_url": "help.example.com"}, "KB_BASE_URL"),
        ({"api_origins": "nonsense"}, "KB_API_ORIGINS"),
        ({"base_url": "https://help.example.com"}, "no proxy is trusted"),
        ({"base_url": "http://help.example.com"}, "unprotected"),
        ({"mail_host": "mail.example.com", "base_url": "http://localhost"}, "KB_MAIL_TO"),
        ({"webhook_url": "https://a.example", "webhook_secret": "x" * 16}, "without a link"),
        ({"delivery_lease_seconds": 1}, "KB_DELIVERY_LEASE_SECONDS"),
    ],
)
def test_settings_that_do_not_fit_are_found(settings: Settings, changed: dict[str, object], words: str) -> None:
    found = the_fault(Settings(**settings.model_dump() | changed), "settings")  # type: ignore[arg-type]
    assert words in found.text


def test_packages_of_other_versions_are_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("# a comment\nFlask==0.1  # old\nno-such-package==1.0\n")
    monkeypatch.setattr(doctor, "REQUIREMENTS", pins)
    assert [(item.state, item.text.split()[0]) for item in faults(settings)] == [
        ("warning", "Flask"),
        ("error", "no-such-package"),
    ]


def test_the_network_is_tried_when_asked_for(settings: Settings) -> None:
    port = free_port()
    used = settings.model_copy(update={"webhook_url": f"http://127.0.0.1:{port}/hook"})
    assert not [item for item in faults(used) if item.what == "webhook"]
    assert [item.state for item in faults(used, network=True) if item.what == "webhook"] == ["error"]
    with socket.create_server(("127.0.0.1", port)):
        assert not [item for item in faults(used, network=True) if item.what == "webhook"]


def test_the_command_prints_a_line_for_each_and_fails_for_errors(settings: Settings) -> None:
    places = ["--content", str(settings.content), "--data", str(settings.data)]
    sound = CliRunner().invoke(main, ["doctor", *places])
    assert sound.exit_code == 0 and all(line.startswith("ok: ") for line in sound.output.splitlines())
    cut_key(settings)
    result = CliRunner().invoke(main, ["doctor", "--json", *places])
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [line["remedy"] for line in lines if line["state"] == "error"] == ["Delete it, and a new one is made."]

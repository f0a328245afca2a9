"""The files in deploy/: they name what there is, run nothing as root, and the documentation knows each of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
UNIT = (DEPLOY / "kb.service").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_each_file_is_documented(path: Path) -> None:
    assert path.name.removesuffix(".dockerignore") in PAGE


def test_the_image_copies_what_there_is_and_all_that_is_imported() -> None:
    copied = [word for line in re.findall(r"^COPY (?!--)(.+)$", CONTAINERFILE, re.M) for word in line.split()[:-1]]
    assert {"app.py", "kb", "templates", "static", "requirements.txt"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    listed = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in copied} == {line for line in listed if line.startswith("!")}


def test_nothing_runs_as_root() -> None:
    assert re.search(r"^USER kb$", CONTAINERFILE, re.M) and CONTAINERFILE.index("USER kb") < CONTAINERFILE.index("ENTRYPOINT")
    assert "DynamicUser=yes" in UNIT and "ProtectSystem=strict" in UNIT and "NoNewPrivileges=yes" in UNIT


def test_commands_and_options_are_those_of_the_program() -> None:
    unit = shlex.split(re.findall(r"^ExecStart=(.+)$", UNIT, re.M)[0])
    entry = re.findall(r'"([^"]+)"', re.findall(r"^ENTRYPOINT \[(.+)\]$", CONTAINERFILE, re.M)[0])
    for command in (unit, entry):
        assert command[1] == "app.py"
        app._options(command[2:])  # ends the program for an option it does not know


def test_settings_in_the_files_are_settings_of_the_program() -> None:
    from kb.settings import Settings

    known = {f"KB_{name.upper()}" for name in Settings.model_fields}
    for path in DEPLOY.iterdir():
        assert set(re.findall(r"\bKB_[A-Z_]+", path.read_text(encoding="utf-8"))) <= known, path
    assert set(re.findall(r"\bKB_[A-Z_]+", PAGE)) <= known


def test_every_metric_is_documented() -> None:
    names = re.findall(r'"(kb_\w+)"', (ROOT / "kb/metrics.py").read_text() + (ROOT / "kb/web_operating.py").read_text())
    assert len(names) > 8 and [name for name in names if name not in PAGE and name != "kb_info"] == []

"""`python -m kb export`: what it writes and prints, and one line for every fault."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.cli import main
from kb.settings import Settings


def export(settings: Settings, *words: str) -> Result:
    result = CliRunner().invoke(
        main, ["export", "--content", str(settings.content), "--data", str(settings.data), *words], prog_name="kb"
    )
    assert "\x1b" not in result.output  # no progress bar where there is no terminal
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_folder_is_written(own_settings: Settings, tmp_path: Path) -> None:
    result = export(own_settings, str(tmp_path / "site"))
    assert result.exit_code == 0
    assert re.fullmatch(
        rf"\d+ files, \d\.\d MB in {re.escape(str(tmp_path / 'site'))}\n\d+\.\d\d seconds\n", result.stdout
    )
    assert (tmp_path / "site/index.html").is_file()


def test_one_file_is_written(own_settings: Settings, tmp_path: Path) -> None:
    result = export(own_settings, "--single-file", str(tmp_path / "help.html"))
    assert result.exit_code == 0
    assert result.stdout.startswith("1 file, ")
    assert "How do I remove the pass phrase" in (tmp_path / "help.html").read_text(encoding="utf-8")


def test_both_can_be_written_at_once(own_settings: Settings, tmp_path: Path) -> None:
    options = (
        "--single-file",
        str(tmp_path / "help.html"),
        "--base-url",
        "https://example.org/a",
        "--date",
        "2027-02-03",
    )
    assert export(own_settings, str(tmp_path / "site"), *options).exit_code == 0
    page = (tmp_path / "site/entries/hanging.html").read_text(encoding="utf-8")
    assert 'href="https://example.org/a/entries/hanging.html"' in page
    assert "3 February 2027" in page
    assert "3 February 2027" in (tmp_path / "help.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a FOLDER, or a file with --single-file FILE"),
        (("site", "--base-url", "help.example.org"), "should start with https:// or http://"),
        (("site", "--date", "yesterday"), "does not match the format"),
    ],
)
def test_wrong_usage_is_said(own_settings: Settings, words: tuple[str, ...], said: str) -> None:
    result = export(own_settings, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_of_somebody_else_is_one_line(own_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.txt").write_text("years of work")
    result = export(own_settings, str(tmp_path / "site"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"kb: {tmp_path / 'site'} is not empty and holds no offline copy;")
    assert result.stderr.count("\n") == 1
    assert os.listdir(tmp_path / "site") == ["thesis.txt"]  # noqa: PTH208


@pytest.mark.parametrize("option", [(), ("--single-file",)])
def test_a_place_among_the_content_is_refused(own_settings: Settings, option: tuple[str, ...]) -> None:
    target = own_settings.content / "site"
    result = export(own_settings, *option, str(target))
    assert result.exit_code == 1
    assert result.stderr == f"kb: {target} lies in the content folder; name a place outside it\n"
    assert not target.exists()


def test_content_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    result = export(Settings(content=tmp_path / "none", data=tmp_path / "data"), str(tmp_path / "site"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "site").exists()

"""Writing a copy in one step: what was there stays whole until the new copy is, and what others put there stays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from copy_world import files_below

from kb import export_folder
from kb.errors import ExportError
from kb.export_folder import LIST_NAME, write_folder

ROOT = Path(__file__).parent.parent
FIRST = {"index.html": b"one", "entries/a.html": b"a", "entries/b.html": b"b"}
SECOND = {"index.html": b"two", "entries/a.html": b"A", "guides/g.html": b"g"}

# A run that stops in the middle of writing, and says so.
HANGING = """
import sys, time
from pathlib import Path
from kb.export_folder import write_folder

def files():
    yield "index.html", b"half"
    print("writing", flush=True)
    time.sleep(60)
    yield "entries/a.html", b"never"

write_folder(Path(sys.argv[1]), files())
"""


def held(folder: Path) -> dict[str, bytes]:
    """What a folder holds, without the list of what was written."""
    return {path: body for path, body in files_below(folder).items() if path != LIST_NAME}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "site"


def test_the_files_are_there_and_listed(target: Path) -> None:
    written = write_folder(target, FIRST.items())
    assert (written.files, written.size) == (3, 5)
    assert held(target) == FIRST
    assert json.loads((target / LIST_NAME).read_text())["files"] == sorted(FIRST)
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_folders_above_are_made(tmp_path: Path) -> None:
    write_folder(tmp_path / "a/b/site", FIRST.items())
    assert held(tmp_path / "a/b/site") == FIRST


def test_an_empty_folder_is_taken(target: Path) -> None:
    target.mkdir()
    write_folder(target, FIRST.items())
    assert held(target) == FIRST


def test_a_second_export_replaces_the_first_and_drops_what_is_gone(target: Path) -> None:
    write_folder(target, FIRST.items())
    write_folder(target, SECOND.items())
    assert held(target) == SECOND


def test_two_renames_do_where_folders_cannot_change_places(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_folder, "_exchange", lambda one, other: False)
    write_folder(target, FIRST.items())
    write_folder(target, SECOND.items())
    assert held(target) == SECOND
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to("real")
    write_folder(tmp_path / "site", FIRST.items())
    write_folder(tmp_path / "site", SECOND.items())
    assert (tmp_path / "site").is_symlink()
    assert held(tmp_path / "real") == SECOND


# What others put there


def test_what_others_put_there_stays(target: Path) -> None:
    write_folder(target, FIRST.items())
    (target / ".htaccess").write_text("Header set X-Test 1\n")
    (target / "own/deep").mkdir(parents=True)
    (target / "own/note.txt").write_text("mine")
    (target / "entries/extra.html").write_text("mine too")
    (target / "latest").symlink_to("own")
    write_folder(target, SECOND.items())
    assert (target / ".htaccess").read_text() == "Header set X-Test 1\n"
    assert (target / "own/note.txt").read_text() == "mine"
    assert (target / "own/deep").is_dir()
    assert (target / "entries/extra.html").read_text() == "mine too"
    assert (target / "latest").is_symlink()
    assert not (target / "entries/b.html").exists()
    write_folder(target, FIRST.items())
    assert (target / "own/note.txt").read_text() == "mine"  # foreign still


def test_a_folder_that_holds_something_else_is_refused(target: Path) -> None:
    target.mkdir()
    (target / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="is not empty and holds no offline copy; name another folder"):
        write_folder(target, FIRST.items())
    assert files_below(target) == {"thesis.txt": b"years of work"}
    assert [path.name for path in target.parent.iterdir()] == ["site"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "files": []}', '{"format": 1}'])
def test_a_list_that_cannot_be_read_is_no_permission(target: Path, text: str) -> None:
    target.mkdir()
    (target / LIST_NAME).write_text(text)
    with pytest.raises(ExportError, match="holds no offline copy"):
        write_folder(target, FIRST.items())
    assert files_below(target) == {LIST_NAME: text.encode()}


def test_a_file_in_the_way_is_named_and_kept(target: Path) -> None:
    write_folder(target, FIRST.items())
    (target / "guides").mkdir()
    (target / "guides/g.html").write_text("mine")
    with pytest.raises(ExportError, match=r"guides/g\.html was not written by an export"):
        write_folder(target, SECOND.items())
    assert held(target) == {**FIRST, "guides/g.html": b"mine"}


def test_a_file_is_no_folder(target: Path) -> None:
    target.write_text("a file")
    with pytest.raises(ExportError, match="is a file; name a folder"):
        write_folder(target, FIRST.items())
    assert target.read_text() == "a file"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"cannot be written: .*; free the space or name another folder"):
        write_folder(tmp_path / "file/below/site", FIRST.items())


# Interrupted


def test_a_killed_run_leaves_the_old_copy_whole_and_the_next_one_cleans_up(target: Path) -> None:
    write_folder(target, FIRST.items())
    before = files_below(target)
    run = subprocess.Popen([sys.executable, "-c", HANGING, str(target)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == "writing\n"
        assert files_below(target) == before  # while it writes, too
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert files_below(target) == before
    assert len(list(target.parent.iterdir())) == 2  # what it left behind
    write_folder(target, SECOND.items())
    assert held(target) == SECOND
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_a_run_that_fails_leaves_the_old_copy(target: Path) -> None:
    def failing() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"half"
        raise ExportError("no more")

    write_folder(target, FIRST.items())
    with pytest.raises(ExportError, match="no more"):
        write_folder(target, failing())
    assert held(target) == FIRST
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_a_run_killed_between_two_renames_gives_the_old_copy_back(target: Path) -> None:
    """Where folders cannot change places in one step, the old copy may for a moment have only its other name."""
    write_folder(target, FIRST.items())
    target.rename(target.with_name(".site.export-old"))
    target.with_name(".site.export-new").mkdir()

    def failing() -> Iterator[tuple[str, bytes]]:
        raise ExportError("no more")
        yield

    with pytest.raises(ExportError):
        write_folder(target, failing())
    assert held(target) == FIRST

"""Which files are content, and which changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine_world import write_content

from kb.content_scan import read_records, scan
from kb.errors import ContentError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"a/b.md": "x", "a.md": "x", "a/b/c.MD": "x", "site.yml": "x", "asked/q.txt": "x"}
    others = {"a/site.yml": "x", "q.txt": "x", ".a/b.md": "x", ".b.md": "x", "a/picture.png": "x"}
    return write_content(tmp_path / "content", files | others)


def test_content_files_are_found_in_the_order_of_their_paths(folder: Path) -> None:
    assert list(scan(folder)) == ["a/b/c.MD", "a/b.md", "a.md", "asked/q.txt", "site.yml"]
    assert [Path(name) for name in scan(folder)] == sorted(Path(name) for name in scan(folder))


def test_links_to_files_are_followed_and_links_to_folders_and_nowhere_are_not(folder: Path) -> None:
    (folder / "link.md").symlink_to(folder / "a.md")
    (folder / "nowhere.md").symlink_to(folder / "none.md")
    (folder / "again").symlink_to(folder)
    (folder / "folder.md").mkdir()
    assert set(scan(folder)) == {"a/b/c.MD", "a/b.md", "a.md", "asked/q.txt", "site.yml", "link.md"}


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"there is no content folder at .*; create it, or name yours"):
        scan(tmp_path / "none")


def test_an_edit_of_the_same_size_that_sets_the_time_back_is_seen(folder: Path) -> None:
    path = folder / "a.md"
    before = scan(folder)
    status = path.stat()
    path.write_text("y")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = scan(folder)
    assert (after["a.md"].size, after["a.md"].modified_ns) == (before["a.md"].size, before["a.md"].modified_ns)
    assert after["a.md"] != before["a.md"]


def test_a_time_before_the_old_one_is_a_change(folder: Path) -> None:
    before = scan(folder)
    os.utime(folder / "a.md", ns=(1, 1))
    assert scan(folder)["a.md"] != before["a.md"]


def test_records_are_of_what_files_hold(folder: Path) -> None:
    first = read_records(folder, scan(folder), {}, trust_times=False)
    os.utime(folder / "a.md", ns=(1, 1))
    (folder / "a/b.md").write_text("other")
    second = read_records(folder, scan(folder), first, trust_times=True)
    assert second["a.md"].digest == first["a.md"].digest and second["a.md"].look != first["a.md"].look
    assert second["a/b.md"].digest != first["a/b.md"].digest
    assert second["site.yml"] is first["site.yml"]


def test_where_times_are_not_trusted_every_file_is_read(folder: Path) -> None:
    looks = scan(folder)
    first = read_records(folder, looks, {}, trust_times=False)
    (folder / "a.md").write_text("y")  # as if nothing had been noticed: the looks are the old ones
    assert read_records(folder, looks, first, trust_times=True) == first
    assert read_records(folder, looks, first, trust_times=False)["a.md"].digest != first["a.md"].digest


def test_a_file_that_cannot_be_opened_has_a_record_without_a_digest(folder: Path) -> None:
    looks = scan(folder)
    (folder / "a.md").unlink()
    assert read_records(folder, looks, {}, trust_times=False)["a.md"].digest == ""

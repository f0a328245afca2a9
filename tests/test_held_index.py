"""Whoosh's files held open: readable whatever becomes of the folder, by threads and forked processes at once."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
from test_index import DOCUMENTS, document, write
from whoosh.query import Term
from whoosh.searching import Searcher

from kb.errors import DamagedIndexError
from kb.held_index import HeldIndex


def found(held: HeldIndex, term: str) -> list[int]:
    with Searcher(held.reader()) as searcher:
        return list(searcher.docs_for_query(Term("text", term)))


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_it_is_read_as_it_was_opened(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "whoosh"
    folder.mkdir()
    write(folder, DOCUMENTS)
    held = HeldIndex(folder)
    shutil.rmtree(folder)
    if change == "replaced":
        folder.mkdir()
        write(folder, [document(0, question=("zebra",))])
    assert found(held, "cipher") == [0, 1]
    assert found(held, "zebra") == []


def test_threads_read_at_once(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENTS)
    held = HeldIndex(tmp_path)
    seen: list[list[int]] = []
    threads = [threading.Thread(target=lambda: seen.extend(found(held, "cipher") for _ in range(30))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [[0, 1]] * 180


def test_a_forked_process_reads_beside_the_first(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENTS)
    held = HeldIndex(tmp_path)
    child = os.fork()
    if not child:
        os._exit(0 if all(found(held, "cipher") == [0, 1] for _ in range(50)) else 1)
    mine = [found(held, "cipher") for _ in range(50)]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert mine == [[0, 1]] * 50


@pytest.mark.skipif(sys.platform != "linux", reason="the list of open files is Linux's")
def test_files_are_closed_with_it(tmp_path: Path) -> None:
    write(tmp_path, DOCUMENTS)
    held = HeldIndex(tmp_path)
    assert any(name.startswith(str(tmp_path)) for name in open_files())
    del held
    assert not any(name.startswith(str(tmp_path)) for name in open_files())


def open_files() -> list[str]:
    return [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]  # noqa: PTH115 - not of a file


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndexError, match=r"cannot be read .*; run `python -m kb index --force`"):
        HeldIndex(tmp_path / "nowhere")

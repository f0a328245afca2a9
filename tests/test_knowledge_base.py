"""The running knowledge base: it takes new content by itself, and whatever goes wrong it goes on answering."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_world import FILES, entry_text, write_content

from kb.errors import ContentError, DataFolderError
from kb.followup import Turn
from kb.generation import Generation, build, current_folder
from kb.knowledge_base import KnowledgeBase
from kb.settings import FollowUp, Levels, Ranking, Settings

PATIENCE_S = 20


@pytest.fixture
def knowledge_base(own_settings: Settings) -> Iterator[KnowledgeBase]:
    yield KnowledgeBase(own_settings)
    for thread in threading.enumerate():
        if thread.name == "kb-refresh":
            thread.join(PATIENCE_S)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def finds(knowledge_base: KnowledgeBase, text: str) -> list[str]:
    return [hit.id for hit in knowledge_base.ask(text, exact=True).hits]


def test_the_first_question_builds_the_index(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    assert not own_settings.data.exists()
    assert finds(knowledge_base, "padlock") == ["old-browser"]
    assert current_folder(own_settings.data).is_dir()
    assert knowledge_base.problem == ""


def test_who_can_wait_gets_the_content_of_now(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    first = knowledge_base.newest()
    assert knowledge_base.newest() is first
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    assert knowledge_base.newest().entry("new") is not None
    shutil.rmtree(own_settings.content)
    assert knowledge_base.newest().entry("new") is not None and "content" in knowledge_base.problem


def test_an_index_that_fits_is_used_as_it_is(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    folder = build(own_settings).folder
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert knowledge_base.generation().folder == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_a_stale_index_is_built_anew_at_the_start(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    build(own_settings)
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    assert finds(knowledge_base, "frobnicate") == ["new"]


def test_another_ranking_makes_an_index_stale(own_settings: Settings) -> None:
    build(own_settings)
    weights = Ranking().field_weights | {"question": 0.0, "aliases": 0.0}
    other = own_settings.model_copy(update={"ranking": Ranking(field_weights=weights)})
    impacts = KnowledgeBase(other).generation().retriever.table.impacts.tolist()
    assert impacts != KnowledgeBase(own_settings).generation().retriever.table.impacts.tolist()


def test_new_changed_and_deleted_files_are_noticed(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    assert finds(knowledge_base, "frobnicate") == []
    path = own_settings.content / "keys/new.md"
    path.write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    until(lambda: finds(knowledge_base, "frobnicate") == ["new"])
    path.write_text(entry_text("Why does it oscillate?"), encoding="utf-8")
    until(lambda: finds(knowledge_base, "oscillate") == ["new"])
    assert finds(knowledge_base, "frobnicate") == []
    path.unlink()
    until(lambda: finds(knowledge_base, "oscillate") == [])


def test_what_somebody_else_built_is_taken(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    knowledge_base.generation()
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    folder = build(own_settings).folder
    until(lambda: knowledge_base.generation().folder == folder)


def test_content_is_not_looked_at_more_often_than_set(own_settings: Settings) -> None:
    patient = KnowledgeBase(own_settings.model_copy(update={"check_seconds": 3600.0}))
    patient.generation()
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    assert finds(patient, "frobnicate") == []
    assert not any(thread.name == "kb-refresh" for thread in threading.enumerate())


def test_a_request_keeps_the_state_it_took(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    taken = knowledge_base.generation()
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    until(lambda: knowledge_base.generation() is not taken)
    assert knowledge_base.ask("frobnicate", exact=True, generation=taken).hits == ()
    assert finds(knowledge_base, "frobnicate") == ["new"]


def test_a_broken_edit_leaves_the_last_good_state_of_its_entry(
    knowledge_base: KnowledgeBase, own_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge_base.generation()
    path = own_settings.content / "protocol/hanging.md"
    path.write_text("---\nquestion: [\n---\n", encoding="utf-8")
    until(lambda: bool(knowledge_base.generation().content.findings))
    assert [(item.file, item.line) for item in knowledge_base.generation().content.findings] == [("protocol/hanging.md", 3)]
    assert finds(knowledge_base, "padlock") == ["old-browser"]
    assert finds(knowledge_base, "firewall") == ["hanging"]
    said = "protocol/hanging.md:3: bad-yaml: "
    assert [problem.startswith(said) for problem in knowledge_base.problems()] == [True]
    assert knowledge_base.problems()[0].endswith("; until it is mended, what it held before is used")
    # other changes, and a restart, leave it so; it is said once
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    until(lambda: finds(knowledge_base, "frobnicate") == ["new"])
    assert [message.startswith(said) for message in caplog.messages] == [True]
    restarted = KnowledgeBase(own_settings.model_copy(update={"check_seconds": 3600.0}))
    assert finds(restarted, "firewall") == ["hanging"] and len(restarted.problems()) == 1
    path.write_text("", encoding="utf-8")  # broken otherwise
    until(lambda: knowledge_base.generation().content.findings[0].rule == "empty-file")
    assert finds(knowledge_base, "firewall") == ["hanging"]
    (own_settings.content / "protocol/hanging.md").write_text(FILES["protocol/hanging.md"], encoding="utf-8")
    until(lambda: not knowledge_base.generation().content.findings)
    assert finds(knowledge_base, "firewall") == ["hanging"]
    assert knowledge_base.problems() == ()
    path.unlink()
    until(lambda: finds(knowledge_base, "firewall") == [])


def test_broken_settings_leave_the_last_good_ones(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    write_content(own_settings.content, {"site.yml": "title: Our help\n", "asked/hanging.txt": "why so quietquiet\n"})
    before = knowledge_base.generation().content
    for name in ("site.yml", "sections.yml", "vocabulary.yml", "problem-report.md"):
        (own_settings.content / name).write_text("---\nx: [\n---\n", encoding="utf-8")
    (own_settings.content / "asked/hanging.txt").write_bytes(b"\xff\n")
    until(lambda: len(knowledge_base.generation().content.kept) == 5)
    now = knowledge_base.generation().content
    assert (now.site, now.sections, now.vocabulary, now.report) == (before.site, before.sections, before.vocabulary, before.report)
    assert finds(knowledge_base, "quietquiet") == ["hanging"]


def test_without_a_state_before_a_broken_file_is_left_out(own_settings: Settings) -> None:
    (own_settings.content / "protocol/hanging.md").write_text("---\nquestion: [\n---\n", encoding="utf-8")
    base = KnowledgeBase(own_settings.model_copy(update={"check_seconds": 3600.0}))
    assert finds(base, "firewall") == [] and len(base.problems()) == 1


def test_the_next_generation_is_prepared_before_it_is_taken(own_settings: Settings) -> None:
    prepared: list[tuple[Generation, Generation | None]] = []
    base = KnowledgeBase(own_settings, lambda generation: prepared.append((generation, base._generation)))
    first = base.generation()
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    until(lambda: base.generation() is not first)
    assert prepared == [(first, None), (base.generation(), first)]


def test_a_fault_while_new_content_is_taken_leaves_the_old(own_settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    faults = iter([None, ZeroDivisionError("a mistake in a program")])

    def prepare(generation: Generation) -> None:
        fault = next(faults, None)
        if fault:
            raise fault

    base = KnowledgeBase(own_settings, prepare)
    base.generation()
    (own_settings.content / "keys/new.md").write_text(entry_text("Why does it frobnicate?"), encoding="utf-8")
    until(lambda: bool(base.generation()) and "could not be taken" in caplog.text)
    until(lambda: finds(base, "frobnicate") == ["new"])  # the next look fares better
    until(lambda: bool(base.generation()) and base.problems() == ())


def test_what_is_wrong_is_known_to_the_processes_that_do_not_look(own_settings: Settings) -> None:
    base = KnowledgeBase(own_settings)
    base.generation()
    moved = own_settings.content.rename(own_settings.content.with_name("elsewhere"))
    until(lambda: bool(base.generation()) and bool(base.problems()))
    child = os.fork()
    if not child:  # it has the knowledge base, and not the turn to look
        base._lock = threading.Lock()
        base.problem = ""
        assert not base._turn.is_ours(own_settings.data)
        base._refresh()
        os._exit(0 if base.problems()[0].startswith("there is no content folder") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    moved.rename(own_settings.content)


def test_content_that_vanishes_leaves_the_last_good_state_and_a_sentence(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    knowledge_base.generation()
    moved = own_settings.content.rename(own_settings.content.with_name("elsewhere"))

    def has_problem() -> bool:
        knowledge_base.generation()
        return bool(knowledge_base.problem)

    until(has_problem)
    assert knowledge_base.problem.startswith(f"there is no content folder at {own_settings.content}; create it")
    assert finds(knowledge_base, "padlock") == ["old-browser"]
    moved.rename(own_settings.content)
    until(lambda: not has_problem())


def test_a_restart_without_content_answers_from_the_last_index(own_settings: Settings) -> None:
    build(own_settings)
    shutil.rmtree(own_settings.content)
    restarted = KnowledgeBase(own_settings.model_copy(update={"check_seconds": 3600.0}))
    assert finds(restarted, "padlock") == ["old-browser"]
    assert "there is no content folder" in restarted.problem


def test_a_deleted_data_folder_is_made_again(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    knowledge_base.generation()
    shutil.rmtree(own_settings.data)

    def is_back() -> bool:
        knowledge_base.generation()
        return (own_settings.data / "index" / "CURRENT").exists()

    until(is_back)
    assert finds(knowledge_base, '"broken padlock"') == ["old-browser"]
    assert knowledge_base.problem == ""


def test_a_damaged_index_is_rebuilt_at_the_start(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    folder = build(own_settings).folder
    (folder / "impacts.npz").write_bytes(b"nonsense")
    assert finds(knowledge_base, "padlock") == ["old-browser"]


def test_a_data_folder_that_cannot_be_written_leaves_the_last_good_state(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    knowledge_base.generation()
    shutil.rmtree(own_settings.data)
    own_settings.data.write_text("in the way")

    def has_problem() -> bool:
        knowledge_base.generation()
        return bool(knowledge_base.problem)

    until(has_problem)
    assert knowledge_base.problem.startswith("the data folder cannot be written: ")
    assert finds(knowledge_base, "padlock") == ["old-browser"]


def test_nothing_to_answer_from_is_an_error(own_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="there is no content folder"):
        KnowledgeBase(own_settings.model_copy(update={"content": tmp_path / "nowhere"})).generation()
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    with pytest.raises(DataFolderError, match="cannot be written"):
        KnowledgeBase(own_settings.model_copy(update={"data": in_the_way})).generation()


def test_many_threads_ask_while_content_changes(knowledge_base: KnowledgeBase, own_settings: Settings) -> None:
    """Every answer is of one state: the entry and the passage carry the same number."""
    path = own_settings.content / "keys/new.md"
    failures: list[BaseException | str] = []
    seen: set[int] = set()
    stop = threading.Event()

    def write(number: int) -> None:
        aside = path.with_suffix(".new")  # in one step, as a careful editor does: a half-written file is a broken one
        aside.write_text(entry_text(f"Does it frobnicate {number} times?", f"It does frobnicate {number} times."), encoding="utf-8")
        aside.replace(path)

    def ask() -> None:
        while not stop.is_set():
            try:
                generation = knowledge_base.generation()
                found = knowledge_base.ask("frobnicate times -padlock", generation=generation)
                entry = generation.entry("new")
                assert entry is not None and found.hits
                number = int(entry.question.split()[3])
                assert found.hits[0].title == entry.question
                assert found.snippet is None or str(number) in found.snippet.text.split()
                seen.add(number)
            except BaseException as error:
                failures.append(error)
                return

    write(0)
    knowledge_base.generation()
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 4):
        write(number)
        until(lambda number=number: number in seen or bool(failures))  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert failures == []
    assert seen >= {1, 2, 3}


def test_earlier_turns_reach_the_answer(own_settings: Settings) -> None:
    eager = own_settings.model_copy(
        update={"levels": Levels(bias=0.0, weights={}), "follow_up": FollowUp(least_leaning=0.0), "check_seconds": 3600.0}
    )
    found = KnowledgeBase(eager).ask("and what can I try about that?", history=[Turn("Why does the connection hang?", "", "hanging")])
    assert found.carried == "Why does the connection hang?"


def test_a_generation_that_nobody_uses_is_freed_without_the_garbage_collector(own_settings: Settings) -> None:
    base = KnowledgeBase(own_settings)
    generation = base.generation()
    assert base.ask("how do I get a certificate?", generation=generation).hits
    left = weakref.ref(generation)
    gc.disable()
    try:
        base._generation = None
        del generation
        assert left() is None
    finally:
        gc.enable()

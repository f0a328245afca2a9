"""Drafts of reports: kept for a day, changed in place, gone once sent."""

from __future__ import annotations

from store_world import NOON, later

from kb.conversation import Verdict
from kb.store.database import Database
from kb.store.report_drafts import (
    KEEP_HOURS,
    ReportDraft,
    Solved,
    delete_draft,
    load_draft,
    lock_draft,
    save_draft,
    set_solved,
)
from kb.store.reports import Attachment

FILES = (Attachment("error.log", "a line\nü\x00", 9),)


def test_a_draft_comes_back_as_it_was_kept(database: Database) -> None:
    with database.begin() as connection:
        draft_id = save_draft(connection, ReportDraft("", {"title": "It hängt"}, FILES, "talk"), NOON)
        found = load_draft(connection, draft_id, NOON)
    assert len(draft_id) >= 20
    assert found == ReportDraft(draft_id, {"title": "It hängt"}, FILES, "talk")


def test_a_draft_is_changed_in_place_and_ids_are_not_chosen_by_others(database: Database) -> None:
    with database.begin() as connection:
        first = save_draft(connection, ReportDraft("", {"title": "one"}), NOON)
        assert save_draft(connection, ReportDraft(first, {"title": "two"}), NOON) == first
        found = load_draft(connection, first, NOON)
        assert found and found.filled == {"title": "two"}
        delete_draft(connection, first)
        assert load_draft(connection, first, NOON) is None
        for wanted in (first, "mine"):
            assert save_draft(connection, ReportDraft(wanted, {}), NOON) != wanted


def test_drafts_are_gone_after_a_day(database: Database) -> None:
    with database.begin() as connection:
        draft_id = save_draft(connection, ReportDraft("", {}), NOON)
        assert load_draft(connection, draft_id, later(hours=KEEP_HOURS))
        assert load_draft(connection, draft_id, later(hours=KEEP_HOURS, seconds=1)) is None
        save_draft(connection, ReportDraft("", {}), later(hours=KEEP_HOURS, seconds=1))
        assert connection.exec_driver_sql("SELECT count(*) FROM report_drafts").scalar() == 1


def test_that_an_entry_spared_it_is_kept_with_a_draft(database: Database) -> None:
    solved = Solved("hanging", 7, Verdict("entry", "hanging", "no", "outdated", "ein Wörtchen", "2026-11-24"))
    with database.begin() as connection:
        draft_id = save_draft(connection, ReportDraft("", {"title": "one"}, FILES, "talk"), NOON)
        for kept in (solved, Solved("hanging", 8), None, solved):
            set_solved(connection, draft_id, kept)
            assert lock_draft(connection, draft_id, NOON) == ReportDraft(
                draft_id, {"title": "one"}, FILES, "talk", kept
            )
        save_draft(connection, ReportDraft(draft_id, {"title": "two"}), NOON)
        found = load_draft(connection, draft_id, NOON)
        assert found and found.solved == solved
        assert lock_draft(connection, "nope", NOON) is None

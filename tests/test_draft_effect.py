"""The effect of a draft on the labelled questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from store_world import NOON, later

from kb import draft_effect, drafts
from kb.content import load_content
from kb.drafts import Draft, Effect
from kb.errors import InputError
from kb.settings import Settings
from kb.store.times import time_text


@pytest.fixture
def labelled(own_settings: Settings, tmp_path: Path) -> Settings:
    """Settings with three labelled questions, one of which nothing answers."""
    rows = [("flux capacitor hums", ["hanging"]), ("get rid of the pass phrase", ["remove-pass-phrase"]), ("pizza", [])]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps({"query": query, "kind": "q", "relevant": ids}) + "\n" for query, ids in rows))
    return own_settings.model_copy(update={"labelled_questions": path})


def wording(settings: Settings, text: str = "the flux capacitor hums", entry_id: str = "hanging") -> Draft:
    found = next(item for item in load_content(settings.content).entries if item.id == entry_id)
    return drafts.add_wordings(settings, found, [text], "Anna")[0]


def test_the_effect_is_measured_on_a_copy(labelled: Settings) -> None:
    draft = wording(labelled)
    before = {path: path.read_bytes() for path in labelled.content.rglob("*") if path.is_file()}
    effect = draft_effect.measure(labelled, draft)
    assert effect.state == "measured" and effect.questions == 2
    assert effect.after - effect.before == 0.5 and effect.gained == ("flux capacitor hums",) and effect.lost == ()
    assert {path: path.read_bytes() for path in labelled.content.rglob("*") if path.is_file()} == before
    assert not (labelled.data / "index").exists()


def test_a_draft_that_takes_a_question_away_says_so(labelled: Settings) -> None:
    asked = labelled.content / "asked"
    asked.mkdir()
    (asked / "hanging.txt").write_text("flux capacitor\n")
    effect = draft_effect.measure(labelled, wording(labelled, "flux capacitor hums", "old-browser"))
    assert effect.lost == ("flux capacitor hums",) and effect.after < effect.before


def test_a_new_entry_can_be_measured(labelled: Settings) -> None:
    new = drafts.NewEntry("Odd thing", "keys")
    draft = drafts.draft_entry(labelled, load_content(labelled.content), new, "Anna")
    assert draft_effect.measure(labelled, draft).state == "measured"


def test_the_result_is_kept_beside_the_patch(labelled: Settings) -> None:
    draft = wording(labelled)
    thread = draft_effect.start_measuring(labelled, draft)
    assert thread
    during = drafts.load_draft(labelled, draft.id)
    assert during and during.effect and during.effect.state in ("measuring", "measured")
    thread.join(60)
    after = drafts.load_draft(labelled, draft.id)
    assert after and after.effect and after.effect.state == "measured" and after.effect.gained
    assert not draft_effect.is_measuring(after.effect)


def test_a_draft_changed_meanwhile_keeps_no_old_result(labelled: Settings) -> None:
    draft = wording(labelled)
    effect = draft_effect.measure(labelled, draft)
    wording(labelled, "another thing")
    assert not drafts.save_effect(labelled, draft.id, effect)
    stored = drafts.load_draft(labelled, draft.id)
    assert stored and stored.effect is None


def test_a_draft_taken_back_meanwhile_is_no_fault(labelled: Settings) -> None:
    draft = wording(labelled)
    effect = draft_effect.measure(labelled, draft)
    drafts.discard(labelled, draft.id)
    assert not drafts.save_effect(labelled, draft.id, effect)


def test_without_labelled_questions_nothing_is_measured(labelled: Settings, tmp_path: Path) -> None:
    without = labelled.model_copy(update={"labelled_questions": tmp_path / "none.jsonl"})
    assert not draft_effect.can_measure(without) and draft_effect.start_measuring(without, wording(without)) is None


def test_questions_that_cannot_be_read_are_a_result_too(labelled: Settings) -> None:
    labelled.labelled_questions.write_text("nonsense\n")
    draft = wording(labelled)
    with pytest.raises(InputError):
        draft_effect.measure(labelled, draft)
    thread = draft_effect.start_measuring(labelled, draft)
    assert thread
    thread.join(60)
    stored = drafts.load_draft(labelled, draft.id)
    assert stored and stored.effect and stored.effect.state == "failed" and "labelled.jsonl:1" in stored.effect.problem


def test_a_measurement_a_stopped_server_left_behind_is_none() -> None:
    effect = Effect("measuring", time_text(NOON))
    assert draft_effect.is_measuring(effect, later(minutes=29)) and not draft_effect.is_measuring(
        effect, later(minutes=31)
    )
    assert not draft_effect.is_measuring(None) and not draft_effect.is_measuring(
        replace(effect, state="measured"), NOON
    )

"""The effect of a draft on the labelled questions, measured on a copy of the content, in a thread of its own.

The copy gets the change that the patch makes, an index of its own in a temporary folder, and the same questions as the
content of today; what is compared is how often the first entry is right. The result is kept beside the draft.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kb.content import content_files
from kb.drafts import Draft, Effect, changed_text, load_draft, patch_digest, save_effect
from kb.errors import KbError
from kb.evaluation import Labelled, Outcome, evaluate, read_labelled
from kb.generation import Generation, build, load_current
from kb.settings import Settings
from kb.store.times import time_text

LONGEST_MINUTES = 30  # after which a measurement that has not ended never will
_QUESTIONS_NAMED = 20
log = logging.getLogger("kb.drafts")
_one_at_a_time = threading.Lock()


def can_measure(settings: Settings) -> bool:
    """Whether there are labelled questions."""
    return settings.labelled_questions.is_file()


def start_measuring(settings: Settings, draft: Draft) -> threading.Thread | None:
    """Measure a draft in the background. The thread; None without labelled questions."""
    if not can_measure(settings):
        return None
    began = Effect("measuring", time_text(), patch_digest(settings, draft))
    if not save_effect(settings, draft.id, began):
        return None
    thread = threading.Thread(target=_measure_and_keep, args=(settings, draft, began), name="kb-draft", daemon=True)
    thread.start()
    return thread


def is_measuring(effect: Effect | None, now: datetime | None = None) -> bool:
    """Whether a measurement is under way; one that a stopped server left behind is not."""
    if effect is None or effect.state != "measuring":
        return False
    began = datetime.fromisoformat(effect.began_at)
    return (now or datetime.now(UTC)) - began < timedelta(minutes=LONGEST_MINUTES)


def measure(settings: Settings, draft: Draft) -> Effect:
    """The effect of a draft. Raises KbError when content or questions cannot be used."""
    questions = [labelled for labelled in read_labelled(settings.labelled_questions) if labelled.relevant]
    digest = patch_digest(settings, draft)
    with tempfile.TemporaryDirectory(prefix="kb-draft-") as folder:
        before = _outcomes(_copy(settings, Path(folder) / "before"), questions)
        after = _outcomes(_copy(settings, Path(folder) / "after", draft), questions)
    return replace(_compared(before, after), digest=digest, began_at=time_text())


def _compared(before: Sequence[Outcome], after: Sequence[Outcome]) -> Effect:
    pairs = list(zip(before, after, strict=True))
    return Effect(
        "measured",
        questions=len(pairs),
        before=_right(before),
        after=_right(after),
        gained=tuple(new.labelled.query for old, new in pairs if old.place != 1 and new.place == 1)[:_QUESTIONS_NAMED],
        lost=tuple(new.labelled.query for old, new in pairs if old.place == 1 and new.place != 1)[:_QUESTIONS_NAMED],
    )


def _measure_and_keep(settings: Settings, draft: Draft, began: Effect) -> None:
    with _one_at_a_time:
        try:
            effect = measure(settings, draft)
        except KbError as error:
            effect = replace(began, state="failed", problem=str(error))
        except Exception:
            log.exception("the effect of draft %s could not be measured", draft.id)
            effect = replace(began, state="failed", problem="It was written to the server's log.")
        try:
            if load_draft(settings, draft.id) is not None:
                save_effect(settings, draft.id, effect)
        except KbError as error:
            log.error("the effect of draft %s could not be kept: %s", draft.id, error)


def _copy(settings: Settings, folder: Path, draft: Draft | None = None) -> Settings:
    """Settings of a copy of the content, with the change of `draft`, if one is given."""
    content = folder / "content"
    for path in content_files(settings.content):
        target = content / path.relative_to(settings.content)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if draft:
        changed = content / draft.path
        old = changed.read_bytes().decode("utf-8") if changed.exists() else None
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.write_bytes(changed_text(draft, old).encode("utf-8", "replace"))
    return settings.model_copy(update={"content": content, "data": folder / "data"})


def _outcomes(settings: Settings, questions: Sequence[Labelled]) -> list[Outcome]:
    build(settings)
    generation: Generation = load_current(settings.data, settings.ranking)
    return evaluate(generation, settings, questions)


def _right(outcomes: Sequence[Outcome]) -> float:
    return sum(outcome.place == 1 for outcome in outcomes) / len(outcomes) if outcomes else 0.0

"""The cards of the offline copy as HTML templates, in which a script fills the blanks.

They are the portal's own macros, rendered with values such as "__title__" where the portal has a title, so that a card has
one markup wherever it is shown. Which blanks there are: the names in `BLANK`, and those of static/offline/cards.js.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from markupsafe import Markup

from kb import pages
from kb.answer import Answer, Candidate, Why
from kb.conversation import ConversationTurn, Verdict
from kb.entry import Content, Entry, Guide, Kind, Section, Step
from kb.feedback import NextEntry, entry_feedback
from kb.levels import Level
from kb.offline_links import OfflineLinks
from kb.pages import LATER_LABEL, Box, Frame
from kb.pages_conversation import EarlierTurn
from kb.pages_report import copy_report_parts
from kb.retrieval import Hit
from kb.snippet import Command, Snippet

NOT_SEARCHED_TOGETHER = "What you asked before is not searched with it."


class _Blank:
    """A name in place of each value: `_Blank().title` is "__title__"."""

    def __getattr__(self, name: str) -> Any:
        return f"__{name}__"


BLANK = _Blank()
_TRIED_TARGETS = (("question", "0"), ("entry", BLANK.id), ("step", f"{BLANK.guide}/{BLANK.step}"))


@dataclass(frozen=True, slots=True)
class _Talk:
    """A conversation with blanks, as the pages' macros read it."""

    links: OfflineLinks
    tried: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()


def card_templates(frame: Frame, at: OfflineLinks) -> Markup:
    """The `<template>` elements of the page that answers. at: the addresses as they stand on it."""
    blank = Frame(_blank_content(frame.content), at, frame.built)
    items = tuple(_item(kind, target) for kind, target in _TRIED_TARGETS)
    made = pages.environment().get_template("offline_cards.html")
    text = made.render(
        frame=blank,
        links=at,
        site=frame.content.site,
        blank=BLANK,
        turns=list(_turns(blank)),
        notes=list(_notes()),
        feedbacks=list(_feedbacks(blank)),
        earlier=list(_earlier(blank)),
        talk=_Talk(at, items, items[:1]),
        empty_talk=_Talk(at),
        boxes=list(_boxes(frame, at)),
    )
    return Markup(text)


def _item(kind: str, target: str) -> Any:
    """A line of what was tried, blank but for its kind."""
    return {"key": BLANK.key, "kind": kind, "target": target, "text": BLANK.text, "outcome": BLANK.outcome}


def _blank_content(content: Content) -> Content:
    """Content with one entry, one guide and one section, blank; the site is the real one."""
    step = Step(BLANK.step, BLANK.text, "")
    entry = Entry(
        BLANK.id, BLANK.section, BLANK.title, "", short=BLANK.short, applies_to=BLANK.applies, reviewed=BLANK.reviewed
    )
    guide = Guide(BLANK.guide, BLANK.guide_title, (step,), short=BLANK.short, reviewed=BLANK.reviewed)
    return replace(
        content, entries=(entry,), guides=(guide,), sections=(Section(BLANK.section, BLANK.section_title),), findings=()
    )


def _hit(kind: Any) -> Hit:
    hit_id = BLANK.guide if kind == "guide" else BLANK.id
    return Hit(id=hit_id, kind=kind, title=BLANK.title, section=BLANK.section, score=0.0, matched=())


def _answer(level: Level, kind: str = "entry", **values: Any) -> Answer:
    """An answer that shows everything its level can show."""
    snippet = Snippet(
        BLANK.passage, (0, 0), (), BLANK.anchor, BLANK.heading, True, (Command("sh", BLANK.command),)
    )
    hit = replace(_hit("entry"), title=BLANK.other_title, id=BLANK.other)
    candidates = (Candidate(hit, "possible"), Candidate(hit, "weak"))
    why = Why((BLANK.matched,), ((BLANK.said, BLANK.meant),), BLANK.error_text, (BLANK.ignored,), (BLANK.unknown,))
    answered = level in ("strong", "possible")
    made = Answer(
        question=BLANK.question,
        log=BLANK.log,
        level=level,
        hits=(_hit(kind),),
        snippet=snippet if answered else None,
        candidates=candidates if answered else (Candidate(hit, "weak"),),
        corrected=None,
        correction=(),
        why=why,
        carried="",
        took_ms=0.0,
        guides=(BLANK.guide,),
    )
    return replace(made, **values)


def _turns(frame: Frame) -> Any:
    feedback = _feedback(frame, "problem", "")
    levels: tuple[Level, ...] = ("strong", "possible")
    for level in levels:
        yield f"{level}-entry", _answer(level), feedback
        yield f"{level}-guide", _answer(level, "guide"), None
    yield "weak", _answer("weak"), None
    yield "none", _answer("none"), None


def _notes() -> Any:
    """What stands above an answer: what was searched instead, and with what."""
    plain, stored = _answer("none"), ConversationTurn(2, BLANK.question)
    yield "corrected", replace(plain, corrected=BLANK.corrected, correction=((BLANK.typed, BLANK.searched),)), stored
    yield "exact", plain, replace(stored, exact=True)
    yield "carried", replace(plain, carried=BLANK.carried), stored
    yield "alone", plain, replace(stored, standalone=True)


def _feedback(frame: Frame, kind: Any, chosen: Any) -> Any:
    entry = replace(frame.content.entries[0], kind=kind)
    verdict = Verdict("entry", entry.id, chosen, "", "") if chosen else None
    following = NextEntry(frame.links.entry(BLANK.other), BLANK.other_title)
    return entry_feedback(
        entry, cast(Any, frame.links), BLANK.feedback, "", verdict=verdict, guide=frame.content.guides[0], candidate=following
    )


def _feedbacks(frame: Frame, kinds: tuple[Kind, ...] = ("problem", "info")) -> Any:
    for kind in kinds:
        for chosen in ("", "yes", "no"):
            yield f"{kind}-{chosen or 'open'}", _feedback(frame, kind, chosen)


def _earlier(frame: Frame) -> Any:
    entry = frame.content.entries[0]
    stored = ConversationTurn(cast(Any, BLANK.number), BLANK.question, BLANK.log)
    for level in ("strong", "possible"):
        for chosen in ("", "yes", "no"):
            view = _feedback(frame, "problem", chosen)
            yield f"{level}-{chosen or 'open'}", EarlierTurn(replace(stored, level=level), entry, view)
    yield "weak", EarlierTurn(replace(stored, level="weak"), None, None)
    yield "none", EarlierTurn(replace(stored, level="none"), None, None)


def _boxes(frame: Frame, links: OfflineLinks) -> Any:
    """The box under an answer: as it is, starting anew, and limited to a section."""
    latest, box = (links.turn(BLANK.number), "Go to the latest answer"), links.new_question()
    yield "more", Box(LATER_LABEL, links=(latest, (box, "Start a new question")))
    go_on = (box, "Go on with the last one")
    yield "anew", Box(frame.content.site.box_label, note=NOT_SEARCHED_TOGETHER, links=(latest, go_on))
    section = Section(BLANK.section, BLANK.section_title)
    yield "limited", Box(frame.content.site.box_label, section=section, limited=True)


def feedback_templates(frame: Frame, at: OfflineLinks, kind: Kind) -> Markup:
    """The `<template>` elements of the page of an entry of this kind; empty in a single file, where those of the first
    page do."""
    if at.copy.is_single:
        return Markup()
    blank = Frame(_blank_content(frame.content), at, frame.built)
    made = pages.environment().get_template("offline_feedback.html")
    return Markup(made.render(links=at, feedbacks=list(_feedbacks(blank, (kind,)))))


def step_templates(at: OfflineLinks) -> Markup:
    """The `<template>` elements of a guide's page."""
    steps = [
        (f"{chosen or 'open'}{'-last' if is_last else ''}", chosen, is_last)
        for chosen in ("", "yes", "no", "cannot")
        for is_last in (False, True)
    ]
    made = pages.environment().get_template("offline_steps.html")
    return Markup(made.render(steps=steps, action=at.conversation(), blank=BLANK))


def report_templates(frame: Frame) -> Markup:
    """The `<template>` elements of the report's page."""
    return Markup(copy_report_parts(frame, BLANK.label, BLANK.value))

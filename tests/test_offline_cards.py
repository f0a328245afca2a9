"""The templates of the copy's cards: the portal's markup, blank, for every state a card can have."""

from __future__ import annotations

import re

import pytest

from kb.entry import Content, Entry, Guide, Section, Site, Step
from kb.links import Copy
from kb.offline_cards import card_templates, feedback_templates, report_templates, step_templates
from kb.offline_links import ASK, EMBED, REPORT, OfflineLinks, entry_path, guide_path
from kb.pages import Frame

CONTENT = Content(
    Site(title="Help", historic_label="Long ago"),
    (Section("keys", "Keys"),),
    (Entry("a", "keys", "Secret title?", "Text."),),
    (Guide("g", "A guide", (Step("one", "One", "Do it."),)),),
)


def frame(page: str, *, is_single: bool = False) -> tuple[Frame, OfflineLinks]:
    links = OfflineLinks(Copy(is_single=is_single), page)
    return Frame(CONTENT, links), links


def names(html: str) -> list[str]:
    return re.findall(r'<template data-card="([^"]*)"', html)


def test_there_is_a_template_for_every_state() -> None:
    found = names(card_templates(*frame(ASK)))
    assert len(found) == len(set(found))
    kinds = [f"{level}-{kind}" for level in ("strong", "possible") for kind in ("entry", "guide")]
    feedback = [f"feedback-{kind}-{chosen}" for kind in ("problem", "info") for chosen in ("open", "yes", "no")]
    earlier = [f"earlier-{level}-{chosen}" for level in ("strong", "possible") for chosen in ("open", "yes", "no")]
    notes = ["note-corrected", "note-exact", "note-carried", "note-alone"]
    others = ["weak", "none", "earlier-weak", "earlier-none", "tried", "tried-empty", "clear"]
    others += ["box-more", "box-anew", "box-limited"]
    assert set(found) == {*kinds, *feedback, *earlier, *notes, *others}


@pytest.mark.parametrize("is_single", [False, True])
def test_cards_hold_blanks_and_nothing_of_the_content(is_single: bool) -> None:
    html = card_templates(*frame(ASK, is_single=is_single))
    assert "Secret title" not in html and "Long ago" in html
    for blank in ("__title__", "__passage__", "__command__", "__guide_title__", "__other__", "__reviewed__"):
        assert blank in html, blank
    assert not re.search(r'(?:href|action)="/', html)  # nothing leads out of the copy


def test_addresses_of_cards_are_those_of_the_copy() -> None:
    html = card_templates(*frame(ASK))
    assert 'href="entries/__id__.html#__anchor__"' in html and 'href="guides/__guide__.html"' in html
    assert 'href="report.html" data-report' in html
    assert 'href="#/entries/__id__%3A__anchor__"' in card_templates(*frame(ASK, is_single=True))


def test_in_the_widget_cards_lead_to_its_own_page() -> None:
    html = card_templates(*frame(EMBED))
    assert 'href="embed.html#turn-__number__"' in html and 'href="embed.html#box-question"' in html
    assert "ask.html" not in html
    assert 'name="section" value="__section__" checked' in html and "“__section_title__”" in html


def test_an_entrys_page_has_feedback_with_its_own_addresses() -> None:
    html = feedback_templates(*frame(entry_path("a")), "info")
    assert names(html) == ["feedback-info-open", "feedback-info-yes", "feedback-info-no"]
    assert 'href="../entries/__other__.html"' in html
    assert feedback_templates(*frame(entry_path("a"), is_single=True), "info") == ""


def test_a_guides_page_has_buttons_for_each_state_of_a_step() -> None:
    html = step_templates(frame(guide_path("g"))[1])
    assert len(names(html)) == 8
    assert html.count("No, still broken") == 4 and html.count("No, next step") == 4
    assert html.count('aria-pressed="true"') == 6


def test_the_reports_page_has_form_note_and_check() -> None:
    html = report_templates(frame(REPORT)[0])
    assert names(html) == ["report-form", "report-note", "report-check"]
    assert 'name="question"' in html and 'name="log"' in html and "data-fields=" in html
    assert "csrf" not in html and 'type="file"' not in html

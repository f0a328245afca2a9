"""What assistants get to read: answers with their level, entries, guides and drafted reports."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from conversation_world import WORLD
from engine_world import write_content
from portal_world import FILES as REPORT_WORLD

from kb.assistant_tools import ADVICE, AssistantTools
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.levels import LEVELS
from kb.settings import Settings

LINE = base64.b64encode(bytes(range(48))).decode()
KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *[LINE] * 8, "-----END PRIVATE KEY-----"])


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> AssistantTools:
    folder = tmp_path_factory.mktemp("tools")
    world = WORLD | {"problem-report.md": REPORT_WORLD["problem-report.md"]}
    settings = Settings(content=write_content(folder / "content", world), data=folder / "data")
    return AssistantTools(settings, KnowledgeBase(settings))


def test_a_strong_answer_has_the_passage_and_what_to_make_of_it(tools: AssistantTools) -> None:
    found = tools.search("How do I remove the pass phrase from a private key?", limit=2)
    assert (found.level, found.advice) == ("strong", ADVICE["strong"])
    assert found.passage and found.passage.marked in found.passage.text
    shown = tools.search("write the key without encryption, then make the file readable by root alone").passage
    assert shown and "openssl pkey -in server.key -out server.new" in shown.commands
    assert found.hits[0].id == "remove-pass-phrase" and len(found.hits) == 2
    assert found.hits[0].url == "/entries/remove-pass-phrase" and "remove" in found.hits[0].matched
    assert "guide-start" in [guide.id for guide in found.guides]


def test_nothing_found_is_an_answer(tools: AssistantTools) -> None:
    found = tools.search("zebra giraffe crocodile")
    assert (found.level, found.passage) == ("none", None)
    assert found.advice.startswith("No entry matches this question. Say so")


def test_there_is_advice_for_every_level() -> None:
    assert set(ADVICE) == set(LEVELS) and all(text.strip() for text in ADVICE.values())


def test_words_are_corrected_and_sections_limit(tools: AssistantTools) -> None:
    assert tools.search("selfsigned certifcate for testing").corrected
    assert {hit.section for hit in tools.search("pass phrase cipher", section="protocol").hits} <= {"protocol"}


def test_an_entry_and_a_guide_in_full(tools: AssistantTools) -> None:
    entry = tools.get_entry("remove-pass-phrase")
    assert entry.title == "How do I remove the pass phrase from a private key?" and entry.section == "keys"
    assert entry.markdown.startswith(f"# {entry.title}\n") and "openssl pkey" in entry.markdown
    assert [item.id for item in entry.related] == ["change-pass-phrase"]
    guide = tools.get_guide("guide-steps")
    assert [(step.number, step.id) for step in guide.steps] == [(1, "why"), (2, "log"), (3, "core")]
    assert "## Step 1: Does it say why?" in guide.markdown and guide.url == "/guides/guide-steps"


def test_a_report_is_drafted_with_what_is_missing(tools: AssistantTools) -> None:
    draft = tools.draft_report("Why does it hang?", ["Read: One", "Restarted it"], "password=hunter22\nfirst line")
    assert "Why does it hang?" in draft.markdown and "Restarted it" in draft.markdown
    assert "hunter22" not in draft.markdown and "[password removed]" in draft.markdown
    assert [(field.id, field.required) for field in draft.to_fill] == [("versions", True), ("backtrace", False)]
    assert draft.form_url == "/report?q=Why+does+it+hang%3F"
    assert [field.id for field in tools.draft_report("x", core_dumped=True).to_fill if field.required] == ["versions", "backtrace"]
    filled = tools.draft_report("x", fields={"versions": "httpd 2.4.62"})
    assert "httpd 2.4.62" in filled.markdown and [field.id for field in filled.to_fill if field.required] == []


def test_a_private_key_is_named_and_left_out(tools: AssistantTools) -> None:
    draft = tools.draft_report("Why?", log=f"before\n{KEY}\nafter")
    assert draft.to_mend == ["Log or error output contains a private key. Remove the lines from BEGIN to END."]
    assert LINE not in draft.model_dump_json()


def test_secrets_in_the_question_do_not_reach_the_address(tools: AssistantTools) -> None:
    draft = tools.draft_report("https://jo:hunter22@example.com/ fails")
    assert "hunter22" not in draft.model_dump_json()


def test_similar_entries_are_offered_first(tools: AssistantTools) -> None:
    draft = tools.draft_report("How do I remove the pass phrase from a private key?")
    assert draft.similar[0].id == "remove-pass-phrase"


def test_addresses_are_whole_where_the_portal_has_one(tools: AssistantTools) -> None:
    known = AssistantTools(tools.settings.model_copy(update={"base_url": "https://h.example/"}), tools.knowledge_base)
    assert known.get_entry("self-signed").url == "https://h.example/entries/self-signed"
    assert known.draft_report("x").form_url == "https://h.example/report?q=x"


def test_no_content_is_said(tmp_path: Path) -> None:
    settings = Settings(content=tmp_path / "nowhere", data=tmp_path / "data")
    with pytest.raises(Exception, match="nowhere"):
        AssistantTools(settings, KnowledgeBase(settings)).search("x")
    with pytest.raises(InputError, match="There is no section"):
        settings = Settings(content=write_content(tmp_path / "content"), data=tmp_path / "data")
        AssistantTools(settings, KnowledgeBase(settings)).search("x", section="y")

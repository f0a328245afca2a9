"""Drafts: patches that `patch` and `git` really apply, and what is kept beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from store_world import NOON, later

from kb import drafts
from kb.content import check_content, load_content
from kb.drafts import Draft, NewEntry
from kb.entry import Entry
from kb.errors import DataFolderError, InputError
from kb.settings import Settings

APPLY = {"patch": ["patch", "-p1", "--fuzz=0", "-i"], "git": ["git", "apply", "--unsafe-paths"]}


def entry(settings: Settings, entry_id: str = "hanging") -> Entry:
    return next(item for item in load_content(settings.content).entries if item.id == entry_id)


def asked_file(settings: Settings, data: bytes | None, entry_id: str = "hanging") -> Path:
    path = settings.content / "asked" / f"{entry_id}.txt"
    path.parent.mkdir(exist_ok=True)
    if data is not None:
        path.write_bytes(data)
    return path


def applied(settings: Settings, draft: Draft, tool: str) -> Path:
    """A copy of the content with the draft's patch applied by a tool, as a person would: in the folder above it."""
    root = settings.data / f"applied-{tool}"
    shutil.copytree(settings.content, root / settings.content.name)
    file = settings.data / "drafts" / f"{draft.id}.patch"
    ran = subprocess.run([*APPLY[tool], str(file)], cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not list(root.rglob("*.orig")) and not list(root.rglob("*.rej"))
    return root / settings.content.name


# Wordings


@pytest.mark.parametrize("tool", APPLY)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, b"why so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"", b"why so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"one\n", b"one\nwhy so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"1\n2\n3\n4\n5\n", b"1\n2\n3\n4\n5\nwhy so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"1\n2\n3\n4", b"1\n2\n3\n4\nwhy so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"alone", b"alone\nwhy so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        (b"# a remark\n\n\nend\n\n", b"# a remark\n\n\nend\n\nwhy so still?\ngr\xc3\xbc\xc3\x9fe\n"),
        ("\u2028odd\x0c lines\x85\n".encode(), "\u2028odd\x0c lines\x85\nwhy so still?\ngrüße\n".encode()),
        (b"1\r\n2\r\n", b"1\r\n2\r\nwhy so still?\r\ngr\xc3\xbc\xc3\x9fe\r\n"),
        (b"1\r\n2", b"1\r\n2\r\nwhy so still?\r\ngr\xc3\xbc\xc3\x9fe\r\n"),
    ],
)
def test_the_patch_applies_to_any_file(own_settings: Settings, tool: str, old: bytes | None, new: bytes) -> None:
    file = asked_file(own_settings, old)
    draft, added = drafts.add_wordings(own_settings, entry(own_settings), ["why so  still?\n", "grüße"], "Anna", NOON)
    assert added == ("why so still?", "grüße") and file.exists() == (old is not None)
    changed = applied(own_settings, draft, tool)
    assert (changed / "asked/hanging.txt").read_bytes() == new
    assert entry(own_settings.model_copy(update={"content": changed})).asked[-2:] == ("why so still?", "grüße")


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=8), max_size=6),
    st.booleans(),
)
def test_any_text_gains_a_line(tmp_path: Path, lines: list[str], is_ended: bool) -> None:
    old = "\n".join(lines) + ("\n" if is_ended and lines else "")
    if "\0" in old or not old:
        return
    folder = tmp_path / "root"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "a b").mkdir(parents=True)
    (folder / "a b/x.txt").write_bytes(old.encode())
    gained = ("" if old.endswith("\n") else "\n") + "new line\n"
    text = drafts.addition("a b/x.txt", old, gained)
    (tmp_path / "p").write_bytes(text.encode())
    ran = subprocess.run(
        ["patch", "-p1", "--fuzz=0", "-i", str(tmp_path / "p")], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert (folder / "a b/x.txt").read_bytes() == (old + gained).encode()


def test_wordings_of_one_entry_are_one_draft_and_can_be_taken_back(own_settings: Settings) -> None:
    first, _ = drafts.add_wordings(own_settings, entry(own_settings), ["one"], "Anna", NOON)
    second, added = drafts.add_wordings(own_settings, entry(own_settings), ["ONE", "two"], "Boris", later(minutes=1))
    assert first.id == second.id == "wording-hanging" and added == ("two",)
    assert second.wordings == ("one", "two") and second.made_by == "Boris"
    assert drafts.list_drafts(own_settings) == (second,)
    left = drafts.remove_wordings(own_settings, second.id, ["one"])
    assert left and left.wordings == ("two",) and "+one" not in drafts.patch(own_settings, left)
    assert drafts.remove_wordings(own_settings, second.id, ["two"]) is None
    assert drafts.list_drafts(own_settings) == () and not list((own_settings.data / "drafts").glob("wording*"))


@pytest.mark.parametrize("wording", ["", "  ", "???", "x" * 501, "# a remark"])
def test_a_wording_that_is_no_question_is_refused(own_settings: Settings, wording: str) -> None:
    with pytest.raises(InputError):
        drafts.add_wordings(own_settings, entry(own_settings), [wording], "Anna")
    assert drafts.list_drafts(own_settings) == ()


@pytest.mark.parametrize("wording", ["why does the connection HANG?", "The page  never loads"])
def test_a_wording_the_entry_has_is_refused(own_settings: Settings, wording: str) -> None:
    with pytest.raises(InputError, match="has this wording already"):
        drafts.add_wordings(own_settings, entry(own_settings), [wording], "Anna")


def test_a_draft_follows_the_content(own_settings: Settings) -> None:
    draft, _ = drafts.add_wordings(own_settings, entry(own_settings), ["one", "two"], "Anna")
    asked_file(own_settings, b"zero\none\n")
    fresh = drafts.load_draft(own_settings, draft.id)
    assert fresh and (own_settings.data / "drafts/wording-hanging.patch").read_text().endswith(
        "@@ -1,2 +1,3 @@\n zero\n one\n+two\n"
    )
    assert not drafts.is_applied(own_settings, draft)
    asked_file(own_settings, b"one\ntwo\n")
    assert drafts.is_applied(own_settings, draft) and drafts.patch(own_settings, draft) == ""


def test_content_that_is_not_utf_8_is_named(own_settings: Settings) -> None:
    asked_file(own_settings, b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        drafts.add_wordings(own_settings, Entry("hanging", "protocol", "q", ""), ["x y"], "Anna")


def test_people_at_once_lose_nothing(own_settings: Settings) -> None:
    target = entry(own_settings)
    threads = [
        threading.Thread(target=drafts.add_wordings, args=(own_settings, target, [f"wording {number}"], "Anna"))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (draft,) = drafts.list_drafts(own_settings)
    assert len(draft.wordings) == 12


# New entries


@pytest.mark.parametrize("tool", APPLY)
def test_a_new_entry_applies_and_is_sound(own_settings: Settings, tool: str) -> None:
    hostile = "```\n---\nquestion: x\n---\n\r\n\x07 <script>alert(1)</script>\n# heading"
    new = NewEntry(
        'Why: "does" the #flux hum?', "protocol", ("the flux hums", "- a list?", "why: \"does\" the #flux hum?"), True,
        (("Versions [all]", hostile), ("Empty", " ")), "\n".join(f"line {number}" for number in range(50)), "R-1",
    )  # fmt: skip
    draft = drafts.draft_entry(own_settings, load_content(own_settings.content), new, "Anna", NOON)
    assert (draft.id, draft.path) == ("entry-flux-hum", "protocol/flux-hum.md")
    content = load_content(applied(own_settings, draft, tool))
    made = next(item for item in content.entries if item.id == "flux-hum")
    assert made.question == 'Why: "does" the #flux hum?' and made.kind == "problem" and made.section == "protocol"
    assert made.aliases == ("the flux hums", "- a list?")
    assert "line 19" in made.body and "line 20" not in made.body and "R-1" in made.body and "Empty" not in made.body
    assert "\x07" not in made.body and "````text\n```" in made.body
    assert [
        str(item) for item in check_content(content, NOON.date()) if "flux" in item.file and item.severity == "error"
    ] == []


def test_ids_of_new_entries_are_free(own_settings: Settings) -> None:
    content = load_content(own_settings.content)
    made = [drafts.draft_entry(own_settings, content, NewEntry(question, "protocol"), "Anna").target for question in
            ("Hanging", "Hanging?", "Über Größe: 日本", "日本", "How do I?", "w " * 200)]  # fmt: skip
    assert made[0] == "hanging-2" and made[1] == "hanging-3" and made[2].startswith("uber-gr")
    assert len(set(made)) == 6 and all(name and name.isascii() for name in made)


def test_a_new_entry_needs_a_question_and_a_section(own_settings: Settings) -> None:
    content = load_content(own_settings.content)
    for new in (NewEntry("", "protocol"), NewEntry("Why?", "../outside"), NewEntry("Why?", "")):
        with pytest.raises(InputError):
            drafts.draft_entry(own_settings, content, new, "Anna")


def test_an_entry_goes_where_its_section_lies(own_settings: Settings) -> None:
    content = load_content(own_settings.content)
    assert drafts.draft_entry(own_settings, content, NewEntry("Odd shape", "keys"), "A").path == "keys/odd-shape.md"


# Keeping


def test_a_draft_put_aside_can_be_taken_back(own_settings: Settings) -> None:
    draft = drafts.draft_entry(own_settings, load_content(own_settings.content), NewEntry("Odd shape", "keys"), "Anna")
    assert drafts.discard(own_settings, draft.id) and drafts.list_drafts(own_settings) == ()
    assert drafts.load_draft(own_settings, draft.id) is None and not drafts.discard(own_settings, draft.id)
    assert drafts.restore(own_settings, draft.id) and drafts.load_draft(own_settings, draft.id) == draft
    assert (own_settings.data / "drafts/entry-odd-shape.patch").exists()
    assert not drafts.restore(own_settings, draft.id)


@pytest.mark.parametrize("draft_id", ["", "../x", "wording-../../x", "wording-a/b", "nothing", ".lock", "wording-\0"])
def test_no_id_leads_out_of_the_folder(own_settings: Settings, draft_id: str) -> None:
    drafts.add_wordings(own_settings, entry(own_settings), ["one"], "Anna")
    assert drafts.load_draft(own_settings, draft_id) is None
    assert not drafts.discard(own_settings, draft_id) and not drafts.restore(own_settings, draft_id)


def test_a_damaged_draft_is_left_out(own_settings: Settings) -> None:
    drafts.add_wordings(own_settings, entry(own_settings), ["one"], "Anna")
    folder = own_settings.data / "drafts"
    for name, text in (("wording-a.json", "{"), ("wording-b.json", "[]"), ("wording-c.json", json.dumps({"id": 1}))):
        (folder / name).write_text(text)
    assert [draft.target for draft in drafts.list_drafts(own_settings)] == ["hanging"]


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(own_settings: Settings) -> None:
    own_settings.data.mkdir()
    (own_settings.data / "drafts").write_text("a file")
    with pytest.raises(DataFolderError, match="drafts cannot be kept in"):
        drafts.add_wordings(own_settings, entry(own_settings), ["one"], "Anna")

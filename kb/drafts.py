"""Drafts: changes to the content that the support team proposes, as patches somebody applies to the content by hand.

A draft is two files in the folder `drafts` of the data folder: `<id>.json`, what it is, and `<id>.patch`, a unified diff
that `git apply` and `patch -p1` take in the folder that holds the content folder. "Add as wording" collects the wordings
of one entry in one draft, so that patches of the same file never follow each other; "Draft entry" makes a new file.
Nothing here touches the content itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml

from kb.analysis import is_stop_word, without_accents, words
from kb.content_scan import ASKED_FOLDER
from kb.entry import Content, Entry
from kb.errors import DataFolderError, InputError
from kb.settings import Settings
from kb.store.times import time_text

FOLDER = "drafts"
DISCARDED = ".discarded"  # put behind the name of a draft's file
LONGEST_WORDING = 500  # characters
_CONTEXT = 3  # lines before a change
_LONGEST_ID = 60
_WORDS_OF_ID = 6
_ALIASES = 12
_LOG_LINES = 20
_ID = re.compile(r"(?:wording|entry)-[^/\0\\]{1,200}")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a draft does to the labelled questions. Shares of those with an answer whose first entry is right."""

    state: Literal["measuring", "measured", "failed"] = "measuring"
    began_at: str = ""
    digest: str = ""  # of the patch it belongs to
    questions: int = 0
    before: float = 0.0
    after: float = 0.0
    gained: tuple[str, ...] = ()  # questions that are right only with the draft
    lost: tuple[str, ...] = ()  # questions that are right only without it
    problem: str = ""  # why it could not be measured


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed change of one file of the content."""

    id: str
    kind: Literal["wording", "entry"]
    target: str  # id of the entry that gains wordings, or of the new one
    title: str  # question of that entry
    path: str  # the file, relative to the content folder
    made_by: str
    made_at: str
    wordings: tuple[str, ...] = ()  # that are added, oldest first
    text: str = ""  # the new file, of an entry
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a new entry is drafted from."""

    question: str
    section: str
    wordings: tuple[str, ...] = ()
    is_problem: bool = False
    facts: tuple[tuple[str, str], ...] = ()  # (label, text) from a report
    log: str = ""
    source: str = ""  # reference of the report


class UnknownSectionError(InputError):
    """There is no section of the id that a new entry should stand in."""


# Making and taking back


def add_wordings(
    settings: Settings, entry: Entry, wordings: Sequence[str], name: str, now: datetime | None = None
) -> tuple[Draft, tuple[str, ...]]:
    """The draft of an entry's wordings with these among them, and those of them that are new in it.

    Wordings that the draft holds already change nothing. Raises InputError for wordings that are empty, too long, or
    known to the entry already; DataFolderError.
    """
    with _locked(settings):
        path = f"{ASKED_FOLDER}/{entry.id}.txt"
        draft_id = f"wording-{entry.id}"
        draft = _load(settings, draft_id) or Draft(
            draft_id, "wording", entry.id, entry.question, path, name, time_text(now)
        )
        drafted = {_same(text) for text in draft.wordings}
        known = drafted | {_same(text) for text in (*entry.asked, *entry.aliases, entry.question)}
        added = []
        for wording in map(one_line, wordings):
            check_wording(wording)
            if _same(wording) not in known:
                known.add(_same(wording))
                added.append(wording)
        if not added and all(_same(one_line(text)) in drafted for text in wordings):
            return draft, ()
        if not added:
            raise InputError("The entry has this wording already.")
        draft = replace(draft, wordings=(*draft.wordings, *added), effect=None, made_by=name, made_at=time_text(now))
        return _save(settings, draft), tuple(added)


def remove_wordings(settings: Settings, draft_id: str, wordings: Sequence[str]) -> Draft | None:
    """The draft without these wordings; None when nothing is left of it, or there was none."""
    with _locked(settings):
        draft = _load(settings, draft_id)
        if draft is None:
            return None
        kept = tuple(wording for wording in draft.wordings if wording not in wordings)
        if not kept:
            _delete(settings, draft_id)
            return None
        return _save(settings, replace(draft, wordings=kept, effect=None))


def draft_entry(settings: Settings, content: Content, new: NewEntry, name: str, now: datetime | None = None) -> Draft:
    """A draft of a new entry; the one that is there if this person drafted the very same before.

    Raises InputError for a question that cannot be used, UnknownSectionError; DataFolderError.
    """
    question = one_line(new.question)
    check_wording(question)
    if new.section not in {section.id for section in content.sections}:
        raise UnknownSectionError("Choose a section of the list.")
    text = entry_markdown(replace(new, question=question))
    folder = _folder_of_section(content, new.section)
    with _locked(settings):
        for there in _load_all(settings):
            if (there.kind, there.made_by, there.text) == ("entry", name, text) and there.path.startswith(f"{folder}/"):
                return there  # the form was sent twice
        taken = {entry.id for entry in content.entries} | {guide.id for guide in content.guides}
        taken |= {draft.target for draft in _load_all(settings) if draft.kind == "entry"}
        entry_id = free_id(question, taken)
        draft = Draft(
            f"entry-{entry_id}", "entry", entry_id, question, f"{folder}/{entry_id}.md", name, time_text(now),
            text=text,
        )  # fmt: skip
        return _save(settings, draft)


def discard(settings: Settings, draft_id: str) -> bool:
    """Put a draft aside. Whether there was one."""
    return _rename(settings, f"{draft_id}.json", f"{draft_id}.json{DISCARDED}")


def restore(settings: Settings, draft_id: str) -> bool:
    """Take a draft back that was put aside. Whether there was one, and no other took its place."""
    return _rename(settings, f"{draft_id}.json{DISCARDED}", f"{draft_id}.json")


# Reading


def list_drafts(settings: Settings) -> tuple[Draft, ...]:
    """All drafts, the newest first."""
    return tuple(sorted(_load_all(settings), key=lambda draft: draft.made_at, reverse=True))


def load_draft(settings: Settings, draft_id: str) -> Draft | None:
    """A draft with its patch brought up to date with the content; None if there is none."""
    if not _ID.fullmatch(draft_id):
        return None
    draft = _load(settings, draft_id)
    if draft is not None:
        file = _folder(settings) / f"{draft.id}.patch"
        text = patch(settings, draft)
        if not file.exists() or file.read_bytes() != text.encode():
            _write(file, text)
    return draft


def is_applied(settings: Settings, draft: Draft) -> bool:
    """Whether the content holds the change already."""
    return not patch(settings, draft)


def patch(settings: Settings, draft: Draft) -> str:
    """The draft as a unified diff against the content of today; empty when the content holds it already."""
    old = _content_text(settings, draft.path)
    name = f"{settings.content.resolve().name}/{draft.path}"
    new = changed_text(draft, old)
    if new == old or (draft.kind == "entry" and old is not None):
        return ""
    return creation(name, new) if old is None else addition(name, old, new[len(old) :])


def changed_text(draft: Draft, old: str | None) -> str:
    """The file with the change. old: as it is now, None if there is none."""
    if draft.kind == "entry":
        return draft.text if old is None else old
    there = {line.strip() for line in (old or "").split("\n")}
    added = [wording for wording in draft.wordings if wording not in there]
    end = "\r\n" if old and "\r\n" in old else "\n"
    start = end if old and not old.endswith("\n") and added else ""
    return (old or "") + start + "".join(wording + end for wording in added)


def patch_digest(settings: Settings, draft: Draft) -> str:
    """What tells one state of a patch from another."""
    return hashlib.sha256(patch(settings, draft).encode()).hexdigest()[:16]


def save_effect(settings: Settings, draft_id: str, effect: Effect) -> bool:
    """Keep an effect beside its draft. False when the draft is gone or was changed meanwhile."""
    with _locked(settings):
        draft = _load(settings, draft_id)
        if draft is None or patch_digest(settings, draft) != effect.digest:
            return False
        _save(settings, replace(draft, effect=effect))
        return True


# Texts


def creation(name: str, text: str) -> str:
    """A diff that makes the file `name`."""
    lines = text.split("\n")[:-1]  # the text ends with a line end
    head = f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{_name(name)}\n"
    return head + f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


def addition(name: str, old: str, added: str) -> str:
    """A diff that puts `added` behind the text `old` of the file `name`.

    `added` begins with a line end when the last line of `old` has none.
    """
    lines = old.split("\n")
    last = lines.pop()  # empty when the text ends with a line end
    start = max(0, len(lines) - _CONTEXT)
    body = [f" {line}\n" for line in lines[start:]]
    if last:
        end, _, added = added.partition("\n")
        body += [f"-{last}\n\\ No newline at end of file\n", f"+{last}{end}\n"]
    new_lines = added.split("\n")[:-1]
    body += [f"+{line}\n" for line in new_lines]
    old_count = len(lines) - start + bool(last)
    new_count = old_count + len(new_lines)
    before, after = (f"{start + 1 if count else start},{count}" for count in (old_count, new_count))
    head = f"diff --git a/{name} b/{name}\n--- a/{_name(name)}\n+++ b/{_name(name)}\n"
    return head + f"@@ -{before} +{after} @@\n" + "".join(body)


def entry_markdown(new: NewEntry) -> str:
    """The file of a new entry: what people asked, what a report says, and room for the answer."""
    others = [text for text in dict.fromkeys(map(one_line, new.wordings)) if _same(text) != _same(new.question)]
    keys: dict[str, Any] = {"question": new.question, "kind": "problem" if new.is_problem else "info"}
    if others:
        keys["aliases"] = others[:_ALIASES]
    front = yaml.safe_dump(keys, allow_unicode=True, sort_keys=False, width=110)
    parts = ["Write the answer here.\n"]
    if new.source:
        parts.append(f"## From report {new.source}\n\nDelete this part before the entry is published.\n")
        parts += [f"**{_plain(label)}**\n\n{_fenced(text)}" for label, text in new.facts if text.strip()]
        if new.log.strip():
            lines = [line for line in new.log.splitlines() if line.strip()]
            parts.append(f"**Log or error output**\n\n{_fenced(chr(10).join(lines[:_LOG_LINES]))}")
    return _clean(f"---\n{front}---\n\n" + "\n".join(parts))


def one_line(text: str) -> str:
    """`text` on one line, without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def check_wording(text: str) -> None:
    """Raises InputError for a text that is no question."""
    if not text or not any(char.isalnum() for char in text):
        raise InputError("Enter a question.")
    if len(text) > LONGEST_WORDING:
        raise InputError(f"A question must be {LONGEST_WORDING} characters or less.")
    if text.startswith("# "):
        raise InputError("A question cannot begin with “# ”, which marks a remark in the file.")


def free_id(question: str, taken: set[str]) -> str:
    """An id of the question's words that nothing else has."""
    topics = [word for word in words(question) if not is_stop_word(word.terms)]
    names = [re.sub(r"[^a-z0-9]+", "-", without_accents(question[w.start : w.end]).lower()).strip("-") for w in topics]
    wanted = "-".join(filter(None, names[:_WORDS_OF_ID]))[:_LONGEST_ID].strip("-") or "new-entry"
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}text\n{text.strip()}\n{fence}\n"


def _plain(text: str) -> str:
    return re.sub(r"([\\*_`\[\]<>])", r"\\\1", one_line(text))


def _clean(text: str) -> str:
    """`text` with Unix line ends and without characters that tear a line or a file apart."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


def _name(name: str) -> str:
    """A file's name as it stands behind --- and +++: one with a space is ended by a tab."""
    return f"{name}\t" if " " in name else name


# Files


def _folder_of_section(content: Content, section_id: str) -> str:
    """The folder in which a section's entries lie, relative to the content folder."""
    for entry in content.entries_of(section_id):
        folder = Path(entry.path).parent.as_posix()
        if folder != ".":
            return folder
    return section_id


def _content_text(settings: Settings, path: str) -> str | None:
    try:
        return (settings.content / path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; store it as UTF-8 first") from error
    except OSError as error:
        raise DataFolderError(f"{path} cannot be read: {error.strerror}") from error


def _folder(settings: Settings) -> Path:
    return settings.data / FOLDER


@contextlib.contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Hold the one lock of those who change drafts. Raises DataFolderError."""
    folder = _folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataFolderError(f"drafts cannot be kept in {folder}: {error.strerror}") from error


def _load_all(settings: Settings) -> list[Draft]:
    found = (_load(settings, path.stem) for path in sorted(_folder(settings).glob("*.json")))
    return [draft for draft in found if draft]


def _load(settings: Settings, draft_id: str) -> Draft | None:
    try:
        stored = json.loads((_folder(settings) / f"{draft_id}.json").read_bytes())
        effect = stored.pop("effect")
        if effect:
            effect = Effect(**effect | {name: tuple(effect[name]) for name in ("gained", "lost")})
        return Draft(**stored | {"wordings": tuple(stored["wordings"]), "effect": effect})
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not ours
        return None


def _save(settings: Settings, draft: Draft) -> Draft:
    text = patch(settings, draft)  # first: it says when it cannot be made
    _write(_folder(settings) / f"{draft.id}.patch", text)
    _write(_folder(settings) / f"{draft.id}.json", json.dumps(asdict(draft), ensure_ascii=False, indent=1))
    return draft


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _delete(settings: Settings, draft_id: str) -> None:
    for suffix in (".json", ".patch"):
        (_folder(settings) / f"{draft_id}{suffix}").unlink(missing_ok=True)


def _rename(settings: Settings, old: str, new: str) -> bool:
    if not _ID.fullmatch(old) or not _folder(settings).is_dir():
        return False
    with _locked(settings):
        source, target = _folder(settings) / old, _folder(settings) / new
        if not source.exists() or (target.exists() and not new.endswith(DISCARDED)):
            return False
        source.replace(target)
        if new.endswith(DISCARDED):
            (_folder(settings) / old).with_suffix(".patch").unlink(missing_ok=True)
        return True

"""The layout of a content folder: `load_content(folder)` reads all of it, and `check_content` says what is wrong with it.

A file that cannot be read never stops the others: it becomes a finding with its file and line. Only a folder that is
missing, or holds no entry at all, is an error of the whole.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from kb.content_scan import ASKED_FOLDER, GUIDES_FOLDER, scan
from kb.entry import Contact, Content, Entry, Finding, Guide, ReportField, ReportTemplate, Section, Site
from kb.errors import ContentError
from kb.frontmatter import (
    EntryKeys,
    GuideKeys,
    Keys,
    ReportKeys,
    SectionKeys,
    SiteKeys,
    check_keys,
    line_of_key,
    load_yaml,
    split,
)
from kb.guide import check_guides, has_outcomes, parse_steps
from kb.markdown import parse, plain_blocks

SITE_FILE = "site.yml"
SECTIONS_FILE = "sections.yml"
VOCABULARY_FILE = "vocabulary.yml"
REPORT_FILE = "problem-report.md"
MAX_FILE_BYTES = 2_000_000  # a Markdown file beyond this is no FAQ entry, and would slow every question

_RULES_OF_THE_WHOLE = frozenset(("duplicate-id", "unknown-id"))  # said of files beside others, not of one alone
_H1 = re.compile(r"^\s*(?:#\s+(?P<atx>.+?)\s*#*|(?P<setext>\S.*)\n=+)\s*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Known:
    """The state of a content folder that was read before."""

    content: Content
    unchanged: frozenset[str]  # names of files that hold today what they held then


NOTHING_KNOWN = Known(Content(Site(), (), ()), frozenset())


def content_files(folder: Path) -> list[Path]:
    """The files of `folder` that are content, sorted by path. Hidden files and folders are left out.

    Raises ContentError when there is no such folder.
    """
    return [folder / name for name in scan(folder)]


def load_content(folder: Path, known: Known = NOTHING_KNOWN, names: Iterable[str] | None = None) -> Content:
    """Everything in `folder` that can be served, in reading order, with what was found wrong on the way.

    known: an earlier state. Files unchanged since are not read again, and what they gave are the same objects; of a file
    that can no longer be read, the state of then is kept, and a finding says so. names: of the files, as `scan` gives them.
    Raises ContentError when the folder is missing or holds no entry that can be read.
    """
    reader = _Reader(folder, known)
    for name in scan(folder) if names is None else names:
        reader.read(name)
    content = reader.content()
    if not content.entries:
        first = next((str(finding) for finding in content.findings if finding.severity == "error"), "")
        raise ContentError(
            f"no entry can be read from {folder}; " + (first or "add a Markdown file with a `question:` or a # heading")
        )
    return content


class _Reader:
    """Collects what the files of one folder hold."""

    def __init__(self, folder: Path, known: Known) -> None:
        self.folder = folder
        self.known = known
        before = known.content
        known_items: list[Entry | Guide] = [*before.entries, *before.guides]
        self.known_items = {item.path: item for item in known_items}
        self.known_asked = {entry.id: entry.asked for entry in before.entries if entry.asked}
        self.known_findings: dict[str, list[Finding]] = {}
        for finding in before.findings:
            if finding.rule not in _RULES_OF_THE_WHOLE:
                self.known_findings.setdefault(finding.file, []).append(finding)
        self.kept: list[str] = []
        self.entries: dict[str, Entry] = {}
        self.guides: dict[str, Guide] = {}
        self.findings: list[Finding] = []
        self.site = Site()
        self.sections: list[Section] = []
        self.report: ReportTemplate | None = None
        self.vocabulary: tuple[tuple[str, ...], ...] = ()
        self.asked: dict[str, tuple[str, tuple[str, ...]]] = {}  # by entry id: the file, and its questions

    def read(self, raw_name: str) -> None:
        """Take in one file."""
        name = raw_name if raw_name.isascii() else os.fsencode(raw_name).decode("utf-8", "replace")
        if name != raw_name:
            self._add("warning", name, 1, "bad-file-name", "the name of this file is not UTF-8 text; rename it")
        elif raw_name in self.known.unchanged and name not in self.known.content.kept and self._take_known(name):
            self.findings += self.known_findings.get(name, ())
            return
        try:
            self._read(self.folder / raw_name, name)
        except ContentError as error:
            message = error.message
            if self._take_known(name):
                self.kept.append(name)
                message += "; until it is mended, what it held before is used"
            self._add("error", name, error.line or 1, _rule(error.message), message)

    def _take_known(self, name: str) -> bool:
        """Take what a file gave when it was read before. False when that is not known."""
        before = self.known.content
        item = self.known_items.get(name)
        if name in (SITE_FILE, SECTIONS_FILE, VOCABULARY_FILE, REPORT_FILE):
            return self._take_known_settings(name, before)
        if name.startswith(f"{ASKED_FOLDER}/") and name.lower().endswith(".txt"):
            stem = Path(name).stem
            if stem in self.known_asked:
                self.asked[stem] = (name, self.known_asked[stem])
            return stem in self.known_asked
        if isinstance(item, Guide):
            self._keep(self.guides, item)
        elif item is not None:
            self._keep(self.entries, item)
        return item is not None

    def _take_known_settings(self, name: str, before: Content) -> bool:
        if before is NOTHING_KNOWN.content:
            return False
        if name == SITE_FILE:
            self.site = before.site
        elif name == SECTIONS_FILE:
            if name in self.known.unchanged and name not in before.kept:
                return False  # sections that no file lists stand among the known ones
            self.sections = list(before.sections)
        elif name == VOCABULARY_FILE:
            self.vocabulary = before.vocabulary
        else:
            self.report = before.report
        return True

    def _read(self, path: Path, name: str) -> None:
        text = _read_text(path)
        if name == SITE_FILE:
            self.site = Site(**_known(Site, self._keys(SiteKeys, text, name)))
        elif name == SECTIONS_FILE:
            self.sections = self._read_sections(text, name)
        elif name == VOCABULARY_FILE:
            self.vocabulary = tuple(self._read_vocabulary(text, name))
        elif name == REPORT_FILE:
            self.report = self._read_report(text, name)
        elif path.suffix.lower() == ".txt":
            self.asked[path.stem] = (name, _lines(text))
        elif path.suffix.lower() in (".yml", ".yaml"):
            message = f"this file has no meaning here; {SITE_FILE}, {SECTIONS_FILE} and {VOCABULARY_FILE} do"
            self._add("warning", name, 1, "unknown-file", message)
        elif name.startswith(f"{GUIDES_FOLDER}/") and has_outcomes(text):
            self._keep(self.guides, self._read_guide(text, name))
        else:
            self._keep(self.entries, self._read_entry(text, name))
            if name.startswith(f"{GUIDES_FOLDER}/"):
                message = "no step says where to go (`- Good: … -> next`), so this is shown as an entry"
                self._add("warning", name, 1, "not-a-guide", message)

    def content(self) -> Content:
        titles = {section.id: section for section in self.sections}
        listed = list(titles)
        used = {entry.section for entry in self.entries.values()}
        sections = [titles[section_id] for section_id in listed]
        sections += [Section(section_id, _title_of_folder(section_id)) for section_id in sorted(used - set(listed))]
        for entry in list(self.entries.values()):
            questions = self.asked[entry.id][1] if entry.id in self.asked else ()
            if entry.asked != questions:
                self.entries[entry.id] = replace(entry, asked=questions)
        for entry_id, (name, _) in self.asked.items():
            if entry_id not in self.entries:
                message = f"there is no entry {entry_id!r}; name the file after the entry that answers these questions"
                self._add("error", name, 1, "unknown-id", message)
        place = {section.id: number for number, section in enumerate(sections)}
        entries = sorted(self.entries.values(), key=lambda entry: (place[entry.section], entry.order, entry.path))
        guides = sorted(self.guides.values(), key=lambda guide: (guide.order, guide.path))
        return Content(
            self.site,
            tuple(sections),
            tuple(entries),
            tuple(guides),
            self.report,
            self.vocabulary,
            tuple(self.findings),
            tuple(self.kept),
        )

    def _add(self, severity: Any, name: str, line: int, rule: str, message: str) -> None:
        self.findings.append(Finding(severity, name, line, rule, message))

    def _keys(self, model: type[Keys], text: str, name: str, first_line: int = 1) -> Keys:
        keys, bad = check_keys(model, load_yaml(text, first_line) or {}, text, first_line)
        for item in bad:
            self._add("error", name, item.line, "bad-key", f"{item.message}; the default is used until it is mended")
        return keys

    def _keep(self, shelf: dict[str, Any], item: Entry | Guide) -> None:
        twin = self.entries.get(item.id) or self.guides.get(item.id)
        if twin:
            message = f"the id {item.id!r} is already taken by {twin.path}; rename this file"
            self._add("error", item.path, 1, "duplicate-id", message)
        else:
            shelf[item.id] = item

    def _read_entry(self, text: str, name: str) -> Entry:
        front, body, body_line = split(text)
        keys = self._keys(EntryKeys, front, name, 2)
        question = keys.question or str((keys.model_extra or {}).get("title") or "").strip()
        heading = _H1.match(body)
        title = _plain((heading["atx"] or heading["setext"]).strip()) if heading else ""
        if heading and (not question or title == question):
            question = title
            body_line += body.count("\n", 0, heading.end())
            body = body[heading.end() :]
        if not question:
            question, body = _take_heading(body)
        if not question:
            raise ContentError(
                "there is no question; add `question:` to the front matter or a `# heading` on top", line=1
            )
        if not body.strip() and not keys.short:
            raise ContentError("there is no answer below the question", line=body_line)
        values = _known(Entry, keys) | {"question": question}
        return Entry(
            id=_id_of(name), section=_section_of(name), body=body, path=name, body_line=body_line,
            extra=dict(keys.model_extra or {}), **values,
        )  # fmt: skip

    def _read_guide(self, text: str, name: str) -> Guide:
        front, body, body_line = split(text)
        keys = self._keys(GuideKeys, front, name, 2)
        if not keys.question:
            raise ContentError("there is no question; add `question:` with the symptom to the front matter", line=1)
        intro, steps = parse_steps(body, body_line)
        return Guide(id=_id_of(name), steps=steps, intro=intro, path=name, **_known(Guide, keys))

    def _read_report(self, text: str, name: str) -> ReportTemplate:
        front, body, _ = split(text)
        keys = self._keys(ReportKeys, front, name, 2)
        if not keys.fields:
            raise ContentError("the problem report asks for nothing; list its `fields` in the front matter", line=1)
        return ReportTemplate(
            title=keys.title, intro=keys.intro, body=body, never_include=keys.never_include,
            reviewed=keys.reviewed, sources=keys.sources,
            fields=tuple(ReportField(**_known(ReportField, item)) for item in keys.fields),
            contacts=tuple(Contact(**_known(Contact, item)) for item in keys.contacts),
        )  # fmt: skip

    def _read_sections(self, text: str, name: str) -> list[Section]:
        items = load_yaml(text) or []
        if not isinstance(items, list):
            raise ContentError("this should be a list of sections: `- id: …`, `title: …`, `summary: …`", line=1)
        sections = []
        for item in items:
            keys, _ = check_keys(SectionKeys, item, text)
            sections.append(Section(keys.id, keys.title or _title_of_folder(keys.id), keys.summary))
        return sections

    def _read_vocabulary(self, text: str, name: str) -> Iterator[tuple[str, ...]]:
        items = load_yaml(text) or {}
        if not isinstance(items, dict):
            raise ContentError("this should hold one concept a line: `term: [synonym, synonym]`", line=1)
        for term, synonyms in items.items():
            words = synonyms if isinstance(synonyms, list) else [synonyms]
            if not all(isinstance(word, (str, int, float)) for word in words):
                line = line_of_key(text, str(term))
                self._add("error", name, line, "bad-key", f"{term!r}: synonyms are a list of words, [like, this]")
                continue
            yield (str(term), *(str(word) for word in words))


def _rule(message: str) -> str:
    for words, rule in (
        ("bad YAML", "bad-yaml"),
        ("no question", "no-question"),
        ("UTF-8", "not-utf-8"),
        ("empty", "empty-file"),
    ):
        if words in message:
            return rule
    return "unreadable"


def _known(kind: type, keys: Any) -> dict[str, Any]:
    """The values of a model that `kind`, a data class, has fields for."""
    return {name: getattr(keys, name) for name in type(keys).model_fields if name in kind.__dataclass_fields__}  # type: ignore[attr-defined]


def _read_text(path: Path) -> str:
    """A file's text with Unix line ends. Raises ContentError with a line for one that is not UTF-8 text, or is empty."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ContentError(f"this file cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise ContentError(f"this file has {len(data):,} bytes; {MAX_FILE_BYTES:,} is the most an entry may have")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ContentError("this file is not UTF-8 text; save it as UTF-8", line=line) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ContentError("this file is empty", line=1)
    if "\0" in text:
        raise ContentError(
            "this file is not UTF-8 text: it holds a NUL byte", line=text.count("\n", 0, text.index("\0")) + 1
        )
    return text


def _plain(heading: str) -> str:
    """The text of a heading of level 1, without markup."""
    if not re.search(r"[\\`*_~\[<&{]", heading):
        return heading
    blocks = plain_blocks(f"# {heading}")
    return blocks[0].text if blocks else ""


def _take_heading(body: str) -> tuple[str, str]:
    """The text of the first heading of level 1, and `body` with blank lines in its place; "" when there is none.

    For files that begin with a comment, a picture or an anchor.
    """
    if not re.search(r"^ {0,3}(?:# |=+\s*$)", body, re.MULTILINE):
        return "", body
    tokens = parse(body)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h1" and opening.level == 0 and opening.map:
            lines = body.split("\n")
            first, end = opening.map
            heading = inline.content
            lines[first:end] = [""] * (end - first)
            return _plain(heading), "\n".join(lines)
    return "", body


def _lines(text: str) -> tuple[str, ...]:
    """The lines of `text` that say something; # begins a remark."""
    lines = (line.strip() for line in text.split("\n"))
    return tuple(line for line in lines if line and not line.startswith("# "))


def _id_of(name: str) -> str:
    stem = unicodedata.normalize("NFC", Path(name).stem)
    return re.sub(r"[^\w.~-]+", "-", stem).strip("-.") or "entry"


def _section_of(name: str) -> str:
    folder = unicodedata.normalize("NFC", Path(name).parent.as_posix())
    return "general" if folder == "." else re.sub(r"[^\w.~-]+", "-", folder.replace("/", "."))


def _title_of_folder(section_id: str) -> str:
    words = [part.replace("-", " ").replace("_", " ").strip() for part in section_id.split(".")]
    return " / ".join(word[:1].upper() + word[1:] for word in words if word)


def check_content(content: Content, today: date) -> list[Finding]:
    """Everything worth saying about `content`, errors first, then by file and line."""
    findings = list(content.findings)
    findings += _check_links(content)
    findings += check_guides(content.guides, {entry.id for entry in content.entries})
    findings += _check_dates(content, today)
    return sorted(findings, key=lambda finding: (finding.severity != "error", finding.file, finding.line))


def _check_links(content: Content) -> Iterator[Finding]:
    entry_ids = {entry.id for entry in content.entries}
    guide_ids = {guide.id for guide in content.guides}
    for entry in content.entries:
        for key, known in (("related", entry_ids), ("guides", guide_ids)):
            for target in getattr(entry, key):
                if target not in known:
                    yield Finding(
                        "error", entry.path, 1, "unknown-id", f"`{key}` names {target!r}, which does not exist"
                    )
        yield from _check_body(entry.path, entry.body, entry.body_line, entry_ids, guide_ids)
    for guide in content.guides:
        for target in guide.entries:
            if target not in entry_ids:
                yield Finding("error", guide.path, 1, "unknown-id", f"`entries` names {target!r}, which does not exist")
        for step in guide.steps:
            yield from _check_body(guide.path, step.body, step.line + 1, entry_ids, guide_ids)


def _check_body(path: str, body: str, first_line: int, entry_ids: set[str], guide_ids: set[str]) -> Iterator[Finding]:
    """Links by id that lead nowhere."""
    for token in parse(body):
        for child in token.children or ():
            kind, _, target = str(child.attrGet("href") or "").partition(":")
            known = {"entry": entry_ids, "guide": guide_ids}.get(kind)
            if known is not None and target.partition("#")[0] not in known:
                line = first_line + (token.map[0] if token.map else 0)
                yield Finding("error", path, line, "broken-link", f"the link {kind}:{target} leads nowhere")


def _check_dates(content: Content, today: date) -> Iterator[Finding]:
    items: Iterable[Entry | Guide] = (*content.entries, *content.guides)
    for item in items:
        if item.review_by and item.review_by < today.isoformat():
            yield Finding("warning", item.path, 1, "review-due", f"this was to be reviewed by {item.review_by}")

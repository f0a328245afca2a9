"""Reading a content folder: our own form, a stranger's plain Markdown, and every way a file can be broken."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from content_files import write_files

from kb.content import MAX_FILE_BYTES, Known, check_content, content_files, load_content
from kb.entry import Content, Entry, Finding, Section
from kb.errors import ContentError

TODAY = date(2026, 11, 24)
GOOD = {"good.md": "# Is this one fine?\n\nYes.\n"}

ENDING = "- Good: x -> solved\n- Bad: y -> report\n"  # of a guide's step

ENTRY = """---
question: Why do I get "connection refused"?
short: Nothing listens.
aliases: [closed port, nothing answers]
errors: ['connect: Connection refused']
keywords: netstat
kind: problem
status: changed
applies_to: Apache 1.3
reviewed: 2026-11-24
review_by: 2027-11-24
related: [hanging]
guides: [guide-refused]
sources: ['The manual']
order: 2
tags: [ports]
owner: me
---

## Today

Look.
"""


def load(folder: Path, files: Mapping[str, str | bytes]) -> Content:
    return load_content(write_files(folder / "content", files))


def entry_of(folder: Path, text: str | bytes, name: str = "entry.md") -> Entry:
    """The one entry of a folder with one file, which is sound."""
    content = load(folder, {name: text})
    assert content.findings == ()
    (entry,) = content.entries
    return entry


def findings_of(folder: Path, files: Mapping[str, str | bytes]) -> list[Finding]:
    """What `check` says about `files`, beside which one good entry is served."""
    content = load(folder, {**GOOD, **files})
    assert "good" in [entry.id for entry in content.entries]
    return check_content(content, TODAY)


# -- our own form ---------------------------------------------------------------------------------------------------


def test_every_key_of_an_entry(tmp_path: Path) -> None:
    assert entry_of(tmp_path, ENTRY, "configuration/refused.md") == Entry(
        id="refused", section="configuration", question='Why do I get "connection refused"?', short="Nothing listens.",
        body="\n## Today\n\nLook.\n", aliases=("closed port", "nothing answers"),
        errors=("connect: Connection refused",), keywords=("netstat",), kind="problem", status="changed",
        applies_to="Apache 1.3", reviewed="2026-11-24", review_by="2027-11-24", related=("hanging",),
        guides=("guide-refused",), sources=("The manual",), order=2.0,
        tags=("ports",), extra={"owner": "me"}, path="configuration/refused.md", body_line=19,
    )  # fmt: skip


def test_sections_come_in_the_order_of_their_file_then_by_name(tmp_path: Path) -> None:
    content = load(
        tmp_path,
        {
            "sections.yml": "- {id: zoo, title: The zoo, summary: Animals.}\n- id: empty\n- {id: abc, title: ABC}\n",
            "abc/a.md": "# A?\n\na", "zoo/z.md": "# Z?\n\nz", "new-things/n.md": "# N?\n\nn", "other/o.md": "# O?\n\no",
        },
    )  # fmt: skip
    assert content.sections == (
        Section("zoo", "The zoo", "Animals."),
        Section("empty", "Empty"),
        Section("abc", "ABC"),
        Section("new-things", "New things"),
        Section("other", "Other"),
    )
    assert [entry.id for entry in content.entries] == ["z", "a", "n", "o"]


def test_entries_come_by_their_order_key_then_by_file_name(tmp_path: Path) -> None:
    files = {f"s/{name}.md": f"---\nquestion: Q?\n{order}\n---\nx" for name, order in
             [("d", ""), ("c", ""), ("z", "order: 1"), ("y", "order: 1.5"), ("x", "order: -3")]}  # fmt: skip
    assert [entry.id for entry in load(tmp_path, files).entries] == ["x", "z", "y", "c", "d"]


def test_site_and_vocabulary(tmp_path: Path) -> None:
    content = load(
        tmp_path,
        GOOD
        | {
            "site.yml": "title: Our help\nexamples: [Why?]\nhistoric_headings: [Then, Früher]\nunknown: kept out\n",
            "vocabulary.yml": "certificate: [cert, X.509]\nport: socket\n'443': [https port]\n",
        },
    )
    assert (content.site.title, content.site.examples, content.site.language) == ("Our help", ("Why?",), "en")
    assert content.site.historic_headings == ("Then", "Früher")
    assert content.vocabulary == (("certificate", "cert", "X.509"), ("port", "socket"), ("443", "https port"))
    assert content.findings == ()


def test_without_settings_files_there_are_defaults(tmp_path: Path) -> None:
    content = load(tmp_path, GOOD)
    assert (content.site.title, content.vocabulary, content.report, content.guides) == ("Help", (), None, ())


def test_guides_and_the_report(tmp_path: Path) -> None:
    guide = f"---\nquestion: Step by step\nentries: [good]\norder: {{}}\n---\n\nIntro.\n\n## One\n\n{ENDING}"
    content = load(
        tmp_path,
        GOOD
        | {
            "guides/guide-b.md": guide.format(1),
            "guides/guide-a.md": guide.format(2),
            "problem-report.md": (
                "---\ntitle: Report\nfields:\n"
                "  - {id: versions, label: Versions, required: always, commands: [httpd -V]}\n"
                "contacts:\n  - {when: First, today: the list}\nnever_include: [keys]\n---\n\nBe exact.\n"
            ),
        },
    )
    assert [(item.id, item.intro, len(item.steps)) for item in content.guides] == [
        ("guide-b", "Intro.", 1),
        ("guide-a", "Intro.", 1),
    ]
    assert content.report is not None
    assert [(item.id, item.required, item.commands) for item in content.report.fields] == [
        ("versions", "always", ("httpd -V",))
    ]
    assert (content.report.contacts[0].today, content.report.never_include) == ("the list", ("keys",))
    assert content.report.body.strip() == "Be exact."
    assert check_content(content, TODAY) == []


# -- a stranger's folder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "question", "body"),
    [
        ("---\nquestion: Only a question?\n---\nBody.\n", "Only a question?", "Body."),
        ("# A heading?\n\nBody.\n", "A heading?", "Body."),
        ("\n\n# After blank lines?\nBody.\n", "After blank lines?", "Body."),
        ("# Closed heading? ##\n\nBody.\n", "Closed heading?", "Body."),
        ("Underlined?\n===========\n\nBody.\n", "Underlined?", "Body."),
        ("---\ntags: [a]\n---\n\n# Under front matter?\n\nBody.\n", "Under front matter?", "Body."),
        ("---\n---\n# Under empty front matter?\n\nBody.\n", "Under empty front matter?", "Body."),
        ("---\nquestion: Said twice?\n---\n# Said twice?\n\nBody.\n", "Said twice?", "Body."),
        ("---\nquestion: The key wins\n---\n# Heading\n\nBody.\n", "The key wins", "# Heading\n\nBody."),
        ("---\ntitle: A title?\n---\nBody.\n", "A title?", "Body."),
        ("# Why `x` & *y* [z](z.md)? {#why}\n\nBody.\n", "Why x & y z?", "Body."),
        ("# What is SSL_CLIENT_CERT <here>?\n\nBody.\n", "What is SSL_CLIENT_CERT <here>?", "Body."),
        ("# 🔒 Was heißt „Schloß“? 鍵は?\n\nBody.\n", "🔒 Was heißt „Schloß“? 鍵は?", "Body."),
        ("<!-- by me -->\n\n# Below a comment?\n\nBody.\n", "Below a comment?", "<!-- by me -->\n\n\n\nBody."),
        (
            "[![badge](b.svg)](x)\n\n# Below `a` badge?\n\nBody.\n",
            "Below a badge?",
            "[![badge](b.svg)](x)\n\n\n\nBody.",
        ),
        (
            "```sh\n# no heading\n```\n\n# The heading?\n\nBody.\n",
            "The heading?",
            "```sh\n# no heading\n```\n\n\n\nBody.",
        ),
        ("# Only text below?\n\n---\n\nrule and text\n", "Only text below?", "---\n\nrule and text"),
        ("---\nquestion: No body?\nshort: The short answer.\n---\n", "No body?", ""),
    ],
)
def test_a_question_with_an_answer_is_an_entry(tmp_path: Path, text: str, question: str, body: str) -> None:
    entry = entry_of(tmp_path, text)
    assert (entry.question, entry.body.strip()) == (question, body)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\nquestion: Q?\nshort: s\n---\n\nmark\n", 6),
        ("# Q?\n\n\nmark\n", 4),
        ("---\nid: 3\n---\n\n# Q?\n\nmark\n", 7),
        ("<!-- c -->\n# Q?\n\nmark\n", 4),
        ("Q?\n==\nmark\n", 3),
    ],
)
def test_the_lines_of_the_body_are_known(tmp_path: Path, text: str, line: int) -> None:
    entry = entry_of(tmp_path, text)
    assert entry.body_line + entry.body.split("\n").index("mark") == line


@pytest.mark.parametrize(
    ("name", "entry_id", "section", "title"),
    [
        ("faq.md", "faq", "general", "General"),
        ("FAQ.MD", "FAQ", "general", "General"),
        ("long.markdown", "long", "general", "General"),
        ("a/b/c/deep.md", "deep", "a.b.c", "A / B / C"),
        ("Getting Started/My File (new).md", "My-File-new", "Getting-Started", "Getting Started"),
        ("über_uns/größe.md", "größe", "über_uns", "Über uns"),
        ("日本/質問.md", "質問", "日本", "日本"),
        ("u\u0308ber/gro\u0308ße.md", "größe", "über", "Über"),
        ("docs/v2.4.71.md", "v2.4.71", "docs", "Docs"),
        ("docs/🎉.md", "entry", "docs", "Docs"),
        ("my/guides/x.md", "x", "my.guides", "My / Guides"),
    ],
)
def test_ids_and_sections_come_from_any_path(
    tmp_path: Path, name: str, entry_id: str, section: str, title: str
) -> None:
    content = load(tmp_path, {name: "# Q?\n\nA."})
    assert [(entry.id, entry.section, entry.path) for entry in content.entries] == [(entry_id, section, name)]
    assert content.sections == (Section(section, title),)


def test_keys_of_other_systems_are_kept(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, "---\nid: 17\nquestion: Q?\nsort_order: 3\nimages: [a.png, {src: b.png}]\n---\nA.")
    assert entry.id == "entry"
    assert entry.extra == {"id": 17, "sort_order": 3, "images": ["a.png", {"src": "b.png"}]}


def test_the_body_of_a_stranger_is_left_as_it_is(tmp_path: Path) -> None:
    body = (
        "Text with <b>HTML</b><br> and ![gone](img/missing.png) 🎉.\n\n```python\n# not a heading\n---\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<details>\n<summary>More</summary>\n</details>\n\n\tindented\n"
    )
    entry = entry_of(tmp_path, f"# Q?\n\n{body}")
    assert entry.body == body
    assert check_content(load(tmp_path, {}), TODAY) == []


@pytest.mark.parametrize(
    "text",
    [
        b"---\nquestion: Q\xc3\xbc?\nshort: s\n---\n\nline one\nline two\n",
        b"---\r\nquestion: Q\xc3\xbc?\r\nshort: s\r\n---\r\n\r\nline one\r\nline two\r\n",
        b"\xef\xbb\xbf---\nquestion: Q\xc3\xbc?\nshort: s\n---\n\nline one\nline two\n",
        b"\xef\xbb\xbf---\r\nquestion: Q\xc3\xbc?\r\nshort: s\r\n---\r\n\r\nline one\r\nline two\r\n",
        b"---\rquestion: Q\xc3\xbc?\rshort: s\r---\r\rline one\rline two\r",
    ],
    ids=["unix", "windows", "bom", "bom-windows", "old-mac"],
)
def test_line_ends_and_byte_order_marks_make_no_difference(tmp_path: Path, text: bytes) -> None:
    entry = entry_of(tmp_path, text)
    assert (entry.question, entry.short, entry.body, entry.body_line) == ("Qü?", "s", "\nline one\nline two\n", 5)


def test_only_content_files_are_read(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path / "content",
        {
            "b.md": "# B?\n\nb", "a/c.md": "# C?\n\nc", "site.yml": "title: x",
            ".hidden.md": "# no", ".git/x.md": "# no", "a/.b/x.md": "# no",
            "notes.txt": "no", "a/picture.png": b"\x89PNG", "a/data.yml": "x: y", "README": "no",
        },
    )  # fmt: skip
    (folder / "folder.md").mkdir()
    (folder / "broken.md").symlink_to(folder / "nowhere.md")
    assert [path.relative_to(folder).as_posix() for path in content_files(folder)] == ["a/c.md", "b.md", "site.yml"]
    assert load_content(folder).findings == ()


# -- broken files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "rule", "message"),
    [
        ("---\nkind: info\nquestion: Why: not?\n---\nA.", 3, "bad-yaml", "quote values that hold ': '"),
        ("---\nquestion: [Q\n---\nA.", 3, "bad-yaml", "bad YAML"),
        ("---\nquestion: Q?\nA.", 1, "unreadable", "never closes"),
        ("---\n- a list\n---\n# Q?\n\nA.", 2, "unreadable", "`key: value`"),
        ("---\nquestion: Q?\nerrors: &e [x]\naliases: *e\n---\nA.", 4, "unreadable", "references"),
        ("---\nquestion: !!python/object/apply:os.getcwd []\n---\nA.", 2, "bad-yaml", "bad YAML"),
        ("Just a text.\n", 1, "no-question", "add `question:`"),
        ("## Only a smaller heading\n\nA.", 1, "no-question", "add `question:`"),
        ("#Not a heading\n\nA.", 1, "no-question", "add `question:`"),
        ("---\nshort: s\n---\n\nA.", 1, "no-question", "add `question:`"),
        ("# A question alone?\n", 2, "unreadable", "no answer"),
        ("---\nquestion: A question alone?\n---\n\n", 4, "unreadable", "no answer"),
        ("", 1, "empty-file", "empty"),
        (" \n\n\t\n", 1, "empty-file", "empty"),
        (b"\xef\xbb\xbf", 1, "empty-file", "empty"),
        (b"# Caf\xe9?\n\nA.", 1, "not-utf-8", "save it as UTF-8"),
        (b"# Q?\n\nOne line.\nCaf\xe9.\n", 4, "not-utf-8", "save it as UTF-8"),
        ("# Q?\n\nA.\n".encode("utf-16"), 1, "not-utf-8", "save it as UTF-8"),
        (b"# Q?\n\nA\x00B.\n", 3, "not-utf-8", "NUL"),
        (b"# Q?\n\n" + b"x" * MAX_FILE_BYTES, 1, "unreadable", "the most an entry may have"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_line_and_the_others_are_served(
    tmp_path: Path, text: str | bytes, line: int, rule: str, message: str
) -> None:
    (finding,) = findings_of(tmp_path, {"folder/bad.md": text})
    assert (finding.severity, finding.file, finding.line, finding.rule) == ("error", "folder/bad.md", line, rule)
    assert message in finding.message


@pytest.mark.parametrize(
    ("yaml", "line", "message"),
    [
        ("kind: trouble", 3, "`kind`"),
        ("reviewed: 2026-13-45", 3, "`reviewed`: is not a date"),
        ("short: s\norder: first", 4, "`order`"),
        ("errors:\n  - curl: (7) Failed", 3, "`errors`: holds something that is no text"),
    ],
)
def test_an_entry_with_a_bad_value_is_served_with_the_default(
    tmp_path: Path, yaml: str, line: int, message: str
) -> None:
    content = load(tmp_path, {"bad.md": f"---\nquestion: Q?\n{yaml}\n---\nA."})
    (entry,) = content.entries
    assert (entry.question, entry.kind, entry.reviewed, entry.order, entry.errors) == ("Q?", "info", "", 1e9, ())
    (finding,) = content.findings
    assert (finding.severity, finding.file, finding.line, finding.rule) == ("error", "bad.md", line, "bad-key")
    assert finding.message.startswith(message)


def test_an_id_is_given_once(tmp_path: Path) -> None:
    content = load(
        tmp_path, {"a/same.md": "# First?\n\nA.", "b/same.md": "# Second?\n\nB.", "b/other.md": "# Other?\n\nC."}
    )
    assert [entry.question for entry in content.entries] == ["First?", "Other?"]
    (finding,) = content.findings
    assert (finding.severity, finding.file, finding.line, finding.rule) == ("error", "b/same.md", 1, "duplicate-id")
    assert "'same' is already taken by a/same.md" in finding.message


def test_entries_and_guides_share_their_ids(tmp_path: Path) -> None:
    guide = f"---\nquestion: Q?\n---\n## One\n\n{ENDING}"
    (finding,) = findings_of(tmp_path, {"guides/good.md": guide})
    assert (finding.rule, finding.file) == ("duplicate-id", "guides/good.md")


def test_names_are_the_same_composed_and_decomposed(tmp_path: Path) -> None:
    content = load(tmp_path, {"a/größe.md": "# A?\n\nA.", "b/gro\u0308ße.md": "# B?\n\nB."})
    assert [finding.rule for finding in content.findings] == ["duplicate-id"]


def test_a_file_name_that_is_not_utf_8_does_not_stop_anything(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "content", GOOD)
    try:
        path = os.path.join(os.fsencode(folder), b"caf\xe9.md")  # noqa: PTH118 - pathlib cannot join bytes
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("# Coffee?\n\nYes.\n")
    except OSError:
        pytest.skip("this file system takes no such name")
    content = load_content(folder)
    assert [entry.question for entry in content.entries] == ["Coffee?", "Is this one fine?"]
    for text in (content.entries[0].id, content.entries[0].path, str(content.findings[0])):
        text.encode("utf-8")
    assert [(finding.severity, finding.rule) for finding in content.findings] == [("warning", "bad-file-name")]


@pytest.mark.parametrize(
    ("name", "text", "line", "rule"),
    [
        ("site.yml", "- a\n- b\n", 1, "unreadable"),
        ("site.yml", "tagline: x\ntitle: [a]\n", 2, "bad-key"),
        ("site.yml", "title: a: b\n", 1, "bad-yaml"),
        ("sections.yml", "configuration: Configuration\n", 1, "unreadable"),
        ("sections.yml", "- just-a-name\n", 1, "unreadable"),
        ("sections.yml", "- title: no id\n", 1, "unreadable"),
        ("vocabulary.yml", "- a\n- b\n", 1, "unreadable"),
        ("vocabulary.yml", "a: [b]\nc: [{d: e}]\n", 2, "bad-key"),
        ("vocabulary.yml", "a: [b]\nc:\n", 2, "bad-key"),
        ("vocabulary.yml", "a: [b\n", 2, "bad-yaml"),
        ("problem-report.md", "---\ntitle: x\n---\nbody", 1, "unreadable"),
        ("guides/guide-a.md", "# No key\n\n## Look\n\n- Good: yes. -> solved\n", 1, "no-question"),
        ("guides/guide-a.md", "---\nquestion: Q?\n---\n\nNo steps.\n\n- Good: yes. -> solved\n", 4, "unreadable"),
        ("guides/guide-a.md", "---\nquestion: Q?\n---\n\n## One\n\n- Good: x -> nowhere\n", 7, "unreadable"),
    ],
)
def test_a_broken_settings_file_or_guide_is_named_and_the_entries_are_served(
    tmp_path: Path, name: str, text: str, line: int, rule: str
) -> None:
    (finding,) = findings_of(tmp_path, {name: text})
    assert (finding.severity, finding.file, finding.line, finding.rule) == ("error", name, line, rule)


def test_one_bad_concept_leaves_the_others(tmp_path: Path) -> None:
    content = load(tmp_path, GOOD | {"vocabulary.yml": "a: [b]\nc: [{d: e}]\nf: [g]\n"})
    assert content.vocabulary == (("a", "b"), ("f", "g"))


def test_an_unknown_settings_file_is_a_warning(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, {"settings.yaml": "a: b\n"})
    assert (finding.severity, finding.file, finding.rule) == ("warning", "settings.yaml", "unknown-file")


# -- no content at all ----------------------------------------------------------------------------------------------


def test_a_missing_folder_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ContentError, match=r"there is no content folder at .*nope; create it, or name yours with --content DIR"
    ):
        load_content(tmp_path / "nope")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file.md"
    path.write_text("# Q?\n\nA.", encoding="utf-8")
    with pytest.raises(ContentError, match="there is no content folder"):
        load_content(path)


def test_an_empty_folder_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"no entry can be read from .*; add a Markdown file with a `question:`"):
        load(tmp_path, {})


def test_when_nothing_can_be_read_the_first_fault_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"a\.md:1: no-question: "):
        load(tmp_path, {"a.md": "no question", "b.md": ""})


# -- check ----------------------------------------------------------------------------------------------------------


def test_check_names_ids_that_are_not_there(tmp_path: Path) -> None:
    text = "---\nquestion: Q?\nrelated: [good, gone]\nguides: [guide-gone]\n---\nA."
    findings = findings_of(tmp_path, {"a.md": text})
    assert [(finding.severity, finding.file, finding.rule) for finding in findings] == [
        ("error", "a.md", "unknown-id")
    ] * 2
    assert "`related` names 'gone'" in findings[0].message and "`guides` names 'guide-gone'" in findings[1].message


def test_check_names_links_that_lead_nowhere_with_their_line(tmp_path: Path) -> None:
    text = (
        "---\nquestion: Q?\n---\n\n[fine](entry:good#today), [web](https://example.org/entry:x)\n\n"
        "- an item\n- [gone](entry:gone#x)\n\n"
        "| a |\n|---|\n| [gone](guide:gone) |\n\n```text\n[not a link](entry:gone)\n```\n"
    )
    findings = findings_of(tmp_path, {"a.md": text})
    assert [(finding.line, finding.rule) for finding in findings] == [(8, "broken-link"), (12, "broken-link")]
    assert "entry:gone#x leads nowhere" in findings[0].message


def test_check_names_links_in_the_steps_of_a_guide_with_their_line(tmp_path: Path) -> None:
    guide = f"---\nquestion: Q?\nentries: [gone]\n---\n\n## One\n\nfirst\n\n[here](entry:gone)\n\n{ENDING}"
    findings = findings_of(tmp_path, {"guides/guide-a.md": guide})
    assert [(finding.line, finding.rule) for finding in findings] == [(1, "unknown-id"), (10, "broken-link")]


def test_check_says_what_is_due_for_review(tmp_path: Path) -> None:
    files = {f"{name}.md": f"---\nquestion: Q?\nreview_by: {day}\n---\nA." for name, day in
             [("past", "2026-11-23"), ("today", "2026-11-24"), ("later", "2026-11-25")]}  # fmt: skip
    (finding,) = findings_of(tmp_path, files)
    assert (finding.severity, finding.file, finding.rule) == ("warning", "past.md", "review-due")


def test_check_puts_errors_first_then_goes_by_file_and_line(tmp_path: Path) -> None:
    findings = findings_of(
        tmp_path,
        {
            "a.md": "---\nquestion: Q?\nreview_by: 2020-01-01\n---\nA.",
            "z.md": "---\nquestion: Q?\nkind: x\nstatus: y\n---\n[x](entry:gone)",
            "c.md": "---\nquestion: Q?\nkind: x\n---\nA.",
        },
    )
    assert [(finding.severity, finding.file, finding.line) for finding in findings] == [
        ("error", "c.md", 3),
        ("error", "z.md", 3),
        ("error", "z.md", 4),
        ("error", "z.md", 6),
        ("warning", "a.md", 1),
    ]


def test_plain_markdown_in_the_guides_folder_is_an_entry(tmp_path: Path) -> None:
    text = "---\nquestion: How do I begin?\n---\n\n## Install it\n\nUnpack it.\n"
    content = load(tmp_path, {"guides/begin.md": text})
    assert [(entry.id, entry.section) for entry in content.entries] == [("begin", "guides")] and not content.guides
    assert [finding.rule for finding in content.findings] == ["not-a-guide"]


def test_asked_questions_belong_to_the_entry_the_file_is_named_after(tmp_path: Path) -> None:
    content = load(tmp_path, {"asked/entry.txt": "why\nhow\n", "asked/other.txt": "what\n", "entry.md": "# Q?\n\nA.\n"})
    assert content.entries[0].asked == ("why", "how")
    assert [(finding.file, finding.rule) for finding in content.findings] == [("asked/other.txt", "unknown-id")]


# A state that was read before


def test_what_did_not_change_is_the_same_object(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a/one.md": "# One?\nYes.\n", "a/two.md": "# Two?\nYes.\n", "asked/one.txt": "is it one\n"})
    before = load_content(folder)
    (folder / "a/two.md").write_text("# Two?\nNo.\n", encoding="utf-8")
    after = load_content(folder, Known(before, frozenset(("a/one.md", "asked/one.txt"))))
    assert after.entries[0] is before.entries[0]
    assert [entry.body.strip() for entry in after.entries] == ["Yes.", "No."]
    assert after == load_content(folder)


def test_asked_questions_change_their_entry_alone(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a/one.md": "# One?\nYes.\n", "a/two.md": "# Two?\nYes.\n", "asked/one.txt": "is it one\n"})
    before = load_content(folder)
    (folder / "asked/one.txt").unlink()
    after = load_content(folder, Known(before, frozenset(("a/one.md", "a/two.md"))))
    assert after.entries[0].asked == () and after.entries[1] is before.entries[1]
    assert after == load_content(folder)


def test_findings_of_unchanged_files_are_said_again(tmp_path: Path) -> None:
    files = {"a/one.md": "---\nquestion: One?\nkind: odd\n---\nYes.\n", "b/one.md": "# Another one?\nYes.\n", "asked/none.txt": "what\n"}
    folder = write_files(tmp_path, files)
    before = load_content(folder)
    assert sorted(finding.rule for finding in before.findings) == ["bad-key", "duplicate-id", "unknown-id"]
    assert load_content(folder, Known(before, frozenset(files))) == before
    (folder / "a/one.md").unlink()  # then the other has the id
    after = load_content(folder, Known(before, frozenset(("b/one.md", "asked/none.txt"))))
    assert after == load_content(folder) and after.entries[0].question == "Another one?"


def test_a_file_that_can_no_longer_be_read_keeps_its_entry(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a/one.md": "# One?\nYes.\n", "a/two.md": "# Two?\nYes.\n"})
    before = load_content(folder)
    (folder / "a/one.md").write_bytes(b"\xff")
    after = load_content(folder, Known(before, frozenset(("a/two.md",))))
    assert after.entries == before.entries and after.kept == ("a/one.md",)
    assert [str(finding) for finding in after.findings] == [
        "a/one.md:1: not-utf-8: this file is not UTF-8 text; save it as UTF-8; until it is mended, what it held before is used"
    ]
    # and on, as long as it is so; but only from what was good, and not when it is gone
    assert load_content(folder, Known(after, frozenset(("a/one.md", "a/two.md")))) == after
    (folder / "a/one.md").unlink()
    assert [entry.id for entry in load_content(folder, Known(after, frozenset(("a/two.md",)))).entries] == ["two"]


def test_sections_that_no_file_lists_go_with_their_last_entry(tmp_path: Path) -> None:
    files = {"sections.yml": "- {id: a, title: A}\n", "a/one.md": "# One?\nYes.\n", "b/two.md": "# Two?\nYes.\n"}
    folder = write_files(tmp_path, files)
    before = load_content(folder)
    (folder / "b/two.md").unlink()
    after = load_content(folder, Known(before, frozenset(("sections.yml", "a/one.md"))))
    assert [section.id for section in after.sections] == ["a"] and after == load_content(folder)

"""Front matter: where it ends, what YAML is taken, and which values a key may have."""

from __future__ import annotations

from typing import Any

import pytest

from kb.errors import ContentError
from kb.frontmatter import EntryKeys, ReportKeys, check_keys, line_of_key, load_yaml, split


def keys_of(front: str) -> tuple[EntryKeys, list[tuple[str, int]]]:
    """The keys of a front matter that starts on line 2, and what was left out, each with its line."""
    keys, bad = check_keys(EntryKeys, load_yaml(front, 2) or {}, front, 2)
    return keys, [(item.message, item.line) for item in bad]


@pytest.mark.parametrize(
    ("text", "front", "body", "line"),
    [
        ("---\na: b\n---\nbody\n", "a: b", "body\n", 4),
        ("---\na: b\n---\n\nbody\n", "a: b", "\nbody\n", 4),
        ("--- \na: b\n---  \nbody", "a: b", "body", 4),
        ("---\na: b\n...\nbody", "a: b", "body", 4),
        ("---\na: b\n---", "a: b", "", 3),
        ("---\n---\nbody", "", "body", 3),
        ("---\n\n---\nbody", "", "body", 4),
        ("---\na: x --- y\n---\nbody\n\n---\n", "a: x --- y", "body\n\n---\n", 4),
        ("---\na: |\n  ---\nb: c\n---\nbody", "a: |\n  ---\nb: c", "body", 6),
        ("# No front matter\n\n---\n\nrule", "", "# No front matter\n\n---\n\nrule", 1),
        ("----\ntext", "", "----\ntext", 1),
        ("", "", "", 1),
    ],
)
def test_split(text: str, front: str, body: str, line: int) -> None:
    found_front, found_body, found_line = split(text)
    assert (found_front.strip("\n"), found_body, found_line) == (front, body, line)


@pytest.mark.parametrize("text", ["---\na: b\n", "---", "---\n", "---\na: b\n --- \nbody", "---\na: b\n----\nbody"])
def test_front_matter_that_never_closes_is_said_so(text: str) -> None:
    with pytest.raises(ContentError, match="opens with --- and never closes") as error:
        split(text)
    assert error.value.line == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: b\nquestion: Why: not?\n", 3, "quote values that hold ': '"),
        ("a: [1, 2\nb: c\n", 3, "bad YAML"),
        ("a: 'x\n", 3, "bad YAML"),
        ("a: b\n\tc: d\n", 3, "bad YAML"),
        ("a: b\nc: @x\n", 3, "bad YAML"),
        ("a: b\nc: !!python/object/apply:os.getcwd []\n", 3, "bad YAML"),
        ("a: b\nc: !unknown x\n", 3, "bad YAML"),
        ("? [a]\n: b\n", 2, "bad YAML"),
        ("a: \x01\n", 2, "bad YAML"),
        ("a: " + "[" * 5_000 + "]" * 5_000, 2, "bad YAML"),
        ("a: &x [b]\nc: d\ne: *x\n", 4, r"references \(\*x\)"),
        ("a: &x {b: c}\nd:\n  <<: *x\n", 4, r"references \(\*x\)"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ContentError, match=message) as error:
        load_yaml(text, 2)
    assert error.value.line == line


def test_references_are_refused_before_they_grow() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ContentError, match="references") as error:
        load_yaml("\n".join(lines))
    assert error.value.line == 2


def test_the_line_of_a_key() -> None:
    text = "question: a\nshort: >\n  kind: of\nkind : info\n"
    assert line_of_key(text, "kind", 2) == 5
    assert line_of_key(text, "missing", 2) == 2


def test_every_key_has_a_default() -> None:
    keys, bad = keys_of("")
    assert bad == []
    assert (keys.kind, keys.status, keys.aliases, keys.reviewed, keys.order) == ("info", "current", (), "", 1e9)


@pytest.mark.parametrize(
    ("yaml", "aliases"),
    [
        ("aliases: one text", ("one text",)),
        ("aliases: [one, two]", ("one", "two")),
        ("aliases:\n  - one\n  -\n  - ''\n  - ' two '", ("one", "two")),
        ("aliases: [443, 2.4, 2026-11-24]", ("443", "2.4", "2026-11-24")),
        ("aliases: 443", ("443",)),
        ("aliases:", ()),
        ("aliases: []", ()),
        ("aliases: ['curl: (7) Failed']", ("curl: (7) Failed",)),
    ],
)
def test_lists_are_taken_as_people_write_them(yaml: str, aliases: tuple[str, ...]) -> None:
    keys, bad = keys_of(yaml)
    assert (keys.aliases, bad) == (aliases, [])


@pytest.mark.parametrize(
    ("yaml", "day"),
    [
        ("reviewed: 2026-11-24", "2026-11-24"),
        ("reviewed: '2026-11-24'", "2026-11-24"),
        ("reviewed: 2026-11-24 20:15:00", "2026-11-24"),
        ("reviewed:", ""),
        ("reviewed: ''", ""),
    ],
)
def test_dates_become_iso_text(yaml: str, day: str) -> None:
    keys, bad = keys_of(yaml)
    assert (keys.reviewed, bad) == (day, [])


@pytest.mark.parametrize(
    ("yaml", "name", "default", "message"),
    [
        ("kind: trouble", "kind", "info", "`kind`: input should be 'problem' or 'info'"),
        ("status: old", "status", "current", "`status`: input should be 'current', 'changed' or 'historic'"),
        ("reviewed: soon", "reviewed", "", "`reviewed`: is not a date; write it like 2026-11-24"),
        ("reviewed: 2026-13-45", "reviewed", "", "`reviewed`: is not a date; write it like 2026-11-24"),
        ("review_by: 24.11.2026", "review_by", "", "`review_by`: is not a date; write it like 2026-11-24"),
        ("order: first", "order", 1e9, "`order`: input should be a valid number"),
        ("order: .nan", "order", 1e9, "`order`: input should be a finite number"),
        ("short: [a, b]", "short", "", "`short`: input should be a valid string"),
        ("aliases: {a: b}", "aliases", (), "`aliases`: is not a list of texts"),
        ("errors: [a, {b: c}]", "errors", (), "`errors`: holds something that is no text"),
        ("errors:\n  - fine\n  - curl: (7)", "errors", (), "`errors`: holds something that is no text; quote a text"),
        ("tags: [[a]]", "tags", (), "`tags`: holds something that is no text"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_the_default_stands_in(yaml: str, name: str, default: Any, message: str) -> None:
    keys, bad = keys_of(f"question: Why?\n{yaml}\n")
    assert (keys.question, getattr(keys, name)) == ("Why?", default)
    ((found, line),) = bad
    assert found.startswith(message)
    assert line == 3


def test_several_bad_values_are_all_named() -> None:
    keys, bad = keys_of("kind: x\nquestion: Why?\nstatus: y\nreviewed: z\n")
    assert sorted(line for _, line in bad) == [2, 4, 5]
    assert keys.question == "Why?"


def test_unknown_keys_are_kept() -> None:
    keys, bad = keys_of("id: 7\nsort_order: 3\nimages: [{src: a.png}]\n12: x\n")
    assert bad == []
    assert keys.model_extra == {"id": 7, "sort_order": 3, "images": [{"src": "a.png"}], "12": "x"}


@pytest.mark.parametrize("yaml", ["- a\n- b\n", "just text\n", "42\n"])
def test_front_matter_must_be_keys_and_values(yaml: str) -> None:
    with pytest.raises(ContentError, match="a list of `key: value` lines"):
        keys_of(yaml)


def test_a_part_of_a_report_field_is_named_by_its_path() -> None:
    text = "title: Report\nfields:\n  - {id: one, label: One}\n  - {id: Two!, label: Two}\n"
    keys, bad = check_keys(ReportKeys, load_yaml(text), text)
    assert keys.fields == ()
    assert [(item.message.split(":")[0], item.line) for item in bad] == [("`fields.1.id`", 2)]

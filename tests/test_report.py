"""Problem reports: the form's fields, what has to be mended, files, and a report as text."""

from __future__ import annotations

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal_world import PNG
from test_secret_scan import KEYS

from kb.content import load_content
from kb.entry import ReportField, ReportTemplate
from kb.markdown import parse
from kb.pages import PLAIN_REPORT
from kb.report import (
    CRASH,
    FILES,
    LINE_LIMIT,
    LOG,
    LOG_LIMIT,
    QUESTION,
    TEXT_LIMIT,
    TRIED,
    Report,
    ReportProblem,
    asks_for_crash,
    check,
    check_file,
    check_files,
    file_name,
    form_fields,
    limit_of,
    make_reference,
    make_report,
    masked,
    prefill,
    report_markdown,
    report_text,
    rows,
    sent_report,
)
from kb.settings import Settings
from kb.store.reports import Attachment, StoredReport

TEMPLATE = ReportTemplate(
    title="Report",
    fields=(
        ReportField("title", "Title", required="always"),
        ReportField("happens", "What happens", required="always", multiline=True),
        ReportField("messages", "Error messages", required="always", multiline=True, commands=("tail error_log",)),
        ReportField("backtrace", "Backtrace", required="core-dump", multiline=True),
        ReportField("client", "Client"),
        ReportField("tried", "Tried so far", "Its own words.", multiline=True),
    ),
)
GOOD = {"title": "It hangs", "happens": "I start it.\nIt hangs.", "messages": "AH00051: signal"}
REFERENCE = re.compile(r"R-[2-9A-Z]{4}-[2-9A-Z]{4}")


def problems(**changed: str) -> list[tuple[str, str]]:
    return [(problem.field, problem.message) for problem in check({**GOOD, **changed}, TEMPLATE)]


# The form


def test_the_form_has_the_fields_of_the_template_and_its_own_around_them() -> None:
    fields = form_fields(TEMPLATE)
    assert [field.id for field in fields] == [
        "question",
        "title",
        "happens",
        "messages",
        "backtrace",
        "client",
        "tried",
        "log",
    ]
    assert (fields[6].label, fields[7].label) == ("Tried so far", "Log or error output")
    assert asks_for_crash(TEMPLATE) and not asks_for_crash(PLAIN_REPORT)


def test_every_template_has_each_field_once() -> None:
    content = load_content(Settings().content)
    assert content.report
    for template in (TEMPLATE, PLAIN_REPORT, content.report):
        names = [field.id for field in form_fields(template)]
        assert (
            len(names) == len(set(names)) and {QUESTION, TRIED, LOG} <= set(names) and not {CRASH, FILES} & set(names)
        )


def test_descriptions_and_logs_may_be_long() -> None:
    limits = {field.id: limit_of(field) for field in form_fields(TEMPLATE)}
    assert (limits["title"], limits["happens"], limits["log"]) == (LINE_LIMIT, TEXT_LIMIT, LOG_LIMIT)
    assert min(TEXT_LIMIT, LOG_LIMIT) >= 10_000


def test_what_is_known_is_filled_in() -> None:
    assert prefill(" Why? ", ["Asked: Why?", "Entry “x”: did not help"], "a log\n") == {
        QUESTION: "Why?", TRIED: "Asked: Why?\nEntry “x”: did not help", LOG: "a log",
    }  # fmt: skip
    assert prefill() == {}


# Checking


def test_a_report_with_all_that_is_needed_has_no_problem() -> None:
    assert problems() == []


def test_what_is_always_needed_is_asked_for_in_the_order_of_the_form() -> None:
    assert check({"happens": " \n "}, TEMPLATE) == (
        ReportProblem("title", "Fill in “Title”"),
        ReportProblem("happens", "Fill in “What happens”"),
        ReportProblem("messages", "Fill in “Error messages”"),
    )


def test_a_log_is_enough_where_messages_are_asked_for() -> None:
    assert problems(messages="", log="AH00051") == []
    assert problems(title="", log="AH00051") == [("title", "Fill in “Title”")]


@pytest.mark.parametrize(("crash", "needed"), [("yes", True), ("no", False), ("", False), ("perhaps", False)])
def test_a_backtrace_is_needed_only_after_a_core_dump(crash: str, needed: bool) -> None:
    expected = [("backtrace", "Fill in “Backtrace”. It is needed after a core dump.")] if needed else []
    assert problems(**{CRASH: crash}) == expected
    assert problems(**{CRASH: crash}, backtrace="#0 main") == []


def test_text_that_is_too_long_is_named_with_its_limit() -> None:
    assert problems(title="x" * LINE_LIMIT, log="x" * LOG_LIMIT) == []
    assert problems(title="x" * (LINE_LIMIT + 1)) == [
        ("title", "“Title” must be 500 characters or less. Attach longer output as a file.")
    ]
    assert problems(happens="x " * TEXT_LIMIT)[0][0] == "happens"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_private_key_is_refused_by_name_wherever_it_stands(key: str) -> None:
    values = masked({**GOOD, "log": f"see:\n{key}", "messages": key, "title": f"x {key.replace(chr(10), ' ')}"})
    assert [
        (problem.field, problem.message) for problem in check(values, TEMPLATE) if "private key" in problem.message
    ] == [
        ("title", "Title contains a private key. Remove the lines from BEGIN to END."),
        ("messages", "Error messages contain a private key. Remove the lines from BEGIN to END."),
        ("log", "Log or error output contains a private key. Remove the lines from BEGIN to END."),
    ]


def test_a_private_key_without_markers_is_refused_by_its_lines() -> None:
    lines = KEYS["RSA"].split("\n")[1:-1]
    assert problems(log="\n".join(["see", *lines])) == [
        ("log", f"Log or error output contains a private key. Remove lines 2 to {len(lines) + 1}.")
    ]


def test_every_other_secret_is_masked_and_then_no_problem() -> None:
    typed = {**GOOD, "log": "password=hunter2\nhttps://joe:hunter2@x/\n> Cookie: PHPSESSID=hunter2"}
    assert [message for _, message in problems(**typed)] == [
        "Log or error output contains a password. Remove it from line 1.",
        "Log or error output contains a password in a URL. Remove it from line 2.",
        "Log or error output contains a session cookie. Remove it from line 3.",
    ]
    assert masked(typed)["log"] == (
        "password=[password removed]\nhttps://joe:[password removed]@x/\n> Cookie: PHPSESSID=[session cookie removed]"
    )
    assert check(masked(typed), TEMPLATE) == ()


def test_messages_follow_the_rules_for_words() -> None:
    key = KEYS["EC"]
    said = [problem.message for problem in check(dict.fromkeys(("title", "log", "tried"), key * 99), TEMPLATE)]
    said += [message for data in (b"\0", b"x" * 2_000_000, key.encode()) for message in check_file("a.log", data)[1]]
    said += [problem.message for problem in check_files([("a.log", b"x")] * 9).problems]
    for message in said:
        assert not re.search(r"\b(please|sorry|oops|invalid|we)\b", message, re.IGNORECASE)


# Files


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xc3\xa9\r\nline\rend", "café\nline\nend"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide ü".encode("utf-16"), "wide ü"),
        (b"caf\xe9 \x80", "café €"),
        (b"\x81 odd", "\x81 odd"),
        (b"\x1b[31mred\x1b[0m\tcolumn\f", "\x1b[31mred\x1b[0m\tcolumn\f"),
        (b"", ""),
    ],
)  # fmt: skip
def test_text_in_any_common_encoding_is_taken(data: bytes, text: str) -> None:
    assert check_file("error.log", data) == (text, ())


@pytest.mark.parametrize(
    "data",
    [
        PNG,
        gzip.compress(b"text"),
        b"\x7fELF\x02\x01\x01\0core",
        b"%PDF-1.7\n1 0 obj",
        b"text\0",
        "wide".encode("utf-16-le"),
        b"\xff\xfe\x00",
    ],
    ids=["picture", "gzip", "core", "PDF", "NUL", "UTF-16 without its mark", "half a character"],
)
def test_a_file_that_is_not_text_is_refused(data: bytes) -> None:
    assert check_file("core.4711", data) == (
        "",
        ("core.4711 is not a text file. Attach text, such as a log or a backtrace.",),
    )


def test_a_file_may_have_a_mebibyte() -> None:
    assert check_file("a.log", b"x" * 1024 * 1024)[1] == ()
    assert check_file("a.log", b"x" * (1024 * 1024 + 1)) == (
        "", ("a.log is larger than 1 MiB. Keep the lines around the first error.",),
    )  # fmt: skip


def test_secrets_in_files_are_refused_or_masked_like_those_in_fields() -> None:
    assert check_file("site.conf", b"SetEnv DB_PASSWORD hunter2\n") == ("SetEnv DB_PASSWORD [password removed]\n", ())
    text, messages = check_file("server.key", KEYS["RSA"].encode())
    assert (text, messages) == ("", ("server.key contains a private key. Remove the lines from BEGIN to END.",))


def test_files_are_added_to_those_that_were_kept_up_to_five() -> None:
    kept = (Attachment("old.log", "old", 3),)
    checked = check_files([("C:\\logs\\new.log", b"caf\xc3\xa9"), ("core", b"\0")], kept)
    assert checked.attachments == (*kept, Attachment("new.log", "café", 5))
    assert checked.problems == (
        ReportProblem(FILES, "core is not a text file. Attach text, such as a log or a backtrace."),
    )
    many = check_files([(f"{number}.log", b"x") for number in range(6)], kept)
    assert [item.name for item in many.attachments] == ["old.log", "0.log", "1.log", "2.log", "3.log"]
    assert many.problems == (ReportProblem(FILES, "Attach 5 files or fewer. Leave out 2."),)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("error.log", "error.log"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a b.txt", "a b.txt"),
        ("a\r\nX-Evil: 1", "aX-Evil: 1"),
        ("", "file.txt"),
        ("/", "file.txt"),
        ("x" * 300 + ".log", "x" * 96 + ".log"),
    ],
)
def test_a_file_name_is_only_a_name(sent: str, name: str) -> None:
    assert file_name(sent) == name


# The report


def test_a_report_is_made_from_the_form_without_what_is_empty_and_without_secrets() -> None:
    values = {
        **GOOD, "question": " Why? ", "tried": "Asked: Why?\n\n  Restarted \n", "log": "token=0123abcd", "client": "  ",
        CRASH: "no", "unknown": "x", "backtrace": "",
    }  # fmt: skip
    report = make_report(values, TEMPLATE, (Attachment("a.log", "x", 1),))
    assert report == Report(
        {"title": "It hangs", "happens": "I start it.\nIt hangs.", "messages": "AH00051: signal"},
        "Why?", ("Asked: Why?", "Restarted"), "token=[token removed]", (Attachment("a.log", "x", 1),),
    )  # fmt: skip
    assert make_report({"log": KEYS["EC"]}, TEMPLATE).log == "[private key removed]"


def test_a_reference_can_be_read_out_and_is_not_guessed() -> None:
    made = {make_reference() for _ in range(2000)}
    assert len(made) == 2000 and all(REFERENCE.fullmatch(reference) for reference in made)
    assert not set("01IOLU") & set("".join(made).replace("R-", ""))


STORED = StoredReport(
    "R-7K3M-92QX", "token", "2026-11-24T21:25:09+00:00", "open", "", "", "", "", "Why?", ("Asked: Why?",), "a ``` log\n# no heading",
    {"title": "It <b>hangs</b>", "happens": "1\n\n2", "gone": "of an older form"}, (Attachment("a*b*.log", "line", 4),),
)  # fmt: skip


def test_a_stored_report_as_markdown() -> None:
    text = report_markdown(sent_report(STORED), TEMPLATE)
    assert text.startswith(
        "# Problem report R-7K3M-92QX\n\nSent: 2026-11-24 21:25 UTC\n\n## Question\n\n```text\nWhy?\n```\n\n## Title\n"
    )
    assert "## Log or error output\n\n````text\na ``` log\n# no heading\n````" in text
    assert text.endswith("## gone\n\n```text\nof an older form\n```\n\n## File: a\\*b\\*.log\n\n```text\nline\n```\n")
    assert report_markdown(sent_report(STORED), TEMPLATE, with_files=False).endswith(
        "## Files\n\n```text\na*b*.log (4 bytes)\n```\n"
    )


def test_a_stored_report_as_text() -> None:
    text = report_text(sent_report(STORED), TEMPLATE)
    assert text.startswith(
        "Problem report R-7K3M-92QX\n\nSent: 2026-11-24 21:25 UTC\n\nQuestion\n--------\n\n  Why?\n\nTitle\n-----\n\n  It <b>"
    )
    assert "What happens\n------------\n\n  1\n\n  2\n\n" in text and text.endswith(
        "File: a*b*.log\n--------------\n\n  line\n"
    )


def test_a_report_that_is_not_sent_has_no_reference() -> None:
    report = make_report(GOOD, TEMPLATE)
    assert report_markdown(report, TEMPLATE).startswith("# Problem report\n\n## Title\n")
    assert report_text(report, TEMPLATE).startswith("Problem report\n\nTitle\n-----\n")


def test_fields_that_the_template_has_no_longer_come_last() -> None:
    shown = rows(sent_report(STORED), TEMPLATE)
    assert [(field.id, value) for field, value in shown][-2:] == [("log", STORED.log), ("gone", "of an older form")]


@given(st.text(alphabet="`~#<>*_[]()\\ \n\ta1-+=|&;!.") | st.text())
def test_nothing_typed_is_markup_in_the_markdown(typed: str) -> None:
    report = Report({"happens": typed, "title": "x"}, log=typed)
    tokens = parse(report_markdown(report, TEMPLATE))
    fences = [token.content for token in tokens if token.type == "fence"]
    kinds = {token.type for token in tokens}
    assert kinds <= {"heading_open", "inline", "heading_close", "fence"}
    assert len(fences) == 1 + 2 * bool(typed)

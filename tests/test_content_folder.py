"""The content that comes with the project is sound: complete entries in their order, guides that end, no bad advice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cases import FIXTURES

from kb.content import check_content, load_content
from kb.entry import Entry, Guide
from kb.frontmatter import load_yaml, split
from kb.markdown import plain_blocks, render, render_inline

FOLDER = Path(__file__).parent.parent / "content"
CONTENT = load_content(FOLDER)
ENTRIES = {entry.id: entry for entry in CONTENT.entries}
GUIDES = {guide.id: guide for guide in CONTENT.guides}
# id and section of every entry, in the order of the first FAQ; other sites link to these ids
LINES = (FIXTURES / "entries.tsv").read_text(encoding="utf-8").splitlines()[1:]
FIRST_FAQ = [(entry_id, section) for entry_id, section in (line.split("\t") for line in LINES)]
SECTIONS = list(dict.fromkeys(section for _, section in FIRST_FAQ))
LANGUAGES = {"sh", "apache", "text", "html"}

# Problems that no guide works through, each with the reason.
WITHOUT_GUIDE: dict[str, str] = {}

# What the first FAQ told people to do and is dangerous today: words that an alert beside the old advice must hold.
OLD_DANGERS = {
    "2048-bit-key": ("512", "1024"),
    "anonymous-diffie-hellman": ("ADH",),
    "backtrace": ("/tmp",),
    "bad-certificate-alert": ("1024",),
    "change-pass-phrase": ("-des3",),
    "create-server-certificate": ("1024", "Triple-DES"),
    "msie-io-errors": ("RC4", "SSLv2", "export"),
    "own-certificate-authority": ("1024", "Triple-DES"),
    "prng-not-seeded": ("/dev/random",),
    "random-errors-under-load": ("none",),
    "relative-links-http-https": ("cookies",),
    "remove-pass-phrase": ("read the file",),
    "supported-ciphers": ("RC4", "EXP", "SSLv2"),
}
# Commands and directives that nobody should copy today. Excluding something (`!ADH`, `-SSLv3`) is not using it.
DANGEROUS = re.compile(
    r"""genrsa\b.*\s(?:512|768|1024)\b | rsa:(?:512|768|1024)\b | \s-des3?\b | SSL_ALLOW_ADH\b
    | SSLProtocol\b.*[\s+](?:SSLv2|SSLv3|TLSv1|TLSv1\.1)(?:\s|$)
    | SSLCipherSuite\b.*(?<![!\w-])(?:ADH|aNULL|eNULL|RC4|EXP(?:ORT)?\d*|LOW|SSLv2|DES)\b
    | chmod\s+(?:-R\s+)?(?:[0-7]?[0-7][0-7][2367]|a\+\w*w|o\+\w*w)\b""",
    re.VERBOSE,
)


def front_matter(path: str) -> dict[str, Any]:
    """The keys that the file at `path` gives itself, without defaults."""
    return dict(load_yaml(split((FOLDER / path).read_text(encoding="utf-8"))[0]))


def parts_of(entry: Entry) -> dict[str, str]:
    """The Markdown below each `##` heading of an entry."""
    pieces = re.split(r"^## (.+)$", entry.body, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def alerts_in(markdown: str) -> list[str]:
    """The texts of the alerts (`> [!WARNING]` and so on)."""
    found = re.findall(r"^> \[!\w+\]\n((?:^>.*\n?)+)", markdown, re.MULTILINE)
    return [re.sub(r"\s*\n> ?", " ", text.removeprefix("> ")) for text in found]


def texts() -> Iterator[tuple[str, str]]:
    """Every Markdown text, with the file it stands in."""
    for entry in CONTENT.entries:
        yield entry.path, entry.body
    for guide in CONTENT.guides:
        yield guide.path, guide.intro
        for step in guide.steps:
            yield guide.path, step.body
    assert CONTENT.report
    yield "problem-report.md", CONTENT.report.body


def code_in(markdown: str) -> list[tuple[str, str]]:
    """Language and text of the code blocks."""
    return [(block.language, block.text) for block in plain_blocks(markdown) if block.kind == "code"]


# -- the whole ------------------------------------------------------------------------------------------------------


def test_check_has_no_findings() -> None:
    # not today: no test should begin to fail because time passes
    last_review = date.fromisoformat(max(entry.reviewed for entry in CONTENT.entries))
    assert [str(finding) for finding in check_content(CONTENT, last_review)] == []


def test_the_entries_of_the_first_faq_are_there_in_their_order() -> None:
    assert len(FIRST_FAQ) == 44
    ids = {entry_id for entry_id, _ in FIRST_FAQ}
    assert [(entry.id, entry.section) for entry in CONTENT.entries if entry.id in ids] == FIRST_FAQ


def test_every_section_has_a_title_a_summary_and_entries() -> None:
    listed = load_yaml((FOLDER / "sections.yml").read_text(encoding="utf-8"))
    assert [section.id for section in CONTENT.sections] == [item["id"] for item in listed] == SECTIONS
    for section in CONTENT.sections:
        assert section.title and section.summary and CONTENT.entries_of(section.id), section.id


def test_no_question_is_asked_twice() -> None:
    """A guide may be asked for in the words of its entry; two entries, or two guides, may not share theirs."""
    of_entries = Counter(text.casefold() for entry in CONTENT.entries for text in {entry.question, *entry.aliases})
    of_guides = Counter(text.casefold() for guide in CONTENT.guides for text in {guide.question, *guide.aliases})
    assert [text for wordings in (of_entries, of_guides) for text, count in wordings.items() if count > 1] == []


def test_the_vocabulary_says_each_word_once_in_a_concept() -> None:
    for concept in CONTENT.vocabulary:
        assert len(concept) > 1, concept
        assert len({word.casefold() for word in concept}) == len(concept), concept


def test_no_link_leads_nowhere() -> None:
    """`check` looks at entries and steps; introductions, outcomes, contacts and files are looked at here too."""
    paths = {*(entry.path for entry in CONTENT.entries), *(guide.path for guide in CONTENT.guides)}
    bad: list[str] = []

    def look(path: str, address: str) -> str:
        kind, _, target = address.partition(":")
        known: dict[str, dict[str, Any]] = {"entry": ENTRIES, "guide": GUIDES}
        if kind in known:
            is_there = target.partition("#")[0] in known[kind]
        elif kind in ("http", "https", "mailto") or address.startswith("#"):
            is_there = True
        else:
            file = (FOLDER / path).parent / address.partition("#")[0]
            is_there = file.is_file() and (
                file.suffix != ".md" or file.resolve().relative_to(FOLDER).as_posix() in paths
            )
        if not is_there:
            bad.append(f"{path}: {address}")
        return address

    for path, text in texts():
        render(text, partial(look, path))
    for guide in CONTENT.guides:
        for step in guide.steps:
            for outcome in step.outcomes:
                render_inline(outcome.text, partial(look, guide.path))
    assert bad == []


# -- entries --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", CONTENT.entries, ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: Entry) -> None:
    given = front_matter(entry.path)
    for key in ("question", "short", "aliases", "kind", "status", "applies_to", "reviewed", "review_by", "sources"):
        assert given.get(key), f"{entry.path} has no `{key}`"
    assert 8 <= len(entry.aliases) <= 15
    assert len({alias.casefold() for alias in entry.aliases}) == len(entry.aliases)
    assert entry.review_by > entry.reviewed
    assert len(entry.related) <= 5 and entry.id not in entry.related
    assert entry.question.endswith("?")


@pytest.mark.parametrize("entry", CONTENT.entries, ids=lambda entry: entry.id)
def test_an_entry_tells_today_from_then(entry: Entry) -> None:
    parts = parts_of(entry)
    assert list(parts) == ["Today", "Then"]
    for heading, text in parts.items():
        assert len(text.split()) > 20, f"{entry.path} says nearly nothing under {heading}"


def test_a_problem_has_a_guide_or_a_reason() -> None:
    without = {entry.id for entry in CONTENT.entries if entry.kind == "problem" and not entry.guides}
    assert without == {entry_id for entry_id, reason in WITHOUT_GUIDE.items() if reason}
    assert sum(entry.kind == "problem" for entry in CONTENT.entries) > 10


def test_every_guide_is_offered_by_an_entry() -> None:
    assert {guide_id for entry in CONTENT.entries for guide_id in entry.guides} == set(GUIDES)


# -- guides ---------------------------------------------------------------------------------------------------------


def ends(kind: str) -> set[tuple[str, str]]:
    """The steps, as guide and step, from which some path leads to `kind`, through other guides as well."""
    found: set[tuple[str, str]] = set()
    while True:
        more = {
            (guide.id, step.id)
            for guide in CONTENT.guides
            for step in guide.steps
            for outcome in step.outcomes
            if outcome.target.kind == kind
            or (outcome.target.kind == "step" and (guide.id, outcome.target.id) in found)
            or (outcome.target.kind == "guide" and (outcome.target.id, GUIDES[outcome.target.id].steps[0].id) in found)
        }
        if more == found:
            return found
        found = more


@pytest.mark.parametrize("guide", CONTENT.guides, ids=lambda guide: guide.id)
def test_every_path_of_a_guide_can_end_solved_and_in_the_report(guide: Guide) -> None:
    solved, reported = ends("solved"), ends("report")
    for step in guide.steps:
        place = (guide.id, step.id)
        assert place in solved, f"{place} never gets to solved"
        assert place in reported, f"{place} never gets to the report"
        assert any(outcome.target.kind != "entry" for outcome in step.outcomes), f"{place} only leads to entries"


@pytest.mark.parametrize("guide", CONTENT.guides, ids=lambda guide: guide.id)
def test_a_guide_is_complete(guide: Guide) -> None:
    assert guide.short and guide.intro and guide.aliases and guide.sources and guide.entries
    assert guide.review_by > guide.reviewed > ""
    for step in guide.steps:
        assert code_in(step.body), f"{guide.id}#{step.id} has no command"


# -- the problem report ---------------------------------------------------------------------------------------------


def test_the_report_asks_for_what_the_first_faq_asked_for() -> None:
    assert CONTENT.report
    required = {field.id: field.required for field in CONTENT.report.fields}
    always = {"title", "happens", "messages", "httpd-version", "openssl-version", "build"}
    assert {field_id for field_id, need in required.items() if need == "always"} == always
    assert {field_id for field_id, need in required.items() if need == "core-dump"} == {"backtrace"}
    for field in CONTENT.report.fields:
        assert field.label and field.hint and field.then, field.id
    for field_id in ("httpd-version", "openssl-version", "build", "backtrace"):
        assert next(field for field in CONTENT.report.fields if field.id == field_id).commands, field_id


def test_the_report_names_whom_to_ask_and_what_to_keep_secret() -> None:
    assert CONTENT.report
    assert len(CONTENT.report.contacts) > 2
    assert all(contact.when and contact.today for contact in CONTENT.report.contacts)
    secrets = " ".join(CONTENT.report.never_include)
    for word in ("private key", "pass phrase", "core file", "password"):
        assert word in secrets


# -- commands -------------------------------------------------------------------------------------------------------


def test_every_code_block_names_a_known_language() -> None:
    unknown = {(path, language) for path, text in texts() for language, _ in code_in(text) if language not in LANGUAGES}
    assert unknown == set()


def test_commands_to_copy_have_no_prompt() -> None:
    assert CONTENT.report
    commands = [(path, code) for path, text in texts() for language, code in code_in(text) if language == "sh"]
    commands += [("problem-report.md", command) for field in CONTENT.report.fields for command in field.commands]
    assert len(commands) > 100
    prompt = re.compile(r"^\s*(?:[$%>]\s|\w+@\w+[:~])", re.MULTILINE)
    assert [(path, code) for path, code in commands if prompt.search(code)] == []


@pytest.mark.parametrize("entry", CONTENT.entries, ids=lambda entry: entry.id)
def test_nothing_dangerous_is_to_be_copied_today(entry: Entry) -> None:
    today = "\n".join(code for language, code in code_in(parts_of(entry)["Today"]) if language in ("sh", "apache"))
    assert [match.group() for match in DANGEROUS.finditer(today)] == []


@pytest.mark.parametrize("entry", CONTENT.entries, ids=lambda entry: entry.id)
def test_dangerous_old_commands_have_a_warning_beside_them(entry: Entry) -> None:
    then = parts_of(entry)["Then"]
    if any(DANGEROUS.search(code) for _, code in code_in(then)):
        assert alerts_in(then), f"{entry.path} shows a dangerous command under Then without an alert"


@pytest.mark.parametrize(("entry_id", "words"), OLD_DANGERS.items())
def test_an_alert_says_what_is_wrong_with_the_old_advice(entry_id: str, words: tuple[str, ...]) -> None:
    alerts = " ".join(alerts_in(parts_of(ENTRIES[entry_id])["Then"]))
    assert [word for word in words if word not in alerts] == []


@pytest.mark.parametrize(
    ("line", "is_dangerous"),
    [
        ("openssl genrsa -out server.key 1024", True),
        ("openssl genrsa -out server.key 2048", False),
        ("openssl req -newkey rsa:1024 -nodes", True),
        ("openssl rsa -des3 -in server.key", True),
        ("openssl pkey -aes256 -in server.key", False),
        ("SSLCipherSuite ALL:!ADH:RC4+RSA:+HIGH", True),
        ("SSLCipherSuite HIGH:!aNULL:!RC4:!EXP:-SSLv2", False),
        ("SSLCipherSuite ADH", True),
        ("SSLProtocol all +SSLv3", True),
        ("SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1", False),
        ("SSLProtocol TLSv1.2 TLSv1.3", False),
        ("./configure -DSSL_ALLOW_ADH", True),
        ("chmod 400 server.key", False),
        ("chmod 640 server.key", False),
        ("chmod 666 /var/run/mutex", True),
        ("chmod -R 777 logs", True),
        ("chmod a+w logs", True),
    ],
)
def test_what_counts_as_dangerous(line: str, is_dangerous: bool) -> None:
    assert bool(DANGEROUS.search(line)) is is_dangerous

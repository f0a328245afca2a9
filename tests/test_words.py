"""V32: the words people see. No banned word, one name for one thing, the agreed sentences as they were agreed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from portal_world import FakeKnowledgeBase, write_world

from kb.settings import Settings
from kb.web import create_app

ROOT = Path(__file__).parent.parent
BANNED = re.compile(
    r"\b(please|sorry|oops|whoops|apolog\w+|unfortunately|(?<!aria-)invalid|illegal|fatal|we|our|ours|us)\b", re.I
)
# What has a name already, and words that would be a second one for it.
OTHER_NAMES = {
    "entry": r"articles?|FAQ items?",
    "section": r"categor(y|ies)|chapters?",
    "guide": r"wizards?|walkthroughs?|tutorials?|troubleshooters?",
    "problem report": r"tickets?|bug reports?|support requests?",
    "conversation": r"chats?|threads?|chatbot",
    "pass phrase": r"passphrases?",
    "log in": r"sign(ed)? in|sign(ed)? out|log-?on",
    "offline copy": r"offline version",
}
# modules with words that people type, or other programs say, not of ours
WORD_LISTS = ("analysis.py", "secret_rules.py", "common_words.txt", "serving_gunicorn.py")
SEEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|alt|title|placeholder|data-said|value)="([^"{]+)"')
STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
PLACEHOLDER = re.compile(r"\{[a-z_.]+\}")


def template_words(text: str) -> Iterator[str]:
    """What a template shows: its text, attributes that are read out, and strings in its expressions."""
    text = re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
    for code in re.findall(r"\{[{%].*?[%}]\}", text, flags=re.DOTALL):
        yield from (found[0] or found[1] for found in STRING.findall(code))
    plain = re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "…", text, flags=re.DOTALL), flags=re.DOTALL)
    yield from SEEN_ATTRIBUTES.findall(plain)
    yield " ".join(re.sub(r"<[^>]*>", " ", plain).split())
    yield " ".join(re.sub(r"<[^>]*>", "", plain).split())


def script_words(text: str) -> Iterator[str]:
    """The strings of a script, without its comments."""
    for line in text.splitlines():
        code = re.sub(r"(^|\s)//.*", "", line)
        yield from (found[0] or found[1] for found in STRING.findall(code))


def python_words(text: str, *, with_docstrings: bool) -> Iterator[str]:
    """The strings of a module; the changing parts of f-strings stand as …."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree)
                  if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and (with_docstrings or id(node) not in docstrings)
        ):
            yield node.value


def is_prose(text: str) -> bool:
    """Is it for people, and not the name of an element, a field or a kind?"""
    return " " in text or text[:1].isupper()


@cache
def shown() -> tuple[tuple[str, str], ...]:
    """Every text a person may see, with the file it is in."""
    found: list[tuple[str, str]] = []
    for path in sorted((ROOT / "templates").iterdir()):
        found += [(path.name, words) for words in template_words(path.read_text(encoding="utf-8")) if is_prose(words)]
    for path in sorted((ROOT / "static").rglob("*.js")):
        found += [(path.name, words) for words in script_words(path.read_text(encoding="utf-8")) if is_prose(words)]
    for path in sorted([ROOT / "app.py", *(ROOT / "kb").rglob("*.py")]):
        if path.name not in WORD_LISTS:
            words = python_words(path.read_text(encoding="utf-8"), with_docstrings=path.name == "cli.py")
            found += [(path.name, text) for text in words if is_prose(text)]
    return tuple(found)


def test_all_kinds_of_files_are_read() -> None:
    files = {name for name, _ in shown()}
    assert {"home.html", "_card.html", "report.txt", "portal.js", "report.py", "cli.py", "web.py"} <= files
    assert "".join(
        template_words('{# no #}<p title="Name">{{ "A" if x else "B" }}word{% if y == "c d" %}s{% endif %}</p>')
    ) == ("ABc dName…words …words".replace(" …", "…"))
    assert list(script_words('say("One."); // "two"\nconst a = \'three\';')) == ["One.", "three"]
    assert list(python_words('"""No."""\na = f"One {two}"', with_docstrings=False)) == ["One …", "One "]


def test_no_banned_word() -> None:
    assert [(name, words[:120]) for name, words in shown() if BANNED.search(words)] == []


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_thing_has_one_name(name: str) -> None:
    other = re.compile(rf"\b({OTHER_NAMES[name]})\b", re.I)
    assert [(file, words[:120]) for file, words in shown() if other.search(words)] == []


def test_no_percentage_is_put_on_an_answer() -> None:
    cards = [words for name, words in shown() if name in ("_card.html", "_earlier.html", "answer.py", "levels.py")]
    assert cards and not any(re.search(r"\d ?%|percent|confidence", words) for words in cards)


@pytest.mark.parametrize(
    "text",
    [
        "What do you need help with?", "Ask another question", "Type a question or paste one error line.", "Ask",
        "Add log or error output", "Log or error output", "Remove passwords and private keys first.",
        "Best answer: {title}. {level}.", "No entry matches. You can write a problem report.",
        "Enter a question or an error line", "Question must be {n} characters or less. Put longer output in the log field.",
        "The search took too long. Your question is still in the box.",
        "The answer could not be loaded. Your question is still in the box.", "Try again",
        "Too many questions at once. Try again in ", "No connection. Use the offline copy to search without one.",
        "This conversation has ended. Ask again to start a new one.",
        "Filled in from your conversation: ", "Check it before you send it.", "Report sent", "Reference",
        "This might be it. Check that it matches your case.", "No entry answers this directly. These are the closest.",
        "No entry matches this question. Try the exact error text, or the name of the directive or file.",
        "Strong match", "Possible match", "Weak match", "Most relevant passage", "Read the full entry",
        "Work through it step by step: ", "Why this answer?", "Still stuck?", "Write a problem report", "Browse sections",
        "Did that fix it?", "Yes, that fixed it", "No, still broken", "Did this answer your question?", "Yes", "No",
        "Marked as solved.", "Undo", "Say what happened instead", "Start a new question", "What you have tried",
        "No, next step", "I cannot do this step", "Show all steps", "Check your report", "Searching…", "You asked:",
        "No entries in this section yet.", "Nothing waiting. New reports and unanswered questions appear here.",
        "No questions in this period.", "Choose a longer one.", "Link to entry", "Add as wording", "Draft entry", "Mark handled",
        "Page not found", "There is a problem with this page", "There is a problem", "Error: ", "Sections", "Guides",
    ],
)  # fmt: skip
def test_agreed_sentences_stand_as_agreed(text: str) -> None:
    pattern = re.compile(
        PLACEHOLDER.sub("…", re.escape(text).replace(r"\{", "{").replace(r"\}", "}")).replace("…", ".+")
    )
    assert any(pattern.search(words) for _, words in shown()), text


@pytest.mark.parametrize(
    "address", ["/", "/ask?q=strong", "/ask?q=none", "/entries/connection-refused", "/sections/configuration",
                "/guides/guide-refused", "/guides/guide-refused/listen", "/entries/nope", "/report/template"],
)  # fmt: skip
def test_the_way_to_the_report_has_the_same_name_everywhere(tmp_path: Path, address: str) -> None:
    content = write_world(tmp_path)
    app = create_app(Settings(content=content, data=tmp_path / "data"), FakeKnowledgeBase(content))  # type: ignore[arg-type]
    page = app.test_client().get(address).text
    names = re.findall(r'<a[^>]*href="/report(?:\?[^"]*)?"[^>]*>(.*?)</a>', page)
    assert names and set(names) == {"Write a problem report"}
    app.extensions["portal"].database.close()

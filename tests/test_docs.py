"""The documentation names every command and every setting. `python -m tests.test_docs` rewrites docs/settings.md."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from kb.cli import main
from kb.settings import Settings, settings_table

ROOT = Path(__file__).parent.parent
SETTINGS_PAGE = ROOT / "docs" / "settings.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def documentation() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_documented(command: str) -> None:
    assert f"python -m kb {command}" in documentation()


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_option_is_documented(command: str) -> None:
    options = {name for option in main.commands[command].params if isinstance(option, click.Option) for name in option.opts}
    text = documentation()
    assert [name for name in sorted(options) if name not in text] == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert re.search(rf"`{name}(\.\w+)?`", documentation())


def test_the_page_of_settings_holds_the_table_of_the_settings() -> None:
    assert settings_table() in SETTINGS_PAGE.read_text(encoding="utf-8"), "run `python -m tests.test_docs` to rewrite it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```|````.*?````|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def rewritten(page: str) -> str:
    """`page` with its table replaced by the one of today."""
    lines = page.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("| setting |"))
    end = start + next((number for number, line in enumerate(lines[start:]) if not line.startswith("|")), len(lines) - start)
    return "".join(lines[:start]) + settings_table() + "".join(lines[end:])


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(rewritten(SETTINGS_PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""Settings from the environment and the caller, and what is said about those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from kb.errors import InputError
from kb.fields import FIELDS
from kb.settings import Settings, load_settings, settings_table


def test_without_anything_said_the_defaults_hold() -> None:
    assert load_settings({}) == Settings()
    assert (Settings().content, Settings().data) == (Path("content"), Path("data"))
    assert (Settings().question_limit, Settings().log_limit) == (500, 10_000)


def test_the_environment_is_read_by_name() -> None:
    found = load_settings({"KB_CONTENT": "/faq", "KB_CHECK_SECONDS": "2.5", "KB_LOG_LIMIT": "99", "HOME": "/root", "KB_DATA": ""})
    assert (found.content, found.check_seconds, found.log_limit) == (Path("/faq"), 2.5, 99)
    assert found.data == Settings().data  # an empty variable says nothing


def test_the_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_QUESTION_LIMIT", "77")
    assert load_settings().question_limit == 77


def test_the_caller_has_the_last_word_and_none_is_no_word() -> None:
    environment = {"KB_CONTENT": "/faq", "KB_DATA": "/derived"}
    found = load_settings(environment, content=Path("/other"), data=None)
    assert (found.content, found.data) == (Path("/other"), Path("/derived"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("KB_QUESTION_LIMIT", "many"), ("KB_QUESTION_LIMIT", "0"), ("KB_CHECK_SECONDS", "-1"), ("KB_KEPT_GENERATIONS", "0")],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        load_settings({name: value})
    assert str(caught.value).startswith(f"setting {name}: ")
    assert repr(value) in str(caught.value) and "\n" not in str(caught.value)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError):
        Settings().question_limit = 3  # type: ignore[misc]


def test_every_field_that_is_searched_has_a_weight() -> None:
    assert Settings().ranking.field_weights.keys() == set(FIELDS)


def test_every_setting_has_a_sentence() -> None:
    waiting: list[type[BaseModel]] = [Settings]
    while waiting:
        model = waiting.pop()
        for name, field in model.model_fields.items():
            assert field.description and field.description.endswith("."), name
            default = field.get_default(call_default_factory=True)
            if isinstance(default, BaseModel):
                waiting.append(type(default))


def test_the_table_has_a_row_for_every_setting_and_every_value_of_a_group() -> None:
    lines = settings_table().splitlines()
    assert "| `question_limit` | `500` | Most characters of a question. | `KB_QUESTION_LIMIT` |" in lines
    rows = {line.split("`")[1] for line in lines[2:]}
    assert {"ranking.k1", "ranking.field_weights", "levels.strong_from", "follow_up.decay", "base_url"} <= rows
    assert "ranking" not in rows
    assert all(line.count("|") == 5 for line in lines)

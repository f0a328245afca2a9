"""Every number and folder the program can be set with: name, default, and a sentence.

Values come from the caller or from environment variables (`KB_` and the name in capitals); they are read once, at the
start, and passed on as one frozen `Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from kb.errors import InputError


class Ranking(BaseModel):
    """How terms become scores. The values are chosen by `python benchmarks/tune.py`, cross-validated by entry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_weights: dict[str, float] = Field(
        default_factory=lambda: {"question": 2.0, "aliases": 0.5, "asked": 1.0, "errors": 2.0, "keywords": 0.7, "short": 2.0, "headings": 0.7, "body": 1.0, "commands": 0.2, "section": 2.5},
        description="What an occurrence of a term counts, by the field it stands in.",
    )  # fmt: skip
    idf_power: float = Field(0.6, gt=0, le=1, description="How much rarity counts in the sum of terms.")
    k1: float = Field(1.8, gt=0, description="How slowly repeated occurrences of a term stop counting (BM25's k1).")
    impact_steps: int = Field(
        7, ge=1, le=100, description="Steps, from nothing to the most, to which what a term says for a document is rounded."
    )
    length_norm: float = Field(
        0.65, ge=0, le=1, description="How much a long field weakens each of its words (BM25's b)."
    )
    stop_rarity: float = Field(3.0, gt=0, description="The most that the rarity of how, what, not … may count.")
    joined_weight: float = Field(
        0.5, ge=0, le=1, description="What two words that others write as one count as that one."
    )
    synonym_weight: float = Field(
        0.6, ge=0, le=1, description="What a concept of the vocabulary counts beside the word itself."
    )
    part_weight: float = Field(
        0.3, ge=0, le=1, description="What a part of a known identifier counts beside the whole."
    )
    stop_weight: float = Field(1.0, ge=0, le=1, description="What how, what, not … count where titles are questions.")
    stop_words_in: int = Field(12, ge=1, description="Words of a question beyond which such words count less and less.")
    wording_weight: float = Field(
        3.0, ge=0, description="What being asked in an entry's own words counts beside the sum of its terms."
    )
    wording_power: float = Field(2.0, gt=0, description="How fast a partial likeness to a wording loses its value.")
    wording_idf_power: float = Field(0.4, gt=0, le=1, description="How much rarity counts when wordings are compared.")
    wording_stop_weight: float = Field(
        0.8, ge=0, le=1, description="What how, what, not … count when wordings are compared."
    )
    corrected_weight: float = Field(0.8, ge=0, le=1, description="What a corrected word counts beside one typed right.")
    guide_weight: float = Field(0.6, ge=0, le=1, description="What a guide's score counts beside an entry's.")
    alias_weight: float = Field(
        0.85, ge=0, le=1, description="What an alias or error text counts beside the question itself."
    )


class Levels(BaseModel):
    """How features become an answer level. The values are chosen by `python benchmarks/calibrate.py`, cross-validated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float = Field(-3.852, description="The model's constant.")
    weights: dict[str, float] = Field(
        default_factory=lambda: {
            "core": -2.411,
            "question": 3.366,
            "aliases": 2.394,
            "asked": 1.782,
            "errors": -1.186,
            "unknown": -0.407,
            "strength": 0.58,
            "likeness": 1.432,
            "lead": -3.937,
            "margin": 8.771,
            "elsewhere": -4.533,
        },
        description="What each input of the model adds (names as in kb/levels.py).",
    )
    strong_from: float = Field(0.95, ge=0, le=1, description="Least probability of a strong match.")
    possible_from: float = Field(0.9, ge=0, le=1, description="Least probability of a possible match.")
    weak_from: float = Field(0.36, ge=0, le=1, description="Least probability at which titles are still worth showing.")


class FollowUp(BaseModel):
    """What a follow-up question takes over from the conversation before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    turns: int = Field(3, ge=0, description="Earlier turns that are taken into account.")
    decay: float = Field(0.5, ge=0, le=1, description="What is left of an earlier turn with each one after it.")
    term_weight: float = Field(
        0.35, ge=0, le=1, description="What a term of the question before counts beside one of this question."
    )
    same_bonus: float = Field(0.35, ge=0, description="What the earlier answer's entry gains.")
    related_bonus: float = Field(0.25, ge=0, description="What entries related to the earlier answer's gain.")
    certainty_power: float = Field(1.0, gt=0, description="How soon a well-answered question stops leaning.")
    without_cue: float = Field(0.5, ge=0, le=1, description="How much a question leans that has no word pointing back.")
    least_leaning: float = Field(0.15, ge=0, le=1, description="Leaning below which nothing is carried over.")


class Settings(BaseModel):
    """All settings, with their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Path = Field(Path("content"), description="Folder with the Markdown content.")
    data: Path = Field(
        Path("data"), description="Folder for the index, which may be deleted, and what is stored, which may not."
    )
    base_url: str = Field("", description="Address of the portal as readers see it, such as https://help.example.com.")

    ranking: Ranking = Field(default_factory=Ranking, description="How terms become scores.")
    levels: Levels = Field(default_factory=Levels, description="How features become an answer level.")
    follow_up: FollowUp = Field(default_factory=FollowUp, description="What a follow-up takes over.")
    question_limit: int = Field(500, ge=1, description="Most characters of a question.")
    log_limit: int = Field(10_000, ge=1, description="Most characters of a pasted log.")
    kept_generations: int = Field(2, ge=1, description="Complete index generations kept on disk.")
    check_seconds: float = Field(1.0, ge=0, description="Least seconds between two looks for changed content.")

    database_url: str = Field(
        "", description="Database of what people asked and reported; empty for `kb.sqlite3` in the data folder."
    )
    database_wait_seconds: float = Field(5.0, ge=0, description="Longest wait for a database that others are writing.")
    log_questions: bool = Field(True, description="Whether questions are kept for the inbox and the insights.")
    keep_conversations_days: int = Field(30, ge=1, description="Days after which a conversation is cleared.")
    keep_questions_days: int = Field(365, ge=1, description="Days after which questions and verdicts are deleted.")
    keep_reports_days: int = Field(730, ge=1, description="Days after which reports are deleted.")
    keep_deliveries_days: int = Field(30, ge=1, description="Days after which delivered mails and calls are deleted.")
    delivery_lease_seconds: int = Field(120, ge=1, description="Seconds a process has for one delivery.")
    delivery_wait_seconds: int = Field(
        60, ge=1, description="Seconds before a failed delivery is tried again; doubled each time."
    )
    delivery_most_wait_seconds: int = Field(21_600, ge=1, description="Most seconds between two tries of a delivery.")
    delivery_attempts: int = Field(21, ge=1, description="Tries after which a delivery is given up: three days.")
    staff_idle_minutes: int = Field(480, ge=1, description="Minutes without a request after which a login ends.")
    staff_session_hours: int = Field(168, ge=1, description="Hours after which a login ends in any case.")
    login_attempts: int = Field(5, ge=1, description="Failed logins of one name before it has to wait.")
    login_attempts_per_client: int = Field(
        20, ge=1, description="Failed logins from one address, whatever the name, before it has to wait."
    )
    login_wait_seconds: int = Field(
        30, ge=1, description="Seconds of the first wait; doubled with each further failure."
    )
    login_most_wait_seconds: int = Field(
        900, ge=1, description="Most seconds a name or an address has to wait between failed logins."
    )
    asks_per_minute: int = Field(60, ge=1, description="Questions that one reader may ask in a minute.")
    reports_per_hour: int = Field(10, ge=1, description="Reports that one reader may send in an hour.")
    reads_per_minute: int = Field(
        600, ge=1, description="Searches and readings of one client of the API in a minute."
    )
    api_origins: str = Field(
        "", description="Sites whose pages may call the API, such as https://www.example.com, with commas; * for all."
    )
    embed_origins: str = Field(
        "",
        description="Sites that may show the help widget, such as https://www.example.com, with commas; * for all.",
    )
    trusted_proxies: int = Field(
        0, ge=0, description="Proxies in front of the portal whose X-Forwarded headers are believed."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="What has to be sent as `Authorization: Bearer …` to read /metrics; empty: it can be read on this machine alone.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What the server logs: from info on, a line for every request; from warning on, faults alone."
    )
    mcp_hosts: str = Field(
        "", description="Names under which assistants may call `mcp --http`, such as help.example.com, with commas."
    )
    labelled_questions: Path = Field(
        Path("tests/golden.jsonl"),
        description="File of labelled questions by which the effect of a draft is measured; it need not exist.",
    )
    delivery_timeout_seconds: float = Field(
        10.0,
        gt=0,
        le=30,
        description="Longest wait for each answer of a mail server or webhook; all of it may take thrice that.",
    )
    mail_host: str = Field("", description="Mail server that takes new reports; empty for no mail.")
    mail_port: int = Field(587, ge=1, le=65_535, description="Port of the mail server.")
    mail_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the mail server is encrypted: starttls (port 587), tls (465) or none."
    )
    mail_user: str = Field("", description="User name at the mail server; empty for no login.")
    mail_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    mail_from: str = Field("", description="Address that mails come from.")
    mail_to: str = Field("", description="Addresses that new reports are mailed to, with commas between them.")
    webhook_url: str = Field("", description="Address that new reports are posted to as JSON; empty for none.")
    webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret that signs what is posted, at least 16 characters; the receiver knows it too.",
    )
    webhook_events: str = Field(
        "report.created, question.unanswered", description="Events that are posted there, with commas between them."
    )
    webhook_question_seconds: int = Field(
        60, ge=0, le=86_400, description="Seconds that an unanswered question waits to see whether its person goes on."
    )


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `KB_…` variables, with `overrides` (None is ignored) on top.

    Raises InputError that names the variable when a value cannot be used.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        value = environment.get(f"KB_{name.upper()}")
        if value not in (None, ""):
            values[name] = value
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InputError(
            f"setting KB_{name.upper()}: {first['msg'].lower()}; it is {first.get('input')!r} now"
        ) from error


def settings_table() -> str:
    """All settings as a Markdown table: name, default, what it is, environment variable. docs/settings.md holds it."""
    rows = ["| setting | default | what it is | environment variable |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            rows += [_row(f"{name}.{inner}", item, "") for inner, item in type(default).model_fields.items()]
        else:
            rows.append(_row(name, field, f"`KB_{name.upper()}`"))
    return "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo, variable: str) -> str:
    default = field.get_default(call_default_factory=True)
    shown = ", ".join(f"{key} {value}" for key, value in default.items()) if isinstance(default, dict) else str(default)
    return f"| `{name}` | {f'`{shown}`' if shown else ''} | {field.description} | {variable} |"

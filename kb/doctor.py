"""What is wrong with an installation, and what to do: findings, each one line.

Everything is looked at without changing anything, and whatever the state it is in: a doctor that needs a sound patient is
of no use.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from kb.content import check_content, load_content
from kb.cors import parse_origins
from kb.errors import DamagedIndexError, KbError, MissingIndexError
from kb.generation import current_folder, load_current, stamp
from kb.mail import check_mail_settings
from kb.mounting import own_mount
from kb.secret_key import FILE as SECRET_KEY
from kb.secret_key import KEY_BYTES
from kb.settings import Settings
from kb.store.database import Database
from kb.store.outbox import count_given_up, oldest_waiting_at
from kb.webhook import check_webhook_settings

PYTHON = (3, 11)
REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
LEAST_FREE_MB = 200
LONGEST_WAIT_HOURS = 24  # of a delivery
FIRST_YEAR = 2026  # no clock of a machine that runs this program shows an earlier one
_NETWORK_SECONDS = 5.0
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;#]+)")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at."""

    state: Literal["ok", "warning", "error"]
    what: str  # such as "database"
    text: str  # what was found
    remedy: str = ""  # what to do; empty where all is well


Look = Callable[[Settings], Iterator[Diagnosis]]


def examine(settings: Settings, *, network: bool = False) -> list[Diagnosis]:
    """All findings, in the order of looking. network: also try to reach the mail server and the webhook."""
    looks: tuple[Look, ...] = (_python, _packages, _settings, _content, _data, _index, _database, _outbox, _clock)
    found: list[Diagnosis] = []
    for look in (*looks, *((_network,) if network else ())):
        try:
            found += look(settings)
        except (KbError, OSError) as error:
            name = look.__name__.strip("_")
            found.append(Diagnosis("error", name, str(error), "Mend what the sentence names, and look again."))
    return found


def _python(_: Settings) -> Iterator[Diagnosis]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        yield Diagnosis("error", "python", f"This is Python {version}.", "Install Python 3.11 or newer.")
    else:
        yield Diagnosis("ok", "python", f"Python {version}")


def _packages(_: Settings) -> Iterator[Diagnosis]:
    if not REQUIREMENTS.exists():
        yield Diagnosis("warning", "packages", "requirements.txt is missing.", "Take it from the program's own folder.")
        return
    wrong = 0
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        pin = _PIN.match(line)
        if not pin:
            continue
        name, wanted = pin.groups()
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            there = ""
        if there != wanted:
            wrong += 1
            text = f"{name} is {there or 'not installed'}; this version is tested with {wanted}."
            remedy = "Run `python -m pip install -r requirements.txt`."
            yield Diagnosis("warning" if there else "error", "packages", text, remedy)
    if not wrong:
        yield Diagnosis("ok", "packages", "All packages are of the versions that are tested.")


def _settings(settings: Settings) -> Iterator[Diagnosis]:
    faults = [_fault(look) for look in (
        lambda: own_mount(settings), lambda: parse_origins(settings.api_origins),
        lambda: parse_origins(settings.embed_origins, "KB_EMBED_ORIGINS"), lambda: check_mail_settings(settings),
        lambda: check_webhook_settings(settings),
    )]  # fmt: skip
    found = [Diagnosis("error", "settings", fault, "See docs/settings.md.") for fault in faults if fault]
    if settings.delivery_lease_seconds < 4 * settings.delivery_timeout_seconds:
        found.append(Diagnosis(
            "error", "settings", "KB_DELIVERY_LEASE_SECONDS is less than four times KB_DELIVERY_TIMEOUT_SECONDS.",
            "Raise the first or lower the second.",
        ))  # fmt: skip
    if settings.base_url.startswith("http://") and not _is_local(settings.base_url):
        found.append(Diagnosis(
            "warning", "settings", "KB_BASE_URL begins with http://: logins travel unprotected.",
            "Serve the portal by https, and say so in KB_BASE_URL.",
        ))  # fmt: skip
    if settings.base_url.startswith("https://") and not settings.trusted_proxies:
        found.append(Diagnosis(
            "warning", "settings",
            "KB_BASE_URL begins with https://, but no proxy is trusted: all readers count as one, and share its rate limits.",
            "Set KB_TRUSTED_PROXIES to the number of proxies in front, mostly 1.",
        ))  # fmt: skip
    if (settings.mail_host or settings.webhook_url) and not settings.base_url:
        found.append(Diagnosis(
            "warning", "settings", "Reports are sent on without a link to the inbox, since KB_BASE_URL is empty.",
            "Set KB_BASE_URL to the address of the portal.",
        ))  # fmt: skip
    yield from found or [Diagnosis("ok", "settings", "The settings fit together.")]


def _fault(look: Callable[[], object]) -> str:
    try:
        look()
    except KbError as error:
        return str(error)
    return ""


def _is_local(address: str) -> bool:
    return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


def _content(settings: Settings) -> Iterator[Diagnosis]:
    content = load_content(settings.content)
    findings = check_content(content, date.today())
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors[:20]:
        yield Diagnosis("error", "content", str(finding), "Mend the file; `python -m kb check` lists all findings.")
    if not content.entries:
        yield Diagnosis("error", "content", f"{settings.content} holds no entry.", "Add one; see docs/writing.md.")
    elif not errors:
        yield Diagnosis("ok", "content", f"{len(content.entries)} entries in {settings.content}")


def _data(settings: Settings) -> Iterator[Diagnosis]:
    folder = settings.data
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # it is made at the first start, if its parent can be written
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Diagnosis(
            "error", "data", f"The data folder {settings.data} cannot be written: {error.strerror or error}.",
            "Give it to the user that runs the portal, or name another with KB_DATA.",
        )  # fmt: skip
        return
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < LEAST_FREE_MB:
        yield Diagnosis("error", "data", f"{free} MB are free where {settings.data} is.", "Free some space.")
    else:
        yield Diagnosis("ok", "data", f"{settings.data} can be written; {free} MB are free.")
    key = settings.data / SECRET_KEY
    if key.exists():
        if key.stat().st_size < KEY_BYTES:
            yield Diagnosis("error", "data", f"{key} holds no key.", "Delete it, and a new one is made.")
        elif key.stat().st_mode & 0o077:
            yield Diagnosis("warning", "data", f"{key} can be read by others.", f"Run `chmod 600 {key}`.")


def _index(settings: Settings) -> Iterator[Diagnosis]:
    rebuild = "Run `python -m kb index`, or start the portal: it builds the index by itself."
    try:
        current_folder(settings.data)
        generation = load_current(settings.data, settings.ranking)
    except MissingIndexError:
        yield Diagnosis("warning", "index", "There is no index yet.", rebuild)
    except DamagedIndexError as error:
        yield Diagnosis("error", "index", str(error), rebuild)
    else:
        if generation.stamp != stamp(settings.content, settings.ranking):
            yield Diagnosis("warning", "index", "The index is older than the content.", rebuild)
        else:
            yield Diagnosis("ok", "index", f"built {generation.built}, fits the content")


def _database(settings: Settings) -> Iterator[Diagnosis]:
    with closing(Database(settings)) as database:
        if database.file and not database.file.exists():
            yield Diagnosis("ok", "database", "There is none yet; it is made when it is first needed.")
            return
        if database.file:
            with closing(sqlite3.connect(f"{database.file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                try:
                    faults = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
                except sqlite3.Error as error:
                    faults = [str(error)]
            if faults != ["ok"]:
                remedy = "Stop the portal, keep a copy of the file, and run `python -m kb restore BACKUP --force`."
                yield Diagnosis("error", "database", f"{database.name} is damaged: {'; '.join(faults)}", remedy)
                return
        if database.is_ready():
            yield Diagnosis("ok", "database", f"{database.name} is sound and of this version.")
        else:
            remedy = "Back it up, then start the portal: it brings the tables up to date. If they are newer, install that version."
            yield Diagnosis("warning", "database", f"The tables of {database.name} are of another version.", remedy)


def _outbox(settings: Settings) -> Iterator[Diagnosis]:
    with closing(Database(settings)) as database:
        if (database.file and not database.file.exists()) or not database.is_ready():
            return
        with database.read() as connection:
            given_up, oldest = count_given_up(connection), oldest_waiting_at(connection)
    if given_up:
        yield Diagnosis(
            "warning", "deliveries", f"{given_up} mails or calls were given up.",
            "Mend the cause that the page Deliveries of the inbox names, and try them again there.",
        )  # fmt: skip
    if oldest:
        hours = (datetime.now(UTC) - datetime.fromisoformat(oldest)).total_seconds() / 3600
        if hours > LONGEST_WAIT_HOURS:
            text = f"A mail or call waits to be delivered for {hours:.0f} hours."
            yield Diagnosis(
                "warning", "deliveries", text, "Run `python -m kb doctor --network`, and look into the log."
            )


def _clock(settings: Settings) -> Iterator[Diagnosis]:
    now = datetime.now(UTC)
    newest = settings.data / "index" / "CURRENT"
    is_ahead = newest.exists() and newest.stat().st_mtime > now.timestamp() + 300
    if now.year < FIRST_YEAR or is_ahead:
        text = f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before the last index was built."
        yield Diagnosis("error", "clock", text, "Set the clock: logins, limits and deadlines go by it.")
    else:
        yield Diagnosis("ok", "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _network(settings: Settings) -> Iterator[Diagnosis]:
    places = []
    if settings.mail_host:
        places.append(("mail", settings.mail_host, settings.mail_port, "KB_MAIL_HOST and KB_MAIL_PORT"))
    if settings.webhook_url:
        url = urlsplit(settings.webhook_url)
        places.append(
            ("webhook", url.hostname or "", url.port or (443 if url.scheme == "https" else 80), "KB_WEBHOOK_URL")
        )
    for what, host, port, names in places:
        try:
            socket.create_connection((host, port), _NETWORK_SECONDS).close()
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            remedy = f"Look whether {names} is right, and what lies between."
            yield Diagnosis("error", what, f"{host} port {port} cannot be reached: {reason}.", remedy)
        else:
            yield Diagnosis("ok", what, f"{host} port {port} can be reached.")

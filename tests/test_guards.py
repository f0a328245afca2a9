"""Sessions, the key that signs them, and the origin of requests."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conversation_world import make_portal
from flask import Blueprint, session
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from kb.errors import DataFolderError
from kb.guards import is_from_other_site
from kb.secret_key import FILE, load_secret_key


def test_the_key_is_made_once_and_is_nobody_elses_business(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_secret_key, [tmp_path / "data"] * 16))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_a_key_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(DataFolderError, match=r"holds no key; delete it"):
        load_secret_key(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match="cannot be used"):
        load_secret_key(tmp_path / "file")


@pytest.mark.parametrize(
    ("headers", "is_other"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "https://help.example.org"}, False),  # the address that readers see
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], is_other: bool) -> None:
    request = Request(EnvironBuilder(method="POST", headers=headers).get_environ())
    assert is_from_other_site(request, "https://help.example.org") is is_other  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["/login", "/report"])
def test_forms_that_act_for_somebody_need_a_token(tmp_path: Path, address: str) -> None:
    assert make_portal(tmp_path).test_client().post(address).status_code == 400


def test_session_cookies_are_out_of_reach(tmp_path: Path) -> None:
    app = make_portal(tmp_path, base_url="https://help.example.org")
    extra = Blueprint("report_site_of_the_test", __name__)

    @extra.get("/remember")
    def remember() -> str:
        app.secret_key = app.extensions["portal"].secret_key()
        session["here"] = 1
        return "done"

    app.register_blueprint(extra)
    app.test_client().get("/remember")  # the first request only gets the key
    cookie = app.test_client().get("/remember").headers["Set-Cookie"]
    assert cookie.startswith("kb_session=") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie

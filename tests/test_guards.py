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
from kb.guards import client_address, form_key, is_from_other_site
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


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_the_place_a_request_is_counted_for(tmp_path: Path, address: str, counted_as: str) -> None:
    app = make_portal(tmp_path)
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert client_address() == counted_as


def key_of(folder: Path, path: str = "/ask", address: str = "192.0.2.7", agent: str = "One/1", **form: str) -> str:
    app = make_portal(folder)
    sent = {"method": "POST", "data": form, "environ_base": {"REMOTE_ADDR": address}}
    with app.test_request_context(path, headers={"User-Agent": agent}, **sent):
        return form_key()


def test_the_key_of_a_form_is_the_same_when_it_is_sent_twice_and_only_then(tmp_path: Path) -> None:
    key = key_of(tmp_path, q="why", csrf_token="one")
    assert len(key) == 64 and key_of(tmp_path, q="why", csrf_token="two") == key
    others = {
        key_of(tmp_path, q="how"),
        key_of(tmp_path, q="why", log="a line"),
        key_of(tmp_path, "/feedback", q="why"),
        key_of(tmp_path, address="192.0.2.8", q="why"),
        key_of(tmp_path, agent="Two/2", q="why"),
    }
    assert len(others - {key}) == 5
    (tmp_path / "data" / FILE).unlink()
    assert key_of(tmp_path, q="why") != key  # nobody can make it without the key of the sessions


def test_without_a_key_forms_are_like_no_other(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    assert key_of(tmp_path, q="why") == ""

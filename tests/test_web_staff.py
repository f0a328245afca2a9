"""Login and logout: who gets in, how fast passwords can be guessed, forged forms, expiry, and that all of it is private."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from staff_world import NAME, OTHER, PASSWORD, REFERENCE, StaffWorld, fill, make_world, post, token_of

from kb.staff_login import WRONG
from kb.staff_site import MARKER
from kb.store.schema import staff_sessions
from kb.store.staff import disable_account
from kb.store.times import time_text

PRIVATE = (
    "/inbox",
    "/inbox/questions",
    f"/inbox/reports/{REFERENCE}",
    "/inbox/drafts",
    "/inbox/deliveries",
    "/insights",
    "/insights/days.csv",
)
ACTIONS = (
    f"/inbox/reports/{REFERENCE}/handle", f"/inbox/reports/{REFERENCE}/reopen", f"/inbox/reports/{REFERENCE}/link",
    f"/inbox/reports/{REFERENCE}/wording", f"/inbox/reports/{REFERENCE}/draft", "/inbox/questions/x/handle",
    "/inbox/questions/x/reopen", "/inbox/questions/x/link", "/inbox/questions/x/wording", "/inbox/questions/x/draft",
    "/inbox/deliveries/retry", "/inbox/deliveries/1/retry",
    "/inbox/drafts/x/measure", "/inbox/drafts/x/remove", "/inbox/drafts/x/discard", "/inbox/drafts/x/restore",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> StaffWorld:
    made = make_world(tmp_path, login_attempts=3, login_wait_seconds=30)
    fill(made)
    return made


def test_the_tests_know_every_action(world: StaffWorld) -> None:
    rules = [
        rule
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("staff_site.") and "POST" in (rule.methods or ())
    ]
    assert len(rules) == len(ACTIONS) + 2  # login and logout


@pytest.mark.parametrize("address", PRIVATE)
def test_pages_lead_to_the_login_and_from_there_back(world: StaffWorld, address: str) -> None:
    client = world.client()
    response = client.get(address + "?days=30")
    assert response.status_code == 303
    login = response.headers["Location"]
    assert login.startswith("/login?next=")
    page = client.get(login).get_data(as_text=True)
    after = client.post(
        "/login", data={"csrf_token": token_of(page), "name": NAME, "password": PASSWORD, "next": address}
    )
    assert after.headers["Location"] == address and client.get(address).status_code == 200


@pytest.mark.parametrize("address", ACTIONS)
def test_actions_need_a_login(world: StaffWorld, address: str) -> None:
    client = world.client()
    token = token_of(client.get("/login").get_data(as_text=True))
    response = client.post(address, data={"csrf_token": token})
    assert response.status_code == 303 and response.headers["Location"].startswith("/login?next=%2Finbox%2F")
    assert response.headers["Location"].rpartition("%2F")[2] not in ("handle", "link", "draft")


@pytest.mark.parametrize("address", [*ACTIONS, "/login", "/logout"])
@pytest.mark.parametrize("token", [None, "", "forged"])
def test_forms_without_their_token_are_refused(world: StaffWorld, address: str, token: str | None) -> None:
    client = world.staff()
    data = {"name": NAME, "password": PASSWORD} | ({} if token is None else {"csrf_token": token})
    assert client.post(address, data=data).status_code == 400
    assert client.get("/inbox").status_code == 200  # still logged in, and nothing was done
    assert "2<span" in client.get("/inbox").get_data(as_text=True)


def test_a_token_of_somebody_else_is_refused(world: StaffWorld) -> None:
    other = token_of(world.staff(OTHER).get("/inbox").get_data(as_text=True))
    assert world.staff().post(f"/inbox/reports/{REFERENCE}/handle", data={"csrf_token": other}).status_code == 400


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(world: StaffWorld) -> None:
    texts = []
    for name in (NAME, "Nobody"):
        client = world.client()
        response = post(client, "/login", page="/login", name=name, password="wrong password")
        assert response.status_code == 422
        text = response.get_data(as_text=True)
        assert text.count(WRONG) == 2 and "<title>Error: Log in" in text and "wrong password" not in text
        texts.append(text.replace(token_of(text), "").replace(name, ""))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("fields", [{"name": NAME}, {"password": PASSWORD}, {"name": " ", "password": PASSWORD}])
def test_both_fields_are_needed(world: StaffWorld, fields: dict[str, str]) -> None:
    response = post(world.client(), "/login", page="/login", **fields)
    assert response.status_code == 422 and "Enter your name and your password." in response.get_data(as_text=True)


def test_guessing_is_slowed_down_whether_or_not_the_name_exists(world: StaffWorld) -> None:
    for name in (NAME, "Nobody"):
        client = world.client()
        for _ in range(3):
            assert post(client, "/login", page="/login", name=name, password="wrong password").status_code == 422
        refused = post(client, "/login", page="/login", name=name, password=PASSWORD)
        assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 30
        assert "Too many failed logins. Try again in" in refused.get_data(as_text=True)
    assert world.staff(OTHER).get("/inbox").status_code == 200


@pytest.mark.parametrize("proxies", [0, 1])
def test_one_place_cannot_try_many_names_and_a_proxy_is_no_place(tmp_path: Path, proxies: int) -> None:
    world = make_world(tmp_path, login_attempts_per_client=2, trusted_proxies=proxies)

    def log_in(name: str, password: str, address: str) -> int:
        client = world.client()
        data = {"csrf_token": token_of(client.get("/login").get_data(as_text=True)), "name": name, "password": password}
        place = {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, "headers": {"X-Forwarded-For": address}}
        return client.post("/login", data=data, **(place if proxies else {"environ_base": {"REMOTE_ADDR": address}})).status_code

    assert [log_in(name, "a guess", "192.0.2.7") for name in ("a", "b", "c")] == [422, 422, 429]
    assert log_in(NAME, PASSWORD, "192.0.2.7") == 429
    assert log_in(NAME, PASSWORD, "192.0.2.8") == 303


def test_a_long_or_odd_name_is_no_fault(world: StaffWorld) -> None:
    for name in ("x" * 50_000, "\0", "ﷺ" * 300, "<script>alert(1)</script>"):
        response = post(world.client(), "/login", page="/login", name=name, password="whatever it is")
        assert response.status_code == 422 and "<script>alert" not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example/inbox", "/\\evil.example", "javascript:alert(1)", "/logout"]
)
def test_a_login_never_leads_to_another_site(world: StaffWorld, after: str) -> None:
    client = world.client()
    page = client.get("/login", query_string={"next": after}).get_data(as_text=True)
    assert "evil" not in page
    response = client.post(
        "/login", data={"csrf_token": token_of(page), "name": NAME, "password": PASSWORD, "next": after}
    )
    assert response.headers["Location"] == "/inbox"
    assert client.get("/login", query_string={"next": after}).headers["Location"] == "/inbox"


def test_the_session_is_a_new_one_after_the_login(world: StaffWorld) -> None:
    client = world.client()
    page = client.get("/login").get_data(as_text=True)
    before = token_of(page)
    client.post("/login", data={"csrf_token": before, "name": NAME, "password": PASSWORD})
    assert client.post(f"/inbox/reports/{REFERENCE}/handle", data={"csrf_token": before}).status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: StaffWorld, tmp_path: Path) -> None:
    cookie = world.client().get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    secure = make_world(tmp_path / "secure", base_url="https://help.example.com")
    assert "Secure" in secure.client().get("/login", base_url="https://help.example.com").headers["Set-Cookie"]


def test_logging_out_ends_the_login_everywhere_the_cookie_went(world: StaffWorld) -> None:
    client = world.staff()
    stolen = client.get_cookie("kb_session")
    assert stolen
    response = post(client, "/logout", page="/inbox", follow=True)
    assert "Logged out." in response.get_data(as_text=True)
    assert client.get("/inbox").status_code == 303
    thief = world.client()
    thief.set_cookie("kb_session", stolen.value)
    assert thief.get("/inbox").status_code == 303


@pytest.mark.parametrize(("column", "hours"), [("last_seen_at", 8), ("created_at", 7 * 24)])
def test_a_login_expires(world: StaffWorld, column: str, hours: int) -> None:
    client = world.staff()

    def age(**span: float) -> None:
        with world.database.begin() as connection:
            connection.execute(update(staff_sessions).values({column: time_text(datetime.now(UTC) - timedelta(**span))}))

    age(hours=hours, minutes=-5)
    assert client.get("/inbox").status_code == 200
    token = token_of(client.get("/inbox").get_data(as_text=True))
    age(hours=hours, minutes=5)
    response = client.get("/insights?days=30")
    assert response.status_code == 303 and response.headers["Location"] == "/login?next=%2Finsights%3Fdays%3D30"
    response = client.post(f"/inbox/reports/{REFERENCE}/handle", data={"csrf_token": token})
    assert response.headers["Location"] == f"/login?next=%2Finbox%2Freports%2F{REFERENCE}"


def test_a_disabled_account_is_out_at_once(world: StaffWorld) -> None:
    client = world.staff()
    with world.database.begin() as connection:
        disable_account(connection, NAME)
    assert client.get("/inbox").status_code == 303
    assert post(world.client(), "/login", page="/login", name=NAME, password=PASSWORD).status_code == 422


@pytest.mark.parametrize("address", ["/login", *PRIVATE, "/inbox/reports/R-none", "/inbox/drafts/none"])
def test_nothing_of_it_is_kept_or_listed(world: StaffWorld, address: str) -> None:
    response = (world.client() if address == "/login" else world.staff()).get(address)
    assert response.headers["Cache-Control"] == "no-store" and "noindex" in response.headers["X-Robots-Tag"]
    assert "ETag" not in response.headers
    if response.content_type.startswith("text/html") and response.status_code == 200:
        assert '<meta name="robots" content="noindex, nofollow">' in response.get_data(as_text=True)


def test_reading_pages_are_the_same_for_everybody_and_lead_to_the_inbox(world: StaffWorld) -> None:
    staff, reader = world.staff(), world.client()
    for address in ("/", "/entries/hanging", "/sections/protocol", "/guides/"):
        response = staff.get(address)
        assert response.data == reader.get(address).data and "Set-Cookie" not in response.headers
        assert 'href="/inbox" data-staff-link>Support team</a>' in response.get_data(as_text=True)
        assert "Cookie" not in response.headers.get("Vary", "")


def test_the_marker_for_the_script_comes_and_goes_with_the_login(world: StaffWorld, tmp_path: Path) -> None:
    def is_marked() -> bool:
        return client.get_cookie(MARKER) is not None

    client = world.client()
    post(client, "/login", page="/login", name=NAME, password="wrong password")
    assert not is_marked()
    client = world.staff()
    assert is_marked()
    post(client, "/logout", page="/inbox")
    assert not is_marked()
    client = world.staff()
    with world.database.begin() as connection:
        disable_account(connection, NAME)
    client.get("/inbox")
    assert not is_marked()
    client.set_cookie(MARKER, "1")  # made up: it opens nothing
    assert client.get("/inbox").status_code == 303


def test_the_marker_can_be_read_by_scripts_and_is_as_safe_as_the_site(world: StaffWorld, tmp_path: Path) -> None:
    def marker(world: StaffWorld, base: str) -> str:
        client = world.client()
        data = {"csrf_token": token_of(client.get("/login", base_url=base).get_data(as_text=True)), "name": NAME, "password": PASSWORD}
        headers = {"Referer": f"{base}/login"}
        response = client.post("/login", data=data, base_url=base, headers=headers)
        (found,) = (value for value in response.headers.getlist("Set-Cookie") if value.startswith(f"{MARKER}="))
        return found

    plain = marker(world, "http://localhost")
    assert plain.startswith(f"{MARKER}=1;") and "HttpOnly" not in plain and "SameSite=Lax" in plain and "Secure" not in plain
    secure = make_world(tmp_path / "secure", base_url="https://help.example.com")
    assert "Secure" in marker(secure, "https://help.example.com")


def test_a_database_that_cannot_be_read_is_said_in_a_page(world: StaffWorld) -> None:
    client = world.staff()
    assert world.database.file
    world.app.extensions["portal"].database.close()
    world.database.close()
    for path in world.settings.data.glob("kb.sqlite3*"):
        path.unlink()
    world.settings.data.joinpath("kb.sqlite3").write_bytes(b"not a database" * 100)
    response = client.get("/inbox")
    assert response.status_code == 503 and "Nothing can be stored right now" in response.get_data(as_text=True)
    assert client.get("/entries/hanging").status_code == 200

"""Requests that nobody would send in earnest: paths that lead out, addresses of others, split headers, guessed ids."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from api_world import REPORT, api_portal
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_world import running, write_site

ROOT = Path(__file__).parent.parent
SECRET = "what nobody may read"
ADDRESSES = (
    "/", "/ask", "/suggest", "/entries/{}", "/entries/{}.md", "/sections/{}", "/guides/{}", "/guides/{}/{}", "/conversations/{}",
    "/report", "/reports/{}", "/report/check", "/static/{}", "/files/{}", "/login", "/embed/ask", "/inbox/reports/{}", "/inbox/drafts/{}",
    "/api/v1/search", "/api/v1/entries/{}", "/api/v1/guides/{}", "/api/v1/{}", "/{}", "/healthz", "/sitemap.xml", "/robots.txt",
)  # fmt: skip
NAMES = ("q", "log", "c", "next", "section", "draft", "limit", "step", "entry", "guide", "tried", "exact", "page", "v")
ODD = st.sampled_from(
    ["../../../../etc/passwd", "..%2f..%2fsecret.key", "....//....//", "%00", "\x00", "\r\nSet-Cookie: a=b", "%0d%0aX-Evil: 1", "//evil.example",
     "\\\\evil.example", "https://evil.example/", "javascript:alert(1)", "<script>alert(1)</script>", "' OR 1=1 --", "\ud7ff\ufffe", "%",
     "a" * 3000, "-1", "999999999999999999999", "NaN", "{{7*7}}", "${7*7}", "\u202e", "con", "nul.md"]
) | st.text(max_size=40)  # fmt: skip
QUIET = settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("requests")
    (folder / "secret.txt").write_text(SECRET)
    more = {"asks_per_minute": 100_000, "reads_per_minute": 100_000, "reports_per_hour": 100_000}
    return api_portal(folder, **more).test_client()


@given(address=st.sampled_from(ADDRESSES), odd=ODD, values=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=3))
@QUIET
def test_any_address_is_answered_and_splits_no_header(
    client: FlaskClient, address: str, odd: str, values: dict[str, str]
) -> None:
    reply = client.get(address.replace("{}", quote(odd, safe="")), query_string=values)
    assert reply.status_code < 500, (address, odd, values)
    assert not {"Set-Cookie", "X-Evil"} & ({name for name in reply.headers.keys()} - {"Set-Cookie"})  # noqa: SIM118, C416
    assert all("a=b" not in value for value in reply.headers.getlist("Set-Cookie"))
    assert "<script>alert" not in reply.text
    where = reply.headers.get("Location", "/")
    assert where.startswith(("/", "http://localhost/")) and not where.startswith(("//", "/\\")), where


PATHS = ["../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "..%5csecret.txt", "%2e%2e%2f%2e%2e%2fetc/passwd", "/etc/passwd", "....//secret.txt",
         "..%252fsecret.txt", "..%c0%afsecret.txt", "keys/../../secret.txt", "%00../secret.txt", "kb.sqlite3", "../data/kb.sqlite3", "../data/secret.key"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("base", ["/files/", "/static/", "/entries/", "/sections/", "/embed/", "/"])
def test_no_path_leads_out_of_the_content(client: FlaskClient, base: str, path: str) -> None:
    reply = client.get(base + path)
    assert reply.status_code in (301, 308, 404, 405), reply.status
    assert SECRET not in reply.text and "root:" not in reply.text and "SQLite" not in reply.text


def test_the_server_itself_keeps_to_that(tmp_path: Path) -> None:
    """No client cleans these addresses up on the way."""
    (tmp_path / "secret.txt").write_text(SECRET)
    with running(write_site(tmp_path), tmp_path / "data", tmp_path / "log", workers=1) as server:
        for path in PATHS:
            for base in ("/files/", "/static/"):
                reply = server.ask(base + path)
                assert reply.status in (301, 308, 404, 405) and SECRET not in reply.text, (base, path)
        reply = server.ask("/ask?q=a%0d%0aX-Evil:%201")
        assert "x-evil" not in reply.headers
        assert "Traceback" not in server.log()


def test_no_host_header_leads_anybody_elsewhere(client: FlaskClient, tmp_path: Path) -> None:
    """Where the address of the portal is set, nothing a client says about it is repeated."""
    fixed = api_portal(tmp_path, base_url="https://help.example.com").test_client()
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    for address in (
        "/",
        "/sitemap.xml",
        "/robots.txt",
        "/opensearch.xml",
        "/report",
        "/login",
        "/inbox",
        "/entries/hanging",
    ):
        reply = fixed.get(address, headers=forged)
        assert "evil.example" not in reply.text and "evil.example" not in reply.headers.get("Location", ""), address


def test_private_links_cannot_be_guessed_and_numbers_open_nothing(client: FlaskClient) -> None:
    """Ids of what belongs to one person are random, of 96 bits or more, and what can be read out needs a login."""
    seen: set[str] = set()
    for number in range(30):
        reply = client.post("/api/v1/reports", json={"fields": REPORT | {"title": f"number {number}"}})
        token = reply.headers["Location"].rsplit("/", 1)[1]
        assert re.fullmatch(r"[\w-]{16,}", token)
        reference = reply.get_json()["report"]["reference"]
        assert client.get(f"/reports/{reference}").status_code == 404
        assert client.get(f"/inbox/reports/{reference}").status_code in (302, 303)
        talk = client.post("/api/v1/ask", json={"question": "remove the pass phrase"}).get_json()["conversation"]["id"]
        assert re.fullmatch(r"[\w-]{16,}", talk)
        seen |= {token, talk}
    assert len(seen) == 60
    assert len({token[:4] for token in seen}) > 50  # nothing counts up


FORBIDDEN_CALLS = {"eval", "exec", "compile", "system", "popen", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "xml", "lxml", "tarfile", "telnetlib", "ftplib"}


@pytest.mark.parametrize("path", sorted((ROOT / "kb").rglob("*.py")), ids=lambda path: path.name)
def test_nothing_that_runs_or_unpacks_what_others_wrote_is_used(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            is_method_of_re = isinstance(node.func, ast.Attribute) and name == "compile"
            assert name not in FORBIDDEN_CALLS or is_method_of_re, f"{path}:{node.lineno}: {name}"
            assert not any(key.arg == "shell" for key in node.keywords), f"{path}:{node.lineno}: shell"
            assert not any(key.arg == "allow_pickle" and getattr(key.value, "value", None) for key in node.keywords)
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not {name.partition(".")[0] for name in names} & FORBIDDEN_MODULES, f"{path}: {names}"

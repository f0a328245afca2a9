"""The portal behind nginx and httpd, below a path: nothing leads out of it, and nothing is believed of clients."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser
from proxy_world import httpd_command, in_front, nginx_command
from server_world import PATIENCE_S, Reply, Server, free_port, running, write_site

MOUNT = "/help"
_ADDRESSES = re.compile(r'(?:href|src|action|formaction|data-suggest|data-similar-place)="([^"]*)"')
Command = Callable[[Path, int, int], list[str]]


class Front:
    """A proxy, the portal behind it, and requests as a browser sends them."""

    def __init__(self, port: int, behind: Server) -> None:
        self.port, self.behind = port, behind
        self._through = Server(behind.process, port, Path("unused"))

    def ask(self, path: str, body: str | None = None, **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._through.ask(path, body, sent)


@pytest.fixture(scope="module", params=[nginx_command, httpd_command], ids=["nginx", "httpd"])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("proxy")
    folder.chmod(0o755)
    port = free_port()
    base_url = f"http://127.0.0.1:{port}{MOUNT}"
    with running(
        write_site(folder), folder / "data", folder / "log", base_url=base_url, trusted_proxies=1, embed_origins="https://a.example"
    ) as server:
        command: Command = request.param
        with in_front(command(folder, port, server.port), port, folder):
            yield Front(port, server)


def addresses(page: Reply, path: str) -> set[str]:
    """The paths on this host that a page leads to or loads."""
    found = {urlsplit(urljoin(f"http://portal{path}", item.replace("&amp;", "&"))) for item in _ADDRESSES.findall(page.text)}
    return {f"{item.path}?{item.query}".rstrip("?") for item in found if item.netloc == "portal" and item.scheme == "http"}


def test_every_link_and_asset_stays_below_the_path_and_leads_somewhere(front: Front) -> None:
    waiting, seen = [f"{MOUNT}/", f"{MOUNT}/ask?q=pass+phrase", f"{MOUNT}/embed", f"{MOUNT}/no-such-page"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        reply = front.ask(path)
        if reply.status in (302, 303):
            assert urlsplit(reply.headers["location"]).path.startswith(f"{MOUNT}/"), path
            continue
        posts = re.search(r"/(feedback|report/(check|similar|solved|text)|login|clear|tried)$", path)
        assert reply.status == 200 or posts or path.endswith("no-such-page"), (path, reply.status)
        if "text/html" in reply.headers["content-type"]:
            for item in addresses(reply, path):
                assert item == MOUNT or item.startswith(f"{MOUNT}/"), (path, item)
                waiting.append(item)
    assert {f"{MOUNT}/report", f"{MOUNT}/api", f"{MOUNT}/offline-copy.zip", f"{MOUNT}/guides/"} <= {path.partition("?")[0] for path in seen}


def test_the_path_without_a_slash_leads_to_the_portal(front: Front) -> None:
    reply = front.ask(MOUNT)
    assert reply.status == 301 and urlsplit(reply.headers["location"]).path == f"{MOUNT}/"


def test_a_question_by_form_starts_a_conversation_below_the_path(front: Front) -> None:
    reply = front.ask(f"{MOUNT}/ask", "q=pass+phrase", Content_Type="application/x-www-form-urlencoded")
    assert reply.status == 303 and reply.headers["location"].startswith(f"{MOUNT}/conversations/")
    page = front.ask(reply.headers["location"].partition("#")[0])
    assert page.status == 200 and f'action="{MOUNT}/ask"' in page.text


def test_questions_of_the_page_itself_are_taken_and_those_of_other_sites_refused(front: Front) -> None:
    own = f"http://127.0.0.1:{front.port}"
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert front.ask(f"{MOUNT}/ask", "q=pass+phrase", Origin=own, **form).status == 303
    assert front.ask(f"{MOUNT}/ask", "q=pass+phrase", Origin="https://evil.example", **form).status == 403


def test_the_cookie_of_the_form_is_for_the_path_alone_and_the_report_is_sent(front: Front) -> None:
    page = front.ask(f"{MOUNT}/report")
    cookie = SimpleCookie(page.headers["set-cookie"])["kb_session"]
    assert cookie["path"] == MOUNT
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    body = f"csrf_token={token[1]}&question=Why&title=It+hangs&messages=Timed+out"
    headers = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": f"kb_session={cookie.value}"}
    checked = front.ask(f"{MOUNT}/report", body, **headers)
    assert checked.status == 303 and checked.headers["location"].startswith(f"{MOUNT}/report/check?draft="), checked.text


def test_staff_pages_lead_to_the_login_below_the_path(front: Front) -> None:
    reply = front.ask(f"{MOUNT}/inbox/drafts")
    assert (reply.status, reply.headers["location"]) == (303, f"{MOUNT}/login?next=%2Finbox%2Fdrafts")


def test_what_machines_read_names_whole_addresses(front: Front) -> None:
    start = f"http://127.0.0.1:{front.port}{MOUNT}"
    assert f'template="{start}/ask?q={{searchTerms}}"' in front.ask(f"{MOUNT}/opensearch.xml").text
    assert f"<loc>{start}/entries/" in front.ask(f"{MOUNT}/sitemap.xml").text
    assert f"Sitemap: {start}/sitemap.xml" in front.ask(f"{MOUNT}/robots.txt").text
    assert f"({start}/entries/" in front.ask(f"{MOUNT}/llms.txt").text
    suggested = json.loads(front.ask(f"{MOUNT}/suggest?q=pass").text)[3]
    assert suggested and all(address.startswith(f"{MOUNT}/") for address in suggested)
    found = json.loads(front.ask(f"{MOUNT}/api/v1/search?q=pass+phrase").text)
    assert all(hit["url"].startswith(f"{MOUNT}/") for hit in found["hits"]) and found["hits"]
    assert json.loads(front.ask(f"{MOUNT}/api/v1/openapi.json").text)["servers"] == [{"url": MOUNT}]


def test_the_widget_may_be_framed_and_stays_in_its_frame(front: Front) -> None:
    reply = front.ask(f"{MOUNT}/embed")
    assert "frame-ancestors 'self' https://a.example" in reply.headers["content-security-policy"]
    assert f'action="{MOUNT}/embed/ask"' in reply.text
    assert front.ask(f"{MOUNT}/widget.js").status == 200


def test_what_only_operators_see_is_not_passed_on(front: Front) -> None:
    assert front.ask(f"{MOUNT}/metrics").status in (403, 404)
    assert front.behind.ask("/metrics").status == 200


def test_requests_keep_the_id_the_proxy_gave_them(front: Front) -> None:
    sent = front.ask(f"{MOUNT}/healthz", X_Request_Id="made-by-a-client").headers["x-request-id"]
    assert sent != "made-by-a-client"
    end = time.monotonic() + PATIENCE_S
    while f'"request_id": "{sent}"' not in front.behind.log():  # the line is written after the answer
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_client_cannot_say_who_it_is(front: Front) -> None:
    """The address it claims would be counted instead of its own, and rate limits would hold nobody."""
    replies = [
        front.ask(f"{MOUNT}/api/v1/search?q=key", X_Forwarded_For=f"192.0.2.{number}").headers["ratelimit"] for number in (1, 2)
    ]
    left = [int(re.findall(r"r=(\d+)", value)[0]) for value in replies]
    assert left[1] == left[0] - 1


def test_a_client_cannot_move_the_portal_elsewhere(front: Front) -> None:
    page = front.ask(f"{MOUNT}/", X_Forwarded_Prefix="/evil", X_Forwarded_Host="evil.example", Script_Name="/evil")
    assert page.status == 200 and "evil" not in page.text


def test_questions_with_slashes_arrive_as_they_were_typed(front: Front) -> None:
    page = front.ask(f"{MOUNT}/ask?q=%2Fetc%2Fssl+%26+%22key%22")
    assert page.status == 200 and "/etc/ssl &amp; &#34;key&#34;" in page.text


def test_more_than_the_portal_takes_is_refused(front: Front) -> None:
    reply = front.ask(f"{MOUNT}/ask", "q=" + "x" * 100_000, Content_Type="application/x-www-form-urlencoded")
    assert reply.status == 413


def test_a_browser_asks_below_the_path_with_suggestions(front: Front, browser: Browser) -> None:
    page = browser.new_context().new_page()
    failed: list[str] = []
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"http://127.0.0.1:{front.port}{MOUNT}/")
    page.get_by_role("combobox").first.fill("pass")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MOUNT}/conversations/**")
    page.get_by_role("link", name="Read the full entry").or_(page.locator("main a")).first.click()
    page.wait_for_url(f"**{MOUNT}/**")
    page.context.close()
    assert failed == []

"""The problem report over HTTP: filled in, mended, checked, sent once, and read again by the private link."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from portal_world import FakeKnowledgeBase, write_world
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from kb.conversation import ConversationTurn, Verdict
from kb.errors import StorageError
from kb.settings import Settings
from kb.store.conversations import add_turn, create_conversation, load_conversation, remove_item
from kb.store.database import Database
from kb.store.outbox import claim_deliveries, count_waiting
from kb.store.reports import handle_report, link_report, list_reports
from kb.store.verdicts import count_solved_by_similar, set_verdict
from kb.web import create_app

KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEpAIBAAKCAQEAx3Jf0aTz9KlmPq7RsVbNcYd2EoW5uGh8\n" * 6
    + "-----END RSA PRIVATE KEY-----"
)
MakeClient = Callable[..., FlaskClient]


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[MakeClient]:
    """A browser on a portal of the test's own, with settings."""
    content = write_world(tmp_path)
    apps: list[Flask] = []

    def make(**settings: object) -> FlaskClient:
        used = Settings(content=content, data=tmp_path / "data", **settings)  # type: ignore[arg-type]
        app = create_app(used, FakeKnowledgeBase(content))  # type: ignore[arg-type]
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        with suppress(StorageError):
            app.extensions["portal"].database.close()


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()


def database_of(client: FlaskClient) -> Database:
    database: Database = client.application.extensions["portal"].database
    return database


def token(client: FlaskClient, address: str = "/report") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found
    return found[1]


def fill(client: FlaskClient, **values: object) -> TestResponse:
    """Send the form."""
    sent: dict[str, object] = {"csrf_token": token(client), "versions": "2.4.71", "question": "strong matter", **values}
    data = {name.replace("_dump", "-dump"): value for name, value in sent.items()}
    boundary, body = encode_multipart(data)  # by hand: the client would leave large files open
    return client.post("/report", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def file(name: str, data: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(data), name)


def draft_of(response: TestResponse) -> str:
    assert response.status_code == 303, response.text
    return response.headers["Location"].removeprefix("/report/check?draft=")


def send(client: FlaskClient, draft: str, **more: str) -> TestResponse:
    return client.post("/report/check", data={"csrf_token": token(client), "draft": draft, **more})


def errors(text: str) -> list[tuple[str, str]]:
    """The summary's links: field and sentence."""
    return re.findall(r'<li><a href="#report-([\w-]+)">([^<]*)</a></li>', text)


def reports(client: FlaskClient) -> list[str]:
    with database_of(client).read() as connection:
        return [report.reference for report in list_reports(connection).items]


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# Filling in


def test_the_form_has_the_fields_of_the_template(client: FlaskClient) -> None:
    response = client.get("/report")
    text = response.text
    labels = [label.strip() for label in re.findall(r'<label for="report-[\w-]+">([^<]*)<', text)]
    order = ["Question", "Versions", "Backtrace", "What you have tried", "Log or error output", "Attach files"]
    assert [label for label in labels if label in order] == order
    assert "Did it dump core?" in text and ">httpd" in text and "1 command to find it out" in text
    assert "Filled in" not in text and response.headers["Cache-Control"] == "private, no-cache"
    assert 'href="/report/template"' in text and 'href="/report.md"' in text and 'href="/report.txt"' in text


def test_it_is_filled_in_from_an_address(client: FlaskClient) -> None:
    text = client.get("/report?q=why&entry=connection-refused&guide=guide-refused&step=listen").text
    assert "Filled in from your conversation: 1 question, 1 entry, 2 steps. Check it before you send it." in text
    assert "Read: Why is the connection &#34;refused&#34; &lt;here&gt;?" in text
    assert "Guide “Connection refused, step by step”, up to step 2 of 2" in text


def talk(client: FlaskClient) -> str:
    """A conversation: two questions, an entry, two steps."""
    with database_of(client).begin() as connection:
        talk_id = create_conversation(connection)
        add_turn(connection, talk_id, ConversationTurn(0, "Why is it refused?", "a log\nof two lines"))
        add_turn(connection, talk_id, ConversationTurn(0, "And then?"))
        set_verdict(connection, talk_id, Verdict("entry", "hanging", "no"))
        set_verdict(connection, talk_id, Verdict("step", "guide-refused/listen", "no"))
        set_verdict(connection, talk_id, Verdict("step", "guide-refused/is-it-refused", "cannot"))
    return talk_id


def test_it_is_filled_in_from_a_conversation(client: FlaskClient) -> None:
    talk_id = talk(client)
    text = client.get(f"/report?c={talk_id}").text
    assert "Filled in from your conversation: 2 questions, 1 entry, 2 steps. Check it before you send it." in text
    for line in (
        "And then?</textarea>", "Asked: Why is it refused?", "Entry “Why does it hang?”: did not help",
        "step “Does it listen?”: did not fix it", "step “Is it refused?”: could not be done", "a log\nof two lines",
    ):  # fmt: skip
        assert line in text
    draft = draft_of(fill(client, c=talk_id))
    with database_of(client).read() as connection:
        assert list_reports(connection).total == 0
    send(client, draft)
    with database_of(client).read() as connection:
        assert list_reports(connection).items[0].conversation_id == talk_id


def test_what_was_removed_from_the_conversation_is_not_filled_in(client: FlaskClient) -> None:
    talk_id = talk(client)
    with database_of(client).begin() as connection:
        remove_item(connection, talk_id, "question:2")
        remove_item(connection, talk_id, "entry:hanging")
    text = client.get(f"/report?c={talk_id}").text
    assert "1 question, 2 steps." in text and "did not help" not in text and "And then?" not in text
    assert "Why is it refused?</textarea>" in text


@pytest.mark.parametrize("conversation_id", ["nope", "%00", "x" * 300])
def test_a_conversation_that_is_gone_fills_in_nothing(client: FlaskClient, conversation_id: str) -> None:
    response = client.get(f"/report?c={conversation_id}")
    assert response.status_code == 200 and "Filled in" not in response.text


# Mending


def test_each_error_is_said_twice_and_every_value_is_kept(client: FlaskClient) -> None:
    response = fill(client, versions=" ", core_dump="yes", question="a <b> & c", log="x" * 90_000, tried="one\ntwo")
    text = response.text
    assert response.status_code == 422 and "<title>Error: " in text
    assert errors(text) == [
        ("versions", "Fill in “Versions”"),
        ("backtrace", "Fill in “Backtrace”. It is needed after a core dump."),
    ]
    for field, sentence in errors(text):
        assert f'id="report-{field}-error1"><span class="visually-hidden">Error: </span>{sentence}</p>' in text
        assert re.search(
            rf'id="report-{field}" [^>]*aria-describedby="[^"]*report-{field}-error1" aria-invalid="true"', text
        )
    assert "a &lt;b&gt; &amp; c" in text and "one\ntwo" in text and "x" * 90_000 in text
    assert 'value="yes" checked' in text
    assert "90,000 of 100,000 characters used" in text
    assert reports(client) == []


def test_a_private_key_is_refused_by_name_and_nothing_of_it_is_stored(client: FlaskClient, tmp_path: Path) -> None:
    response = fill(client, log=f"before\n{KEY}\nafter", files=[file("a.log", b"fine\n"), file("b.log", KEY.encode())])
    assert response.status_code == 422
    assert errors(response.text) == [
        ("log", "Log or error output contains a private key. Remove the lines from BEGIN to END."),
        ("files", "b.log contains a private key. Remove the lines from BEGIN to END."),
    ]
    assert "after" in response.text  # what was typed is still there to be mended
    assert "a.log" in response.text and 'name="keep"' in response.text
    stored = bytes_on_disk(tmp_path / "data")
    assert b"fine" in stored and b"aTz9KlmPq7" not in stored and b"PRIVATE KEY" not in stored


def test_other_secrets_are_masked_and_that_is_said(client: FlaskClient, tmp_path: Path) -> None:
    draft = draft_of(
        fill(client, log="DB_PASSWORD=hunter2hunter2", files=[file("a.conf", b"password = tops3cret99\n")])
    )
    text = client.get(f"/report/check?draft={draft}").text
    assert "Passwords, tokens and the like were taken out." in text and "DB_PASSWORD=[password removed]" in text
    stored = bytes_on_disk(tmp_path / "data")
    assert b"hunter2" not in stored and b"tops3cret99" not in stored


def test_files_that_cannot_be_taken_are_named(client: FlaskClient) -> None:
    sent = [
        file("core", b"\x7fELF\0\0"),
        file("big.log", b"x" * (1024 * 1024 + 1)),
        *[file(f"{n}.log", b"x") for n in range(6)],
    ]
    messages = [sentence for _, sentence in errors(fill(client, files=sent).text)]
    assert messages == [
        "core is not a text file. Attach text, such as a log or a backtrace.",
        "big.log is larger than 1 MiB. Keep the lines around the first error.",
        "Attach 5 files or fewer. Leave out 1.",
    ]


def test_a_body_that_is_too_large_is_a_page_with_the_limits(client: FlaskClient) -> None:
    response = client.post("/report", data=b"x" * (8 * 1024 * 1024), content_type="multipart/form-data; boundary=x")
    assert response.status_code == 413 and "1 MiB each" in response.text


def test_without_a_cookie_every_value_is_kept(client: FlaskClient) -> None:
    stranger = client.application.test_client()
    response = stranger.post("/report", data={"versions": "2.4", "question": "mine", "csrf_token": "x"})
    assert response.status_code == 400 and "the browser sent no cookie" in response.text and "mine" in response.text
    draft = draft_of(fill(client))
    response = stranger.post("/report/check", data={"draft": draft, "text": "# My text"})
    assert response.status_code == 400 and "The report was not sent" in response.text and "# My text" in response.text
    assert reports(client) == []


# Checking


def test_the_check_page_shows_everything_and_back_keeps_it(client: FlaskClient) -> None:
    draft = draft_of(
        fill(
            client, tried="one\ntwo", log="l", core_dump="yes", backtrace="#0 main", files=[file("../a.log", b"x\ny\n")]
        )
    )
    text = client.get(f"/report/check?draft={draft}").text
    for piece in ("strong matter", "2.4.71", "one\ntwo", "#0 main", "a.log", "x\ny", ">Yes<", "Send the report"):
        assert piece in text
    assert "../" not in text
    assert f'href="/report?draft={draft}#report-versions">Change' in text
    back = client.get(f"/report?draft={draft}").text
    for piece in (
        "strong matter",
        "2.4.71",
        "one\ntwo",
        "#0 main",
        "a.log",
        'value="yes" checked',
        'name="keep" value="0"',
    ):
        assert piece in back
    assert reports(client) == []


def test_files_stay_unless_they_are_unticked(client: FlaskClient) -> None:
    draft = draft_of(fill(client, files=[file("a.log", b"a"), file("b.log", b"b")]))
    again = draft_of(fill(client, draft=draft, keep=["1"], files=[file("c.log", b"c")]))
    text = client.get(f"/report/check?draft={again}").text
    assert again == draft
    assert re.findall(r"<summary>(\w\.log)", text) == ["b.log", "c.log"]


def test_a_form_with_faults_cannot_be_sent_past_the_check(client: FlaskClient) -> None:
    response = fill(client, versions="", files=[file("a.log", b"a")])
    found = re.search(r'name="draft" value="([^"]+)"', response.text)
    assert found
    for answer in (client.get(f"/report/check?draft={found[1]}"), send(client, found[1])):
        assert answer.status_code == 303 and answer.headers["Location"] == f"/report?draft={found[1]}"
    assert reports(client) == []


def test_similar_entries_are_shown_and_counted(client: FlaskClient) -> None:
    talk_id = talk(client)
    draft = draft_of(fill(client, c=talk_id))
    text = client.get(f"/report/check?draft={draft}").text
    assert re.findall(r'data-entry="([^"]*)"', text) == ["connection-refused", "hanging"]
    response = client.post("/report/solved", data={"csrf_token": token(client), "entry": "hanging", "draft": draft})
    assert response.status_code == 303
    page = client.get(response.headers["Location"]).text
    assert "Marked as solved" in page and ">Undo</button>" in page
    assert solved_by(client) == {"hanging": 1} and verdict(client, talk_id) == "yes"
    assert client.post("/report/solved", data={"csrf_token": token(client), "entry": "nope"}).status_code == 404


def solved_by(client: FlaskClient) -> dict[str, int]:
    with database_of(client).read() as connection:
        return count_solved_by_similar(connection)


def verdict(client: FlaskClient, talk_id: str) -> str:
    with database_of(client).read() as connection:
        found = load_conversation(connection, talk_id, 30)
    given = found and found.verdict("entry", "hanging")
    return given.verdict if given else ""


def solve(client: FlaskClient, **values: object) -> str:
    """Press "This solved it"; returns the address of the page that follows."""
    sent = {"csrf_token": token(client), "entry": "hanging", **values}
    response = client.post("/report/solved", data=sent, content_type="multipart/form-data")
    assert response.status_code == 303
    return response.headers["Location"]


def undo(client: FlaskClient, address: str) -> TestResponse:
    sent = dict(re.findall(r'name="(\w+)" value="([^"]+)"', client.get(address).text))
    return client.post("/report/solved/undo", data=sent)


def test_solved_can_be_undone_and_the_report_is_as_it_was(client: FlaskClient) -> None:
    talk_id = talk(client)
    draft = draft_of(fill(client, c=talk_id, log="my log", files=[file("a.log", b"a\n")]))
    address = solve(client, draft=draft)
    assert solve(client, draft=draft) == address and solved_by(client) == {"hanging": 1}  # sent twice
    response = undo(client, address)
    assert response.headers["Location"] == f"/report?draft={draft}"
    text = client.get(response.headers["Location"]).text
    assert 'value="2.4.71"' in text and "my log</textarea>" in text and "a.log" in text
    assert solved_by(client) == {} and verdict(client, talk_id) == "no"  # as it was before
    for again in (
        client.get(address),
        client.post("/report/solved/undo", data={"csrf_token": token(client), "draft": draft}),
    ):
        assert again.headers["Location"] == f"/report?draft={draft}"
    assert solved_by(client) == {} and verdict(client, talk_id) == "no"


def test_what_is_typed_survives_solved_and_undo(client: FlaskClient, tmp_path: Path) -> None:
    talk_id = talk(client)
    address = solve(
        client, question="half a", c=talk_id, log=KEY, files=file("a.log", b"a\n"), filled_from="1 question"
    )
    assert solved_by(client) == {"hanging": 1} and verdict(client, talk_id) == "yes"
    text = client.get(undo(client, address).headers["Location"]).text
    assert "half a</textarea>" in text and "a.log" in text and f'name="c" value="{talk_id}"' in text
    assert "from your conversation: 1 question." in text and "[private key removed]" in text
    database_of(client).checkpoint()
    assert b"MIIEpAIBAAKCAQEAx3Jf0a" not in bytes_on_disk(tmp_path / "data")


def test_a_report_that_is_sent_after_all_was_not_spared(client: FlaskClient) -> None:
    talk_id = talk(client)
    draft = draft_of(fill(client, c=talk_id))
    address = solve(client, draft=draft)
    sent = send(client, draft).headers["Location"]
    assert solved_by(client) == {} and verdict(client, talk_id) == "no"
    assert client.get(address).headers["Location"] == sent == undo_directly(client, draft)


def undo_directly(client: FlaskClient, draft: str) -> str:
    response = client.post("/report/solved/undo", data={"csrf_token": token(client), "draft": draft})
    return response.headers["Location"]


def test_solved_without_anything_to_return_to_has_no_undo(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Undo" not in client.get("/report/solved?entry=hanging&draft=gone").text
    monkeypatch.setattr("kb.web_report.save_draft", fail)
    address = solve(client, question="mine")
    assert address == "/report/solved?entry=hanging"
    text = client.get(address).text
    assert "Marked as solved" in text and "Undo" not in text
    assert client.post("/report/solved/undo", data={"csrf_token": token(client), "draft": "gone"}).status_code == 410
    assert client.post("/report/solved/undo", data={"draft": "gone"}).status_code == 400


def test_a_form_that_is_sent_twice_makes_one_draft(client: FlaskClient) -> None:
    first, second = draft_of(fill(client)), draft_of(fill(client))
    assert first == second != draft_of(fill(client, log="more"))
    assert send(client, first).headers["Location"] == send(client, second).headers["Location"]
    assert len(reports(client)) == 1
    assert draft_of(fill(client)) != first  # that one is sent


def test_similar_entries_as_a_piece_of_the_form(client: FlaskClient) -> None:
    text = client.post("/report/similar", data={"q": "strong matter"}).text
    assert "<html" not in text and re.findall(r'data-entry="([^"]*)"', text) == ["connection-refused", "hanging"]
    assert client.post("/report/similar", data={"q": "none of it"}).text.strip() == ""
    assert client.post("/report/similar", data={"q": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


# Sending


def test_sent_twice_it_is_one_report(client: FlaskClient) -> None:
    draft = draft_of(fill(client))
    first, second = send(client, draft), send(client, draft)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert len(reports(client)) == 1
    for address in (f"/report/check?draft={draft}", f"/report?draft={draft}"):  # and the way back leads there too
        assert client.get(address).headers["Location"] == first.headers["Location"]


def test_the_private_page_shows_the_report_and_its_status(client: FlaskClient) -> None:
    address = send(client, draft_of(fill(client, log="l <i>", files=[file("a.log", b"x\n")]))).headers["Location"]
    response = client.get(address)
    text, reference = response.text, reports(client)[0]
    assert re.fullmatch(r"R-\w{4}-\w{4}", reference)
    for piece in (
        "Report sent",
        f"Reference <strong>{reference}</strong>",
        "The team reads it by Friday.",
        ">Open<",
        "a.log",
    ):
        assert piece in text
    assert f"http://localhost{address}" in text and response.headers["Cache-Control"] == "private, no-cache"
    assert '<meta name="robots" content="noindex">' in text and "l &lt;i&gt;" in text
    for kind, start in (("md", f"# Problem report {reference}"), ("txt", f"Problem report {reference}")):
        copy = client.get(f"{address}.{kind}")
        assert copy.text.startswith(start) and "l <i>" in copy.text
        assert copy.headers["Content-Disposition"] == f'attachment; filename="{reference}.{kind}"'
    with database_of(client).begin() as connection:
        handle_report(connection, reference, "Anna")
        link_report(connection, reference, "hanging")
    text = client.get(address).text
    assert "Handled" in text and 'href="/entries/hanging">Why does it hang?' in text and "Anna" not in text


@pytest.mark.parametrize(
    "address", ["/reports/nope", "/reports/nope.md", "/reports/%00.txt", "/report/solved?entry=nope"]
)
def test_what_is_not_there(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_draft_that_is_gone_says_so(client: FlaskClient) -> None:
    for response in (client.get("/report/check?draft=nope"), client.get("/report?draft=nope"), send(client, "nope")):
        assert response.status_code == 410 and "This report is no longer kept" in response.text


def test_a_sent_report_goes_into_the_outbox_once(make_client: MakeClient) -> None:
    client = make_client(webhook_url="http://127.0.0.1:9/hook", webhook_secret="s" * 32)
    portal = client.application.extensions["portal"]
    portal.courier.start = portal.courier.wake = lambda: None  # nobody sends it meanwhile
    draft = draft_of(fill(client))
    send(client, draft)
    send(client, draft)
    with portal.database.begin() as connection:
        assert count_waiting(connection) == 1
        (delivery,) = claim_deliveries(connection, portal.settings, "test")
    assert delivery.event == "report.created" and delivery.payload["reference"] == reports(client)[0]


def fail(*_: object) -> None:
    raise StorageError("the database is gone")


def test_what_cannot_be_kept_is_there_to_copy(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = draft_of(fill(client))
    monkeypatch.setattr("kb.web_report.save_draft", fail)
    response = fill(client, log="my log", files=[file("a.log", b"a")])
    assert response.status_code == 503 and "The report was not sent" in response.text
    assert "my log" in response.text and "without the attached files" in response.text
    monkeypatch.setattr("kb.web_report.send_draft", fail)
    response = send(client, draft, text="# Problem report\n\nmine & yours")
    assert response.status_code == 503 and "mine &amp; yours" in response.text and "Try again" in response.text
    assert "users@example.org" in response.text
    copy = client.post("/report/text", data={"text": "mine & yours", "kind": "txt"})
    assert copy.text == "mine & yours\n" and "problem-report.txt" in copy.headers["Content-Disposition"]
    monkeypatch.undo()
    assert send(client, draft).status_code == 303


def test_too_many_reports_keep_the_text(make_client: MakeClient) -> None:
    client = make_client(reports_per_hour=1)
    draft = draft_of(fill(client))
    assert send(client, draft).status_code == 303
    response = send(client, draft_of(fill(client)), text="# my text")
    # an hour, or up to a sixtieth more
    said = re.search(r"Too many reports at once\. Try again in 6[01] minutes\.", response.text)
    assert response.status_code == 429 and said, response.text
    assert "# my text" in response.text and int(response.headers["Retry-After"]) > 3000


def test_the_form_is_there_without_a_database(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(database_url=f"sqlite:///{tmp_path}/content")  # a folder
    for address in ("/report", "/report?c=nope", "/report/template", "/report.md"):
        assert client.get(address).status_code == 200, address
    response = fill(client, question="kept")
    assert response.status_code == 503 and "kept" in response.text

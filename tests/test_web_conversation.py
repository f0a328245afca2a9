"""Conversations over HTTP, on a real knowledge base and a real database."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conversation_world import PASS_PHRASE, ask, logged, make_portal, portal_of, stored
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text as sql
from store_world import later

from kb.store.conversations import expire_conversations
from kb.web import create_app

KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7bq\n" * 4 + "-----END RSA PRIVATE KEY-----"
FollowUp = Callable[[], tuple[str, str]]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = make_portal(tmp_path)
    yield app
    portal_of(app).database.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.text
    assert status != 200 or "private" in response.headers["Cache-Control"]
    return response.text


# Asking


def test_a_question_is_answered_under_an_address_of_its_own(app: Flask, client: FlaskClient) -> None:
    address = ask(client, PASS_PHRASE)
    assert re.fullmatch(r"/conversations/[\w-]{22}#turn-1", address)
    text = page(client, address)
    assert 'data-level="strong"' in text and 'data-entry="remove-pass-phrase"' in text
    assert f"<title>{PASS_PHRASE} · Help</title>" in text
    assert "Ask another question" in text and "Start a new question" in text
    assert 'href="#turn-1">Go to the latest answer</a>' in text
    turn = stored(app, address).turns[0]
    assert (turn.question, turn.level, turn.entry_id) == (PASS_PHRASE, "strong", "remove-pass-phrase")
    assert [(item.text, item.source, item.level) for item in logged(app)] == [(PASS_PHRASE, "portal", "strong")]


def test_no_cookie_is_set_by_asking(client: FlaskClient) -> None:
    response = client.post("/ask", data={"q": PASS_PHRASE}, follow_redirects=True)
    assert "Set-Cookie" not in response.headers


def test_earlier_turns_are_folded_to_title_and_verdict(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    give = {"c": conversation.id, "target": "remove-pass-phrase", "verdict": "no", "back": "turn-1"}
    client.post("/feedback", data=give)
    text = page(client, ask(client, "Why does the connection hang?", conversation))
    assert text.count("data-level=") == 1  # the newest answer
    first, second = text.index('id="turn-1"'), text.index('id="turn-2"')
    folded = text[first:second]
    assert first < second
    assert f"<summary>{PASS_PHRASE} <span" in folded and "Did not help" in folded
    assert "data-passage" not in folded and "data-entry" not in folded and 'value="yes"' in folded
    assert re.findall(r' id="([^"]*)"', text) == list(dict.fromkeys(re.findall(r' id="([^"]*)"', text)))


def test_a_follow_up_is_searched_with_what_went_before_and_without_it_on_demand(
    app: Flask, client: FlaskClient
) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    address = ask(client, "and on windows?", conversation)
    text = page(client, address)
    assert f"Searched together with your earlier question: “{PASS_PHRASE}”" in text
    assert 'data-entry="remove-pass-phrase"' in text
    again = f"/conversations/{conversation.id}/turns/2"
    assert f'action="{again}"' in text
    assert client.post(again, data={"standalone": "1"}).headers["Location"] == address
    text = page(client, address)
    assert "Searched together" not in text and "Searched without your earlier questions." in text
    assert [turn.question for turn in stored(app, address).turns] == [PASS_PHRASE, "and on windows?"]
    client.post(again, data={})
    assert "Searched together with your earlier question" in page(client, address)


def test_a_new_question_leans_on_nothing(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    text = page(client, f"/conversations/{conversation.id}?new=1")
    assert 'name="standalone" value="1"' in text and "What you asked before is not searched with it." in text
    assert "What do you need help with?</label>" in text
    address = ask(client, "and on windows?", conversation, standalone="1")
    assert "Searched together" not in page(client, address)
    assert stored(app, address).turns[1].standalone


def test_a_correction_can_be_undone_in_place(app: Flask, client: FlaskClient) -> None:
    address = ask(client, "How do I remove the pass phrase from a privte key?")
    text = page(client, address)
    assert "Showing results for <em>private</em>." in text and "Search for “privte” instead" in text
    client.post(address.replace("#turn-", "/turns/"), data={"exact": "1"})
    text = page(client, address)
    assert "Showing results" not in text and "Searched exactly as typed." in text
    assert stored(app, address).turns[0].exact


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"q": " "}, "Enter a question or an error line"),
        ({"q": "x" * 501}, "Question must be 500 characters or less. Put longer output in the log field."),
        ({"q": "why", "log": "y" * 10_001}, "Log or error output must be 10,000 characters or less."),
    ],
)
def test_problems_are_said_on_the_conversation_and_nothing_is_lost(
    app: Flask, client: FlaskClient, values: dict[str, str], message: str
) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    response = client.post("/ask", data={"c": conversation.id, "after": "1", **values})
    assert response.status_code == 422
    text = response.text
    assert "<title>Error: " in text and text.count(message) == 2
    assert "data-level" in text and f'name="c" value="{conversation.id}"' in text
    if values["q"].startswith("x"):
        assert f'value="{"x" * 501}"' in text
    assert len(stored(app, f"/conversations/{conversation.id}").turns) == 1


def test_a_form_that_is_sent_twice_adds_one_turn(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    addresses = {ask(client, "Why does the connection hang?", conversation) for _ in range(3)}
    assert addresses == {f"/conversations/{conversation.id}#turn-2"}
    assert len(stored(app, addresses.pop()).turns) == 2
    assert len(logged(app)) == 2


def counts(app: Flask) -> dict[str, int]:
    with portal_of(app).database.read() as connection:
        tables = ("conversations", "turns", "verdicts", "questions")
        return {name: connection.execute(sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def at_once(app: Flask, address: str, data: dict[str, str], times: int = 4) -> list[str]:
    """Where a form leads that is sent several times at once, in threads of their own."""
    start = threading.Barrier(times)

    def send(_: int) -> str:
        start.wait()
        return app.test_client().post(address, data=data).headers["Location"]

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(send, range(times)))


def test_a_first_question_that_is_sent_twice_at_once_starts_one_conversation(app: Flask) -> None:
    (address,) = set(at_once(app, "/ask", {"q": PASS_PHRASE, "log": "a line"}))
    assert [turn.question for turn in stored(app, address).turns] == [PASS_PHRASE]
    assert counts(app) == {"conversations": 1, "turns": 1, "verdicts": 0, "questions": 1}


def test_two_server_processes_start_one_conversation_too(app: Flask, client: FlaskClient) -> None:
    other = create_app(portal_of(app).settings)  # knows of the first one what the data folder holds
    assert ask(client, PASS_PHRASE) == ask(other.test_client(), PASS_PHRASE)
    assert counts(app)["conversations"] == 1
    portal_of(other).database.close()


def test_people_who_ask_the_same_do_not_share_a_conversation(app: Flask) -> None:
    addresses = {
        app.test_client().post("/ask", data={"q": PASS_PHRASE, **more}, headers=headers, environ_base=place).location
        for more, headers, place in (
            ({}, {}, {}),
            ({"log": "mine"}, {}, {}),
            ({}, {"User-Agent": "Another/1.0"}, {}),
            ({}, {}, {"REMOTE_ADDR": "192.0.2.7"}),
        )
    }
    assert len(addresses) == 4


def test_who_goes_on_and_asks_the_same_anew_starts_another(app: Flask, client: FlaskClient) -> None:
    first = ask(client, PASS_PHRASE)
    ask(client, "Why does the connection hang?", stored(app, first))
    assert ask(client, PASS_PHRASE) != first
    second = ask(client, PASS_PHRASE)
    assert second == ask(client, PASS_PHRASE)
    client.post(f"/conversations/{stored(app, second).id}/clear")
    assert ask(client, PASS_PHRASE) not in (first, second)


def test_a_vote_that_is_sent_twice_at_once_is_one(app: Flask) -> None:
    form = {"target": "remove-pass-phrase", "verdict": "yes", "back": "turn-1", "q": PASS_PHRASE}
    (address,) = set(at_once(app, "/feedback", form))
    assert stored(app, address).is_solved
    assert counts(app) == {"conversations": 1, "turns": 1, "verdicts": 1, "questions": 0}


def test_the_first_page_is_the_same_for_everybody(app: Flask) -> None:
    pages = [app.test_client().get("/", headers={"User-Agent": name}) for name in ("One/1", "Two/2")]
    assert pages[0].text == pages[1].text and pages[0].headers["ETag"] == pages[1].headers["ETag"]
    assert "Set-Cookie" not in pages[0].headers


def test_secrets_are_masked_before_anything_is_stored(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    address = ask(client, "pass phrase https://joe:tellnobody@example.org/", log=KEY)
    turn = stored(app, address).turns[0]
    assert turn.log == "[private key removed]"
    assert "tellnobody" not in turn.question + page(client, address) + logged(app)[0].text
    portal_of(app).database.checkpoint()
    kept = (tmp_path / "data/kb.sqlite3").read_bytes()
    assert b"tellnobody" not in kept and b"MIIEow" not in kept


def test_questions_are_not_logged_when_the_setting_says_so(tmp_path: Path) -> None:
    app = make_portal(tmp_path, log_questions=False)
    client = app.test_client()
    address = ask(client, PASS_PHRASE)
    client.get("/ask?q=hanging")
    assert logged(app) == () and len(stored(app, address).turns) == 1
    portal_of(app).database.close()


def test_a_question_in_the_address_is_logged_without_a_conversation(app: Flask, client: FlaskClient) -> None:
    client.get("/ask", query_string={"q": PASS_PHRASE})
    found = logged(app)[0]
    assert (found.source, found.conversation_id, found.entry_id) == ("ask-page", "", "remove-pass-phrase")


def test_programs_get_the_address_as_json(client: FlaskClient) -> None:
    response = client.post("/ask", data={"q": PASS_PHRASE}, headers={"Accept": "application/json"})
    assert response.status_code == 200 and re.fullmatch(r"/conversations/[\w-]+#turn-1", response.json["url"])


def test_most_asked_entries_stand_on_the_first_page(app: Flask, client: FlaskClient) -> None:
    assert "Asked most often" not in client.get("/").text
    for question in (PASS_PHRASE, PASS_PHRASE.removesuffix("?"), "Why does the connection hang?"):
        ask(client, question)
    portal_of(app)._most_asked_until = 0.0  # a minute later
    text = client.get("/").text
    block = text[text.index("Asked most often") : text.index("</ol>")]
    assert re.findall(r'href="([^"]*)"', block) == ["/entries/remove-pass-phrase", "/entries/hanging"]


# Ended, forged, flooded, without a database


def test_an_expired_conversation_says_so_and_keeps_the_question(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    with portal_of(app).database.begin() as connection:
        expire_conversations(connection, 1, later(days=3000))
    text = page(client, f"/conversations/{conversation.id}", 410)
    assert "This conversation has ended" in text and "Ask again to start a new one." in text
    response = client.post("/ask", data={"c": conversation.id, "q": "is this kept?", "log": "and this"})
    assert response.status_code == 410
    assert 'value="is this kept?"' in response.text and "and this</textarea>" in response.text
    assert 'name="c"' not in response.text  # asking again starts a new one
    page(client, "/conversations/nope", 404)
    page(client, f"/conversations/{'x' * 200}", 404)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}]
)  # fmt: skip
def test_other_sites_cannot_ask_or_vote(app: Flask, client: FlaskClient, headers: dict[str, str]) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    start = f"/conversations/{conversation.id}"
    for address in (
        "/ask",
        "/feedback",
        f"{start}/tried",
        f"{start}/clear",
        f"{start}/turns/1",
        "/guides/guide-steps/why",
    ):
        response = client.post(address, data={"q": "why"}, headers=headers)
        assert response.status_code == 403, address
        assert "It came from another site." in response.text
    assert len(stored(app, start).turns) == 1


def test_own_pages_may_ask(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert client.post("/ask", data={"q": "why"}, headers=headers).status_code == 303


def test_too_many_questions_are_refused_with_the_time_to_wait(tmp_path: Path) -> None:
    app = make_portal(tmp_path, asks_per_minute=2)
    client = app.test_client()
    for _ in range(2):
        assert client.post("/ask", data={"q": "why"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303
    response = client.post("/ask", data={"q": "why"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert "Too many questions at once" in response.text
    assert f"Try again in {response.headers['Retry-After']} second" in response.text
    assert client.post("/ask", data={"q": "why"}, environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 303
    portal_of(app).database.close()


def test_reading_and_answers_survive_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("this is no database, and it is longer than a header of one " * 20)
    app = make_portal(tmp_path, database_url=f"sqlite:///{tmp_path}/broken")
    client = app.test_client()
    for address in (
        "/",
        "/entries/hanging",
        "/entries/hanging?c=abc",
        "/guides/guide-steps/why?c=abc",
        "/sections/keys",
    ):
        response = client.get(address)
        assert response.status_code == 200, address
        assert "Set-Cookie" not in response.headers and response.headers["Cache-Control"] == "no-cache"
    response = client.post("/ask", data={"q": "Why does the connection hang?"})
    assert response.headers["Location"] == "/ask?q=Why+does+the+connection+hang%3F"
    assert 'data-entry="hanging"' in client.get(response.headers["Location"]).text
    assert (
        'data-entry="hanging"'
        in client.post("/ask", data={"q": "Why does the connection hang?", "log": "x\n" * 900}).text
    )
    response = client.post("/guides/guide-steps/why", data={"verdict": "no"})
    assert response.headers["Location"] == "/guides/guide-steps/log"
    response = client.get("/conversations/whatever")
    assert response.status_code == 503 and "Nothing can be stored right now" in response.text
    assert str(tmp_path) not in response.text


# Feedback


def vote(client: FlaskClient, conversation_id: str, verdict: str, **more: str) -> str:
    values = {"c": conversation_id, "target": "remove-pass-phrase", "back": "turn-1", "verdict": verdict, **more}
    response = client.post("/feedback", data=values)
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def test_yes_marks_as_solved_and_can_be_undone(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    address = vote(client, conversation.id, "yes")
    assert address == f"/conversations/{conversation.id}#feedback-1"
    text = page(client, address)
    assert "Marked as solved." in text and 'value="yes" aria-pressed="true"' in text and 'value="undo">Undo' in text
    assert stored(app, address).is_solved
    assert "Marked as solved." not in page(client, vote(client, conversation.id, "undo"))
    assert stored(app, address).verdicts == ()


def test_no_offers_the_next_ways_in_order_and_can_be_changed(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    text = page(
        client, vote(client, conversation.id, "no", reason="no-change", note="token=abcdefghijklmnopqrstuvwx1234567890")
    )
    ways = text[text.index("next-ways") : text.index("Say why it did not help")]
    order = [
        "Work through it step by step",
        "Look at the next entry",
        "Say what happened instead",
        "Write a problem report",
    ]
    places = [ways.index(words) for words in order]
    assert places == sorted(places)
    assert f'href="/report?c={conversation.id}">Write' in ways and 'href="#box-question"' in ways
    verdict = stored(app, f"/conversations/{conversation.id}").verdicts[0]
    assert (verdict.verdict, verdict.reason) == ("no", "no-change") and "abcdefghij" not in verdict.note
    assert 'value="no-change" checked' in text
    assert 'value="yes" aria-pressed="true"' in page(client, vote(client, conversation.id, "yes"))
    assert len(stored(app, f"/conversations/{conversation.id}").verdicts) == 1


def test_unknown_votes_are_refused(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    for values in ({"target": "nope", "verdict": "yes"}, {"target": "hanging", "verdict": "maybe"}):
        assert client.post("/feedback", data={"c": conversation.id, **values}).status_code == 422
    assert client.post("/feedback", data={"c": "nope", "target": "hanging", "verdict": "yes"}).status_code == 404
    vote(client, conversation.id, "no", reason="<script>")
    assert stored(app, f"/conversations/{conversation.id}").verdicts[0].reason == ""


def test_feedback_on_an_answer_without_a_conversation_starts_one(app: Flask, client: FlaskClient) -> None:
    text = client.get("/ask", query_string={"q": PASS_PHRASE}).text
    assert f'name="q" value="{PASS_PHRASE}"' in text
    values = {"q": PASS_PHRASE, "target": "remove-pass-phrase", "back": "turn-1", "verdict": "yes"}
    address = client.post("/feedback", data=values).headers["Location"]
    conversation = stored(app, address)
    assert [turn.question for turn in conversation.turns] == [PASS_PHRASE] and conversation.is_solved
    assert len(logged(app)) == 1  # it was logged when the page was shown


def test_feedback_on_an_entry_page(app: Flask, client: FlaskClient) -> None:
    plain = client.get("/entries/hanging")
    assert "Did that fix it?" in plain.text and "?c=" not in plain.text
    response = client.post("/feedback", data={"target": "hanging", "back": "entry", "verdict": "no"})
    conversation = stored(app, response.headers["Location"])
    assert response.headers["Location"] == f"/entries/hanging?c={conversation.id}#feedback"
    text = page(client, response.headers["Location"])
    assert 'value="no" aria-pressed="true"' in text and "Back to your conversation" in text
    assert f'href="/report?c={conversation.id}"' in text and f'name="c" value="{conversation.id}"' in text
    assert conversation.turns == () and conversation.verdict("entry", "hanging")
    assert "No questions in this conversation yet." in page(client, f"/conversations/{conversation.id}")


def test_an_address_of_an_unknown_conversation_shows_the_page_itself(client: FlaskClient) -> None:
    for address in ("/entries/hanging", "/guides/guide-steps", "/guides/guide-steps/why", "/guides/guide-steps/solved"):
        assert client.get(f"{address}?c=nope").text == client.get(address).text


# What was tried


def test_items_can_be_removed_and_put_back(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    vote(client, conversation.id, "no")
    address = f"/conversations/{conversation.id}/tried"
    for key in ("question:1", "entry:remove-pass-phrase"):
        assert f'value="{key}"' in page(client, f"/conversations/{conversation.id}")
    client.post(address, data={"key": "question:1", "change": "remove"})
    text = page(client, f"/conversations/{conversation.id}")
    assert f"Removed: {PASS_PHRASE}" in text and ">Undo</button>" in text
    assert stored(app, address).removed == {"question:1"}
    client.post(address, data={"key": "question:1", "change": "restore"})
    assert stored(app, address).removed == frozenset()
    for values in ({"key": "question:9", "change": "remove"}, {"key": "question:1", "change": "eat"}):
        assert client.post(address, data=values).status_code == 422


def test_a_conversation_is_cleared_after_a_question(app: Flask, client: FlaskClient) -> None:
    conversation = stored(app, ask(client, PASS_PHRASE))
    address = f"/conversations/{conversation.id}/clear"
    text = page(client, address)
    assert "Clear this conversation?" in text and "This cannot be undone." in text and "Keep it" in text
    words = "Its 1 question, the answers and what you have tried are deleted."
    dialog = re.search("<dialog.*?</dialog>", page(client, f"/conversations/{conversation.id}"), re.S)
    assert words in text and dialog and words in dialog[0] and f'action="{address}"' in dialog[0]
    assert client.post(address).headers["Location"] == "/"
    page(client, f"/conversations/{conversation.id}", 404)
    with portal_of(app).database.read() as connection:
        assert connection.execute(sql("SELECT count(*) FROM turns")).scalar() == 0


# The passage


def test_the_marked_text_is_a_verbatim_part_of_the_entry(app: Flask, client: FlaskClient) -> None:
    text = page(client, ask(client, PASS_PHRASE))
    marked = re.search(r"<mark>(.*?)</mark>", text)
    link = re.search(r'href="(/entries/remove-pass-phrase\?c=[\w-]+#[\w-]+)">Read the full entry', text)
    assert marked and link
    words = re.sub(r"<[^>]*>", "", marked.group(1))
    entry = page(client, link.group(1).split("#")[0])
    passage = entry[entry.index(f'id="{link.group(1).split("#")[1]}"') :]
    assert words in re.sub(r"<[^>]*>", "", passage)

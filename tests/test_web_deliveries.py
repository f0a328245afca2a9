"""Deliveries that were given up, as the support team sees them and tries them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from delivery_world import Mailbox, free_port, mail_server, wait_for
from flask.testing import FlaskClient
from staff_world import NOW, REFERENCE, StaffWorld, fill, give_up, make_world, post

from kb.store.outbox import add_delivery, count_given_up, count_waiting, load_delivery, mark_delivered

PAGE = "/inbox/deliveries"


@pytest.fixture
def world(tmp_path: Path) -> StaffWorld:
    made = make_world(tmp_path)
    fill(made)
    return made


@pytest.fixture
def client(world: StaffWorld) -> FlaskClient:
    return world.staff()


def text_of(client: FlaskClient, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_what_was_given_up_says_what_where_why_and_when(world: StaffWorld, client: FlaskClient) -> None:
    give_up(world, {"reference": REFERENCE, "title": "The flux <b>hums</b>"}, "the mail server at mail:25 is not there")
    page = text_of(client)
    for part in (
        f'<a href="/inbox/reports/{REFERENCE}">The flux &lt;b&gt;hums&lt;/b&gt;</a>', REFERENCE, "The mail server at mail:25 is not there.",
        "Mail, which is no longer set up", "Given up, 1 to 1 of 1, newest first", f'<time datetime="{NOW.isoformat()}">',
        "No delivery waits to be sent.",
    ):  # fmt: skip
        assert part in page, part
    assert "Try all again" not in page  # there is one only


def test_the_inbox_counts_what_was_given_up_and_is_silent_when_nothing_was(
    world: StaffWorld, client: FlaskClient
) -> None:
    for address in ("/inbox", "/inbox/questions"):
        assert PAGE not in text_of(client, address)
    assert "Nothing was given up." in text_of(client)
    ids = [give_up(world, {"reference": REFERENCE, "title": "x"}) for _ in range(2)]
    for address in ("/inbox", "/inbox/questions", PAGE):
        assert '2<span class="visually-hidden"> given up</span>' in text_of(client, address)
    with world.database.begin() as connection:
        add_delivery(connection, "webhook", "report.created", {}, NOW)
    assert "1 delivery waits to be sent, the oldest since" in text_of(client)
    post(client, f"{PAGE}/{ids[0]}/retry", page=PAGE)
    assert '1<span class="visually-hidden"> given up</span>' in text_of(client, "/inbox")


def test_one_is_tried_again_and_pressing_twice_is_no_fault(world: StaffWorld, client: FlaskClient) -> None:
    first, second = (give_up(world, {"reference": REFERENCE, "title": "x"}) for _ in range(2))
    for _ in range(2):
        page = post(client, f"{PAGE}/{first}/retry", page=PAGE, follow=True).get_data(as_text=True)
        assert "It is being tried again." in page and 'role="alert"' not in page
    with world.database.begin() as connection:
        found, other = load_delivery(connection, first), load_delivery(connection, second)
        assert found and other and (found.failed_at, found.attempts) == ("", 0) and other.failed_at
        connection.exec_driver_sql(f"UPDATE outbox SET leased_by = 'a' WHERE id = {first}")
        mark_delivered(connection, first, "a")
    assert "It was delivered." in post(client, f"{PAGE}/{first}/retry", follow=True).get_data(as_text=True)
    assert post(client, f"{PAGE}/999/retry").status_code == 404


def test_all_are_tried_again(world: StaffWorld, client: FlaskClient) -> None:
    for _ in range(30):
        give_up(world, {"reference": REFERENCE, "title": "x"})
    page = text_of(client)
    assert "Try all again" in page and "Page 1 of 2" in page and page.count(">Try again<") == 25
    assert text_of(client, f"{PAGE}?page=2").count(">Try again<") == 5
    page = post(client, f"{PAGE}/retry", page=PAGE, follow=True).get_data(as_text=True)
    assert "30 deliveries are being tried again." in page and "30 deliveries wait to be sent" in page
    with world.database.read() as connection:
        assert (count_given_up(connection), count_waiting(connection)) == (0, 30)
    assert "Nothing was left." in post(client, f"{PAGE}/retry", page=PAGE, follow=True).get_data(as_text=True)


@pytest.mark.parametrize("action", ["retry", "1/retry"])
def test_the_address_of_an_action_leads_to_the_list(client: FlaskClient, action: str) -> None:
    assert client.get(f"{PAGE}/{action}").headers["Location"] == PAGE


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[tuple[StaffWorld, Mailbox]]:
    """A world that mails its reports to a server that is there."""
    mailbox, port = Mailbox(), free_port()
    with mail_server(mailbox, port=port):
        settings = {
            "mail_host": "127.0.0.1", "mail_port": port, "mail_security": "none", "mail_from": "kb@example.org",
            "mail_to": "help@example.org",
        }  # fmt: skip
        world = make_world(tmp_path, **settings)
        fill(world)
        try:
            yield world, mailbox
        finally:
            world.app.extensions["portal"].courier.stop()


def test_what_is_tried_again_is_sent_at_once(mailing: tuple[StaffWorld, Mailbox]) -> None:
    world, mailbox = mailing
    payload = {"reference": REFERENCE, "title": "The flux hums", "sent_at": NOW.isoformat(), "url": "", "text": "It hums.", "markdown": "It hums."}
    give_up(world, payload)
    client = world.staff()
    page = text_of(client)
    assert "Mail to help@example.org" in page
    post(client, f"{PAGE}/retry", page=PAGE)
    wait_for(lambda: mailbox.mails)
    assert mailbox.mails[0].rcpt_tos == ["help@example.org"]

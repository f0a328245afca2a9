"""What waits for the support team."""

from __future__ import annotations

from pathlib import Path

import pytest
from staff_world import NAME, REFERENCE, fill, give_up, make_world

from kb.inbox_counts import InboxCounts, count_inbox, unanswered_groups
from kb.portal import Portal
from kb.store.outbox import retry_given_up
from kb.store.questions import handle_question
from kb.store.reports import handle_report


def test_what_waits_is_counted_and_what_was_handled_is_not(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    portal = Portal(world.settings)
    assert count_inbox(portal, unanswered_groups(portal)) == InboxCounts(0, 0, 0, False)
    fill(world)
    groups = unanswered_groups(portal)
    assert count_inbox(portal, groups) == InboxCounts(2, 4, 0, False)
    with world.database.begin() as connection:
        handle_report(connection, REFERENCE, NAME)
        handle_question(connection, groups[0].key, NAME)
    give_up(world, {"reference": REFERENCE, "title": "x"})
    assert count_inbox(portal, unanswered_groups(portal)) == InboxCounts(1, 3, 1, True)
    with world.database.begin() as connection:
        retry_given_up(connection)
    assert count_inbox(portal, groups) == InboxCounts(1, 4, 0, True)  # one waits to be sent
    portal.database.close()


@pytest.mark.parametrize(
    "ways",
    [
        {"webhook_url": "https://hooks.example.org/x", "webhook_secret": "x" * 16},
        {"mail_host": "mail.example.org", "mail_from": "kb@example.org", "mail_to": "help@example.org"},
    ],
)
def test_where_a_way_of_delivery_is_set_up_there_is_something_to_see(tmp_path: Path, ways: dict[str, str]) -> None:
    world = make_world(tmp_path, **ways)
    portal = Portal(world.settings)
    assert count_inbox(portal, ()) == InboxCounts(0, 0, 0, True)
    portal.database.close()

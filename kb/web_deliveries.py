"""Deliveries that were given up: what they are about, and trying them again."""

from __future__ import annotations

from flask import Response, abort

from kb import pages_staff, staff_links
from kb.delivery_rows import delivery_row
from kb.inbox_counts import count_inbox, unanswered_groups
from kb.pages import plural
from kb.portal import current_portal
from kb.staff_site import desk, done, moved, page, page_number, staff_site
from kb.store import outbox

PAGE_SIZE = 25


@staff_site.get("/inbox/deliveries")
def deliveries() -> Response:
    portal = current_portal()
    counts = count_inbox(portal, unanswered_groups(portal))
    with portal.database.read() as connection:
        found = outbox.list_given_up(connection, page_number(), PAGE_SIZE)
        waiting = outbox.count_waiting(connection), outbox.oldest_waiting_at(connection)
    rows = [delivery_row(portal.settings, delivery) for delivery in found.items]
    return page(pages_staff.deliveries_page(desk(), found, rows, counts, *waiting))


@staff_site.post("/inbox/deliveries/retry")
def retry_all() -> Response:
    """Make everything that was given up due again; nothing given up is no fault, somebody else may have been faster."""
    portal = current_portal()
    with portal.database.begin() as connection:
        count = outbox.retry_given_up(connection)
    _wake()
    is_one = "is" if count == 1 else "are"
    message = f"{plural(count, 'delivery', 'deliveries')} {is_one} being tried again." if count else "Nothing was left."
    return done(staff_links.DELIVERIES, message)


@staff_site.post("/inbox/deliveries/<int:delivery_id>/retry")
def retry_one(delivery_id: int) -> Response:
    """The same for one delivery. Whoever presses twice, or second, is told how it stands."""
    with current_portal().database.begin() as connection:
        is_due = outbox.retry_given_up(connection, delivery_id=delivery_id)
        found = outbox.load_delivery(connection, delivery_id)
    if found is None:
        abort(404)
    if is_due:
        _wake()
    return done(staff_links.DELIVERIES, "It was delivered." if found.delivered_at else "It is being tried again.")


@staff_site.get("/inbox/deliveries/retry")
@staff_site.get("/inbox/deliveries/<int:delivery_id>/retry")
def back_to_deliveries(delivery_id: int = 0) -> Response:
    """Where a reload leads to whose form needed a login."""
    return moved(staff_links.DELIVERIES)


def _wake() -> None:
    courier = current_portal().courier
    if courier is not None:
        courier.wake()

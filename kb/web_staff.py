"""The pages of the support team: login and logout, and the modules with the rest."""

from __future__ import annotations

from flask import Response, request, session

from kb import pages_staff, staff_links, staff_login, web_deliveries, web_drafts, web_inbox, web_insights
from kb.guards import client_address
from kb.portal import current_portal
from kb.responses import typed
from kb.staff_site import desk, done, find_account, moved, page, refusal, remove_marker, set_marker, staff_site
from kb.store.staff import LONGEST_NAME

__all__ = ["staff_site", "web_deliveries", "web_drafts", "web_inbox", "web_insights"]  # importing the modules adds their routes


@staff_site.get("/login")
def login() -> Response:
    after = staff_links.own_path(typed(request.args, "next"))
    if find_account() is not None:
        return moved(after)
    return page(pages_staff.login_page(desk(), after))


@staff_site.post("/login")
def log_in() -> Response:
    """The same answer, after the same time, for a name that does not exist and for a wrong password."""
    after = staff_links.own_path(typed(request.form, "next"))
    name, password = typed(request.form, "name"), request.form.get("password", "")
    if not name or not password:
        why = refusal("Enter your name and your password.", "login-password" if name else "login-name")
        return page(pages_staff.login_page(desk(why), after), 422)
    portal = current_portal()
    result = staff_login.log_in(
        portal.database, portal.settings, name[: 4 * LONGEST_NAME], password, client=client_address()
    )
    if result.account is None:
        why = refusal(result.problem, "login-name")
        answer = page(pages_staff.login_page(desk(why), after), 429 if result.wait_seconds else 422)
        if result.wait_seconds:
            answer.headers["Retry-After"] = str(result.wait_seconds)
        return answer
    session.clear()  # nothing of whoever used this browser before
    session["staff"] = result.token
    answer = moved(after)
    set_marker(answer)
    return answer


@staff_site.post("/logout")
def log_out() -> Response:
    token = session.get("staff")
    if isinstance(token, str):
        staff_login.log_out(current_portal().database, token)
    session.clear()
    answer = done(staff_links.LOGIN, "Logged out.")
    remove_marker(answer)
    return answer

"""The pages of the support team: login and logout, and the modules with the rest."""

from __future__ import annotations

from flask import Response, request, session

from kb import pages_staff, staff_links, staff_login, web_drafts, web_inbox, web_insights
from kb.portal import current_portal
from kb.responses import typed
from kb.staff_site import desk, done, find_account, moved, page, staff_site
from kb.store.staff import LONGEST_NAME

__all__ = ["staff_site", "web_drafts", "web_inbox", "web_insights"]  # importing the modules adds their routes


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
        problem = "Enter your name and your password."
        return page(pages_staff.login_page(desk(), after, name, problem), 422)
    portal = current_portal()
    result = staff_login.log_in(portal.database, portal.settings, name[: 4 * LONGEST_NAME], password)
    if result.account is None:
        answer = page(pages_staff.login_page(desk(), after, name, result.problem), 429 if result.wait_seconds else 422)
        if result.wait_seconds:
            answer.headers["Retry-After"] = str(result.wait_seconds)
        return answer
    session.clear()  # nothing of whoever used this browser before
    session["staff"] = result.token
    return moved(after)


@staff_site.post("/logout")
def log_out() -> Response:
    token = session.get("staff")
    if isinstance(token, str):
        staff_login.log_out(current_portal().database, token)
    session.clear()
    return done(staff_links.LOGIN, "Logged out.")

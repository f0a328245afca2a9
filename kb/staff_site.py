"""What the routes of the support team share: the login they need, the page's frame, and notices with their Undo.

Every answer of this blueprint is private: not stored by browsers and proxies, not listed by search engines.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, redirect, request, session

from kb import staff_links
from kb.guards import form_token
from kb.pages_staff import Desk, Notice
from kb.portal import current_portal
from kb.responses import html_response
from kb.staff_login import logged_in
from kb.store.staff import Account

OPEN = frozenset(("staff_site.login", "staff_site.log_in", "staff_site.log_out"))  # endpoints without a login
_KEPT = ("entry", "question", "section", "wording")  # fields whose values come back when an action is refused
_LONGEST_KEPT = 600  # characters; a cookie holds 4,000
staff_site = Blueprint("staff_site", __name__)


@staff_site.before_request
def require_login() -> Response | None:
    """Send whoever is not logged in to the login, and from there back to where they wanted to go."""
    if request.endpoint in OPEN:
        return None
    account = find_account()
    if account is None:
        is_page = request.method in ("GET", "HEAD")
        session.pop("staff", None)
        return moved(staff_links.login(request.full_path.rstrip("?") if is_page else form_page()))
    g.account = account
    return None


@staff_site.after_request
def keep_private(response: Response) -> Response:
    """Nobody but the one who asked gets to see it, and only now."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Vary"] = "Cookie"
    return response


def find_account() -> Account | None:
    """Who is logged in; None for nobody. Raises StorageError."""
    token = session.get("staff")
    if not isinstance(token, str):
        return None
    portal = current_portal()
    return logged_in(portal.database, portal.settings, token)


def staff_name() -> str:
    """The name of whoever is logged in."""
    return str(g.account.name)


def desk() -> Desk:
    """The frame of the page that answers this request, with the notice of the action before."""
    stored = session.pop("notice", None)
    notice = Notice(**stored) if stored else None
    portal = current_portal()
    name = g.account.name if "account" in g else ""
    return Desk(portal.shelf().frame, name, form_token(), notice, portal.knowledge_base.problems() if name else ())


def page(text: str, status: int = 200) -> Response:
    """A page as the answer."""
    return html_response(text, status, private=True)


def moved(address: str) -> Response:
    """The answer that leads on to `address`."""
    return redirect(address, 303)  # type: ignore[return-value]


def done(address: str, message: str, undo: str = "", fields: Mapping[str, str] | None = None) -> Response:
    """The end of an action: go to `address`, which says what was done and offers to undo it."""
    session["notice"] = {"message": message, "undo": undo, "fields": dict(fields or {})}
    return moved(address)


def refused(address: str, message: str) -> Response:
    """The end of an action that could not be done: go to `address`, which says why and keeps what was typed."""
    kept = {name: request.form[name][:_LONGEST_KEPT] for name in _KEPT if name in request.form}
    session["notice"] = {"message": message, "is_problem": True, "fields": kept}
    return moved(address)


def form_page() -> str:
    """The page whose form was sent: its address is the action's without the last part."""
    return request.path.rpartition("/")[0] or staff_links.INBOX

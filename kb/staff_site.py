"""What the routes of the support team share: the login they need, the page's frame, and notices with their Undo.

Every answer of this blueprint is private: not stored by browsers and proxies, not listed by search engines.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, current_app, g, redirect, request, session

from kb import staff_links
from kb.guards import form_token
from kb.mounting import current_mount
from kb.pages_staff import Desk, Notice, Refusal
from kb.portal import current_portal
from kb.responses import html_response
from kb.staff_login import logged_in
from kb.store.staff import Account

OPEN = frozenset(("staff_site.login", "staff_site.log_in", "staff_site.log_out"))  # endpoints without a login
MARKER = "kb_staff"  # cookie; static/page.js looks for it
_NEVER_SHOWN = ("csrf_token", "password")  # all else that was filled in comes back when an action is refused
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
        answer = moved(staff_links.login(request.full_path.rstrip("?") if is_page else form_page()))
        remove_marker(answer)
        return answer
    g.account = account
    return None


@staff_site.after_request
def keep_private(response: Response) -> Response:
    """Nobody but the one who asked gets to see it, and only now."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Vary"] = "Cookie"
    return response


def set_marker(answer: Response) -> None:
    """Let the script of the reading pages know that this browser logged in.

    Those pages are the same for everybody and kept by browsers and proxies, so the server cannot say it there. The cookie
    opens nothing: whoever sets it by hand is asked for a password.
    """
    is_secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(MARKER, "1", path=current_mount() or "/", secure=is_secure, httponly=False, samesite="Lax")


def remove_marker(answer: Response) -> None:
    """Take that back."""
    if MARKER in request.cookies:
        is_secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        answer.delete_cookie(MARKER, path=current_mount() or "/", secure=is_secure, samesite="Lax")


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


def desk(refusal: Refusal | None = None) -> Desk:
    """The frame of the page that answers this request, with the notice of the action before, or why this one is refused."""
    stored = None if refusal else session.pop("notice", None)
    notice = Notice(**stored) if stored else None
    portal = current_portal()
    name = g.account.name if "account" in g else ""
    problems = portal.knowledge_base.problems() if name else ()
    return Desk(portal.shelf().frame, name, form_token(), notice, refusal, problems)


def page(text: str, status: int = 200, *, packed: bool = False) -> Response:
    """A page as the answer. packed: it shows nothing that stands in its address, and may be compressed."""
    return html_response(text, status, private=True, packed=packed)


def moved(address: str) -> Response:
    """The answer that leads on to `address`, a path from the portal's own top."""
    return redirect(current_mount() + address, 303)  # type: ignore[return-value]


def done(address: str, message: str, undo: str = "", fields: Mapping[str, str] | None = None) -> Response:
    """The end of an action: go to `address`, which says what was done and offers to undo it."""
    session["notice"] = {"message": message, "undo": undo, "fields": dict(fields or {})}
    return moved(address)


def refusal(message: str, place: str = "") -> Refusal:
    """Why the action of this request cannot be done, with all that was filled in, for the page that answers it.

    place: id of the element of that page it is about.
    """
    filled = {name: tuple(values) for name, values in request.form.lists() if name not in _NEVER_SHOWN}
    return Refusal(message, place, filled)


def page_number() -> int:
    """The page of a list that was asked for; 1 for anything that is no number."""
    number = request.args.get("page", "").strip()
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1


def form_page() -> str:
    """The page whose form was sent: its address is the action's without the last part."""
    return request.path.rpartition("/")[0] or staff_links.INBOX

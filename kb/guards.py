"""What keeps forged forms and floods out: sessions, form tokens, the origin of requests, rate limits.

Staff and report forms carry a token that fits the session cookie. Forms of visitors need no cookie: they carry the
unguessable id of a conversation, and a browser says from which site it sends them. Reading pages touch none of this.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import timedelta
from io import BytesIO
from ipaddress import IPv6Address, ip_address, ip_network
from typing import IO, Any
from urllib.parse import urlsplit

from flask import Flask, Request, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from kb.errors import KbError
from kb.mounting import current_mount
from kb.portal import Portal, current_portal
from kb.rate_windows import SharedWindows
from kb.settings import Settings

# Forms below these need a session and a token. Paths, because sessions are opened before a route is known.
SIGNED_PATHS = ("/report", "/login", "/logout", "/inbox", "/insights")
REPORT_BODY_LIMIT = 6 * 1024 * 1024  # bytes of a report with its attachments
_CHECKS_PER_SENDING = 10  # a report may be checked more often than sent
_SALT = secrets.token_bytes(16)  # of this process; whose request it was is known nowhere else
_OF_A_BROWSER = ("User-Agent", "Accept-Language", "Sec-CH-UA", "Sec-CH-UA-Platform", "DNT", "Sec-GPC")

csrf = CSRFProtect()


def client_address() -> str:
    """Where the request comes from, as far as counting needs it; empty when nobody knows. It must not be stored.

    An IPv6 address counts as its /64 network: whoever has one of those addresses has all of them.
    """
    try:
        address = ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


def client_key() -> str:
    """Who asks, as far as counting needs it: a hash that means nothing outside this process."""
    return hashlib.blake2b(client_address().encode(), key=_SALT, digest_size=16).hexdigest()


# in memory that the workers of one server share; importing the module makes its name known to the library
limiter = Limiter(client_key, storage_uri=f"{SharedWindows.STORAGE_SCHEME[0]}://", strategy="moving-window")
limit_asking = limiter.shared_limit(lambda: f"{current_portal().settings.asks_per_minute} per minute", scope="ask")
limit_reporting = limiter.shared_limit(lambda: f"{current_portal().settings.reports_per_hour} per hour", scope="report")
limit_checking = limiter.shared_limit(
    lambda: f"{current_portal().settings.reports_per_hour * _CHECKS_PER_SENDING} per hour", scope="report check"
)
limit_reading = limiter.shared_limit(lambda: f"{current_portal().settings.reads_per_minute} per minute", scope="read")


class PortalRequest(Request):
    """A request whose files stay in memory: what people attach may hold secrets, and those never reach the disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


class Sessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie. The key is looked up when a request needs it, not when the program starts."""

    def get_cookie_path(self, app: Flask) -> str:
        return current_mount() or "/"  # other sites on the same host have no business with it

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if not app.secret_key and (
            request.path.startswith(SIGNED_PATHS) or self.get_cookie_name(app) in request.cookies
        ):
            portal: Portal = app.extensions["portal"]
            try:
                app.secret_key = portal.secret_key()
            except KbError:
                return None  # reading pages do without; `_check_before` says so to the others
        return super().get_signing_serializer(app)


def guard(app: Flask, settings: Settings) -> None:
    """Put the guards into an application: before the routes are reached, bodies, sessions, tokens and rates are checked."""
    app.request_class = PortalRequest
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="kb_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.staff_session_hours),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # the token is enough, and some browsers send no referrer
    )
    app.before_request(_check_before)
    csrf.init_app(app)
    limiter.init_app(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _check_before() -> None:
    if request.blueprint == "report_site":
        request.max_content_length = REPORT_BODY_LIMIT
        request.max_form_memory_size = REPORT_BODY_LIMIT
    if request.blueprint == "staff_site" or (request.blueprint == "report_site" and request.method == "POST"):
        current_portal().secret_key()  # raises when there is none: without it no form can be sent


def form_token() -> str:
    """The token of a form, for its field `csrf_token`; empty while there is no key, and then no form can be sent."""
    return str(generate_csrf()) if current_app.secret_key else ""


def form_key() -> str:
    """What the same form has in common when it is sent twice: a hash of who sends it, where to, and what it says.

    Whoever does not hold the key of the sessions cannot make it or read anything out of it. Empty while there is none.
    """
    try:
        key = current_portal().secret_key()
    except KbError:
        return ""
    who = [request.remote_addr, *(request.headers.get(name) for name in _OF_A_BROWSER)]
    said = sorted(pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token")
    return hmac.new(key, json.dumps([request.path, who, said]).encode(), hashlib.sha256).hexdigest()


def refuse_other_sites() -> None:
    """End the request with 403 when a browser says that another site's page sent it."""
    if is_from_other_site(request, current_portal().settings.base_url):
        abort(403)


def is_from_other_site(sent: Request, base_url: str) -> bool:
    """Whether the browser says so; programs that are no browsers say nothing, and may ask."""
    if sent.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    origin: Any = sent.headers.get("Origin")
    if origin is None:
        return False
    place = urlsplit(origin).netloc  # empty for the origin "null", which is nobody's
    return not place or place not in (sent.host, urlsplit(base_url).netloc)

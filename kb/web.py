"""The portal: `create_app`, its routes, statuses and error pages.

Routes are thin: they read the request, ask the knowledge base, and hand the result to a function of `kb.pages` or
`kb.api`. What all answers have in common (safety headers, size limits, errors without tracebacks) is set up here, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from kb import pages, pages_conversation
from kb.api import api
from kb.api_problems import NOT_STORED, is_api, problem_response
from kb.asking import read_asked
from kb.assets import KEEP, Asset, respond, text_asset
from kb.cors import parse_origins
from kb.embedding import NOWHERE, frame_ancestors, with_embedding
from kb.errors import InputError, KbError, StorageError
from kb.guards import csrf, guard, limit_asking, limiter
from kb.images import IMAGE_TYPES
from kb.knowledge_base import KnowledgeBase
from kb.mounting import current_mount, site_address, with_mount
from kb.pages import Frame
from kb.portal import Portal, Shelf, current_portal
from kb.query import clean
from kb.rate_headers import seconds_left
from kb.request_log import with_request_log
from kb.request_record import note_routes
from kb.responses import html_response, json_response, kept_page, twin_response, typed
from kb.settings import Settings
from kb.suggestions import suggest
from kb.talks import LONGEST_ID, requested_talk, talk_frame
from kb.twins import entry_markdown, section_markdown
from kb.web_api import api_pages
from kb.web_conversation import answer_alone, conversation_site
from kb.web_discovery import discovery_site
from kb.web_embed import widget_site
from kb.web_guide import guide_site
from kb.web_offline import offline_site
from kb.web_operating import operating_site
from kb.web_report import report_site
from kb.web_report_template import report_template_site
from kb.web_staff import staff_site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BODY_LIMIT = 64 * 1024  # bytes of a request
RETRY_AFTER_S = 60
OWN_WORDS = (410, 422)  # statuses whose page says what `abort` was told
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
    f"base-uri 'none'; {NOWHERE}"
)
SAFETY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_NOT_FOR_ROBOTS = ("/ask", "/conversations/", "/report/check", "/reports/", "/api/")
log = logging.getLogger("kb.web")
site = Blueprint("site", __name__)


class Application(Flask):
    """Flask, with faults logged without the address that was asked for: it holds questions and ids."""

    def log_exception(self, exc_info: Any) -> None:
        log.error("a fault of this program", exc_info=exc_info)


def create_app(settings: Settings, knowledge_base: KnowledgeBase | None = None) -> Flask:
    """The portal as a WSGI application. Without a `knowledge_base` it opens its own at the first request."""
    parse_origins(settings.api_origins)  # a mistake in it is told now
    ancestors = frame_ancestors(settings)  # and in this one
    app = Application("kb", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT)
    portal = app.extensions["portal"] = Portal(settings, knowledge_base)
    if portal.courier:
        app.before_request(portal.start_courier)  # once in each process; a server that forks starts it earlier
    note_routes(app)
    guard(app, settings)
    open_sites = (site, discovery_site, widget_site, operating_site, offline_site, api, api_pages, conversation_site, guide_site)
    for blueprint in open_sites:
        csrf.exempt(blueprint)  # they have no forms that act for somebody who is logged in
    for blueprint in (*open_sites, report_site, report_template_site, staff_site):
        app.register_blueprint(blueprint)
    app.register_error_handler(KbError, _on_kb_error)
    app.register_error_handler(HTTPException, _on_http_error)
    inner = with_embedding(with_safety_headers(app.wsgi_app), ancestors)
    app.wsgi_app = with_request_log(with_mount(inner, settings), portal.metrics.observe)  # type: ignore[method-assign, assignment]
    pages.load_templates()
    return app


def with_safety_headers(inner: WSGIApplication) -> WSGIApplication:
    """`inner` with SAFETY_HEADERS on every answer that does not set its own."""

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            present = {name for name, _ in headers}
            headers += [(name, value) for name, value in SAFETY_HEADERS if name not in present]
            return start_response(status, headers, exc_info)

        return inner(environ, start)

    return outer


# Asking


@site.get("/")
def home() -> Response:
    portal = current_portal()
    shelf = portal.shelf()
    most_asked = tuple(entry_id for entry_id in portal.most_asked() if entry_id in shelf.frame.entries)
    section = shelf.frame.sections.get(request.args.get("section", ""))
    return kept_page(shelf, pages.home_page, most_asked, "", "", None, section)


@site.get("/ask")
@limit_asking
def ask() -> Response:
    if "q" not in request.args and "log" not in request.args:
        return home()  # a link that only leads to the box
    return answer_alone(read_asked(request.args))


@site.get("/suggest")
def suggestions() -> Response:
    """Titles for an unfinished question, in the form that browsers expect of a search engine."""
    portal = current_portal()
    shelf = portal.shelf()
    text = typed(request.args, "q")[: portal.settings.question_limit]
    answer = portal.knowledge_base.ask(text, generation=shelf.generation) if clean(text) else None
    found = suggest(shelf.words, text, answer)
    links = portal.links.within(request.args.get("c", "")[:LONGEST_ID])
    addresses = [links.guide(item.id) if item.kind == "guide" else links.entry(item.id) for item in found]
    value = [text, [item.title for item in found], [""] * len(found), addresses]
    response = json_response(value, media_type="application/x-suggestions+json")
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


# Entries and sections


@site.get("/entries/<entry_id>")
def entry(entry_id: str) -> Response:
    shelf = current_portal().shelf()
    found = shelf.frame.entries.get(entry_id)
    if found is not None:
        talk = requested_talk(shelf)
        if talk is None:
            return kept_page(shelf, pages_conversation.portal_entry_page, found.id)
        page = pages_conversation.talk_entry_page(talk_frame(shelf, talk), talk, found.id)
        return html_response(page, private=True)
    name = entry_id.removesuffix(".md")
    if name != entry_id and name in shelf.frame.entries:
        return twin_response(entry_markdown(shelf.frame, name))
    return _nearest(shelf, name)


def _nearest(shelf: Shelf, wanted: str) -> Response:
    """ "Page not found", with the entries that the words of the id find."""
    words = " ".join(wanted.replace("-", " ").replace("_", " ").split())[: current_portal().settings.question_limit]
    answer = current_portal().knowledge_base.ask(words, limit=5) if words else None
    hits = answer.hits if answer and answer.level != "none" else ()
    return html_response(pages.error_page(shelf.frame, pages.FAULTS[404], nearest=hits), 404)


@site.get("/sections/<section_id>")
def section(section_id: str) -> Response:
    shelf = current_portal().shelf()
    name = section_id.removesuffix(".md")
    if section_id not in shelf.frame.sections and name in shelf.frame.sections:
        return twin_response(section_markdown(shelf.frame, name))
    if section_id not in shelf.frame.sections:
        abort(404)
    return kept_page(shelf, pages.section_page, section_id)


# Files, and what machines ask for


@site.get("/static/<name>")
def static(name: str) -> Response:
    document = current_portal().static.get(name)
    if document is None:
        abort(404)
    return respond(document, request, KEEP if request.args.get("v") == document.tag else "no-cache")


@site.get("/favicon.ico")
def favicon() -> Response:
    return static("favicon.svg")


@site.get("/files/<path:path>")
def file(path: str) -> Response:
    found = current_portal().image(path)
    if found is None:
        abort(404)
    return respond(Asset(found.read_bytes(), IMAGE_TYPES[found.suffix.lower()]), request)


@site.get("/sitemap.xml")
def sitemap() -> Response:
    portal = current_portal()
    host = "" if portal.settings.base_url else request.host_url
    text = pages.sitemap(portal.shelf().frame, host)
    return respond(text_asset(text, "application/xml; charset=utf-8"), request)


@site.get("/robots.txt")
def robots() -> Response:
    address, mount = site_address(current_portal().settings.base_url), current_mount()
    lines = (
        "User-agent: *",
        *(f"Disallow: {mount}{path}" for path in _NOT_FOR_ROBOTS),
        f"Sitemap: {address}/sitemap.xml",
        "",
    )
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


# Errors


def _on_kb_error(error: KbError) -> Response:
    if isinstance(error, InputError):
        return _fault(422, str(error))
    log.error("%s", error)
    is_storage = isinstance(error, StorageError)
    response = _fault(503, NOT_STORED, pages.STORAGE_FAULT) if is_storage else _fault(503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _on_http_error(error: HTTPException) -> Response:
    """An error as a page, or as problem details under /api. Flask has logged what was not expected."""
    response = error.get_response()
    status = error.code or 500
    if status < 400:
        return response  # type: ignore[return-value]
    # what abort() was told in this project's own words is for the reader; a library's words are not
    is_own = error.description != type(error).description
    says_own = (
        is_own
        and (status in OWN_WORDS or is_api(request.path))
        and not isinstance(error, CSRFError | RateLimitExceeded)
    )
    page = _too_many() if status == 429 else _fault(status, str(error.description) if says_own else "")
    if "Allow" in response.headers:
        page.headers["Allow"] = response.headers["Allow"]
    return page


def _too_many() -> Response:
    """That a limit is used up, and in how many seconds it is not."""
    limit = limiter.current_limit
    seconds = seconds_left(limit) if limit else RETRY_AFTER_S
    noun = {"report_site": "reports", "api": "requests"}.get(request.blueprint or "", "questions")
    fault = pages.Fault(f"Too many {noun} at once", f"Try again in {pages.plural(seconds, 'second')}.")
    response = _fault(429, f"{fault.title}. {fault.message}", fault)
    response.headers["Retry-After"] = str(seconds)
    return response


def _fault(status: int, message: str = "", fault: pages.Fault | None = None) -> Response:
    """An error in words; a `fault` is shown as it is on a page, a `message` stands for it in JSON."""
    if is_api(request.path):
        return problem_response(status, message)
    return html_response(pages.error_page(_any_frame(), fault or pages.fault_of(status, message)), status)


def _any_frame() -> Frame:
    """The newest frame, or an empty one: an error page must not fail on what failed already."""
    try:
        return current_portal().shelf().frame
    except Exception:
        log.debug("an error page without content", exc_info=True)
        return current_portal().empty_frame()

"""The portal: `create_app`, its routes, statuses and error pages.

Routes are thin: they read the request, ask the knowledge base, and hand the result to a function of `kb.pages` or
`kb.api`. What all answers have in common (safety headers, size limits, errors without tracebacks) is set up here, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, Flask, Response, abort, redirect, request
from werkzeug.exceptions import HTTPException

from kb import pages
from kb.answer import check_input
from kb.api import PREFIX as API_PREFIX
from kb.api import api, json_response, problem_response
from kb.assets import HTML, KEEP, Asset, respond, text_asset
from kb.entry import Guide, Section
from kb.errors import ContentError, DataFolderError, InputError, KbError
from kb.knowledge_base import KnowledgeBase
from kb.links import LONGEST_ADDRESS, NOTHING_TRIED, Tried
from kb.pages import Frame, Problem
from kb.portal import IMAGE_TYPES, Portal, Shelf, current_portal
from kb.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BODY_LIMIT = 64 * 1024  # bytes of a request
RETRY_AFTER_S = 60
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFETY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
log = logging.getLogger("kb.web")
site = Blueprint("site", __name__)


def create_app(settings: Settings, knowledge_base: KnowledgeBase | None = None) -> Flask:
    """The portal as a WSGI application. Without a `knowledge_base` it opens its own at the first request."""
    app = Flask("kb", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT)
    app.extensions["portal"] = Portal(settings, knowledge_base)
    app.register_blueprint(site)
    app.register_blueprint(api)
    app.register_error_handler(KbError, _on_kb_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.wsgi_app = with_safety_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]
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


def _html(text: str, status: int = 200) -> Response:
    """A page made for this request only."""
    response = Response(text, status, content_type=HTML)
    response.headers["Cache-Control"] = "no-store" if status >= 500 else "no-cache"
    return response


def _kept(shelf: Shelf, make: Callable[..., str], *arguments: object) -> Response:
    """A page that depends on the content alone."""
    return respond(shelf.page(make, *arguments), request)


# Asking


@site.get("/")
def home() -> Response:
    return _kept(current_portal().shelf(), pages.home_page)


@site.get("/ask")
def ask() -> Response:
    return _answer(request.args)


@site.post("/ask")
def ask_by_form() -> Response:
    """A short question moves to its own address; a long log is answered in place."""
    question, pasted, section = (_text(request.form, name) for name in ("q", "log", "section"))
    address = current_portal().links.ask(question, pasted, section)
    if (question or pasted) and len(address) < LONGEST_ADDRESS:
        return redirect(address, 303)  # type: ignore[return-value]
    return _answer(request.form)


def _text(values: Any, name: str) -> str:
    """A field as typed, with Unix line ends, without blank edges."""
    return str(values.get(name, "")).replace("\r\n", "\n").replace("\r", "\n").strip()


def _answer(values: Any) -> Response:
    question, pasted = _text(values, "q"), _text(values, "log")
    portal = current_portal()
    shelf = portal.shelf()
    section, problem = _section(shelf.frame, _text(values, "section"))
    problem = problem or find_problem(question, pasted, portal.settings)
    if problem:
        return _html(pages.home_page(shelf.frame, question, pasted, problem), 422)
    exact = _text(values, "exact") == "1"
    answer = portal.knowledge_base.ask(
        question, pasted, exact=exact, section=section.id if section else "", generation=shelf.generation
    )
    return _html(pages.ask_page(shelf.frame, answer, section))


def _section(frame: Frame, section_id: str) -> tuple[Section | None, Problem | None]:
    section = frame.sections.get(section_id)
    if section_id and section is None:
        return None, Problem(f"There is no section “{pages.clip(section_id)}”. Ask again to search everywhere.")
    return section, None


def find_problem(question: str, pasted: str, settings: Settings) -> Problem | None:
    """What has to be mended before the question can be searched."""
    try:
        check_input(question, pasted, settings)
    except InputError as error:
        is_log = len(pasted) > settings.log_limit and len(question) <= settings.question_limit
        return Problem(str(error), "log" if is_log else "question")
    return None


# Entries, sections, guides


@site.get("/entries/<entry_id>")
def entry(entry_id: str) -> Response:
    shelf = current_portal().shelf()
    found = shelf.frame.entries.get(entry_id)
    if found is not None:
        return _kept(shelf, pages.entry_page, found.id)
    if entry_id.endswith(".md"):
        return _entry_markdown(shelf, entry_id.removesuffix(".md"))
    return _nearest(shelf, entry_id)


def _entry_markdown(shelf: Shelf, entry_id: str) -> Response:
    found = shelf.frame.entries.get(entry_id)
    if found is None:
        return _nearest(shelf, entry_id)
    text = pages.entry_markdown(shelf.frame, entry_id)
    return respond(text_asset(text, "text/markdown; charset=utf-8"), request)


def _nearest(shelf: Shelf, wanted: str) -> Response:
    """ "Page not found", with the entries that the words of the id find."""
    words = " ".join(wanted.replace("-", " ").replace("_", " ").split())[: current_portal().settings.question_limit]
    answer = current_portal().knowledge_base.ask(words, limit=5) if words else None
    hits = answer.hits if answer and answer.level != "none" else ()
    return _html(pages.error_page(shelf.frame, pages.FAULTS[404], nearest=hits), 404)


@site.get("/sections/<section_id>")
def section(section_id: str) -> Response:
    shelf = current_portal().shelf()
    if section_id not in shelf.frame.sections:
        abort(404)
    return _kept(shelf, pages.section_page, section_id)


@site.get("/guides/")
def guides() -> Response:
    return _kept(current_portal().shelf(), pages.guides_page)


def _guide(shelf: Shelf, guide_id: str) -> Guide:
    """The guide with this id. Ends the request with 404 when there is none."""
    found = shelf.frame.guides.get(guide_id)
    if found is None:
        abort(404)
    return found


@site.get("/guides/<guide_id>")
def guide(guide_id: str) -> Response:
    shelf = current_portal().shelf()
    return _kept(shelf, pages.guide_page, _guide(shelf, guide_id).id)


@site.get("/guides/<guide_id>/solved")
def solved(guide_id: str) -> Response:
    shelf = current_portal().shelf()
    return _kept(shelf, pages.solved_page, _guide(shelf, guide_id).id)


@site.get("/guides/<guide_id>/<step_id>")
def step(guide_id: str, step_id: str) -> Response:
    """One step; a number stands for the step in that place and moves to its address."""
    shelf = current_portal().shelf()
    found = _guide(shelf, guide_id)
    ids = [step.id for step in found.steps]
    if step_id in ids:
        return _kept(shelf, pages.step_page, guide_id, step_id)
    if not (step_id.isascii() and step_id.isdigit() and 1 <= int(step_id[:6]) <= len(ids)):
        abort(404)
    return redirect(shelf.frame.links.step(guide_id, ids[int(step_id[:6]) - 1]), 302)  # type: ignore[return-value]


# The problem report


def _tried() -> Tried:
    limit = current_portal().settings.question_limit
    question, entry_id, guide_id, step_id = (
        _text(request.args, name)[:limit] for name in ("q", "entry", "guide", "step")
    )
    return Tried(question, entry_id, guide_id, step_id)


@site.get("/report")
def report() -> Response:
    shelf, tried = current_portal().shelf(), _tried()
    if tried == NOTHING_TRIED:
        return _kept(shelf, pages.report_page)
    return _html(pages.report_page(shelf.frame, tried))


@site.get("/report.md", defaults={"kind": "md"})
@site.get("/report.txt", defaults={"kind": "txt"})
def report_file(kind: Literal["md", "txt"]) -> Response:
    text = pages.report_file(current_portal().shelf().frame, kind, _tried())
    media_type = "text/markdown" if kind == "md" else "text/plain"
    return respond(text_asset(text, f"{media_type}; charset=utf-8", f"problem-report.{kind}"), request)


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


@site.get("/healthz")
def healthz() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


@site.get("/readyz")
def readyz() -> Response:
    """Can questions be answered? If not, why, in words that give nothing away."""
    try:
        generation = current_portal().shelf().generation
    except KbError as error:
        log.warning("not ready: %s", error)
        return json_response({"ready": False, "reasons": [_reason(error)]}, 503)
    state = {
        "fingerprint": generation.fingerprint,
        "built": generation.built,
        "entries": len(generation.content.entries),
    }
    return json_response({"ready": True, "reasons": [], **state})


def _reason(error: KbError) -> str:
    if isinstance(error, ContentError):
        return "the content cannot be read"
    if isinstance(error, DataFolderError):
        return "the data folder cannot be used"
    return "there is no index to answer from"


@site.get("/sitemap.xml")
def sitemap() -> Response:
    portal = current_portal()
    host = "" if portal.settings.base_url else request.host_url
    text = pages.sitemap(portal.shelf().frame, host)
    return respond(text_asset(text, "application/xml; charset=utf-8"), request)


@site.get("/robots.txt")
def robots() -> Response:
    address = (current_portal().settings.base_url or request.host_url).rstrip("/")
    lines = ("User-agent: *", "Disallow: /ask", "Disallow: /api/", f"Sitemap: {address}/sitemap.xml", "")
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


# Errors


def _on_kb_error(error: KbError) -> Response:
    if isinstance(error, InputError):
        return _fault(422, str(error))
    log.error("%s", error)
    response = _fault(503)
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
    page = _fault(status, str(error.description) if is_own and (status == 422 or _is_api()) else "")
    if "Allow" in response.headers:
        page.headers["Allow"] = response.headers["Allow"]
    return page


def _is_api() -> bool:
    return request.path.startswith(API_PREFIX.removesuffix("v1"))


def _fault(status: int, message: str = "") -> Response:
    fault = pages.fault_of(status, message)
    if _is_api():
        return problem_response(status, fault.title, message or fault.message)
    return _html(pages.error_page(_any_frame(), fault), status)


def _any_frame() -> Frame:
    """The newest frame, or an empty one: an error page must not fail on what failed already."""
    try:
        return current_portal().shelf().frame
    except Exception:
        log.debug("an error page without content", exc_info=True)
        return current_portal().empty_frame()

"""The JSON API for those who read: search, entries, guides, and the description of the API itself."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, abort, request

from kb.api_models import DEFAULT_ENTRIES, EntriesQuery, SearchQuery
from kb.api_problems import JSON, PREFIX, read_query
from kb.api_shapes import entry_asset, entry_page, guide_asset, search_result
from kb.api_site import answered, api, no_entry, no_guide, refuse_faulty, refuse_unknown_section
from kb.asking import Asked
from kb.assets import respond, text_asset
from kb.guards import limit_reading
from kb.mounting import current_mount
from kb.openapi import openapi_asset
from kb.portal import current_portal
from kb.responses import kept_page, typed


@api.get("/search")
@limit_reading
def search() -> Response:
    """Ranked hits for `q`, in the shape of `python -m kb search --json`."""
    wanted = read_query(SearchQuery)
    portal = current_portal()
    shelf = portal.shelf()
    asked = Asked(typed({"q": wanted.q}, "q"), section=wanted.section)
    refuse_faulty(shelf, asked, question="q")
    answer = portal.knowledge_base.ask(
        asked.question, section=asked.section, limit=wanted.limit, generation=shelf.generation
    )
    return answered(search_result(answer, portal.links))


@api.get("/entries")
@limit_reading
def list_entries() -> Response:
    """A page of the entries in reading order, in short."""
    wanted = read_query(EntriesQuery)
    shelf = current_portal().shelf()
    refuse_unknown_section(shelf, wanted.section)
    frame = shelf.frame
    entries = [entry for entry in frame.content.entries if _is_in(entry.section, wanted.section)]
    ids = [entry.id for entry in entries]
    if wanted.cursor and wanted.cursor not in ids:
        abort(404, "This page of the list is gone. Start again without a cursor.")
    start = ids.index(wanted.cursor) + 1 if wanted.cursor else 0
    end = start + wanted.limit
    following = _list_address(wanted, ids[end - 1]) if end < len(ids) else None
    page = entry_page(entries, start, wanted.limit, following, current_portal().links)
    response = respond(text_asset(page.model_dump_json(), JSON), request)
    links = [f'<{_list_address(wanted, "")}>; rel="first"']
    links += [f'<{following}>; rel="next"'] if following else []
    response.headers["Link"] = ", ".join(links)
    return response


def _is_in(section_id: str, wanted: str) -> bool:
    """Whether a section is the one that is wanted, or below it; an empty one is above all."""
    return not wanted or section_id == wanted or section_id.startswith(f"{wanted}.")


def _list_address(wanted: EntriesQuery, cursor: str) -> str:
    limit = wanted.limit if wanted.limit != DEFAULT_ENTRIES else ""
    values = {"section": wanted.section, "limit": limit, "cursor": cursor}
    query = urlencode({name: value for name, value in values.items() if value})
    address = f"{current_mount()}{PREFIX}/entries"
    return f"{address}?{query}" if query else address


@api.get("/entries/<entry_id>")
@limit_reading
def read_entry(entry_id: str) -> Response:
    """One entry with its Markdown."""
    shelf = current_portal().shelf()
    if entry_id not in shelf.frame.entries:
        abort(404, no_entry(entry_id))
    return kept_page(shelf, entry_asset, entry_id)


@api.get("/guides/<guide_id>")
@limit_reading
def read_guide(guide_id: str) -> Response:
    """One guide with its steps."""
    shelf = current_portal().shelf()
    if guide_id not in shelf.frame.guides:
        abort(404, no_guide(guide_id))
    return kept_page(shelf, guide_asset, guide_id)


@api.get("/openapi.json")
def read_openapi() -> Response:
    """The API as an OpenAPI document."""
    settings = current_portal().settings
    return kept_page(current_portal().shelf(), openapi_asset, settings.question_limit, settings.log_limit)

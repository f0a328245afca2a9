"""How browsers, assistants and other programs find out what can be asked here, and what there is to read."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request

from kb.assets import respond, text_asset
from kb.llms import LLMS, LLMS_FULL, PLAIN, llms_full_asset, llms_txt
from kb.mounting import site_address
from kb.pages_search import browser_search_page, opensearch
from kb.portal import current_portal
from kb.responses import html_response, kept_page

discovery_site = Blueprint("discovery_site", __name__)


def _start() -> str:
    """The address of the site as readers see it."""
    return site_address(current_portal().settings.base_url)


@discovery_site.get("/opensearch.xml")
def search_description() -> Response:
    text = opensearch(current_portal().shelf().frame, _start())
    return respond(text_asset(text, "application/opensearchdescription+xml; charset=utf-8"), request)


@discovery_site.get("/browser-search")
def browser_search() -> Response:
    return html_response(browser_search_page(current_portal().shelf().frame, _start()))


@discovery_site.get(LLMS)
def for_models() -> Response:
    portal = current_portal()
    links = replace(portal.links, base_url=_start())  # a list that is passed on needs whole addresses
    return respond(text_asset(llms_txt(portal.shelf().frame.with_links(links)), PLAIN), request)


@discovery_site.get(LLMS_FULL)
def for_models_in_full() -> Response:
    return kept_page(current_portal().shelf(), llms_full_asset)

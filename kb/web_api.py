"""The page that describes the JSON API."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from kb.api_problems import PREFIX
from kb.assets import respond, text_asset
from kb.cors import parse_origins
from kb.mounting import current_mount, site_address
from kb.pages_api import ADDRESS, Limits, api_page
from kb.portal import current_portal

api_pages = Blueprint("api_pages", __name__)


@api_pages.get(ADDRESS)
def page() -> Response:
    portal = current_portal()
    settings = portal.settings
    limits = Limits(
        settings.question_limit, settings.log_limit, settings.asks_per_minute, settings.reads_per_minute,
        settings.reports_per_hour,
    )  # fmt: skip
    site = site_address(settings.base_url)
    others = tuple(sorted(parse_origins(settings.api_origins)))
    # made anew each time: kept under whatever host a request names, it would push out the other pages
    return respond(text_asset(api_page(portal.shelf().frame, site, limits, others)), request)


@api_pages.get(f"{ADDRESS}/")
@api_pages.get(f"{PREFIX}/")
def root() -> Response:
    """Whoever looks at the address of the API itself is led to the page."""
    return redirect(current_mount() + ADDRESS, 302)  # type: ignore[return-value]

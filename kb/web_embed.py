"""The help widget's script, for other sites. Its pages are the portal's own, under other addresses: `kb.embedding`."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, request

from kb.assets import Asset, respond, text_asset
from kb.widget_script import PORTAL_PANEL, widget_script

widget_site = Blueprint("widget_site", __name__)
# The address cannot change with the content, since it stands in other people's pages.
_CACHING = "public, max-age=600"


@cache
def _script() -> Asset:
    return text_asset(widget_script(PORTAL_PANEL), "text/javascript; charset=utf-8")


@widget_site.get("/widget.js")
def widget() -> Response:
    response = respond(_script(), request, _CACHING)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # for pages that ask every resource to say so
    return response

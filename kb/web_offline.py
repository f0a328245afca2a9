"""The route that hands out the offline copy."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, send_file

from kb import pages
from kb.errors import DataFolderError
from kb.export_zip import kept_zip, zip_name
from kb.portal import current_portal
from kb.responses import html_response

offline_site = Blueprint("offline_site", __name__)
log = logging.getLogger("kb.web")


@offline_site.get("/offline-copy.zip")
def offline_copy() -> Response:
    """Everything as a zip file; the first request for a state of the content waits until it is made."""
    portal = current_portal()
    shelf = portal.shelf()
    try:
        file = kept_zip(shelf.generation, portal.settings)
    except DataFolderError as error:
        log.error("%s", error)
        fault = pages.Fault("The offline copy cannot be made right now", "Load this page again in one minute.")
        return html_response(pages.error_page(shelf.frame, fault), 503)
    response = send_file(
        file.resolve(), "application/zip", as_attachment=True, download_name=zip_name(shelf.generation), etag=file.stem
    )
    response.headers["Cache-Control"] = "no-cache"
    return response

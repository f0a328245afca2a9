"""Drafts: the list, one draft with its patch and effect, downloads, and taking them back."""

from __future__ import annotations

from flask import Response, abort, request

from kb import draft_effect, drafts, pages_staff, staff_links
from kb.pages_staff import Refusal
from kb.portal import current_portal
from kb.responses import typed
from kb.staff_site import desk, done, moved, page, refusal, staff_site


@staff_site.get("/inbox/drafts")
def list_drafts() -> Response:
    return _list_page()


def _list_page(refused: Refusal | None = None) -> Response:
    settings = current_portal().settings
    found = [(draft, drafts.is_applied(settings, draft)) for draft in drafts.list_drafts(settings)]
    return page(pages_staff.drafts_page(desk(refused), found), 409 if refused else 200)


@staff_site.get("/inbox/drafts/<draft_id>")
def draft(draft_id: str) -> Response:
    if draft_id.endswith(".patch"):
        return _patch_file(_draft(draft_id.removesuffix(".patch")))
    settings = current_portal().settings
    found = _draft(draft_id)
    folder = settings.content.resolve().name
    text = drafts.patch(settings, found)
    return page(pages_staff.draft_page(desk(), found, text, folder, draft_effect.can_measure(settings)))


def _patch_file(found: drafts.Draft) -> Response:
    text = drafts.patch(current_portal().settings, found)
    response = Response(text, content_type="text/x-diff; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{found.id}.patch")
    return response


@staff_site.post("/inbox/drafts/<draft_id>/measure")
def measure_draft(draft_id: str) -> Response:
    settings = current_portal().settings
    found = _draft(draft_id)
    if not draft_effect.is_measuring(found.effect):
        draft_effect.start_measuring(settings, found)
    return moved(staff_links.draft(found.id))


@staff_site.post("/inbox/drafts/<draft_id>/remove")
def remove_wordings(draft_id: str) -> Response:
    """Take wordings out of a draft."""
    settings = current_portal().settings
    wordings = tuple(typed(request.form, "wordings").split("\n"))
    left = drafts.remove_wordings(settings, _draft(draft_id).id, wordings)
    if left is None:
        return done(staff_links.DRAFTS, "The draft was taken back.")
    draft_effect.start_measuring(settings, left)
    return done(staff_links.draft(left.id), "The wording was taken back.")


@staff_site.post("/inbox/drafts/<draft_id>/discard")
def discard_draft(draft_id: str) -> Response:
    if not drafts.discard(current_portal().settings, draft_id):
        abort(404)
    return done(staff_links.DRAFTS, "The draft was put aside.", staff_links.draft(draft_id, "restore"))


@staff_site.post("/inbox/drafts/<draft_id>/restore")
def restore_draft(draft_id: str) -> Response:
    if not drafts.restore(current_portal().settings, draft_id):
        return _list_page(refusal("There is nothing to take back: the draft is gone, or another took its place."))
    return done(staff_links.draft(draft_id), "The draft is back.", staff_links.draft(draft_id, "discard"))


@staff_site.get("/inbox/drafts/<draft_id>/<any(measure, remove, discard, restore):_action>")
def back_to_draft(draft_id: str, _action: str) -> Response:
    """Where a reload leads to that follows an action."""
    return moved(staff_links.draft(draft_id))


def _draft(draft_id: str) -> drafts.Draft:
    """The draft. Ends the request with 404 when there is none."""
    found = drafts.load_draft(current_portal().settings, draft_id)
    if found is None:
        abort(404)
    return found

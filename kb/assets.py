"""Assets: finished bytes with their type and tag, and how they are sent.

A page that does not change while the index stays the same is made and compressed once, then sent as often as it is
asked for; so are the files of static/, which are read at the start.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Request, Response

from kb.scripts import PORTAL, joined

HTML = "text/html; charset=utf-8"
_SMALLEST_PACKED = 1000  # bytes; below this compressing saves nothing worth having
KEEP = "public, max-age=31536000, immutable"  # for addresses that change with their content
ASK_AGAIN = "no-cache"  # may be kept, but not used without asking whether it changed


@dataclass(frozen=True)
class Asset:
    """A body with its media type."""

    body: bytes
    media_type: str = HTML
    name: str = ""  # of the file it is saved as, where it is meant to be saved

    @cached_property
    def tag(self) -> str:
        """Short digest of the body: the same bytes have the same tag."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.body, mtime=0)

    @property
    def is_packable(self) -> bool:
        return len(self.body) >= _SMALLEST_PACKED and not self.media_type.startswith("image/png")


def text_asset(text: str, media_type: str = HTML, name: str = "") -> Asset:
    return Asset(text.encode(), media_type, name)


def respond(asset: Asset, request: Request, caching: str = ASK_AGAIN) -> Response:
    """`asset` as the answer to `request`: compressed where the browser can read that, and empty where it has it."""
    response = Response(asset.body, mimetype=None, content_type=asset.media_type)
    response.headers["Cache-Control"] = caching
    if asset.is_packable:
        response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(asset.tag, weak=True)
    if asset.name:
        response.headers["Content-Disposition"] = f'attachment; filename="{asset.name}"'
    if request.if_none_match.contains_weak(asset.tag):
        response.status_code = 304
        response.set_data(b"")
    elif asset.is_packable and request.accept_encodings["gzip"] > 0:
        _pack(response, asset.packed)
    return response


def pack(response: Response, request: Request) -> Response:
    """`response`, made for this one request, compressed as `respond` does."""
    asset = Asset(response.get_data(), response.content_type or HTML)
    if asset.is_packable:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] > 0:
            _pack(response, asset.packed)
    return response


def _pack(response: Response, packed: bytes) -> None:
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"


def read_static(folder: Path) -> Mapping[str, Asset]:
    """Every file of `folder` by its name, and the script of the portal's pages as page.js."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    files["page.js"] = joined(PORTAL).encode()
    return {name: Asset(body, _media_type(name)) for name, body in files.items()}


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed

"""Where the portal is mounted: the path in front of all its addresses when it shares a host with other sites.

The path is that of `base_url`. Without one it is what a trusted proxy sends as `X-Forwarded-Prefix`, or what the server
gives as SCRIPT_NAME. Proxies may pass addresses on with the path in front or without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import has_request_context, request

from kb.errors import InputError
from kb.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "kb.mount"  # in the WSGI environment
_MOUNT = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


def own_mount(settings: Settings) -> str:
    """The path of `base_url`, such as /help; empty at the top of a host. Raises InputError when it cannot be used."""
    if not settings.base_url:
        return ""
    parts = urlsplit(settings.base_url)
    mount = parts.path.rstrip("/")
    is_plain = parts.scheme in ("http", "https") and parts.netloc and not (parts.query or parts.fragment)
    if not is_plain or (mount and not _MOUNT.fullmatch(mount)):
        raise InputError(
            f"setting KB_BASE_URL: {settings.base_url!r} is no address such as https://www.example.com/help"
        )
    return mount


def current_mount() -> str:
    """The path in front of the addresses of the current request; empty at the top of a host, and outside a request."""
    return str(request.environ.get(_KEY, "")) if has_request_context() else ""


def site_address(base_url: str) -> str:
    """The portal as readers see it, without a slash at the end."""
    return base_url.rstrip("/") or request.host_url.rstrip("/") + current_mount()


def with_mount(inner: WSGIApplication, settings: Settings) -> WSGIApplication:
    """`inner`, which sees addresses without the path it is mounted at. Raises InputError for a faulty `base_url`."""
    own, proxies = own_mount(settings), settings.trusted_proxies

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        mount = own or _sent(environ, proxies)
        if not mount:
            return inner(environ, start_response)
        path = environ.get("PATH_INFO", "")
        if path == mount or path.startswith(f"{mount}/"):
            path = path[len(mount) :]
        return inner({**environ, _KEY: mount, "SCRIPT_NAME": mount, "PATH_INFO": path or "/"}, start_response)

    return outer


def _sent(environ: WSGIEnvironment, proxies: int) -> str:
    """What a trusted proxy or the server says; empty for nothing, and for what is no plain path."""
    values = environ.get("HTTP_X_FORWARDED_PREFIX", "").split(",") if proxies else []
    sent = values[-proxies].strip() if len(values) >= proxies > 0 else ""
    mount = (sent or environ.get("SCRIPT_NAME", "")).rstrip("/")
    return mount if _MOUNT.fullmatch(mount) else ""

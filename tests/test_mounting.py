"""Where the portal is mounted: what counts, what is believed, and what a path becomes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from portal_world import FakeKnowledgeBase, write_world
from werkzeug.test import create_environ

from kb.errors import InputError
from kb.mounting import own_mount, with_mount
from kb.settings import Settings
from kb.web import create_app


@pytest.mark.parametrize(
    ("base_url", "mount"),
    [("", ""), ("https://a.example", ""), ("https://a.example/", ""), ("http://a.example:8/help/", "/help"), ("https://a.example/a/b-c", "/a/b-c")],
)  # fmt: skip
def test_the_path_of_the_address(base_url: str, mount: str) -> None:
    assert own_mount(Settings(base_url=base_url)) == mount


@pytest.mark.parametrize("base_url", ["a.example/help", "ftp://a.example", "https://a.example/?x", "https://a.example/a b", "https:///help", 'https://a.example/"'])
def test_what_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(InputError, match="KB_BASE_URL"):
        own_mount(Settings(base_url=base_url))


def seen(settings: Settings, path: str, **variables: str) -> tuple[str, str]:
    """SCRIPT_NAME and PATH_INFO as the application sees them."""
    kept: dict[str, Any] = {}

    def inner(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        kept.update(environ)
        return []

    with_mount(inner, settings)({**create_environ(path), **variables}, lambda *given: lambda data: None)  # type: ignore[arg-type, return-value]
    return kept["SCRIPT_NAME"], kept["PATH_INFO"]


PREFIX = "HTTP_X_FORWARDED_PREFIX"


def test_paths_with_and_without_the_mount_are_the_same() -> None:
    settings = Settings(base_url="https://a.example/help")
    assert seen(settings, "/help/entries/a") == seen(settings, "/entries/a") == ("/help", "/entries/a")
    assert seen(settings, "/help") == seen(settings, "/help/") == seen(settings, "/") == ("/help", "/")
    assert seen(settings, "/helpless") == ("/help", "/helpless")


def test_only_a_trusted_proxy_is_believed_and_only_a_plain_path() -> None:
    trusting = Settings(trusted_proxies=1)
    assert seen(trusting, "/a", **{PREFIX: "/help/"}) == ("/help", "/a")
    assert seen(trusting, "/a", **{PREFIX: "/evil, /help"}) == ("/help", "/a")
    assert seen(Settings(trusted_proxies=2), "/a", **{PREFIX: "/help"}) == ("", "/a")
    assert seen(Settings(), "/a", **{PREFIX: "/help"}) == ("", "/a")
    for hostile in ("//evil.example", "/<script>", "help", "/a b", "/%2f"):
        assert seen(trusting, "/a", **{PREFIX: hostile}) == ("", "/a")
    assert seen(trusting.model_copy(update={"base_url": "https://a.example/own"}), "/a", **{PREFIX: "/x"})[0] == "/own"


def test_a_server_may_say_it_itself() -> None:
    assert seen(Settings(), "/a", SCRIPT_NAME="/wsgi") == ("/wsgi", "/a")


def test_pages_of_two_mounts_are_kept_apart(tmp_path: Path) -> None:
    content = write_world(tmp_path)
    settings = Settings(content=content, data=tmp_path / "data", trusted_proxies=1)
    client = create_app(settings, FakeKnowledgeBase(content)).test_client()  # type: ignore[arg-type]
    for mount in ("/one", "/two", "", "/one", *(f"/m{number}" for number in range(20))):
        page = client.get("/entries/hanging", headers={"X-Forwarded-Prefix": mount} if mount else {})
        assert f'href="{mount}/sections/configuration"' in page.text
        assert page.text.count('href="/') == page.text.count(f'href="{mount}/'), mount

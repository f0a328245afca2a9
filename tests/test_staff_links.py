"""Where a login may lead to."""

from __future__ import annotations

import pytest

from kb import staff_links


@pytest.mark.parametrize(
    "address", ["/inbox", "/insights?days=30", "/inbox/reports/R-1?x=%2F%2Fevil", "/", "/entries/a#b"]
)
def test_own_paths_are_kept(address: str) -> None:
    assert staff_links.own_path(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "inbox", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil", "https://evil.example/", "javascript:alert(1)",
     "/\t/evil.example", "/\n/evil", " /inbox", "/login", "/login?next=/login", "/logout", "http:/inbox", "/x\u2028y", "//[bad"],
)  # fmt: skip
def test_anything_else_leads_to_the_inbox(address: str) -> None:
    assert staff_links.own_path(address) == "/inbox"


def test_addresses_are_quoted() -> None:
    assert staff_links.report("R-1 x", "link") == "/inbox/reports/R-1%20x/link"
    assert staff_links.draft_patch("wording-é") == "/inbox/drafts/wording-%C3%A9.patch"
    assert staff_links.login("/insights?days=30") == "/login?next=%2Finsights%3Fdays%3D30"
    assert staff_links.login("/inbox") == "/login"

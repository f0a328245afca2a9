"""Links that lead out of the widget."""

from __future__ import annotations

import pytest

from kb.outward import lead_out

OUT = '<a target="_blank" rel="noopener" '


@pytest.mark.parametrize(
    "inside",
    [
        '<a href="/embed">start</a>',
        '<a class="button" href="/embed?section=keys">keys</a>',
        '<a href="/embed/entries/a#p-1">a</a>',
        '<a href="/embed#all-sections">sections</a>',
        '<a href="#p-1">below</a>',
        '<a href="mailto:users@example.org">mail</a>',
        '<a id="here">no link</a>',
        '<abbr href="/report">no link either</abbr>',
    ],
)
def test_links_inside_are_left_alone(inside: str) -> None:
    assert lead_out(inside, "/embed") == inside


@pytest.mark.parametrize(
    "rest",
    [
        'href="/report?c=1" data-report>report</a>',
        'class="button" href="/">home</a>',
        'href="https://example.org/embed/">far</a>',
        'href="/embedded">another page</a>',
        'href="//example.org/">far</a>',
        'data-x="a &gt; b" href="/conversations/1">talk</a>',
    ],
)
def test_links_that_lead_out_open_a_new_tab(rest: str) -> None:
    assert lead_out(f"<p><a {rest}</p>", "/embed") == f"<p>{OUT}{rest}</p>"

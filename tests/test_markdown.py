"""Markdown: its HTML, also of hostile and broken text, and that plain blocks and HTML number the same elements."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from cases import Case, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.markdown import Block, code_html, plain_blocks, render, render_inline, render_parts, slug

BODY = """\
Before any heading with `code`.

## Today

Do *this*:

- first with `x`
- second

  still second

> [!NOTE]
> Careful.

### Deeper

| a | b |
|---|---|
| `c` | d |

```sh
ss -ltn
```

1. step
   ```text
   out
   ```
   after

## Then {#history}

> Quoted
> lines

    indented
"""


# all that Markdown may become
ELEMENTS = {
    *("a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol"),
    *("p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    *("alt", "aria-label", "class", "data-code", "href", "id", "loading", "role", "src", "start", "style", "tabindex"),
    "title",
}
# lines that mean something to Markdown, to be mixed
LINES = [
    *(
        "# h {#x}",
        "## P 2",
        "para `c`",
        "- item",
        "  more",
        "  ```sh",
        "```",
        "> [!TIP]",
        "> q",
        "| a |",
        "|---|",
        "1. n",
    ),
    *("   - d", "    code", "<script>", "[l](javascript:x)", "![i](gone.png)", "", "", "---"),
]


def unchanged(address: str) -> str:
    return address


def resolve(address: str) -> str | None:
    return None if "gone" in address else f"/there/{address}"


class Page(HTMLParser):
    """The elements of a page with an id, each with its text; and every element and attribute there is."""

    VOID = ("img", "br", "hr", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.repeated: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        element_id = dict(attrs).get("id") or ""
        if element_id in self.texts:
            self.repeated.append(element_id)
        if element_id:
            self.texts[element_id] = ""
        if tag not in self.VOID:
            self._open.append(element_id)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element_id in self._open:
            if element_id:
                self.texts[element_id] += data


def squeezed(text: str) -> str:
    return re.sub(r"[\s—]+", "", text)


@pytest.mark.parametrize("case", read_cases("markdown.txt"), ids=str)
def test_html(case: Case) -> None:
    assert render(case.text, resolve).rstrip("\n") == case.expected


@pytest.mark.parametrize("case", read_cases("markdown_hostile.txt"), ids=str)
def test_hostile_or_broken_text_stays_text(case: Case) -> None:
    assert render(case.text, unchanged).rstrip("\n") == case.expected


def test_a_block_is_the_element_of_its_number() -> None:
    page = Page(render(BODY, unchanged))
    blocks = plain_blocks(BODY)
    assert [block.number for block in blocks] == list(range(len(blocks)))
    for block in blocks:
        if block.kind == "heading":
            continue
        assert squeezed(page.texts[f"p-{block.number}"]).startswith(squeezed(block.text)), block


def test_blocks_are_known_by_kind_heading_and_line() -> None:
    blocks = plain_blocks(BODY)
    assert [(block.kind, block.text, block.heading, block.top_heading) for block in blocks] == [
        ("text", "Before any heading with code.", "", ""),
        ("heading", "Today", "Today", "Today"),
        ("text", "Do this:", "Today", "Today"),
        ("text", "first with x", "Today", "Today"),
        ("text", "second", "Today", "Today"),
        ("text", "still second", "Today", "Today"),
        ("text", "Careful.", "Today", "Today"),
        ("heading", "Deeper", "Deeper", "Today"),
        ("text", "a — b", "Deeper", "Today"),
        ("text", "c — d", "Deeper", "Today"),
        ("code", "ss -ltn", "Deeper", "Today"),
        ("text", "step", "Deeper", "Today"),
        ("code", "out", "Deeper", "Today"),
        ("text", "after", "Deeper", "Today"),
        ("heading", "Then", "Then", "Then"),
        ("text", "Quoted lines", "Then", "Then"),
        ("code", "indented", "Then", "Then"),
    ]
    lines = BODY.split("\n")
    for block in blocks:
        if block.kind != "code":
            assert re.sub(r"\W.*", "", block.text) in lines[block.line], block


def test_inline_code_is_known_by_its_place() -> None:
    spans = {
        block.text: [block.text[a:b] for a, b in block.code_spans] for block in plain_blocks(BODY) if block.code_spans
    }
    assert spans == {"Before any heading with code.": ["code"], "first with x": ["x"], "c — d": ["c"]}


def test_code_blocks_know_their_language() -> None:
    assert [block.language for block in plain_blocks(BODY) if block.kind == "code"] == ["sh", "text", ""]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**b** *i* `c` ~~s~~ [l](x) ![alt](y)", "b i c s l alt"),
        ("&lt;b&gt; \\*x\\* &copy;", "<b> *x* ©"),
        ("one\ntwo  \nthree", "one two three"),
        ("<b>raw</b>", "<b>raw</b>"),
        ("- [x] done", "done"),
        ("footnote[^1]\n\n[^1]: below", "footnote"),
    ],
)
def test_plain_text_has_no_markup(text: str, plain: str) -> None:
    assert plain_blocks(text)[0].text == plain


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=14))
def test_any_mixture_numbers_the_same_elements(lines: list[str]) -> None:
    text = "\n".join(lines)
    page = Page(render(text, resolve))
    assert page.repeated == []
    assert "script" not in page.elements
    for block in plain_blocks(text):
        if block.kind != "heading":
            assert f"p-{block.number}" in page.texts


@settings(deadline=None)
@given(st.text(alphabet="<>\"'&[]()!`*_#-|:\\/ \nabjs=xionert", max_size=200))
def test_no_text_brings_elements_or_attributes_of_its_own(text: str) -> None:
    page = Page(render(text, unchanged))
    assert page.elements <= ELEMENTS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    for name, value in page.attributes:
        if name in ("href", "src"):
            assert not value.strip().lower().startswith(("javascript:", "vbscript:", "data:text"))


def test_texts_on_one_page_have_ids_and_region_names_of_their_own() -> None:
    text = "para\n\n```sh\nls\n```\n"
    names: dict[str, object] = {}
    html = render(text, unchanged, "intro", names) + render(text, unchanged, "step", names)
    page = Page(html)
    assert list(page.texts) == ["intro-0", "intro-1", "step-0", "step-1"]
    assert re.findall(r'aria-label="([^"]*)"', html) == ["Shell commands", "Shell commands 2"]


def test_parts_are_cut_at_headings_of_level_1_and_2() -> None:
    parts = render_parts(BODY, unchanged)
    assert [(part.heading, part.anchor) for part in parts] == [("", ""), ("Today", "today"), ("Then", "history")]
    assert "<h2" not in "".join(part.html for part in parts)
    assert '<h3 id="deeper">Deeper</h3>' in parts[1].html


def test_parts_and_the_whole_have_the_same_ids() -> None:
    whole = Page(render(BODY, unchanged)).texts
    cut = Page("".join(part.html for part in render_parts(BODY, unchanged))).texts
    assert {name: text for name, text in whole.items() if name not in ("today", "history")} == cut


def test_a_text_without_headings_is_one_part() -> None:
    (part,) = render_parts("only text", unchanged)
    assert (part.heading, part.html) == ("", '<p id="p-0">only text</p>\n')


def test_a_heading_with_nothing_below_is_still_a_part() -> None:
    assert [part.heading for part in render_parts("# One\n\n## Two\n", unchanged)] == ["One", "Two"]


def test_inline_text_has_no_paragraph() -> None:
    assert (
        render_inline("see [it](entry:a) & `<b>`", resolve)
        == 'see <a href="/there/entry:a">it</a> &amp; <code>&lt;b&gt;</code>'
    )


def test_known_languages_are_coloured_with_classes_alone() -> None:
    html = code_html("# comment\nss -ltn", "sh", {})
    assert '<span class="c1"># comment</span>' in html
    assert "style=" not in html


def test_a_very_long_code_block_is_shown_plain() -> None:
    assert "<span" not in code_html("ls # x\n" * 5_000, "sh", {})


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("Look again", "look-again"),
        ("  What's  it? ", "whats-it"),
        ("日本 Größe", "日本-größe"),
        ("???", "part"),
        ("a--b", "a-b"),
    ],
)
def test_slugs(text: str, anchor: str) -> None:
    assert slug(text) == anchor


def test_an_empty_text_has_no_blocks() -> None:
    assert plain_blocks("") == [] and plain_blocks("\n\n") == []


def test_blocks_are_values() -> None:
    assert plain_blocks("x") == [Block(0, "text", "x", "", "")]

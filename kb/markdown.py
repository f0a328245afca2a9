"""The one configured Markdown parser: Markdown to HTML, and to the plain blocks that are indexed and quoted.

HTML and plain text come from the same tokens, so the numbers of blocks agree: block 7 of `plain_blocks` is the element
with the id `p-7` in the HTML. Raw HTML in Markdown is shown as text, never passed through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.gfm import gfm_plugin

BlockKind = Literal["heading", "text", "code"]
# A link or image address as written in the Markdown to the address for the page; None: there is no such thing.
Resolve = Callable[[str], str | None]

CODE_NAMES = {
    "sh": "Shell commands",
    "apache": "Apache configuration",
    "text": "Output",
    "html": "HTML",
    "yaml": "YAML",
}
_LEXER_NAMES = {"sh": "bash", "shell": "bash", "console": "console", "apache": "apacheconf", "conf": "apacheconf"}


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table row, heading or code block of a text, without markup."""

    number: int  # place in the text, from 0; `p-<number>` is its id in the HTML
    kind: BlockKind
    text: str
    heading: str  # the nearest heading above (or the heading itself)
    top_heading: str  # the nearest heading of level 2 or less above
    code_spans: tuple[tuple[int, int], ...] = ()  # character ranges of `text` that are inline code
    language: str = ""  # of a code block
    line: int = 0  # of the Markdown, from 0


def slug(text: str) -> str:
    """`text` as an anchor: lower case, words joined by hyphens; letters of every alphabet stay."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", text.strip().lower())).strip("-") or "part"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.use(gfm_plugin)
    # a {#id} at the end of a heading is ours to read (`_heading_ids`); anchors fills in the rest
    parser.core.ruler.push("heading_ids", _heading_ids)
    parser.use(anchors_plugin, min_level=1, max_level=6, slug_func=slug)
    parser.options["html"] = False  # gfm_plugin may switch it on
    parser.add_render_rule("fence", _render_code)
    parser.add_render_rule("code_block", _render_code)
    parser.add_render_rule("table_open", _render_table_open)
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _heading_ids(state: Any) -> None:
    """Take `{#id}` from the end of headings and make it the heading's id."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type != "heading_open" or not inline.children:
            continue
        last = inline.children[-1]
        found = re.search(r"\s*\{#([\w-]+)\}\s*$", last.content) if last.type == "text" else None
        if found:
            last.content = last.content[: found.start()]
            inline.content = re.sub(r"\s*\{#[\w-]+\}\s*$", "", inline.content)
            opening.attrSet("id", found.group(1))


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The parser, made once. Do not change it."""
    return _parser()


def region_name(name: str, env: dict[str, Any]) -> str:
    """`name`, with a number from its second use in `env` on: regions of one page are told apart by their names."""
    used: Counter[str] = env.setdefault("region_names", Counter())
    used[name] += 1
    return name if used[name] == 1 else f"{name} {used[name]}"


def code_html(code: str, language: str, env: dict[str, Any], anchor: str = "") -> str:
    """A code block as HTML. `env` is shared by everything that stands on one page."""
    name = region_name(CODE_NAMES.get(language, "Code"), env)
    element_id = f' id="{escape(anchor)}"' if anchor else ""
    return (
        f'<div class="code" data-code="{escape(language or "text")}"{element_id}>'
        f'<pre tabindex="0" role="region" aria-label="{name}"><code>{highlight(code, language)}</code></pre></div>\n'
    )


def _render_code(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.split()[0].lower() if token.info.strip() else ""
    return code_html(token.content, language, env, str(token.attrs.get("id", "")))


def _render_table_open(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{region_name("Table", env)}"><table>\n'


@lru_cache(maxsize=2048)
def highlight(code: str, language: str) -> str:
    """`code` as HTML with Pygments' classes; only escaped where the language is unknown or plain text."""
    code = code.rstrip("\n")
    if language in ("", "text", "txt", "output", "plain") or len(code) > 20_000:
        return escape(code)
    from pygments import highlight as pygments_highlight  # loaded late: many runs never show code
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(_LEXER_NAMES.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    return str(pygments_highlight(code, lexer, HtmlFormatter(nowrap=True))).rstrip("\n")


_RUN = re.compile(r'<span class="([^"]*)">([^<]*)</span>|([^<]+)')


def highlight_runs(code: str, language: str) -> list[tuple[str, str]]:
    """The same as text: runs of `code`, each with its class, which may be empty."""
    return [(name, unescape(text or plain)) for name, text, plain in _RUN.findall(highlight(code, language))]


def parse(text: str, prefix: str = "p") -> list[Token]:
    """The tokens of `text`, every block that can be quoted numbered by the attribute id `<prefix>-<number>`."""
    tokens = parser().parse(text)
    blocks = _block_tokens(tokens)
    used = {f"{prefix}-{number}" for number in range(len(blocks))}
    for number, block in enumerate(blocks):
        own = str(block.carrier.attrGet("id") or "")
        block.carrier.attrSet("id", _unused(own, used) if own else f"{prefix}-{number}")
    return tokens


def _unused(name: str, used: set[str]) -> str:
    """`name`, or the first of `name-1`, `name-2`, … that is not in `used`; puts it there."""
    number, found = 0, name
    while found in used:
        number += 1
        found = f"{name}-{number}"
    used.add(found)
    return found


@dataclass(slots=True)
class _BlockTokens:
    """Where a block sits among the tokens: `carrier` is the element that gets the id."""

    kind: BlockKind
    carrier: Token
    inlines: list[Token]
    line: int


def _block_tokens(tokens: Sequence[Token]) -> list[_BlockTokens]:
    found: list[_BlockTokens] = []
    items: list[Token] = []  # list items that are open
    carriers: set[int] = set()  # items that have a paragraph's id already
    for index, token in enumerate(tokens):
        line = token.map[0] if token.map else 0
        if token.type == "list_item_open":
            items.append(token)
        elif token.type == "list_item_close":
            items.pop()
        elif token.type == "heading_open":
            found.append(_BlockTokens("heading", token, [tokens[index + 1]], line))
        elif token.type == "paragraph_open":
            # the paragraph of a tight list has no element of its own: the item carries the id; a second one gets an element
            if token.hidden and items and id(items[-1]) in carriers:
                token.hidden = tokens[index + 2].hidden = False
            carrier = items[-1] if token.hidden and items else token
            carriers.add(id(carrier))
            found.append(_BlockTokens("text", carrier, [tokens[index + 1]], line))
        elif token.type in ("fence", "code_block"):
            found.append(_BlockTokens("code", token, [], line))
        elif token.type == "tr_open":
            cells = []
            for later in tokens[index + 1 :]:
                if later.type == "tr_close":
                    break
                if later.type == "inline":
                    cells.append(later)
            found.append(_BlockTokens("text", token, cells, line))
    return found


def _inline_text(inline: Token) -> tuple[str, list[tuple[int, int]]]:
    """Text of an inline token without markup, and the ranges that are inline code."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    length = 0
    for child in inline.children or []:
        if child.type in ("softbreak", "hardbreak"):
            piece = " "
        elif child.type in ("text", "code_inline", "text_special", "html_inline", "image"):
            piece = child.content
        else:
            continue
        if child.type == "code_inline":
            spans.append((length, length + len(piece)))
        parts.append(piece)
        length += len(piece)
    return "".join(parts), spans


def plain_blocks(text: str) -> list[Block]:
    """The blocks of a Markdown text without markup, in order; see `Block`."""
    tokens = parser().parse(text)
    blocks: list[Block] = []
    heading = top_heading = ""
    for number, block in enumerate(_block_tokens(tokens)):
        texts: list[str] = []
        spans: list[tuple[int, int]] = []
        length = 0
        for inline in block.inlines:
            plain, code = _inline_text(inline)
            if texts:
                texts.append(" — ")
                length += 3
            spans += [(start + length, end + length) for start, end in code]
            texts.append(plain)
            length += len(plain)
        content = "".join(texts)
        language = ""
        if block.kind == "code":
            content = block.carrier.content.rstrip("\n")
            language = (block.carrier.info.split() or [""])[0].lower()
        if block.kind == "heading":
            heading = content
            if block.carrier.tag in ("h1", "h2"):
                top_heading = content
        blocks.append(Block(number, block.kind, content, heading, top_heading, tuple(spans), language, block.line))
    return blocks


def _apply_links(tokens: Iterable[Token], resolve: Resolve) -> None:
    """Put the page's addresses into links and images; what leads nowhere becomes its text."""
    for token in tokens:
        if not token.children:
            continue
        kept: list[Token] = []
        dropping = 0
        for child in token.children:
            if child.type == "link_open":
                href = resolve(str(child.attrGet("href") or ""))
                if href is None:
                    dropping += 1
                    continue
                child.attrSet("href", href)
            elif child.type == "link_close" and dropping:
                dropping -= 1
                continue
            elif child.type == "image":
                source = resolve(str(child.attrGet("src") or ""))
                if source is None:
                    note = Token("text", "", 0)
                    note.content = f"[Image not available: {child.content or 'no description'}]"
                    kept.append(note)
                    continue
                child.attrSet("src", source)
                child.attrSet("loading", "lazy")
            kept.append(child)
        token.children = kept


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text under one heading of level 1 or 2 (or before the first), as HTML."""

    heading: str  # without markup; empty before the first heading
    anchor: str  # the heading's id; empty before the first heading
    html: str  # without the heading itself


def render_parts(text: str, resolve: Resolve, env: dict[str, Any] | None = None) -> list[Part]:
    """`text` as HTML, cut at its headings of level 1 and 2. `env` is shared by everything that stands on one page."""
    tokens = parse(text)
    _apply_links(tokens, resolve)
    render = parser().renderer.render
    parts: list[Part] = []
    heading = anchor = ""
    start = 0
    env = {} if env is None else env

    def close(end: int) -> None:
        if heading or end > start:
            parts.append(Part(heading, anchor, render(tokens[start:end], parser().options, env)))

    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in ("h1", "h2") and token.level == 0:
            close(index)
            heading, _ = _inline_text(tokens[index + 1])
            anchor = str(token.attrGet("id") or "")
            start = index + 3
    close(len(tokens))
    return parts


def render(text: str, resolve: Resolve, prefix: str = "p", env: dict[str, Any] | None = None) -> str:
    """`text` as HTML. Texts that share a page need a `prefix` of their own for their blocks' ids, and one `env`."""
    tokens = parse(text, prefix)
    _apply_links(tokens, resolve)
    return str(parser().renderer.render(tokens, parser().options, {} if env is None else env))


def render_inline(text: str, resolve: Resolve) -> str:
    """One line of Markdown as HTML without a paragraph around it."""
    tokens = parser().parseInline(text)
    _apply_links(tokens, resolve)
    return str(parser().renderer.render(tokens, parser().options, {}))

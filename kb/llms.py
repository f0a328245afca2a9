"""What language models are given to read: a list of everything as Markdown links (the format of llmstxt.org), and all of it.

A title, a summary as a quotation, then lists of links under headings: one list for each section, one for the guides.
"""

from __future__ import annotations

from kb.assets import Asset, text_asset
from kb.pages import Frame, plural
from kb.twins import entry_markdown, guide_markdown, link_line, section_links

LLMS, LLMS_FULL = "/llms.txt", "/llms-full.txt"
PLAIN = "text/plain; charset=utf-8"


def llms_txt(frame: Frame) -> str:
    """Title, summary and a link to each entry and guide as Markdown."""
    parts = [_top(frame)]
    for section, _ in frame.filled_sections:
        parts += [f"## {section.title}", *section_links(frame, section.id)]
    if frame.content.guides:
        parts += ["## Guides", "\n".join(_guide_line(frame, guide.id) for guide in frame.content.guides)]
    rest = [
        link_line("Everything in one text", frame.links.absolute(frame.links.mount + LLMS_FULL)),
        link_line(
            "Write a problem report", frame.links.absolute(frame.links.report_file("md")), "The form, to fill in"
        ),
    ]
    return "\n\n".join((*parts, "## Optional", "\n".join(rest))) + "\n"


def llms_full_txt(frame: Frame) -> str:
    """Everything: all entries in reading order, then all guides, with a line between two of them."""
    texts = [entry_markdown(frame, entry.id) for entry in frame.content.entries]
    texts += [guide_markdown(frame, guide.id) for guide in frame.content.guides]
    return "\n\n---\n\n".join(text.strip("\n") for text in (_top(frame), *texts)) + "\n"


def llms_full_asset(frame: Frame) -> Asset:
    """`llms_full_txt` as it is sent."""
    return text_asset(llms_full_txt(frame), PLAIN)


def _top(frame: Frame) -> str:
    site, content = frame.content.site, frame.content
    held = plural(len(content.entries), "entry", "entries")
    held += f" and {plural(len(content.guides), 'troubleshooting guide')}" if content.guides else ""
    summary = " ".join((site.tagline or f"Questions and answers: {site.title}.").split())
    notes = [
        f"It holds {held}.",
        "An entry is one question with its answer; its Markdown is at the address of its page with `.md` at the end.",
    ]
    if any(entry.status != "current" for entry in content.entries):
        notes.append(f"What stands under a heading such as “{site.historic_headings[0]}” is history, not advice.")
    ask = frame.links.absolute(frame.links.ask("QUESTION"))
    notes.append(f"To ask, open `{ask}` (a page), or `{frame.links.absolute(frame.links.mount + '/api/v1/search?q=QUESTION')}` (JSON).")
    return f"# {' '.join(site.title.split())}\n\n> {summary}\n\n{' '.join(notes)}"


def _guide_line(frame: Frame, guide_id: str) -> str:
    guide = frame.guides[guide_id]
    address = frame.links.guide_markdown(guide_id) or frame.links.guide(guide_id)
    return link_line(guide.question, frame.links.absolute(address), guide.short or plural(len(guide.steps), "step"))

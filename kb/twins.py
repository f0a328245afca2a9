"""Pages as Markdown, for programs that read text: entries, guides and sections, one text each.

What authors wrote stays as it is; only links that lead to other content become the addresses of its Markdown. Addresses
are the site's own, with its name in front where the settings give it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kb.entry import Guide, Outcome
from kb.links import NOTHING_TRIED, Tried
from kb.pages import Frame, day, plural

_CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(  # a target with blanks in it stands in angle brackets
    r"(?P<before>(?:\]\(|^ {0,3}\[[^\]\n]+\]:[ \t]*)(?P<open><)?)(?P<target>(?(open)[^<>\n]+|[^\s<>()]+))", re.MULTILINE
)


def entry_markdown(frame: Frame, entry_id: str) -> str:
    """An entry: the question on top, the answer in short, what it holds for, the answer. Raises KeyError, as do all by id."""
    entry = frame.entries[entry_id]
    facts = [frame.section_title(entry.section)]
    facts += [f"Status: {entry.status}"] if entry.status != "current" else []
    facts += [f"Applies to: {entry.applies_to}"] if entry.applies_to else []
    facts += [f"Updated {day(entry.reviewed)}"] if entry.reviewed else []
    parts = [f"# {entry.question}", entry.short, " · ".join(facts), _with_addresses(frame, entry.body, entry.path)]
    items = [(frame.guides[item].question, _guide(frame, item)) for item in entry.guides if item in frame.guides]
    items += [(frame.entries[item].question, _entry(frame, item)) for item in entry.related if item in frame.entries]
    return _joined(*parts, *_listed("See also", items))


def guide_markdown(frame: Frame, guide_id: str) -> str:
    """A guide with all its steps, and after each where to go on."""
    guide = frame.guides[guide_id]
    facts = plural(len(guide.steps), "step") + (f" · Updated {day(guide.reviewed)}" if guide.reviewed else "")
    parts = [f"# {guide.question}", guide.short, facts, _with_addresses(frame, guide.intro, guide.path)]
    for number, step in enumerate(guide.steps, 1):
        outcomes = [_outcome(frame, guide, number, outcome) for outcome in step.outcomes]
        parts += [f"## Step {number}: {step.title}", _with_addresses(frame, step.body, guide.path), "\n".join(outcomes)]
    items = [(frame.entries[item].question, _entry(frame, item)) for item in guide.entries if item in frame.entries]
    return _joined(*parts, *_listed("Entries", items))


def section_markdown(frame: Frame, section_id: str) -> str:
    """A section: its entries as links, with their answers in short."""
    section = frame.sections[section_id]
    return _joined(f"# {section.title}", section.summary, *section_links(frame, section_id))


def section_links(frame: Frame, section_id: str) -> tuple[str, ...]:
    """The entries of a section as one Markdown list of links; nothing for a section without entries."""
    lines = [
        link_line(entry.question, _entry(frame, entry.id), entry.short)
        for entry in frame.content.entries_of(section_id)
    ]
    return ("\n".join(lines),) if lines else ()


def link_line(title: str, address: str, note: str = "") -> str:
    """One line of a list: a link, and what is to be said about it."""
    shown = re.sub(r"([\[\]\\])", r"\\\1", " ".join(title.split()))
    return f"- [{shown}]({address})" + (f": {' '.join(note.split())}" if note else "")


def _entry(frame: Frame, entry_id: str) -> str:
    return frame.links.absolute(frame.links.entry_markdown(entry_id) or frame.links.entry(entry_id))


def _guide(frame: Frame, guide_id: str) -> str:
    return frame.links.absolute(frame.links.guide_markdown(guide_id) or frame.links.guide(guide_id))


def _outcome(frame: Frame, guide: Guide, number: int, outcome: Outcome) -> str:
    """A line that says what one may see after a step, and where to go on."""
    target = outcome.target
    text = _with_addresses(frame, " ".join(outcome.text.split()), guide.path)
    numbers = {step.id: place for place, step in enumerate(guide.steps, 1)}
    if target.kind == "step" and target.id in numbers:
        following = numbers[target.id]
        there = "the next step" if following == number + 1 else f"step {following}"
    elif target.kind == "guide" and target.id in frame.guides:
        there = f"[{frame.guides[target.id].question}]({_guide(frame, target.id)})"
    elif target.kind == "entry" and target.id in frame.entries:
        there = f"[{frame.entries[target.id].question}]({_entry(frame, target.id)})"
    elif target.kind == "solved":
        there = "solved"
    else:
        tried = Tried(guide=guide.id, step=guide.steps[number - 1].id) if guide.steps else NOTHING_TRIED
        there = f"[write a problem report]({frame.links.absolute(frame.links.report(tried))})"
    return f"- {'Good' if outcome.good else 'Bad'}: {text} → {there}"


def _listed(heading: str, items: list[tuple[str, str]]) -> tuple[str, ...]:
    return (f"## {heading}", "\n".join(link_line(title, address) for title, address in items)) if items else ()


def _joined(*parts: str) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _with_addresses(frame: Frame, text: str, path: str) -> str:
    """`text` of the content file `path` with addresses in its links; code stays as it is."""
    made: list[str] = []
    end = 0
    change = _link_changer(frame, path)
    for code in _CODE.finditer(text):
        made += [_LINK.sub(change, text[end : code.start()]), code[0]]
        end = code.end()
    return "".join((*made, _LINK.sub(change, text[end:])))


def _link_changer(frame: Frame, path: str) -> Callable[[re.Match[str]], str]:
    resolve = frame.resolver(path)

    def change(link: re.Match[str]) -> str:
        item_id, anchor = frame.linked_item(path, link["target"])
        mark = f"#{anchor}" if anchor else ""
        if item_id in frame.entries:
            return link["before"] + _entry(frame, item_id) + mark
        if item_id in frame.guides:
            return link["before"] + _guide(frame, item_id) + mark
        address = resolve(link["target"]) or link["target"]  # what leads nowhere stays, and says so
        return link["before"] + (frame.links.absolute(address) if address.startswith("/") else address)

    return change

"""Pages: one function a page, each returns a whole HTML text made from the templates.

Everything a page shows arrives as values; addresses come from a `Links`. Nothing here knows of requests, of the index,
or of files other than the templates.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from kb import markdown
from kb.answer import Answer
from kb.conversation import OUTCOMES, REASONS
from kb.entry import Content, Entry, Guide, Outcome, ReportField, ReportTemplate, Section, Step, Target
from kb.feedback import Feedback
from kb.levels import LEADS
from kb.links import LONGEST_ADDRESS, NOTHING_TRIED, Links, Tried
from kb.outward import lead_out
from kb.retrieval import Hit
from kb.snippet import Snippet, heading_shown

TEMPLATES = Path(__file__).parent.parent / "templates"

# Level of an answer: dots and words of its badge, and the sentence that leads it.
BADGES = {"strong": ("●●●", "Strong match"), "possible": ("●●○", "Possible match"), "weak": ("●○○", "Weak match")}
STATUS_WORDS = {"current": "Current", "changed": "Changed", "historic": "Historic"}
REQUIRED_WORDS = {"always": "always needed", "core-dump": "needed after a core dump", "optional": "optional"}
_SAFE_SCHEMES = ("http", "https", "mailto", "ftp")
_ALIASES_SHOWN = 6
_ERRORS_SHOWN = 8
_RELATED_SHOWN = 5
LATER_LABEL = "Ask another question"
LOG_QUESTION = "What does this log say?"  # shown as the question when only a log was pasted
REPORT_PATH = "problem-report.md"  # links in the template are relative to the content folder

# What a problem report asks for where the content has no template of its own.
PLAIN_REPORT = ReportTemplate(
    title="Problem report",
    intro="Fill in what applies. The more exact it is, the sooner somebody can help.",
    fields=(
        ReportField("versions", "Versions", "Name and version of the system and the programs.", "always"),
        ReportField("what-happened", "What happened", "What you did, step by step, and what you saw.", "always", True),
        ReportField("expected", "What should have happened", "", "optional", True),
        ReportField("log", "Log or error output", "The lines around the first error, as text.", "optional", True),
    ),
    never_include=("Private keys", "Passwords and pass phrases", "Names and data of other people"),
)


@dataclass(frozen=True)
class Frame:
    """What all pages of one state of a knowledge base share."""

    content: Content
    links: Links
    built: str = ""  # when the index was made, ISO time; may be empty

    def with_links(self, links: Links) -> Frame:
        """The same content with other addresses."""
        made = replace(self, links=links)
        made.__dict__.update((name, value) for name, value in self.__dict__.items() if name != "links")
        return made

    @cached_property
    def entries(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.content.entries}

    @cached_property
    def guides(self) -> dict[str, Guide]:
        return {guide.id: guide for guide in self.content.guides}

    @cached_property
    def sections(self) -> dict[str, Section]:
        return {section.id: section for section in self.content.sections}

    @cached_property
    def _ids_by_path(self) -> dict[str, str]:
        items: Iterable[Entry | Guide] = (*self.content.entries, *self.content.guides)
        return {item.path: item.id for item in items}

    @cached_property
    def filled_sections(self) -> tuple[tuple[Section, int], ...]:
        """Sections that hold entries, with how many."""
        counts: dict[str, int] = {}
        for entry in self.content.entries:
            counts[entry.section] = counts.get(entry.section, 0) + 1
        return tuple((section, counts[section.id]) for section in self.content.sections if section.id in counts)

    def section_title(self, section_id: str) -> str:
        section = self.sections.get(section_id)
        return section.title if section else section_id[:1].upper() + section_id[1:].replace("-", " ")

    def item(self, item_id: str) -> Entry | Guide | None:
        return self.entries.get(item_id) or self.guides.get(item_id)

    def address(self, item_id: str, anchor: str = "") -> str | None:
        """Address of an entry or guide; None when there is no such id."""
        if item_id in self.entries:
            return self.links.entry(item_id, anchor)
        return self.links.guide(item_id, anchor) if item_id in self.guides else None

    def hit_address(self, hit: Hit, anchor: str = "") -> str:
        make = self.links.guide if hit.kind == "guide" else self.links.entry
        return make(hit.id, anchor)

    def linked_item(self, path: str, href: str) -> tuple[str, str]:
        """Id and anchor of the entry or guide that a link in the content file `path` names; two empty texts for others."""
        scheme, colon, rest = href.partition(":")
        if colon and scheme in ("entry", "guide"):
            item_id, _, anchor = rest.partition("#")
            return unquote(item_id), unquote(anchor)
        target, _, anchor = href.partition("#")
        if not target or (colon and scheme.isalnum()):
            return "", ""
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target)))
        return self._ids_by_path.get(wanted, ""), unquote(anchor)

    def resolver(self, path: str) -> markdown.Resolve:
        """How links written in the content file `path` become addresses; see docs/writing.md."""

        def resolve(href: str) -> str | None:
            item_id, anchor = self.linked_item(path, href)
            if item_id:
                return self.address(item_id, anchor)
            scheme, colon, _ = href.partition(":")
            if colon and scheme.isalnum():
                return href if scheme.lower() in _SAFE_SCHEMES else None
            if href.startswith("#"):
                return href
            target = unquote(href.partition("#")[0])
            return self.links.file(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))

        return resolve


@dataclass(frozen=True, slots=True)
class Problem:
    """Why what a reader sent cannot be used: a sentence, and the field of the box it is about."""

    message: str
    field: Literal["question", "log"] = "question"


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in the box."""

    label: str
    question: str = ""
    log: str = ""
    section: Section | None = None  # offered as a limit
    limited: bool = False  # is that limit on?
    problem: Problem | None = None
    hidden: tuple[tuple[str, str], ...] = ()  # further fields that are sent along
    note: str = ""  # what is special about asking here
    links: tuple[tuple[str, str], ...] = ()  # address and words of what else can be done


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates' environment, made once."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html", "xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(day=day, plural=plural, clip=clip)
    made.globals.update(
        BADGES=BADGES, LEADS=LEADS, STATUS_WORDS=STATUS_WORDS, REQUIRED_WORDS=REQUIRED_WORDS,
        Tried=Tried, passage=passage_html, passage_heading=passage_heading, commands=commands_html, lines=count_lines,
        REASONS=REASONS, LOG_QUESTION=LOG_QUESTION,
    )  # fmt: skip
    return made


def load_templates() -> None:
    """Compile every template now, so that the first reader does not wait for it."""
    for name in environment().list_templates():
        environment().get_template(name)


def day(iso: str) -> str:
    """An ISO date or time as "24 November 2026"; the text itself when it is neither."""
    try:
        moment = datetime.fromisoformat(iso) if "T" in iso else date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{moment.day} {moment:%B} {moment.year}"


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 entry", "3 entries"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def clip(text: str, length: int = 70) -> str:
    """`text` on one line, at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def count_lines(text: str) -> int:
    return len(text.strip("\n").split("\n"))


def passage_html(snippet: Snippet) -> Markup:
    """The passage with its sentence in one `<mark>`, and inline code as code."""
    start, end = snippet.mark
    before, marked, after = (
        _with_code(snippet, first, last) for first, last in ((0, start), (start, end), (end, len(snippet.text)))
    )
    return Markup("{}<mark>{}</mark>{}").format(before, marked, after) if marked else before + after


def _with_code(snippet: Snippet, first: int, last: int) -> Markup:
    """Characters first..last of the passage, escaped, with what is inline code among them in `<code>`."""
    parts: list[Markup] = []
    place = first
    for span in snippet.code_spans:
        start, end = max(span[0], place), min(span[1], last)
        if start < end:
            parts += [escape(snippet.text[place:start]), Markup("<code>{}</code>").format(snippet.text[start:end])]
            place = end
    return Markup("").join((*parts, escape(snippet.text[place:last])))


def passage_heading(item: Entry | Guide | None, snippet: Snippet) -> str:
    """The heading worth naming with the passage of `item`; empty for none."""
    return heading_shown(item, snippet.heading)


def commands_html(snippet: Snippet) -> Markup:
    names: dict[str, Any] = {}
    return Markup("".join(markdown.code_html(item.text, item.language, names) for item in snippet.commands))


def _page(template: str, frame: Frame, **values: Any) -> str:
    links = frame.links
    html = environment().get_template(template).render(frame=frame, links=links, site=frame.content.site, **values)
    return lead_out(html, links.mount + links.prefix) if links.prefix else html


def _header_box(frame: Frame, section: Section | None = None) -> Box:
    talk = frame.links.conversation_id
    label = LATER_LABEL if talk else frame.content.site.box_label
    return Box(label, section=section, hidden=(("c", talk),) if talk else ())


def home_page(
    frame: Frame, most_asked: Iterable[str] = (), question: str = "", log: str = "", problem: Problem | None = None,
    section: Section | None = None,
) -> str:  # fmt: skip
    """The first page; with a `problem`, the same page saying what to mend in the box.

    most_asked: entry ids. section: what answers are limited to, unless the reader takes that back.
    """
    box = Box(frame.content.site.box_label, question, log, section, limited=section is not None, problem=problem)
    asked = [frame.entries[entry_id] for entry_id in most_asked]
    return _page("home.html", frame, box=box, problem=problem, most_asked=asked)


def ask_page(frame: Frame, answer: Answer, section: Section | None = None, feedback: Feedback | None = None) -> str:
    """One question with its answer. `section`: what the answer was limited to."""
    section_id = section.id if section else ""
    exact_address = frame.links.ask(answer.question, answer.log, section_id, exact=True)
    if len(exact_address) > LONGEST_ADDRESS:
        exact_address = frame.links.ask(answer.question, "", section_id, exact=True)
    return _page(
        "ask.html",
        frame,
        answer=answer,
        problem=None,
        box=Box(LATER_LABEL, section=section, limited=section is not None),
        feedback=feedback,
        exact_address=exact_address,
    )


@dataclass(frozen=True, slots=True)
class PartView:
    """A stretch of a text under one heading, as shown."""

    heading: str
    anchor: str
    html: Markup
    historic: bool


def body_parts(frame: Frame, body: str, path: str, names: dict[str, Any] | None = None) -> list[PartView]:
    """A Markdown body cut at its main headings; `path`: its file, which links are relative to."""
    historic = {heading.casefold() for heading in frame.content.site.historic_headings}
    return [
        PartView(part.heading, part.anchor, Markup(part.html), part.heading.casefold() in historic)
        for part in markdown.render_parts(body, frame.resolver(path), names)
    ]


def entry_page(
    frame: Frame, entry_id: str, feedback: Feedback | None = None, structured_data: str = "", cards: str = ""
) -> str:
    """An entry with all that belongs to it. Raises KeyError for an unknown id, as do all pages made by id.

    structured_data: JSON for search engines, fit to stand in a script element. cards: elements for the script of a copy.
    """
    entry = frame.entries[entry_id]
    return _page(
        "entry.html",
        frame,
        entry=entry,
        feedback=feedback,
        structured_data=structured_data,
        cards=cards,
        box=_header_box(frame),
        parts=body_parts(frame, entry.body, entry.path),
        guides=[frame.guides[guide_id] for guide_id in entry.guides if guide_id in frame.guides],
        related=[frame.entries[other] for other in entry.related if other in frame.entries][:_RELATED_SHOWN],
        aliases=entry.aliases[:_ALIASES_SHOWN],
        errors=entry.errors[:_ERRORS_SHOWN],
        sources=[Markup(markdown.render_inline(source, frame.resolver(entry.path))) for source in entry.sources],
    )


def section_page(frame: Frame, section_id: str, structured_data: str = "") -> str:
    """A section's entries as a list, and the guides they name. structured_data: as for `entry_page`."""
    section = frame.sections[section_id]
    entries = frame.content.entries_of(section.id)
    named = {guide_id for entry in entries for guide_id in entry.guides}
    guides = [guide for guide in frame.content.guides if guide.id in named]
    return _page(
        "section.html",
        frame,
        section=section,
        entries=entries,
        guides=guides,
        structured_data=structured_data,
        box=_header_box(frame, section),
    )


def guides_page(frame: Frame) -> str:
    """The list of guides."""
    return _page("guides.html", frame, box=_header_box(frame))


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """An outcome of a step as shown: what one sees, and the link to where to go then."""

    good: bool
    html: Markup
    target: Target
    address: str
    label: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What came of the steps of a guide in a conversation; without one, nothing is known."""

    verdicts: Mapping[str, str] = field(default_factory=dict)  # step id to "yes", "no" or "cannot"
    next: str = ""  # id of the step to go on with; empty before the first and after the last
    walked: frozenset[str] = frozenset()  # ids of the other guides that were worked through before

    def words(self, step_id: str) -> str:
        """What came of a step, in words; empty when it was not tried."""
        verdict = self.verdicts.get(step_id, "")
        return OUTCOMES["step"][verdict].capitalize() if verdict else ""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a guide as shown."""

    number: int  # from 1
    id: str
    title: str
    html: Markup
    outcomes: tuple[OutcomeView, ...]


def _step_view(
    frame: Frame, guide: Guide, step: Step, *, on_one_page: bool, names: dict[str, Any],
    walked: frozenset[str] = frozenset(),
) -> StepView:  # fmt: skip
    resolve = frame.resolver(guide.path)
    prefix = f"{step.id}-p" if on_one_page else "p"
    outcomes = tuple(
        OutcomeView(
            outcome.good,
            Markup(markdown.render_inline(outcome.text, resolve)),
            outcome.target,
            *outcome_link(frame, guide, step, outcome, on_one_page=on_one_page, walked=walked),
        )
        for outcome in step.outcomes
    )
    html = Markup(markdown.render(step.body, resolve, prefix, names))
    return StepView(guide.steps.index(step) + 1, step.id, step.title, html, outcomes)


def next_step(guide: Guide, step: Step) -> str:
    """Id of the step after `step`; empty after the last."""
    place = guide.steps.index(step) + 1
    return guide.steps[place].id if place < len(guide.steps) else ""


def outcome_link(
    frame: Frame, guide: Guide, step: Step, outcome: Outcome, *, on_one_page: bool = False,
    walked: frozenset[str] = frozenset(),
) -> tuple[str, str]:  # fmt: skip
    """Address and words of the link an outcome ends with. What leads nowhere, or back to a guide that was `walked`
    before, leads to the report."""
    target, links = outcome.target, frame.links
    if target.kind == "step":
        for number, other in enumerate(guide.steps, 1):
            if other.id == target.id:
                address = f"#{other.id}" if on_one_page else links.step(guide.id, other.id)
                is_next = number > 1 and guide.steps[number - 2] == step
                return address, f"Next step: {other.title}" if is_next else f"Go to step {number}: {other.title}"
    if target.kind == "guide" and target.id in frame.guides and target.id not in walked:
        return links.guide(target.id), f"Go to the guide: {frame.guides[target.id].question}"
    if target.kind == "entry" and target.id in frame.entries:
        return links.entry(target.id), f"Read: {frame.entries[target.id].question}"
    if target.kind == "solved":
        return links.solved(guide.id), "Yes, that fixed it"
    return links.report(Tried(guide=guide.id, step=step.id)), "Write a problem report"


def guide_page(frame: Frame, guide_id: str, progress: Progress | None = None, cards: str = "") -> str:
    """All steps of a guide on one page. progress: what came of its steps, in a conversation. cards: as for `entry_page`."""
    guide = frame.guides[guide_id]
    names: dict[str, Any] = {}
    intro = Markup(markdown.render(guide.intro, frame.resolver(guide.path), env=names))
    steps = [_step_view(frame, guide, step, on_one_page=True, names=names) for step in guide.steps]
    return _page(
        "guide.html",
        frame,
        guide=guide,
        intro=intro,
        steps=steps,
        cards=cards,
        progress=progress or Progress(),
        entries=[frame.entries[entry_id] for entry_id in guide.entries if entry_id in frame.entries],
        sources=[Markup(markdown.render_inline(source, frame.resolver(guide.path))) for source in guide.sources],
        box=_header_box(frame),
    )


def step_page(frame: Frame, guide_id: str, step_id: str, progress: Progress | None = None) -> str:
    """One step of a guide. Its introduction stands above the first. progress: as for `guide_page`."""
    guide = frame.guides[guide_id]
    step = next(step for step in guide.steps if step.id == step_id)
    names: dict[str, Any] = {}
    progress = progress or Progress()
    view = _step_view(frame, guide, step, on_one_page=False, names=names, walked=progress.walked)
    intro = markdown.render(guide.intro, frame.resolver(guide.path), "intro", names) if view.number == 1 else ""
    return _page("step.html", frame, guide=guide, step=view, intro=Markup(intro), progress=progress)


def solved_page(frame: Frame, guide_id: str, solved_by: str = "") -> str:
    """The good end of a guide. solved_by: id of the step that fixed it, in a conversation."""
    guide = frame.guides[guide_id]
    entries = [frame.entries[entry_id] for entry_id in guide.entries if entry_id in frame.entries]
    step = next((step for step in guide.steps if step.id == solved_by), None)
    return _page("solved.html", frame, guide=guide, entries=entries, step=step, box=_header_box(frame))


def guide_end_page(frame: Frame, guide_id: str, progress: Progress | None = None) -> str:
    """The end of a guide that did not help: the way to the report."""
    guide = frame.guides[guide_id]
    return _page("guide_end.html", frame, guide=guide, progress=progress or Progress(), box=_header_box(frame))


@dataclass(frozen=True, slots=True)
class TriedView:
    """What a reader tried, in words, as far as the ids are known."""

    question: str
    entry: Entry | None
    guide: Guide | None
    step: int  # number of the step reached; 0 when unknown

    @property
    def summary(self) -> str:
        """Such as "1 question, 1 entry, 3 steps"; empty when nothing is known."""
        counts = (
            ("question", "", int(bool(self.question))),
            ("entry", "entries", int(self.entry is not None)),
            ("step", "", self.step),
        )
        return ", ".join(plural(count, one, many) for one, many, count in counts if count)


def tried_view(frame: Frame, tried: Tried) -> TriedView:
    guide = frame.guides.get(tried.guide)
    ids = [step.id for step in guide.steps] if guide else []
    step = ids.index(tried.step) + 1 if tried.step in ids else 0
    return TriedView(tried.question.strip(), frame.entries.get(tried.entry), guide, step)


def report_template(frame: Frame) -> ReportTemplate:
    return frame.content.report or PLAIN_REPORT


def report_file(frame: Frame, kind: Literal["md", "txt"], tried: Tried = NOTHING_TRIED) -> str:
    """The problem report as a form to fill in by hand, as Markdown or plain text, with what was tried filled in."""
    return _page(f"report.{kind}", frame, report=report_template(frame), tried=tried_view(frame, tried))


def report_page(frame: Frame, tried: Tried = NOTHING_TRIED, cards: str = "") -> str:
    """What a problem report holds, the form to copy, and whom to send it to. cards: as for `entry_page`."""
    report = report_template(frame)
    names: dict[str, Any] = {}
    resolve = frame.resolver(REPORT_PATH)
    fields = [
        (item, Markup("".join(markdown.code_html(command, "sh", names) for command in item.commands)))
        for item in report.fields
    ]
    return _page(
        "report.html",
        frame,
        report=report,
        intro=Markup(markdown.render(report.intro, resolve, "intro", names)),
        parts=_report_parts(frame, report, names),
        fields=fields,
        contacts=[item for item in report.contacts if item.today],
        old_contacts=[item for item in report.contacts if item.then],
        old_fields=[item for item in report.fields if item.then],
        inline=_inline(frame),
        tried=tried_view(frame, tried),
        tried_ids=tried,
        form=report_file(frame, "md", tried),
        cards=cards,
    )


def _report_parts(frame: Frame, report: ReportTemplate, names: dict[str, Any]) -> list[PartView]:
    """The template's body. Its one current part gets a heading that says more, next to the form, than "Today"."""
    parts = body_parts(frame, report.body, REPORT_PATH, names)
    current = [part for part in parts if part.heading and not part.historic]
    if len(current) != 1:
        return parts
    return [replace(part, heading="What a good report holds") if part is current[0] else part for part in parts]


def _inline(frame: Frame) -> Any:
    """A filter: one line of Markdown from the problem-report template as HTML."""
    resolve = frame.resolver(REPORT_PATH)
    return lambda text: Markup(markdown.render_inline(text, resolve))


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error page says: what happened, then what to do."""

    title: str
    message: str
    has_box: bool = True


FAULTS = {
    400: Fault("This request cannot be used", "Go to the first page and ask from there."),
    403: Fault("This request was refused", "It came from another site. Go to the first page and ask from there."),
    404: Fault(
        "Page not found",
        "There is no page at this address. Ask for what you were looking for, or go to the first page.",
    ),
    405: Fault("This address cannot be used that way", "Go to the first page and follow the links from there."),
    410: Fault("This conversation has ended", "Ask again to start a new one."),
    413: Fault(
        "That is too much to send at once",
        "A question with its log may be 64 KiB. Keep the lines around the first error.",
    ),
    422: Fault("There is a problem", "What was sent cannot be used. Go to the first page and ask from there."),
    500: Fault(
        "There is a problem with this page",
        "It was written to the server's log. Load the page again, or go to the first page.",
    ),
    503: Fault(
        "Questions cannot be answered right now",
        "The index is being made. Load this page again in one minute.",
        has_box=False,
    ),
}


STORAGE_FAULT = Fault(
    "Nothing can be stored right now",
    "The database cannot be reached. Questions are answered and entries can be read meanwhile. "
    "Load this page again in one minute.",
)


def fault_of(status: int, message: str = "") -> Fault:
    """The words for an HTTP status; `message` stands in for what a status without words of its own cannot say."""
    fault = FAULTS.get(status) or FAULTS[500 if status >= 500 else 400]
    return replace(fault, message=message or fault.message)


def error_page(frame: Frame, fault: Fault, question: str = "", log: str = "", nearest: Iterable[Hit] = ()) -> str:
    """An error page, with the box, what was typed into it, and the entries nearest to what was wanted."""
    box = Box(frame.content.site.box_label, question, log)
    return _page("error.html", frame, fault=fault, nearest=tuple(nearest), box=box)


def sitemap(frame: Frame, host: str = "") -> str:
    """The addresses of all pages worth finding, as a sitemaps.org file. `host`: put before addresses that lack one."""
    links = frame.links
    places = [(links.home(), ""), (links.guides(), "")]
    places += [(links.section(section.id), "") for section, _ in frame.filled_sections]
    places += [(links.entry(entry.id), entry.reviewed) for entry in frame.content.entries]
    places += [(links.guide(guide.id), guide.reviewed) for guide in frame.content.guides]
    start = host.rstrip("/")
    return _page(
        "sitemap.xml", frame, places=[(start + links.absolute(address), changed) for address, changed in places]
    )

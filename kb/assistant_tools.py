"""What assistants can do with the knowledge base: search, read an entry or a guide, draft a problem report.

Each tool is a method that takes plain values and returns a typed one; what it returns is made for a language model to read,
with the words of the content kept as they are. How the tools travel is the matter of kb/mcp_server.py. Nothing is stored.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from kb.answer import Answer
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.levels import LEADS, Level
from kb.links import PortalLinks, Tried
from kb.pages import Frame, report_template
from kb.report import CRASH, LOG, QUESTION, TRIED, check, form_fields, make_report, report_markdown
from kb.reporting import similar_entries
from kb.secret_scan import mask
from kb.settings import Settings
from kb.twins import entry_markdown, guide_markdown

MOST_HITS = 20
ADVICE: dict[Level, str] = {
    "strong": "The first entry answers this. Quote the passage, and name the entry.",
    "possible": f"{LEADS.get('possible', '')} Read the entry with get_entry before you rely on it.",
    "weak": "No entry answers this directly; the hits are only the closest. Say so, or ask for the exact error text.",
    "none": "No entry matches this question. Say so, do not answer from the hits; offer to draft a problem report.",
}


class Named(BaseModel):
    """An entry or guide by name."""

    id: str
    title: str
    url: str = Field(description="Its page; a path where the address of the portal is not set.")


class FoundItem(Named):
    """An entry or guide that was found."""

    kind: str = Field(description='"entry", to be read with get_entry, or "guide", to be read with get_guide.')
    section: str = Field(description="Id of its section.")
    matched: list[str] = Field(description="Words of the question that it holds.")


class Passage(BaseModel):
    """The passage that answers, word for word."""

    text: str
    marked: str = Field(description="The sentence of the text that says most.")
    heading: str = Field(description="Heading that it stands under; may be empty.")
    historic: bool = Field(description="Whether it is history rather than advice for today.")
    commands: list[str] = Field(description="Commands that belong to it.")


class Found(BaseModel):
    """What a search found."""

    level: Level = Field(description="How sure it is that the first entry answers.")
    advice: str = Field(description="What to make of that.")
    corrected: str | None = Field(description="What was searched instead, where words were misspelt.")
    passage: Passage | None = Field(description="From the first entry, where the level is strong or possible.")
    hits: list[FoundItem] = Field(description="Best first.")
    guides: list[Named] = Field(description="Troubleshooting guides that work through it, best first.")


class EntryText(Named):
    """One entry: a question with its answer."""

    section: str = Field(description="Id of its section.")
    status: str = Field(description='"current", "changed" (today differs from then) or "historic".')
    reviewed: str = Field(description="Date of the last review; may be empty.")
    short: str = Field(description="The answer in short; may be empty.")
    markdown: str = Field(description="All of it as Markdown.")
    guides: list[Named]
    related: list[Named]


class StepText(BaseModel):
    """One step of a guide."""

    number: int
    id: str
    title: str


class GuideText(Named):
    """One troubleshooting guide."""

    short: str = Field(description="What it is for; may be empty.")
    steps: list[StepText]
    markdown: str = Field(description="All steps as Markdown: what to do, what one may see, and where to go on then.")
    entries: list[Named]


class ToFill(BaseModel):
    """A field of the report that is still empty."""

    id: str
    label: str
    hint: str
    required: bool


class Drafted(BaseModel):
    """A problem report that was drafted. It is neither sent nor stored."""

    markdown: str = Field(description="The report, with secrets replaced by notes.")
    to_mend: list[str] = Field(description="What has to be changed before it can be sent, a sentence each.")
    to_fill: list[ToFill] = Field(description="Fields that are still empty.")
    similar: list[Named] = Field(description="Entries that may answer it; read them first.")
    form_url: str = Field(description="Where a person sends it, with the question filled in.")


class AssistantTools:
    """The tools on one knowledge base. Safe to use from several threads; errors are KbErrors, a sentence each."""

    def __init__(self, settings: Settings, knowledge_base: KnowledgeBase) -> None:
        self.settings = settings
        self.knowledge_base = knowledge_base
        self._links = PortalLinks(settings.base_url)

    def frame(self) -> Frame:
        """The newest content, looked at now. Raises KbError when there is none."""
        return Frame(self.knowledge_base.newest().content, self._links)

    def search(
        self,
        question: Annotated[str, Field(description="A question in the person's own words, or one error line.")],
        log: Annotated[str, Field(description="Longer log or error output, without passwords and keys.")] = "",
        section: Annotated[str, Field(description="Id of a section to search in; empty for all.")] = "",
        limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="Most hits.")] = 5,
    ) -> Found:
        """Find the entries that answer a question, with the passage to quote and how sure that is.

        Call this first. Pass on what the person wrote: misspelt words are corrected, and error lines are recognised.
        """
        generation = self.knowledge_base.newest()
        frame = Frame(generation.content, self._links)
        if section and section not in frame.sections:
            known = ", ".join(item.id for item, _ in frame.filled_sections)
            raise InputError(f"There is no section {section!r}. Name one of: {known}.")
        answer = self.knowledge_base.ask(
            question.strip(), log.strip(), section=section, limit=limit, generation=generation
        )
        return self._found(frame, answer)

    def get_entry(self, id: Annotated[str, Field(description="Id of an entry, as search gives it.")]) -> EntryText:
        """Read one entry in full: the question, what it applies to, and the whole answer as Markdown."""
        frame = self.frame()
        entry = frame.entries.get(id)
        if entry is None:
            hint = " It is a guide: call get_guide." if id in frame.guides else " Call search to find one."
            raise InputError(f"There is no entry {id!r}.{hint}")
        return EntryText(
            **self._named(frame, id).model_dump(),
            section=entry.section,
            status=entry.status,
            reviewed=entry.reviewed,
            short=entry.short,
            markdown=entry_markdown(frame, id),
            guides=[self._named(frame, item) for item in entry.guides if item in frame.guides],
            related=[self._named(frame, item) for item in entry.related if item in frame.entries],
        )

    def get_guide(self, id: Annotated[str, Field(description="Id of a guide, as search gives it.")]) -> GuideText:
        """Read a troubleshooting guide. Work through it with the person one step at a time: what to do, then what they see."""
        frame = self.frame()
        guide = frame.guides.get(id)
        if guide is None:
            hint = " It is an entry: call get_entry." if id in frame.entries else " Call search to find one."
            raise InputError(f"There is no guide {id!r}.{hint}")
        return GuideText(
            **self._named(frame, id).model_dump(),
            short=guide.short,
            steps=[StepText(number=place, id=step.id, title=step.title) for place, step in enumerate(guide.steps, 1)],
            markdown=guide_markdown(frame, id),
            entries=[self._named(frame, item) for item in guide.entries if item in frame.entries],
        )

    def draft_report(
        self,
        question: Annotated[str, Field(description="What the person wants to know, in their own words.")],
        tried: Annotated[
            list[str] | None,
            Field(description="What was tried: entries, steps of guides, other things; one line each."),
        ] = None,
        log: Annotated[str, Field(description="Log or error output, as text.")] = "",
        fields: Annotated[
            dict[str, str] | None,
            Field(description="Values of the form's fields by id; call without to learn the ids."),
        ] = None,
        core_dumped: Annotated[bool, Field(description="Whether a program dumped core.")] = False,
    ) -> Drafted:
        """Draft a problem report when no entry helps. Nothing is sent or stored: a person checks it and sends it.

        Fill in only what the person said. Call again with more fields until nothing that is required is left.
        """
        generation = self.knowledge_base.newest()
        frame = Frame(generation.content, self._links)
        template = report_template(frame)
        known = {field.id: field for field in form_fields(template)}
        for name in fields or {}:
            if name not in known:
                raise InputError(f"The report has no field {name!r}. Its fields: {', '.join(known)}.")
        values = {QUESTION: question, TRIED: "\n".join(tried or ()), LOG: log} | (fields or {})
        values = {name: value.strip() for name, value in values.items()}
        if not any(values.values()):
            raise InputError("Nothing is filled in. Give the question at least.")
        problems = check(values | ({CRASH: "yes"} if core_dumped else {}), template)
        empty = [field for field in known.values() if not values.get(field.id)]
        wanted = {problem.field for problem in problems}
        described = mask(" ".join((values[QUESTION], *(fields or {}).values())))
        return Drafted(
            markdown=report_markdown(make_report(values, template), template),
            to_mend=[problem.message for problem in problems if values.get(problem.field)],
            to_fill=[
                ToFill(id=field.id, label=field.label, hint=field.hint, required=field.id in wanted) for field in empty
            ],
            similar=[
                self._named(frame, entry.id)
                for entry in similar_entries(self.knowledge_base, generation, self.settings, described)
            ],
            form_url=self._links.absolute(self._links.report(Tried(question=mask(values[QUESTION])[:500]))),
        )

    def _found(self, frame: Frame, answer: Answer) -> Found:
        passage = None
        if answer.snippet:
            start, end = answer.snippet.mark
            passage = Passage(
                text=answer.snippet.text,
                marked=answer.snippet.text[start:end],
                heading=answer.snippet.heading,
                historic=answer.snippet.historic,
                commands=[command.text for command in answer.snippet.commands],
            )
        hits = [
            FoundItem(
                **self._named(frame, hit.id).model_dump(), kind=hit.kind, section=hit.section, matched=list(hit.matched)
            )
            for hit in answer.hits
        ]
        return Found(
            level=answer.level,
            advice=ADVICE[answer.level].strip(),
            corrected=answer.corrected,
            passage=passage,
            hits=hits,
            guides=[self._named(frame, guide_id) for guide_id in answer.guides if guide_id in frame.guides],
        )

    def _named(self, frame: Frame, item_id: str) -> Named:
        item = frame.item(item_id)
        title = item.question if item else item_id
        return Named(id=item_id, title=title, url=self._links.absolute(frame.address(item_id) or ""))

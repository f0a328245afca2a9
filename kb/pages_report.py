"""The pages on which a problem report is written, checked, sent and kept: one function a page, each returns HTML.

What a report holds and what is wrong with it is the matter of kb/report.py; what happened when is that of the routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from kb import markdown, pages
from kb.entry import Entry, ReportField, ReportTemplate
from kb.links import NOTHING_TRIED, Mounted, ReportLinks, Tried
from kb.pages import REPORT_PATH, Frame, report_template
from kb.report import (
    CRASH,
    FILES,
    LOG,
    MESSAGES,
    MOST_FILES,
    Report,
    ReportProblem,
    form_fields,
    is_plural,
    limit_of,
    report_markdown,
    rows,
)
from kb.secret_scan import REMOVED
from kb.store.reports import Attachment, StoredReport

TO = ReportLinks()
COUNT_FROM = 0.8  # share of a field's limit from which its characters are counted
_ROWS = 4  # lines of a field for text
_LOG_ROWS = 8
CRASH_QUESTION = "Did it dump core?"
CRASH_WORDS = {"no": "No, or not known", "yes": "Yes"}
FILES_HINT = f"Up to {MOST_FILES} text files of 1 MiB each, such as a log. Remove passwords and private keys first."


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What stands in the form."""

    values: Mapping[str, str]
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[ReportProblem, ...] = ()
    draft_id: str = ""
    conversation_id: str = ""
    filled_from: str = ""  # such as "1 question, 2 entries, 3 steps"; empty when nothing was filled in
    tried: Tried = NOTHING_TRIED  # for the template as a file


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field of the form as shown."""

    name: str
    label: str = ""
    hint: str = ""  # HTML where it is a Markup
    value: str = ""
    problems: tuple[str, ...] = ()
    is_optional: bool = True
    multiline: bool = False
    is_code: bool = False  # output of programs
    lines: int = 1
    limit: int = 0  # characters
    commands: str = ""  # HTML
    command_count: int = 0
    after_crash: bool = False  # asked for when a program dumped core
    asks_similar: bool = False  # what is typed here says what the report is about
    shows_similar: bool = False  # the last of those

    @property
    def id(self) -> str:
        """Of its element."""
        return f"report-{self.name}"

    @property
    def described_by(self) -> str:
        """Ids of the elements that say more about it."""
        errors = [f"{self.id}-error{number}" for number in range(1, len(self.problems) + 1)]
        return " ".join([f"{self.id}-hint"] * bool(self.hint) + errors)

    @property
    def count_shown(self) -> str:
        """How much of the limit is used, once that matters."""
        used = len(self.value)
        return f"{used:,} of {self.limit:,} characters used" if used >= COUNT_FROM * self.limit else ""


@dataclass(frozen=True, slots=True)
class RowView:
    """A field of a report that is filled in, as shown."""

    label: str
    value: str
    is_code: bool
    change: str = ""  # address at which it can be changed; empty once it is sent


def _page(template: str, frame: Frame, **values: Any) -> str:
    made = pages.environment().get_template(template)
    return made.render(frame=frame, links=frame.links, site=frame.content.site, to=Mounted(TO, frame.links.mount), file_size=file_size, **values)


def file_size(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size} bytes" if size < 1000 else f"{size / 1000:,.0f} kB" if size < 999_500 else f"{size / 1e6:,.1f} MB"


def form_page(frame: Frame, form: ReportForm, token: str) -> str:
    """The form; with problems, the same page saying what to mend. token: against forged forms."""
    template = report_template(frame)
    resolve = frame.resolver(REPORT_PATH)
    return _page(
        "report_form.html",
        frame,
        report=template,
        intro=Markup(markdown.render(template.intro, resolve, "intro")),
        inline=_inline(frame),
        form=form,
        fields=list(_field_views(frame, template, form)),
        crash=_own_view(CRASH, form),
        attaching=_own_view(FILES, form, FILES_HINT),
        token=token,
    )


def _inline(frame: Frame) -> Any:
    """A function: one line of Markdown from the report template as HTML."""
    resolve = frame.resolver(REPORT_PATH)
    return lambda text: Markup(markdown.render_inline(text, resolve))


def _own_view(name: str, form: ReportForm, hint: str = "") -> FieldView:
    return FieldView(name, hint=hint, value=form.values.get(name, ""), problems=_problems_of(form, name))


def _problems_of(form: ReportForm, name: str) -> tuple[str, ...]:
    return tuple(problem.message for problem in form.problems if problem.field == name)


def _field_views(frame: Frame, template: ReportTemplate, form: ReportForm) -> Iterator[FieldView]:
    describing = describing_fields(template)
    inline = _inline(frame)
    names: dict[str, Any] = {}
    for field in form_fields(template):
        yield FieldView(
            name=field.id,
            label=field.label,
            hint=inline(field.hint),
            value=form.values.get(field.id, ""),
            problems=_problems_of(form, field.id),
            is_optional=field.required == "optional",
            multiline=field.multiline,
            is_code=is_code(field),
            lines=_LOG_ROWS if field.id == LOG else _ROWS,
            limit=limit_of(field),
            commands=Markup("".join(markdown.code_html(command, "sh", names) for command in field.commands)),
            command_count=len(field.commands),
            after_crash=field.required == "core-dump",
            asks_similar=field.id in describing,
            shows_similar=bool(describing) and field.id == describing[-1],
        )


def is_code(field: ReportField) -> bool:
    """Whether a field holds output of programs rather than sentences."""
    return field.id == LOG or bool(field.commands)


def describing_fields(template: ReportTemplate) -> tuple[str, ...]:
    """The fields that say what the matter is: those always needed that no command answers, or else the question."""
    always = tuple(field.id for field in template.fields if field.required == "always" and not field.commands)
    return always or ("question",)


def check_page(frame: Frame, form: ReportForm, report: Report, similar: Sequence[Entry], token: str) -> str:
    """Everything that will be sent, to be looked at once more."""
    template, to = report_template(frame), Mounted(TO, frame.links.mount)
    has_crashed = form.values.get(CRASH) == "yes"
    shown = []
    for field, value in rows(report, template):
        if field.required == "core-dump":
            words = CRASH_WORDS["yes" if has_crashed else "no"]
            shown.append(RowView(CRASH_QUESTION, words, False, to.draft(form.draft_id, f"report-{CRASH}")))
            if not value:
                continue
        shown.append(RowView(field.label, value, is_code(field), to.draft(form.draft_id, f"report-{field.id}")))
    return _page(
        "report_check.html",
        frame,
        rows=shown,
        attachments=form.attachments,
        entries=similar,
        draft_id=form.draft_id,
        back=to.draft(form.draft_id),
        text=report_markdown(report, template),
        has_masked=_has_masked(report),
        token=token,
    )


def _has_masked(report: Report) -> bool:
    """Whether something was taken out of a report, and a note stands in its place."""
    texts = (report.question, *report.tried, report.log, *report.fields.values(), *(file.text for file in report.files))
    return any(note in text for note in REMOVED.values() for text in texts)


def sent_page(frame: Frame, sent: StoredReport, text: str, address: str) -> str:
    """A report that was sent, for who sent it. text: the report to copy. address: of this page, whole."""
    return _page(
        "report_sent.html",
        frame,
        sent=sent,
        text=text,
        address=address,
        entry=frame.entries.get(sent.entry_id),
    )


def failed_page(
    frame: Frame, message: str, text: str, token: str, draft_id: str = "", *, has_files: bool = False
) -> str:
    """That a report could not be sent, with its text to try again, copy or download."""
    return _page(
        "report_failed.html",
        frame,
        message=message,
        text=text,
        token=token,
        draft_id=draft_id,
        again=Mounted(TO, frame.links.mount).check(),
        has_files=has_files,
        contacts=[item for item in report_template(frame).contacts if item.today],
        inline=_inline(frame),
    )


def solved_page(frame: Frame, entry: Entry, token: str = "", draft_id: str = "") -> str:
    """That an entry spared a report. draft_id: the report that was begun, if it is kept; token: to take it back."""
    return _page("report_solved.html", frame, entry=entry, token=token, draft_id=draft_id)


def similar_part(frame: Frame, similar: Sequence[Entry]) -> str:
    """The similar entries alone, as a piece of the form's page."""
    return _page("report_similar.html", frame, entries=similar)


def copy_report_parts(frame: Frame, label: str, value: str) -> str:
    """The form of the offline copy and the page that follows it; label, value: what stands in each row of that page."""
    template = report_template(frame)
    form = ReportForm({})
    described = [
        {
            "id": field.id,
            "label": field.label,
            "limit": limit_of(field),
            "required": field.required,
            "is_code": is_code(field),
            "is_plural": is_plural(field.label),
            "or_log": field.id == MESSAGES,  # met when the log is filled in
        }
        for field in form_fields(template)
    ]
    return _page(
        "offline_report.html",
        frame,
        report=template,
        inline=_inline(frame),
        fields=[replace(view, asks_similar=False, shows_similar=False) for view in _field_views(frame, template, form)],
        crash=_own_view(CRASH, form),
        described=described,
        rows=[RowView(label, text, code, "#change") for text, code in ((value, False), (value, True), ("", False))],
    )

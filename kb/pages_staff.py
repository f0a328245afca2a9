"""The support team's pages: one function a page, each returns a whole HTML text made from the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kb import staff_links
from kb.chart import HEIGHT, bar_chart
from kb.conversation import Conversation, ConversationTurn, log_lines, question_text, split_step
from kb.delivery_rows import DeliveryRow
from kb.draft_effect import is_measuring
from kb.drafts import Draft
from kb.entry import Content, Entry
from kb.inbox_counts import InboxCounts
from kb.insights import PERIODS, Figures, Period, Row, StepStop, VotedNo
from kb.links import Mounted
from kb.pages import Frame, day, environment, report_template
from kb.question_groups import QuestionGroup
from kb.retrieval import Hit
from kb.spreadsheet import csv_text
from kb.store.outbox import Delivery
from kb.store.paging import Page
from kb.store.reports import StoredReport

MOST_LISTED = 400  # entries in a list to choose from; of more, only the nearest
PERIOD_WORDS = {days: f"Last {days} days" for days in PERIODS} | {365: "Last year"}
VERDICT_WORDS = {"yes": "helped", "no": "did not help", "cannot": "could not be done"}
_TABLE_ROWS = 50  # of a table of the insights; the CSV holds all


@dataclass(frozen=True, slots=True)
class Notice:
    """What an action came to, and how to undo it."""

    message: str
    undo: str = ""  # address an Undo button posts to; empty when there is nothing to undo
    fields: Mapping[str, str] = field(default_factory=dict)  # that it posts


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was refused, and what was filled in."""

    message: str
    place: str = ""  # id of the element it is about; empty for none
    filled: Mapping[str, Sequence[str]] = field(default_factory=dict)  # values by name of the field


@dataclass(frozen=True, slots=True)
class Desk:
    """What all these pages share."""

    frame: Frame
    name: str = ""  # whose login it is; empty before
    token: str = ""  # for forms
    notice: Notice | None = None
    refusal: Refusal | None = None
    content_problems: tuple[str, ...] = ()  # why answers are not from the content as it is now, a sentence each

    def typed(self, name: str, default: str) -> str:
        """What stands in a field: what was filled in when the action was refused, else the default."""
        found = self.refusal.filled.get(name) if self.refusal else None
        return found[0] if found else default

    def is_ticked(self, name: str, value: str, default: bool, beside: str) -> bool:
        """Whether a box is ticked: as it was when the action was refused, else the default.

        beside: a field that its form always sends; the action of another form says nothing about the boxes.
        """
        if self.refusal is None or beside not in self.refusal.filled:
            return default
        return value in self.refusal.filled.get(name, ())

    def is_refused_at(self, place: str) -> bool:
        """Whether the element of this id is what the refusal is about."""
        return self.refusal is not None and self.refusal.place == place


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is limited to."""

    status: str = "open"  # open, handled or all
    words: str = ""
    days: int = 0  # 0 for any time

    @property
    def is_on(self) -> bool:
        return self != Filter()

    def address(self, base: str, page: int = 1) -> str:
        """The list with this filter."""
        values = {
            "status": self.status if self.status != "open" else "",
            "words": self.words,
            "days": str(self.days) if self.days else "",
            "page": str(page) if page > 1 else "",
        }
        return staff_links.with_query(base, values)


@dataclass(frozen=True, slots=True)
class EntryChoice:
    """The entries to choose from for an action."""

    nearest: tuple[Entry, ...]
    sections: tuple[tuple[str, tuple[Entry, ...]], ...] = ()  # title and entries; none when there are too many
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn of a transcript as shown."""

    turn: ConversationTurn
    question: str
    log_lines: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """A conversation as the support team reads it."""

    turns: tuple[TurnView, ...]
    outcomes: tuple[str, ...]  # what was said about entries and steps, one line each


# Login


def login_page(desk: Desk, after: str = "") -> str:
    """The login; `after`: where it leads to."""
    return _page("staff_login.html", desk, after=after)


# Inbox


def reports_page(desk: Desk, page: Page[StoredReport], wanted: Filter, counts: InboxCounts) -> str:
    """The list of reports."""
    return _page("staff_reports.html", desk, page=page, wanted=wanted, counts=counts, base=desk.frame.links.mount + staff_links.INBOX)


def questions_page(
    desk: Desk, page: Page[QuestionGroup], wanted: Filter, counts: InboxCounts, is_kept: bool
) -> str:
    """The list of unanswered questions. is_kept: whether questions are kept at all."""
    return _page(
        "staff_questions.html",
        desk,
        page=page,
        wanted=wanted,
        counts=counts,
        base=desk.frame.links.mount + staff_links.QUESTIONS,
        is_kept=is_kept,
    )


def deliveries_page(
    desk: Desk,
    page: Page[Delivery],
    rows: Sequence[DeliveryRow],
    counts: InboxCounts,
    waiting: int,
    oldest_at: str,
) -> str:
    """Deliveries that were given up. rows: those of the page in words. waiting: how many others wait, and since when."""
    return _page(
        "staff_deliveries.html",
        desk,
        page=page,
        rows=rows,
        counts=counts,
        waiting=waiting,
        oldest_at=oldest_at,
        wanted=Filter(),
        base=desk.frame.links.mount + staff_links.DELIVERIES,
    )


def report_page(
    desk: Desk, report: StoredReport, conversation: Conversation | None, choice: EntryChoice, section: str
) -> str:
    """A report with its conversation and what can be done about it. section: id offered for a new entry."""
    labels = {item.id: item.label for item in report_template(desk.frame).fields}
    return _page(
        "staff_report.html",
        desk,
        report=report,
        fields=[(labels.get(name, name), text) for name, text in report.fields.items() if text.strip()],
        transcript=transcript(desk.frame, conversation),
        linked=desk.frame.entries.get(report.entry_id),
        choice=choice,
        new_section=section,
        wording=" ".join(report.question.split("\n")[0].split()),
    )


def question_page(
    desk: Desk, group: QuestionGroup, conversations: Sequence[Conversation], choice: EntryChoice, section: str
) -> str:
    """A group of questions with its conversations and what can be done about it."""
    views = [view for view in (transcript(desk.frame, item) for item in conversations) if view]
    linked = desk.frame.entries.get(group.handled.entry_id) if group.handled else None
    return _page(
        "staff_question.html", desk, group=group, transcripts=views, choice=choice, new_section=section, linked=linked
    )


def entry_choice(content: Content, nearest: Sequence[Hit], chosen: str = "") -> EntryChoice:
    """The entries to choose from, those that the words find first."""
    entries = {entry.id: entry for entry in content.entries}
    found = tuple(entries[hit.id] for hit in nearest if hit.id in entries)
    if len(entries) > MOST_LISTED:
        return EntryChoice(found, (), chosen)
    sections = tuple((section.title, content.entries_of(section.id)) for section in content.sections)
    return EntryChoice(found, tuple(item for item in sections if item[1]), chosen)


def transcript(frame: Frame, conversation: Conversation | None) -> TranscriptView | None:
    """A conversation as shown; None when nothing of it is kept."""
    if conversation is None or not conversation.turns:
        return None
    turns = tuple(
        TurnView(turn, question_text(turn), log_lines(turn.log), frame.entries.get(turn.entry_id))
        for turn in conversation.turns
    )
    outcomes = []
    for verdict in conversation.verdicts:
        if verdict.kind == "entry":
            subject = f"Entry “{entry_title(frame, verdict.target)}”"
        else:
            guide, step, _ = step_titles(frame, *split_step(verdict.target))
            subject = f"Guide “{guide}”, step “{step}”"
        more = "; ".join(text for text in (verdict.reason, verdict.note) if text)
        outcomes.append(f"{subject}: {VERDICT_WORDS[verdict.verdict]}" + (f" ({more})" if more else ""))
    return TranscriptView(turns, tuple(outcomes))


def entry_title(frame: Frame, entry_id: str) -> str:
    """The question of an entry or guide; the id of one that is gone."""
    item = frame.item(entry_id)
    return item.question if item else entry_id


def step_titles(frame: Frame, guide_id: str, step_id: str) -> tuple[str, str, str]:
    """Titles of a guide and its step, and the step's address; the ids and no address for what is gone."""
    guide = frame.guides.get(guide_id)
    step = next((item for item in guide.steps if item.id == step_id), None) if guide else None
    address = frame.links.step(guide_id, step_id) if step else ""
    return guide.question if guide else guide_id, step.title if step else step_id, address


# Drafts


def drafts_page(desk: Desk, drafts: Sequence[tuple[Draft, bool]]) -> str:
    """All drafts, each with whether the content holds it already."""
    return _page("staff_drafts.html", desk, drafts=drafts)


def draft_page(desk: Desk, draft: Draft, patch: str, folder: str, can_measure: bool) -> str:
    """A draft with its patch and its effect. patch: empty when the content holds it already. folder: of the content."""
    return _page(
        "staff_draft.html",
        desk,
        draft=draft,
        patch=patch,
        folder=folder,
        can_measure=can_measure,
        is_measuring=is_measuring(draft.effect),
    )


# Insights


def insights_page(
    desk: Desk,
    period: Period,
    found: Figures,
    groups: Sequence[QuestionGroup],
    votes: Sequence[VotedNo],
    stops: Sequence[StepStop],
    is_kept: bool,
) -> str:
    """The figures of a period."""
    names = [row_name(row) for row in found.rows]
    unanswered = [row.asked - row.answered for row in found.rows]
    asked = bar_chart(
        names, (("Answered", [row.answered for row in found.rows]), ("Not answered", unanswered)), stacked=True
    )
    ends = bar_chart(
        names,
        (("Solved", [row.solved for row in found.rows]), ("Reported", [row.reported for row in found.rows])),
    )
    return _page(
        "staff_insights.html",
        desk,
        period=period,
        found=found,
        unit="day" if all(row.first == row.last for row in found.rows) else "week",
        charts=(asked, ends),
        groups=groups[:_TABLE_ROWS],
        votes=votes[:_TABLE_ROWS],
        stops=[(stop, *step_titles(desk.frame, stop.guide_id, stop.step_id)) for stop in stops[:_TABLE_ROWS]],
        totals=(len(groups), len(votes), len(stops)),
        is_kept=is_kept,
    )


def row_name(row: Row) -> str:
    """Such as "24 Nov", or "18 to 24 Nov"."""
    last = f"{row.last.day} {row.last:%b}"
    if row.first == row.last:
        return last
    first = str(row.first.day) if row.first.month == row.last.month else f"{row.first.day} {row.first:%b}"
    return f"{first} to {last}"


def days_csv(found: Figures) -> str:
    """The figures by day or week."""
    header = ("first day", "last day", "asked", "answered", "no match", "solved", "reported")
    return csv_text(
        header,
        (
            (
                row.first.isoformat(),
                row.last.isoformat(),
                row.asked,
                row.answered,
                row.no_match,
                row.solved,
                row.reported,
            )
            for row in found.rows
        ),
    )


def groups_csv(groups: Sequence[QuestionGroup]) -> str:
    """Unanswered questions."""
    header = ("question", "asked", "wordings", "first asked", "last asked", "handled by")
    return csv_text(
        header,
        (
            (group.text, group.count, len(group.wordings), group.first_at, group.last_at, group.handled.handled_by if group.handled else "")
            for group in groups
        ),
    )  # fmt: skip


def votes_csv(frame: Frame, votes: Sequence[VotedNo]) -> str:
    """Entries that did not help."""
    header = ("entry", "question", "no", "yes", "reasons", "notes")
    return csv_text(
        header,
        (
            (vote.entry_id, entry_title(frame, vote.entry_id), vote.no, vote.yes, reasons_text(vote), " | ".join(vote.notes))
            for vote in votes
        ),
    )  # fmt: skip


def stops_csv(frame: Frame, stops: Sequence[StepStop]) -> str:
    """Steps at which people stopped."""
    header = ("guide", "step", "guide title", "step title", "reached", "stopped", "could not do it")
    return csv_text(
        header,
        (
            (stop.guide_id, stop.step_id, *step_titles(frame, stop.guide_id, stop.step_id)[:2], stop.reached, stop.stopped, stop.cannot)
            for stop in stops
        ),
    )  # fmt: skip


def reasons_text(vote: VotedNo) -> str:
    """The reasons with how often each was given."""
    return ", ".join(reason if count == 1 else f"{reason} ({count})" for reason, count in vote.reasons)


def moment(iso: str) -> str:
    """An ISO time as "24 November 2026, 21:25"."""
    try:
        return f"{day(iso)}, {datetime.fromisoformat(iso):%H:%M}"
    except ValueError:
        return iso


def percent(share: float) -> str:
    """A share as a whole percentage; tenths where one would look like none or all."""
    number = share * 100
    return f"{number:.0f} %" if number in (0, 100) or 1 <= number <= 99 else f"{number:.1f} %"


def _page(template: str, desk: Desk, **values: object) -> str:
    return (
        environment()
        .get_template(template)
        .render(
            frame=desk.frame, links=desk.frame.links, site=desk.frame.content.site, desk=desk,
            to=Mounted(staff_links, desk.frame.links.mount),
            moment=moment, percent=percent, row_name=row_name, reasons_text=reasons_text, entry_title=entry_title,
            period_words=PERIOD_WORDS, chart_height=HEIGHT, **values,
        )
    )  # fmt: skip

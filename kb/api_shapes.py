"""Entries, guides, answers and reports in the shapes of the JSON API; nothing here knows of requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from kb.answer import Answer
from kb.api_models import (
    AskResult,
    Brief,
    EntryPage,
    EntryResult,
    GuideResult,
    Named,
    ReportResult,
    SearchResult,
    SentReport,
    Snippet,
    StepResult,
    Synonym,
    Talk,
    Why,
)
from kb.assets import Asset, text_asset
from kb.entry import Entry, Step
from kb.links import PortalLinks, ReportLinks
from kb.pages import Frame
from kb.search_json import hit_json, search_json
from kb.store.reports import StoredReport

JSON = "application/json"
_BRIEF = tuple(name for name in Brief.model_fields if name != "url")


def search_result(answer: Answer, links: PortalLinks) -> SearchResult:
    """The hits of an answer."""
    return SearchResult.model_validate(search_json(answer, links))


def ask_result(frame: Frame, answer: Answer, links: PortalLinks, turn: int) -> AskResult:
    """An answer with everything that led to it. links: within its conversation, if any; turn: its number there."""
    why = answer.why
    entry = frame.entries.get(answer.entry.id) if answer.entry else None
    values = search_json(answer, links)
    values["hits"] = [hit_json(hit, links) for hit in answer.hits]
    return AskResult.model_validate(
        values
        | {
            "correction": list(answer.correction),
            "carried": answer.carried,
            "entry": brief(entry, links) if entry else None,
            "snippet": _snippet(answer, links),
            "why": Why(
                matched=list(why.matched),
                synonyms=[Synonym(typed=typed, taken_for=concept) for typed, concept in why.synonyms],
                error_text=why.error_text,
                ignored=list(why.ignored),
                unknown=list(why.unknown),
            ),
            "candidates": [hit_json(other.hit, links) | {"level": other.level} for other in answer.candidates],
            "guides": named_guides(frame, answer.guides, links),
            "conversation": talk(links, turn) if links.conversation_id else None,
            "report_url": links.report(),
        }
    )


def _snippet(answer: Answer, links: PortalLinks) -> Snippet | None:
    found = answer.snippet
    if found is None or answer.entry is None:
        return None
    start, end = found.mark
    return Snippet(
        text=found.text,
        before=found.text[:start],
        marked=found.text[start:end],
        after=found.text[end:],
        heading=found.heading,
        historic=found.historic,
        commands=[asdict(command) for command in found.commands],
        url=links.entry(answer.entry.id, found.anchor),
    )


def named_guides(frame: Frame, ids: Iterable[str], links: PortalLinks) -> list[Named]:
    """The guides of these ids, as far as there are any."""
    found = (frame.guides.get(guide_id) for guide_id in ids)
    return [Named(id=guide.id, title=guide.question, url=links.guide(guide.id)) for guide in found if guide]


def talk(links: PortalLinks, turn: int = 0) -> Talk:
    """The conversation of `links`. turn: number of the newest; 0 when it has none."""
    return Talk(id=links.conversation_id, url=links.turn(turn) if turn else links.conversation())


def brief(entry: Entry, links: PortalLinks) -> Brief:
    """An entry in short."""
    return Brief(**{name: getattr(entry, name) for name in _BRIEF}, url=links.entry(entry.id))


def entry_page(
    entries: Sequence[Entry], start: int, limit: int, next_address: str | None, links: PortalLinks
) -> EntryPage:
    """`limit` of the entries from `start`."""
    shown = [brief(entry, links) for entry in entries[start : start + limit]]
    return EntryPage(entries=shown, total=len(entries), next=next_address)


def entry_asset(frame: Frame, entry_id: str) -> Asset:
    """One entry as JSON, ready to be sent. Raises KeyError when there is none of this id."""
    entry = frame.entries[entry_id]
    values = {name: value for name, value in asdict(entry).items() if name in EntryResult.model_fields}
    values["related"] = [item for item in entry.related if item in frame.entries]
    values["guides"] = [item for item in entry.guides if item in frame.guides]
    return _asset(EntryResult.model_validate(values | {"url": frame.links.entry(entry_id)}))


def guide_asset(frame: Frame, guide_id: str) -> Asset:
    """One guide as JSON, ready to be sent. Raises KeyError when there is none of this id."""
    guide = frame.guides[guide_id]
    values = {name: value for name, value in asdict(guide).items() if name in GuideResult.model_fields}
    values["entries"] = [item for item in guide.entries if item in frame.entries]
    values["steps"] = [_step(frame, guide_id, step) for step in guide.steps]
    return _asset(GuideResult.model_validate(values | {"url": frame.links.guide(guide_id)}))


def _step(frame: Frame, guide_id: str, step: Step) -> StepResult:
    values = {name: value for name, value in asdict(step).items() if name in StepResult.model_fields}
    return StepResult.model_validate(values | {"url": frame.links.step(guide_id, step.id)})


def _asset(model: EntryResult | GuideResult) -> Asset:
    return text_asset(model.model_dump_json(), JSON)


def report_result(sent: StoredReport | None, text: str, similar: Iterable[Entry], links: PortalLinks) -> ReportResult:
    """What became of a report; `sent` is None when it was only checked."""
    report = (
        SentReport(reference=sent.reference, sent_at=sent.created_at, url=links.mount + ReportLinks.sent(sent.token))
        if sent
        else None
    )
    return ReportResult(report=report, text=text, similar=[brief(entry, links) for entry in similar])

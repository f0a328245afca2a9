"""How results look in a terminal: tables, answers, progress. Colours and bars only where there is a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from kb.answer import Answer
from kb.evaluation import Report
from kb.generation import Generation
from kb.index import Progress as Report_
from kb.levels import LEADS
from kb.retrieval import Hit

_COLOURS = {"strong": "green", "possible": "yellow", "weak": "dim", "none": "dim"}

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Report_ | None]:
    """A function that moves a bar on a terminal; None, and nothing shown, elsewhere."""
    if not err.is_terminal:
        yield None
        return
    with Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)

        def move(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield move


def print_hits(answer: Answer, sections: dict[str, str]) -> None:
    """The ranked hits, one line each."""
    _print_correction(answer)
    if not answer.hits:
        out.print(LEADS["none"])
        return
    out.print(f"[bold]{answer.level}[/]  {answer.took_ms:.1f} ms")
    for place, hit in enumerate(answer.hits, 1):
        out.print(f"{place:2}. [bold]{escape(hit.title)}[/]")
        out.print(
            f"    {hit.id}  ·  {escape(_section(hit, sections))}  ·  {hit.score:.2f}  ·  {escape(', '.join(hit.matched))}",
            style="dim",
        )


def _section(hit: Hit, sections: dict[str, str]) -> str:
    return "Guide" if hit.kind == "guide" else sections.get(hit.section, hit.section)


def _print_correction(answer: Answer) -> None:
    if answer.correction:
        changes = ", ".join(f"{typed} -> {searched}" for typed, searched in answer.correction)
        out.print(f"Showing results for: {escape(answer.corrected or '')}  [dim]({escape(changes)})[/]")


def print_answer(answer: Answer, generation: Generation) -> None:
    """An answer as the portal would give it."""
    _print_correction(answer)
    if answer.carried:
        out.print(f"Searched together with: {escape(answer.carried)}", style="dim")
    if answer.level in LEADS:
        out.print(LEADS[answer.level])
    hit = answer.entry
    entry = generation.entry(hit.id) if hit else None
    if hit and entry:
        out.print()
        out.print(Text(f"{answer.level.capitalize()} match", style=_COLOURS[answer.level]))
        out.print(f"[bold]{escape(hit.title)}[/]")
        section = generation.section(entry.section)
        place = escape(section.title if section else entry.section)
        out.print(f"{place}{' · reviewed ' + entry.reviewed if entry.reviewed else ''} · {entry.id}", style="dim")
        if entry.short:
            out.print()
            out.print(escape(entry.short))
        _print_snippet(answer)
    guide = generation.guide(answer.guides[0]) if answer.guides else None
    if guide:
        out.print(f"\nWork through it step by step: {escape(guide.question)} · {len(guide.steps)} steps ({guide.id})")
    if answer.candidates:
        out.print()
        out.print("Other entries:" if hit else "Closest entries:")
        for candidate in answer.candidates:
            out.print(f"  {escape(candidate.hit.title)}  [dim]({candidate.level}, {candidate.hit.id})[/]")
    _print_why(answer)
    if answer.level == "none" and generation.content.report:
        out.print("\nStill stuck? Write a problem report: it is in the portal at /report.")


def _print_snippet(answer: Answer) -> None:
    snippet = answer.snippet
    if not snippet:
        return
    text = Text(snippet.text)
    text.stylize("bold reverse" if out.is_terminal else "", *snippet.mark)
    out.print()
    out.print(
        "Most relevant passage" + (" (historic, not today's advice)" if snippet.historic else "") + ":", style="dim"
    )
    out.print(text)
    for command in snippet.commands:
        out.print()
        if out.is_terminal:
            out.print(Syntax(command.text, command.language or "text", background_color="default"))
        else:
            out.print("\n".join(f"    {line}" for line in command.text.split("\n")), markup=False)


def _print_why(answer: Answer) -> None:
    why = answer.why
    parts = []
    if why.matched:
        parts.append("matched " + ", ".join(why.matched))
    if why.synonyms:
        parts.append("took " + ", ".join(f"{said} for {concept}" for said, concept in why.synonyms))
    if why.error_text:
        parts.append(f"recognised the error {why.error_text!r}")
    if why.unknown:
        parts.append("in no entry: " + ", ".join(why.unknown))
    if parts:
        out.print()
        out.print("Why: " + escape("; ".join(parts)), style="dim")


def print_report(report: Report) -> None:
    """The figures of an evaluation as tables."""
    table = Table(title=None, box=None, pad_edge=False)
    for name in ("kind", "n", "hit@1", "hit@3", "hit@5", "MRR@10", "nDCG@10"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, figures in sorted(report.kinds.items(), key=lambda item: (item[0] != "all", item[0])):
        values = (figures.hit_1, figures.hit_3, figures.hit_5, figures.mrr_10, figures.ndcg_10)
        table.add_row(kind, str(figures.n), *(f"{value:.3f}" for value in values))
    out.print(table)
    levels = Table(box=None, pad_edge=False)
    for name in ("level", "n", "first entry right", "not answerable"):
        levels.add_column(name, justify="left" if name == "level" else "right")
    for item in report.levels:
        right = f"{item.right / item.n:.3f}" if item.n else "-"
        levels.add_row(item.level, str(item.n), right, str(item.unanswerable))
    out.print()
    out.print(levels)
    out.print()
    out.print(f"no-answer precision {report.no_answer_precision:.3f}  recall {report.no_answer_recall:.3f}  "
              f"unanswerable answered strong or possible {report.unanswerable_answered:.3f}")  # fmt: skip
    out.print(f"time per question  p50 {report.p50_ms:.2f} ms  p95 {report.p95_ms:.2f} ms")

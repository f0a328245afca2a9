"""Troubleshooting guides: reading the Markdown form of docs/writing.md, and checking that every path ends.

A guide's body is an introduction and one `##` heading a step. The list at the end of a step holds its outcomes, one
item each: `Good:` or `Bad:`, what one sees, `->`, where to go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kb.entry import Finding, Guide, Outcome, Step, Target
from kb.errors import ContentError
from kb.markdown import slug

_HEADING = re.compile(r"^##\s+(.+?)\s*#*\s*$")
_HEADING_ID = re.compile(r"\s*\{#([\w-]+)\}$")
_FENCE = re.compile(r"^\s*(```+|~~~+)")
_ITEM = re.compile(r"^[-*]\s+(?:\*\*)?(Good|Bad)\s*:(?:\*\*)?\s*(.*)$", re.IGNORECASE | re.DOTALL)
_ARROW = re.compile(r"\s*(?:->|→)\s*(?:\[[^\]]*\]\()?([#\w:.-]+)\)?\s*$")


def parse_steps(body: str, first_line: int = 1) -> tuple[str, tuple[Step, ...]]:
    """The introduction and the steps of a guide's Markdown body. `first_line` is the body's first line in its file.

    Raises ContentError with a line for a body without steps, an item without a place to go, or two steps of one name.
    """
    chunks = list(_cut_at_headings(body.split("\n"), first_line))
    intro = "\n".join(chunks[0][2]).strip()
    steps: list[Step] = []
    for title, line, lines in chunks[1:]:
        text, items = _split_outcomes(lines, line + 1)
        named = _HEADING_ID.search(title)
        step_id = named.group(1) if named else slug(title)
        title = _HEADING_ID.sub("", title)
        if any(step.id == step_id for step in steps):
            raise ContentError(f"two steps are called {step_id!r}; give one its own {{#id}}", line=line)
        steps.append(Step(step_id, title, text, tuple(items), line))
    if not steps:
        raise ContentError("a guide needs at least one step: a `## heading`", line=first_line)
    return intro, tuple(_with_next(steps))


def has_outcomes(body: str) -> bool:
    """Whether a text in the guides folder is meant as a guide: it says somewhere where to go next."""
    return any(_ITEM.match(line) and _ARROW.search(line) for line in body.split("\n"))


def _cut_at_headings(lines: list[str], first_line: int) -> Iterator[tuple[str, int, list[str]]]:
    title, line, fence = "", first_line, ""
    chunk: list[str] = []
    for number, text in enumerate(lines, first_line):
        opening = _FENCE.match(text)
        if opening and not fence:
            fence = opening.group(1)
        elif fence and text.strip().startswith(fence):
            fence = ""
        heading = None if fence else _HEADING.match(text)
        if heading:
            yield title, line, chunk
            title, line, chunk = heading.group(1), number, []
        else:
            chunk.append(text)
    yield title, line, chunk


def _split_outcomes(lines: list[str], first_line: int) -> tuple[str, list[Outcome]]:
    """The step's text without its last list, and the outcomes of that list. Blank lines on top stay: they are counted."""
    start = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if _ITEM.match(lines[index]):
            start = index
        elif lines[index].strip() and not lines[index].startswith((" ", "\t")):
            break
    items: list[tuple[int, str]] = []
    for number, text in enumerate(lines[start:], first_line + start):
        if _ITEM.match(text):
            items.append((number, text.strip()))
        elif text.strip() and items:
            items[-1] = (items[-1][0], f"{items[-1][1]} {text.strip()}")
    return "\n".join(lines[:start]).rstrip(), [_outcome(text, line) for line, text in items]


def _outcome(text: str, line: int) -> Outcome:
    found = _ITEM.match(text)
    assert found
    word, rest = found.groups()
    arrow = _ARROW.search(rest)
    if not arrow:
        raise ContentError(
            "an outcome must end with -> and where to go (next, #step, guide:id, entry:id, solved, report)", line=line
        )
    return Outcome(word.lower() == "good", rest[: arrow.start()].strip(), _target(arrow.group(1), line))


def _target(text: str, line: int) -> Target:
    if text in ("solved", "report"):
        return Target(text)  # type: ignore[arg-type]
    if text == "next":
        return Target("step", "")
    if text.startswith("#") and len(text) > 1:
        return Target("step", text[1:])
    kind, _, identifier = text.partition(":")
    if kind in ("guide", "entry", "step") and identifier:
        return Target(kind, identifier)  # type: ignore[arg-type]
    raise ContentError(
        f"{text!r} is no place to go; write next, #step, guide:id, entry:id, solved or report", line=line
    )


def _with_next(steps: list[Step]) -> Iterator[Step]:
    """The steps with `next` replaced by the step that follows; after the last comes the report."""
    for index, step in enumerate(steps):
        following = Target("step", steps[index + 1].id) if index + 1 < len(steps) else Target("report")
        outcomes = tuple(
            Outcome(item.good, item.text, following if item.target == Target("step", "") else item.target)
            for item in step.outcomes
        )
        yield Step(step.id, step.title, step.body, outcomes, step.line)


def check_guides(guides: Iterable[Guide], entry_ids: set[str]) -> Iterator[Finding]:
    """What is wrong with the paths of the guides: places that are not there, steps out of reach, paths without an end."""
    guides = list(guides)
    known = {guide.id for guide in guides}
    for guide in guides:
        ids = {step.id for step in guide.steps}
        for step in guide.steps:
            if not step.outcomes:
                yield Finding(
                    "error",
                    guide.path,
                    step.line,
                    "no-outcome",
                    f"step {step.title!r} ends nowhere; add a list of Good: and Bad: outcomes",
                )
            elif not 2 <= len(step.outcomes) <= 4:
                yield Finding(
                    "warning",
                    guide.path,
                    step.line,
                    "outcomes",
                    f"step {step.title!r} has {len(step.outcomes)} outcomes; 2 to 4 are easy to choose from",
                )
            for outcome in step.outcomes:
                target = outcome.target
                there = {"step": ids, "guide": known, "entry": entry_ids}.get(target.kind)
                if there is not None and target.id not in there:
                    yield Finding(
                        "error",
                        guide.path,
                        step.line,
                        "dead-end",
                        f"an outcome leads to {target.kind} {target.id!r}, which does not exist",
                    )
        for step in _out_of_reach(guide):
            yield Finding("error", guide.path, step.line, "unreachable", f"no outcome leads to step {step.title!r}")
        for step in _endless(guide):
            yield Finding(
                "error",
                guide.path,
                step.line,
                "endless",
                f"from step {step.title!r} no path leads to solved, to the report or to another guide",
            )


def _out_of_reach(guide: Guide) -> list[Step]:
    by_id = {step.id: step for step in guide.steps}
    reached: set[str] = set()
    waiting = [guide.steps[0].id]
    while waiting:
        step_id = waiting.pop()
        if step_id in reached or step_id not in by_id:
            continue
        reached.add(step_id)
        waiting += [outcome.target.id for outcome in by_id[step_id].outcomes if outcome.target.kind == "step"]
    return [step for step in guide.steps if step.id not in reached]


def _endless(guide: Guide) -> list[Step]:
    ending = {
        step.id for step in guide.steps if any(o.target.kind in ("solved", "report", "guide") for o in step.outcomes)
    }
    while True:
        more = {
            step.id
            for step in guide.steps
            if step.id not in ending and any(o.target.kind == "step" and o.target.id in ending for o in step.outcomes)
        }
        if not more:
            return [step for step in guide.steps if step.id not in ending]
        ending |= more

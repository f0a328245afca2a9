"""Guides: how their Markdown is read, and what is wrong with their paths."""

from __future__ import annotations

import pytest

from kb.entry import Finding, Guide, Outcome, Step, Target
from kb.errors import ContentError
from kb.guide import check_guides, parse_steps

GUIDE = """
Run these on the *server*.

```sh
## not a step
```

## Is it refused?

Ask for the page.

```sh
curl -v https://www.example.com/
## not a step either
```

- Good: it says `refused`
  at once. -> next
- Bad: nothing happens -> guide:guide-hangs

## Does anything listen? {#listen}

* **Good:** a line shows `*:443` → solved
* bad : none does. -> #is-it-refused
* Bad: something else -> entry:https-port
* Bad: still refused -> [the report](report)
"""


def steps_of(body: str) -> tuple[Step, ...]:
    return parse_steps(body)[1]


def guide_of(body: str, guide_id: str = "guide-a") -> Guide:
    return Guide(guide_id, "Why?", steps_of(body), path=f"guides/{guide_id}.md")


def findings_of(*bodies: str, entry_ids: frozenset[str] = frozenset({"one"})) -> list[Finding]:
    """What is wrong with guides called guide-a, guide-b and so on."""
    return list(check_guides([guide_of(body, f"guide-{'abc'[n]}") for n, body in enumerate(bodies)], set(entry_ids)))


def test_the_introduction_is_the_text_before_the_first_step() -> None:
    intro, _ = parse_steps(GUIDE)
    assert intro == "Run these on the *server*.\n\n```sh\n## not a step\n```"


def test_steps_have_ids_titles_and_lines() -> None:
    _, steps = parse_steps(GUIDE, first_line=5)
    assert [(step.id, step.title, step.line) for step in steps] == [
        ("is-it-refused", "Is it refused?", 12),
        ("listen", "Does anything listen?", 25),
    ]


def test_the_body_of_a_step_ends_before_its_outcomes() -> None:
    first, second = steps_of(GUIDE)
    assert (
        first.body.strip() == "Ask for the page.\n\n```sh\ncurl -v https://www.example.com/\n## not a step either\n```"
    )
    assert second.body.strip() == ""


def test_outcomes_in_every_way_of_writing_them() -> None:
    first, second = steps_of(GUIDE)
    assert first.outcomes == (
        Outcome(True, "it says `refused` at once.", Target("step", "listen")),
        Outcome(False, "nothing happens", Target("guide", "guide-hangs")),
    )
    assert second.outcomes == (
        Outcome(True, "a line shows `*:443`", Target("solved")),
        Outcome(False, "none does.", Target("step", "is-it-refused")),
        Outcome(False, "something else", Target("entry", "https-port")),
        Outcome(False, "still refused", Target("report")),
    )


def test_next_after_the_last_step_is_the_report() -> None:
    (step,) = steps_of("## Only\n\n- Good: yes -> solved\n- Bad: no -> next\n")
    assert step.outcomes[1].target == Target("report")


def test_only_the_last_arrow_says_where_to_go() -> None:
    (step,) = steps_of("## A\n\n- Good: Open Settings -> Network -> solved\n- Bad: `a -> b`\n  -> report\n")
    assert [(outcome.text, outcome.target.kind) for outcome in step.outcomes] == [
        ("Open Settings -> Network", "solved"),
        ("`a -> b`", "report"),
    ]


def test_an_earlier_list_belongs_to_the_text() -> None:
    (step,) = steps_of(
        "## A\n\n- first do this\n- Good: this is fine\n\nThen look.\n\n- Good: fine -> solved\n- Bad: no -> report\n"
    )
    assert step.body.strip() == "- first do this\n- Good: this is fine\n\nThen look."
    assert len(step.outcomes) == 2


def test_ids_in_other_alphabets_can_be_gone_to() -> None:
    first, _ = steps_of("## Größe?\n\n- Good: x -> solved\n- Bad: x -> #größe\n\n## Ende\n\n- Good: x -> solved\n")
    assert first.outcomes[1].target.id == first.id


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("only an introduction\n", 5, "a guide needs at least one step"),
        ("", 5, "a guide needs at least one step"),
        ("## A\n\nx\n\n## A\n", 9, "two steps are called 'a'"),
        ("## A\n\n## B {#a}\n", 7, "two steps are called 'a'"),
        ("## A\n\n- Good: x -> solved\n- Bad: it stays\n", 8, "an outcome must end with ->"),
        ("## A\n\ntext\n\n- Good: x -> nowhere\n", 9, "'nowhere' is no place to go"),
        ("## A\n\n- Good: x -> #\n", 7, "'#' is no place to go"),
        ("## A\n\n- Good: x -> guide:\n", 7, "'guide:' is no place to go"),
        ("## A\n\n- Good: x -> page:one\n", 7, "'page:one' is no place to go"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(body: str, line: int, message: str) -> None:
    with pytest.raises(ContentError, match=message) as error:
        parse_steps(body, first_line=5)
    assert error.value.line == line


def test_a_sound_guide_has_no_findings() -> None:
    first = "## A\n\n- Good: x -> solved\n- Bad: x -> next\n\n"
    body = f"{first}## B\n\n- Good: x -> entry:one\n- Bad: x -> guide:guide-b\n- Bad: y -> #a\n"
    assert findings_of(body, "## A\n\n- Good: x -> solved\n- Bad: x -> report\n") == []


ENDING = "- Good: x -> solved\n- Bad: x -> report\n"


@pytest.mark.parametrize(
    ("body", "severity", "line", "rule", "message"),
    [
        ("## A\n\n- Good: x -> #c\n- Bad: x -> report\n", "error", 1, "dead-end", "step 'c', which does not exist"),
        (
            "## A\n\n- Good: x -> entry:two\n- Bad: x -> report\n",
            "error",
            1,
            "dead-end",
            "entry 'two', which does not exist",
        ),
        (
            "## A\n\n- Good: x -> guide:gone\n- Bad: x -> report\n",
            "error",
            1,
            "dead-end",
            "guide 'gone', which does not exist",
        ),
        (f"## A\n\n{ENDING}\n## B\n\n{ENDING}", "error", 6, "unreachable", "no outcome leads to step 'B'"),
        ("## A\n\n- Good: x -> solved\n", "warning", 1, "outcomes", "has 1 outcomes"),
        (f"## A\n\n{ENDING * 3}", "warning", 1, "outcomes", "has 6 outcomes"),
    ],
)
def test_faults_of_paths(body: str, severity: str, line: int, rule: str, message: str) -> None:
    (finding,) = findings_of(body)
    assert (finding.severity, finding.file, finding.line, finding.rule) == (severity, "guides/guide-a.md", line, rule)
    assert message in finding.message


def test_a_step_without_outcomes_is_an_end_that_is_none() -> None:
    findings = findings_of("## A\n\nJust text.\n")
    assert {(finding.rule, finding.line) for finding in findings} == {("no-outcome", 1), ("endless", 1)}


def test_steps_that_only_lead_to_each_other_are_endless() -> None:
    first = "## A\n\n- Good: x -> next\n- Bad: x -> #c\n\n"
    body = f"{first}## B\n\n- Good: x -> #b\n- Bad: x -> entry:one\n\n## C\n\n{ENDING}"
    (finding,) = findings_of(body)
    assert (finding.rule, finding.line) == ("endless", 6)
    assert "from step 'B' no path leads to solved" in finding.message


def test_a_way_through_several_steps_is_an_end() -> None:
    body = f"## A\n\n- Good: x -> next\n- Bad: x -> #a\n\n## B\n\n- Good: x -> next\n- Bad: x -> #a\n\n## C\n\n{ENDING}"
    assert findings_of(body) == []


def test_steps_are_not_looked_for_in_other_guides() -> None:
    findings = findings_of("## A\n\n- Good: x -> #other\n- Bad: x -> report\n", f"## Other\n\n{ENDING}")
    assert [(finding.file, finding.rule) for finding in findings] == [("guides/guide-a.md", "dead-end")]

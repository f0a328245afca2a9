"""A small world for the portal's tests: a content folder, and a knowledge base that gives prepared answers.

The answers are made by hand, so that each level, state and odd text is there when a test asks for it; what the real
engine answers is the matter of its own tests.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from kb.answer import Answer, Candidate, Why
from kb.content import load_content
from kb.entry import Content, Entry, Guide, Section
from kb.errors import KbError
from kb.retrieval import Hit
from kb.snippet import Command, Snippet

FILES = {
    "site.yml": "title: Test help\nexamples: [Why is port 443 closed?]\nreport_note: The team reads it by Friday.\n",
    "sections.yml": (
        "- {id: configuration, title: Configuration, summary: Ports and hosts.}\n"
        "- {id: keys, title: Keys}\n"
        "- {id: empty, title: Nothing here}\n"
    ),
    "configuration/connection-refused.md": """---
question: Why is the connection "refused" <here>?
short: Nothing listens on port 443.
kind: problem
status: changed
applies_to: Apache 1.3
reviewed: 2026-11-24
aliases: [nothing answers, 'a <b>bold</b> wish']
errors: ['connect: Connection refused']
related: [hanging, no-such-entry]
guides: [guide-refused, no-such-guide]
sources: ['The manual, https://example.org/manual']
order: 1
---

## Today

Port 443 is closed. Look whether `httpd` listens on it & then restart.

```sh
ss -ltn 'sport = :443'
```

See [hanging](entry:hanging), [the guide](guide:guide-refused), [a file](hanging.md), [nowhere](entry:nowhere) and
[bad](javascript:alert(1)). ![plan](img/plan.png) ![gone](img/gone.png) <script>alert("body")</script>

| Port | Use |
|------|-----|
| 443  | TLS |

### Look again

```sh
ss -lt
```

## Then

Start it with `apachectl startssl`.
""",
    "configuration/hanging.md": "# Why does it hang?\n\nA firewall drops the packets.\n",
    "keys/old-key.md": """---
question: Why is my key too old?
status: historic
applies_to: SSLeay 0.8
---

Keys of 512 bits were common.
""",
    "guides/guide-refused.md": """---
question: Connection refused, step by step
short: From the client inwards.
reviewed: 2026-11-24
entries: [connection-refused]
---

Run these on the server.

## Is it refused?

```sh
curl -v https://www.example.com/
```

- Good: it says `refused`. -> next
- Bad: nothing happens. -> guide:guide-other
- Bad: it is another matter. -> entry:hanging

## Does it listen? {#listen}

Look.

- Good: the page opens now. -> solved
- Bad: there is no line. -> #is-it-refused
- Bad: it still refuses. -> report
""",
    "guides/guide-other.md": """---
question: Another guide
---

## Only step

Do it.

- Good: done. -> solved
- Bad: not done. -> report
""",
    "problem-report.md": """---
title: Write a problem report
intro: Fill in what you know.
fields:
  - {id: versions, label: Versions, hint: All., required: always, commands: ['httpd -V'], then: 'Use `httpd -v`.'}
  - {id: backtrace, label: Backtrace, required: core-dump, multiline: true}
contacts:
  - {when: First, today: 'the list users@example.org', then: 'the list old@modssl.org', note: Subscribe first.}
  - {when: Second, today: '', then: 'the newsgroup of 1998'}
never_include: [private keys, 'pass <phrases>']
---

## Today

A good report is exact.

## Then

Reports went by fax.
""",
}
PNG = bytes.fromhex("89504e470d0a1a0a") + b"not really a picture"


def write_world(folder: Path) -> Path:
    """The test content below `folder`. Returns the content folder."""
    content = folder / "content"
    for name, text in FILES.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    image = content / "configuration/img/plan.png"
    image.parent.mkdir()
    image.write_bytes(PNG)
    (content / ".hidden.png").write_bytes(PNG)
    (folder / "outside.png").write_bytes(PNG)
    (content / "link.png").symlink_to(folder / "outside.png")
    return content


@dataclass(frozen=True)
class FakeGeneration:
    """A generation of the test content."""

    content: Content
    fingerprint: str = "0123456789abcdef0123"
    built: str = "2026-11-24T20:30:00+00:00"

    def entry(self, entry_id: str) -> Entry | None:
        return next((entry for entry in self.content.entries if entry.id == entry_id), None)

    def guide(self, guide_id: str) -> Guide | None:
        return next((guide for guide in self.content.guides if guide.id == guide_id), None)

    def section(self, section_id: str) -> Section | None:
        return next((section for section in self.content.sections if section.id == section_id), None)


REFUSED = Hit(
    "connection-refused", "entry", 'Why is the connection "refused" <here>?', "configuration", 7.3141592, ("refused",)
)
HANGING = Hit("hanging", "entry", "Why does it hang?", "configuration", 3.0, ())
GUIDE = Hit("guide-refused", "guide", "Connection refused, step by step", "guides", 2.0, ())
OLD_KEY = Hit("old-key", "entry", "Why is my key too old?", "keys", 1.0, ())
TEXT = "Port 443 is closed. Look whether httpd listens on it & then restart."
SNIPPET = Snippet(
    text=TEXT,
    mark=(20, len(TEXT)),
    code_spans=((33, 38),),
    anchor="p-1",
    heading="Today",
    historic=False,
    commands=(Command("sh", "ss -ltn 'sport = :443'"), Command("text", "<out>")),
)
WHY = Why(
    matched=("refused", "port"),
    synonyms=(("cert", "certificate"),),
    error_text="connect: Connection refused",
    ignored=("12:00:01",),
    unknown=("frobnicate",),
)


def prepared(question: str, level: str, *hits: Hit, snippet: Snippet | None = None, **more: object) -> Answer:
    """An answer of this level with these hits, best first."""
    others = hits if level == "weak" else hits[1:]
    answer = Answer(
        question=question, log="", level=level, hits=hits, snippet=snippet,
        candidates=tuple(Candidate(hit, "weak") for hit in others) if level != "none" else (),
        corrected=None, correction=(), why=WHY if hits else Why((), (), "", (), ()), carried="", took_ms=1.23456,
        guides=("guide-refused", "no-such-guide") if hits and hits[0] == REFUSED else (),
    )  # fmt: skip
    return replace(answer, **more)  # type: ignore[arg-type]


class FakeKnowledgeBase:
    """Answers by the first word of the question; keeps what it was asked."""

    def __init__(self, content: Path) -> None:
        self.current = FakeGeneration(load_content(content))
        self.asked: list[dict[str, object]] = []
        self.failure: Exception | None = None
        self.delay_s = 0.0
        self.problem = ""

    def problems(self) -> tuple[str, ...]:
        return (self.problem,) if self.problem else ()

    def generation(self) -> FakeGeneration:
        if isinstance(self.failure, KbError):
            raise self.failure
        return self.current

    def ask(
        self,
        question: str,
        log: str = "",
        *,
        exact: bool = False,
        section: str = "",
        limit: int = 10,
        history: object = (),
        generation: object = None,
    ) -> Answer:
        if self.failure:
            raise self.failure
        time.sleep(self.delay_s)
        self.asked.append({"question": question, "log": log, "exact": exact, "section": section, "limit": limit})
        answer = self._answer(question, question.split()[0].lower() if question else "log", exact)
        return replace(answer, log=log, hits=answer.hits[:limit])

    def _answer(self, question: str, word: str, exact: bool) -> Answer:
        if word in ("possible", "log"):
            return prepared(question, "possible", REFUSED, HANGING, snippet=SNIPPET)
        if word == "weak":
            return prepared(question, "weak", HANGING, OLD_KEY, GUIDE)
        if word == "guide":
            return prepared(question, "strong", GUIDE, HANGING)
        if word == "historic":
            return prepared(question, "strong", REFUSED, snippet=replace(SNIPPET, historic=True, heading="Then"))
        if word == "certifcate" and not exact:
            pairs = (("certifcate", "certificate"),)
            return prepared(
                question, "strong", REFUSED, corrected="certificate", correction=pairs, carried="an earlier one"
            )
        if word in ("none", "<script>alert(1)</script>"):
            return prepared(question, "none")
        return prepared(question, "strong", REFUSED, HANGING, GUIDE, snippet=SNIPPET)

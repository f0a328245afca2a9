"""Fields: which part of an entry or guide is searched as what."""

from __future__ import annotations

from pathlib import Path

import pytest
from content_files import write_files

from kb.content import load_content
from kb.fields import FIELDS, WORDING_FIELDS, IndexDocument, index_documents

FILES = {
    "asked/refused.txt": "# collected in November\ndoes anybody listen there\n\nwhy no answer\n",
    "site.yml": "historic_headings: [Then, Long ago]\n",
    "sections.yml": "- {id: net.tls, title: Networks}\n",
    "net/tls/refused.md": """---
question: Why is it refused?
short: Nothing listens.
aliases: [closed port]
errors: ['connect: refused']
keywords: [netstat]
tags: [ports]
---

## Today

See **whether** it `listens`:

```sh
ss -ltn
```

### Look again

- a list item

| a | b |
|---|---|
| c | d |

## Long ago

Old text.
""",
    "plain.md": "# Only a heading?\n\nAnd a body.\n",
    "guides/guide-a.md": """---
question: Step by step
short: From the client.
aliases: [another wording]
errors: [some error]
---

An introduction.

## First step

Type it.

```sh
curl -v
```

- Good: outcome text -> solved
- Bad: other -> report
""",
}


@pytest.fixture
def documents(tmp_path: Path) -> dict[str, IndexDocument]:
    content = load_content(write_files(tmp_path / "content", FILES))
    return {document.id: document for document in index_documents(content)}


def test_entries_come_first_then_guides(documents: dict[str, IndexDocument]) -> None:
    assert [(document.id, document.kind) for document in documents.values()] == [
        ("refused", "entry"),
        ("plain", "entry"),
        ("guide-a", "guide"),
    ]


def test_an_entry_is_searched_by_all_its_parts(documents: dict[str, IndexDocument]) -> None:
    assert documents["refused"].fields == {
        "question": ("Why is it refused?",),
        "aliases": ("closed port",),
        "asked": ("does anybody listen there", "why no answer"),
        "errors": ("connect: refused",),
        "keywords": ("netstat", "ports"),
        "short": ("Nothing listens.",),
        "headings": ("Look again",),
        "body": ("See whether it listens:", "a list item", "a — b", "c — d", "Old text."),
        "commands": ("ss -ltn",),
        "section": ("Networks", "net tls"),
    }


def test_headings_that_every_entry_has_are_not_searched(documents: dict[str, IndexDocument]) -> None:
    assert not {"Today", "Then", "Long ago"} & {*documents["refused"].fields["headings"]}


def test_what_an_entry_lacks_is_empty(documents: dict[str, IndexDocument]) -> None:
    fields = documents["plain"].fields
    assert (fields["question"], fields["body"], fields["short"]) == (("Only a heading?",), ("And a body.",), ())
    assert fields["aliases"] == fields["errors"] == fields["keywords"] == fields["commands"] == ()


def test_a_guide_is_searched_by_its_steps(documents: dict[str, IndexDocument]) -> None:
    guide = documents["guide-a"]
    assert guide.fields == {
        "question": ("Step by step",),
        "aliases": ("another wording",),
        "errors": ("some error",),
        "short": ("From the client.",),
        "headings": ("First step",),
        "body": ("An introduction.", "Type it."),
        "commands": ("curl -v",),
    }
    assert (guide.title, guide.section) == ("Step by step", "guides")


def test_fields_are_the_known_ones(documents: dict[str, IndexDocument]) -> None:
    assert {*WORDING_FIELDS} < {*FIELDS}
    for document in documents.values():
        assert {*document.fields} <= {*FIELDS}


def test_all_texts_of_a_document(documents: dict[str, IndexDocument]) -> None:
    assert {"Why is it refused?", "closed port", "ss -ltn", "ports", "Networks"} <= {*documents["refused"].texts()}

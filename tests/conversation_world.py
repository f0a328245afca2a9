"""A portal with a real knowledge base and a real database, for tests of conversations."""

from __future__ import annotations

import re
from pathlib import Path

from engine_world import FILES, write_content
from flask import Flask
from flask.testing import FlaskClient

from kb.conversation import Conversation
from kb.portal import Portal
from kb.settings import Settings
from kb.store.conversations import load_conversation
from kb.store.questions import LoggedQuestion, list_questions
from kb.web import create_app

GUIDE = """---
question: The server does not start, step by step
entries: [remove-pass-phrase]
---

## Does it say why? {#why}

```sh
apachectl -t
```

- Good: it starts now. -> solved
- Bad: it asks for a pass phrase. -> guide:guide-start
- Bad: it says nothing. -> next

## Is the log empty? {#log}

Look.

- Good: it starts now. -> solved
- Bad: it is. -> next

## Is there a core dump? {#core}

Look again.

- Good: there is none. -> #why
- Bad: there is one. -> report
"""
LOOP = """---
question: The server asks for a pass phrase, step by step
---

## Does it ask? {#ask}

- Good: it starts. -> solved
- Bad: something else. -> guide:guide-steps
- Bad: read more. -> entry:remove-pass-phrase
"""
WORLD = FILES | {"guides/guide-steps.md": GUIDE, "guides/guide-start.md": LOOP}
PASS_PHRASE = "How do I remove the pass phrase from a private key?"


def make_portal(folder: Path, **settings: object) -> Flask:
    """A portal whose content and data are in `folder`."""
    used = Settings(content=write_content(folder / "content", WORLD), data=folder / "data", **settings)  # type: ignore[arg-type]
    return create_app(used)


def portal_of(app: Flask) -> Portal:
    portal: Portal = app.extensions["portal"]
    return portal


def stored(app: Flask, address: str) -> Conversation:
    """The conversation that an address belongs to."""
    found = re.search(r"/conversations/([\w-]+)|[?&]c=([\w-]+)", address)
    assert found, address
    with portal_of(app).database.read() as connection:
        conversation = load_conversation(connection, found.group(1) or found.group(2), 30)
    assert conversation
    return conversation


def logged(app: Flask) -> tuple[LoggedQuestion, ...]:
    """The log of questions, newest first."""
    with portal_of(app).database.read() as connection:
        return list_questions(connection).items


def ask(client: FlaskClient, question: str, conversation: Conversation | None = None, **more: str) -> str:
    """Ask with the form; returns the address of the answer."""
    known = {"c": conversation.id, "after": str(len(conversation.turns))} if conversation else {}
    response = client.post("/ask", data={"q": question, **known, **more})
    assert response.status_code == 303, response.text
    return response.headers["Location"]

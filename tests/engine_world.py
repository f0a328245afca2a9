"""A small knowledge base for the tests of the engine: seven entries in three sections, one guide, a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kb.generation import Generation, build, load_current
from kb.settings import Settings

FILES = {
    "sections.yml": "- {id: keys, title: Keys and certificates}\n- {id: protocol, title: 'Protocol [TLS]'}\n",
    "vocabulary.yml": "certificate: [cert, crt]\npass phrase: [password, PEM secret]\n",
    "keys/remove-pass-phrase.md": """---
question: How do I remove the pass phrase from a private key?
short: Write the key without encryption and protect the file.
aliases: [start the server without the pass phrase dialog, stop asking for a secret at boot]
errors: ['Enter pass phrase for server.key:']
related: [change-pass-phrase]
guides: [guide-start]
reviewed: 2026-11-24
---

## Today

Write the key without encryption. Then make the file readable by root alone.

```sh
openssl pkey -in server.key -out server.new
```

## Then

With SSLeay people typed ssleay rsa to remove the pass phrase.
""",
    "keys/change-pass-phrase.md": """---
question: How do I change the pass phrase of a private key?
aliases: [new pass phrase for my key]
---

Read the key with the old pass phrase and write it with another one.
""",
    "keys/self-signed.md": """---
question: How do I create a self-signed certificate for testing?
aliases: [make a test certificate, certificate without an authority]
---

One command makes key and certificate. Set SSLCertificateFile to the result.

```sh
openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt
```
""",
    "protocol/no-shared-cipher.md": """---
question: Why does every handshake fail with "no shared cipher"?
kind: problem
aliases: [browser and server have no cipher in common]
errors:
  - 'error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher'
---

The server has no certificate, or the browser offers only ciphers that SSLCipherSuite forbids.
""",
    "protocol/connection-refused.md": """---
question: Why do I get connection refused on port 443?
kind: problem
aliases: [nothing answers on https]
---

Nothing listens on that port. See with a client:

```sh
openssl s_client -connect localhost:443 -state
```
""",
    "protocol/hanging.md": """---
question: Why does the connection hang?
kind: problem
aliases: [the page never loads]
---

A firewall drops the packets, or plain HTTP is spoken on the HTTPS port.
""",
    "protocol/browsers/old-browser.md": """---
question: Why does the Netscape browser show a broken padlock?
aliases: [broken padlock icon]
---

Parts of the page come over plain HTTP.
""",
    "guides/guide-start.md": """---
question: The server stops at start and asks for a pass phrase
entries: [remove-pass-phrase]
---

## Does it ask?

Look at the terminal.

- Good: it starts. -> solved
- Bad: it asks. -> entry:remove-pass-phrase
- Bad: something else. -> report
""",
    "problem-report.md": """---
title: Write a problem report
fields:
  - {id: versions, label: Versions, required: always}
---

Be exact.
""",
}
ENTRY_IDS = (
    "change-pass-phrase", "remove-pass-phrase", "self-signed", "connection-refused", "hanging", "no-shared-cipher", "old-browser",
)  # fmt: skip


def write_content(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """`files` below `folder`, which is returned."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def entry_text(question: str, body: str = "An answer.", **keys: str) -> str:
    """The file of a plain entry; values of `keys` are YAML."""
    front = "".join(f"{key}: {value}\n" for key, value in {"question": f'"{question}"', **keys}.items())
    return f"---\n{front}---\n\n{body}\n"


def built(settings: Settings) -> Generation:
    """The generation that fits the content, built if need be."""
    build(settings)
    return load_current(settings.data, settings.ranking)

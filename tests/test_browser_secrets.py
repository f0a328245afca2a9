"""The copy finds the same secrets as the portal: the same texts, masked by Python and in a real browser."""

from __future__ import annotations

import itertools

import pytest
from browser_world import opened
from playwright.sync_api import Browser
from test_secret_scan import HOSTILE, KEYS, ORDINARY, PKCS12, RSA, SECRETS, STAMP, base64_lines

from kb.browser_secrets import secrets_script
from kb.scripts import joined
from kb.secret_scan import find_secrets, mask

SCRIPTS = ("offline/private_keys.js", "offline/secrets.js")
AROUND = ("{}", "first line\n{}\nlast line", STAMP + "{}\r\n" + STAMP + "x", "> {}", "“{}” — 𝛼 é")
PREFIXES = ("", STAMP, "> ", "+", "    ")


def texts() -> list[str]:
    """Everything the tests of the Python side find secrets in, or none."""
    marked = [text.replace("«", "").replace("»", "") for _, text in SECRETS]
    found = [around.format(text) for around, text in itertools.product(AROUND, [*marked, *ORDINARY])]
    for prefix, key in itertools.product(PREFIXES, KEYS.values()):
        lines = key.split("\n")
        for part in (lines, lines[:3], lines[1:], lines[4:-1], [*lines[:4], "...", *lines[6:]]):
            found += ["".join(f"{prefix}{line}\n" for line in ["see", *part, "that is all I have"])]
    found += [key.replace("\n", "\\n") for key in KEYS.values()] + [key.replace("\n", " ") for key in KEYS.values()]
    found += ["\n".join(base64_lines(PKCS12, 121)), "\n".join([*RSA[:5], *RSA]), "-----BEGIN PRIVATE KEY-----", ""]
    return found


@pytest.fixture(scope="module")
def in_browser(browser: Browser) -> dict[str, list[object]]:
    """For every text: what the browser finds, as [name, line] pairs, and the masked text."""
    with opened(browser) as page:
        page.add_script_tag(content=secrets_script() + joined(SCRIPTS))
        made = page.evaluate(
            """texts => texts.map(text => [
                kb.findSecrets(text).map(secret => [secret.name, secret.line]), kb.mask(text), kb.mask(text, "private key"),
            ])""",
            texts(),
        )
    return dict(zip(texts(), made, strict=True))


def test_the_same_secrets_are_found_and_masked(in_browser: dict[str, list[object]]) -> None:
    different = []
    for text, (found, masked, with_keys) in in_browser.items():
        expected = [[secret.name, secret.line] for secret in find_secrets(text)]
        if [found, masked, with_keys] != [expected, mask(text), mask(text, but="private key")]:
            different.append((text, expected, found, mask(text), masked))
    assert different == []
    assert sum(bool(found) for found, *_ in in_browser.values()) > 300  # else nothing was compared


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_searched_to_the_end(browser: Browser, name: str) -> None:
    text = HOSTILE[name][:20_000]
    with opened(browser) as page:
        page.add_script_tag(content=secrets_script() + joined(SCRIPTS))
        assert page.evaluate("text => kb.mask(text)", text) == mask(text)

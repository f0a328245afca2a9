"""Tokens that are known by their shape alone: the detectors of detect-secrets, and our own where those fall short.

Left out are its detectors that guess (entropy, keywords), that fire on ordinary logs and words (IBM, Artifactory, Twilio's
account numbers), and those whose match is not the whole secret: JSON web tokens lose their signature, npm's take the rest
of the line with them. GitHub's fine-grained tokens and others that are newer than its last release are missing from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_OWN = (
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{4,8192}(?:\.[A-Za-z0-9_-]{1,2048})?",  # JSON web token
    r"xapp-\d-[A-Z0-9]{8,20}-\d{8,20}-[a-f0-9]{32,80}",  # Slack, of an app
    r"xox[a-z]-[A-Za-z0-9-]{20,250}",  # Slack, whatever its kind
    r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",  # Google
    r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    r"sk-(?:proj|ant|svcacct)-[A-Za-z0-9_-]{20,250}",  # OpenAI, Anthropic
    r"hvs\.[A-Za-z0-9_-]{24,200}",  # HashiCorp Vault
    r"dckr_pat_[A-Za-z0-9_-]{20,60}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,70}",
)
CANDIDATE = re.compile(r"[A-Za-z0-9_.:/+=-]{20,}")  # what can be a token of any of these shapes


def token_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where tokens stand, as (start, end); two may overlap."""
    for candidate in CANDIDATE.finditer(text):
        for pattern in patterns():
            for found in pattern.finditer(text, candidate.start(), candidate.end()):
                yield found.span()


@lru_cache(maxsize=1)
def patterns() -> tuple[re.Pattern[str], ...]:
    """Loading the library takes a tenth of a second, so it waits for the first text that may hold a token."""
    from detect_secrets.plugins.aws import AWSKeyDetector
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
    from detect_secrets.plugins.discord import DiscordBotTokenDetector
    from detect_secrets.plugins.github_token import GitHubTokenDetector
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
    from detect_secrets.plugins.mailchimp import MailchimpDetector
    from detect_secrets.plugins.openai import OpenAIDetector
    from detect_secrets.plugins.pypi_token import PypiTokenDetector
    from detect_secrets.plugins.sendgrid import SendGridDetector
    from detect_secrets.plugins.slack import SlackDetector
    from detect_secrets.plugins.square_oauth import SquareOAuthDetector
    from detect_secrets.plugins.stripe import StripeDetector
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector

    detectors = (
        AzureStorageKeyDetector, DiscordBotTokenDetector, GitHubTokenDetector, GitLabTokenDetector, MailchimpDetector,
        OpenAIDetector, PypiTokenDetector, SendGridDetector, SlackDetector, SquareOAuthDetector, StripeDetector,
        TelegramBotTokenDetector,
    )  # fmt: skip
    theirs = [AWSKeyDetector.denylist[0]]  # the second one needs quotes; the lines of a configuration have none
    theirs += [pattern for detector in detectors for pattern in detector.denylist]
    # A token is no part of a longer word: the Base64 of a certificate holds every shape by chance.
    whole = [re.compile(rf"(?<![A-Za-z0-9+/])(?:{pattern.pattern})", pattern.flags) for pattern in theirs]
    return (*whole, *(re.compile(rf"(?<![A-Za-z0-9+/]){pattern}") for pattern in _OWN))

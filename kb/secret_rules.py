"""Secrets that are told by the words around them: `password=…`, `https://user:…@host`, `Authorization: …`, cookies.

A rule is a pattern whose group `secret` is what has to go, or, where that is in quotes, what the quotes hold. It is looked
at only when one of its hints is in the text, and its finds are dropped when the value is none: prompts and messages about
passwords, names of files and variables, placeholders, and what an earlier masking left behind.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

SecretName = Literal["private key", "password in a URL", "password", "token", "session cookie", "session key"]
Span = tuple[int, int]
_LONGEST = 2000  # characters of a secret on one line


def rule_spans(text: str) -> Iterator[tuple[int, int, SecretName]]:
    """What the rules find, as (start, end, name), in no order; two may overlap."""
    folded = text.lower()
    for rule in RULES:
        if any(hint in folded for hint in rule.hints):
            for found in rule.pattern.finditer(text):
                start, end = _span(found)
                if _is_value(text[start:end]) and rule.is_secret(text[start:end]):
                    yield start, end, rule.name


def cookie_spans(text: str) -> Iterator[Span]:
    """The values of session cookies in Cookie and Set-Cookie headers."""
    for header in COOKIE_HEADER.finditer(text):
        for cookie in COOKIE.finditer(text, *header.span("cookies")):
            is_session = SESSION_NAME.search(cookie["name"]) or _is_opaque(cookie["secret"])
            if is_session and _is_value(cookie["secret"]):
                yield cookie.span("secret")


def _span(found: re.Match[str]) -> Span:
    groups = found.groupdict()
    name = next(name for name in ("double", "single", "parts", "secret") if groups.get(name) is not None)
    return found.span(name)


# What is written where a secret would be, and is none.

PLACEHOLDER = re.compile(
    r"\[(?:password|token|private|session)\b"  # masked, or a remark
    r"|(?P<letter>.)(?P=letter)*$"  # *****, xxxx
    r"|<|\.\.\.|…"  # <your password>
    r"|\$[{(]|\$[A-Z_][A-Z0-9_]*$|\$\w*(?:pass|pwd|secret|token|key|_POST|_GET|_ENV|_SERVER)\w*"  # variables
    r"|\{[\w.]+\}$|`"  # f"{password}", `a command`
    r"|\{\{|%\w?\(|%[A-Z_]+%$|%[sdv]$|@\w+@$"  # templates
    r"|(?:exec|file|env|fd|data):\S*$"  # SSLPassPhraseDialog exec:/path, -passin file:/path
    r"|\|?/[\w.-]+/[\w./-]+$|[A-Za-z]:\\|~/"  # a path
    r"|[\w./-]+\.(?:key|pem|crt|cer|csr|der|p12|pfx|jks|conf|cnf|cfg|ini|txt|log|html?|php|py|sh|md)$"  # a file
    r"|[^a-z0-9]*$|[bfru]{1,2}(?:\"\"|'')$"  # marks, or nothing in quotes
    r"|[\w.:>-]+[(\[](?:.*[)\]];?)?$",  # a call: getenv("X")
    re.IGNORECASE | re.DOTALL,
)
STATUS = frozenset(
    """
    a accepted and argument authentication base64 basic bad bearer builtin cancelled changed correct denied disabled empty enabled error
    exec expired failed failure false field file flag forgotten found from given hidden in incorrect insecure invalid is it lost
    match matched mismatch missing mismatched must na needed never nil no none not null off ok on option optional or parameter
    password phrase please prompt protected provided redacted refused rejected removed required reset revoked set short stdin
    strong switch the to true unknown undefined unset unexpected update updated used valid value verified verify was weak with
    without wrong yes you your
    """.split()
)


def _is_value(value: str) -> bool:
    return bool(value.strip()) and not PLACEHOLDER.match(value)


def _is_no_status(value: str) -> bool:
    return value.strip(".,;:!?()").lower() not in STATUS


def _is_made(value: str) -> bool:
    """Whether a value is no plain word: logs talk about tokens and keys too."""
    has_both = any(letter.isdigit() for letter in value) and any(letter.isalpha() for letter in value)
    return _is_no_status(value) and ((has_both and len(value) >= 8) or (len(value) >= 20 and value.isalnum()))


def _is_opaque(value: str) -> bool:
    """Whether the value of a cookie nobody knows is long and random enough to stand for a session."""
    letters = value.replace("-", "").replace("%", "").replace("_", "")
    return len(letters) >= 32 and letters.isalnum() and not letters.isalpha() and not letters.isdigit()


def _is_name_and_password(value: str) -> bool:
    """Whether Base64 holds "name:password"."""
    try:
        letters = value.rstrip("=")
        plain = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and plain.isascii()


Test = Literal["any", "no status", "made", "name and password"]  # what is asked of a value, by name
_TESTS: dict[Test, Callable[[str], bool]] = {
    "any": lambda value: True,
    "no status": _is_no_status,
    "made": _is_made,
    "name and password": _is_name_and_password,
}

# How secrets are written.

_PASSWORD = r"(?:pass(?:word|wd|wort|[-_ ]?phrase)s?\d?|(?<![A-Za-z])(?:pass|pwd|pw)|kennwort)"
_KEY = (
    r"(?:secret|token|credentials?"
    r"|(?:api|access|secret|private|encryption|signing|auth|account|shared|master|client)[-_]?key)"
)
_EITHER = rf"(?:{_PASSWORD}|{_KEY})"
_PASSWORD_HINTS = ("pass", "pwd", "pw", "kennwort")
_KEY_HINTS = ("secret", "token", "credential", "key")
_HINTS = _PASSWORD_HINTS + _KEY_HINTS
_QUOTED = rf"\"(?P<double>(?:[^\"\\\n]|\\.){{1,{_LONGEST}}})\"|'(?P<single>(?:[^'\\\n]|\\.){{1,{_LONGEST}}})'"
_BARE = rf"[^\s\"'<>&;,()\[\]{{}}][^\s\"'<>&;,]{{0,{_LONGEST}}}"
WHOLE_WORD = rf"(?>{_BARE})"
_REST = rf"[^\s\"'\[][^\n\r]{{0,{_LONGEST}}}?(?=[ \t]*(?:[ \t]#[^\n]*)?\r?$)"  # to the end of the line or its comment
_LAST = rf"[^\s\"'\[]\S{{0,{_LONGEST}}}(?=[ \t]*\r?$)"  # the last word of the line
_ASSIGN = r"[ \t]*(?:=>|:=|=(?![=>]))[ \t]*"
_LINE_START = r"^[ \t>|+#;-]{0,12}(?:(?:export|set|define|local|const|var|let|my)[ \t]+)?[\w.-]{0,60}?"


def _secret(*forms: str) -> str:
    return rf"(?P<secret>{'|'.join(forms)})"


def _compiled(*parts: str, flags: int = re.IGNORECASE | re.MULTILINE) -> re.Pattern[str]:
    return re.compile("".join(parts), flags)


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one kind of secret is written."""

    name: SecretName
    hints: tuple[str, ...]  # one of them is in every text the pattern fits; small letters
    pattern: re.Pattern[str]
    test: Test = "no status"

    def is_secret(self, value: str) -> bool:
        """Whether a value is one, beside being there."""
        return _TESTS[self.test](value)


RULES: tuple[_Rule, ...] = (  # of two that find the same, the first names it
    _Rule(  # SSLKEYLOGFILE, openssl s_client
        "session key",
        ("client_random", "_secret", "_secret_0", "master-key", "master key", "psk"),
        _compiled(
            r"\b(?:(?:CLIENT_RANDOM|(?:CLIENT|SERVER|EXPORTER|EARLY)_\w{3,40})[ \t]+[0-9a-f]{64}[ \t]+",
            r"|(?:Master-Key|Resumption PSK|Master Secret)[ \t]*:[ \t]*)",
            _secret(r"[0-9a-f]{32,200}"),
        ),
    ),
    _Rule(
        "session key",
        ("ssl session",),
        _compiled(
            _secret(r"-----BEGIN SSL SESSION PARAMETERS-----[^-]{20,20000}(?:-----END SSL SESSION PARAMETERS-----)?")
        ),
    ),
    _Rule(  # https://user:secret@host
        "password in a URL",
        ("://",),
        _compiled(
            r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}://[^\s/?#:@\"'<>\[\]]{0,200}:",
            _secret(r"[^\s/?#\"'<>]{1,500}"),
            "@",
        ),
        "any",
    ),
    _Rule("password", _PASSWORD_HINTS, _compiled(_LINE_START, _PASSWORD, _ASSIGN, _secret(_QUOTED, _REST))),
    _Rule("password", _PASSWORD_HINTS, _compiled(_PASSWORD, r"[\"']?", _ASSIGN, _secret(_QUOTED, _BARE))),
    _Rule(  # key: value, one word and nothing but the next key after it
        "password",
        _PASSWORD_HINTS,
        _compiled(
            _PASSWORD,
            r"[\"']?[ \t]*:(?!//)[ \t]*",
            _secret(_QUOTED, WHOLE_WORD + r"(?=[ \t]*(?:$|[,;}\r]|[ \t]#|[ \t][\w-]{1,40}[:=]))"),
        ),
    ),
    _Rule("token", _KEY_HINTS, _compiled(_LINE_START, _KEY, _ASSIGN, _secret(_QUOTED, _REST))),
    _Rule(
        "token", _KEY_HINTS, _compiled(_KEY, r"[\"']?[ \t]*(?:=>|:=|={1,3}|:)[ \t]*", _secret(_QUOTED, _BARE)), "made"
    ),
    _Rule(  # AuthLDAPBindPassword secret, SessionCryptoPassphrase secret, requirepass secret
        "password",
        ("pass", "secret", "masterauth"),
        _compiled(
            r"^[ \t]*(?:[A-Z]\w{0,60}[a-z](?:Password|Passphrase|PassPhrase|Secret)|requirepass|masterauth)[ \t]+",
            _secret(_QUOTED, _LAST),
            flags=re.MULTILINE,
        ),
    ),
    _Rule(  # SetEnv DB_PASSWORD secret, ENV API_KEY secret
        "password",
        ("env",),
        _compiled(r"\b(?:SetEnv|ENV)[ \t]+\"?\w{0,60}?", _EITHER, r"\"?[ \t]+", _secret(_QUOTED, _LAST)),
    ),
    _Rule(  # <password>secret</password>
        "password",
        ("</",),
        _compiled(r"<[\w:-]{0,60}?", _EITHER, r"(?:[ \t][^<>]{0,200})?>", _secret(r"[^<>\n]{1,500}"), "</"),
    ),
    _Rule(  # <add key="Password" value="secret"/>
        "password",
        ("value=",),
        _compiled(r"(?:key|name)=[\"'][\w.-]{0,60}?", _EITHER, r"[\"'][ \t]+value=", _secret(_QUOTED)),
    ),
    _Rule(  # --password secret, -storepass secret
        "password",
        ("-",),
        _compiled(
            r"(?<=[\s\"'])--?(?:[\w-]{0,40}[-_])?(?:(?:store|key)pass|",
            _EITHER,
            r")[ \t]+(?!-|pass:|file:|env:)",
            _secret(_QUOTED, _BARE),
        ),
    ),
    _Rule("password", ("pass:",), _compiled(r"(?<![\w:.])pass:", _secret(r"[^\s\"']{1,500}"))),  # -passin pass:secret
    _Rule(  # curl -u user:secret
        "password",
        ("curl", "http"),
        _compiled(
            r"\b(?:curl|https?)\b[^\n]{0,500}?[ \t](?:-u|--user|--proxy-user|-U)[ \t]*[\"']?[^\s:\"']{1,100}:",
            _secret(r"[^\s\"']{1,500}"),
        ),
    ),
    _Rule("password", ("login",), _compiled(r"\blogin\s+\S{1,100}\s+password\s+", _secret(r"\S{1,200}"))),  # .netrc
    _Rule(  # IDENTIFIED BY 'secret'
        "password",
        ("identified", "password"),
        _compiled(
            r"\b(?:IDENTIFIED[ \t]+BY(?:[ \t]+PASSWORD)?|(?:WITH|SET|ENCRYPTED)[ \t]+PASSWORD)[ \t]*[=(]?[ \t]*",
            _secret(_QUOTED),
        ),
    ),
    _Rule(
        "password", ("auth ",), _compiled(r"\bAUTH[ \t]+(?:PLAIN|LOGIN)[ \t]+", _secret(r"[A-Za-z0-9+/]{8,600}={0,2}"))
    ),
    _Rule(  # hashes, as in .htpasswd and /etc/shadow
        "password",
        ("$", "{s"),
        _compiled(
            _secret(
                r"\$(?:apr1|1|2[abxy]|5|6|7|y|gy|argon2(?:id?|d)|pbkdf2[\w-]{0,20}|scrypt)\$[A-Za-z0-9./+=,$-]{8,400}",
                r"\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{20,200}={0,2}",
            ),
            flags=0,
        ),
        "any",
    ),
    _Rule(
        "password",
        ("authorization",),
        _compiled(r"authorization[\"']?[ \t]*[:=][ \t]*[\"']?Basic[ \t+]+", _secret(r"[A-Za-z0-9+/_-]{2,2000}={0,2}")),
    ),
    _Rule(
        "password", ("basic ",), _compiled(r"\bBasic ", _secret(r"[A-Za-z0-9+/]{6,2000}={0,2}")), "name and password"
    ),
    _Rule(
        "token",
        ("authorization",),
        _compiled(
            r"authorization[\"']?[ \t]*[:=][ \t]*[\"']?",
            r"(?:(?:Bearer|Token|ApiKey|Negotiate|NTLM)[ \t+]+",
            _secret(rf"[^\s\"'\[][^\n\r\"'\\]{{0,{_LONGEST}}}"),
            r"|(?:Digest|AWS4-HMAC-SHA256)[ \t+]+(?P<parts>[^\s\[][^\n\r']{0,2000}))",
        ),
    ),
    _Rule("token", ("bearer ",), _compiled(r"\bBearer ", _secret(r"[A-Za-z0-9._~+/-]{12,4000}={0,2}")), "made"),
    _Rule(  # outside of headers too: in addresses and in custom logs
        "session cookie",
        ("sessid", "sessionid", "session_id", "connect.sid"),
        _compiled(
            r"(?:PHPSESSID|JSESSIONID|ASP\.NET_SessionId|\bconnect\.sid|\bsession_?id)[ \t]*(?:=|%3D)[ \t]*",
            _secret(r"[^\s;,&?\"'<>\[]{6,500}"),
        ),
    ),
)

COOKIE_HEADER = re.compile(
    r"\b(?:set-)?cookie2?[\"']?[ \t]*[:=][ \t]*[\"']?(?P<cookies>[^\n\r]{1,16000})", re.IGNORECASE
)
COOKIE = re.compile(r"(?P<name>[^\s=;,\"':]{1,100})=(?P<secret>[^\s;,\"']{1,4000})")
SESSION_NAME = re.compile(
    r"sess|(?:^|[._-])s?sid$|token|auth|login|logged_in|remember|jwt|ticket|sso|^cf(?:id|token)$|sid$", re.IGNORECASE
)

"""Where a text holds a private key: whole PEM blocks, what is left of cut ones, and keys without their markers.

Keys come out of terminals and logs: every line may have a prefix (a time, a quote mark), the block may be one line with
`\\n` in it, and its beginning or end may be missing. A marker that no key follows, as in an explanation, is no key; nor
are certificates, requests, parameters and public keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Span = tuple[int, int]

_WORD = r"(?:[ +_]|%20)"
_KIND = rf"(?:[A-Z0-9]{{2,12}}{_WORD}){{0,3}}PRIVATE{_WORD}KEY(?:{_WORD}BLOCK)?"
_BEGIN = re.compile(rf"-{{2,5}} ?BEGIN{_WORD}{_KIND} ?-{{2,5}}")
_END = re.compile(rf"-{{2,5}} ?END{_WORD}{_KIND} ?-{{2,5}}")
_ANY_BEGIN = re.compile(r"-{2,5} ?BEGIN ")
LONGEST_BLOCK = 30_000  # characters; a key of 16,384 bits with a prefix on each line
LEAST_BODY = 40  # Base64 characters; fewer are the same for all keys of a kind

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
LEAST_LINE = 24  # Base64 characters of a line in the middle of a key
_RUN = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_WRITTEN_REST = re.compile(r"(?:\\[nr])+[A-Za-z0-9+/]{1,15}={0,2}(?![A-Za-z0-9+/])")  # a last line behind a written \n
_PEM_HEADER = re.compile(r"(?:Proc-Type|DEK-Info|Comment|Version|Hash|Subject|X-[\w-]+):|^[\s>|#\"'.…]*$|\.{3}\s*$")

# How the Base64 of a key begins, by its kind; see RFC 8017 (RSA), 5208 and 5958 (PKCS #8), 5915 (EC), 7292 (PKCS #12).
_BARE = re.compile(
    r"(?<![A-Za-z0-9+/])(?:"
    r"MII[A-Za-z0-9+/]{2}[AQgw]IBA(?:AK|DA)"  # RSA; PKCS #8
    r"|MI[E-H][A-Za-z0-9+/]AgE[AB](?:MA|MB|BD|BE|BC)"  # short ones: elliptic curves
    r"|M[A-H][A-Za-z0-9+/]CAQ(?:Aw|EE)"  # Ed25519 and the like
    r"|b3BlbnNzaC1rZXktdjE"  # OpenSSH
    r"|MII[A-Za-z0-9+/]{5}BgkqhkiG9w0BB[QA]"  # PKCS #8, encrypted
    r"|MI[E-H][A-Za-z0-9+/]M[A-Za-z0-9+/]{2}GCSqGSIb3DQEF"
    r"|MII[A-Za-z0-9+/]{2}[AQgw]IBAzCC"  # PKCS #12
    r")[A-Za-z0-9+/]*={0,2}"
)
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d:")
_PUTTY_END = re.compile(r"Private-MAC:[ \t]*[0-9a-f]+")
_HEX = r"(?:[ \t]*(?:[0-9a-f]{2}:){2,}(?:[0-9a-f]{2})?[ \t]*\r?\n?)+"
_DUMP = re.compile(rf"(?:privateExponent|prime[12]|exponent[12]|coefficient|priv):[ \t]*\r?\n{_HEX}")  # openssl -text


PATTERNS = {  # by name, for who finds keys elsewhere by the same rules
    "begin": _BEGIN,
    "end": _END,
    "any_begin": _ANY_BEGIN,
    "run": _RUN,
    "written_rest": _WRITTEN_REST,
    "pem_header": _PEM_HEADER,
    "bare": _BARE,
    "putty": _PUTTY,
    "putty_end": _PUTTY_END,
    "dump": _DUMP,
}


def key_spans(text: str) -> Iterator[Span]:
    """Where private keys stand, as (start, end), in no order; two may overlap."""
    if "PRIVATE" in text:
        yield from _blocks(text)
        yield from _tails(text)
    yield from _bare(text)
    yield from _putty(text)
    yield from (found.span() for found in _DUMP.finditer(text))


def _blocks(text: str) -> Iterator[Span]:
    """From each BEGIN to its END, or as far as the key goes on."""
    for begin in _BEGIN.finditer(text):
        other = _ANY_BEGIN.search(text, begin.end(), begin.end() + LONGEST_BLOCK)
        end = _END.search(text, begin.end(), other.start() if other else begin.end() + LONGEST_BLOCK)
        stop = end.end() if end else _end_of_body(text, begin.end())
        if _body_length(text, begin.end(), stop) >= LEAST_BODY:
            yield begin.start(), stop


def _tails(text: str) -> Iterator[Span]:
    """From the first line of a key whose BEGIN is missing to its END."""
    for end in _END.finditer(text):
        start = _start_of_body(text, end.start())
        if _body_length(text, start, end.start()) >= LEAST_BODY:
            yield start, end.end()


def _bare(text: str) -> Iterator[Span]:
    """Keys without markers, known by how they begin."""
    seen = 0
    for found in _BARE.finditer(text):
        if found.start() < seen:
            continue
        seen = max(found.end(), _end_of_body(text, found.end()))
        if _body_length(text, found.start(), seen) >= LEAST_BODY:
            yield found.start(), seen


def _putty(text: str) -> Iterator[Span]:
    """Keys of PuTTY, from their first line to their checksum, or to the next key when that is missing."""
    starts = [found.start() for found in _PUTTY.finditer(text)]
    for start, following in pairwise([*starts, len(text)]):
        region_end = min(following, start + LONGEST_BLOCK)
        if text.find("Private-Lines:", start, region_end) >= 0:
            end = _PUTTY_END.search(text, start, region_end)
            yield start, end.end() if end else region_end


def _end_of_body(text: str, start: int) -> int:
    """Where the Base64 that goes on after `start` ends; `start` when none does."""
    stop, line_end, margin = start, _line_end(text, start), 0
    for run in _RUN.finditer(text, start, line_end):
        if _is_random(run[0]):
            rest = _WRITTEN_REST.match(text, run.end(), line_end)
            stop = rest.end() if rest else run.end()
    while line_end < len(text):
        line_start, line_end = line_end + 1, _line_end(text, line_end + 1)
        line = text[line_start:line_end]
        first, last = _last_run(line)
        if last - first >= LEAST_LINE and _is_random(line[first:last]):
            stop, margin = line_start + last, first
        elif stop > start and first == margin and _is_end_of_key(line, first, last):
            return line_start + last
        elif not _PEM_HEADER.search(line):
            break
    return stop


def _start_of_body(text: str, end: int) -> int:
    """Where the Base64 that goes up to `end` starts; `end` when none does."""
    line_start = text.rfind("\n", 0, end) + 1
    for run in _RUN.finditer(text, line_start, end):
        if _is_random(run[0]):  # all of it on one line
            return run.start()
    start, is_last = end, True
    while line_start > 0:
        line_end = line_start - 1
        line_start = text.rfind("\n", 0, line_end) + 1
        line = text[line_start:line_end]
        first, last = _last_run(line)
        if last - first >= LEAST_LINE and _is_random(line[first:last]):
            start = line_start + first
        elif not (is_last and _is_end_of_key(line, first, last)):
            break
        is_last = False
    return start


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _last_run(line: str) -> Span:
    """Where the Base64 stands that a line ends with, quotes and written line ends aside; (n, n) when there is none."""
    rest = line.rstrip("\"',;\\ \t\r")
    while rest.endswith(("\\n", "\\r")):
        rest = rest[:-2]
    letters = rest.rstrip("=")
    if len(rest) - len(letters) > 2:
        return len(rest), len(rest)
    return len(letters.rstrip(_LETTERS)), len(rest)


def _is_end_of_key(line: str, first: int, last: int) -> bool:
    """Whether the last line of a key can stand at first:last of `line`: shorter than the others, and no word of prose."""
    run = line[first:last]
    return 0 < len(run) < 64 and (first == 0 or line[first - 1] in " \t\"'>|+") and not run.isalpha()


def _is_random(run: str) -> bool:
    """Whether a run of letters and digits looks like Base64; paths and names do not."""
    has_all = re.search("[a-z]", run) and re.search("[A-Z]", run) and re.search("[0-9]", run)
    return bool(has_all) and run.count("/") * 6 <= len(run)


def _body_length(text: str, start: int, end: int) -> int:
    return sum(len(run[0]) for run in _RUN.finditer(text, start, end) if _is_random(run[0]))

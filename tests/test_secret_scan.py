"""Secrets are found and named; what only looks like one is left alone."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.secret_scan import REMOVED, find_secrets, mask

ROOT = Path(__file__).parent.parent
CONTENT = ROOT / "content"


def base64_lines(start: bytes, length: int, width: int = 64) -> list[str]:
    """Made-up bytes after a real beginning, as lines of Base64."""
    made = random.Random(len(start) + length).randbytes(length - len(start))
    text = base64.b64encode(start + made).decode()
    return [text[place : place + width] for place in range(0, len(text), width)]


PKCS8 = bytes.fromhex("308204bd020100300d06092a864886f70d0101010500048204a7308204a30201000282010100")
PKCS1 = bytes.fromhex("308204a30201000282010100")
EC = bytes.fromhex("307702010104 20")
ED25519 = bytes.fromhex("302e020100300506032b657004220420")
ENCRYPTED = bytes.fromhex("3082052c305606092a864886f70d01050d3049")
PKCS12 = bytes.fromhex("30820a3f02010330820a05")
CERTIFICATE = bytes.fromhex("3082030d308201f5a003020102021409")
REQUEST = bytes.fromhex("3082019c30820105020100305c310b30")
PUBLIC = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
PARAMETERS = bytes.fromhex("3082010802820101 00")


def pem(kind: str, start: bytes, length: int = 1200, headers: tuple[str, ...] = ()) -> str:
    lines = [f"-----BEGIN {kind}-----", *headers, *base64_lines(start, length), f"-----END {kind}-----"]
    return "\n".join(lines)


KEYS = {
    "PKCS #8": pem("PRIVATE KEY", PKCS8),
    "RSA": pem("RSA PRIVATE KEY", PKCS1),
    "EC": pem("EC PRIVATE KEY", EC, 121),
    "Ed25519": pem("PRIVATE KEY", ED25519, 48),
    "DSA": pem("DSA PRIVATE KEY", bytes.fromhex("308201bb020100"), 447),
    "encrypted": pem("ENCRYPTED PRIVATE KEY", ENCRYPTED),
    "old encryption": pem(
        "RSA PRIVATE KEY", b"\x9b", 600, ("Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,5F1C0D4E9A2B3C4D5E6F708192A3B4C5", "")
    ),
    "OpenSSH": pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0"),
    "PGP": pem("PGP PRIVATE KEY BLOCK", b"\x95", 900, ("Version: GnuPG v2", "")),
}  # fmt: skip
RSA = KEYS["RSA"].split("\n")
STAMP = "[Tue Nov 24 09:12:01.123456 2026] [ssl:error] [pid 4711] "


def found(text: str) -> list[tuple[str, str]]:
    return [(secret.name, text[secret.start : secret.end]) for secret in find_secrets(text)]


# Private keys


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_private_key_is_found_from_begin_to_end(key: str) -> None:
    text = f"AH02577: see\n{key}\nand then it stopped\n"
    assert found(text) == [("private key", key)]
    assert find_secrets(text)[0].line == 2
    assert mask(text) == "AH02577: see\n[private key removed]\nand then it stopped\n"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("prefix", [STAMP, "> ", "+", "    ", "| ", "2026-11-24T09:12:01Z web-1 httpd[7]: "])
def test_a_prefix_on_every_line_hides_no_key(key: str, prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in ["first", *key.split("\n"), "last"])
    assert mask(text) == f"{prefix}first\n{prefix}[private key removed]\n{prefix}last\n"


@pytest.mark.parametrize("prefix", ["", STAMP])
@pytest.mark.parametrize("kept", [2, 3, 10, -1])
def test_a_key_without_its_end_is_found(prefix: str, kept: int) -> None:
    text = "".join(f"{prefix}{line}\n" for line in [*RSA[:kept], "that is all I have", "AH00489: configured"])
    assert mask(text) == f"{prefix}[private key removed]\n{prefix}that is all I have\n{prefix}AH00489: configured\n"


@pytest.mark.parametrize("prefix", ["", STAMP])
@pytest.mark.parametrize("lost", [1, 5, len(RSA) - 3])
def test_a_key_without_its_beginning_is_found(prefix: str, lost: int) -> None:
    text = "".join(f"{prefix}{line}\n" for line in ["see here", *RSA[lost:], "last"])
    assert mask(text) == f"{prefix}see here\n{prefix}[private key removed]\n{prefix}last\n"


@pytest.mark.parametrize(
    "start", [PKCS8, PKCS1, EC, ED25519, ENCRYPTED, b"openssh-key-v1\0", PKCS12], ids=lambda start: start.hex()[:20]
)
def test_a_key_without_its_markers_is_found(start: bytes) -> None:
    body = "\n".join(base64_lines(start, 48 if start is ED25519 else 121))
    assert found(f"my key is\n{body}\nthanks") == [("private key", body)]


def test_a_key_on_one_line_is_found() -> None:
    escaped = KEYS["PKCS #8"].replace("\n", "\\n")
    assert mask(f'{{"private_key": "{escaped}\\n", "id": 7}}') == '{"private_key": "[private key removed]", "id": 7}'
    spaced = KEYS["EC"].replace("\n", " ")
    assert mask(f"key {spaced} end") == "key [private key removed] end"
    assert mask(f'KEY="{escaped[:900]}') == 'KEY="[private key removed]'


def test_lines_of_dots_inside_a_key_belong_to_it() -> None:
    text = "\n".join([*RSA[:4], "...", *RSA[9:]])
    assert mask(text) == "[private key removed]"


def test_a_key_that_begins_twice_is_found_both_times() -> None:
    text = "\n".join([*RSA[:5], *RSA])
    assert [name for name, _ in found(text)] == ["private key"] * 2


def test_keys_in_other_forms_are_found() -> None:
    putty = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nAAAAIAbc\nPrivate-MAC: 00ffee"
    assert found(f"a\n{putty}\nb") == [("private key", putty)]
    hexadecimal = "    00:ab:cd:ef:01:23:45\n    67:89:ab\n"
    assert found(f"Private-Key: (2048 bit)\nmodulus:\n{hexadecimal}privateExponent:\n{hexadecimal}end") == [
        ("private key", f"privateExponent:\n{hexadecimal}")
    ]


@pytest.mark.parametrize(
    "text",
    [
        pem("CERTIFICATE", CERTIFICATE),
        pem("CERTIFICATE REQUEST", REQUEST),
        pem("PUBLIC KEY", PUBLIC, 294),
        pem("DH PARAMETERS", PARAMETERS, 268),
        "\n".join(base64_lines(CERTIFICATE, 800)),
        "\n".join(base64_lines(PUBLIC, 294)),
        "The file must begin with -----BEGIN PRIVATE KEY----- and end with -----END PRIVATE KEY-----.",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0123456789ABCDEF\n",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC…\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n/usr/local/apache2/conf/ssl/keys/www.example.com/server\n",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7g5bXfJ8kX1o2y3k4l5m6n7o8p9q0r1s2t3u4v5w6 me@example.org",
        "Public-Key: (2048 bit)\nModulus:\n    00:ab:cd:ef:01:23\nExponent: 65537 (0x10001)",
    ],
)
def test_public_things_and_mentions_are_no_private_keys(text: str) -> None:
    assert found(text) == []


def test_a_certificate_beside_a_key_stays() -> None:
    certificate = pem("CERTIFICATE", CERTIFICATE)
    for text in (f"{certificate}\n{KEYS['EC']}\n{certificate}", f"{certificate}\n" + "\n".join(RSA[3:])):
        assert mask(text) == text.replace(found(text)[0][1], "[private key removed]")
        assert certificate in mask(text)


# Everything else. «…» stands around what has to go.

SECRETS = [
    ("password in a URL", "proxy http://joe:«pass»@proxy:3128/ refused"),
    ("password in a URL", "postgresql+psycopg://kb:«p:a@ss!»@db.example.com:5432/kb?sslmode=require"),
    ("password in a URL", "ldaps://cn=admin,dc=x:«hunter2»@ldap"),
    ("password in a URL", "redis://:«hunter2»@localhost/0"),
    ("password", "password=«hunter2»"),
    ("password", "DB_PASSWORD=«correct horse battery staple»"),
    ("password", "  export PGPASSWORD='«hunter 2»' # of the database"),
    ("password", "db.password = «hunter2»  # remark"),
    ("password", "passwd: «hunter2»"),
    ("password", "passphrase: «hunter2»"),
    ("password", '"password": "«hun\\"ter2»",'),
    ("password", "'smtp_pass' => '«hunter2»',"),
    ("password", "09:12:01 login user=joe password=«hunter2» host=db1"),
    ("password", "user: joe password: «hunter2» host: db1"),
    ("password", "GET /login?user=joe&password=«hunter2»&x=1 HTTP/1.1"),
    ("password", "<password>«hunter2»</password>"),
    ("password", '<add key="Smtp.Password" value="«hunter2»"/>'),
    ("password", "mysql --password «hunter2» -u root"),
    ("password", "mysql --password=«hunter2» -u root"),
    ("password", "openssl pkey -in server.key -passin pass:«hunter2» -out x.pem"),
    ("password", "keytool -list -storepass «changeit» -v"),
    ("password", "curl -sS -u joe:«hunter2» https://www.example.com/"),
    ("password", "machine x login joe password «hunter2»"),
    ("password", "CREATE USER kb IDENTIFIED BY '«hunter2»';"),
    ("password", "  AuthLDAPBindPassword «hunter2»"),
    ("password", 'SessionCryptoPassphrase "«hunter 2»"'),
    ("password", "SetEnv DB_PASSWORD «hunter2»"),
    ("password", 'DBDParams "host=db dbname=kb user=kb pass=«hunter2»"'),
    ("password", "joe:«$apr1$6d.Zr3hQ$cVnkVOVqPwLLnXr1.Jc2f0»"),
    ("password", "> Authorization: Basic «am9lOmh1bnRlcjI=»"),
    ("password", "'Proxy-Authorization: Basic «am9lOmh1bnRlcjI=»'"),
    ("password", 'the client sent "Basic «am9lOmh1bnRlcjI=»" twice'),
    ("password", "235 AUTH PLAIN «AGpvZQBodW50ZXIy»"),
    ("token", "> Authorization: Bearer «0123456789abcdef.x-y_z~»"),
    ("token", '"authorization": "Bearer «abc»"'),
    ("token", 'Authorization: Digest «username="joe", realm="x", response="0123"»'),
    ("token", "SECRET=«hunter2»"),
    ("token", "secret = «hunter2»"),
    ("token", "API_KEY=«abcdef»"),
    ("token", 'api-key: "«0123abcd»"'),
    ("token", "token=«0123abcd»"),
    ("token", "auth_token: «0123abcd»"),
    ("token", "x-api-key: «0123abcd»"),
    ("token", "aws_secret_access_key = «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»"),
    ("token", "GET /feed?token=«0123abcd»&page=2"),
    ("token", "AWS: «AKIAIOSFODNN7EXAMPLE» is listed"),
    ("token", "cloned with «ghp_0123456789abcdefghijABCDEFGHIJ012345» today"),
    ("token", "«github_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz»"),
    ("token", "«xoxb-123456789012-123456789012-abcdefABCDEF»"),
    ("token", "«glpat-0123456789abcdefghij»"),
    ("token", "«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJlLW9mLWl0»"),
    ("token", "key «AIzaSyA0123456789abcdefghijklmnopqrstuv» of the map"),
    ("token", "«sk_live_0123456789abcdefghijABCD»"),
    ("session cookie", "> Cookie: PHPSESSID=«abc123»; lang=en"),
    ("session cookie", "< Set-Cookie: JSESSIONID=«0123ABCD.node1»; Path=/; HttpOnly"),
    ("session cookie", "Cookie: lang=en; session=«eyJ1c2VyIjoxfQ»; theme=dark"),
    ("session cookie", "Cookie: wordpress_logged_in_0123=«joe%7C1732»"),
    ("session cookie", "Cookie: unknown=«0123456789abcdef0123456789abcdef»"),
    ("session cookie", "GET /shop;jsessionid=«0123ABCD4567»?x=1"),
    ("session cookie", 'curl -H "Cookie: sid=«abc123»" https://x'),
    ("session key", "CLIENT_RANDOM " + "0a" * 32 + " «" + "1b" * 48 + "»"),
    ("session key", "SERVER_TRAFFIC_SECRET_0 " + "0a" * 32 + " «" + "1b" * 48 + "»"),
    ("session key", "    Master-Key: «" + "1B" * 48 + "»"),
    ("session key", "    Resumption PSK: «" + "1B" * 48 + "»"),
]


@pytest.mark.parametrize(("name", "marked"), SECRETS, ids=[marked[:60] for _, marked in SECRETS])
@pytest.mark.parametrize(
    "around", ["{}", "first line\n{}\nlast line\n", "first\r\n{}\r\nlast"], ids=["alone", "lines", "CRLF"]
)
def test_a_secret_is_found_by_name(name: str, marked: str, around: str) -> None:
    text = (
        around.format(marked.replace("«", "").replace("»", ""))
        if "{" not in marked
        else marked.replace("«", "").replace("»", "")
    )
    before, secret, after = marked.replace("»", "«").split("«")
    secrets = find_secrets(text)
    assert [(item.name, text[item.start : item.end]) for item in secrets] == [(name, secret)]
    assert secrets[0].line == text.count("\n", 0, secrets[0].start) + 1
    assert f"{before}{REMOVED[secrets[0].name]}{after}" in mask(text)


ORDINARY = [
    "SSLPassPhraseDialog exec:/usr/local/sbin/pass-phrase",
    "SSLPassPhraseDialog builtin",
    "SSLPassPhraseDialog |/usr/local/bin/ask",
    "AuthLDAPBindPassword exec:/bin/cat /etc/ldap.secret",
    "Enter pass phrase for server.key:",
    "Enter PEM pass phrase: ",
    "Private key password:\n",
    'AH01617: user joe: authentication failure for "/private": Password Mismatch',
    "AH02311: Fatal error initialising mod_ssl, exiting. pass phrase: incorrect",
    "Access denied for user 'joe'@'localhost' (using password: YES)",
    "password: required",
    "Error: wrong password",
    "csrf token: missing",
    "SyntaxError: unexpected token: '<'",
    "JSON.parse: unexpected token: identifier",
    "password=<your password>",
    "password=********",
    "PASSWORD=${DB_PASSWORD}",
    "password: {{ vault_password }}",
    'password = os.environ["DB_PASSWORD"]',
    "password = getpass()",
    "password_file=/run/secrets/db",
    "secret: /run/secrets/db",
    "token_type=bearer",
    "max_tokens=500",
    "openssl pkey -in server.key -passin file:/etc/ssl/pp.txt",
    "private_key = server.key",
    'WWW-Authenticate: Basic realm="private"',
    "AuthType Basic",
    "Authorization: Basic <base64>",
    "Cookie: lang=en; theme=dark; _ga=GA1.2.1.2",
    "Set-Cookie: lang=en; Path=/; Max-Age=31536000",
    "http://host:8080/path?mail=joe@example.com",
    "https://www.example.com:443/ and joe@example.com",
    "git@github.com:joe/repo.git",
    "http://user:[password removed]@host",
    "    Session-ID: " + "1B" * 32,
    "    Cipher    : ECDHE-RSA-AES256-GCM-SHA384",
    "AH01876: mod_ssl/2.4.71 compiled against Server: Apache/2.4.71, Library: OpenSSL/3.0.22",
    "sha256:" + "0a1b2c3d" * 8,
    "[Tue Nov 24 09:12:01.123456 2026] [ssl:info] [pid 4711:tid 140287713171200] [client 192.0.2.7:51123] AH01964: Connection",
    "how do I get rid of the password: server asks at boot",
    "I forgot my password. How do I change the pass phrase of my private key?",
    "error:0906406D:PEM routines:PEM_def_callback:problems getting password",
    "#0  0x00007f3c2a1b2c3d in ssl_io_filter_output (f=0x7f3c, bb=0x55d) at ssl_engine_io.c:1726",
]


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_holds_no_secret(line: str) -> None:
    assert found(line) == []
    assert mask(line) == line


def test_the_labelled_questions_and_their_logs_hold_no_secret() -> None:
    for name in ("golden.jsonl", "golden_conversations.jsonl"):
        for line in (ROOT / "tests" / name).read_text("utf-8").splitlines():
            record = json.loads(line)
            for turn in record.get("turns", [record]):
                text = f"{turn.get('query', '')}\n{turn.get('log', '')}"
                assert found(text) == [], line


def test_the_content_holds_no_secret_but_the_passwords_its_askers_show() -> None:
    finds = {
        (path.name, secret)
        for path in sorted(CONTENT.rglob("*"))
        if path.suffix in (".md", ".yml", ".txt")
        for _, secret in found(path.read_text("utf-8"))
    }
    shown = [(name, base64.b64decode(secret)) for name, secret in finds]
    assert all(name == "lock-icon-basic-auth.txt" and b":" in plain for name, plain in shown), finds


# Masking


PIECES = (
    [marked.replace("«", "").replace("»", "") for _, marked in SECRETS]
    + ORDINARY
    + list(KEYS.values())
    + list(REMOVED.values())
)


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(["\n", " ", "\r\n", "; ", "", '"']))
def test_nothing_is_left_to_find_in_what_was_masked(pieces: list[str], between: str) -> None:
    masked = mask(between.join(pieces))
    assert find_secrets(masked) == () and mask(masked) == masked


@given(st.text() | st.text(alphabet="=:/@-\"'\n pastokenBEGIND0+"))
def test_any_text_can_be_searched(text: str) -> None:
    secrets = find_secrets(text)
    assert all(0 <= item.start < item.end <= len(text) and item.line >= 1 for item in secrets)
    assert all(first.end <= second.start for first, second in zip(secrets, secrets[1:], strict=False))


HOSTILE = {
    "log": (STAMP + "AH01964: Connection to child 7 established (server www.example.com:443)\n") * 8000,
    "certificates": (pem("CERTIFICATE", CERTIFICATE) + "\n") * 600,
    "key beginnings": "-----BEGIN RSA PRIVATE KEY-----\n" * 30_000,
    "key ends": "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6\n-----END RSA PRIVATE KEY-----\n" * 15_000,
    "bare keys": (base64_lines(PKCS1, 48)[0] + "\n") * 15_000,
    "PuTTY": "PuTTY-User-Key-File-3:\n" * 40_000,
    "one line": "A1b2" * 250_000 + "!",
    "names": "password " * 110_000,
    "colons": "password:" * 110_000,
    "equal signs": "token=" * 160_000,
    "addresses": "http://a:" * 110_000,
    "long address": "http://a:" + "b" * 1_000_000,
    "dots": "eyJ" + "a." * 500_000,
    "cookies": "Cookie: " + "a=b;" * 250_000,
    "cookie names": "Cookie: " * 120_000,
    "quotes": 'password="' * 100_000,
    "curl": "curl -u " * 120_000,
    "words": "password x " * 90_000,
    "hexadecimal": "priv:\n" + "00:ab:\n" * 140_000,
    "blank": "-----BEGIN PRIVATE KEY-----" + "\n" * 1_000_000,
    "spaces": "password =" + " " * 1_000_000,
    "xml": "<password" * 110_000,
    "dashes": "-" * 1_000_000,
    "setenv": "SetEnv A_" * 110_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_file_of_a_megabyte_is_searched_in_seconds(text: str) -> None:
    started = time.process_time()
    find_secrets(text)
    assert time.process_time() - started < 5  # seconds; going back and forth would take hours

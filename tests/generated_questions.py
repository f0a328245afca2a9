"""Questions made from a knowledge base by rules: what people might type or paste, in bulk and the same every time.

Typing slips, fragments, log lines, long logs, operators, other alphabets, next to nothing, follow-ups. They carry no
labels: they are for comparing two ways of answering.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kb.entry import Content

SEED = 20261124
Request = dict[str, Any]  # question, and where wanted log, exact, section, history

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FOREIGN = (
    "сертификат не найден", "πώς αλλάζω το κλειδί", "如何创建证书", "証明書を作成する方法", "인증서 오류", "ใบรับรองหมดอายุ", "شهادة الخادم",
    "תעודת אבטחה", "प्रमाणपत्र की समस्या", "Schlüssel für den Server ändern", "clé privée protégée", "größere Straße", "İstanbul ığdır", "ﬁle ﬂag",
    "naïve café", "ключ SSL", "SSL証明書 error", "🔑 key lost 🙂", "𝔾𝕠𝕥𝕙𝕚𝕔 key", "ﷺ key", "½ key ² bits", "e\u0301tat de la cle\u0301", "ѕѕl кеу",
)  # fmt: skip
_NEXT_TO_NOTHING = (
    "", " ", "?", "...", "-", '"', '""', "''", "\n", "a", "the", "how do I", "AND", "OR NOT", "- -", "()", "1", "443", ".", "x" * 64, "x" * 600,
    "why does it not", "\u200b", "\ufeff", "\u0085", "\ud800", "<b>", "&amp;", "title:", "-title:", "a:b", "::1", "C:\\", "/", "//", "\\n", "~", "_", "__",
)  # fmt: skip
_OPENINGS = (
    "and",
    "but",
    "ok,",
    "what about",
    "how do I",
    "and if",
    "it still says",
    "that did not help:",
    "same for",
    "then",
)


class Maker:
    """Makes requests out of the texts of a knowledge base."""

    def __init__(self, content: Content, questions: list[str]) -> None:
        documents = [*content.entries, *content.guides]
        self.random = random.Random(SEED)
        self.wordings = [text for item in documents for text in (item.question, *item.aliases)] + questions
        self.errors = [text for item in documents for text in item.errors]
        self.sentences = [line for item in content.entries for line in item.body.splitlines() if len(line) > 30]
        self.words = sorted({word.strip(".,?!:;()`\"'") for text in self.wordings for word in text.split()} - {""})
        self.ids = [entry.id for entry in content.entries]
        self.sections = [section.id for section in content.sections]

    def wording(self) -> str:
        return self.random.choice(self.wordings)

    def word(self) -> str:
        return self.random.choice(self.words)

    # -- one kind each --------------------------------------------------------------------------------------------

    def slip(self) -> Request:
        words = self.wording().split()
        for _ in range(self.random.randint(1, 2)):
            place = self.random.randrange(len(words))
            words[place] = self._slipped(words[place])
        if self.random.random() < 0.2 and len(words) > 1:
            place = self.random.randrange(len(words) - 1)
            words[place : place + 2] = [words[place] + words[place + 1]]
        return {"question": " ".join(words), "exact": self.random.random() < 0.05}

    def _slipped(self, word: str) -> str:
        at = self.random.randrange(len(word))
        letter = self.random.choice(_LETTERS)
        forms = (
            word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :], word[:at] + word[at] + word[at:], word.upper(),
            word[: max(1, len(word) - 1)],
        )  # fmt: skip
        return self.random.choice(forms) or word

    def fragment(self) -> Request:
        words = self.random.choice([self.wording(), self.random.choice(self.sentences)]).split()
        start = self.random.randrange(len(words))
        request: Request = {"question": " ".join(words[start : start + self.random.randint(1, 5)])}
        if self.random.random() < 0.1:
            request["section"] = self.random.choice(self.sections)
        return request

    def mixture(self) -> Request:
        return {"question": " ".join(self.word() for _ in range(self.random.randint(1, 9)))}

    def log_line(self) -> str:
        choose, number = self.random.choice, self.random.randint
        time = f"{number(0, 23):02}:{number(0, 59):02}:{number(0, 59):02}"
        heads = (
            f"[Tue Nov 24 {time}.{number(100000, 999999)} 2026] [ssl:error] [pid {number(100, 99999)}:tid {number(10**14, 10**15)}] [client 10.0.{number(0, 255)}.{number(1, 254)}:{number(1024, 65535)}] AH0{number(1900, 2600)}:",
            f"2026-11-24T{time}Z www{number(1, 9)} httpd[{number(100, 9999)}]:",
            f"Nov 24 {time} web{number(1, 9)} apache2[{number(100, 9999)}]:",
            f"192.168.{number(0, 9)}.{number(1, 254)} - - [24/Nov/2026:{time} +0100]",
            f"{time} 2001:db8::{number(1, 9999):x} pid={number(1, 9999)} 0x{number(4096, 10**9):x}",
            "error:",
        )  # fmt: skip
        tails = (
            "",
            "",
            f" (File: /etc/httpd/conf/ssl.{choose(('key', 'crt'))}/server.pem)",
            " at /usr/local/apache2/modules/mod_ssl.so",
            " -> " + "0123456789abcdef" * 2,
        )
        return f"{choose(heads)} {choose([choose(self.errors), choose(self.sentences), self.wording()])}{choose(tails)}"

    def log(self) -> Request:
        if self.random.random() < 0.5:
            return {"question": self.log_line()[:500]}
        lines = "\n".join(self.log_line() for _ in range(self.random.randint(1, 6)))
        return {"question": self.random.choice(["", self.wording()]), "log": lines}

    def long_log(self) -> Request:
        lines = "\n".join(self.log_line() for _ in range(80))
        return {"question": self.random.choice(["", self.wording()]), "log": lines[: self.random.randint(2000, 10_050)]}

    def operators(self) -> Request:
        words = self.wording().split()
        at = self.random.randrange(len(words))
        pair = " ".join(words[at : at + 2])
        line = self.random.choice(self.sentences).split()
        field = self.random.choice(
            ["title", "question", "alias", "errors", "command", "section", "body", "heading", "other"]
        )
        forms = (
            f'"{pair}"', f'"{pair}" {self.word()}', f"{self.word()} -{self.word()}", f"{self.word()} {self.word()} -{self.word()} -{self.word()}",
            f"{field}:{self.word()}", f"{field}:{self.word()} {self.word()}", f'{field}:"{pair}"', f"{self.word()} AND {self.word()}",
            f"{self.word()} OR {self.word()} OR {self.word()}", f"{self.word()} NOT {self.word()}", f'-"{pair}" {self.word()}',
            f"openssl s_client -connect {self.word()}:443 -{self.word()}", f'what does "{pair}" mean for my {self.word()} here',
            f'"{" ".join(line[:2])}"', f"{self.word()} AND NOT {self.word()} OR {self.word()}", f"({self.word()} OR {self.word()}) {self.word()}",
            f'"{" ".join(line[-3:])}" OR "{pair}"', f"“{pair}” {self.word()}",
        )  # fmt: skip
        return {"question": self.random.choice(forms)}

    def foreign(self) -> Request:
        parts = [
            self.random.choice(_FOREIGN),
            self.random.choice([self.word(), self.wording(), self.random.choice(_FOREIGN)]),
        ]
        self.random.shuffle(parts)
        return {"question": self.random.choice([" ", "\u00a0", "\n", "\t"]).join(parts)}

    def next_to_nothing(self) -> Request:
        return {"question": self.random.choice(_NEXT_TO_NOTHING), "log": self.random.choice(["", "", " ", "\n\n"])}

    def follow_up(self) -> Request:
        turns = [
            {"question": self.wording(), "log": "", "entry_id": self.random.choice([*self.ids, "", "no-such-entry"])}
            for _ in range(self.random.randint(1, 4))
        ]
        question = f"{self.random.choice(_OPENINGS)} {' '.join(self.word() for _ in range(self.random.randint(1, 4)))}"
        return {"question": self.random.choice([question, self.wording()]), "history": turns}


def generated(content: Content, questions: list[str], number: int) -> Iterator[Request]:
    """`number` requests, each with the name of its kind, the kinds in turn."""
    make = Maker(content, questions)
    kinds: list[Callable[[], Request]] = [
        make.slip, make.fragment, make.mixture, make.slip, make.log, make.operators, make.fragment, make.foreign, make.slip, make.follow_up,
    ]  # fmt: skip
    rare: list[Callable[[], Request]] = [
        make.next_to_nothing,
        make.next_to_nothing,
        make.next_to_nothing,
        make.long_log,
    ]
    for place in range(number):
        kind = rare[place // 10 % len(rare)] if place % 10 == 2 and place % 20 > 10 else kinds[place % len(kinds)]
        yield {"kind": kind.__name__, **kind()}


def labelled(*files: Path) -> Iterator[Request]:
    """The requests of files of labelled questions; those of conversations follow upon the expected answers."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            history: list[dict[str, str]] = []
            for turn in case.get("turns", [case]):
                yield {"kind": file.stem, "question": turn["query"], "history": list(history)}
                history.append({"question": turn["query"], "log": "", "entry_id": next(iter(turn["relevant"]), "")})

"""Make a knowledge base of any size, and questions about it: `python benchmarks/generate.py DIR --entries N`.

The entries have the shape of those people write: a question, a short answer, a few aliases, now and then an error text,
paragraphs, a list, a command. Their words are those of the project's own content by frequency, followed by compounds of
them; how many there are grows with the collection (Heaps' law), how often each is used falls with its rank (Zipf's law),
and each entry comes back to a few words of its own. The same seed and size, with the same content, give the same files
and the same questions.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from kb.entry import Entry

ROOT = Path(__file__).parent.parent
SEED = 20261124
WORDS_OF_AN_ENTRY = 260
HEAPS_FACTOR, HEAPS_POWER = 30, 0.52  # different words = factor * words ** power
ZIPF_SHIFT = 2.7  # a word's frequency falls with 1 / (rank + shift)
ENTRIES_OF_A_SECTION = 250
LONGEST_QUESTION = 500

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,23}")
_OPENINGS = (
    "How do I",
    "Why does",
    "What is",
    "Can I use",
    "Where do I find",
    "Which",
    "When does",
    "Is it possible to",
    "What does",
)
_GLUE = "the a of to in for and with on is from not by at as when after that this be it or you your if".split()
_COMMANDS = (
    "openssl x509 -in {0}.crt -noout -text | grep {1}",
    "grep -n '{0}' /etc/{1}/{2}.conf",
    "{0}ctl --{1} --config /etc/{2}/{0}.conf",
    "curl -sv https://{0}.example.com/{1}?{2}=1",
    "systemctl restart {0} && journalctl -u {0} -n 50",
    "chmod 600 /var/lib/{0}/{1}.key",
)


@dataclass(frozen=True, slots=True)
class Source:
    """What questions are made from: an entry's id and the ways to ask for it."""

    id: str
    question: str
    aliases: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question somebody might ask, and the entry it is about."""

    text: str
    entry: str
    kind: str  # "paraphrase", "typo" or "log"


def own_words(content: Path = ROOT / "content") -> list[str]:
    """The words of a content folder, the most frequent first."""
    counts: Counter[str] = Counter()
    for path in sorted(content.rglob("*.md")):
        for word in _WORD.findall(path.read_text(encoding="utf-8")):
            counts[word if any(char.isupper() for char in word[1:]) else word.lower()] += 1
    return sorted(counts, key=lambda word: (-counts[word], word))


class Language:
    """Words with their frequencies, for a collection of a given size."""

    def __init__(self, n_entries: int, seed: int = SEED) -> None:
        self.chance = random.Random(f"{seed}/{n_entries}")
        words = own_words()
        size = max(len(words), int(HEAPS_FACTOR * (n_entries * WORDS_OF_AN_ENTRY) ** HEAPS_POWER))
        self.words = [*words, *self._compounds(words, size - len(words))]
        self._cumulated = list(accumulate(1 / (rank + ZIPF_SHIFT) for rank in range(1, size + 1)))

    def _compounds(self, words: Sequence[str], count: int) -> Iterator[str]:
        """Further words: two words as one, as an identifier or option, or a word with a number."""
        plain = [word for word in words if word.isalpha() and word.islower() and 3 <= len(word) <= 9]
        taken = set(words)
        while count > 0:
            first, second = self.chance.choice(plain), self.chance.choice(plain)
            word = self.chance.choice(
                (first + second, first + second, first.capitalize() + second.capitalize(), f"{first}_{second}",
                 f"{first}{self.chance.randint(2, 99)}")
            )  # fmt: skip
            if word not in taken:
                taken.add(word)
                count -= 1
                yield word

    def draw(self, count: int) -> list[str]:
        """`count` words by frequency."""
        return self.chance.choices(self.words, cum_weights=self._cumulated, k=count)

    def topic(self, count: int = 9) -> list[str]:
        """Words an entry is about: drawn like any others, the two hundred most frequent left out."""
        frequent = 200
        low, high = self._cumulated[frequent], self._cumulated[-1]
        places = (low + (high - low) * self.chance.random() for _ in range(count))
        return [self.words[_place(self._cumulated, at)] for at in places]

    def phrase(self, topic: Sequence[str], length: int) -> str:
        """Words in a row: some of the topic, some small ones, the rest by frequency."""
        chance = self.chance
        words = self.draw(length)
        for place in range(length):
            dice = chance.random()
            if dice < 0.22:
                words[place] = topic[int(len(topic) * chance.random() ** 2)]
            elif dice < 0.5:
                words[place] = _GLUE[int(len(_GLUE) * chance.random() ** 2)]
        return " ".join(words)

    def sentence(self, topic: Sequence[str]) -> str:
        text = self.phrase(topic, self.chance.randint(8, 18))
        return text[0].upper() + text[1:] + "."

    def paragraph(self, topic: Sequence[str]) -> str:
        return " ".join(self.sentence(topic) for _ in range(self.chance.randint(2, 4)))


def _place(cumulated: Sequence[float], at: float) -> int:
    low, high = 0, len(cumulated) - 1
    while low < high:
        middle = (low + high) // 2
        if cumulated[middle] < at:
            low = middle + 1
        else:
            high = middle
    return low


def make_entry(language: Language, number: int) -> tuple[Source, str]:
    """An entry as a source of questions, and as the text of its Markdown file."""
    chance = language.chance
    topic = language.topic()
    question = f"{chance.choice(_OPENINGS)} {language.phrase(topic, chance.randint(2, 4))} {' '.join(topic[:3])}?"
    aliases = tuple(
        f"{language.phrase(topic, chance.randint(3, 6))} {chance.choice(topic)}" for _ in range(chance.randint(3, 6))
    )
    errors: tuple[str, ...] = ()
    if chance.random() < 0.3:
        code = f"{chance.randrange(16**8):08X}"
        errors = (
            f"error:{code}:{topic[0]} routines:{topic[1].upper()}_{topic[2].upper()}:{topic[3]} {chance.choice(topic)}",
        )
    front: dict[str, object] = {"question": question, "short": language.sentence(topic), "aliases": list(aliases)}
    if errors:
        front["errors"] = list(errors)
    command = chance.choice(_COMMANDS).format(*(word.lower() for word in chance.sample(topic, 3)))
    items = "\n".join(f"- {language.sentence(topic)}" for _ in range(chance.randint(3, 4)))
    body = [
        "## Today", language.paragraph(topic), f"{language.sentence(topic)} Set `{topic[0]}` first:", f"```sh\n{command}\n```",
        *(language.paragraph(topic) for _ in range(chance.randint(1, 3))), language.sentence(topic), items,
    ]  # fmt: skip
    text = f"---\n{yaml.safe_dump(front, sort_keys=False, width=1000)}---\n\n" + "\n\n".join(body) + "\n"
    return Source(f"entry-{number:06}", question, aliases, errors), text


def generate(folder: Path, n_entries: int, seed: int = SEED) -> list[Source]:
    """Write `n_entries` entries below `folder`, and say what they are."""
    language = Language(n_entries, seed)
    sources = []
    for number in range(n_entries):
        section = folder / f"section-{number // ENTRIES_OF_A_SECTION:03}"
        section.mkdir(parents=True, exist_ok=True)
        source, text = make_entry(language, number)
        (section / f"{source.id}.md").write_text(text, encoding="utf-8")
        sources.append(source)
    return sources


def make_questions(sources: Sequence[Source], count: int, seed: int = SEED) -> list[Question]:
    """Questions about entries drawn from `sources`: most reworded, some with a slip of the keyboard, some a pasted log."""
    chance = random.Random(f"{seed}/questions")
    found: list[Question] = []
    while len(found) < count:
        source = chance.choice(sources)
        dice = chance.random()
        if dice < 0.12 and source.errors:
            found.append(Question(_log(chance, chance.choice(source.errors)), source.id, "log"))
            continue
        text = _reworded(chance, chance.choice((source.question, source.question, *source.aliases)))
        kind = "typo" if dice > 0.75 else "paraphrase"
        if text:
            found.append(Question(misspell(chance, text) if kind == "typo" else text, source.id, kind))
    return found


def _reworded(chance: random.Random, text: str) -> str:
    """`text` with a word or two left out and two neighbours swapped."""
    words = text.rstrip("?").split()
    for _ in range(chance.randint(0, 2)):
        if len(words) > 3:
            del words[chance.randrange(len(words))]
    if len(words) > 2 and chance.random() < 0.6:
        place = chance.randrange(len(words) - 1)
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)[:LONGEST_QUESTION]


def misspell(chance: random.Random, text: str) -> str:
    """`text` with one letter of its longest word left out, doubled, or swapped with the next."""
    words = text.split()
    place = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[place]
    if len(word) > 4:
        at = chance.randrange(1, len(word) - 2)
        words[place] = chance.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )
    return " ".join(words)


def _log(chance: random.Random, error: str) -> str:
    """One or two log lines around an error text."""
    when = f"Tue Nov 24 {chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}.{chance.randrange(10**6):06} 2026"
    client = f"10.0.{chance.randrange(256)}.{chance.randrange(256)}:{chance.randrange(1024, 65536)}"
    lines = [f"[{when}] [ssl:error] [pid {chance.randrange(1000, 99999)}] [client {client}] {error}"]
    if chance.random() < 0.5:
        lines.append(
            f"[{when}] [core:notice] [pid {chance.randrange(1000, 99999)}] AH00094: Command line: '/usr/sbin/apache2'"
        )
    return "\n".join(lines)[:LONGEST_QUESTION]


def sources_of(entries: Iterable[Entry]) -> list[Source]:
    """The entries of any knowledge base as sources of questions."""
    return [Source(entry.id, entry.question, entry.aliases, entry.errors) for entry in entries]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    sources = generate(options.folder, options.entries, options.seed)
    print(f"{len(sources):,} entries in {options.folder}")


if __name__ == "__main__":
    main()

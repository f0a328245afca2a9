"""A generation written from the one before it is the one that would be written from nothing."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from engine_world import FILES, entry_text, write_content

from kb.answer import answer
from kb.generation import Generation, build
from kb.generation_files import ROWS, WORDS, load_words
from kb.impacts import ImpactTable
from kb.rows import Rows, load_rows
from kb.settings import Levels, Settings

EAGER = Settings(levels=Levels(bias=0.0, weights={}, strong_from=0.0))
STEPS = int(os.environ.get("KB_CHANGE_STEPS", "40"))
TOPICS = "pass phrase passphrase set up setup web server webserver zebra quagga firewall SSLEngine mod_ssl -debug handshake".split()
QUESTIONS = ("pass phrase", "setup of a web server", "zebra -firewall", '"pass phrase" OR title:zebra', "sslengin", "the dialog at boot")


class Editor:
    """Changes content at random, in every way that people do."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance, self.n_new = folder, chance, 0

    def change(self) -> str:
        """Change something; what it was."""
        names = ["add", "edit", "edit", "edit", "rename", "delete", "move", "order", "asked", "section", "guide", "vocabulary", "many"]
        name = self.chance.choice(names)
        getattr(self, name)()
        return name

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*.md") if path.parent.name != "guides" and path.parent != self.folder)

    def words(self) -> str:
        return " ".join(self.chance.choices(TOPICS, k=self.chance.randint(2, 7)))

    def text(self, **keys: str) -> str:
        body = f"The {self.words()} here.\n\n- A {self.words()}\n\n```sh\nrun --{self.chance.choice(TOPICS).strip('-')}\n```"
        return entry_text(f"How do I {self.words()}?", body, aliases=f'["{self.words()}"]', **keys)

    def add(self) -> None:
        self.n_new += 1
        section = self.chance.choice(["keys", "protocol", "other", "protocol/browsers"])
        write_content(self.folder, {f"{section}/new-{self.n_new}.md": self.text()})

    def edit(self) -> None:
        self.chance.choice(self.files()).write_text(self.text(), encoding="utf-8")

    def rename(self) -> None:
        self.n_new += 1
        path = self.chance.choice(self.files())
        path.rename(path.with_name(f"renamed-{self.n_new}.md"))

    def delete(self) -> None:
        if len(self.files()) > 3:
            self.chance.choice(self.files()).unlink()

    def move(self) -> None:
        path = self.chance.choice(self.files())
        target = self.folder / self.chance.choice(["keys", "protocol", "elsewhere"]) / path.name
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            path.rename(target)

    def order(self) -> None:
        path = self.chance.choice(self.files())
        path.write_text(self.text(order=str(self.chance.randint(1, 9))), encoding="utf-8")

    def asked(self) -> None:
        path = self.folder / "asked" / f"{self.chance.choice(self.files()).stem}.txt"
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            path.unlink()
        else:
            path.write_text(f"why {self.words()}\nmy {self.words()}\n", encoding="utf-8")

    def section(self) -> None:
        title = f"Protocol {self.words()}"
        self.folder.joinpath("sections.yml").write_text(f"- {{id: protocol, title: '{title}'}}\n- {{id: keys, title: Keys}}\n")

    def guide(self) -> None:
        text = FILES["guides/guide-start.md"].replace("Look at the terminal.", f"Look at the {self.words()}.")
        self.folder.joinpath("guides/guide-start.md").write_text(text, encoding="utf-8")

    def vocabulary(self) -> None:
        self.folder.joinpath("vocabulary.yml").write_text(f"zebra: [quagga, {self.chance.choice(['okapi', 'web server'])}]\n")

    def many(self) -> None:
        for _ in range(6):
            self.edit()


def equal(one: object, other: object, kind: type[Rows] | type[ImpactTable]) -> Iterator[str]:
    """Names of the fields in which two values of a data class differ."""
    for item in fields(kind):
        mine, others = getattr(one, item.name), getattr(other, item.name)
        if not (np.array_equal(mine, others) if isinstance(mine, np.ndarray) else mine == others):
            yield item.name


def assert_same(one: Generation, other: Generation) -> None:
    assert one.content == other.content
    assert list(equal(load_rows(one.folder / ROWS), load_rows(other.folder / ROWS), Rows)) == []
    assert list(equal(one.retriever.table, other.retriever.table, ImpactTable)) == []
    assert list(one.retriever.table.terms) == list(other.retriever.table.terms)
    assert load_words(one.folder / WORDS) == load_words(other.folder / WORDS)
    assert (one.options, one.counts, one.fingerprint) == (other.options, other.counts, other.fingerprint)
    for question in QUESTIONS:
        told, expected = (answer(generation, EAGER, question) for generation in (one, other))
        assert (told.hits, told.snippet, told.correction, told.level, told.why) == (
            expected.hits, expected.snippet, expected.correction, expected.level, expected.why,
        )  # fmt: skip
    assert whoosh_ids(one) == whoosh_ids(other) == one.retriever.ids


def whoosh_ids(generation: Generation) -> list[str]:
    """Ids of the documents, by the numbers they have in Whoosh."""
    reader = generation.retriever.whoosh.reader()
    living = set(reader.all_doc_ids())
    numbers = generation.whoosh_numbers.tolist()
    assert living == set(numbers)
    found = [reader.stored_fields(number)["id"] for number in numbers]
    reader.close()
    return found


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_it_is_what_it_would_be_from_nothing(own_settings: Settings, tmp_path: Path, seed: int) -> None:
    editor = Editor(own_settings.content, random.Random(seed))
    current = build(own_settings).generation
    done = []
    for step in range(STEPS):
        done.append(editor.change())
        in_memory = editor.chance.random() < 0.8  # a server that goes on, or a program that starts anew
        current = build(own_settings, before=current if in_memory else None).generation
        fresh = own_settings.model_copy(update={"data": tmp_path / f"fresh-{step}"})
        assert_same(current, build(fresh).generation)
        assert_same(Generation(current.folder, own_settings.ranking), current)
        shutil.rmtree(fresh.data)
    assert len(set(done)) > 6


def test_only_what_changed_is_written_again(own_settings: Settings) -> None:
    old = build(own_settings).generation
    (own_settings.content / "protocol/hanging.md").write_text(entry_text("Why does the zebra hang?"), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    new = build(own_settings, before=old, progress=lambda done, total: seen.append((done, total))).generation
    assert seen == [(1, 1)]
    shared = [entry for entry in new.content.entries if any(entry is other for other in old.content.entries)]
    assert len(shared) == len(old.content.entries) - 1 and new.n_loaded == 1
    segments = {path.name for path in (new.folder / "whoosh").glob("*.seg")}
    assert segments > {path.name for path in (old.folder / "whoosh").glob("*.seg")} and len(segments) == 2


def test_a_word_that_comes_and_goes_changes_those_who_write_it_apart(own_settings: Settings) -> None:
    """Whether "pass phrase" is also one word depends on whether anybody writes it so."""
    old = build(own_settings).generation
    assert "passphras" not in old.retriever.table.terms
    path = own_settings.content / "keys/new.md"
    path.write_text(entry_text("What is a passphrase?"), encoding="utf-8")
    new = build(own_settings, before=old).generation
    holders = {hit.id for hit in answer(new, EAGER, "passphrase").hits}
    assert {"new", "remove-pass-phrase", "change-pass-phrase"} <= holders
    assert {hit.id for hit in answer(new, EAGER, "title:passphrase").hits} == {"new", "remove-pass-phrase", "change-pass-phrase", "guide-start"}
    path.unlink()
    again = build(own_settings, before=new).generation
    assert "passphras" not in again.retriever.table.terms


def test_another_ranking_analyses_nothing_again(own_settings: Settings, tmp_path: Path) -> None:
    old = build(own_settings).generation
    other = own_settings.model_copy(update={"ranking": own_settings.ranking.model_copy(update={"k1": 2.5})})
    seen: list[tuple[int, int]] = []
    new = build(other, before=old, progress=lambda done, total: seen.append((done, total))).generation
    assert seen == [] and new.retriever.table.impacts.tolist() != old.retriever.table.impacts.tolist()
    assert_same(new, build(other.model_copy(update={"data": tmp_path / "fresh"})).generation)


def test_after_a_forced_build_by_somebody_else_the_next_change_fits(own_settings: Settings, tmp_path: Path) -> None:
    """A forced build puts other files of the same name: what this process has in memory is no basis any more."""
    (own_settings.content / "keys/aaa.md").write_text(entry_text("Which zebra?"), encoding="utf-8")
    first = build(own_settings).generation
    (own_settings.content / "keys/aaa.md").unlink()
    mine = build(own_settings, before=first).generation
    build(own_settings, force=True)
    assert {hit.id for hit in answer(mine, EAGER, '"broken padlock"').hits} == {"old-browser"}
    (own_settings.content / "keys/zzz.md").write_text(entry_text("Which quagga?"), encoding="utf-8")
    new = build(own_settings, before=mine).generation
    assert_same(new, build(own_settings.model_copy(update={"data": tmp_path / "fresh"})).generation)


def test_whoosh_holds_what_the_rows_say(own_settings: Settings) -> None:
    """Two ways to one thing: the postings of the index of record, read back, are those that the table is made from."""
    current = build(own_settings).generation
    (own_settings.content / "protocol/hanging.md").write_text(entry_text("Why does the zebra hang?"), encoding="utf-8")
    current = build(own_settings, before=current).generation
    rows = load_rows(current.folder / ROWS)
    stored = {
        (rows.terms[term], field, document): frequency
        for term, field, document, frequency in zip(
            rows.posting_term().tolist(), rows.posting_field().tolist(), rows.posting_document().tolist(),
            rows.posting_frequency().tolist(), strict=True,
        )
    }  # fmt: skip
    document_of = {number: place for place, number in enumerate(current.whoosh_numbers.tolist())}
    assert stored == dict(postings_in_whoosh(current, document_of))


def postings_in_whoosh(current: Generation, document_of: dict[int, int]) -> Iterator[tuple[tuple[str, int, int], float]]:
    from kb.fields import FIELDS

    reader = current.retriever.whoosh.reader()
    for place, name in enumerate(FIELDS):
        for term in reader.lexicon(name) if name in reader.indexed_field_names() else ():
            matcher = reader.postings(name, term.decode())
            while matcher.is_active():
                if matcher.id() in document_of:
                    yield (term.decode(), place, document_of[matcher.id()]), matcher.weight()
                matcher.next()
    reader.close()

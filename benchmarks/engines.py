"""The engines that are compared, each behind the same three steps: build an index on disk, open it, ask.

Asked, every engine gives its first ten entries and, where it can, a passage of the first with what matched in it. Each
is set up the way its own manual does it for questions in English: words joined by OR, stemmed, the title counting
double. A package is imported only when its engine is used, so that a missing one is no error and no process carries
another's weight.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a script, this finds kb/

LIMIT = 10
TITLE_WEIGHT = 2.0
SNIPPET_WORDS = 40

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave."""

    ids: tuple[str, ...]  # best first
    passage: str  # of the first entry; empty where the engine has none


@dataclass(frozen=True, slots=True)
class Document:
    """An entry as plain text, for the engines that index text."""

    id: str
    title: str
    body: str


Search = Callable[[str], Found]


@dataclass(frozen=True, slots=True)
class Engine:
    """How to build, open and ask one engine."""

    name: str
    note: str
    package: str  # what must be importable
    build: Callable[[Path, Path], None]  # from the file of documents, or the content folder, into an empty folder
    open: Callable[[Path], Search]
    reads_content: bool = False  # builds from the content folder itself, not from the file of documents

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None


def read_documents(path: Path) -> Iterator[Document]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Document(*json.loads(line))


def write_documents(content: Path, path: Path) -> int:
    """Write the entries of a content folder to a file of documents; how many there are."""
    from kb.content import load_content
    from kb.fields import index_documents

    count = 0
    with path.open("w", encoding="utf-8") as file:
        for document in index_documents(load_content(content)):
            if document.kind == "entry":
                body = "\n".join(
                    text for name, texts in document.fields.items() if name != "question" for text in texts
                )
                file.write(json.dumps([document.id, document.title, body], ensure_ascii=False) + "\n")
                count += 1
    return count


def _words(text: str) -> list[str]:
    return [word.lower() for word in dict.fromkeys(_WORD.findall(text))]


# -- this project -------------------------------------------------------------------------------------------------


def _settings(content: Path, data: Path) -> Any:
    from kb.settings import Settings

    return Settings(content=content, data=data)


def _build_ours(content: Path, folder: Path) -> None:
    from kb.generation import build

    (folder / "content.txt").write_text(str(content.resolve()), encoding="utf-8")
    build(_settings(content, folder))


def _open_ours(folder: Path) -> Search:
    from kb.answer import answer
    from kb.knowledge_base import KnowledgeBase

    settings = _settings(Path((folder / "content.txt").read_text(encoding="utf-8")), folder)
    generation = KnowledgeBase(settings).generation()

    def search(text: str) -> Found:
        given = answer(generation, settings, text, limit=LIMIT)
        return Found(tuple(hit.id for hit in given.hits), given.snippet.text if given.snippet else "")

    return search


# -- Whoosh's own search ------------------------------------------------------------------------------------------


def _build_whoosh(source: Path, folder: Path) -> None:
    from whoosh.analysis import StemmingAnalyzer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.index import create_in

    analyzer = StemmingAnalyzer()
    schema = Schema(
        id=ID(stored=True), title=TEXT(analyzer=analyzer, stored=True), body=TEXT(analyzer=analyzer, stored=True)
    )
    writer = create_in(str(folder), schema).writer(limitmb=256)
    for document in read_documents(source):
        writer.add_document(id=document.id, title=document.title, body=document.body)
    writer.commit()


def _open_whoosh(folder: Path) -> Search:
    from whoosh.index import open_dir
    from whoosh.query import Or, Term

    index = open_dir(str(folder), readonly=True)
    searcher = index.searcher()  # BM25F is Whoosh's default
    analyzer = index.schema["body"].analyzer

    def search(text: str) -> Found:
        terms = dict.fromkeys(token.text for token in analyzer(text, mode="query"))
        query = Or(
            [Term(field, term, boost) for term in terms for field, boost in (("title", TITLE_WEIGHT), ("body", 1.0))]
        )
        results = searcher.search(query, limit=LIMIT)
        ids = tuple(hit["id"] for hit in results)
        return Found(ids, results[0].highlights("body", top=1) if ids else "")

    return search


# -- SQLite FTS5 --------------------------------------------------------------------------------------------------


def _build_fts5(source: Path, folder: Path) -> None:
    with sqlite3.connect(folder / "index.sqlite3") as database:
        database.execute(
            "CREATE VIRTUAL TABLE entries USING fts5(id UNINDEXED, title, body, tokenize = 'porter unicode61')"
        )
        database.executemany(
            "INSERT INTO entries VALUES (?, ?, ?)", ((d.id, d.title, d.body) for d in read_documents(source))
        )
        database.execute("INSERT INTO entries(entries) VALUES ('optimize')")
    database.close()


def _open_fts5(folder: Path) -> Search:
    database = sqlite3.connect(f"file:{folder / 'index.sqlite3'}?mode=ro", uri=True)
    best = f"SELECT rowid, id FROM entries WHERE entries MATCH ? ORDER BY bm25(entries, 0, {TITLE_WEIGHT}, 1) LIMIT {LIMIT}"
    passage = f"SELECT snippet(entries, 2, '<mark>', '</mark>', '…', {SNIPPET_WORDS}) FROM entries WHERE entries MATCH ? AND rowid = ?"

    def search(text: str) -> Found:
        query = " OR ".join(f'"{word}"' for word in _words(text))
        rows = database.execute(best, (query,)).fetchall() if query else []
        snippet = database.execute(passage, (query, rows[0][0])).fetchone()[0] if rows else ""
        return Found(tuple(row[1] for row in rows), snippet)

    return search


# -- tantivy ------------------------------------------------------------------------------------------------------


def _build_tantivy(source: Path, folder: Path) -> None:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("title", stored=True, tokenizer_name="en_stem")
    builder.add_text_field("body", stored=True, tokenizer_name="en_stem")
    writer = tantivy.Index(builder.build(), path=str(folder)).writer(heap_size=256_000_000, num_threads=1)
    for document in read_documents(source):
        writer.add_document(tantivy.Document(id=document.id, title=document.title, body=document.body))
    writer.commit()
    writer.wait_merging_threads()


def _open_tantivy(folder: Path) -> Search:
    import tantivy

    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()

    def search(text: str) -> Found:
        query = index.parse_query(" ".join(_words(text)), ["title", "body"], field_boosts={"title": TITLE_WEIGHT})
        documents = [searcher.doc(address) for _, address in searcher.search(query, LIMIT, count=False).hits]
        if not documents:
            return Found((), "")
        snippet = (
            tantivy.SnippetGenerator.create(searcher, query, index.schema, "body")
            .snippet_from_doc(documents[0])
            .to_html()
        )
        return Found(tuple(str(document.get_first("id")) for document in documents), snippet)

    return search


# -- bm25s --------------------------------------------------------------------------------------------------------


def _build_bm25s(source: Path, folder: Path) -> None:
    import bm25s

    documents = list(read_documents(source))
    tokens = bm25s.tokenize([f"{d.title}\n{d.title}\n{d.body}" for d in documents], stopwords="en", show_progress=False)
    retriever = bm25s.BM25()
    retriever.index(tokens, show_progress=False)
    retriever.save(str(folder))
    (folder / "ids.json").write_text(json.dumps([document.id for document in documents]), encoding="utf-8")


def _open_bm25s(folder: Path) -> Search:
    import bm25s

    retriever = bm25s.BM25.load(str(folder), show_progress=False)
    ids = json.loads((folder / "ids.json").read_text(encoding="utf-8"))
    limit = min(LIMIT, len(ids))

    def search(text: str) -> Found:
        tokens = bm25s.tokenize([text], stopwords="en", return_ids=False, show_progress=False)
        if not tokens[0]:
            return Found((), "")
        numbers, scores = retriever.retrieve(tokens, k=limit, show_progress=False)
        return Found(tuple(ids[n] for n, score in zip(numbers[0], scores[0], strict=True) if score > 0), "")

    return search


ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            "ours", "level, passage, reasons; built from Markdown", "kb", _build_ours, _open_ours, reads_content=True
        ),
        Engine("Whoosh", "BM25F, Or of terms, highlights", "whoosh", _build_whoosh, _open_whoosh),
        Engine("SQLite FTS5", "porter, bm25(), snippet()", "sqlite3", _build_fts5, _open_fts5),
        Engine("tantivy", "en_stem, SnippetGenerator", "tantivy", _build_tantivy, _open_tantivy),
        Engine("bm25s", "NumPy; no stemmer, no passage", "bm25s", _build_bm25s, _open_bm25s),
    )
}

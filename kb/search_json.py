"""Ranked hits as JSON: one shape for the command line, batches and the API."""

from __future__ import annotations

from typing import Any

from kb.answer import Answer
from kb.links import Links, PortalLinks
from kb.retrieval import Hit


def search_json(answer: Answer, links: Links | None = None, query_id: Any = None) -> dict[str, Any]:
    """An answer's hits, best first, with its level; addresses are the portal's unless `links` says otherwise."""
    links = links or PortalLinks()
    return {
        "id": query_id,
        "query": answer.question,
        "level": answer.level,
        "took_ms": round(answer.took_ms, 3),
        "corrected": answer.corrected,
        "hits": [hit_json(hit, links) for hit in answer.hits],
    }


def hit_json(hit: Hit, links: Links) -> dict[str, Any]:
    return {
        "id": hit.id,
        "kind": hit.kind,
        "title": hit.title,
        "section": hit.section,
        "score": round(hit.score, 4),
        "matched": list(hit.matched),
        "url": links.guide(hit.id) if hit.kind == "guide" else links.entry(hit.id),
    }

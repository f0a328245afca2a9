"""One page of a longer list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Column, ColumnElement, and_, true

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and where they stand in it."""

    items: tuple[T, ...]
    total: int  # items on all pages
    number: int  # of this page, from 1
    size: int  # most items of a page

    @property
    def pages(self) -> int:
        """Number of pages, at least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Place of the first item in the whole list, from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Place of the last item in the whole list, from 1; 0 when there is none."""
        return self.first + len(self.items) - 1 if self.items else 0


def page_in_range(number: int, total: int, size: int) -> int:
    """The nearest page that exists."""
    return min(max(1, number), max(1, -(-total // size)))


def in_period(column: Column[str], since: str, until: str) -> ColumnElement[bool]:
    """Whether a time is at or after `since` and before `until`; an empty bound is none.

    Bounds are times as stored or days such as 2026-11-24.
    """
    bounds: list[ColumnElement[bool]] = [true()]
    if since:
        bounds.append(column >= since)
    if until:
        bounds.append(column < until)
    return and_(*bounds)


def holds_words(column: Column[str], words: str) -> ColumnElement[bool]:
    """Whether a folded text holds every one of the words, in any case and anywhere."""
    return and_(true(), *(column.contains(word, autoescape=True) for word in words.casefold().split()))

"""Rows that hold between dates: the rows of one key must follow each other, without gap and without overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A row of a file with its dates (None: open)."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def line(self) -> int: ...


T = TypeVar("T", bound=Dated)


def begins(row: Dated) -> date:
    """The first day on which a row holds."""
    return row.valid_from or date.min


def ends(row: Dated) -> date:
    """The first day on which it no longer holds."""
    return row.valid_to or date.max


def groups(rows: Sequence[T], key: Callable[[T], object]) -> Iterator[list[T]]:
    """The rows of each key, by their first day."""
    found: dict[object, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    for same in found.values():
        yield sorted(same, key=lambda row: (begins(row), row.line))


def overlaps(rows: Sequence[T]) -> Iterator[tuple[T, T, date]]:
    """Each row that begins while an earlier one holds, after the one of those that holds longest, and its first day."""
    ordered = sorted(rows, key=lambda row: (begins(row), row.line))
    longest = ordered[0] if ordered else None
    for row in ordered[1:]:
        assert longest is not None
        if begins(row) < ends(longest):
            yield longest, row, begins(row)
        longest = max(longest, row, key=ends)


def gaps(rows: Sequence[T]) -> Iterator[tuple[T, T, date]]:
    """Two rows that follow each other with days between them, and the first such day. `rows`: of one key."""
    for first, second in pairwise(sorted(rows, key=begins)):
        if ends(first) < begins(second):
            yield first, second, ends(first)


def uncovered(inner: Dated, outer: Sequence[Dated]) -> date | None:
    """The first day on which `inner` holds and none of `outer` does, or None."""
    day = begins(inner)
    for row in sorted(outer, key=begins):
        if begins(row) > day:
            break
        day = max(day, ends(row))
    return day if day < ends(inner) else None

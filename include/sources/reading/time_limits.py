"""How long the reading of one file may take: less than its format allows while other files wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from include.errors import InputError

_allowed: Final = ContextVar("seconds of computing for one file", default=float("inf"))


class OutOfTime(InputError):
    """A file the reading of which takes more time than it was given."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Files that are read inside have at most so many seconds of computing each."""
    before = _allowed.set(min(seconds, _allowed.get()))
    try:
        yield
    finally:
        _allowed.reset(before)


def seconds_allowed(most: int) -> int:
    """Whole seconds that a reader may compute which by itself may `most`."""
    return max(1, int(min(most, _allowed.get())))

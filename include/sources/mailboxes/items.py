"""What lies in a mailbox, whatever its protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self


@dataclass(frozen=True)
class Item:
    """One mail in a mailbox. `folder` and `uid` are its place (`mail_seen`); `internal_at`: when the mailbox says that it came."""

    folder: str
    uid: str
    size: int
    internal_at: datetime | None


@dataclass(frozen=True)
class Fetched:
    """A mail and its bytes; of one that is larger than what is read, the headers only (`is_whole` false)."""

    item: Item
    content: bytes
    is_whole: bool = True


class Mailbox(Protocol):
    """A mailbox that is open. Every call raises SourceError when the server fails or says no."""

    @property
    def folder(self) -> str:
        """The name under which what was seen is remembered: with UIDVALIDITY, where there is one."""

    def waiting(self, seen: Collection[str], most: int) -> list[Item]:
        """What was not seen yet, the oldest first, at most so many."""

    def left_over(self, seen: Collection[str]) -> list[str]:
        """What was taken and lies in the folder still, where it should not: after `waiting`."""

    def fetch(self, items: list[Item]) -> Iterator[Fetched]:
        """The mails themselves. One that is gone meanwhile is left out."""

    def put_away(self, uids: list[str], *, is_answer: bool) -> None:
        """Moves or marks what was taken."""

    def __enter__(self) -> Self:
        """Connects and logs in."""

    def __exit__(self, *_: object) -> None:
        """Says goodbye."""

"""A mailbox over POP3: everything stays on the server; what was taken is known by UIDL."""

from __future__ import annotations

import poplib
import ssl
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, Final, Self, TypeVar

from include.errors import SourceError
from include.sources.mailboxes.items import Fetched, Item
from include.sources.mailboxes.settings import MailboxSettings

_LONGEST_LINE: Final = 1 << 20  # bytes: mails of old programs have lines that no standard allows
_HEAD_LINES: Final = 0
T = TypeVar("T")


class _Bounded(poplib.POP3):
    """A POP3 connection that takes no more than there is room for, and no longer than it may."""

    room: int = 1 << 20
    give_up_at: float = float("inf")
    file: Any

    def _getline(self) -> tuple[bytes, int]:
        line: bytes = self.file.readline(_LONGEST_LINE + 1)
        self.room -= len(line)
        if self.room < 0 or len(line) > _LONGEST_LINE or time.monotonic() > self.give_up_at:
            raise poplib.error_proto("the server's reply is larger, or takes longer, than a mailbox's can")
        if not line:
            raise poplib.error_proto("-ERR EOF")
        return line.rstrip(b"\r\n"), len(line)


class _BoundedSSL(_Bounded, poplib.POP3_SSL):
    """The same over TLS from the first byte."""


class PopMailbox:
    """An open POP3 mailbox. Use as a context manager, in one thread."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._server: _Bounded | None = None
        self._places: dict[str, int] = {}  # numbers of this session by UIDL

    def __enter__(self) -> Self:
        self._server = self._asked(self._connect, 1 << 20)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(OSError, poplib.error_proto):
                self._server.quit()
            self._server = None

    @property
    def folder(self) -> str:
        """POP3 has one folder."""
        return "POP3"

    def waiting(self, seen: Collection[str], most: int) -> list[Item]:
        """What was not seen yet, in the server's order. Raises SourceError."""
        server = self._open
        names = self._asked(lambda: server.uidl()[1], 64 << 20)
        sizes = self._asked(lambda: server.list()[1], 64 << 20)
        by_number = {int(number): int(size) for number, size in (line.split()[:2] for line in sizes)}
        items = []
        for number, uid in (line.decode("ascii", "replace").split(" ", 1) for line in names):
            self._places[uid[:128]] = int(number)
            if uid[:128] not in seen:
                items.append(Item(self.folder, uid[:128], by_number.get(int(number), 0), None))
        return items[:most]

    def left_over(self, seen: Collection[str]) -> list[str]:
        """Nothing: everything stays."""
        return []

    def fetch(self, items: list[Item]) -> Iterator[Fetched]:
        """The mails, one by one; of one that is too large the headers."""
        server, largest = self._open, self._settings.largest_mail
        for item in items:
            number, is_whole = self._places[item.uid], item.size <= largest
            room = max(item.size, 1 << 16) + (1 << 20)

            def ask(number: int = number, is_whole: bool = is_whole) -> list[bytes]:
                lines: list[bytes] = (server.retr(number) if is_whole else server.top(number, _HEAD_LINES))[1]
                return lines

            yield Fetched(item, b"\r\n".join(self._asked(ask, room)) + b"\r\n", is_whole)

    def put_away(self, uids: list[str], *, is_answer: bool) -> None:
        """Nothing: it stays where it lies."""

    @property
    def _open(self) -> _Bounded:
        if self._server is None:
            raise SourceError("the mailbox is not open", where=f"source {self._settings.name}")
        return self._server

    def _connect(self) -> _Bounded:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        server: _Bounded
        if settings.security == "ssl":
            server = _BoundedSSL(
                settings.host, settings.port, timeout=settings.timeout_seconds, context=context
            )
        else:
            server = _Bounded(settings.host, settings.port, timeout=settings.timeout_seconds)
        try:
            server.give_up_at = time.monotonic() + 2 * settings.round_seconds
            if settings.security == "starttls":
                server.stls(context)
            server.user(settings.user)
            server.pass_(settings.password)
        except BaseException:
            with suppress(OSError):
                server.close()
            raise
        return server

    def _asked(self, ask: Callable[[], T], room: int) -> T:
        if self._server is not None:
            self._server.room = room
        try:
            return ask()
        except (OSError, poplib.error_proto, ValueError) as error:
            raise SourceError(
                "the mailbox cannot be read",
                where=f"source {self._settings.name}, {self._settings.label}",
                got=f"{type(error).__name__}: {error}"[:300],
                todo="check host, port, certificate, user and password; nothing is lost, the next round tries again",
            ) from error

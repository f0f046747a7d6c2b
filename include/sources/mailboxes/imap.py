"""A mailbox over IMAP: checked TLS, the ID command that 163 and 126 ask for, UIDVALIDITY, bounded replies, move or mark."""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar

from include.errors import SourceError
from include.sources.mailboxes.items import Fetched, Item
from include.sources.mailboxes.settings import MailboxSettings

_REPLY_BYTES: Final = 64 << 20  # of everything that one command may bring
_BATCH_MAILS: Final = 50
_BATCH_BYTES: Final = 8 << 20
_HEAD_BYTES: Final = 64 << 10  # of a mail that is too large to be read
_UIDS_AT_ONCE: Final = 200
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_UID: Final = re.compile(rb"UID (\d+)")
_DATE: Final = re.compile(rb'INTERNALDATE "([^"]{20,40})"')
_WHO: Final = '("name" "qianliyan" "version" "1" "vendor" "supervision")'
_MARK: Final = "$QianliyanRead"
T = TypeVar("T")


class _Bounded(imaplib.IMAP4):
    """An IMAP connection that takes no more of one reply than there is room for, and no longer than it may."""

    room: int = _REPLY_BYTES
    give_up_at: float = float("inf")
    file: Any

    def read(self, size: int) -> bytes:
        """Read 'size' bytes from remote, if they fit."""
        self._count(size)
        parts: list[bytes] = []
        while size:
            part = self.file.read(min(size, 1 << 16))
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self._count(0)
        return b"".join(parts)

    def readline(self) -> bytes:
        """Read line from remote."""
        line: bytes = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise self.abort("the server's reply is larger than a mailbox's can be")
        if time.monotonic() > self.give_up_at:
            raise self.abort("the server takes longer than a round may")


class _BoundedSSL(_Bounded, imaplib.IMAP4_SSL):
    """The same over TLS from the first byte."""


class ImapMailbox:
    """An open IMAP mailbox. Use as a context manager, in one thread."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._server: _Bounded | None = None
        self._folder = ""
        self._lying: list[str] = []
        self._can: set[str] = set()  # after the login: some say less before
        self._made: set[str] = set()

    def __enter__(self) -> Self:
        self._server = self._asked("connect", self._connect)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._server.logout()
            self._server = None

    @property
    def folder(self) -> str:
        """The folder and its UIDVALIDITY."""
        return self._folder

    def waiting(self, seen: Collection[str], most: int) -> list[Item]:
        """What was not seen yet, the oldest first. After a change of UIDVALIDITY everything is looked at again: the content tells
        what was taken."""
        last = max((int(uid) for uid in seen), default=0)
        first = 1 if self._settings.after == "move" else last + 1
        told = self._uid("SEARCH", f"UID {first}:*")
        # A server answers n:* beyond its end with the last mail again.
        numbers = sorted({int(number) for line in told if line for number in line.split()})
        self._lying = [f"{number:010d}" for number in numbers]
        fresh = [number for number in numbers if number >= first and f"{number:010d}" not in seen][:most]
        items: list[Item] = []
        for start in range(0, len(fresh), _UIDS_AT_ONCE):
            items += self._described(fresh[start : start + _UIDS_AT_ONCE])
        return sorted(items, key=lambda item: item.uid)

    def left_over(self, seen: Collection[str]) -> list[str]:
        """What was taken and lies here still, after `waiting`: a crash came before it was moved."""
        return [uid for uid in self._lying if uid in seen] if self._settings.after == "move" else []

    def fetch(self, items: list[Item]) -> Iterator[Fetched]:
        """The mails, several small ones at once; what is too large as its headers."""
        by_uid = {item.uid: item for item in items}
        batch: list[Item] = []
        for item in items:
            if item.size > self._settings.largest_mail:
                yield from self._fetched([item], by_uid, f"BODY.PEEK[]<0.{_HEAD_BYTES}>", is_whole=False)
                continue
            if batch and (
                len(batch) == _BATCH_MAILS or sum(each.size for each in batch) + item.size > _BATCH_BYTES
            ):
                yield from self._fetched(batch, by_uid, "BODY.PEEK[]")
                batch = []
            batch.append(item)
        if batch:
            yield from self._fetched(batch, by_uid, "BODY.PEEK[]")

    def put_away(self, uids: list[str], *, is_answer: bool) -> None:
        """Moves mails to the folder of answers or of everything else, or marks them; a server without MOVE copies first."""
        settings = self._settings
        for start in range(0, len(uids), _UIDS_AT_ONCE):
            some = ",".join(str(int(uid)) for uid in uids[start : start + _UIDS_AT_ONCE])
            if settings.after == "flag":
                self._mark(some)
                continue
            target = self._made_folder(settings.done_folder if is_answer else settings.other_folder)
            if "MOVE" in self._can:
                self._uid("MOVE", some, target)
            elif "UIDPLUS" in self._can:
                self._uid("COPY", some, target)
                self._uid("STORE", some, "+FLAGS.SILENT", r"(\Deleted)")
                self._uid("EXPUNGE", some)
            else:  # an EXPUNGE would take what others have marked
                self._mark(some)

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
                settings.host, settings.port, ssl_context=context, timeout=settings.timeout_seconds
            )
        else:
            server = _Bounded(settings.host, settings.port, timeout=settings.timeout_seconds)
        try:
            server.give_up_at = time.monotonic() + 2 * settings.round_seconds
            if settings.security == "starttls":
                server.starttls(context)
            _login(server, settings)
            self._select(server)
        except BaseException:
            with suppress(OSError, imaplib.IMAP4.error):
                server.shutdown()
            raise
        return server

    def _select(self, server: _Bounded) -> None:
        with suppress(imaplib.IMAP4.error):  # who knows no ID needs none
            server.xatom("ID", _WHO)
        can = server.capability()[1]
        self._can = {
            word
            for line in can
            if isinstance(line, bytes)
            for word in line.decode("ascii", "replace").upper().split()
        }
        kind, told = server.select(quoted(self._settings.folder))
        if kind != "OK":
            raise server.error(f"SELECT {self._settings.folder}: {_said(told)}")
        validity = server.response("UIDVALIDITY")[1]
        number = (
            validity[0].decode("ascii", "replace") if validity and isinstance(validity[0], bytes) else "0"
        )
        self._folder = f"{self._settings.folder}/{number}"

    def _described(self, numbers: list[int]) -> list[Item]:
        some = ",".join(map(str, numbers))
        told = self._uid("FETCH", some, "(RFC822.SIZE INTERNALDATE)")
        found = {}
        for line in told:
            text = line[0] if isinstance(line, tuple) else line
            uid, size = (pattern.search(text or b"") for pattern in (_UID, _SIZE))
            if uid and size:
                date = _DATE.search(text)
                number = int(uid[1])
                found[number] = Item(
                    self._folder, f"{number:010d}", int(size[1]), _internal(date[1]) if date else None
                )
        return [found[number] for number in numbers if number in found]

    def _fetched(
        self, items: list[Item], by_uid: dict[str, Item], what: str, *, is_whole: bool = True
    ) -> Iterator[Fetched]:
        some = ",".join(str(int(item.uid)) for item in items)
        told = self._uid("FETCH", some, f"({what})")
        for place, line in enumerate(told):
            if not isinstance(line, tuple):
                continue
            after = told[place + 1] if place + 1 < len(told) else b""
            uid = _UID.search(line[0]) or (_UID.search(after) if isinstance(after, bytes) else None)
            item = by_uid.get(f"{int(uid[1]):010d}") if uid else None
            if item is not None:
                yield Fetched(item, line[1] if is_whole else _head(line[1]), is_whole)

    def _mark(self, some: str) -> None:
        told = self._asked(
            "mark", lambda: self._open.uid("STORE", some, "+FLAGS.SILENT", rf"(\Seen {_MARK})")
        )
        if told[0] != "OK":  # a server that takes no words of ours
            self._uid("STORE", some, "+FLAGS.SILENT", r"(\Seen)")

    def _made_folder(self, name: str) -> str:
        coded = quoted(name)
        if name not in self._made:
            self._asked("create", lambda: self._open.create(coded))  # it says no where it is there
            self._made.add(name)
        return coded

    def _uid(self, *words: str) -> list[Any]:
        kind, told = self._asked(words[0], lambda: self._open.uid(*words))
        if kind != "OK":
            raise self._failed(words[0], _said(told))
        return told

    def _asked(self, what: str, ask: Callable[[], T]) -> T:
        if self._server is not None:
            self._server.room = _REPLY_BYTES
        try:
            return ask()
        except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
            raise self._failed(what, f"{type(error).__name__}: {error}") from error

    def _failed(self, what: str, got: str) -> SourceError:
        return SourceError(
            f"the mailbox cannot be read ({what})",
            where=f"source {self._settings.name}, {self._settings.label}",
            got=got[:300],
            todo="check host, port, certificate, user and password (of 163 and QQ: the authorisation code); nothing is lost, the next round tries again",
        )


def _head(content: bytes) -> bytes:
    """The headers: half a mail may hold a whole form, and half a form may look like one."""
    return content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def _login(server: _Bounded, settings: MailboxSettings) -> None:
    """Some servers want to know who asks before they let anybody in, some only after."""
    with suppress(imaplib.IMAP4.error):
        server.xatom("ID", _WHO)
    kind, told = server.login(settings.user, settings.password)
    if kind != "OK":
        raise server.error(f"LOGIN: {_said(told)}")


def quoted(folder: str) -> str:
    """The name of a folder as IMAP writes it: modified UTF-7, in quotes.

    >>> quoted("已处理")
    '"&XfJZBHQG-"'
    """
    parts: list[str] = []
    wide = ""
    for letter in f"{folder}\x00":
        if 32 <= ord(letter) < 127 or letter == "\x00":
            if wide:
                parts.append(
                    f"&{base64.b64encode(wide.encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"
                )
                wide = ""
            parts.append("&-" if letter == "&" else letter.strip("\x00"))
        else:
            wide += letter
    return '"' + "".join(parts) + '"'


def _internal(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _said(told: list[Any]) -> str:
    return b" ".join(part for part in told if isinstance(part, bytes)).decode("utf-8", "replace")[:200]

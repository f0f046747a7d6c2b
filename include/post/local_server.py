"""The local mailbox: a mail server on this machine that keeps what it receives in a folder, where a person can open it.

FOLDER/new, cur, tmp      a Maildir, one file a mail as it came, with who it was for in the first line
FOLDER/letters            the same mails as `2020-03-12_某市_关于….eml`, to open with any mail program
"""

import asyncio
import itertools
import logging
import os
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from include.errors import InputError
from include.periods import office_date
from include.post.message import ADDRESSEE_HEADER, LETTER_HEADER
from include.post.server import is_loopback

_log = logging.getLogger(__name__)

_RECEIVED_FOR: Final = "X-RcptTo"
_LETTERS: Final = "letters"
_UNSAFE: Final = re.compile(r"[^\w（）〔〕《》、，。-]+")
_LONGEST_NAME: Final = 80  # characters: 240 bytes in Chinese, under the 255 of most file systems
_LARGEST_MAIL_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class LocalMailbox:
    """A running local mailbox."""

    host: str
    port: int
    folder: Path


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as the mailbox holds it. `recipients`: of its envelope; `letter_key`: empty for mail of others."""

    path: Path
    message_id: str
    recipients: tuple[str, ...]
    sender: str
    subject: str
    letter_key: str
    sent_at: datetime | None

    def content(self) -> bytes:
        """The bytes as the client handed them over."""
        return self.path.read_bytes().partition(b"\r\n")[2]


class MaildirHandler:
    """Keeps every mail durably before it answers 250."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("tmp", "new", "cur", _LETTERS):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with the whole mail."""
        try:
            self.keep(bytes(envelope.original_content or b""), envelope.rcpt_tos)
        except OSError as error:
            _log.error("a mail could not be kept: %s", error)
            return "452 4.3.1 no room in the local mailbox"
        return "250 2.0.0 OK: kept in the local mailbox"

    def keep(self, content: bytes, recipients: list[str]) -> Path:
        """Stores one mail for the given envelope recipients."""
        name = f"{uuid4().hex}.qianliyan"
        draft, path = self._folder / "tmp" / name, self._folder / "new" / name
        with draft.open("wb") as file:
            file.write(f"{_RECEIVED_FOR}: {', '.join(recipients)}\r\n".encode() + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        try:
            _offer(self._folder / _LETTERS, content)
        except OSError as error:  # it is kept all the same
            _log.warning("no readable copy of %s: %s", path, error)
        return path


@contextmanager
def local_mailbox(folder: Path, port: int = 0) -> Iterator[LocalMailbox]:
    """A mailbox in a thread of this process; port 0 takes any free one. Raises InputError when the port is taken."""
    listening = listen("127.0.0.1", port)
    host, actual_port = listening.getsockname()[:2]
    controller = LoopbackController(MaildirHandler(folder), listening, data_size_limit=_LARGEST_MAIL_BYTES)
    controller.start()
    try:
        yield LocalMailbox(host, actual_port, folder)
    finally:
        controller.stop()


def serve(host: str, port: int, folder: Path) -> None:
    """Runs the mailbox until SIGTERM or Ctrl-C; prints one line when it listens. Raises InputError when the port is taken
    or `host` is not this machine."""
    if not is_loopback(host):
        raise InputError(
            "the mailbox takes mail of this machine only", where="mailbox", got=host, expected="127.0.0.1"
        )
    asyncio.run(_serve(listen(host, port), MaildirHandler(folder), folder))


def received(folder: Path) -> list[ReceivedMail]:
    """Every mail of the mailbox, oldest first (by its Date, then by name). Empty when there is no such folder."""
    mails = [_read(path, head) for path, head in _heads(folder)]
    return sorted(mails, key=lambda mail: (mail.sent_at.timestamp() if mail.sent_at else 0.0, mail.path.name))


def copies(folder: Path) -> Counter[tuple[str, str]]:
    """How often each Message-ID arrived for each recipient."""
    return Counter(
        (_message_id(head), recipient) for _, head in _heads(folder) for recipient in _recipients(head)
    )


class LoopbackController(Controller):
    """Serves a bound socket from a thread; aiosmtpd's own controller cannot take a free port of the system's choice."""

    def __init__(self, handler: Any, listening: socket.socket, **options: Any) -> None:
        host, port = listening.getsockname()[:2]
        super().__init__(handler, hostname=host, port=port, **options)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 is any free one. Raises InputError when the port is taken."""
    # With the protocol named asyncio turns Nagle off; without it each greeting costs 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise InputError(
            "the port of the local mailbox is taken",
            where=f"{host}:{port}",
            got=error.strerror,
            todo="stop the other program, or choose another port",
        ) from error
    return listening


async def _serve(listening: socket.socket, handler: MaildirHandler, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, enable_SMTPUTF8=True, data_size_limit=_LARGEST_MAIL_BYTES),
        sock=listening,
    )
    host, port = listening.getsockname()[:2]
    print(f"local mailbox: {host}:{port}, letters in {folder / _LETTERS}", flush=True)
    await stop.wait()
    server.close()


def _heads(folder: Path) -> Iterator[tuple[Path, Message]]:
    parser = BytesHeaderParser()
    for path in [*folder.glob("new/*"), *folder.glob("cur/*")]:
        with path.open("rb") as file:
            yield path, parser.parse(file)


def _read(path: Path, head: Message) -> ReceivedMail:
    return ReceivedMail(
        path,
        _message_id(head),
        _recipients(head),
        _text(head, "From"),
        _text(head, "Subject"),
        _text(head, LETTER_HEADER),
        _sent_at(head),
    )


def _message_id(head: Message) -> str:
    return str(head.get("Message-ID", "")).strip()


def _recipients(head: Message) -> tuple[str, ...]:
    return tuple(each.strip() for each in str(head.get(_RECEIVED_FOR, "")).split(",") if each.strip())


def _text(head: Message, name: str) -> str:
    """A header as a person reads it; one that cannot be decoded, as it came."""
    raw = str(head.get(name, ""))
    try:
        return str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        return raw


def _sent_at(head: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(head["Date"]))
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _offer(folder: Path, content: bytes) -> None:
    """The same mail under a name that a person can read."""
    head = BytesHeaderParser().parsebytes(content)
    moment = _sent_at(head)
    words = [
        str(office_date(moment)) if moment else "undated",
        _text(head, ADDRESSEE_HEADER),
        _text(head, "Subject"),
    ]
    name = "_".join(_UNSAFE.sub("_", word).strip("_") for word in words if word)[:_LONGEST_NAME]
    for place in itertools.count(1):
        try:
            with (folder / (f"{name}.eml" if place == 1 else f"{name}_{place}.eml")).open("xb") as file:
                file.write(content)
            return
        except FileExistsError:
            continue

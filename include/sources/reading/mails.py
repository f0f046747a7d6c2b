"""What mails say: each is read by a process of its own with limits (`mail_child.py`), which is kept for the next one."""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter

from include.answer_form.layout import FORM_SHEET, GUIDE_SHEET, SUSPECT_SHEET
from include.errors import InputError
from include.language import say
from include.replies.senders import Authenticity
from include.replies.verdict import Verdict
from include.sources.reading.children import program
from include.sources.reading.mail_child import MOST_SECONDS
from include.sources.reading.workbooks import SheetRow

SHEETS: Final = (FORM_SHEET, GUIDE_SHEET, SUSPECT_SHEET)
_VERDICT: Final = TypeAdapter(Verdict)
_ROOT: Final = Path(__file__).resolve().parents[3]
_PATIENCE: Final = 3  # times the seconds of computing: the machine may be busy
_BLOCK: Final = 1 << 16
_LONGEST_LINE: Final = 120 << 20  # bytes: the largest file of a mail in base64


@dataclass(frozen=True)
class AttachedForm:
    """One answer form of a mail: the rows of its sheets, or why they cannot be read."""

    name: str
    sha256: str
    sheets: Mapping[str, list[SheetRow]]
    error: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadMail:
    """One mail as the office sees it. `addressed`: addresses in To and Cc; `received_at` is None where no clock of ours
    told it; `files`: name, size, what, is_enclosed."""

    verdict: Verdict
    message_id: str
    subject: str
    sender: str
    sender_text: str
    addressed: tuple[str, ...]
    sent_at: datetime | None
    received_at: datetime | None
    clock: str
    authenticity: Authenticity
    text: str
    inner_text: str
    files: tuple[Mapping[str, Any], ...]
    forms: tuple[AttachedForm, ...]
    content_key: str


@dataclass(frozen=True)
class OwnServer:
    """What the office's mail server is called: in `Received` and in `Authentication-Results`; empty: it says nothing there."""

    received_host: str = ""
    authserv_id: str = ""


class MailReader:
    """Reads mails one after the other. Use as a context manager, in one thread."""

    def __init__(self, seconds: int = MOST_SECONDS) -> None:
        self._seconds = seconds
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(
        self, content: bytes, internal_at: datetime | None, server: OwnServer, now: datetime
    ) -> ReadMail:
        """What a mail says. Raises InputError when it cannot be read within the limits, not even without its forms."""
        request = {
            "internal_at": internal_at.isoformat() if internal_at else None,
            "now": now.isoformat(),
            "received_host": server.received_host,
            "authserv_id": server.authserv_id,
            "sheets": {told: name for name in SHEETS for told in (name, say(name))},
        }
        try:
            return _read_mail(self._asked(content, request))
        except (
            InputError
        ):  # a workbook that asks for more than there is must not take the rest of its mail along
            return _read_mail(self._asked(content, {**request, "with_forms": False}))

    def file(self, content: bytes, place: int) -> tuple[str, bytes]:
        """Name and content of one file of a mail. Raises InputError."""
        told = self._asked(content, {"place": place})
        if "missing" in told:
            raise InputError("the mail has no such file", where="mail", got=place)
        return str(told["name"]), base64.b64decode(told["content"])

    def _asked(self, content: bytes, request: Mapping[str, Any]) -> dict[str, Any]:
        process = (
            self._process if self._process is not None and self._process.poll() is None else self._begin()
        )
        line = json.dumps({**request, "size": len(content), "seconds": self._seconds}).encode() + b"\n"
        try:
            answer = self._exchanged(process, line + content)
        except (OSError, EOFError) as error:
            self._end()
            raise InputError(
                "the mail cannot be read within its limits",
                where="mail",
                got=f"{type(error).__name__}: {error}",
                expected=f"at most {self._seconds} s of computing",
                todo="open the mail as it came",
            ) from error
        told: dict[str, Any] = json.loads(answer)
        if "error" in told:
            raise InputError(
                "the mail cannot be read", where="mail", got=told["error"], todo="open the mail as it came"
            )
        return told

    def _exchanged(self, process: Popen[bytes], message: bytes) -> bytes:
        """Writes the request and reads the answer side by side, so that neither pipe can fill. Raises OSError, EOFError."""
        if process.stdin is None or process.stdout is None:
            raise EOFError("no pipes")
        give_up_at = time.monotonic() + _PATIENCE * self._seconds
        left, begun = memoryview(message), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                ready = selector.select(max(0.0, give_up_at - time.monotonic()))
                if not ready:
                    raise TimeoutError("no answer")
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        left = left[os.write(process.stdin.fileno(), left[:_BLOCK]) :]
                        if not left:
                            selector.unregister(process.stdin)
                        continue
                    block = os.read(process.stdout.fileno(), _BLOCK)
                    begun += block
                    if block.endswith(b"\n"):
                        return bytes(begun)
                    if not block or len(begun) > _LONGEST_LINE:
                        raise EOFError("the reader ended")

    def _begin(self) -> Popen[bytes]:
        self._end()
        process = Popen(  # noqa: S603
            [sys.executable, "-c", program("mail_child")],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2", "OPENPYXL_LXML": "False"},
        )
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
        self._process = process
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not flushed into a pipe that nobody reads
                    continue


def _read_mail(told: Mapping[str, Any]) -> ReadMail:
    return ReadMail(
        _VERDICT.validate_python(told["verdict"]),
        told["message_id"],
        told["subject"],
        told["sender"],
        told["sender_text"],
        tuple(told["addressed"]),
        _moment(told["sent_at"]),
        _moment(told["received_at"]),
        told["clock"],
        told["authenticity"],
        told["text"],
        told["inner_text"],
        tuple(told["files"]),
        tuple(_form(form) for form in told["forms"]),
        told["content_key"],
    )


def _form(told: Mapping[str, Any]) -> AttachedForm:
    sheets = {name: [SheetRow(*row) for row in rows] for name, rows in told["sheets"].items()}
    return AttachedForm(told["name"], told["sha256"], sheets, told.get("error", {}))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

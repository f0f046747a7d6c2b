"""smtplib with bounds: a reply is believed only when it is one, and never costs more than its bytes, lines and time.

A reply is 1 to MOST_LINES lines of at most LONGEST_LINE bytes, each with the same code of three ASCII digits (2 to 5 first)
and, on all but the last line, a hyphen after it (RFC 5321, 4.2). Anything else is no reply: its code is NOT_SMTP.
"""

import re
import select
import smtplib
import ssl
import time
from typing import Any, Final

from include.language import say

NOT_SMTP: Final = -1
MOST_LINES: Final = 128
LONGEST_LINE: Final = 8192  # bytes, as smtplib bounds them; the standard has 512
MOST_BYTES: Final = 64 * 1024  # of one reply
_PIECE: Final = 4096
_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_SIZE: Final = re.compile(r"[0-9]{1,20}")


def size_limit(announced: str | None) -> int | None:
    """The largest mail in bytes that a server announces with SIZE (RFC 1870); None where it states none: no value, 0, or
    anything but ASCII digits (`unlimited`, `10MB`, `-5`), which are no number of bytes and bound nothing."""
    found = _SIZE.fullmatch((announced or "").strip())
    return int(found[0]) or None if found else None


class Bounded(smtplib.SMTP):
    """One connection. `give_up_at`: when no further byte is waited for, on the monotonic clock."""

    give_up_at = 0.0
    step_seconds = 30.0  # the longest wait for one byte
    slowest_seconds = 0.0  # the slowest reply of this connection so far

    def __init__(self, *arguments: Any, give_up_at: float, **options: Any) -> None:
        self._unread = bytearray()
        self.give_up_at = give_up_at
        self.step_seconds = float(options["timeout"])
        super().__init__(*arguments, **options)

    def getreply(self) -> tuple[int, bytes]:
        """The code and the words of one reply; NOT_SMTP for what is none. Raises SMTPServerDisconnected when the connection
        ends or falls silent, and when the reply does not end within its bounds."""
        started = time.monotonic()
        lines: list[bytes] = []
        told: list[bytes] = []
        codes: set[bytes] = set()
        taken = 0
        while True:
            line = self._line(MOST_BYTES - taken)
            taken += len(line)
            found = _LINE.fullmatch(line.rstrip(b"\r\n"))
            if found is None:
                return NOT_SMTP, b"\n".join([*told, line.strip()])
            codes.add(found[1])
            lines.append((found[3] or b"").strip())
            told.append(line.strip())
            if found[2] != b"-":
                break
            if len(lines) >= MOST_LINES:
                self._end(say("邮件服务器的一个答复超过{most_lines}行", most_lines=MOST_LINES))
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
        if len(codes) > 1:
            return NOT_SMTP, b"\n".join(told)
        return int(codes.pop()), b"\n".join(lines)

    def has_spoken(self, wait_seconds: float = 0.0) -> bool:
        """Whether there is something of the server that nobody has asked for; waits that long for it."""
        if self._unread:
            return True
        if self.sock is None:
            return False
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        readable, _, _ = select.select([self.sock], [], [], wait_seconds)
        return bool(readable) and self._has_data()

    def starttls(self, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        """As smtplib's; what came unencrypted after the server's consent is not read as if it were encrypted."""
        answer = super().starttls(*arguments, **options)
        if self._unread:
            self._end(say("加密之前的多余答复"))
        return answer

    def _has_data(self) -> bool:
        """Reads what there is. An end of the connection is no word of the server: the next command finds it."""
        assert self.sock is not None
        self.sock.settimeout(0.0)
        try:
            piece = self.sock.recv(_PIECE)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return False
        finally:
            self.sock.settimeout(self.step_seconds)
        self._unread += piece
        return bool(piece)

    def _line(self, most_bytes: int) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > min(LONGEST_LINE, most_bytes):
                self._end(say("邮件服务器的答复过长"))
            self._unread += self._piece()
        if end >= min(LONGEST_LINE, most_bytes):
            self._end(say("邮件服务器的答复过长"))
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        return line

    def _piece(self) -> bytes:
        remaining = self.give_up_at - time.monotonic()
        if remaining <= 0:
            self._end(say("邮件服务器过慢，放弃本次发送"))
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected(say("连接已关闭"))
        try:
            self.sock.settimeout(min(self.step_seconds, remaining))
            piece = self.sock.recv(_PIECE)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"Connection unexpectedly closed: {error}") from error
        if not piece:
            self._end("Connection unexpectedly closed")
        return piece

    def _end(self, why: str) -> None:
        """Closes the connection, and says why."""
        self._unread.clear()
        self.close()
        raise smtplib.SMTPServerDisconnected(why)


class BoundedSSL(Bounded, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

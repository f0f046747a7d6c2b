"""yagmail made honest: one attempt a mail, and for every recipient what is known about it.

A mail passes the phases MAIL, RCPT (one a recipient), DATA, body, reply. Until the first byte of the body nothing can
have been delivered; from then until the server's reply nobody but the server knows.
"""

import logging
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Self

import yagmail

from include.errors import PostRefused
from include.language import say
from include.post.connection import NOT_SMTP, Bounded, BoundedSSL, size_limit
from include.post.outcomes import Outcome, Transmission
from include.post.server import MailServer, is_loopback
from include.post.server_words import connection_trouble, decoded

_log = logging.getLogger(__name__)

_CHUNK_BYTES: Final = 64 * 1024
_LONGEST_TEXT: Final = 500
_GIVE_UP_SECONDS: Final = (
    240.0  # before the body, and again for the body: together inside the lease of rules.POST
)

_TAKEN: Final = (250, 251, 252)  # codes that say yes to MAIL and RCPT
_LEAST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = (
    0.005,
    0.25,
)  # before the end mark: twice the slowest reply so far, within these

_OUT_OF_STEP: Final = "邮件服务器的答复与命令对不上，连接已放弃"

OnStep = Callable[[str], None]


class _ConnectionLost(Exception):
    """The connection was lost, or the server closed it (421), while nothing could have been delivered."""

    def __init__(self, code: int | None, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


def ignore_step(step: str) -> None:
    """The `on_step` of production: nobody watches the named points of a round."""


class MailSession(yagmail.SMTP):  # type: ignore[misc]
    """One connection for a batch of mails; reconnects when it was lost while idle. Use as a context manager, in one thread.

    `on_step` is told the named points `after_connect`, `mid_data` (all but the end mark is sent) and `after_reply`.
    """

    def __init__(self, server: MailServer, on_step: OnStep = ignore_step) -> None:
        is_ssl = server.security == "ssl"
        super().__init__(
            server.sender_address,
            None,
            server.host,
            server.port,
            smtp_ssl=is_ssl,
            smtp_starttls=server.security == "starttls",
            smtp_skip_login=not server.user,
            soft_email_validation=False,
        )
        self.set_logging(None)  # yagmail would print to stderr on its own
        self._server = server
        self._sender = server.sender_address  # of the envelope
        self._on_step = on_step
        self._give_up_at = 0.0  # on the monotonic clock
        self.smtp: Any = None
        self._peer = ""  # the address at the other end of the open connection
        self._has_served = (
            False  # the open connection carried another mail, whose late replies may still come
        )
        self._has_begun = False  # the body of the present mail: from then on only the server knows

    @property
    def server(self) -> MailServer:
        """The server that it talks to."""
        return self._server

    @property
    def connection(self) -> type[Bounded]:
        """The class of the connection that yagmail opens."""
        return BoundedSSL if self.ssl else Bounded

    def __enter__(self) -> Self:
        return self

    def connect(self) -> str:
        """Connects and logs in, unless that is done; returns why it could not (Chinese), or empty."""
        self._begin()
        return self._open()

    def _open(self) -> str:
        if self.smtp is not None:
            return ""
        try:
            self.login()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._drop()
            reason = self._server.redact(connection_trouble(error, self._server))
            _log.warning("mail server %s: %s", self._server.label, reason)
            return reason
        self._on_step("after_connect")
        return ""

    def login(self) -> None:
        """Connects with checked certificates, and logs in with the given user only: no keyring, no prompt, no file."""
        server = self._server
        context = (
            ssl.create_default_context(cafile=server.ca_file or None) if server.security != "none" else None
        )
        options: dict[str, Any] = {
            "timeout": server.timeout_seconds,
            "local_hostname": server.domain,
            "give_up_at": self._give_up_at,
        }
        if server.security == "ssl":
            options["context"] = context
        self.smtp = self.connection(server.host, server.port, **options)
        self.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer = str(self.smtp.sock.getpeername()[0])
        self._arm()
        self.smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            self._arm()
            self.smtp.starttls(context=context)
            self.smtp.ehlo_or_helo_if_needed()
        self.is_closed = False
        self._has_served = False
        if server.user:
            self._arm()
            self.smtp.login(server.user, server.password)
        _log.debug("connected to %s", server.label)

    def transmit(
        self,
        recipients: Sequence[str],
        message: bytes,
        *,
        is_simulated: bool,
        senders: Mapping[str, str] = MappingProxyType({}),
    ) -> Transmission:
        """One SMTP transaction: `message` (CRLF, 7-bit) to all recipients; or, where each has an envelope sender of its own (`senders`
        by recipient), one each. Never raises for what a server can do."""
        if not senders:
            return self._transmit_surely(recipients, message, is_simulated=is_simulated)
        outcomes: dict[str, Outcome] = {}
        is_troubled = False
        for recipient in recipients:
            self._sender = senders[recipient]
            one = self._transmit_surely([recipient], message, is_simulated=is_simulated)
            outcomes.update(one.outcomes)
            is_troubled = is_troubled or one.is_troubled
            if one.is_server_down:  # nobody was asked, nor will be
                rest = {each: one.outcomes[recipient] for each in recipients if each not in outcomes}
                outcomes.update(rest)
                is_down = len(rest) + 1 == len(recipients)
                return Transmission(outcomes, is_server_down=is_down, is_troubled=True)
        return Transmission(outcomes, is_troubled=is_troubled)

    def _transmit_surely(
        self, recipients: Sequence[str], message: bytes, *, is_simulated: bool
    ) -> Transmission:
        """One transaction.

        A connection found lost at the first command is opened once more; nothing else is tried twice. Mail made from
        simulated data is refused unless the connected peer is this machine. Whatever else goes wrong is this mail's alone.
        """
        self._has_begun = False
        try:
            return self._transmit(recipients, message, is_simulated=is_simulated)
        except Exception as error:
            _log.error("mail server %s: %s", self._server.label, type(error).__name__)
            self._drop()
            words = say(
                "发送时出错（{name}）：{clean}", name=type(error).__name__, clean=self._clean(str(error))
            )
            if self._has_begun:
                return _all(
                    recipients,
                    Outcome("unknown", None, say("{words}，无法确定邮件服务器是否已收下", words=words)),
                    is_troubled=True,
                )
            return _all(recipients, Outcome("retry", None, words), is_troubled=True)

    def _transmit(self, recipients: Sequence[str], message: bytes, *, is_simulated: bool) -> Transmission:
        self._begin()
        may_reopen = self.smtp is not None
        while True:
            if trouble := self._open():
                return _all(
                    recipients, Outcome("retry", None, trouble), is_server_down=True, is_troubled=True
                )
            if is_simulated and not is_loopback(self._peer):
                return _all(recipients, Outcome("refused", None, str(_not_this_machine(self._server))))
            try:
                sent = self._attempt_send(recipients, message)
                self._has_served = True
                return sent
            except _ConnectionLost as lost:
                if may_reopen:
                    may_reopen = False
                    continue
                return _all(recipients, Outcome("retry", lost.code, lost.text), is_troubled=True)

    def close(self) -> None:
        """QUIT, and the socket closed whatever the server does."""
        self.is_closed = True
        connection, self.smtp = self.smtp, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                _log.debug("no orderly end of the connection to %s", self._server.label)
            finally:
                connection.close()

    def _attempt_send(self, recipients: Sequence[str], message: bytes) -> Transmission:
        """Exactly one attempt (yagmail's makes up to three). Raises _ConnectionLost before the server answered to MAIL."""
        most = size_limit(self.smtp.esmtp_features.get("size"))
        if most is not None and most < len(message):
            text = say("邮件 {count} 字节，超过邮件服务器允许的 {most} 字节", count=len(message), most=most)
            return _all(recipients, Outcome("refused", None, text))
        options = [f"size={len(message)}"] if self.smtp.has_extn("size") else []
        outcome = self._judged(*self._ask_surely(self.smtp.mail, self._sender, options))
        if outcome.result != "accepted":
            self._reset()
            return _all(recipients, outcome, is_troubled=outcome.result == "retry")
        outcomes: dict[str, Outcome] = {}
        try:
            for recipient in recipients:
                outcome = self._judged(*self._ask_surely(self.smtp.rcpt, recipient))
                if self.smtp is None:  # its reply was none: nobody else is asked over this connection
                    raise _ConnectionLost(outcome.code, outcome.text)
                if outcome.result != "accepted":
                    outcomes[recipient] = outcome
            if len(outcomes) == len(recipients):
                self._reset()
                return Transmission(outcomes)
            code, text = self._ask_surely(self.smtp.docmd, "DATA")
            outcome = self._hand_over(message) if code == 354 else self._judged(code, text, is_go_ahead=True)
        except _ConnectionLost as lost:
            if (lost.code or 0) >= 500:
                raise
            outcome = Outcome("retry", lost.code, lost.text)
        remaining = {recipient: outcome for recipient in recipients if recipient not in outcomes}
        is_troubled = outcome.result == "unknown" or self.smtp is None
        return Transmission({**outcomes, **remaining}, is_troubled=is_troubled)

    def _hand_over(self, message: bytes) -> Outcome:
        """The body and its reply. From the first byte on, a lost connection means that only the server knows.

        A reply that comes before the end mark is no answer to the mail: a refusal is taken at its word, as the mail was not
        finished; anything else is unknown. So is a reply that is followed by another one. Raises _ConnectionLost when the
        server speaks out of turn before the first byte.
        """
        self._require_silence()
        self._begin()
        self._has_begun = True
        lost = say("正文传输中连接中断（结束标记未发出），无法确定邮件服务器是否已收下")
        try:
            for chunk in _chunks(message):
                self._arm()
                self.smtp.sock.sendall(chunk)
            self._on_step("mid_data")
            if self.smtp.has_spoken(self._pause_seconds()):
                return self._early(*self.smtp.getreply())
            self._arm()
            lost = say("正文已全部发出，未收到邮件服务器的答复，无法确定是否已收下")
            self.smtp.sock.sendall(b".\r\n")
            code, answer = self.smtp.getreply()
            wait_seconds = _MOST_PAUSE_SECONDS if self._has_served and code >= 500 else 0.0
            extra = self.smtp.getreply()[0] if self.smtp.has_spoken(wait_seconds) else None
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome("unknown", None, say("{lost}：{clean}", lost=lost, clean=self._clean(str(error))))
        self._on_step("after_reply")
        if extra not in (None, 421):
            self._drop()
            return Outcome(
                "unknown", code, say("邮件服务器对一封邮件答复了两次：{clean}", clean=self._clean(answer))
            )
        if 421 in (code, extra):
            self._drop()
        if code == 250 or 400 <= code < 600:
            return self._judged(code, self._clean(answer))
        self._drop()
        known = None if code == NOT_SMTP else code
        return Outcome(
            "unknown",
            known,
            say("邮件服务器的答复无法理解：应为250，收到“{clean}”", clean=self._clean(answer)),
        )

    def _early(self, code: int, answer: bytes) -> Outcome:
        self._drop()
        if (
            self._has_served and code >= 500
        ):  # it may be a late one to the mail before; this one was not finished
            return Outcome(
                "retry",
                code,
                say("{out_of_step}：{clean}", out_of_step=say(_OUT_OF_STEP), clean=self._clean(answer)),
            )
        if 400 <= code < 600:
            return self._judged(code, self._clean(answer))
        return Outcome(
            "unknown", code, say("正文尚未结束，邮件服务器已作答复：{clean}", clean=self._clean(answer))
        )

    def _require_silence(self) -> None:
        """Raises _ConnectionLost when there are words of the server that nobody asked for: no later reply can be told apart."""
        if self.smtp is not None and self.smtp.has_spoken():
            self._drop()
            raise _ConnectionLost(None, _OUT_OF_STEP)

    def _pause_seconds(self) -> float:
        slowest: float = self.smtp.slowest_seconds
        return min(max(2 * slowest, _LEAST_PAUSE_SECONDS), _MOST_PAUSE_SECONDS)

    def _begin(self) -> None:
        """A new phase: its time runs from now."""
        self._give_up_at = time.monotonic() + _GIVE_UP_SECONDS
        if self.smtp is not None:
            self.smtp.give_up_at = self._give_up_at

    def _ask(self, command: Callable[..., tuple[int, bytes]], *arguments: Any) -> tuple[int, str]:
        """One command and its reply. Raises _ConnectionLost for a lost connection, a time-out and 421."""
        self._require_silence()
        try:
            self._arm()
            code, answer = command(*arguments)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _ConnectionLost(
                None, say("与邮件服务器的连接中断：{clean}", clean=self._clean(str(error)))
            ) from error
        if code == 421:
            self._drop()
            raise _ConnectionLost(code, self._clean(answer))
        return code, self._clean(answer)

    def _ask_surely(self, command: Callable[..., tuple[int, bytes]], *arguments: Any) -> tuple[int, str]:
        """As `_ask`. A refusal over a connection that carried another mail may be a late reply to that one: it ends the
        connection (_ConnectionLost), and only a fresh one's refusal is believed."""
        code, text = self._ask(command, *arguments)
        if self._has_served and 500 <= code < 600:
            self._drop()
            raise _ConnectionLost(
                code, say("{out_of_step}：{words}", out_of_step=say(_OUT_OF_STEP), words=text)
            )
        return code, text

    def _judged(self, code: int, text: str, *, is_go_ahead: bool = False) -> Outcome:
        if code in _TAKEN and not is_go_ahead:
            return Outcome("accepted", code, text)
        if 500 <= code < 600:
            return Outcome("refused", code, text)
        if not 400 <= code < 500:
            self._drop()  # not SMTP: no further word of this connection can be trusted
        if code == NOT_SMTP:
            return Outcome(
                "retry",
                None,
                say(
                    "邮件服务器的答复不是SMTP：一个答复的各行应以同一个三位数字开头，收到“{words}”",
                    words=text,
                ),
            )
        return Outcome("retry", code, text)

    def _reset(self) -> None:
        """Ends the transaction; a connection that cannot do that is given up."""
        if self.smtp is not None:
            try:
                self._ask(self.smtp.rset)
            except _ConnectionLost:
                _log.debug("connection to %s lost at RSET", self._server.label)

    def _arm(self) -> None:
        """Bounds the next step: a server that answers slowly for ever must not hold the round."""
        remaining = self._give_up_at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(say("邮件服务器过慢，放弃本次发送"))
        if self.smtp.sock is None:
            raise smtplib.SMTPServerDisconnected(say("连接已关闭"))
        self.smtp.sock.settimeout(min(self._server.timeout_seconds, remaining))

    def _drop(self) -> None:
        connection, self.smtp = self.smtp, None
        if connection is not None:
            connection.close()

    def _clean(self, answer: bytes | str) -> str:
        """The server's words on one line, without anything secret."""
        words = decoded(answer) if isinstance(answer, bytes) else answer
        printable = "".join(char if char.isprintable() else " " for char in words)
        return self._server.redact(" ".join(printable.split()))[:_LONGEST_TEXT]


def _all(
    recipients: Sequence[str], outcome: Outcome, *, is_server_down: bool = False, is_troubled: bool = False
) -> Transmission:
    return Transmission(dict.fromkeys(recipients, outcome), is_server_down, is_troubled)


def _chunks(message: bytes) -> Iterator[memoryview]:
    """The body with leading dots doubled (RFC 5321, 4.5.2) and a line end at its end, in pieces with a time-out each."""
    stuffed = message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    if not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    view = memoryview(stuffed)
    for start in range(0, len(view), _CHUNK_BYTES):
        yield view[start : start + _CHUNK_BYTES]


def _not_this_machine(server: MailServer) -> PostRefused:
    return PostRefused(
        say("模拟数据的邮件不得离开本机"), where=server.label, expected=say("本机（loopback）的邮件服务器")
    )

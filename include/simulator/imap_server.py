"""An IMAP server on this machine, in memory: the office's mailbox of the demo and of `make up`. Nothing but the wheel `pymap`."""

from __future__ import annotations

import imaplib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from include.errors import InputError

HOST: Final = "127.0.0.1"
USER: Final = "fankui"
PASSWORD: Final = "demo-mailbox"  # noqa: S105  of a mailbox on this machine that holds 模拟数据 only
# Of the connection: what the demo's own mail server is called in the mails that come in (`mail_answers`).
MAILBOX_OPTIONS: Final = {
    "kind": "mail",
    "security": "none",
    "received_host": "mx.supervision.example",
    "authserv_id": "mx.supervision.example",
    "addresses": "fankui@supervision.example",
}
_START_SECONDS: Final = 20.0


def imap_command(
    port: int, user: str = USER, password: str = PASSWORD, certificate: Path | None = None
) -> list[str]:
    """What starts the server; with a certificate (PEM with its key) it offers STARTTLS."""
    tls = ["--cert", str(certificate), "--key", str(certificate)] if certificate else ["--no-tls"]
    program = [sys.executable, "-c", "from pymap.main import main; main()"]
    service = ["--host", HOST, "--port", str(port), *tls, "--no-service", "managesieve"]
    return [*program, *service, "dict", "--demo-user", user, "--demo-password", password]


@contextmanager
def imap_server(
    user: str = USER, password: str = PASSWORD, certificate: Path | None = None, port: int = 0
) -> Iterator[int]:
    """The port of a running server with one empty mailbox. Raises InputError when it does not start."""
    chosen = port or free_port()
    process = subprocess.Popen(  # noqa: S603
        imap_command(chosen, user, password, certificate),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, chosen)
        yield chosen
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def append(port: int, content: bytes, at: datetime, user: str = USER, password: str = PASSWORD) -> None:
    """Puts one mail into the mailbox, as if it had come at that moment."""
    put_all(port, [(content, at)], user, password)


def put_all(
    port: int, mails: list[tuple[bytes, datetime]], user: str = USER, password: str = PASSWORD
) -> None:
    """Puts mails into the mailbox, each as if it had come at its moment."""
    server = imaplib.IMAP4(HOST, port, timeout=10)
    try:
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.login(user, password)
        for content, at in mails:
            kind, told = server.append("INBOX", "", imaplib.Time2Internaldate(at), content)
            if kind != "OK":
                raise InputError("the mailbox took no mail", where=f"{HOST}:{port}", got=told)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise InputError("the local IMAP server did not start", where=f"{HOST}:{port}", todo="is the port taken?")

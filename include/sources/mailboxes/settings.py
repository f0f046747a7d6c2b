"""A source of kind `mail` as it is configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from include.errors import InputError
from include.replies.limits import LIMITS
from include.sources.config import SourceConfig
from include.sources.reading.mails import OwnServer

Security = Literal["ssl", "starttls", "none"]
Protocol = Literal["imap", "pop3"]
After = Literal["move", "flag"]
_PORTS: Final[dict[tuple[str, str], int]] = {
    ("imap", "ssl"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("pop3", "ssl"): 995,
    ("pop3", "starttls"): 110,
    ("pop3", "none"): 110,
}
_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class MailboxSettings:
    """Where mail is read and how. Raises InputError for what cannot work or would send a password in the clear over a network.

    folder, done_folder, other_folder   IMAP: read; where answers and replies go; where everything else goes
    after       move: into these folders; flag: everything stays and is marked as read (POP3: everything stays)
    server      what the office's own mail server is called in the traces and results that it writes into mails
    addresses   under which people write to it; the letters' Reply-To should be one of them
    trusted     domains whose mail counts although the own server says nothing about it
    """

    name: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    protocol: Protocol = "imap"
    security: Security = "ssl"
    ca_file: str = ""
    folder: str = "INBOX"
    done_folder: str = "已处理"
    other_folder: str = "其他"
    after: After = "move"
    server: OwnServer = field(default_factory=OwnServer)
    addresses: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    timeout_seconds: float = 30.0
    round_seconds: float = 240.0
    most_mails: int = 2000  # of one round
    largest_mail: int = LIMITS.mail_bytes

    def __post_init__(self) -> None:
        where = f"source {self.name}"
        for name, value, allowed in (
            ("protocol", self.protocol, get_args(Protocol)),
            ("security", self.security, get_args(Security)),
            ("after", self.after, get_args(After)),
        ):
            if value not in allowed:
                raise InputError(
                    f"a mailbox's {name} is not understood",
                    where=where,
                    expected=" | ".join(allowed),
                    got=value,
                )
        if not self.user or not self.password:
            raise InputError(
                "a mailbox needs a user and a password",
                where=where,
                expected="the connection's login and password",
            )
        if self.security == "none" and self.host not in _THIS_MACHINE:
            raise InputError(
                "the password would travel unencrypted",
                where=where,
                got="security none",
                expected="ssl or starttls, or a server on this machine",
            )
        if self.ca_file and not Path(self.ca_file).is_file():
            raise InputError("the file of certificates does not exist", where=where, got=self.ca_file)
        for folder in (self.folder, self.done_folder, self.other_folder):
            if not folder or any(ord(letter) < 32 or letter in '"\\*%' for letter in folder):
                raise InputError("not the name of a folder", where=where, got=folder)

    @property
    def label(self) -> str:
        """`imap host:port`, for reasons."""
        return f"{self.protocol} {self.host}:{self.port}"


def mailbox_settings(source: SourceConfig) -> MailboxSettings:
    """The settings of a source of kind `mail`. Raises InputError."""
    options = source.options
    protocol, security = str(options.get("protocol", "imap")), str(options.get("security", "ssl"))
    host, _, port = (
        source.location.rpartition(":") if source.location.count(":") == 1 else (source.location, "", "")
    )
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InputError("not a port", where=f"source {source.name}", got=port, expected="1 to 65535")
    return MailboxSettings(
        name=source.name,
        host=host,
        port=int(port) if port else _PORTS.get((protocol, security), 993),
        user=str(options.get("user", "")),
        password=source.token or "",
        protocol=protocol,  # type: ignore[arg-type]  # checked when it is made
        security=security,  # type: ignore[arg-type]
        ca_file=str(options.get("ca_file", "")),
        folder=str(options.get("folder", "INBOX")),
        done_folder=str(options.get("done_folder", "已处理")),
        other_folder=str(options.get("other_folder", "其他")),
        after=str(options.get("after", "move")),  # type: ignore[arg-type]
        server=OwnServer(str(options.get("received_host", "")), str(options.get("authserv_id", ""))),
        addresses=_words(options.get("addresses", "")),
        trusted=_words(options.get("trusted_domains", "")),
        timeout_seconds=source.number("timeout_seconds", 30.0) or 30.0,
        round_seconds=source.number("round_seconds", 240.0) or 240.0,
        most_mails=int(source.number("most_mails", 2000)),
    )


def _words(told: Any) -> tuple[str, ...]:
    parts = told if isinstance(told, list) else str(told).split(",")
    return tuple(str(part).strip().lower() for part in parts if str(part).strip())

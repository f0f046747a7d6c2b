"""The mail server that letters leave through, and the facts about the office that sends them."""

import base64
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from include.errors import InputError, redact
from include.post.recipients import address_problem, name_problem

Security = Literal["ssl", "starttls", "none"]
AttachmentNames = Literal["unicode", "ascii"]

_HIDDEN: Final = "***"


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `user` empty: a relay without login. The password is in no repr, log, error or row.

    Raises InputError for a setting that cannot work or would send a password in the clear over a network.
    """

    host: str
    port: int
    sender_address: str
    sender_name: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0  # of one step: a connection, a command, 64 KB of the body
    has_own_senders: bool = False  # an envelope sender of its own for each delivery (VERP): sender+b…@domain
    ca_file: str = (
        ""  # PEM of the authority that signed the server's certificate, when it is not a public one
    )

    def __post_init__(self) -> None:
        where = f"mail server {self.host}:{self.port}"
        if self.security not in get_args(Security):
            raise InputError(
                "unknown security", where=where, expected=" | ".join(get_args(Security)), got=self.security
            )
        if not self.host or not 0 < self.port < 65536:
            raise InputError("not a mail server", where=where, expected="a host and a port from 1 to 65535")
        if bool(self.user) != bool(self.password):
            raise InputError(
                "a login needs both a user and a password",
                where=where,
                todo="set both, or neither for a relay",
            )
        if self.timeout_seconds <= 0:
            raise InputError(
                "a time-out must be positive", where=where, got=self.timeout_seconds, expected="seconds"
            )
        problem = address_problem(self.sender_address) or name_problem(self.sender_name)
        if problem:
            raise InputError(
                "the sender cannot be used", where=where, got=self.sender_address, expected=problem
            )
        if self.ca_file and not Path(self.ca_file).is_file():
            raise InputError("the file of certificates does not exist", where=where, got=self.ca_file)
        if self.user and self.security == "none" and not is_on_this_machine(self):
            raise InputError(
                "the password would travel unencrypted",
                where=where,
                got="security none",
                expected="ssl or starttls, or a server on this machine",
            )

    @property
    def label(self) -> str:
        """`host:port`, for logs and reasons."""
        return f"{self.host}:{self.port}"

    @property
    def domain(self) -> str:
        """Right-hand side of the Message-IDs."""
        return self.sender_address.rpartition("@")[2]

    def redact(self, text: str) -> str:
        """`text` without the password, plain or as it travels in base64, and without any other secret of this process."""
        if not self.password:
            return redact(text)
        spoken = (f"\0{self.user}\0{self.password}", self.password)
        for secret in (*(base64.b64encode(each.encode()).decode() for each in spoken), self.password):
            text = text.replace(secret, _HIDDEN)
        return redact(text)


@dataclass(frozen=True)
class Office:
    """What the post has to know about the issuing office.

    `number_words` gives the 机关代字 of each kind of letter that carries a number (kinds that are not in it carry
    none); every kind counts by itself, so two kinds may not share a word. Raises InputError.
    """

    number_words: Mapping[str, str]
    reply_to: str = ""
    has_own_replies: bool = False  # a Reply-To of its own for each letter: reply_to+l…@domain
    attachment_names: AttachmentNames = (
        "unicode"  # ascii: for recipients whose client garbles Chinese file names
    )

    def __post_init__(self) -> None:
        words = list(self.number_words.values())
        if len(set(words)) != len(words) or not all(words):
            raise InputError(
                "two kinds of letter would print the same numbers",
                where="office.number_words",
                got=", ".join(words),
                expected="a 机关代字 of its own for each kind",
            )
        if self.attachment_names not in get_args(AttachmentNames):
            raise InputError(
                "unknown way to name attachments",
                where="office.attachment_names",
                got=self.attachment_names,
                expected=" | ".join(get_args(AttachmentNames)),
            )
        if self.reply_to and (problem := address_problem(self.reply_to)):
            raise InputError(
                "the reply address cannot be used",
                where="office.reply_to",
                got=self.reply_to,
                expected=problem,
            )


def is_on_this_machine(server: MailServer) -> bool:
    """Whether the mail server is this machine."""
    return is_this_machine(server.host, server.port)


def is_this_machine(host: str, port: int) -> bool:
    """Whether every address that the host's name resolves to is a loopback address; False when it does not resolve."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(is_loopback(str(entry[4][0])) for entry in found)


def is_loopback(address: str) -> bool:
    """Whether an IP address (v4, v6, v4 inside v6, with or without a scope) is this machine itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback

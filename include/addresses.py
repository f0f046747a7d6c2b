"""What an address may be, of mail and of the web, and what no line of text may hold: one check for profile, settings and letters."""

from __future__ import annotations

import re
from typing import Final

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_MAILBOX: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
# What a link to a mailbox holds without any quoting, and every mail program takes.
_LINKED: Final = re.compile(rf"[A-Za-z0-9_-]+([.+][A-Za-z0-9_-]+)*@{_LABEL}(\.{_LABEL})+")
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_WEB: Final = re.compile(r"https?://[^\s<>\"'\\]+")
# Control characters, what breaks a line, and what no file of text or XML may hold.
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# What turns the direction of a line: a name that reads otherwise than it is written.
TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_LONGEST_MAILBOX, _LONGEST_LOCAL_PART, _LONGEST_DOMAIN, _LONGEST_LABEL = 254, 64, 253, 63


def printable(text: str) -> str:
    """A text with what no line may hold, and what turns one, written as its code: \\x07."""
    return TURNING.sub(_coded, CONTROL.sub(_coded, text))


def _coded(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def is_mailbox(text: str) -> bool:
    """Whether a text is `name@domain` in plain ASCII."""
    return _MAILBOX.fullmatch(text) is not None


def is_long_mailbox(text: str) -> bool:
    """Whether a mailbox, or a part of it, is longer than mail servers and the names of hosts are (RFC 5321, RFC 1035)."""
    local, _, domain = text.partition("@")
    return (
        len(text) > _LONGEST_MAILBOX
        or len(local) > _LONGEST_LOCAL_PART
        or any(len(label) > _LONGEST_LABEL for label in domain.split("."))
    )


def is_linked_mailbox(text: str) -> bool:
    """Whether a text is a mailbox that a page of the web can name in a link as it stands."""
    return _LINKED.fullmatch(text) is not None and not is_long_mailbox(text)


def is_domain(text: str) -> bool:
    """Whether a text is the domain of mailboxes: `city.example`, with or without a leading @."""
    return len(text) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(text.removeprefix("@")) is not None


def is_web_address(text: str) -> bool:
    """Whether a text is an address of the web without spaces, quotes, < and >."""
    return _WEB.fullmatch(text) is not None

"""Which letter a mail is about: what it says of that, strongest first. Whether such a letter exists is the store's to know."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, TypeVar

from include.replies.mail import Heads, Mail

_ID: Final = re.compile(r"<([^<>\s]{3,250})>")
_KEPT: Final = (
    "x-microsoft-original-message-id",
    "x-source-message-id",
    "x-cm-original-message-id",
    "original-message-id",
    "x-original-message-id",
)
_NUMBER: Final = re.compile(r"[\w（）()]{1,30}[〔\[（(]\s*(?:19|20)\d\d\s*[〕\]）)]\s*\d{1,6}\s*号")
_TAG: Final = re.compile(r"\+([bl])(\d{1,18})-([0-9a-f]{8}|[0-9a-f]{16})@", re.IGNORECASE)
_TO: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "x-rcptto")
TAG_BYTES: Final = 8
_LETTER_HEAD: Final = "x-qianliyan-letter"
_MOST: Final = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Tag:
    """What our own plus-address says: `b` a delivery (the envelope sender of its own, VERP; `check` is random, and proves that whoever
    writes there has had that mail) or `l` a letter (Reply-To; `check` only catches slips: what comes there proves nothing)."""

    what: str
    number: int
    check: str


@dataclass(frozen=True)
class Signs:
    """`ids`: Message-IDs that the mail refers to, the nearest first; `inner_ids`: those of mails that it encloses; `tags`: of its
    recipients; `numbers`: 发文字号 in its subject; `is_reply`: it refers to something, or says so."""

    ids: tuple[str, ...] = ()
    inner_ids: tuple[str, ...] = ()
    letter_keys: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    numbers: tuple[str, ...] = ()
    is_reply: bool = False


def signs_of(mail: Mail) -> Signs:
    """What a mail says about the letter that it answers, or that came back with it."""
    nearest = [*_ids(mail.heads, "in-reply-to"), *reversed(_ids(mail.heads, "references"))]
    kept = [each for name in _KEPT for each in _ids(mail.heads, name)]
    reported = [each for _, block in mail.reports for name in _KEPT for each in _ids(block, name)]
    inner = [each for heads in mail.inner for name in ("message-id", *_KEPT) for each in _ids(heads, name)]
    inner += [
        each for heads in mail.inner for name in ("in-reply-to", "references") for each in _ids(heads, name)
    ]
    # A mail returned as plain text: its Message-ID stands somewhere below.
    inner += [
        f"<{each}>"
        for each in re.findall(
            r"^message-id:\s*<([^<>\s]{3,250})>", f"{mail.text}\n{mail.inner_text}", re.I | re.M
        )
    ]
    keys = [value for heads in mail.inner for name, value in heads if name == _LETTER_HEAD]
    subject = mail.head("subject")
    numbers = [re.sub(r"\s+", "", each) for each in _NUMBER.findall(subject)]
    tags = [
        Tag(match[1].lower(), int(match[2]), match[3].lower())
        for name in _TO
        for value in mail.all_heads(name)
        for match in _TAG.finditer(value)
    ]
    is_reply = bool(nearest or tags or numbers) or bool(
        re.match(r"(re|回复|答复|回覆)\s*[:：]", subject, re.I)
    )
    return Signs(
        _unique([*nearest, *kept, *reported]),
        _unique(inner),
        _unique(keys),
        _unique(tags),
        _unique(numbers),
        is_reply,
    )


def tagged(address: str, what: str, number: int, check: str) -> str:
    """`name+b12-0a1b2c3d4e5f6071@domain`: our address with what it stands for."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{what}{number}-{check}@{domain}"


def check_of(letter_id: int, letter_key: str) -> str:
    """The check digits of a letter's plus-address."""
    return hashlib.sha256(f"l{letter_id}\n{letter_key}".encode()).hexdigest()[:8]


def _ids(heads: Heads, name: str) -> list[str]:
    return [f"<{each}>" for key, value in heads if key == name for each in _ID.findall(value)][-_MOST:]


def _unique(values: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))[:_MOST]

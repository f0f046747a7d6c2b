"""A contact as a value, and what can be said about two of them."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

Key = tuple[str, str, str]  # region_code, role, mailbox
Stay = tuple[str, str, str, date]  # the same and valid_from

FIELDS: Final = ("region_code", "role", "name", "address", "phone", "valid_from", "valid_to")
_SEPARATORS: Final = re.compile(r"[^a-z]+")
_UNREAD: Final = (
    "noreply",
    "donotreply",
    "dontreply",
    "notreply",
    "noresponse",
    "mailerdaemon",
    "autoreply",
    "unattended",
    "unmonitored",
    "devnull",
    "wuxuhuifu",
    "qingwuhuifu",
)
_UNREAD_WHOLE: Final = (
    "postmaster",
    "nobody",
    "daemon",
    "null",
    "bounce",
    "bounces",
    "bounced",
    "return",
    "returns",
)


@dataclass(frozen=True)
class Contact:
    """One address of one region and role with the dates between which it is used. `phone` may be empty."""

    region_code: str
    role: str
    name: str
    address: str
    phone: str
    valid_from: date
    valid_to: date | None
    is_simulated: bool = False

    @property
    def mailbox(self) -> str:
        """The address without differences of case: mail servers tell none apart."""
        return self.address.casefold()

    @property
    def key(self) -> Key:
        """Region, role and mailbox."""
        return (self.region_code, self.role, self.mailbox)

    @property
    def stay(self) -> Stay:
        """The key and the first day."""
        return (*self.key, self.valid_from)

    def lasts(self, today: date) -> bool:
        """Whether letters may still go to it, today or later."""
        return self.valid_to is None or self.valid_to > max(today, self.valid_from)

    def shown(self) -> dict[str, str]:
        """The fields by name as a person reads them; — for none."""
        return {name: str(value) if (value := getattr(self, name)) else "—" for name in FIELDS}

    @property
    def as_json(self) -> str:
        """All fields, in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False, default=str)

    @property
    def digest(self) -> str:
        """SHA-256 of all fields."""
        return hashlib.sha256(self.as_json.encode()).hexdigest()


@dataclass(frozen=True)
class Known:
    """One row of the book. `is_fixed`: it stands against what sources tell; `ended_by`: the source that ended it by a correction
    (it stands against other sources only), empty where a person decided."""

    contact_id: int
    contact: Contact
    source: str
    is_fixed: bool = False
    replaced_by_id: int | None = None
    ended_by: str = ""


def agrees(mine: Contact, told: Contact, today: date) -> bool:
    """Whether two rows of one key mean the same from today on."""
    same_start = mine.valid_from == told.valid_from or max(mine.valid_from, told.valid_from) <= today
    same_end = mine.valid_to == told.valid_to or not (mine.lasts(today) or told.lasts(today))
    words = (mine.name, mine.phone, mine.is_simulated) == (told.name, told.phone, told.is_simulated)
    return mine.key == told.key and same_start and same_end and words


def is_unread(address: str) -> bool:
    """Whether the address looks like one whose mail nobody reads: noreply, mailer-daemon, postmaster, bounce and the like."""
    local, _, domain = address.casefold().partition("@")
    squeezed = _SEPARATORS.sub("", local)
    words = {*_SEPARATORS.split(local), squeezed}
    labels = {_SEPARATORS.sub("", label) for label in domain.split(".")}
    return (
        any(word in squeezed for word in _UNREAD)
        or bool(words & set(_UNREAD_WHOLE))
        or bool(labels & {"noreply", "donotreply", "bounce", "bounces"})
    )


def is_same(one: Contact, other: Contact) -> bool:
    """Whether all fields are equal but for the case of the address."""
    return one == other or replace(one, address=one.mailbox) == replace(other, address=other.mailbox)


def line_name(row: Contact) -> str:
    """The name without differences of width, case and white space."""
    return "".join(unicodedata.normalize("NFKC", row.name).casefold().split())


def mailbox_of(row: Contact) -> tuple[str, str]:
    """Region and mailbox, whatever the role."""
    return (row.region_code, row.mailbox)


def foremost(rows: list[Known], today: date) -> Known:
    """The row that a question is about: one that is still used, else the last one."""
    return max(
        rows, key=lambda known: (known.contact.lasts(today), known.contact.valid_from, known.contact_id)
    )


def contact_of(values: Mapping[str, Any]) -> Contact:
    """A Contact from a row of the store or from its JSON; an empty cell of a frame is no value."""
    has = {name: bool(values[name]) and values[name] == values[name] for name in ("phone", "valid_to")}
    return Contact(
        values["region_code"],
        values["role"],
        values["name"],
        values["address"],
        values["phone"] if has["phone"] else "",
        _date(values["valid_from"]),
        _date(values["valid_to"]) if has["valid_to"] else None,
        bool(values["is_simulated"]),
    )


def _date(value: object) -> date:
    return date.fromisoformat(str(value)[:10])

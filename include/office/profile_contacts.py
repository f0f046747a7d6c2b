"""The first contacts of an office: those of its profile, taken like the list of any source that is called `profile`.

So the rules are those of `sources.contacts.plan`: an address that nobody touched follows the profile, one that a person decided
becomes a question, and one that left the profile stays in force until a person has answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, select

from include.profile.findings import Findings
from include.profile.values import Contact as ProfileContact
from include.profile.values import Profile
from include.sources.checks import check
from include.sources.contacts.book import Taken, contacts_of, planned, take_listing
from include.sources.contacts.plan import Ask, Listing
from include.sources.contacts.rows import Contact
from include.sources.layout import CONTACTS, DATA_ORIGIN
from include.sources.places import Places, places, profile_places
from include.store.tables import contact

SOURCE: Final = "profile"
FILE: Final = "contacts.csv"
# Where a row names no first day: the earliest that intake takes.
SINCE: Final = date(2000, 1, 1)


@dataclass(frozen=True)
class Line:
    """What becomes of one contact: `mark` is taken, asked (a person decides) or refused."""

    mark: str
    unit_code: str
    words: str


def take_contacts(connection: Connection, profile: Profile, now: datetime) -> Taken:
    """Brings the profile's contacts into the book; part of the caller's transaction."""
    listing, _ = _listing(profile, places(connection))
    return take_listing(connection, listing, now=now)


def take_first_contacts(connection: Connection, profile: Profile, now: datetime) -> Taken | None:
    """As `take_contacts`, for a book that has no contact at all; None for any other."""
    if not profile.contacts or connection.execute(select(contact.c.contact_id).limit(1)).first() is not None:
        return None
    return take_contacts(connection, profile, now)


def contact_lines(connection: Connection, profile: Profile, today: date) -> list[Line]:
    """What `take_contacts` would do, one line a contact that changes; nothing is written."""
    listing, refused = _listing(profile, places(connection))
    made = planned(connection, listing, today)
    asked = {one.mine.stay for one in made.asks if one.kind in ("differs", "held")}
    lines = [Line("refused", row.unit_code, f"{FILE}:{row.line} {words}") for row, words in refused]
    lines += [Line("taken", row.region_code, f"+ {_words(row)}") for row in made.inserts]
    lines += [
        Line("taken", row.region_code, f"{_words(known.contact)} → {_words(row)}")
        for known, row in made.revisions
    ]
    lines += [
        Line("taken", known.contact.region_code, f"{_words(known.contact)} ends {day}, then {heir.address}")
        for known, day, heir in made.ends
        if known.contact.stay not in asked
    ]
    return lines + [Line("asked", one.mine.region_code, _question(one)) for one in made.asks]


_NEEDED: Final = frozenset({"units.csv", "places.csv", "own_unit", "addressees.levels", "addressees.kinds"})


def check_contacts(profile: Profile, findings: Findings) -> None:
    """What intake would not take of the profile's contacts, and those that no letter goes to."""
    # Without units or this office every contact would be a fault; what is wrong with these is said already.
    if not profile.addressees() or findings.lacking & _NEEDED:
        return
    said = {one.line for one in findings if one.file == FILE}
    _, refused = _listing(profile, profile_places(profile))
    for row, words in ((row, words) for row, words in refused if row.line not in said):
        findings.add(FILE, row.line, "the contact cannot be taken", expected=words, got=row.address)
    for row, expected in _unused(profile):
        findings.add(FILE, row.line, "a contact that no letter goes to", expected=expected, got=row.unit_code)


def without_contacts(profile: Profile) -> list[str]:
    """The addressed units that contacts.csv names nobody of, by code."""
    told = {row.unit_code for row in profile.contacts if row.role == "to"}
    return sorted({unit.unit_code for unit in profile.addressees()} - told)


def lacks_superior(profile: Profile) -> bool:
    """Whether 反馈单 go to the unit above as well, and contacts.csv names nobody of it."""
    superior = profile.told_superior
    return bool(superior) and (superior, "province") not in {
        (row.unit_code, row.role) for row in profile.contacts
    }


def _unused(profile: Profile) -> Iterator[tuple[ProfileContact, str]]:
    addressed = {unit.unit_code for unit in profile.addressees()}
    above = {profile.upper_unit(unit).unit_code for unit in profile.addressees()}
    above |= {profile.told_superior} - {""}
    wanted = {
        "to": (addressed, "an addressed unit"),
        "cc": (addressed, "an addressed unit"),
        "province": (above, "a unit above an addressed one"),
        "leader": ({profile.own_unit}, f"this office, {profile.own_unit}"),
        "duty": ({profile.own_unit}, f"this office, {profile.own_unit}"),
    }
    known = {unit.unit_code for unit in profile.units}
    for row in profile.contacts:
        if row.role in wanted and row.unit_code in known - wanted[row.role][0]:
            yield row, wanted[row.role][1]


def _listing(profile: Profile, known: Places) -> tuple[Listing, list[tuple[ProfileContact, str]]]:
    """The profile's contacts as a source's list, and the rows that intake does not take, each with the reason."""
    texts = [_texts(row) for row in profile.contacts]
    names = (*CONTACTS.names, DATA_ORIGIN)
    table = pd.DataFrame(
        {name: pd.array([row.get(name, "") for row in texts], dtype="str") for name in names}
    )
    if table.empty:
        return Listing(SOURCE, (), is_whole=True), []
    checked = check(CONTACTS, table, known)
    refused = [
        (row, f"{checked.reasons[bad][0]}: {checked.reasons[bad][1]}")
        for row, bad in zip(profile.contacts, checked.reject.tolist(), strict=True)
        if bad >= 0
    ]
    unreadable = "\n".join(row.address for row, _ in refused)
    return Listing(SOURCE, contacts_of(checked.rows[checked.is_good]), True, unreadable), refused


def _texts(row: ProfileContact) -> dict[str, str]:
    return {
        "region_code": row.unit_code,
        "role": row.role,
        "name": row.name,
        "address": row.address,
        "phone": row.phone,
        "valid_from": str(row.valid_from or SINCE),
        "valid_to": str(row.valid_to or ""),
    }


def _words(row: Contact) -> str:
    until = f" until {row.valid_to}" if row.valid_to else ""
    return f"{row.role} {row.name} <{row.address}>{until}"


def _question(one: Ask) -> str:
    told = f" → {_words(one.told)}" if one.told is not None else " is no longer in the profile"
    return f"{_words(one.mine)}{told} ({one.kind}: contacts questions)"

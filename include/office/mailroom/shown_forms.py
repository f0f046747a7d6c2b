"""The forms of a mail as a person sees them before taking any: whose letter and unit each belongs to, what its lines say, and whether the
sender may become a contact of that unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, or_, select

from include.office.form_rows import FormLine, form_lines
from include.office.mailroom.answers import FoundForm, is_known_form
from include.office.mailroom.matching import letter_by_key, units_of
from include.store import tables

_contact = tables.contact.c


@dataclass(frozen=True)
class ShownForm:
    """One form of a mail. `place`: among its forms; `number`, `unit_code`, `unit_name`: of the letter that it belongs to; `lines` by
    their number in the sheet; `is_known`: these bytes were taken before; `fault`: why it cannot be taken."""

    place: int
    name: str
    letter_key: str = ""
    letter_id: int | None = None
    number: str = ""
    unit_code: str = ""
    unit_name: str = ""
    lines: tuple[tuple[int, FormLine], ...] = ()
    inspected: int = 0
    is_known: bool = False
    fault: str = ""

    @property
    def may_be_taken(self) -> bool:
        """Whether it is a form of a letter that left, with something in it that was not taken before."""
        return bool(self.letter_id and (self.lines or self.inspected) and not self.is_known)


def shown_forms(connection: Connection, forms: Sequence[FoundForm]) -> tuple[ShownForm, ...]:
    """The forms in the order of the mail."""
    return tuple(_shown(connection, place, found) for place, found in enumerate(forms))


def _shown(connection: Connection, place: int, found: FoundForm) -> ShownForm:
    letter = letter_by_key(connection, found.form.letter.key, "form") if found.form else None
    if found.form is None or letter is None:
        return ShownForm(place, found.attached.name, fault=found.fault)
    delivery = found.form.delivery
    own, city = tables.letter.c, tables.city.c
    number = connection.execute(select(own.number).where(own.letter_id == letter.letter_id)).scalar_one()
    name = connection.execute(
        select(city.unit_name).where(city.unit_code == letter.unit_code)
    ).scalar_one_or_none()
    return ShownForm(
        place,
        found.attached.name,
        letter.letter_key,
        letter.letter_id,
        str(number or ""),
        letter.unit_code or "",
        str(name or letter.unit_code or ""),
        tuple(form_lines(delivery.seen(), {}).items()),
        len(delivery.inspected),
        is_known_form(connection, found.attached.sha256, letter.letter_id),
    )


def may_become_contact(connection: Connection, sender: str, unit_code: str, on_date: date) -> bool:
    """Whether a person may make this sender a contact of the unit by a click: of the domain of one of its contacts of that day, and no
    contact of any unit yet."""
    domain = sender.rpartition("@")[2].lower()
    if not domain or units_of(connection, sender, on_date):
        return False
    known = (
        select(_contact.address)
        .where(_contact.region_code == unit_code, func.lower(_contact.address).like(f"%@{domain}"))
        .where(_contact.valid_from <= on_date, or_(_contact.valid_to.is_(None), _contact.valid_to > on_date))
    )
    addresses = connection.execute(known).scalars()
    return any(str(one).rpartition("@")[2].lower() == domain for one in addresses)

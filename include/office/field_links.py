"""The links of the phone page as the office makes them: the key, the word of a letter's link, to whom a code may be mailed."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, or_, select

from include.chain.figures import ASKING, LEADER, OPERATORS
from include.field.links import link_word
from include.house import House
from include.office.register import LETTER_TYPES
from include.post.drafts import find
from include.post.recipients import address_problem
from include.profile.current import office
from include.rules import FIELD
from include.store import tables
from include.store.engine import reading
from include.store.field_tables import field_key
from include.store.keys import kept_key
from include.supervision.figures import from_json


def link_key(engine: Engine, now: datetime) -> bytes:
    """The key of links and codes; made by whoever asks first, the same ever after."""
    return kept_key(engine, field_key, now)


def last_date(issued_on: date) -> date:
    """The last day of a link."""
    return issued_on + FIELD.link_life


def reply_link(house: House, key: bytes | None, figures: Any, issued_on: date | None) -> str:
    """The address that a letter names for its unit; empty for a preview, for a letter that asks nothing, and without a page."""
    if not house.field.is_on or key is None or issued_on is None or not asks(figures):
        return ""
    word = link_word(key, figures.letter_key, speaking_unit(figures.unit_code), last_date(issued_on))
    return f"{house.field.url}/f/{word}"


def link_of(house: House, letter_id: int, now: datetime) -> str:
    """The address that a released letter names, or empty."""
    with reading(house.engine) as connection:
        letter = find(connection, letter_id)
    if letter.kind not in asking_kinds() or letter.state != "released":
        return ""
    figures = from_json(LETTER_TYPES[letter.kind].figures, letter.figures_json)
    return reply_link(house, link_key(house.engine, now), figures, letter.issued_on)


def contacts_of(connection: Connection, unit_code: str, on_date: date) -> dict[str, tuple[str, str]]:
    """Name and address of the unit's contacts who can be mailed on a date, by what the page calls them."""
    own = tables.contact.c
    roles = ("leader", "duty") if unit_code == office().own_unit else ("to", "cc")
    rows = connection.execute(
        select(own.name, own.address)
        .where(own.region_code == unit_code, own.role.in_(roles))
        .where(own.valid_from <= on_date, or_(own.valid_to.is_(None), own.valid_to > on_date))
        .order_by(own.role.desc(), own.address)
    )
    found: dict[str, tuple[str, str]] = {}
    for name, address in rows:
        if not address_problem(address.strip()):
            told = hashlib.sha256(f"{unit_code}\n{address.strip().lower()}".encode()).hexdigest()[:12]
            found.setdefault(told, (name, address.strip()))
    return found


def contact_label(name: str, address: str) -> str:
    """What is shown of a contact: `张三 <z***@yq.example>`."""
    local, _, domain = address.partition("@")
    return f"{name[:64]} <{local[:1]}***@{domain}>"


def asking_kinds() -> tuple[str, ...]:
    """The kinds of letters that may bring an answer form, or ask for a step of a chain."""
    return tuple(
        name
        for name, one in LETTER_TYPES.items()
        if name in ASKING or "form" in {field.name for field in fields(one.figures)}
    )


def asks(figures: Any) -> bool:
    """Whether these frozen figures ask for an answer."""
    return bool(getattr(figures, "form", ())) or getattr(figures, "kind", "") in ASKING


def speaking_unit(unit_code: str | None) -> str:
    """The unit that speaks by a letter's link: the one that it went to; of a letter to this office's own people this office."""
    return office().own_unit if unit_code in (None, "", OPERATORS, LEADER) else str(unit_code)

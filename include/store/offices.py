"""Which office a store belongs to, what its profile filled it with, and the office as the store knows it by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import Connection, Engine, insert, inspect, select

from include.act import Act
from include.errors import InputError
from include.profile.current import latest_told_office, use
from include.profile.values import Place, Profile, Stay, Unit
from include.store import places, units
from include.store.dated_records import SINCE_EVER, Difference
from include.store.engine import reading
from include.store.tables import region_member
from include.store.unit_tables import installation, place, place_change, unit, unit_change


def take_profile(connection: Connection, profile: Profile) -> None:
    """Fills a store that was never filled; leaves any other as it is. Raises InputError for a store of another profile."""
    if connection.execute(select(installation)).first() is None:
        connection.execute(
            insert(installation).values(installation_id=1, profile=profile.name, own_unit=profile.own_unit)
        )
        units.take_units(connection, profile)
    require_profile(connection, profile)
    # A store of before had no places.
    if connection.execute(select(place.c.place_code).limit(1)).first() is None:
        places.take_places(connection, profile)


def require_profile(connection: Connection, profile: Profile) -> None:
    """Raises InputError where the store belongs to another profile than this process."""
    known = connection.execute(select(installation.c.profile, installation.c.own_unit)).one_or_none()
    if known is not None and known != (profile.name, profile.own_unit):
        raise InputError(
            "the store belongs to another office",
            where="variable profile",
            expected=f"{known.profile} ({known.own_unit})",
            got=f"{profile.name} ({profile.own_unit})",
            todo="name the store's profile, or another store",
        )


def differences(connection: Connection, profile: Profile) -> list[Difference]:
    """Where the profile says otherwise than the store: places, then units, by code."""
    return [*places.differences(connection, profile), *units.differences(connection, profile)]


@dataclass(frozen=True)
class Applied:
    """`left`: differences for a person; `refused`: what does not fit to what an operator made of others, the reason by code."""

    left: tuple[Difference, ...]
    refused: Mapping[str, str]


def apply_profile(connection: Connection, profile: Profile, act: Act) -> Applied:
    """Takes over what the profile says of places and units that no operator changed."""
    left: list[Difference] = []
    refused: dict[str, str] = {}
    for kind in (places, units):  # a unit lies in a place
        found = kind.differences(connection, profile)
        left += [one for one in found if one.is_for_person]
        refused |= kind.take_differences(connection, [one for one in found if not one.is_for_person], act)
    return Applied(tuple(left), refused)


def keep_ours(connection: Connection, profile: Profile, code: str, act: Act) -> None:
    """Decides that ours stands against what the profile says of the unit or place now. Raises InputError where they do not differ."""
    found = [one for one in differences(connection, profile) if one.code == code]
    if not found:
        raise InputError("the profile says the same", where=f"unit or place {code}", expected="a difference")
    for one in found:
        (places if one.subject == "place" else units).keep_ours(connection, one, act)


def adopt_office(engine: Engine) -> None:
    """From now on the office of this process is its profile, as its files say it by now, with the places, units and regions that the
    store has by now. Raises InputError where the store belongs to another profile. Where nobody changed anything, three small
    statements."""
    profile = latest_told_office()
    with reading(engine) as connection:
        if not inspect(connection).has_table(place_change.name):
            return  # what asks the store next says that it is of before, or empty
        require_profile(connection, profile)
        is_changed = any(
            connection.execute(select(table.c.change_id).limit(1)).first() is not None
            for table in (unit_change, place_change)
        )
        use(profile, _kept(profile, *_rows(connection, profile)) if is_changed else None)


def _rows(
    connection: Connection, profile: Profile
) -> tuple[tuple[Place, ...], tuple[Unit, ...], tuple[Stay, ...], frozenset[str]]:
    """The places, units and regions of the store, and the units that an operator added."""
    told = {one.unit_code: one for one in profile.units}
    rows = connection.execute(select(unit).order_by(unit.c.unit_code, unit.c.valid_from)).mappings().all()
    kept = tuple(
        Unit(
            row["unit_code"],
            row["name"],
            row["bureau"],
            row["kind"],
            row["place_code"],
            row["reports_to"] or "",
            row["address_form"],
            told[row["unit_code"]].aliases if row["unit_code"] in told else (),
            told[row["unit_code"]].name_en if row["unit_code"] in told else "",
            None if row["valid_from"] == SINCE_EVER else row["valid_from"],
            row["valid_to"],
        )
        for row in rows
    )
    stays = select(region_member).order_by(region_member.c.unit_code, region_member.c.valid_from)
    regions = tuple(
        Stay(row["region"], row["unit_code"], row["valid_from"], row["valid_to"])
        for row in connection.execute(stays).mappings()
    )
    added = frozenset(row["unit_code"] for row in rows if row["is_addressed"]) - {*told}
    return places.places_of(connection), kept, regions, added


@lru_cache(maxsize=4)
def _kept(
    profile: Profile,
    places: tuple[Place, ...],
    units: tuple[Unit, ...],
    regions: tuple[Stay, ...],
    added: frozenset[str],
) -> Profile:
    """One value for one content: what was made of it (outlines by unit, names) is made once."""
    return replace(profile, places=places, units=units, regions=regions, added_units=added)

"""Units that a file names and the store does not have: a watch may stand anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from include.profile.current import office
from include.profile.values import Profile
from include.sources.places import Places, places
from include.store.tables import city

LONGEST_CODE: Final = 32
# A code is opaque text: letters and figures of any script, and - _ . inside.
_UNIT: Final = re.compile(rf"\w[\w.-]{{0,{LONGEST_CODE - 1}}}")


def unknown_units(known: Places, codes: Iterable[str]) -> list[str]:
    """Those of the names that the store does not have and that a unit may have."""
    return sorted({code for code in codes if _UNIT.fullmatch(code)} - set(known.cities))


def with_units(known: Places, codes: Iterable[str]) -> Places:
    """Places that also have these units, as they would be registered."""
    return replace(known, cities={**{code: code for code in codes}, **known.cities})


def register_units(connection: Connection, codes: Iterable[str]) -> list[str]:
    """Adds units that the store does not have, under their code as name; returns those added. Which places belong to a key
    region is another table."""
    wanted = unknown_units(places(connection), codes)
    for code in wanted:
        above = _above(office(), code)
        connection.execute(
            city.insert().values(
                unit_code=code, unit_name=code, province_code=above[0], province_name=above[1]
            )
        )
    return wanted


def _above(profile: Profile, code: str) -> tuple[str, str]:
    """Code and name of the unit of the nearest place around it, where the code is a place of the profile; else it stands for itself,
    as it does where that unit is this office."""
    around = {place.place_code: place.parent_code for place in profile.places}
    units = {unit.place_code: unit for unit in profile.units if unit.kind != "department"}
    at, seen = around.get(code, ""), set[str]()
    while at and at not in units and at not in seen:
        seen.add(at)
        at = around.get(at, "")
    found = units.get(at)
    return (
        (code, code)
        if found is None or found.unit_code == profile.own_unit
        else (found.unit_code, found.name)
    )

"""The counties of each unit: a fixed list from the outlines, the grids or the profile, so that naming one tells nothing of its alarms."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, select

from include.geo.boundaries import counties
from include.profile.current import office
from include.store.tables import grid

# Alarms of a unit in no county of the list: functional zones, or a name written otherwise.
ELSEWHERE: Final = "（其他）"


def counties_by_unit(connection: Connection, unit_codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The names of a unit's counties: those with an outline; where there is none those of its grids; where there is none either, the
    places that the profile names in the unit's own."""
    outlines = counties(unit_codes)
    drawn = outlines.groupby("unit_code")["county_name"].apply(lambda names: tuple(sorted(names))).to_dict()
    query = select(grid.c.unit_code, grid.c.county).distinct().where(grid.c.unit_code.in_(list(unit_codes)))
    told: dict[str, set[str]] = {}
    for code, name in connection.execute(query):
        told.setdefault(str(code), set()).add(str(name))
    return {
        code: drawn.get(code) or tuple(sorted(told.get(code, ()))) or _named_by_profile(code)
        for code in unit_codes
    }


def _named_by_profile(unit_code: str) -> tuple[str, ...]:
    unit = office().unit(unit_code)
    if unit is None:
        return ()
    return tuple(sorted({place.name for place in office().places if place.parent_code == unit.place_code}))

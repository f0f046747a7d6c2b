"""Units and places as an operator sees them, and where the profile says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd
from sqlalchemy import Connection

from include.act import Act
from include.profile.current import latest_told_office
from include.sources.succession import take_over
from include.store.dated_records import Difference
from include.store.offices import differences
from include.store.statements import frame
from include.store.successors import Successor, successors
from include.store.units import end_unit


def units_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a unit that holds on a date (sql/units_on.sql)."""
    return frame(connection, "units_on", on_date=on_date)


def places_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a place that holds on a date (sql/places_on.sql)."""
    return frame(connection, "places_on", on_date=on_date)


def close_unit(connection: Connection, unit_code: str, on: date, successor_code: str, act: Act) -> None:
    """A unit is no more from a date on; with a successor, that one answers what is open then and what is pushed later. Raises
    InputError."""
    end_unit(connection, unit_code, on, act, is_succeeded=bool(successor_code))
    if successor_code:
        take_over(connection, unit_code, Successor(successor_code, on), "", act)


def successors_told(connection: Connection) -> list[tuple[str, str, str, date]]:
    """Who answers for units that ended: unit_code, county (empty: the rest), code of the successor, the first date; by unit and county."""
    return [
        (unit_code, county, one.successor_code, one.since_date)
        for (unit_code, county), one in sorted(successors(connection).items())
    ]


def undecided(connection: Connection) -> list[Difference]:
    """The units and places that the profile says otherwise and an operator changed, or that left it: a person decides."""
    return [one for one in differences(connection, latest_told_office()) if one.waits]


def words_of(one: Difference) -> Iterator[str]:
    """What differs, one line a field or membership: ours → the profile's."""
    ours, told = (record["rows"][-1] if record["rows"] else {} for record in (one.ours, one.told))
    for name in sorted({*ours, *told} - {"fixed_by"}):
        if ours.get(name) != told.get(name):
            yield f"{name}: {ours.get(name, '—')} → {told.get(name, '—')}"
    before, after = (
        [
            f"{stay['region']} {stay['valid_from']}–{stay['valid_to'] or ''}"
            for stay in record.get("regions", ())
        ]
        for record in (one.ours, one.told)
    )
    if before != after:
        yield f"regions: {', '.join(before) or '—'} → {', '.join(after) or '—'}"
    if len(one.ours["rows"]) != len(one.told["rows"]):
        yield f"rows: {len(one.ours['rows'])} → {len(one.told['rows'])}"

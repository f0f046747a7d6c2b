"""Units and places as an operator sees them, and where the profile says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd
from sqlalchemy import Connection

from include.profile.current import latest_told_office
from include.store.dated_records import Difference
from include.store.offices import differences
from include.store.statements import frame


def units_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a unit that holds on a date (sql/units_on.sql)."""
    return frame(connection, "units_on", on_date=on_date)


def places_on(connection: Connection, on_date: date) -> pd.DataFrame:
    """One row a place that holds on a date (sql/places_on.sql)."""
    return frame(connection, "places_on", on_date=on_date)


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

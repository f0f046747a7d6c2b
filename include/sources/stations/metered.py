"""Meters of enterprises that the store does not have: their hours are kept, not used, and named until the enterprise comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
from sqlalchemy import Connection, select

from include.language import say
from include.sources.stations.faults import METER_FIELD, MORE_METERS, UNKNOWN_METER, Fault
from include.store.air_tables import enterprise

MOST_NAMED: Final = 200  # enterprises of one file
_PARAMETERS: Final = 500


def unknown_meters(connection: Connection, enterprise_ids: pd.Series, origin: str) -> list[Fault]:
    """One fault an unknown enterprise, by its number, with its rows; beyond `MOST_NAMED` the others are one fault together.
    `enterprise_ids`: one a row of the file `origin`."""
    counts = enterprise_ids.astype(str).value_counts()
    counts = counts[counts > 0].sort_index()
    strange = counts[~counts.index.isin(_known(connection, list(counts.index)))]
    named, others = strange.iloc[:MOST_NAMED], strange.iloc[MOST_NAMED:]
    faults = [
        Fault(origin, METER_FIELD, UNKNOWN_METER, str(name), 0, int(rows)) for name, rows in named.items()
    ]
    if len(others):
        value = say("{name}等{count}家", name=others.index[0], count=len(others))
        faults.append(Fault(origin, METER_FIELD, MORE_METERS, value, 0, int(others.sum())))
    return faults


def _known(connection: Connection, enterprise_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(enterprise_ids), _PARAMETERS):
        part = enterprise_ids[at : at + _PARAMETERS]
        query = select(enterprise.c.enterprise_id).where(enterprise.c.enterprise_id.in_(part))
        found.update(connection.execute(query).scalars())
    return found

"""Key enterprises (重点企业), and the sites, roads and fires beside them, in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, or_, select

from include.periods import office_date, office_zone
from include.store.air_tables import enterprise
from include.store.statements import frame
from include.store.watch_tables import suspect_place

_PARAMETERS: Final = 500
_BOXES: Final = 100  # rectangles of one question


def key_enterprises(connection: Connection) -> pd.DataFrame:
    """One row an enterprise of all sources, as last imported (sql/enterprises.sql)."""
    return frame(connection, "enterprises")


def suspect_places(connection: Connection, begin_at: datetime, end_at: datetime) -> pd.DataFrame:
    """One row a construction site, road or fire of the time (sql/suspect_places.sql), with `from_at, until_at` (instants)."""
    rows = frame(
        connection,
        "suspect_places",
        begin_at=begin_at,
        end_at=end_at,
        begin_date=office_date(begin_at),
        end_date=office_date(end_at),
    )
    seen = pd.to_datetime(rows["seen_at"], utc=True)
    return rows.assign(
        from_at=_midnights(rows["valid_from"]).fillna(seen), until_at=_midnights(rows["valid_to"])
    )


def has_suspect_places(connection: Connection) -> bool:
    """Whether any site, road or fire was ever imported."""
    return connection.execute(select(suspect_place.c.place_id).limit(1)).first() is not None


def _midnights(dates: pd.Series) -> pd.Series:
    """The first moment of Beijing dates, null where there is none."""
    days = pd.to_datetime(pd.Series(dates.tolist(), index=dates.index, dtype=object), errors="coerce")
    return days.dt.tz_localize(office_zone()).dt.tz_convert("UTC")


def has_enterprises(connection: Connection) -> bool:
    """Whether any key enterprise is known."""
    return connection.execute(select(enterprise.c.enterprise_id).limit(1)).first() is not None


def enterprise_places(
    connection: Connection, boxes: Sequence[tuple[float, float, float, float]]
) -> pd.DataFrame:
    """One row an enterprise of all sources inside any of the rectangles (west, south, east, north in degrees): `enterprise_id, lon,
    lat`, in no order."""
    where = enterprise.c
    rows: list[tuple[str, float, float]] = []
    for at in range(0, len(boxes), _BOXES):
        inside = [
            where.lat.between(south, north) & where.lon.between(west, east)
            for west, south, east, north in boxes[at : at + _BOXES]
        ]
        query = select(where.enterprise_id, where.lon, where.lat).where(or_(*inside))
        rows += map(tuple, connection.execute(query))
    return pd.DataFrame(rows, columns=["enterprise_id", "lon", "lat"])


def enterprises_of(connection: Connection, enterprise_ids: Sequence[str]) -> pd.DataFrame:
    """One row an enterprise of all sources, of those asked for: what it is (sql/enterprises_of.sql)."""
    parts = [
        frame(connection, "enterprises_of", enterprise_ids=tuple(enterprise_ids[at : at + _PARAMETERS]))
        for at in range(0, max(len(enterprise_ids), 1), _PARAMETERS)
    ]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return found.sort_values(["source", "enterprise_id"], ignore_index=True)

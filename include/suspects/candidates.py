"""Who may be suspected: enterprises, construction sites and roads, fires seen from space, former problems of the grid."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from include.suspects.places import placed

COLUMNS: Final = ["candidate_id", "kind", "name", "industry", "lon", "lat", "grid_id", "from_at", "until_at"]


def enterprises_as_candidates(enterprises: pd.DataFrame) -> pd.DataFrame:
    """`enterprise_id, name, industry, lon, lat` (WGS84), one row an enterprise."""
    return _candidates(enterprises, "enterprise", "enterprise_id")


def places_as_candidates(places: pd.DataFrame) -> pd.DataFrame:
    """Construction sites (`site`), roads (`road`, a point each) and fires seen from space (`fire`): `kind, place_id, name, lon,
    lat, from_at, until_at` (instants or null: a site from its first to its last moment, a fire from the moment it was seen)."""
    parts = []
    for kind, own in places.groupby("kind", sort=True):
        found = _candidates(own, str(kind), "place_id")
        parts.append(
            found.assign(
                from_at=pd.to_datetime(own["from_at"], utc=True).to_numpy(),
                until_at=pd.to_datetime(own["until_at"], utc=True).to_numpy(),
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else _candidates(places, "site", "place_id")


def problems_as_candidates(problems: pd.DataFrame) -> pd.DataFrame:
    """Former problems: `problem_id, grid_id, category, lon, lat, found_at, accepted_at` (null: open); each speaks for alarms
    of its own grid only, whatever its category."""
    found = _candidates(problems.rename(columns={"category": "name"}), "problem", "problem_id")
    return found.assign(
        grid_id=problems["grid_id"].astype(str).to_numpy(),
        from_at=pd.to_datetime(problems["found_at"], utc=True).to_numpy(),
        until_at=pd.to_datetime(problems["accepted_at"], utc=True).to_numpy(),
    )


def joined(*tables: pd.DataFrame) -> pd.DataFrame:
    """One table of candidates, in a fixed order; of two with one kind and identifier the first counts."""
    found: list[pd.DataFrame] = [table for table in tables if len(table)]
    if not found:
        return _candidates(pd.DataFrame(columns=["place_id", "name", "lon", "lat"]), "site", "place_id")
    rows = pd.concat(found, ignore_index=True)
    rows = rows.drop_duplicates(["kind", "candidate_id"]).sort_values(["kind", "candidate_id"])
    return pd.DataFrame(rows).reset_index(drop=True)


def _candidates(rows: pd.DataFrame, kind: str, identifier: str) -> pd.DataFrame:
    usable = placed(rows) if len(rows) else np.zeros(0, bool)
    never = pd.Series(pd.NaT, index=range(len(rows))).dt.tz_localize("UTC")

    def text(name: str) -> pd.Series:
        told = rows[name].tolist() if name in rows else [""] * len(rows)
        return pd.Series(["" if pd.isna(one) else str(one) for one in told], dtype=object)

    def degrees(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        values = pd.to_numeric(rows[name], errors="coerce").to_numpy(float, na_value=np.nan)
        return np.where(usable, values, np.nan)

    columns = {
        "candidate_id": pd.Series([str(one) for one in rows[identifier].tolist()], dtype=object),
        "kind": pd.Series([kind] * len(rows), dtype=object),
        "name": text("name"),
        "industry": text("industry"),
        "lon": degrees("lon"),
        "lat": degrees("lat"),
        "grid_id": pd.Series([""] * len(rows), dtype=object),
        "from_at": never,
        "until_at": never,
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS})

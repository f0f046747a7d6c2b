"""Whether coordinates are of another datum than was said: points that lie in the county that their row names only when they are
read in the other datum, and hardly any that lie in it only as said."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely

from include.geo.boundaries import counties
from include.geo.datum import DATUMS, from_wgs84, to_wgs84

_FEWEST: Final = 3  # points that speak for the other datum
_TIMES: Final = 4  # as many as speak against it


def doubt(rows: pd.DataFrame, datum: str) -> str:
    """What is to be said (Chinese) about rows (`lon, lat` WGS84 by the told datum, `unit_code`, `county` as told); empty for
    nothing."""
    outlines = counties().set_index(["unit_code", "county_name"]).geometry
    outlines = outlines[~outlines.index.duplicated()]
    named = pd.MultiIndex.from_arrays([rows["unit_code"], rows["county"]])
    shapes = outlines.reindex(named).to_numpy()
    is_known = np.array([shape is not None for shape in shapes]) & rows["lon"].notna().to_numpy()
    if is_known.sum() < _FEWEST:
        return ""
    lon, lat = (rows[name].to_numpy(dtype=float)[is_known] for name in ("lon", "lat"))
    shapes = shapes[is_known]
    is_inside = shapely.contains_xy(shapes, lon, lat)
    as_written = (lon, lat) if datum == "WGS84" else from_wgs84(lon, lat, datum)
    best = ("", 0, 0)
    for other in DATUMS:
        if other != datum:
            x, y = as_written if other == "WGS84" else to_wgs84(as_written[0], as_written[1], other)
            is_other = shapely.contains_xy(shapes, x, y)
            gained, lost = int((is_other & ~is_inside).sum()), int((is_inside & ~is_other).sum())
            if gained - lost > best[1] - best[2]:
                best = (other, gained, lost)
    other, gained, lost = best
    if gained < _FEWEST or gained < _TIMES * lost:
        return ""
    return f"坐标系存疑：按{datum}有{gained}处在所填区县以外，而按{other}都在其内（相反的{lost}处），请核对坐标系"

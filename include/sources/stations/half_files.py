"""Text files whose last line has no line end: whole ones often end so, and so does half a file."""

from __future__ import annotations

from typing import Final

import pandas as pd

from include.language import say
from include.periods import office_zone
from include.sources.layout import Layout
from include.sources.stations.faults import Fault
from include.sources.stations.hours import HourRows

UNENDED: Final = "末行没有换行（可能是半个文件），已照读；若与已存的值不同则不采用"
HALF: Final = "末行没有换行，可能是半个文件：与已存的值不同，未采用；确为更正的，补上行末换行后重新导入"


def leave_half_out(whole: HourRows, stored: pd.DataFrame, layout: Layout, origin: str) -> None:
    """Takes the hour of a last line without a line end out where it would put another value in the place of a stored one:
    many whole files end so, and so does half a file, whose last number is cut (12 → 1). `stored`: the hours of its time."""
    if whole.unended is None:
        return
    key, hour = whole.unended
    name = layout.key[0]
    told = (whole.rows[name] == key) & (whole.rows["hour"] == hour)
    before = stored[stored[name].astype("str") == key]
    if before.empty or not told.any():
        return
    values = [column for column in stored.columns if column in whole.rows and column not in (name, "hour")]
    new, old = (rows[values].iloc[0].astype("float32") for rows in (whole.rows[told], before))
    if new.equals(old):
        return
    is_changed = ~((new == old) | (new.isna() & old.isna()))
    changed = str(is_changed.idxmax())
    row = say("，").join(f"{column}={old[column]:g}→{new[column]:g}" for column in new.index[is_changed])
    label = hour.tz_convert(office_zone()).isoformat()
    whole.faults.append(
        Fault(
            origin,
            changed,
            HALF,
            f"{new[changed]:g}",
            0,
            row=say("{key} {label} {row}（已存→本文件）", key=key, label=label, row=row),
        )
    )
    whole.rows = whole.rows[~told].reset_index(drop=True)

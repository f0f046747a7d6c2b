"""Hours under dust: one row an hour of a city, `unit_code, hour, is_dust`; `hour` an ISO 8601 time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pandas as pd

from include.former_names import former
from include.sources.air.clock import Clock
from include.sources.air.faults import faults_of
from include.sources.air.reading import Reading
from include.sources.air.values import VALUE_COLUMNS
from include.sources.delivery import Chunk
from include.sources.reading.characters import narrow

_NO_FLAG: Final = "不是1或0，整行未用"


def read_dust(chunk: Chunk, codes: Iterable[str], clock: Clock) -> Reading:
    """The rows of a piece: `quantity` is_dust, `value` 1 or 0."""
    raw = chunk.rows.set_axis(range(len(chunk.rows))).astype("str")
    told = raw["unit_code" if "unit_code" in raw else former("unit_code")]
    rows = pd.DataFrame({"line": chunk.lines, "place_id": narrow(told.str.strip())}, index=raw.index)
    rows, faults = clock.timed(rows.assign(is_dust=raw["is_dust"]), raw)
    is_known = rows["place_id"].isin(list(codes))
    skipped = Counter(rows.loc[~is_known, "place_id"].tolist())
    rows = rows[is_known]
    flags = narrow(rows["is_dust"].str.strip())
    is_flag = flags.isin(["0", "1"])
    faults += faults_of(rows[~is_flag], "is_dust", _NO_FLAG, "is_dust")
    values = rows[is_flag].assign(quantity="is_dust", value=flags[is_flag].astype(float))
    return Reading(values[list(VALUE_COLUMNS)], tuple(faults), skipped)

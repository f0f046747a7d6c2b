"""Sub-meters that give their register's reading (kWh) for a power (kW), seen in the hours of one file."""

from __future__ import annotations

from typing import Final

import pandas as pd

from include.language import say
from include.sources.stations.faults import Fault

# The same as of `include.suspects.meters.is_register`: over a day never falls, and rises in half of its hours.
_LEAST_HOURS: Final = 24
_LEAST_STEPS: Final = 12
ON: Final = "数值只升不降（电表累计读数，千瓦时），已保存，不参与计算"
BACK: Final = "数值只降不升（电表反转的累计读数，千瓦时），已保存，不参与计算"


def register_faults(rows: pd.DataFrame, origin: str) -> list[Fault]:
    """One fault a meter and column of `rows` (enterprise_id, hour, production_kw, treatment_kw; one row an hour of a meter)
    whose values, in order of time, only rise or only fall."""
    found: list[Fault] = []
    ordered = rows.sort_values(["enterprise_id", "hour"])
    for name in ("production_kw", "treatment_kw"):
        told = ordered[ordered[name].notna()]
        ids = told["enterprise_id"].astype(str)
        step = told[name].groupby(ids).diff()
        counts = pd.DataFrame({"up": step > 0, "down": step < 0}).groupby(ids).sum()
        counts["hours"], counts["last"] = ids.groupby(ids).size(), told[name].groupby(ids).last()
        for reason, more, less in ((ON, "up", "down"), (BACK, "down", "up")):
            is_one = (counts["hours"] >= _LEAST_HOURS) & (counts[more] >= _LEAST_STEPS) & (counts[less] == 0)
            found += [
                Fault(
                    origin,
                    name,
                    say("{reason}（{key}）", reason=reason, key=key),
                    f"{one['last']:g}",
                    0,
                    int(one["hours"]),
                )
                for key, one in counts[is_one].iterrows()
            ]
    return found

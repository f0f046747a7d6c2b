"""What the surroundings of one grid in one hour were made of: every neighbour with its level and its share."""

from typing import Final

import numpy as np
import pandas as pd

from include.watch.background import kriged
from include.watch.days import gains_of_network
from include.watch.network import StationOrder, networks, station_order
from include.watch.one_hour import node_air
from include.watch.readings import epoch_hour, instants, read
from include.watch.rules import WatchRules

COLUMNS: Final = ["neighbour", "kind", "distance_km", "level_ug_m3", "share", "residual_log"]


def neighbours(
    stations: pd.DataFrame | StationOrder,
    hours: pd.DataFrame,
    gains: pd.DataFrame,
    grid_id: str,
    at: object,
    rules: WatchRules,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """One row a neighbour that spoke (columns `COLUMNS`), the nearest first; and `middle_log`, `mean_log`, `sd_log`: mean = middle + the
    sum of share x residual, ln(c + offset_ug_m3).

    `hours` must hold `rules.quality.memory_hours` before `at`, `gains` the rows of its day. Raises KeyError for another grid.
    """
    hour = epoch_hour(at)
    order = station_order(stations)
    day = instants(np.array([hour])).tz_convert(rules.zone)[0].date()
    network = networks(order, [day], rules.background)[day]
    if grid_id not in network.grid_ids:
        raise KeyError(grid_id)
    known = gains_of_network(gains[gains["date"] == day], network)
    readings = read(hours, order.table["station_id"], hour, hour + 1, rules.quality)
    level, variance = node_air(readings, 0, network, known, rules)
    found = kriged(level, variance, network, rules.background)
    own = network.grid_ids.index(grid_id)
    near = network.near[own]
    names = [*network.grid_ids, *(network.station_ids[k] for k in network.first[network.grids :])]
    rows = pd.DataFrame(
        {
            "neighbour": [names[node] for node in near],
            "kind": np.where(near < network.grids, "grid", "official"),
            "distance_km": network.near_km[own],
            "level_ug_m3": np.exp(level[near]) - rules.background.offset_ug_m3,
            "share": found.share[own],
            "residual_log": found.residual[own],
        }
    )
    terms = {
        "offset_ug_m3": rules.background.offset_ug_m3,
        "middle_log": float(found.middle[own]),
        "mean_log": float(found.mean[own]),
        "sd_log": float(found.sd[own]),
    }
    return rows[rows["residual_log"].notna()].reset_index(drop=True), terms

"""What a watch must find: the excess of each station and grid, hot hours, true events and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.watch_world.emissions import UNLISTED, Emissions
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground
from include.simulator.watch_world.weather import Field, hours_of, moments_of

HOT_UG_M3: Final = 25.0
HOT_SHARE: Final = 0.30
_GAP_HOURS: Final = 3
_LEAST_HOT_HOURS: Final = 2
_TOLD_FROM_UG_M3: Final = 3.0
_ROUNDS: Final = 25  # of halving the interval of the strength


@dataclass(frozen=True)
class Truth:
    """The frames of the truth's files: true_events, grid_excess, station_excess, emissions (hours as wall times)."""

    true_events: pd.DataFrame
    grid_excess: pd.DataFrame
    station_excess: pd.DataFrame
    emissions: pd.DataFrame


def excess_field(options: WorldOptions, ground: Ground, reached: pd.DataFrame) -> Field:
    """Hours × stations: the sum of what all sources bring, relative."""
    field = np.zeros((options.hours, len(ground.stations)), np.float32)
    np.add.at(field, (reached["hour"].to_numpy(), reached["station"].to_numpy()), reached["value"].to_numpy())
    return field


def strength(
    options: WorldOptions, ground: Ground, relative: Field, background: Field, working: NDArray[np.bool_]
) -> float:
    """The factor (µg/m³ a relative unit) at which `hot_hour_share` of the grids' hours are hot."""
    low, high = 1e-6, 1e9
    for _ in range(_ROUNDS * 2):
        middle = float(np.sqrt(low * high))
        share = hot_grids(ground, middle * relative, background, working).mean()
        low, high = (middle, high) if share < options.hot_hour_share else (low, middle)
    return float(np.sqrt(low * high))


def hot_stations(excess: Field, background: Field, working: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Hours × stations that are hot: 25 µg/m³ and 30 % of the true background, at a working station."""
    return np.asarray(working & (excess >= HOT_UG_M3) & (excess >= HOT_SHARE * background))


def hot_grids(
    ground: Ground, excess: Field, background: Field, working: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Hours × grids with a hot station."""
    hot = np.zeros((len(excess), len(ground.grids)), bool)
    hour, station = np.nonzero(hot_stations(excess, background, working))
    grid = ground.stations["grid"].to_numpy()[station]
    hot[hour[grid >= 0], grid[grid >= 0]] = True
    return hot


def make_truth(
    options: WorldOptions,
    ground: Ground,
    emissions: Emissions,
    reached: pd.DataFrame,
    excess: Field,
    stalls: Field,
    background: Field,
    working: NDArray[np.bool_],
) -> Truth:
    """`reached` in µg/m³ (one row a source, station and hour), the other fields hours × stations in µg/m³."""
    hot = hot_grids(ground, excess, background, working)
    events = _events(
        options, ground, emissions, reached, excess, hot, hot_stations(excess, background, working)
    )
    hours = hours_of(options)
    hour, station = np.nonzero(excess >= _TOLD_FROM_UG_M3)
    station_excess = pd.DataFrame(
        {
            "station_id": ground.stations["station_id"].to_numpy()[station],
            "hour": hours[hour],
            "excess_ug_m3": excess[hour, station].round(1),
            "background_ug_m3": background[hour, station].round(1),
            "working": working[hour, station],
        }
    )
    return Truth(
        events,
        _grid_excess(options, ground, excess + stalls, hot),
        station_excess,
        _told(options, emissions, events),
    )


def _grid_excess(options: WorldOptions, ground: Ground, local: Field, hot: NDArray[np.bool_]) -> pd.DataFrame:
    highest = np.zeros(hot.shape, np.float32)
    of_grid = ground.stations["grid"].to_numpy()
    for station in np.flatnonzero(of_grid >= 0):
        np.maximum(highest[:, of_grid[station]], local[:, station], out=highest[:, of_grid[station]])
    hour, grid = np.nonzero(highest >= _TOLD_FROM_UG_M3)
    return pd.DataFrame(
        {
            "grid_id": ground.grids["grid_id"].to_numpy()[grid],
            "hour": hours_of(options)[hour],
            "excess_ug_m3": highest[hour, grid].round(1),
            "hot": hot[hour, grid],
        }
    )


def _events(
    options: WorldOptions,
    ground: Ground,
    emissions: Emissions,
    reached: pd.DataFrame,
    excess: Field,
    hot: NDArray[np.bool_],
    hot_station: NDArray[np.bool_],
) -> pd.DataFrame:
    """Runs of a grid's hot hours with gaps of at most 3 hours and at least 2 hot hours; the largest contributor of each."""
    grid, hour = np.nonzero(hot.T)
    runs = pd.DataFrame({"grid": grid, "hour": hour})
    begins = (runs["grid"] != runs["grid"].shift()) | (runs["hour"] - runs["hour"].shift() > _GAP_HOURS + 1)
    runs["run"] = begins.cumsum()
    of_grid = ground.stations["grid"].to_numpy()
    brought = reached.assign(grid=of_grid[reached["station"]])
    brought = brought[hot_station[brought["hour"], brought["station"]]]
    brought = brought.merge(runs, on=["grid", "hour"])
    brought = brought.assign(source=_names(emissions)[brought["source"]], who=brought["source"])
    by_source = brought.groupby(["run", "source", "who"])["value"].sum().reset_index()
    total = by_source.groupby("run")["value"].sum()
    largest = by_source.sort_values("value").drop_duplicates("run", keep="last").set_index("run")
    peak = pd.Series(excess[brought["hour"], brought["station"]]).groupby(brought["run"].to_numpy()).max()
    rows = runs.groupby("run").agg(
        grid=("grid", "first"), first=("hour", "min"), last=("hour", "max"), hot_hours=("hour", "size")
    )
    rows = rows[rows["hot_hours"] >= _LEAST_HOT_HOURS]
    hours = hours_of(options)
    return pd.DataFrame(
        {
            "truth_id": [f"T{number:05d}" for number in range(1, len(rows) + 1)],
            "grid_id": ground.grids["grid_id"].to_numpy()[rows["grid"]],
            "started_at": hours[rows["first"]],
            "last_at": hours[rows["last"]],
            "hot_hours": rows["hot_hours"].to_numpy(),
            "peak_excess_ug_m3": peak.reindex(rows.index).round(1).to_numpy(),
            "source": largest["source"].reindex(rows.index).to_numpy(),
            "source_share": (largest["value"] / total).reindex(rows.index).round(3).to_numpy(),
        }
    )


def _names(emissions: Emissions) -> NDArray[Any]:
    return emissions.sources["source"].to_numpy(dtype=object)


def _told(options: WorldOptions, emissions: Emissions, events: pd.DataFrame) -> pd.DataFrame:
    """Spells of the listed sources of true events."""
    found = set(events["source"]) - {UNLISTED}
    spells = emissions.spells.merge(
        emissions.sources, left_on="source", right_index=True, suffixes=("_at", "")
    )
    spells = spells[spells["source"].isin(found)].sort_values(["source", "first"])
    return pd.DataFrame(
        {
            "source": spells["source"].to_numpy(),
            "lon": spells["lon"].to_numpy(),
            "lat": spells["lat"].to_numpy(),
            "started_at": moments_of(options, spells["first"]),
            "ended_at": moments_of(options, spells["end"]),
        }
    )

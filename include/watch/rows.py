"""The rows that an hour gives: one a grid, one a station."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.bars import bars
from include.watch.evidence import highest
from include.watch.network import Network
from include.watch.one_hour import Hour
from include.watch.readings import FLAGS, empty, instants
from include.watch.rules import ConfidenceRules, WatchRules

Floats = NDArray[np.float64]
Rows = dict[str, NDArray[np.generic]]
GRID_COLUMNS: Final = [
    "grid_id",
    "unit_code",
    "hour",
    "stations",
    "spoke",
    "background_ug_m3",
    "background_sd_ug_m3",
    "station_id",
    "increment_ug_m3",
    "increment_share",
    "second_increment_ug_m3",
    "hit_stations",
    "pm25_ug_m3",
    "official_factor",
    "officials",
    "city_spoke",
    "city_risen",
    "coarse_ratio",
    "rh_pct",
    "evidence",
    "fault_entry",
    "fault_going_on",
    "probability",
    "fault_probability",
    "low_share",
    "confidence",
    "is_raised",
]
STATION_COLUMNS: Final = [
    "station_id",
    "unit_code",
    "grid_id",
    "hour",
    "flag",
    "swelling",
    "gain",
    "pm25_ug_m3",
    "background_ug_m3",
    "increment_ug_m3",
    "sd_ug_m3",
    "hit",
]

_UNTIED: Final = ("background_ug_m3", "background_sd_ug_m3", "increment_ug_m3", "second_increment_ug_m3")


@dataclass(frozen=True)
class Chance:
    """By grid: the evidence of an hour (for an exceedance, and for a fault of one station that begins or goes on), and after it the probabilities of an exceedance and of a fault of one station."""

    evidence: Floats
    fault_entry: Floats
    fault_going_on: Floats
    exceedance: Floats
    fault: Floats


def joined(frames: list[dict[str, NDArray[np.generic]]], columns: list[str]) -> pd.DataFrame:
    if not frames:
        return empty(columns)
    parts = {name: np.concatenate([frame[name] for frame in frames]) for name in columns}
    told: dict[str, object] = {
        name: pd.Series(values, dtype=object) if values.dtype == object else values
        for name, values in parts.items()
    }
    told["hour"] = instants(parts["hour"].astype(np.int64))
    return pd.DataFrame(told)


def grid_rows(
    hour: Hour,
    chance: Chance,
    before: Chance,
    place: dict[str, int],
    rules: WatchRules,
) -> dict[str, NDArray[np.generic]]:
    network, grids = hour.network, hour.network.grids
    at = np.array([place[name] for name in network.grid_ids], np.int64)
    own = rules.filter
    p, p_before = chance.exceedance[at], before.exceedance[at]
    first, second = _two_highest(hour)
    micro = len(hour.found.hit)
    increment = hour.level[first] - hour.air
    share = increment / np.maximum(hour.air, 1.0)
    risen = (increment >= own.least_excess_ug_m3) & (share >= own.least_excess_share)
    city = network.city_of_grid
    spoke = hour.found.spoke > 0
    city_spoke = np.bincount(city[spoke], minlength=network.cities)
    city_risen = np.bincount(city[risen & spoke], minlength=network.cities)
    hits = np.bincount(network.node[:micro][hour.found.hit >= 0.5], minlength=grids)[:grids]
    second_increment = np.where(second >= 0, hour.level[second] - hour.air, np.nan)
    asked = bars(second_increment, hour.air, hour.found.spoke, own)
    standing = (increment >= asked.share * own.least_excess_ug_m3) & (
        share >= asked.share * own.least_excess_share
    )
    second_hour = (before.evidence[at] >= own.second_hour_evidence) | (p_before >= own.hold_at)
    lasts = second_hour & (~asked.alone | (p >= own.raise_alone_at))
    confirmed = standing & (asked.two | lasts)
    raise_at = np.where(hour.rh >= own.damp_from_pct, own.raise_damp_at, own.raise_at)
    raised = (p >= raise_at) | ((p >= own.hold_at) & (p_before >= raise_at))
    told = confidence(p, hits, second_hour, hour.low_share, rules.confidence)
    return {
        "grid_id": np.array(network.grid_ids, object),
        "unit_code": np.array(network.grid_city, object),
        "hour": np.full(grids, hour.at),
        "stations": network.size[:grids],
        "spoke": hour.found.spoke,
        "background_ug_m3": hour.air,
        "background_sd_ug_m3": hour.air_sd,
        "station_id": _where_spoke(spoke, np.array(network.station_ids, object)[first]),
        "increment_ug_m3": increment,
        "increment_share": share,
        "second_increment_ug_m3": second_increment,
        "hit_stations": hits,
        "pm25_ug_m3": np.maximum(hour.level[first] * hour.factor, 0.0),
        "official_factor": hour.factor,
        "officials": hour.officials,
        "city_spoke": city_spoke[city],
        "city_risen": city_risen[city],
        "coarse_ratio": hour.coarse,
        "rh_pct": hour.rh,
        "evidence": hour.found.ratio,
        "fault_entry": chance.fault_entry[at],
        "fault_going_on": chance.fault_going_on[at],
        "probability": p,
        "fault_probability": chance.fault[at],
        "low_share": np.full(grids, hour.low_share),
        "confidence": told,
        "is_raised": raised & spoke & confirmed & (told >= rules.confidence.raise_at),
    }


def confidence(
    probability: Floats,
    hits: NDArray[np.int64],
    second_hour: NDArray[np.bool_],
    low_share: float,
    rules: ConfidenceRules,
) -> Floats:
    """The chance that an hour is a true exceedance: of the filter's probability, the stations reached, whether the hour before spoke
    for one too, and the share of hours in which the network's stations stood low in the two weeks before."""
    with np.errstate(divide="ignore"):
        logit = np.log(probability) - np.log1p(-probability)
    score = (
        rules.constant
        + rules.logit * np.clip(logit, rules.least_logit, rules.most_logit)
        + rules.second_station * (hits >= 2)
        + rules.second_hour * second_hour
        + rules.scatter * np.log(low_share / rules.low_share)
    )
    found: Floats = np.minimum(1.0 / (1.0 + np.exp(-score)), rules.most)
    return found


def tied(grid_hours: pd.DataFrame) -> pd.DataFrame:
    """Judged grid-hours as they are printed: surroundings, their deviation and the increments times the `official_factor` that
    `pm25_ug_m3` has in it already, so that the highest station is surroundings and increment together."""
    if grid_hours.empty or "official_factor" not in grid_hours:
        return grid_hours
    names = [name for name in _UNTIED if name in grid_hours]
    return grid_hours.assign(**{name: grid_hours[name] * grid_hours["official_factor"] for name in names})


def _where_spoke(spoke: NDArray[np.bool_], names: NDArray[np.object_]) -> NDArray[np.object_]:
    told = names.copy()
    told[~spoke] = None
    return told


def _two_highest(hour: Hour) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The station with the highest level of each grid, and the second (-1: none)."""
    network, micro = hour.network, len(hour.found.hit)
    node, begins = network.node[:micro], network.first[: network.grids]
    level = np.where(np.isnan(hour.level[:micro]), -np.inf, hour.level[:micro])
    first = highest(level, node, begins)
    others = level.copy()
    others[first] = np.nan
    second = highest(others, node, begins)
    return first, np.where((second >= 0) & np.isfinite(level[second]), second, -1)


def station_frame(hours: Sequence[Hour]) -> pd.DataFrame:
    """One row a valid micro-station and hour (`STATION_COLUMNS`), texts as categories."""
    if not hours:
        return empty(STATION_COLUMNS)
    numbers = [_station_numbers(hour) for hour in hours]
    columns: dict[str, object] = {name: np.concatenate([one[name] for one in numbers]) for name in numbers[0]}
    flags = np.concatenate([hour.flags[: len(hour.found.hit)] for hour in hours])
    columns |= _texts([hour.network for hour in hours])
    columns["flag"] = pd.Categorical.from_codes(flags.astype(np.int64), pd.Index(FLAGS))
    at = np.repeat([hour.at for hour in hours], [len(hour.found.hit) for hour in hours])
    columns["hour"] = instants(at)
    return pd.DataFrame(columns)[STATION_COLUMNS]


def _station_numbers(hour: Hour) -> Rows:
    network, micro = hour.network, len(hour.found.hit)
    node = network.node[:micro]
    return {
        "swelling": hour.swelling[:micro],
        "gain": hour.gain[:micro],
        "pm25_ug_m3": hour.level[:micro],
        "background_ug_m3": hour.air[node],
        "increment_ug_m3": hour.level[:micro] - hour.air[node],
        "sd_ug_m3": np.sqrt(hour.sd[:micro] ** 2 + hour.air_sd[node] ** 2),
        "hit": hour.found.hit,
    }


def _texts(networks: Sequence[Network]) -> dict[str, pd.Categorical]:
    """Whose the rows of micro-stations are, hour by hour: each network's words are looked up once."""
    each = {id(network): network for network in networks}
    words: dict[str, dict[int, NDArray[np.object_]]] = {"station_id": {}, "unit_code": {}, "grid_id": {}}
    for key, network in each.items():
        micro = int(network.size[: network.grids].sum())
        words["station_id"][key] = np.array(network.station_ids[:micro], object)
        words["unit_code"][key] = np.array(network.station_city[:micro], object)
        words["grid_id"][key] = np.array(network.grid_ids, object)[network.node[:micro]]
    found = {}
    for name, told in words.items():
        code, index = pd.factorize(np.concatenate(list(told.values())), sort=True)
        parts = np.split(code, np.cumsum([len(own) for own in told.values()])[:-1])
        codes = dict(zip(told, parts, strict=True))
        found[name] = pd.Categorical.from_codes(
            np.concatenate([codes[id(network)] for network in networks]), pd.Index(index, dtype=object)
        )
    return found

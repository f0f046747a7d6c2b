"""Which stations speak on a day, in which grid, and whose level surrounds whom.

A *node* is a place whose level is told to others: a grid with a micro-station of its own, or an official station.
Nodes come grids first (by `grid_id`), then official stations (by `station_id`); stations by node, then `station_id`: this
order is canonical, so that sums over them give the same bits in every run.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.watch.rules import BackgroundRules

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KM_PER_DEGREE = 111.2
FAR_KM = 1e6
_TEXTS = ("station_id", "kind", "unit_code", "grid_id")
_PLACES = 7  # decimals of a node's degrees: a centimetre
_MOST_NETWORKS = 16  # kept: a run goes back over its last days only
_BESIDE_KM = 5.0  # nearer nodes count no more for being nearer


@dataclass(frozen=True)
class Network:
    """The stations of one day. Arrays by station (`node`, `row`), by node (`first`, `size`, `near`, `near_km`) and by pairs."""

    station_ids: tuple[str, ...]
    row: Ints  # of the station in the table of all stations (by station_id)
    node: Ints  # of each station
    grid_ids: tuple[str, ...]  # of the nodes that are grids
    grid_city: tuple[str, ...]
    station_city: tuple[str, ...]
    cities: int  # of the day's stations
    city: Ints  # of each station, numbered by code
    city_of_grid: Ints
    first: Ints  # first station of each node
    size: Ints  # stations of each node
    near: Ints  # (nodes, k): the nearest other nodes, padded with the node itself
    near_km: Floats  # (nodes, k): FAR_KM where padded
    nearness: Floats  # (nodes, k): their weight by distance; 0 where padded
    alike: Floats  # (nodes, k): correlation of their residuals with the node's own
    alike_between: Floats  # (nodes, k, k): among the nearest nodes

    @property
    def grids(self) -> int:
        return len(self.grid_ids)


@dataclass(frozen=True)
class StationOrder:
    """The stations that report values (micro in a grid, official), by `station_id`, index 0..n-1; validity as dates. Keeps the last
    networks that were made of them, so that a run over many hours makes each once."""

    table: pd.DataFrame
    known: dict[tuple[bytes, BackgroundRules], Network] = field(default_factory=dict, repr=False)


def station_order(stations: "pd.DataFrame | StationOrder") -> StationOrder:
    """The stations in their order; those that are in order come back as they are."""
    if isinstance(stations, StationOrder):
        return stations
    speaking = stations[
        ((stations["kind"] == "micro") & stations["grid_id"].notna() & (stations["grid_id"] != ""))
        | (stations["kind"] == "official")
    ]
    table = speaking[["station_id", "kind", "unit_code", "grid_id", "lon", "lat"]].astype(
        {"lon": float, "lat": float} | dict.fromkeys(_TEXTS, object)
    )
    table["grid_id"] = table["grid_id"].where(table["grid_id"].notna(), "")
    for column, otherwise in (("valid_from", date(1900, 1, 1)), ("valid_to", date(2200, 1, 1))):
        table[column] = _dates(speaking[column], otherwise)
    table = table[table["lon"].notna() & table["lat"].notna()]
    station, begin = (_ranks(table[name].to_numpy(object)) for name in ("station_id", "valid_from"))
    order = np.lexsort((begin, station))
    is_last = np.diff(station[order], append=-1) != 0  # of the stays of a station
    return StationOrder(table.iloc[order[is_last]].reset_index(drop=True))


def _dates(told: "pd.Series[Any]", otherwise: date) -> NDArray[np.object_]:
    """Dates of dates, instants or texts. Thousands of stations share few of them: each is read once."""
    code, days = pd.factorize(told.to_numpy(object))
    read = [otherwise if one == "" else pd.Timestamp(one).date() for one in days]
    return np.array([*read, otherwise], object)[code]  # the last one: of none


def _ranks(values: NDArray[np.object_]) -> Ints:
    """The place of each value among the different ones, in order."""
    code, found = pd.factorize(values)
    rank = np.empty(len(found), np.int64)
    rank[np.argsort(found, kind="stable")] = np.arange(len(found))
    return np.asarray(rank[code], np.int64)


def networks(stations: StationOrder, days: Iterable[date], rules: BackgroundRules) -> dict[date, Network]:
    """The network of each day. Days with the same stations share one."""
    known, found = stations.known, {}
    begin, end = (stations.table[name].to_numpy() for name in ("valid_from", "valid_to"))
    for day in days:
        active = (begin <= day) & (day < end)
        key = (active.tobytes(), rules)
        if key not in known:
            while len(known) >= _MOST_NETWORKS:
                del known[next(iter(known))]
            known[key] = _network(stations.table, np.flatnonzero(active), rules)
        found[day] = known[key]
    return found


def _network(stations: pd.DataFrame, active: Ints, rules: BackgroundRules) -> Network:
    """Of the rows `active` of the stations, which are in the order of their ids."""
    table = {name: stations[name].to_numpy()[active] for name in (*_TEXTS, "lon", "lat")}
    official = table["kind"] == "official"
    name = np.where(official, table["station_id"], table["grid_id"])
    rank = _ranks(name)
    order = np.lexsort((rank, official))
    table = {key: values[order] for key, values in table.items()}
    official, name, rank = official[order], name[order], rank[order]
    is_first = (np.diff(rank, prepend=-1) != 0) | np.diff(official, prepend=False)
    node, first = np.cumsum(is_first) - 1, np.flatnonzero(is_first)
    size = np.diff(first, append=len(node))
    lon, lat = (_mean(table[key].astype(float), first, size).round(_PLACES) for key in ("lon", "lat"))
    near, near_km, between_km = _same_neighbours(lon.tobytes(), lat.tobytes(), rules)
    city = _ranks(table["unit_code"])
    grids = first[~official[first]]
    return Network(
        station_ids=tuple(table["station_id"]),
        row=active[order],
        node=node.astype(np.int64),
        grid_ids=tuple(name[grids]),
        grid_city=tuple(table["unit_code"][grids]),
        station_city=tuple(table["unit_code"]),
        cities=int(city.max(initial=-1)) + 1,
        city=city,
        city_of_grid=city[grids],
        first=first,
        size=size.astype(np.int64),
        near=near,
        near_km=near_km,
        nearness=np.where(near_km >= FAR_KM, 0.0, 1.0 / (near_km + _BESIDE_KM)),
        alike=np.exp(-np.minimum(near_km, 1e4) / rules.range_km),
        alike_between=np.exp(-between_km / rules.range_km),
    )


def _mean(values: Floats, first: Ints, size: Ints) -> Floats:
    means: Floats = np.add.reduceat(values, first) / size if len(first) else np.zeros(0)
    return means


@lru_cache(maxsize=4)  # an instrument that is replaced at its place moves no node
def _same_neighbours(lon: bytes, lat: bytes, rules: BackgroundRules) -> tuple[Ints, Floats, Floats]:
    return _neighbours(np.frombuffer(lon), np.frombuffer(lat), rules)


def _neighbours(lon: Floats, lat: Floats, rules: BackgroundRules) -> tuple[Ints, Floats, Floats]:
    """The nearest of each node's other nodes. Equally near nodes come in the order of the nodes."""
    count, most = len(lon), rules.nodes
    near = np.tile(np.arange(count, dtype=np.int64)[:, None], (1, most))
    near_km = np.full((count, most), FAR_KM)
    own, other = _within(lon, lat, rules.within_km)
    km = _km(lon[own], lat[own], lon[other], lat[other])
    within = np.flatnonzero((km <= rules.within_km) & (own != other))
    order = within[np.lexsort((other[within], km[within], own[within]))]
    own, other, km = own[order], other[order], km[order]
    place = np.arange(len(own)) - np.searchsorted(own, np.arange(count))[own]
    kept = np.flatnonzero(place < most)
    near[own[kept], place[kept]], near_km[own[kept], place[kept]] = other[kept], km[kept]
    between = _km(lon[near][:, :, None], lat[near][:, :, None], lon[near][:, None, :], lat[near][:, None, :])
    return near, near_km, between


def _within(lon: Floats, lat: Floats, within_km: float) -> tuple[Ints, Ints]:
    """Every node with each of those that can be within the distance by their degrees: of a thousand grids over a country few of
    the million pairs."""
    reach = within_km / KM_PER_DEGREE * 1.001
    order = np.argsort(lat, kind="stable")
    low = np.searchsorted(lat[order], lat - reach)
    count = np.searchsorted(lat[order], lat + reach, side="right") - low
    own = np.repeat(np.arange(len(lat)), count)
    other = order[np.arange(count.sum()) + np.repeat(low - np.cumsum(count) + count, count)]
    narrowest = np.cos(np.radians(np.minimum(np.abs(lat) + reach, 90.0)))
    near = np.abs(lon[other] - lon[own]) * narrowest[own] <= reach
    return own[near], other[near]


def _km(lon: Floats, lat: Floats, lons: Floats, lats: Floats) -> Floats:
    """Distance on the ground, within 0.5 % below 100 km."""
    east = (lons - lon) * np.cos(np.radians((lats + lat) / 2))
    km: Floats = np.sqrt(east * east + (lats - lat) * (lats - lat)) * KM_PER_DEGREE
    return km

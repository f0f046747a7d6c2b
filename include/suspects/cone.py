"""The soft upwind cone: how well a candidate's place explains which stations rose in which hours.

For a candidate, a station and an hour with wind, the cone says how much more of a source's smoke would come to this station
than if it went to all sides alike: exp(k cos d) / I0(k), d between the wind and the way from source to station, k from the
spread of the wind. Calm hours, and hours without wind, say 1 on all sides. It is no model of a plume: its few numbers stand
in the rules and were chosen on worlds of three physics at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.suspects.observed import Observed
from include.suspects.rules import SuspectRules

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_CHUNK = 20_000


@dataclass(frozen=True)
class ConeFeatures:
    """One value a pair of alarm and candidate. `cone`: log of the cone over the risen stations, weighted by increments
    (0: as if there were no wind). `distance_km`: to the risen stations, weighted likewise; `peak_km`: to the one that rose most. `upwind`: share of the weight
    for which the candidate lies upwind (cone above 1). `windy`: share of the weight in hours with a direction."""

    cone: Floats
    distance_km: Floats
    peak_km: Floats
    upwind: Floats
    windy: Floats


def cone_features(
    seen: Observed, alarm: Places, east_km: Floats, north_km: Floats, rules: SuspectRules
) -> ConeFeatures:
    """`alarm`: the alarm (row of `seen`) of each pair; `east_km`, `north_km`: from its point to the candidate."""
    wind = _Wind(*_directions(seen))
    parts = [
        _of_chunk(
            seen, wind, alarm[at : at + _CHUNK], east_km[at : at + _CHUNK], north_km[at : at + _CHUNK], rules
        )
        for at in range(0, len(alarm), _CHUNK)
    ]
    if not parts:
        return ConeFeatures(*(np.zeros(0) for _ in range(5)))
    return ConeFeatures(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@dataclass(frozen=True)
class _Wind:
    """Alarms × hours: unit vector towards (0, 0: no direction), concentration k, its I0."""

    east: Floats
    north: Floats
    k: Floats
    i0: Floats


def _directions(seen: Observed) -> tuple[Floats, Floats, Floats, Floats]:
    u, v = seen.wind_of("east"), seen.wind_of("north")
    speed = np.hypot(u, v)
    has_wind = np.isfinite(speed) & (seen.wind_of("spread_deg") < 180.0)
    k = np.where(has_wind, 1.0 / np.radians(seen.wind_of("spread_deg")) ** 2, 0.0)
    scale = np.where(has_wind, 1.0 / np.where(speed > 0, speed, 1.0), 0.0)
    return np.where(has_wind, u, 0.0) * scale, np.where(has_wind, v, 0.0) * scale, k, np.i0(k)


def _of_chunk(
    seen: Observed, wind: _Wind, alarm: Places, east_km: Floats, north_km: Floats, rules: SuspectRules
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    way_east = seen.east_km[alarm] - east_km[:, None]
    way_north = seen.north_km[alarm] - north_km[:, None]
    km = np.hypot(way_east, way_north)
    length = np.maximum(km, rules.reach.beside_km)
    east, north, k = (part[alarm] for part in (wind.east, wind.north, wind.k))
    weight = seen.weight[alarm]
    cosine = (way_east / length)[:, :, None] * east[:, None, :] + (way_north / length)[:, :, None] * north[
        :, None, :
    ]
    turned = np.exp(k[:, None, :] * cosine) / wind.i0[alarm][:, None, :]
    mean = (weight * turned).sum(axis=(1, 2))
    floor = rules.reach.cone_floor
    upwind = (weight * (turned > 1.0)).sum(axis=(1, 2))
    windy = (weight.sum(axis=1) * (k > 0)).sum(axis=1)
    distance = (weight.sum(axis=2) * km).sum(axis=1)
    peak = km[np.arange(len(km)), seen.highest[alarm]]
    return np.log((mean + floor) / (1.0 + floor)), distance, peak, upwind, windy

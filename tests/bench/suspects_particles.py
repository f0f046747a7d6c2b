"""Smoke that shares no formula with the simulator's.

Particles that are let out every five minutes and carried by a wind with a memory of its own (a random walk of their velocity) which a
valley turns towards its axis: the smoke lies neither on a line nor in puffs, and a mast in the plain tells another wind.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from include.simulator.watch_world import kernels
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.weather import Weather

_PARTICLES = 24
_STEPS = 12
_STEP_KM = 3.6 / 12  # of 1 m/s in five minutes
_SEEN_KM = 0.35


def particles(
    options: WorldOptions, weather: Weather, pairs: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Relative concentrations: how many particles lie near the station, averaged over the hour and the next."""
    hour, grid = pairs["hour"].to_numpy(), pairs["grid"].to_numpy()
    east, north = pairs["east_km"].to_numpy(), pairs["north_km"].to_numpy()
    axis = rng.uniform(0, np.pi, 400)[grid % 400]
    totals = np.zeros((2, len(pairs)))
    for _ in range(_PARTICLES):
        x, y = np.zeros(len(pairs)), np.zeros(len(pairs))
        u_own, v_own = rng.normal(0, 0.5, (2, len(pairs)))
        start = rng.integers(0, _STEPS)
        for step in range(start, 2 * _STEPS):
            later = step // _STEPS
            at = np.minimum(hour + later, len(weather.east) - 1)
            u, v = weather.east[at, grid].astype(float), weather.north[at, grid].astype(float)
            along = u * np.cos(axis) + v * np.sin(axis)
            u, v = 0.6 * u + 0.4 * along * np.cos(axis), 0.6 * v + 0.4 * along * np.sin(axis)
            u_own = 0.85 * u_own + rng.normal(0, 0.27, len(pairs))
            v_own = 0.85 * v_own + rng.normal(0, 0.27, len(pairs))
            x += _STEP_KM * (u + u_own)
            y += _STEP_KM * (v + v_own)
            near = (east - x) ** 2 + (north - y) ** 2
            age = (step - start + 1) / _STEPS
            totals[later] += np.exp(-0.5 * near / (_SEEN_KM**2 * (1 + age))) / (1 + age) * np.exp(-age / 2)
    return pd.concat([kernels._rows(pairs, hour + later, totals[later]) for later in range(2)])

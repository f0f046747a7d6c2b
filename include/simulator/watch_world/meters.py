"""Sub-meters: power of the production line and of its treatment, with culprits that switch it off and innocents with odd meters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.simulator.season import stream
from include.simulator.watch_world.emissions import Emissions
from include.simulator.watch_world.options import WorldOptions
from include.simulator.watch_world.places import Ground
from include.simulator.watch_world.weather import Field, hours_of

Flags = NDArray[np.bool_]
_SHIFTS = ((0, 24), (6, 23), (8, 19))  # working hours of the production
_SHIFT_SHARES = (0.5, 0.3, 0.2)
_IDLE_WHILE_SMOKING = 0.66  # share of the metered culprits' spells in which the treatment idles
_LOST_WHILE_SMOKING = 0.04  # … in which the meter falls silent


def meter_rows(options: WorldOptions, ground: Ground, emissions: Emissions) -> pd.DataFrame:
    """`submeter_hours`: enterprise_id, hour (wall time), production_kw, treatment_kw; an hour in a hundred is missing."""
    rng = stream(options.seed, "watch world meters")
    firms = len(ground.enterprises)
    share = options.metered_share * (0.8 if options.hard else 1.0)
    metered = rng.random(firms) < share
    production, treatment = _usual(options, firms, rng)
    running = production > 0.3 * production.max(axis=0)
    odd = _odd_hours(options, firms, running, rng)
    treatment[odd] *= rng.uniform(0.0, 0.2, int(odd.sum()))
    lost = rng.random(production.shape) < 0.01
    _smoke(emissions, production, treatment, lost, rng)
    present = metered & ~lost
    hour, firm = np.nonzero(present)
    return pd.DataFrame(
        {
            "enterprise_id": ground.enterprises["enterprise_id"].to_numpy()[firm],
            "hour": hours_of(options)[hour],
            "production_kw": production[present].round(0),
            "treatment_kw": treatment[present].round(1),
        }
    )


def _usual(options: WorldOptions, firms: int, rng: np.random.Generator) -> tuple[Field, Field]:
    hour = hours_of(options).hour.to_numpy()[:, None]
    shift = rng.choice(len(_SHIFTS), firms, p=_SHIFT_SHARES)
    begin, end = np.array(_SHIFTS)[shift].T
    on = (hour >= begin) & (hour < end)
    rest = rng.random((options.days, firms)) < 0.04
    on &= ~np.repeat(rest, 24, axis=0)
    size = np.exp(rng.normal(4.7, 0.75, firms))
    shape = (options.hours, firms)
    load = np.where(on, 1.0, rng.uniform(0.01, 0.06, firms)) * (1 + 0.05 * rng.normal(size=shape))
    production = np.maximum(size * load, 0).astype(np.float32)
    ratio = rng.uniform(0.08, 0.30, firms)
    treatment = production * ratio * np.exp(0.06 * rng.normal(size=shape))
    return production, np.maximum(treatment, 0).astype(np.float32)


def _odd_hours(options: WorldOptions, firms: int, running: Flags, rng: np.random.Generator) -> Flags:
    """Hours in which an innocent treatment idles (maintenance, a faulty meter): for most firms seldom, for some often."""
    odd = np.zeros(running.shape, bool)
    rate = rng.gamma(0.6, 1 / 0.6, firms) * options.hours * 0.0035 * (1.6 if options.hard else 1.0)
    count = rng.poisson(rate)
    firm = np.arange(firms).repeat(count)
    first = rng.integers(0, options.hours, len(firm))
    length = rng.integers(1, 7, len(firm))
    for later in range(6):
        at = first + later
        inside = (later < length) & (at < options.hours)
        odd[at[inside], firm[inside]] = True
    return np.asarray(odd & running)


def _smoke(
    emissions: Emissions, production: Field, treatment: Field, lost: Flags, rng: np.random.Generator
) -> None:
    """The listed sources' spells in their meters: the line runs; mostly the treatment idles, seldom the meter is lost."""
    typical = np.quantile(production, 0.75, axis=0)
    ratio = np.median(treatment / np.maximum(production, 0.1), axis=0)
    firm_of = emissions.sources["enterprise"].to_numpy()
    for source, first, end, chronic in emissions.spells[["source", "first", "end", "is_chronic"]].itertuples(
        index=False
    ):
        firm, draw = firm_of[source], rng.random()
        if firm < 0:
            continue
        hours = slice(first, end)
        line = typical[firm] * (1 + 0.05 * rng.normal(size=end - first))
        production[hours, firm] = np.maximum(production[hours, firm], line)
        share = rng.uniform(0, 0.2) if draw < _IDLE_WHILE_SMOKING and not chronic else 1.0
        treatment[hours, firm] = (
            production[hours, firm] * ratio[firm] * share * rng.uniform(0.9, 1.1, end - first)
        )
        if draw > 1 - _LOST_WHILE_SMOKING:
            lost[hours, firm] = True

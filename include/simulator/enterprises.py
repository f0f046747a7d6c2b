"""Key enterprises of the demo region: invented, named after the county they lie in, none of them real."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from include.geo.grids import locate
from include.rules import SIMULATED_LABEL
from include.simulator.habits import T85711
from include.simulator.season import stream
from include.simulator.wording import roads

ENTERPRISES: Final = 4000
_PLACED_ANEW: Final = 2.0  # so many are placed for one that is wanted: some fall outside their city
# Where they lie: inside a hotspot grid, some kilometres around one, or further off.
_SHARES: Final = (0.15, 0.55, 0.3)
_DRIFTS_DEG: Final = (0.0, 0.03, 0.15)
_INDUSTRIES: Final = {
    "钢铁": ("钢铁厂", 0.6), "焦化": ("焦化厂", 0.5), "水泥": ("水泥厂", 0.7), "砖瓦": ("砖瓦厂", 1.6), "铸造": ("铸造厂", 1.4),
    "化工": ("化工厂", 1.2), "陶瓷": ("陶瓷厂", 0.7), "玻璃": ("玻璃厂", 0.6), "耐火材料": ("耐火材料厂", 0.6),
    "供热锅炉房": ("供热锅炉房", 1.3), "木业": ("板材厂", 1.1),
}  # fmt: skip
_OF_T85711: Final = ("耐火材料", "耐火材料", "砖瓦")
_COLUMNS: Final = ["enterprise_id", "name", "industry", "unit_code", "county", "lon", "lat", "data_origin"]


def enterprises(grids: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row an enterprise (ENTERPRISES in all), by enterprise_id: `_COLUMNS`; `lon, lat` in degrees WGS84.

    `grids` are the hotspot grids. Every city has some, more where more hotspot grids are; a county has a few industries that
    are common in it. Each lies in the city and county that it names.
    """
    rng = stream(seed, "enterprises")
    home = np.flatnonzero(grids["grid_id"] == T85711.grid_id).repeat(len(_OF_T85711))
    near = np.concatenate([home, rng.choice(len(grids), int(ENTERPRISES * _PLACED_ANEW))])
    of_grid = grids.iloc[near].reset_index(drop=True)
    kind = rng.choice(len(_SHARES), len(near), p=_SHARES)
    kind[: len(home)] = 0
    across, up = rng.uniform(0.05, 0.95, (2, len(near)))
    drift = rng.normal(size=(2, len(near))) * np.array(_DRIFTS_DEG)[kind]
    found = pd.DataFrame(
        {
            "lon": (of_grid["west"] + across * (of_grid["east"] - of_grid["west"]) + drift[0]).round(6),
            "lat": (of_grid["south"] + up * (of_grid["north"] - of_grid["south"]) + drift[1]).round(6),
        }
    )
    found = found.join(locate(found["lon"], found["lat"]))
    inside = found["unit_code"].isin(of_grid["unit_code"]) & found["county"].notna()
    found = found[inside & ~found.duplicated(["lon", "lat"])].head(ENTERPRISES).reset_index(drop=True)
    found["industry"] = _industries(found, rng)
    found.loc[: len(home) - 1, "industry"] = list(_OF_T85711)
    found["name"] = _names(found, len(home), rng)
    found = found.sort_values(["unit_code", "county", "industry"], kind="stable")
    number = found.groupby("unit_code").cumcount() + 1
    found["enterprise_id"] = "QY" + found["unit_code"] + number.astype(str).str.zfill(4)
    return found.assign(data_origin=SIMULATED_LABEL)[_COLUMNS].reset_index(drop=True)


def _industries(found: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """An industry each, with the weights of the county it lies in."""
    names = list(_INDUSTRIES)
    overall = np.array([weight for _, weight in _INDUSTRIES.values()])
    county, counties = pd.factorize(found["unit_code"] + found["county"], sort=True)
    weights = overall * rng.gamma(0.6, size=(len(counties), len(names)))
    cumulated = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random(len(found))[:, None] > cumulated[county, :-1]).sum(axis=1)
    return [names[place] for place in chosen]


def _names(found: pd.DataFrame, at_home: int, rng: np.random.Generator) -> pd.Series:
    """`盂县工业路某砖瓦厂（模拟）`; of several with one name the later ones are numbered."""
    place = found["county"] + roads(len(found), rng)
    place.iloc[:at_home] = T85711.place
    works = found["industry"].map({name: works for name, (works, _) in _INDUSTRIES.items()})
    bare = place + "某" + works
    again = bare.groupby([found["unit_code"], bare]).cumcount()
    number = ((again + 1).astype(str) + "号").where(again > 0, "")
    return bare + number + "（模拟）"

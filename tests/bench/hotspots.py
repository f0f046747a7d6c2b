"""Hotspot analysis at full size: enterprises near 5,000 grids among 100,000, and one city's figures (without maps).

    python -m tests.bench.hotspots

Each measurement runs in a process of its own, so that its peak of memory is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from include.geo.nearest import points_near
from include.rules import BULLETIN
from include.supervision.air_quality import windows
from include.supervision.bulletin import BulletinFacts, bulletin_figures
from tests.bench.air_quality import Bench
from tests.supervision.bulletins import bulletin_facts, compared, windows_ending

GRIDS: Final = 5_000
ENTERPRISES: Final = 100_000
CITY_GRIDS: Final = 400  # a large city has about as many hotspot grids
_AT: Final = windows_ending("2020-04-01")
_LIMITS: Final = {"nearest": 2.0, "city": 3.0}  # seconds; that of a city includes its maps
_NAMES: Final = {
    "nearest": f"enterprises in and within {BULLETIN.near_km:g} km of {GRIDS} grids among {ENTERPRISES}, with distance and direction",
    "city": f"figures of one city with {CITY_GRIDS} grids, among {ENTERPRISES} enterprises, without maps",
}


def measure() -> list[Bench]:
    """Both measurements."""
    return [
        Bench(_NAMES[what], found["seconds"], None, _LIMITS[what], found["peak_mb"])
        for what, found in ((what, _child(what)) for what in _NAMES)
    ]


def random_grids(count: int) -> pd.DataFrame:
    """3 km squares all over the key regions, every tenth beside another one."""
    random = np.random.default_rng(6)
    west, south = random.uniform(106.3, 119.9, count), random.uniform(33.1, 41.0, count)
    west[::10], south[::10] = west[1::10] + 0.034, south[1::10]
    return pd.DataFrame(
        {"west": west, "south": south, "east": west + 0.034, "north": south + 0.027},
        index=[f"T{number:05d}" for number in range(count)],
    )


def random_enterprises(count: int, grids: pd.DataFrame) -> pd.DataFrame:
    """Half of them all over the key regions, half crowded around the grids, as industry is."""
    random = np.random.default_rng(7)
    near = grids.iloc[random.integers(len(grids), size=count)]
    is_anywhere = random.random(count) < 0.5
    lon = np.where(
        is_anywhere, random.uniform(106.3, 119.9, count), near["west"] + random.normal(0, 0.05, count)
    )
    lat = np.where(
        is_anywhere, random.uniform(33.1, 41.0, count), near["south"] + random.normal(0, 0.05, count)
    )
    names = [f"E{number:06d}" for number in range(count)]
    return pd.DataFrame(
        {
            "source": "bench",
            "enterprise_id": names,
            "name": names,
            "industry": "铸造",
            "unit_code": "130100",
            "unit_name": "石家庄市",
            "county": "赵县",
            "lon": lon,
            "lat": lat,
            "is_simulated": False,
        }
    )


def nearest() -> Callable[[], int]:
    """What is measured of the nearest enterprises."""
    grids = random_grids(GRIDS)
    enterprises = random_enterprises(ENTERPRISES, grids)
    return lambda: len(points_near(grids, enterprises, BULLETIN.near_km))


def city() -> Callable[[], int]:
    """What is measured of one city."""
    facts = city_facts()
    return lambda: len(bulletin_figures(facts, _AT, "").bulletins[0].grids)


def city_facts() -> BulletinFacts:
    """石家庄 of the tests' tiny region with `CITY_GRIDS` grids; all others are another city's."""
    random = np.random.default_rng(8)
    grids = random_grids(GRIDS)
    values = random.gamma(9, 9, (GRIDS, 3)).tolist()
    rows = zip(grids.index, values, strict=True)
    means = compared({name: (now, then, before) for name, (now, then, before) in rows}, windows(_AT.period))
    codes = np.where(np.arange(GRIDS) < CITY_GRIDS, "130100", "140300")
    places = grids.assign(
        unit_code=codes, county=[f"{number % 20}县" for number in range(GRIDS)], name=grids.index
    )
    facts = bulletin_facts(_AT, grids=places.join(means), enterprises=random_enterprises(ENTERPRISES, grids))
    return replace(facts, cities=facts.cities[facts.cities["unit_code"] == "130100"])


def _child(what: str) -> dict[str, float]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.bench.hotspots", what]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _run(what: str) -> None:
    work = {"nearest": nearest, "city": city}[what]()
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        assert work() > 0
        best = min(best, time.perf_counter() - begin)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": best, "peak_mb": peak_mb}))


def main(arguments: list[str]) -> int:
    """Measures and prints; with an argument it is the child of a measurement. 1 when a limit is not kept."""
    if arguments:
        _run(arguments[0])
        return 0
    found = measure()
    for bench in found:
        print(bench if bench.is_kept else f"{bench}  NOT KEPT")
    return 0 if all(bench.is_kept for bench in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A small world by hand: nine grids in one city, three stations each, one official; smooth air, known smoke."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from include.watch import DEFAULT_RULES, station_gains

START = pd.Timestamp("2020-04-03T00:00+08:00")


def stations(per_grid: int = 3) -> pd.DataFrame:
    rows = []
    for g in range(9):
        for k in range(per_grid):
            lon = 112.0 + 0.1 * (g % 3) + 0.008 * (k % 2)
            lat = 35.0 + 0.08 * (g // 3) + 0.006 * k
            rows.append((f"M{g}{k}", "micro", "410100", f"G{g}", lon, lat, "2019-07-03", ""))
    rows.append(("OFF", "official", "410100", "", 112.13, 35.05, "2019-07-03", ""))
    names = ["station_id", "kind", "unit_code", "grid_id", "lon", "lat", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=names)


def gains(table: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """What the hours of the world's days are judged with, from its daily facts."""
    first, last = START - pd.Timedelta(days=1), START + pd.Timedelta(days=8)
    return station_gains(table, days, first.date(), last.date(), DEFAULT_RULES)


def grids() -> pd.DataFrame:
    at = range(9)
    return pd.DataFrame(
        {
            "grid_id": [f"G{g}" for g in at],
            "unit_code": "410100",
            "west": [111.99 + 0.1 * (g % 3) for g in at],
            "east": [112.023 + 0.1 * (g % 3) for g in at],
            "south": [34.99 + 0.08 * (g // 3) for g in at],
            "north": [35.017 + 0.08 * (g // 3) for g in at],
        }
    )


@dataclass
class Air:
    """Readings by hours and stations; edit `pm25` (hours × stations) before asking for rows."""

    days: int = 6
    seed: int = 1
    per_grid: int = 3
    pm25: np.ndarray = field(init=False)
    samples: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.ids = list(stations(self.per_grid)["station_id"])
        hours = np.arange(self.days * 24)
        city = 50 + 12 * np.sin(hours / 24 * 2 * np.pi) + 6 * np.sin(hours / 31)
        gain = np.exp(rng.normal(0, 0.12, len(self.ids)))
        self.pm25 = city[:, None] * gain * np.exp(rng.normal(0, 0.04, (len(hours), len(self.ids))))
        self.pm25[:, -1] = city
        self.samples = np.full(self.pm25.shape, 12)

    def at(self, *names: str) -> list[int]:
        return [self.ids.index(name) for name in names]

    def smoke(self, day: int, hour: int, values: list[float], *names: str) -> None:
        first = day * 24 + hour
        for k, value in enumerate(values):
            self.pm25[first + k, self.at(*names)] += value

    def rows(self) -> pd.DataFrame:
        hour = pd.date_range(START, periods=len(self.pm25), freq="h")
        frame = pd.DataFrame(
            {
                "station_id": np.tile(np.array(self.ids, object), len(hour)),
                "hour": hour.repeat(len(self.ids)),
                "pm25_ug_m3": np.round(self.pm25, 1).ravel(),
                "pm10_ug_m3": np.round(self.pm25 * 1.6, 1).ravel(),
                "rh_pct": 50.0,
                "temperature_c": 15.0,
                "sample_count": self.samples.ravel(),
            }
        )
        return frame[frame["sample_count"] > 0].reset_index(drop=True)

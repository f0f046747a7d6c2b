"""The demo region of a few seeds, written once a session and read back as text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from include.geo.regions import members_on
from include.periods import office_zone
from include.simulator.air import months_read, write_air
from include.simulator.region import write_region
from include.simulator.season import DEFAULT_SEED, SEASON

SEEDS = (DEFAULT_SEED, 0, 7, 2**40)


@dataclass(frozen=True)
class Written:
    """One seed's files: the folder, the reported rows, and each file as a frame of text (empty cells are "")."""

    folder: Path
    rows: dict[str, int]
    alarms: pd.DataFrame
    feedback: pd.DataFrame
    problems: pd.DataFrame
    grids: pd.DataFrame
    contacts: pd.DataFrame
    enterprises: pd.DataFrame

    @property
    def first_told(self) -> pd.DataFrame:
        """One row an alarm, as it was pushed."""
        return self.alarms.drop_duplicates("alarm_id").set_index("alarm_id", drop=False)

    @property
    def courses(self) -> dict[str, list[tuple[str, str]]]:
        """alarm_id → its (event, event_at) in file order; alarms without events have an empty list."""
        courses: dict[str, list[tuple[str, str]]] = {alarm_id: [] for alarm_id in self.first_told["alarm_id"]}
        for row in self.feedback.itertuples():
            courses[row.alarm_id].append((row.event, row.event_at))
        return courses


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="session")
def season_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Written]:
    """Seed → its whole season, written once."""

    @cache
    def write(seed: int) -> Written:
        folder = tmp_path_factory.mktemp("season")
        rows = write_region(SEASON.start, SEASON.end, folder, seed)
        names = ("alarms", "feedback", "problems", "grids", "contacts", "enterprises")
        return Written(folder, rows, **{name: read(folder / f"{name}.csv") for name in names})

    return write


@pytest.fixture(params=SEEDS)
def written(request: pytest.FixtureRequest, season_of: Callable[[int], Written]) -> Written:
    """The whole season of one seed; a test that takes it runs on every seed."""
    return season_of(request.param)


@pytest.fixture
def default_season(season_of: Callable[[int], Written]) -> Written:
    """The whole season of the default seed."""
    return season_of(DEFAULT_SEED)


@dataclass(frozen=True)
class WrittenAir:
    """The air that one bulletin reads (16 to 31 March 2020, warning grids of March alone), and its folder.

    `cities`: one row a city (name without 市) and hour, `at`, values as numbers. `readings`: one row a grid and hour that was
    measured, with its `city`. `dust`: one row an hour of a city under dust. `at` is the beginning of the hour in Beijing.
    """

    folder: Path
    rows: dict[str, int]
    cities: pd.DataFrame
    readings: pd.DataFrame
    dust: pd.DataFrame


@pytest.fixture(scope="session")
def air_of(
    season_of: Callable[[int], Written], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], WrittenAir]:
    """Seed → the air of its season that one bulletin reads, written once."""

    @cache
    def write(seed: int) -> WrittenAir:
        told = season_of(seed)
        folder = tmp_path_factory.mktemp("air")
        end = date(2020, 4, 1)
        months = months_read(date(2020, 3, 16), end, warning_months=1)
        rows = write_air(told.alarms, told.grids, months, end, folder, seed)
        cities = pd.concat(
            [pd.read_csv(path, dtype={"date": str}) for path in sorted(folder.glob("cities*.csv"))],
            ignore_index=True,
        )
        at = pd.to_datetime(cities["date"]) + pd.to_timedelta(cities["hour"], unit="h")
        readings = pd.concat(
            [pd.read_parquet(path) for path in sorted(folder.glob("readings*.parquet"))], ignore_index=True
        )
        dust = pd.concat([read(path) for path in sorted(folder.glob("dust*.csv"))])
        names = cities_by_code()
        city_of = told.grids.set_index("grid_id")["unit_code"].map(names)
        return WrittenAir(
            folder,
            rows,
            cities.assign(at=at),
            readings.assign(
                at=readings["hour"].dt.tz_convert(office_zone()).dt.tz_localize(None),
                city=readings["grid_id"].astype("str").map(city_of),
            ),
            dust.assign(
                at=pd.to_datetime(dust["hour"].str[:13], format="%Y-%m-%dT%H"),
                city=dust["unit_code"].map(names),
            ),
        )

    return write


def cities_by_code() -> pd.Series:
    """unit_code → name without 市."""
    listed = members_on(SEASON.start).set_index("unit_code")["unit_name"]
    return listed.str.removesuffix("市")

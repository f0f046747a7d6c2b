"""The demo region of a few seeds, written once a session and read back as text."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

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
        names = ("alarms", "feedback", "problems", "grids", "contacts")
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

"""The demo region's first month and a half in a store, for tests of what is published of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from include.connections import read_registry
from include.house import SETTINGS_FILE, House, open_house
from include.periods import midnight
from include.simulator.region import write_region
from include.sources.ledger import ensure_history
from include.store.engine import open_engine
from include.store.migrate import migrate

SEASON = (date(2020, 3, 1), date(2020, 4, 16))
UNTIL = date(2020, 5, 1)
NOW = midnight(date(2020, 5, 2))


@contextmanager
def region_house(folder: Path, engine: Engine | None = None) -> Iterator[House]:
    """An installation with the region's alarms, answers and problems of the season; with `engine` in that store."""
    house = replace(open_house(read_registry(SETTINGS_FILE, {}), folder / "var"), season=SEASON)
    if engine is not None:
        house = replace(house, engine=engine)
    migrate(house.engine)
    write_region(*SEASON, Path(house.sources[0].location))
    ensure_history(
        house.engine,
        house.sources,
        midnight(SEASON[0]),
        midnight(UNTIL),
        season_start=SEASON[0],
        now=NOW,
    )
    yield house
    house.engine.dispose()


def copied(house: House, folder: Path) -> House:
    """The same installation with a copy of its store, to change."""
    path = Path(str(house.engine.url.database))
    folder.mkdir(parents=True, exist_ok=True)
    with house.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    shutil.copy(path, folder / "supervision.db")
    return replace(
        house, engine=open_engine(f"sqlite:///{folder / 'supervision.db'}"), var=folder, sources=()
    )

"""One grid: where it is, its alarms, and the months in which it was a warning grid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.desk.cities import AlarmStory, of_grid, stories
from include.desk.facts import Facts
from include.errors import StateError
from include.house import House
from include.store.engine import reading
from include.store.statements import frame


@dataclass(frozen=True)
class GridPage:
    """Everything about one grid as of a moment. `place` is None where no grid list names it."""

    grid_id: str
    place: dict[str, Any] | None
    alarms: tuple[AlarmStory, ...]
    warnings: tuple[dict[str, Any], ...]
    is_simulated: bool


def grid_page(house: House, grid_id: str, season: Facts, as_of: datetime) -> GridPage:
    """The grid as of a moment; `season`: its facts (see `facts.season_facts`). Raises StateError for one nobody told of."""
    own = of_grid(season, grid_id)
    with reading(house.engine) as connection:
        found = frame(connection, "find_grid", grid_id=grid_id)
        alarms = stories(connection, own, season.start_at, as_of, grid_id=grid_id)
        warned = frame(connection, "warnings_of_grid", grid_id=grid_id)
    if found.empty and not alarms:
        raise StateError("no such grid", where="grid", got=grid_id[:64])
    place = None if found.empty else {str(name): value for name, value in found.iloc[0].to_dict().items()}
    warned = warned.astype(object).where(warned.notna(), None)
    return GridPage(
        grid_id, place, alarms, tuple({str(k): v for k, v in row.items()} for row in warned.to_dict("records")),
        own.is_simulated or bool(place and place["is_simulated"]),
    )  # fmt: skip

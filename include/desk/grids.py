"""One grid: where it is, its PM2.5 by day, its months as a warning grid, the enterprises around it, its alarms."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd

from include.desk.cities import AlarmStory, stories
from include.desk.facts import season_facts
from include.desk.map_layers import Box
from include.errors import StateError
from include.house import House
from include.periods import DAY, office_date, office_zone
from include.store.air_days import imported_days
from include.store.engine import reading
from include.store.enterprises import key_enterprises
from include.store.facts import ALL_KNOWN
from include.store.grid_lists import with_list_in_force
from include.store.hourly import place_days, place_hours
from include.store.statements import frame
from include.store.warning_history import kept_months
from include.supervision.bulletin_figures import Enterprise
from include.supervision.hotspots import enterprises_near
from include.supervision.standards import VALIDITY, edition_on, rounded
from include.supervision.warning import NEAR_RANKS, WARNED_RANKS, near_warnings, warning_grids

_MONTHS: Final = 12  # the newest ones in which the grid was listed


@dataclass(frozen=True)
class GridDay:
    """The daily mean of one day: a figure when enough hours were measured (`is_valid`). `limit_ug_m3`: the 24 h limit
    (class II) of the edition in force; a valid mean that is above it when rounded (HJ 663) `is_over`."""

    day: date
    pm25_ug_m3: float | None
    hours: int
    is_valid: bool
    limit_ug_m3: int
    is_over: bool


@dataclass(frozen=True)
class GridHour:
    """One hour of a day, from `hour` on. `is_alarm`: an alarm of the grid lasted in it."""

    hour: int
    pm25_ug_m3: float | None
    is_alarm: bool


@dataclass(frozen=True)
class Spell:
    """How long an alarm lasted, both ends in it."""

    started_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class GridWarning:
    """One month in which the grid was a warning grid, or near one (`is_near`: counts are 0 then), with all its reasons."""

    month: date
    reasons: str
    pm25_ug_m3: float
    in_a_row: int
    in_a_year: int
    escalation: str
    is_near: bool
    is_at_least: bool = False  # the row reaches a month that was never judged


@dataclass(frozen=True)
class GridPage:
    """Everything about one grid as of a moment. `place` is None where no grid list names it. `days`: the season's whole
    days so far. `enterprises`: within `BULLETIN.near_km`, the nearest first; None where none can be known."""

    grid_id: str
    place: dict[str, Any] | None
    days: tuple[GridDay, ...]
    alarms: tuple[AlarmStory, ...]
    warnings: tuple[GridWarning, ...]
    enterprises: tuple[Enterprise, ...] | None
    is_simulated: bool
    spells: tuple[Spell, ...] = ()  # of the season's alarms

    @property
    def alarm_days(self) -> dict[date, int]:
        """How many alarms began on a day."""
        return dict(Counter(office_date(one.started_at) for one in self.spells))

    @property
    def box(self) -> Box | None:
        """The grid's edges, degrees (WGS84); None where no list tells them."""
        edges = [(self.place or {}).get(name) for name in ("west", "south", "east", "north")]
        if any(edge is None or edge != edge for edge in edges):
            return None
        west, south, east, north = (float(edge) for edge in edges if edge is not None)
        return Box(west, south, east, north)

    @property
    def centre(self) -> str:
        """Longitude and latitude of the grid's middle in degrees (WGS84), as a map's search takes them; empty where no list tells."""
        if (box := self.box) is None:
            return ""
        return f"{(box.west + box.east) / 2:.6f},{(box.south + box.north) / 2:.6f}"


def grid_page(house: House, grid_id: str, as_of: datetime, known_at: datetime = ALL_KNOWN) -> GridPage:
    """The grid as of a moment, by the facts received by `known_at`. Raises StateError for one nobody told of."""
    own = season_facts(house, as_of, known_at, grid_id=grid_id)
    first, end = house.season[0], min(office_date(as_of), house.season[1])
    dates = [first + number * DAY for number in range(max((end - first).days, 0))]
    with reading(house.engine) as connection:
        found = with_list_in_force(
            connection, frame(connection, "find_grid", grid_id=grid_id), office_date(as_of)
        )
        alarms = stories(connection, own, own.start_at, as_of, grid_id=grid_id)
        listed = frame(
            connection, "warnings_of_grid", grid_id=grid_id, before_date=office_date(as_of).replace(day=1)
        )
        judged = tuple(kept_months(connection))
        known = key_enterprises(connection)
        told = imported_days(connection, "grid", first, end)
    if found.empty and not alarms:
        raise StateError("no such grid", where="grid", got=grid_id[:64])
    place = None if found.empty else {str(name): value for name, value in found.iloc[0].to_dict().items()}
    days = grid_days(place_days(house.hourly_dir, "grid", grid_id, dates), dates)
    table = known if len(known) and place else None
    near = enterprises_near(found.set_index("grid_id"), table, [grid_id]).get(grid_id)
    return GridPage(
        grid_id,
        place,
        days,
        alarms,
        grid_warnings(listed, judged),
        near,
        own.is_simulated
        or bool(place and place["is_simulated"])
        or bool(told["is_simulated"].any() and any(one.hours for one in days)),
        tuple(
            Spell(row["started_at"].to_pydatetime(), row["last_at"].to_pydatetime())
            for row in own.judged.sort_values("started_at").to_dict("records")
        ),
    )


def grid_hours(house: House, grid_id: str, day: date, spells: Collection[Spell]) -> tuple[GridHour, ...]:
    """The hours of a day of the office's zone, 0 to 23. Empty where the day has no value."""
    told = place_hours(house.hourly_dir, "grid", grid_id, day)
    values = dict(zip(told["hour"], told["pm25_ug_m3"], strict=True))
    if not values:
        return ()
    hours = []
    for hour in range(24):
        start = datetime.combine(day, time(hour), office_zone())
        is_alarm = any(one.started_at < start + timedelta(hours=1) and one.last_at >= start for one in spells)
        value = values.get(hour)
        hours.append(GridHour(hour, None if value is None or value != value else float(value), is_alarm))
    return tuple(hours)


def grid_days(told: pd.DataFrame, dates: list[date]) -> tuple[GridDay, ...]:
    """One row a date, from the rows of `hourly.place_days` of one grid."""
    rows = {row["observed_on"].date(): row for row in told.to_dict("records")}
    days = []
    for day in dates:
        row, limit = rows.get(day), edition_on(day).day_limits_ug_m3[1]
        mean = None if row is None or row["pm25_ug_m3"] != row["pm25_ug_m3"] else float(row["pm25_ug_m3"])
        hours = 0 if row is None else int(row["pm25_hours"])
        is_valid = mean is not None and hours >= VALIDITY.day_hours
        is_over = is_valid and mean is not None and rounded(mean) > limit
        days.append(GridDay(day, mean, hours, is_valid, limit, is_over))
    return tuple(days)


def grid_warnings(listed: pd.DataFrame, judged: Collection[date]) -> tuple[GridWarning, ...]:
    """The newest months of the rows of sql/warnings_of_grid.sql, the newest first; `judged`: the months that were."""
    numbers = dict.fromkeys(("pm25_ug_m3", "yoy_pct", "pop_pct"), "float64")
    history = listed.assign(month=pd.to_datetime(listed["month"])).astype(numbers)
    history = history[history["rank"] <= NEAR_RANKS]
    found = []
    for moment in sorted(history["month"].unique(), reverse=True)[:_MONTHS]:
        month = pd.Timestamp(moment).date()
        of_month = history[history["month"] == moment]
        is_near = bool((of_month["rank"] > WARNED_RANKS).all())
        if is_near:
            [row] = near_warnings(history, month).to_dict("records")
            found.append(GridWarning(month, row["reasons"], row["pm25_ug_m3"], 0, 0, "", is_near))
            continue
        [row] = warning_grids(history, month, judged).to_dict("records")
        found.append(
            GridWarning(
                month,
                row["reasons"],
                row["pm25_ug_m3"],
                row["in_a_row"],
                row["in_a_year"],
                row["escalation"],
                is_near,
                row["is_at_least"],
            )
        )
    return tuple(found)

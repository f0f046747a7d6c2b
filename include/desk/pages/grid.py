"""Grid: its PM2.5 by day as a chart, its months as a warning grid, the enterprises around it, its alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from include.desk.facts import season_facts, store_state
from include.desk.grids import GridDay, grid_page
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.city import STANDINGS
from include.desk.pages.desk import At, Desk, Known, known_at
from include.desk.pages.search import not_there
from include.desk.pages.view import page
from include.errors import StateError
from include.rules import BULLETIN
from include.store.engine import reading
from include.store.watch_alarms import alarms_of_grid
from include.supervision.standards import VALIDITY, editions_of

WIDTH, HEIGHT = 1000.0, 250.0  # of the chart, with its axes
_LEFT, _TOP, _FOOT = 44.0, 10.0, 24.0
_TICKS: Final = (10, 20, 25, 50, 100, 200, 500)  # μg/m³ between the lines: the first that makes at most six

GridId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def routes(desk: Desk) -> APIRouter:
    """GET /grids/{grid_id}"""
    router = APIRouter()

    @router.get("/grids/{grid_id:path}", response_class=HTMLResponse, responses=answers(404))
    def read_grid(
        request: Request, *, visitor: Visitor = desk.reading, grid_id: GridId, at: At = "", known: Known = ""
    ) -> Response:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        until = known_at(as_of, known)
        season = desk.recent.get(("season", as_of, until, state), lambda: season_facts(house, as_of, until))
        try:
            found = grid_page(house, grid_id, season, as_of)
        except StateError:
            return not_there(desk, request, visitor, "grid", grid_id)
        with reading(house.engine) as connection:
            watched = alarms_of_grid(connection, grid_id, as_of)
        values = {
            "watched": watched,
            "found": found,
            "as_of": as_of,
            "standings": STANDINGS,
            "is_simulated": found.is_simulated,
            "chart": day_chart(found.days),
            "least_hours": VALIDITY.day_hours,
            "near_km": BULLETIN.near_km,
            "editions": [one.name for one in editions_of([day.day for day in found.days])],
        }
        return page(desk, request, visitor, "grid.html", values, at=at)

    return router


@dataclass(frozen=True)
class Bar:
    """One day in the chart. `style`: level-ok, level-over, or level-thin where too few hours were measured."""

    day: GridDay
    x: float
    y: float
    height: float
    style: str


@dataclass(frozen=True)
class DayChart:
    """Daily means as bars. `lines`: (y, μg/m³) of the scale; `months`: (x, first day shown); `limits`: (x, end, y, μg/m³) of
    the 24 h limit, one piece an edition."""

    bars: tuple[Bar, ...]
    step: float
    lines: tuple[tuple[float, int], ...]
    months: tuple[tuple[float, str], ...]
    limits: tuple[tuple[float, float, float, int], ...]


def day_chart(days: Sequence[GridDay]) -> DayChart | None:
    """Where everything lies in the picture; None without any measured day."""
    measured = [day.pm25_ug_m3 for day in days if day.pm25_ug_m3 is not None]
    if not measured:
        return None
    highest = max(*measured, *(day.limit_ug_m3 for day in days)) * 1.05
    tick = next((one for one in _TICKS if highest / one <= 6), _TICKS[-1])
    top = tick * (int(highest // tick) + 1)
    step, floor = (WIDTH - _LEFT) / len(days), HEIGHT - _FOOT

    def y(value: float) -> float:
        return round(floor - (floor - _TOP) * value / top, 1)

    def x(place: int) -> float:
        return round(_LEFT + step * place, 1)

    numbered = list(enumerate(days))
    bars = tuple(
        Bar(
            day,
            x(place),
            y(day.pm25_ug_m3),
            round(floor - y(day.pm25_ug_m3), 1),
            "level-over" if day.is_over else "level-ok" if day.is_valid else "level-thin",
        )
        for place, day in numbered
        if day.pm25_ug_m3 is not None
    )
    pieces = [list(group) for _, group in groupby(numbered, key=lambda one: one[1].limit_ug_m3)]
    return DayChart(
        bars,
        round(step * 0.8, 2),
        tuple((y(value), value) for value in range(0, top + 1, tick)),
        tuple((x(place), f"{day.day:%Y-%m}") for place, day in numbered if place == 0 or day.day.day == 1),
        tuple(
            (x(one[0][0]), x(one[-1][0] + 1), y(one[0][1].limit_ug_m3), one[0][1].limit_ug_m3)
            for one in pieces
        ),
    )

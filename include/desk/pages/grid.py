"""Grid: its PM2.5 by day as a chart, its months as a warning grid, the enterprises around it, its alarms."""

from collections.abc import Iterable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from include.desk.grids import grid_hours, grid_page
from include.desk.map_layers import Box
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import Day, day_of
from include.desk.pages.desk import At, Desk, Known, known_at
from include.desk.pages.grid_charts import NARROW, WIDE, day_chart, hour_chart
from include.desk.pages.map_page import map_of, with_tiles
from include.desk.pages.search import not_there
from include.desk.pages.view import page
from include.errors import StateError
from include.letters.words.status_words import STANDINGS
from include.rules import BULLETIN
from include.store.engine import reading
from include.store.watch_alarms import alarms_of_grid
from include.supervision.standards import VALIDITY, editions_of

T = TypeVar("T")
GridId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def routes(desk: Desk) -> APIRouter:
    """GET /grids/{grid_id}"""
    router = APIRouter()

    @router.get("/grids/{grid_id:path}", response_class=HTMLResponse, responses=answers(404))
    def read_grid(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        grid_id: GridId,
        at: At = "",
        known: Known = "",
        day: Day = "",
    ) -> Response:
        house = desk.open_house()
        asked = day_of(day, "day")
        as_of = desk.moment(house, at)
        try:
            found = grid_page(house, grid_id, as_of, known_at(as_of, known))
        except StateError:
            return not_there(desk, request, visitor, "grid", grid_id)
        with reading(house.engine) as connection:
            watched = alarms_of_grid(connection, grid_id, as_of)
        hours = grid_hours(house, grid_id, asked, found.spells) if asked else ()
        values = {
            "watched": watched,
            "found": found,
            "map": map_of(house, as_of, grid=grid_id, box=_around(found.box)) if found.box else None,
            "as_of": as_of,
            "standings": STANDINGS,
            "is_simulated": found.is_simulated,
            "charts": _made(day_chart(found.days, found.alarm_days, frame) for frame in (WIDE, NARROW)),
            "day": asked,
            "hours": hours,
            "hour_charts": _made(hour_chart(hours, frame) for frame in (WIDE, NARROW)),
            "least_hours": VALIDITY.day_hours,
            "near_km": BULLETIN.near_km,
            "editions": [one.name for one in editions_of([day.day for day in found.days])],
        }
        return with_tiles(page(desk, request, visitor, "grid.html", values, at=at), house)

    return router


def _made(charts: Iterable[T | None]) -> list[T]:
    """The charts that there are: one for wide windows and one for a phone, or none."""
    return [chart for chart in charts if chart is not None]


def _around(box: Box) -> Box:
    """The box with a grid's width of ground around it."""
    wide, high = box.east - box.west, box.north - box.south
    return Box(box.west - wide, box.south - high, box.east + wide, box.north + high)

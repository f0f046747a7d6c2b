"""Map 地图: counties, hotspot grids, alarms, enterprises, flags and the watch's cells; one map for all, and its data."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from include.desk import map_cells, map_layers
from include.desk.facts import store_state
from include.desk.map_layers import last_pushed_at, read_box
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk
from include.desk.pages.policy import policy
from include.desk.pages.view import page
from include.desk.today import today
from include.errors import InputError
from include.geo.boundaries import map_notice
from include.house import House
from include.periods import office_date, office_zone
from include.profile.current import office

Box = Annotated[
    str, Query(max_length=100, description="west,south,east,north in degrees; without: everywhere")
]
Moment = Annotated[str, Query(min_length=1, max_length=40, description="Beijing time without an offset")]
ListId = Annotated[
    int,
    Query(
        ge=0, le=2**53, description="a list of hotspot grids; 0: the newest that waits, else the one in force"
    ),
]
Place = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


def routes(desk: Desk) -> APIRouter:
    """GET /map and /map/{outlines,grids,grid_list,alarms,enterprises,flags,cells}.json"""
    router = APIRouter()

    @router.get("/map", response_class=HTMLResponse, responses=answers())
    def read_map(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        city: Place = "",
        grid: Place = "",
        at: At = "",
        list: ListId = 0,
    ) -> HTMLResponse:
        house = desk.open_house()
        as_of = desk.moment(house, at)
        values = {
            "as_of": as_of,
            "map": map_of(house, as_of, city=city, grid=grid, list_id=list),
            "is_simulated": map_layers.has_simulated(house.engine),
        }
        return with_tiles(page(desk, request, visitor, "map.html", values, at=at), house)

    @router.get("/map/outlines.json", response_class=Response, responses=answers())
    def outlines(
        *, visitor: Visitor = desk.reading, at: At = "", detail: Literal["", "near"] = "", box: Box = ""
    ) -> Response:
        house = desk.open_house()
        as_of, asked = desk.moment(house, at), read_box(box)
        key = ("outlines", office_date(as_of), detail, box, store_state(house.engine))
        text = desk.recent.get(
            key, lambda: _text(map_layers.outlines(house.engine, as_of, asked, is_near=bool(detail)))
        )
        return Response(text, media_type="application/json")

    @router.get("/map/grids.json", response_class=Response, responses=answers())
    def grids(*, visitor: Visitor = desk.reading, box: Box = "", at: At = "") -> Response:
        house = desk.open_house()
        as_of = desk.moment(house, at)
        key = ("grids", office_date(as_of), box, store_state(house.engine))
        text = desk.recent.get(key, lambda: _text(map_layers.grids(house.engine, read_box(box), as_of)))
        return Response(text, media_type="application/json")

    @router.get("/map/grid_list.json", response_class=Response, responses=answers())
    def grid_list(
        *, visitor: Visitor = desk.reading, box: Box = "", at: At = "", list: ListId = 0
    ) -> Response:
        house = desk.open_house()
        return _json(map_layers.grid_list(house.engine, list or None, desk.moment(house, at), read_box(box)))

    @router.get("/map/alarms.json", response_class=Response, responses=answers())
    def alarms(
        *,
        visitor: Visitor = desk.reading,
        start: Moment,
        end: Moment,
        state: Literal["", "open", "answered", "overdue", "chronic"] = "",
        box: Box = "",
        at: At = "",
    ) -> Response:
        house = desk.open_house()
        span, as_of = (desk.moment(house, start), desk.moment(house, end)), desk.moment(house, at)
        asked = read_box(box)
        key = ("map alarms", *span, as_of, state, box, store_state(house.engine))
        text = desk.recent.get(
            key, lambda: _text(map_layers.alarms(house.engine, *span, as_of, state or None, asked))
        )
        return Response(text, media_type="application/json")

    @router.get("/map/enterprises.json", response_class=Response, responses=answers())
    def enterprises(*, visitor: Visitor = desk.reading, box: Box = "") -> Response:
        return _json(map_layers.enterprises(desk.open_house().engine, read_box(box)))

    @router.get("/map/flags.json", response_class=Response, responses=answers())
    def flags(*, visitor: Visitor = desk.reading, at: At = "") -> Response:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        found = desk.recent.get(("today", as_of, state), lambda: today(house, as_of))
        levels = {one.unit_code: one.flag.level for one in found.cities if one.flag.level}
        return _json({"flags": levels, "is_simulated": found.is_simulated})

    @router.get("/map/cells.json", response_class=Response, responses=answers())
    def cells(*, visitor: Visitor = desk.reading, hour: Moment, box: Box = "") -> Response:
        house, asked = desk.open_house(), read_box(box)
        start = _whole_hour(desk.moment(house, hour))
        try:
            found = desk.cells(house, start)
        except InputError:  # the only one that a whole hour can give: it was not judged
            return _json(map_cells.NO_CELLS)
        return _json(map_cells.compact(found, asked))

    return router


def map_of(
    house: House,
    as_of: datetime,
    *,
    city: str = "",
    grid: str = "",
    list_id: int = 0,
    box: map_layers.Box | None = None,
) -> dict[str, Any]:
    """What the template `map_frame.html` asks of its page. With a `box` it is the small map of another page: it begins there, with the month
    of the last alarms, and asks only for what lies around it."""
    last = last_pushed_at(house.engine, as_of)
    sides = (box.west, box.south, box.east, box.north) if box else ()
    return {
        "day": office_date(last or as_of),
        "has_alarms": last is not None,
        "city": city,
        "grid": grid,
        "list_id": list_id,
        "box": ",".join(f"{side:.4f}" for side in sides),
        "is_small": box is not None,
        "notice": map_notice(),
        "tiles": house.tiles,
        "names_en": dict(office().names_en),
    }


def with_tiles(answer: HTMLResponse, house: House) -> HTMLResponse:
    """The page may load the tiles of the operator's own network, where there are any."""
    if house.tiles:
        answer.headers["Content-Security-Policy"] = policy(house.tiles.origin)
    return answer


def _whole_hour(moment: datetime) -> datetime:
    local = moment.astimezone(office_zone())
    if (local.minute, local.second, local.microsecond) != (0, 0, 0):
        raise InputError(
            "not a whole hour", where="hour", got=moment.isoformat(), expected="such as 2020-04-03T08:00"
        )
    return moment


def _json(value: Any) -> Response:
    return Response(_text(value), media_type="application/json")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

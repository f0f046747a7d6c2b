"""Grid: its alarms and its months as a warning grid."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from include.desk.facts import season_facts, store_state
from include.desk.grids import grid_page
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.city import STANDINGS
from include.desk.pages.desk import At, Desk
from include.desk.pages.view import page
from include.errors import StateError

GridId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def routes(desk: Desk) -> APIRouter:
    """GET /grids/{grid_id}"""
    router = APIRouter()

    @router.get("/grids/{grid_id:path}", response_class=HTMLResponse, responses=answers(404))
    def read_grid(
        request: Request, *, visitor: Visitor = desk.reading, grid_id: GridId, at: At = ""
    ) -> HTMLResponse:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        season = desk.recent.get(("season", as_of, state), lambda: season_facts(house, as_of))
        try:
            found = grid_page(house, grid_id, season, as_of)
        except StateError as error:
            raise HTTPException(404, "没有这个网格") from error
        values = {"found": found, "as_of": as_of, "standings": STANDINGS, "is_simulated": found.is_simulated}
        return page(desk, request, visitor, "grid.html", values, at=at)

    return router

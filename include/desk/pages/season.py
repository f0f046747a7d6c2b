"""Season 监管期: the headline figures and a calendar, and both as CSV."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from include.desk.colours import heat_class
from include.desk.facts import morning, season_facts, store_state
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk
from include.desk.pages.exports import csv_file
from include.desk.pages.view import page
from include.desk.seasons import SeasonPage, days_table, season_page
from include.periods import DAY
from include.store.facts import ALL_KNOWN


def routes(desk: Desk) -> APIRouter:
    """GET /season, /season.csv"""
    router = APIRouter()

    def found_at(at: str) -> tuple[SeasonPage, Any]:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        facts = desk.recent.get(("season", as_of, ALL_KNOWN, state), lambda: season_facts(house, as_of))
        return desk.recent.get(("season page", as_of, state), lambda: season_page(house, facts)), as_of

    @router.get("/season", response_class=HTMLResponse, responses=answers())
    def read_season(request: Request, *, visitor: Visitor = desk.reading, at: At = "") -> HTMLResponse:
        found, as_of = found_at(at)
        months: dict[str, list[Any]] = {}
        for one in found.days:
            months.setdefault(f"{one.day:%Y-%m}", []).append(one)
        values = {
            "found": found,
            "as_of": as_of,
            "months": months,
            "heat": lambda count: heat_class(count, found.most),
            "next_day": DAY,
            "morning": morning,
            "is_simulated": found.is_simulated,
        }
        return page(desk, request, visitor, "season.html", values, at=at)

    @router.get("/season.csv", response_class=Response, responses=answers())
    def export(*, visitor: Visitor = desk.reading, at: At = "") -> Response:
        found, as_of = found_at(at)
        name = f"season-{as_of:%Y%m%dT%H%MZ}.csv"
        return csv_file(days_table(found), name, is_simulated=found.is_simulated, as_of_at=as_of)

    return router

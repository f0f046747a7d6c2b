"""What became of the letters, by unit: heard, answered, accepted, rectified, and after how many hours; also as CSV."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from include.desk.facts import store_state
from include.desk.fates import Fates, fates_table, last_asked_day, unit_fates
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import MOST_DAYS, Day, days_of
from include.desk.pages.desk import At, Desk
from include.desk.pages.exports import csv_file
from include.desk.pages.view import page
from include.desk.ranking import SMALL
from include.letter_kinds import LETTER_KINDS
from include.periods import DAY, office_date

DAYS = 31  # of the window that is shown first
_Kind = Annotated[str, Query(pattern=r"^[a-z_]{0,16}$")]


def routes(desk: Desk) -> APIRouter:
    """GET /fates, /fates.csv"""
    router = APIRouter()

    def asked(
        at: At = "", kind: _Kind = "", first: Day = "", last: Day = ""
    ) -> tuple[Fates, datetime, dict[str, str]]:
        house = desk.open_house()
        # The first window ends with the last letters; what became of them is that of now, unless a moment is asked for.
        as_of, state = desk.moment(house, at, is_present=True), store_state(house.engine)
        since, until = days_of(first, last, most=MOST_DAYS)
        if until is None:
            latest = last_asked_day(house, kind or None, as_of) or office_date(as_of)
            until = min(max(latest, since), since + (MOST_DAYS - 1) * DAY) if since else latest
        since = since or until - (DAYS - 1) * DAY
        key = ("fates", as_of, state, since, until, kind)
        found = desk.recent.get(key, lambda: unit_fates(house, since, until, kind or None, as_of))
        return found, as_of, {"kind": kind, "first": str(since), "last": str(until)}

    asked_of = Annotated[tuple[Fates, datetime, dict[str, str]], Depends(asked)]

    @router.get("/fates", response_class=HTMLResponse, responses=answers())
    def read_fates(
        request: Request, *, visitor: Visitor = desk.reading, told: asked_of, at: At = ""
    ) -> HTMLResponse:
        found, as_of, query = told
        since, kind = date.fromisoformat(query["first"]), query["kind"] or None
        key = ("earlier fates", as_of, since, kind)
        earlier = desk.recent.get(key, lambda: last_asked_day(desk.open_house(), kind, as_of, since))
        values = {
            "found": found,
            "earlier": earlier,
            "earlier_first": earlier and earlier - (DAYS - 1) * DAY,
            "as_of": as_of,
            "asked": query,
            "query": {name: value for name, value in query.items() if value},
            "kinds": list(LETTER_KINDS),
            "small": SMALL,
            "is_simulated": found.is_simulated,
        }
        return page(desk, request, visitor, "fates.html", values, at=at)

    @router.get("/fates.csv", response_class=Response, responses=answers())
    def read_csv(*, visitor: Visitor = desk.reading, told: asked_of) -> Response:
        found, as_of, asked = told
        window = {"first": asked["first"], "last": asked["last"], "as_of_at": as_of}
        name = f"fates-{asked['first']}.csv"
        return csv_file(fates_table(found), name, is_simulated=found.is_simulated, **window)

    return router

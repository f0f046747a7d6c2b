"""Ranking 排名: units by any window and figure, with the change to the window before; as CSV and XLSX."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from include.desk.facts import season_facts, store_state
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import Day, day_of, require_order
from include.desk.pages.desk import At, Desk
from include.desk.pages.exports import csv_file
from include.desk.pages.view import page
from include.desk.ranking import (
    SMALL,
    Ranking,
    WhyAlone,
    WindowName,
    last_whole_day,
    ranking,
    ranking_table,
    ranking_workbook,
)
from include.store.facts import ALL_KNOWN

WINDOWS: Final[dict[str, str]] = {
    "day": "一天",
    "week": "一周",
    "half_month": "半月",
    "month": "一月",
    "season": "监管期",
    "free": "自选",
}
ALONE: Final[dict[WhyAlone, str]] = {
    "before_season": "上一时段在监管期（{day}起）之前，不作比较。",
    "partly_before": "上一时段只有一部分在监管期（{day}起）内，不作比较。",
    "no_alarms": "到上一时段末还没有报警，不作比较。",
    "is_season": "监管期不与上一时段比较。",
}
SORTS: Final[dict[str, str]] = {
    "overdue": "超期",
    "on_time": "按期/到期",
    "feedback": "反馈/推送",
    "late": "逾期反馈",
    "pushed": "推送",
    "problems": "问题",
}
Sort = Literal["overdue", "on_time", "feedback", "late", "pushed", "problems"]
_BOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(desk: Desk) -> APIRouter:
    """GET /ranking, /ranking.csv, /ranking.xlsx"""
    router = APIRouter()

    def asked(
        at: At = "", window: WindowName = "week", day: Day = "", first: Day = "", sort: Sort = "overdue"
    ) -> tuple[Ranking, datetime, dict[str, str]]:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        facts = desk.recent.get(
            ("season", as_of, ALL_KNOWN, state), lambda: season_facts(house, as_of, ALL_KNOWN)
        )
        on = day_of(day, "day") or last_whole_day(window, as_of, house.season)
        since = day_of(first, "first")
        if since and window == "free":
            require_order(since, on, ("first", "day"))
        found = desk.recent.get(
            ("ranking", as_of, state, window, on, first, sort),
            lambda: ranking(house, facts, window, on, since, sort),
        )
        query = {"window": window, "day": str(on), "first": first, "sort": sort}
        return found, as_of, {name: value for name, value in query.items() if value}

    asked_of = Annotated[tuple[Ranking, datetime, dict[str, str]], Depends(asked)]

    @router.get("/ranking", response_class=HTMLResponse, responses=answers())
    def read_ranking(
        request: Request, *, visitor: Visitor = desk.reading, told: asked_of, at: At = ""
    ) -> HTMLResponse:
        found, as_of, query = told
        values = {
            "found": found,
            "as_of": as_of,
            "query": query,
            "windows": WINDOWS,
            "sorts": SORTS,
            "small": SMALL,
            "alone": ALONE,
            "season_start": desk.open_house().season[0],
            "is_simulated": found.is_simulated,
        }
        return page(desk, request, visitor, "ranking.html", values, at=at)

    @router.get("/ranking.csv", response_class=Response, responses=answers())
    def read_csv(*, visitor: Visitor = desk.reading, told: asked_of) -> Response:
        found, as_of, _ = told
        window = {"first": found.span.start, "last": found.span.last, "as_of_at": as_of}
        name = f"ranking-{found.span.start}.csv"
        return csv_file(ranking_table(found), name, is_simulated=found.is_simulated, **window)

    @router.get("/ranking.xlsx", response_class=Response, responses=answers())
    def read_workbook(*, visitor: Visitor = desk.reading, told: asked_of) -> Response:
        name = f'attachment; filename="ranking-{told[0].span.start}.xlsx"'
        book = ranking_workbook(told[0], told[1])
        return Response(book, media_type=_BOOK, headers={"Content-Disposition": name})

    return router

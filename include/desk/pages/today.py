"""Today 今日: what waits on top, every city as of a moment as a table and a map."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from include.desk.colours import RATES, rate_class
from include.desk.facts import store_state
from include.desk.maps import region_map
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk, Known, known_at
from include.desk.pages.view import page, part
from include.desk.today import sorted_cities, today
from include.geo.boundaries import map_notice
from include.house import House
from include.office.beat_watch import wanted_dags
from include.office.waiting import TOPICS, waiting
from include.periods import DAG_IDS
from include.store.engine import reading
from include.store.rounds import POST_ROUND

COLUMNS: Final = (
    ("city", "城市", False), ("flag", "标记", False), ("window", "当期反馈/推送", True), ("feedback", "近7日反馈/推送", True),
    ("on_time", "按期/到期", True), ("overdue", "超期", True), ("open", "未反馈", True), ("problems", "问题", True),
    ("", "走势", False), ("", "最近函件", False),
)  # fmt: skip
MINUTE: Final = timedelta(minutes=1)  # for so long the moment of a page is the same
Order = Literal["flag", "city", "window", "feedback", "on_time", "overdue", "open", "problems"]


def _paused(desk: Desk, house: House) -> list[str]:
    """The DAGs that this office needs and that are switched off, in the order of the cadence."""
    off = desk.airflow.paused()
    if not off:
        return []
    with reading(house.engine) as connection:
        off &= wanted_dags(connection)
    return [dag_id for dag_id in DAG_IDS if dag_id in off]


def routes(desk: Desk) -> APIRouter:
    """GET /"""
    router = APIRouter()

    @router.get("/", response_class=HTMLResponse, responses=answers())
    def read_today(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        at: At = "",
        known: Known = "",
        sort: Annotated[Order, Query()] = "flag",
    ) -> HTMLResponse:
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        until = known_at(as_of, known)
        found = desk.recent.get(("today", as_of, until, state), lambda: today(house, as_of, until))
        now = desk.clock()
        waits = desk.recent.get(
            ("waiting", now.replace(second=0, microsecond=0), state),
            lambda: waiting(house, now),
        )
        picture = region_map(tuple(row.unit_code for row in found.cities))
        figures = {
            "found": found,
            "rows": sorted_cities(found.cities, sort),
            "sort": sort,
            "picture": picture,
            "by_code": {row.unit_code: row for row in found.cities},
            "rate_class": rate_class,
            "rates": RATES,
            "notice": map_notice(),
            "columns": COLUMNS,
        }
        values = {
            "found": found,
            "sort": sort,
            "waits": waits,
            "as_of": as_of,
            "now": now,
            "is_empty": not desk.has_alarms(house, state),
            "is_last_day": not at and now - as_of > MINUTE,
            "paused": _paused(desk, house),
            "post_round": POST_ROUND,
            "topics": TOPICS,
            "is_simulated": found.is_simulated,
            "figures": part(desk, request, "today_figures.html", figures, (as_of, state, sort), at=at),
        }
        return page(desk, request, visitor, "today.html", values, at=at)

    return router

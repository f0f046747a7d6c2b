"""Search 搜索: one field for units, counties, grids, alarms, letter numbers, enterprises and addresses; and the page for a name of
which there is nothing, with what comes nearest."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.view import page
from include.desk.search import Topic, anything_near, nearest, same_but_for_case, search
from include.periods import office_date

TOPICS: Final[dict[str, str]] = {
    "unit": "单位",
    "county": "区县",
    "grid": "网格",
    "alarm": "报警",
    "point": "点位",
    "letter": "函件",
    "enterprise": "企业",
    "contact": "联系人",
}
_NOT_THERE: Final[dict[str, str]] = {
    "unit": "没有这个城市",
    "grid": "没有这个网格",
    "alarm": "没有这条报警",
    "letter": "没有这封函件",
}
MOST_OF_ONE: Final = 500  # of the one topic that is asked for
Words = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


def routes(desk: Desk) -> APIRouter:
    """GET /search"""
    router = APIRouter()

    @router.get("/search", response_class=HTMLResponse, responses=answers())
    def read_search(
        request: Request, *, visitor: Visitor = desk.reading, q: Words = "", topic: Topic | Literal[""] = ""
    ) -> Response:
        house, today = desk.open_house(), office_date(desk.clock())
        if topic:
            found = tuple(one for one in search(house, q, today, MOST_OF_ONE) if one.topic == topic)
        else:
            found = search(house, q, today)
        exact = [one for one in found if one.is_exact and not topic]
        if len(exact) == 1:
            return RedirectResponse(f"{request.scope['root_path']}{exact[0].path}", 303)
        near = () if found else anything_near(house, q, today)
        values = {
            "words": q,
            "found": found,
            "topics": TOPICS,
            "not_there": "",
            "near": near,
            "is_of_one": bool(topic),
        }
        return page(desk, request, visitor, "search.html", values)

    return router


def not_there(desk: Desk, request: Request, visitor: Visitor, topic: Topic, words: str) -> Response:
    """The answer to a name of which there is nothing: the page of the thing where only the case differs, else a page (404) with
    what comes nearest."""
    house = desk.open_house()
    found = search(house, words, office_date(desk.clock()))
    same = same_but_for_case(found, topic)
    here = str(request.url.path).removeprefix(str(request.scope.get("root_path", "")))
    if same is not None and same.path != here and request.method == "GET":
        return RedirectResponse(f"{request.scope['root_path']}{same.path}", 303)
    near = nearest(house, topic, words)
    shown = {one.path for one in near}
    values = {
        "words": words,
        "found": [one for one in found if one.path not in shown],
        "topics": TOPICS,
        "not_there": _NOT_THERE[topic],
        "near": near,
        "is_of_one": False,
    }
    return page(desk, request, visitor, "search.html", values, status=404)

"""系统中断: outages on our own side, with what waited for its holder meanwhile, which a person gives its time back. An office without a
chain has no such page."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import QianliyanError
from include.office.chain_outages import extend_for, outages, waiting_in
from include.office.spot_checks import row_values
from include.periods import parse_moment
from include.profile.current import office

_MOST: Final = 200
Moment = Annotated[str, Query(max_length=32)]
Told = Annotated[str, Form(max_length=32)]


def routes(desk: Desk) -> APIRouter:
    """GET /outages: those that were made up for, and what waited during one; POST /outages: extends it"""
    router = APIRouter()

    def shown(
        request: Request, visitor: Visitor, began: str, ended: str, problem: str = "", status: int = 200
    ) -> Response:
        if office().chain is None:
            return not_there(desk, request, visitor, "alarm", "")
        house = desk.open_house()
        values: dict[str, Any] = {"began": began, "ended": ended, "problem": problem, "waiting": None}
        if began and ended and not problem:
            try:
                rows = waiting_in(house, *_span(began, ended), desk.clock())
                values |= {"waiting": row_values(rows.head(_MOST)), "count": len(rows)}
            except QianliyanError as error:
                values["problem"], status = error_text(request, error), 409
        values["outages"] = row_values(outages(house).head(_MOST))
        return page(desk, request, visitor, "outages.html", values, status=status)

    @router.get("/outages", response_class=HTMLResponse, responses=answers(404, 409))
    def read_outages(
        request: Request, *, visitor: Visitor = desk.reading, began: Moment = "", ended: Moment = ""
    ) -> Response:
        return shown(request, visitor, began, ended)

    @router.post("/outages", response_class=Response, responses=answers(404, 409))
    def extend(
        request: Request, *, visitor: Visitor = desk.acting, began: Told, ended: Told, reason: Reason
    ) -> Response:
        if office().chain is None:
            return not_there(desk, request, visitor, "alarm", "")
        try:
            span = _span(began, ended)
            _, troubles = extend_for(desk.open_house(), *span, Act(desk.clock(), visitor.name, reason))
        except QianliyanError as error:
            return shown(request, visitor, began, ended, error_text(request, error), 409)
        if troubles:
            return shown(request, visitor, began, ended, "；".join(troubles[:5]), 409)
        return RedirectResponse(f"{request.scope['root_path']}/outages", 303)

    return router


def _span(began: str, ended: str) -> tuple[datetime, datetime]:
    """Both moments. Raises InputError for what is none."""
    return parse_moment(began), parse_moment(ended)

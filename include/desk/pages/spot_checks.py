"""抽查: the answers drawn for a week, and a form for what a person found about each."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import Day, day_of
from include.desk.pages.desk import FIRST_YEAR, LAST_YEAR, Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.office.spot_checks import record_result, row_values, week_draw
from include.periods import DAY, office_date
from include.supervision.spot_checks import week_of

_WEEK: Final = 7
WeekField = Annotated[date, Form()]
AlarmField = Annotated[str, Form(min_length=1, max_length=128)]
ResultField = Annotated[str, Form(max_length=16)]


def routes(desk: Desk) -> APIRouter:
    """GET /spot-checks; POST /spot-checks"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, week: date, problem: str = "") -> HTMLResponse:
        _require_known_calendar(week)
        house = desk.open_house()
        draw, status = None, 409 if problem else 200
        try:
            draw = week_draw(house.engine, week, desk.clock())
        except QianliyanError as error:
            problem, status = problem or error_text(request, error), 409
        rows = row_values(draw.rows) if draw else []
        values = {
            "rows": rows,
            "week": week,
            "last_day": week + (_WEEK - 1) * DAY,
            "before": week - _WEEK * DAY,
            "after": week + _WEEK * DAY,
            "answers": draw.answers if draw else 0,
            "checked": sum(row["result"] is not None for row in rows),
            "problem": problem,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "spot_checks.html", values, status=status)

    @router.get("/spot-checks", response_class=HTMLResponse, responses=answers(409))
    def read_draw(request: Request, *, visitor: Visitor = desk.reading, week: Day = "") -> HTMLResponse:
        house = desk.open_house()
        last = min(office_date(desk.clock()), house.season[1] + _WEEK * DAY)
        return shown(request, visitor, day_of(week, "week") or week_of(last) - _WEEK * DAY)

    @router.post("/spot-checks", response_class=Response, responses=answers(409))
    def record(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        week: WeekField,
        alarm_id: AlarmField,
        result: ResultField,
        reason: Reason,
    ) -> Response:
        _require_known_calendar(week)
        try:
            record_result(
                desk.open_house().engine,
                week,
                alarm_id,
                result,
                now=desk.clock(),
                actor=visitor.name,
                reason=reason,
            )
        except QianliyanError as error:
            return shown(request, visitor, week, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/spot-checks?week={week}", 303)

    return router


def _require_known_calendar(week: date) -> None:
    """A day near either end of all dates has no week around it."""
    if not FIRST_YEAR <= week.year <= LAST_YEAR:
        raise InputError("not a date", got=str(week), expected=f"a year from {FIRST_YEAR} to {LAST_YEAR}")

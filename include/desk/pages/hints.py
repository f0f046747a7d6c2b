"""Hints of the public: what waits, and a form for what a person makes of each."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import QianliyanError
from include.office.hints import OPEN, OUTCOMES, STATES, answer_text, count_hints, hints, mails_of, settle
from include.periods import date_label, office_date
from include.rules import HINTS

_SHOWN: Final = 100
_SHOWN_TEXT: Final = 200  # characters of a hint before it is unfolded
All = Annotated[bool, Query(description="closed ones, too")]
HintField = Annotated[str, Form(min_length=1, max_length=64)]
OutcomeField = Annotated[str, Form(max_length=16)]
GridField = Annotated[str, Form(max_length=64)]
AnswerField = Annotated[str, Form(max_length=4000)]


def routes(desk: Desk) -> APIRouter:
    """GET /hints; POST /hints"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, is_all: bool, problem: str = "") -> HTMLResponse:
        house = desk.open_house()
        states = tuple(STATES) if is_all else OPEN
        rows: list[dict[str, Any]] = hints(house.engine, states, _SHOWN)
        count = count_hints(house.engine, states)
        letters = mails_of(house.engine, [row["hint_id"] for row in rows])
        for row in rows:
            row["mail_id"] = letters.get(row["hint_id"])
            told = {**row, "received_at": date_label(office_date(row["received_at"]))}
            row["draft"] = row["answer"] or ("" if row["erased_at"] else answer_text(house, told, "checking"))
        values = {
            "rows": rows,
            "count": count,
            "states": STATES,
            "outcomes": OUTCOMES,
            "open_states": OPEN,
            "shown_text": _SHOWN_TEXT,
            "days_kept": HINTS.kept_after_closing.days,
            "is_all": is_all,
            "problem": problem,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "hints.html", values, status=409 if problem else 200)

    @router.get("/hints", response_class=HTMLResponse, responses=answers(409))
    def read_hints(request: Request, *, visitor: Visitor = desk.reading, closed: All = False) -> HTMLResponse:
        return shown(request, visitor, closed)

    @router.post("/hints", response_class=Response, responses=answers(409))
    def record(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        hint_id: HintField,
        outcome: OutcomeField,
        grid_id: GridField = "",
        answer: AnswerField = "",
    ) -> Response:
        house, now = desk.open_house(), desk.clock()
        try:
            settle(house, hint_id, outcome, now=now, actor=visitor.name, grid_id=grid_id, answer=answer)
        except QianliyanError as error:
            return shown(request, visitor, False, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/hints", 303)

    return router

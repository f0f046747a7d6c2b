"""Letters 函件: the list, also of one city, one day, or one run of a DAG."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk
from include.desk.pages.view import page
from include.desk.standing import letters_standing
from include.letter_kinds import LETTER_KINDS
from include.periods import parse_date

PAGE: Final = 100
_Id = Annotated[str, Query(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")]


def routes(desk: Desk) -> APIRouter:
    """GET /letters"""
    router = APIRouter()

    @router.get("/letters", response_class=HTMLResponse, responses=answers())
    def read_letters(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        at: At = "",
        kind: Annotated[str, Query(pattern=r"^[a-z_]{0,16}$")] = "",
        day: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
        city: Annotated[str, Query(pattern=r"^([0-9A-Za-z][0-9A-Za-z.-]{0,31})?$")] = "",
        dag_id: _Id = "",
        run_id: _Id = "",
        skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> HTMLResponse:
        house = desk.open_house()
        run = f"{dag_id}/{run_id}" if dag_id and run_id else None
        rows = letters_standing(
            house,
            unit_code=city or None,
            on_date=parse_date(day) if day else None,
            run_id=run,
            kind=kind or None,
            most=PAGE + 1,
            skip=skip,
        ).to_dict("records")
        values = {
            "rows": rows[:PAGE],
            "has_more": len(rows) > PAGE,
            "skip": skip,
            "page_size": PAGE,
            "kind": kind,
            "kinds": list(LETTER_KINDS),
            "day": day,
            "city": city,
            "dag_id": dag_id,
            "run_id": run_id,
            "run": run,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "letters.html", values, at=at)

    return router

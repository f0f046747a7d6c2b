"""Treatment 治污设施: enterprises whose treatment seemed not to run as it should, by day, whether or not there was an alarm."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.days import day_of
from include.desk.pages.desk import Desk
from include.desk.pages.view import page
from include.office.treatment import submeter_rules, treatment_rows, treatment_workbook
from include.periods import DAY
from include.store.engine import reading
from include.store.treatment import last_treatment_day

Asked = Annotated[str, Query(alias="date", max_length=32)]


def routes(desk: Desk) -> APIRouter:
    """GET /treatment, /treatment.xlsx"""
    router = APIRouter()

    def shown_day(asked: str) -> date | None:
        with reading(desk.open_house().engine) as connection:
            return day_of(asked, "date") or last_treatment_day(connection)

    @router.get("/treatment", response_class=HTMLResponse, responses=answers())
    def read_treatment(
        request: Request, *, visitor: Visitor = desk.reading, asked: Asked = ""
    ) -> HTMLResponse:
        day = shown_day(asked)
        rows = treatment_rows(desk.open_house().engine, day, day + DAY) if day else []
        rules = submeter_rules()
        values = {
            "day": day,
            "rows": rows,
            "rules": rules.submeter,
            "meter": rules.meter,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "treatment.html", values)

    @router.get("/treatment.xlsx", response_class=Response, responses=answers())
    def export(*, visitor: Visitor = desk.reading, asked: Asked = "") -> Response:
        day = shown_day(asked) or desk.clock().date()
        book = treatment_workbook(desk.open_house().engine, day, day + DAY, None, desk.clock())
        return Response(
            book,
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            headers={"Content-Disposition": f'attachment; filename="treatment-{day}.xlsx"'},
        )

    return router

"""Audit 审计: who did what when, with filters and as CSV."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from include.desk.audit import Filters, audit_rows, audit_table, persons
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.exports import csv_file
from include.desk.pages.view import LABELS, page
from include.periods import parse_date

PAGE: Final = 100
MOST_ROWS: Final = 50_000  # of a CSV
_Day = Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
_Word = Annotated[str, Query(pattern=r"^[a-z_]{0,32}$")]
_Words = Annotated[str, Query(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _filters(
    first: _Day = "",
    last: _Day = "",
    actor: _Words = "",
    subject: _Word = "",
    action: _Word = "",
    words: _Words = "",
) -> Filters:
    return Filters(_day(first), _day(last), actor, subject, action, words)


def _day(text: str) -> date | None:
    return parse_date(text) if text else None


_Asked = Annotated[Filters, Depends(_filters)]


def routes(desk: Desk) -> APIRouter:
    """GET /audit, /audit.csv"""
    router = APIRouter()

    @router.get("/audit", response_class=HTMLResponse, responses=answers())
    def read_audit(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        asked: _Asked,
        skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> HTMLResponse:
        house = desk.open_house()
        rows = audit_rows(house, asked, most=PAGE + 1, skip=skip)
        values = {
            "rows": rows[:PAGE],
            "has_more": len(rows) > PAGE,
            "skip": skip,
            "page_size": PAGE,
            "asked": asked,
            "query": query_of(asked),
            "persons": persons(house),
            "subjects": LABELS["subject"],
            "actions": LABELS["action"],
            "groups": {name: group for group in ("deed", "act", "action") for name in LABELS[group]},
        }
        return page(desk, request, visitor, "audit.html", values)

    @router.get("/audit.csv", response_class=Response, responses=answers())
    def read_csv(*, visitor: Visitor = desk.reading, asked: _Asked) -> Response:
        rows = audit_rows(desk.open_house(), asked, most=MOST_ROWS)
        return csv_file(audit_table(rows), "audit.csv")

    return router


def query_of(asked: Filters) -> dict[str, str]:
    """The filters as the query of a link."""
    return {name: str(value) for name, value in vars(asked).items() if value}

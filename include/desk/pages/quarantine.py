"""Quarantine 隔离: rows that could not be understood; correct them in our own columns, replay them, or discard them."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.office.untaken_air import is_untaken, take
from include.sources.layout import LAYOUTS
from include.sources.quarantine import correct, discard, list_rows, replay, show
from include.store.engine import reading

MOST: Final = 200
State = Literal["open", "replayed", "discarded"]
RowId = Annotated[int, Path(ge=1, le=2**53)]
_FIELD: Final = "field."


def routes(desk: Desk) -> APIRouter:
    """GET /quarantine, /quarantine/{row}; POST /quarantine/{row}/correct, /discard, /take, /quarantine/replay"""
    router = APIRouter()

    @router.get("/quarantine", response_class=HTMLResponse, responses=answers())
    def read_rows(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        state: Annotated[State, Query()] = "open",
        done: Annotated[str, Query(pattern=r"^(\d{1,9}-\d{1,9})?$")] = "",
    ) -> HTMLResponse:
        with reading(desk.open_house().engine) as connection:
            rows = list_rows(connection, state=state, limit=MOST)
        replayed, _, wrong = done.partition("-")
        values = {
            "rows": rows,
            "state": state,
            "most": MOST,
            "replayed": replayed,
            "wrong": wrong,
            "is_simulated": any(row.is_simulated for row in rows),
        }
        return page(desk, request, visitor, "quarantine.html", values)

    def shown(request: Request, visitor: Visitor, number: int, problem: str = "") -> HTMLResponse:
        try:
            with reading(desk.open_house().engine) as connection:
                row = show(connection, number)
        except InputError as error:
            raise HTTPException(404, "没有这一行") from error
        values = {
            "row": row,
            "layout": LAYOUTS.get(row.kind),
            "problem": problem,
            "is_untaken": is_untaken(row),
            "is_simulated": row.is_simulated,
        }
        return page(desk, request, visitor, "quarantined_row.html", values, status=409 if problem else 200)

    @router.get("/quarantine/{row}", response_class=HTMLResponse, responses=answers(404))
    def read_row(request: Request, *, visitor: Visitor = desk.reading, row: RowId) -> HTMLResponse:
        return shown(request, visitor, row)

    @router.post("/quarantine/replay", response_class=Response, responses=answers())
    def replay_all(request: Request, *, visitor: Visitor = desk.acting) -> Response:
        engine = desk.open_house().engine
        with reading(engine) as connection:
            rows = list_rows(connection, state="open", limit=MOST)
        numbers = [row.quarantine_id for row in rows if row.kind in LAYOUTS]
        wrong = replay(engine, numbers, by=visitor.name, now=desk.clock())
        return RedirectResponse(
            f"{request.scope['root_path']}/quarantine?done={len(numbers) - len(wrong)}-{len(wrong)}", 303
        )

    @router.post("/quarantine/{row}/correct", response_class=Response, responses=answers(404, 409))
    async def correct_form(
        request: Request, *, visitor: Visitor = desk.acting, row: RowId, reason: Reason
    ) -> Response:
        form = await request.form()
        values = {
            name.removeprefix(_FIELD): str(value) for name, value in form.items() if name.startswith(_FIELD)
        }
        return await run_in_threadpool(correct_it, request, visitor, row, values, reason)

    def correct_it(
        request: Request, visitor: Visitor, number: int, values: dict[str, str], reason: str
    ) -> Response:
        engine, now = desk.open_house().engine, desk.clock()
        try:
            with reading(engine) as connection:
                before = show(connection, number).fields
            changed = {name: value for name, value in values.items() if value != before.get(name, "")}
            if changed:
                correct(engine, number, changed, by=visitor.name, reason=reason, now=now)
            wrong = replay(engine, [number], by=visitor.name, now=now)
        except QianliyanError as error:
            return shown(request, visitor, number, error_text(request, error))
        if wrong:
            return shown(request, visitor, number, wrong[number])
        return RedirectResponse(f"{request.scope['root_path']}/quarantine?done=1-0", 303)

    @router.post("/quarantine/{row}/discard", response_class=Response, responses=answers(404, 409))
    def discard_it(
        request: Request, *, visitor: Visitor = desk.acting, row: RowId, reason: Reason
    ) -> Response:
        try:
            discard(desk.open_house().engine, row, by=visitor.name, reason=reason, now=desk.clock())
        except QianliyanError as error:
            return shown(request, visitor, row, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/quarantine", 303)

    @router.post("/quarantine/{row}/take", response_class=Response, responses=answers(404, 409))
    def take_it(request: Request, *, visitor: Visitor = desk.acting, row: RowId, reason: Reason) -> Response:
        try:
            take(desk.open_house(), row, by=visitor.name, reason=reason, now=desk.clock())
        except QianliyanError as error:
            return shown(request, visitor, row, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/quarantine?done=1-0", 303)

    return router

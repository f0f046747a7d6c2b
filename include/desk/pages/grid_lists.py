"""Lists of hotspot grids 热点网格清单: what a choice proposes, looked through by unit, struck out, added to, released."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.house import House
from include.language import say
from include.letters.grid_reasons import rules_words
from include.office import grid_files, grid_lists
from include.periods import DAY, office_date
from include.selection.comparison import change_counts, compared

ListId = Annotated[int, Path(ge=1, le=2**53)]
UnitQuery = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
UnitPath = Annotated[str, Path(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
UnitField = Annotated[str, Form(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
GridField = Annotated[str, Form(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
FileName = Literal["grids.csv", "hot_grids.csv", "hot_grids.geojson", "manifest.json", "map.png"]
FilePath = Annotated[str, Path(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "json": "application/json",
    "png": "image/png",
}


def routes(desk: Desk) -> APIRouter:
    """GET /grid-lists, /grid-lists/{list_id}, its files and reasons; POST /grid-lists/{list_id}, /grid-lists/{list_id}/grids"""
    router = APIRouter()

    @router.get("/grid-lists", response_class=HTMLResponse, responses=answers())
    def read_lists(request: Request, *, visitor: Visitor = desk.reading) -> HTMLResponse:
        rows = grid_lists.all_lists(desk.open_house().engine)
        values = {"rows": _plain(rows), "is_simulated": bool(rows["is_simulated"].any())}
        return page(desk, request, visitor, "grid_lists.html", values)

    def shown(
        request: Request, visitor: Visitor, list_id: int, unit: str, problem: str = "", status: int = 200
    ) -> HTMLResponse:
        house = desk.open_house()
        try:
            values = _list_values(house, list_id, unit)
        except InputError as error:
            empty = {"rows": [], "is_simulated": False, "problem": error_text(request, error)}
            return page(desk, request, visitor, "grid_lists.html", empty, status=404)
        values |= {"problem": problem, "tomorrow": office_date(desk.clock()) + DAY}
        return page(desk, request, visitor, "grid_list.html", values, status=status)

    @router.get("/grid-lists/{list_id}", response_class=HTMLResponse, responses=answers(404))
    def read_list(
        request: Request, *, visitor: Visitor = desk.reading, list_id: ListId, unit: UnitQuery = ""
    ) -> HTMLResponse:
        return shown(request, visitor, list_id, unit)

    @router.get("/grid-lists/{list_id}/files/{name}", response_class=Response, responses=answers(404))
    def read_file(*, visitor: Visitor = desk.reading, list_id: ListId, name: FilePath) -> Response:
        if name not in get_args(FileName):
            raise HTTPException(404, "名单没有这个文件")
        house = desk.open_house()
        own = _list(house, list_id)
        units = grid_lists.unit_names(house.engine)
        content = next(
            content
            for file, content in grid_files.list_files(own, units, house.issuer.name, with_letters=False)
            if file == name
        )
        shown_as = "inline" if name == "map.png" else f'attachment; filename="list{list_id}_{name}"'
        return Response(
            content, media_type=_TYPES[name.rpartition(".")[2]], headers={"Content-Disposition": shown_as}
        )

    @router.get("/grid-lists/{list_id}/reasons/{unit}", response_class=Response, responses=answers(404))
    def read_reasons(*, visitor: Visitor = desk.reading, list_id: ListId, unit: UnitPath) -> Response:
        house = desk.open_house()
        own = _list(house, list_id)
        name = grid_lists.unit_names(house.engine).get(unit, unit)
        pdf = grid_files.unit_reasons(own, unit, name, house.issuer.name, fonts_dir=house.fonts_dir)
        file_name = quote(say("为什么是这个网格_{name}.pdf", name=name), safe="")
        return Response(
            pdf,
            media_type="application/pdf",
            headers={
                "Content-Disposition": f"inline; filename=\"reasons.pdf\"; filename*=UTF-8''{file_name}"
            },
        )

    @router.post("/grid-lists/{list_id}/grids", response_class=Response, responses=answers(404, 409))
    def decide_grid(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        list_id: ListId,
        action: Annotated[Literal["strike", "add"], Form()],
        grid_id: GridField,
        reason: Reason,
        unit: UnitField = "",
    ) -> Response:
        house = desk.open_house()
        act: dict[str, Any] = {"now": desk.clock(), "actor": visitor.name, "reason": reason}
        try:
            if action == "strike":
                grid_lists.strike(house.engine, list_id, grid_id.strip(), **act)
            else:
                grid_lists.add(house.engine, house.archive, list_id, grid_id.strip(), **act)
        except QianliyanError as error:
            return shown(request, visitor, list_id, unit, error_text(request, error), 409)
        return _back(request, list_id, unit)

    @router.post("/grid-lists/{list_id}", response_class=Response, responses=answers(404, 409))
    def decide_list(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        list_id: ListId,
        action: Annotated[Literal["release", "reject"], Form()],
        reason: Reason,
        valid_from: Annotated[date | None, Form()] = None,
    ) -> Response:
        engine = desk.open_house().engine
        act: dict[str, Any] = {"now": desk.clock(), "actor": visitor.name, "reason": reason}
        try:
            if action == "reject":
                grid_lists.reject(engine, list_id, **act)
            else:
                grid_lists.release(engine, list_id, valid_from, **act)
        except QianliyanError as error:
            return shown(request, visitor, list_id, "", error_text(request, error), 409)
        return _back(request, list_id, "")

    return router


def _list_values(house: House, list_id: int, unit: str) -> dict[str, Any]:
    """What the page of a list shows: its units with their counts, and the grids of one unit."""
    own = grid_lists.view(house.engine, house.archive, list_id)
    names = grid_lists.unit_names(house.engine)
    rows = grid_files.listed(own, names)
    told = own.rows.assign(is_monitored=own.rows["is_monitored"].astype(bool))
    before = told.assign(is_hot=told["change"].isin(("kept", "left")), is_monitored=False)
    counts = change_counts(compared(before, told)).set_index("unit_code")
    cells = own.table["unit_code"].value_counts()
    units = [
        {
            "unit_code": code,
            "unit_name": names.get(code, code),
            "cells": int(cells[code]),
            "hot": int(counts["after"].get(code, 0)),
            "new": int(counts["new"].get(code, 0)),
            "left": int(counts["left"].get(code, 0)),
        }
        for code in sorted(cells.index)
    ]
    codes = [one["unit_code"] for one in units]
    chosen = unit if unit in codes else next(iter(codes), "")
    return {
        "list": own.values,
        "units": units,
        "unit": chosen,
        "unit_name": names.get(chosen, chosen),
        "rows": _plain(rows[rows["unit_code"] == chosen]),
        "notes": own.manifest["notes"],
        "how": partial(
            rules_words, own.rules, own.years
        ),  # said while the page is made, in its reader's language
        "years": own.years,
        "edition": own.manifest["edition"],
        "files": [name for name in get_args(FileName) if name != "map.png"],
        "is_simulated": bool(own.values["is_simulated"]),
    }


def _list(house: House, list_id: int) -> grid_lists.ListView:
    try:
        return grid_lists.view(house.engine, house.archive, list_id)
    except InputError as error:
        raise HTTPException(404, "没有这份名单") from error


def _plain(rows: Any) -> list[dict[str, Any]]:
    """The rows for a page: plain values, None for what is empty."""
    found: list[dict[str, Any]] = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return found


def _back(request: Request, list_id: int, unit: str) -> RedirectResponse:
    asked = f"?unit={quote(unit, safe='')}" if unit else ""
    return RedirectResponse(f"{request.scope['root_path']}/grid-lists/{list_id}{asked}", 303)

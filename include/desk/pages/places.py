"""Places 地方: what lies where on a date; add, end, rename, re-parent, each with a reason."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from include.act import Act
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.office.units import places_on, undecided, words_of
from include.periods import office_date, parse_date
from include.profile.current import latest_told_office
from include.profile.values import Place
from include.store.engine import reading, writing
from include.store.offices import adopt_office, keep_ours
from include.store.places import add_place, change_place, end_place

_Text = Annotated[str, Form(max_length=128, pattern=r"^[^\x00-\x1f]*$")]
Deed = Literal["add", "end", "rename", "move", "keep"]
# What each act is called; the fields that it asks for are in the page.
ACTS: Final = {
    "rename": "改名",
    "move": "改上级",
    "end": "撤销",
    "add": "新增地方",
    "keep": "以现有的为准",
}


def routes(desk: Desk) -> APIRouter:
    """GET /places; POST /places"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, on: date, **more: Any) -> HTMLResponse:
        with reading(desk.open_house().engine) as connection:
            rows = places_on(connection, on).to_dict("records")
            asked = [
                (one.code, list(words_of(one))) for one in undecided(connection) if one.subject == "place"
            ]
        values = {"rows": rows, "on": on, "asked": asked, "acts": ACTS, "problem": "", "done": ""}
        return page(
            desk,
            request,
            visitor,
            "places.html",
            {**values, "is_simulated": False, **more},
            status=more.get("status", 200),
        )

    @router.get("/places", response_class=HTMLResponse, responses=answers())
    def read_places(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        on: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
        done: Annotated[str, Query(pattern=r"^[a-z]{0,8}$")] = "",
    ) -> HTMLResponse:
        return shown(request, visitor, parse_date(on) if on else office_date(desk.clock()), done=done)

    @router.post("/places", response_class=Response, responses=answers(409))
    def change(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        reason: Reason,
        act: Annotated[Deed, Form()],
        place_code: _Text,
        since: _Text = "",
        name: _Text = "",
        name_en: _Text = "",
        level: _Text = "",
        parent_code: _Text = "",
    ) -> Response:
        now = desk.clock()
        try:
            day = parse_date(since) if since else office_date(now)
            told = Place(place_code, name, level, parent_code, name_en=name_en, valid_from=day)
            step = _step(act, told, day)
            engine = desk.open_house().engine
            with writing(engine) as connection:
                step(connection, Act(now, visitor.name, reason))
            adopt_office(engine)
        except QianliyanError as error:
            return shown(request, visitor, office_date(now), problem=error_text(request, error), status=409)
        return RedirectResponse(f"{request.scope['root_path']}/places?on={day}&done={act}", 303)

    return router


def _step(act: Deed, told: Place, day: date) -> Callable[[Connection, Act], None]:
    """What an act does to the store. Raises InputError where it lacks a field."""
    code = told.place_code
    names = {
        key: value
        for key, value in (("name", told.name), ("name_en", told.name_en), ("level", told.level))
        if value
    }
    if act == "rename" and not names:
        raise InputError("nothing to change", where=f"place {code}", expected="a name or a level")
    steps: dict[Deed, Callable[[Connection, Act], None]] = {
        "add": lambda connection, by: add_place(connection, told, by),
        "end": lambda connection, by: end_place(connection, code, day, by),
        "rename": lambda connection, by: change_place(connection, code, day, names, act, by),
        "move": lambda connection, by: change_place(
            connection, code, day, {"parent_code": told.parent_code}, act, by
        ),
        "keep": lambda connection, by: keep_ours(connection, latest_told_office(), code, by),
    }
    return steps[act]

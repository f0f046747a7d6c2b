"""Units 单位: whom this office addresses on a date; add, end, rename, re-parent, join and leave a region, each with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
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
from include.office.units import close_unit, successors_told, undecided, units_on, words_of
from include.periods import office_date, parse_date
from include.profile.current import latest_told_office
from include.profile.values import UNIT_KINDS, Unit
from include.sources.succession import take_over
from include.store.engine import reading, writing
from include.store.offices import adopt_office, keep_ours
from include.store.successors import Successor
from include.store.units import add_unit, change_region, change_unit

_Text = Annotated[str, Form(max_length=128, pattern=r"^[^\x00-\x1f]*$")]
Deed = Literal["add", "end", "succeed", "rename", "move", "join", "leave", "keep"]
# What each act is called; the fields that it asks for are in the page.
ACTS: Final = {
    "rename": "改名",
    "move": "改上级",
    "join": "划入区域",
    "leave": "移出区域",
    "end": "撤销",
    "succeed": "指定承接单位",
    "add": "新增单位",
    "keep": "以现有的为准",
}


def routes(desk: Desk) -> APIRouter:
    """GET /units; POST /units"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, on: date, **more: Any) -> HTMLResponse:
        with reading(desk.open_house().engine) as connection:
            rows = units_on(connection, on).to_dict("records")
            told = successors_told(connection)
            asked = [
                (one.code, list(words_of(one))) for one in undecided(connection) if one.subject == "unit"
            ]
        values = {
            "rows": rows,
            "on": on,
            "asked": asked,
            "successors": told,
            "acts": ACTS,
            "kinds": UNIT_KINDS,
            "problem": "",
            "done": "",
        }
        return page(
            desk,
            request,
            visitor,
            "units.html",
            {**values, "is_simulated": False, **more},
            status=more.get("status", 200),
        )

    @router.get("/units", response_class=HTMLResponse, responses=answers())
    def read_units(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        on: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = "",
        done: Annotated[str, Query(pattern=r"^[a-z]{0,8}$")] = "",
    ) -> HTMLResponse:
        day = parse_date(on) if on else office_date(desk.clock())
        return shown(request, visitor, day, done=done)

    @router.post("/units", response_class=Response, responses=answers(409))
    def change(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        reason: Reason,
        act: Annotated[Deed, Form()],
        unit_code: _Text,
        since: _Text = "",
        name: _Text = "",
        bureau: _Text = "",
        address_form: _Text = "",
        kind: _Text = "bureau",
        place_code: _Text = "",
        reports_to: _Text = "",
        region: _Text = "",
        leaving: _Text = "",
        successor: _Text = "",
        county: _Text = "",
    ) -> Response:
        now = desk.clock()
        told = {"name": name, "bureau": bureau, "address_form": address_form}
        try:
            day = parse_date(since) if since else office_date(now)
            step = _step(
                act,
                Unit(unit_code, name, bureau, kind, place_code, reports_to, address_form, valid_from=day),
                day,
                {key: value for key, value in told.items() if value},
                _Stay(region, leaving),
                _Heir(successor, county),
            )
            engine = desk.open_house().engine
            with writing(engine) as connection:
                step(connection, Act(now, visitor.name, reason))
            adopt_office(engine)
        except QianliyanError as error:
            return shown(request, visitor, office_date(now), problem=error_text(request, error), status=409)
        return RedirectResponse(f"{request.scope['root_path']}/units?on={day}&done={act}", 303)

    return router


@dataclass(frozen=True)
class _Stay:
    """The region that a unit joins or leaves, and the one that it leaves as it joins."""

    region: str
    leaving: str


@dataclass(frozen=True)
class _Heir:
    """Who answers for a unit that ends, of one county or (empty) of all."""

    successor: str
    county: str


def _step(
    act: Deed, unit: Unit, day: date, told: dict[str, str], stay: _Stay, heir: _Heir
) -> Callable[[Connection, Act], object]:
    """What an act does to the store. Raises InputError where it lacks a field."""
    code, region, leaving = unit.unit_code, stay.region, stay.leaving
    if act == "rename" and not told:
        raise InputError(
            "nothing to change", where=f"unit {code}", expected="a name, a bureau or a form of address"
        )
    if act in ("join", "leave") and not region:
        raise InputError("no region was named", where=f"unit {code}", expected="a region")
    if act == "succeed" and not heir.successor:
        raise InputError(
            "no successor was named", where=f"unit {code}", expected="the code of the unit that answers"
        )
    steps: dict[Deed, Callable[[Connection, Act], object]] = {
        "add": lambda connection, by: add_unit(connection, unit, True, region, by),
        "end": lambda connection, by: close_unit(connection, code, day, heir.successor, by),
        "succeed": lambda connection, by: take_over(
            connection, code, Successor(heir.successor, day), heir.county, by
        ),
        "rename": lambda connection, by: change_unit(connection, code, day, told, act, by),
        "move": lambda connection, by: change_unit(
            connection, code, day, {"reports_to": unit.reports_to}, act, by
        ),
        "join": lambda connection, by: change_region(
            connection, code, region, day, joins=True, act=by, leaving=leaving
        ),
        "leave": lambda connection, by: change_region(connection, code, region, day, joins=False, act=by),
        "keep": lambda connection, by: keep_ours(connection, latest_told_office(), code, by),
    }
    return steps[act]

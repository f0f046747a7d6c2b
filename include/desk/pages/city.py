"""City: its alarms with their history, its letters and contacts, rates by week, its hotspot map."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.desk.cities import HISTORY_DAYS, city_page
from include.desk.city_air import unit_air
from include.desk.facts import morning
from include.desk.flag_history import flag_history
from include.desk.maps import unit_box
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, CityCode, Desk, Known, known_at
from include.desk.pages.map_page import map_of, with_tiles
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.desk.standing import letters_standing
from include.errors import InputError, QianliyanError, StateError
from include.letters.words.status_words import STANDINGS
from include.office.contacts import contact_list
from include.office.notes import add_note, unit_notes
from include.periods import office_date
from include.store.engine import reading

_LETTERS: Final = 12
_WORDS: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x20][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
NOTE_WORDS: Final = {
    "call": "电话记录",
    "note": "备注",
    "assign": "指定经办人",
    "unassign": "取消经办人",
}


def routes(desk: Desk) -> APIRouter:
    """GET /cities/{unit_code}; POST /cities/{unit_code}/notes"""
    router = APIRouter()

    @router.get("/cities/{unit_code}", response_class=HTMLResponse, responses=answers(404))
    def read_city(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        unit_code: CityCode,
        at: At = "",
        known: Known = "",
    ) -> Response:
        return shown(request, visitor, unit_code, at, known)

    @router.post("/cities/{unit_code}/notes", response_class=Response, responses=answers(404, 409))
    def note(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        unit_code: CityCode,
        reason: Annotated[str, Form(min_length=1, max_length=2000, pattern=_WORDS)],
        kind: Annotated[Literal["call", "note", "assign", "unassign"], Form()],
        whom: Annotated[str, Form(max_length=128, pattern=r"^[^\x00-\x1f]*$")] = "",
    ) -> Response:
        try:
            noted, name = ("assign", "") if kind == "unassign" else (kind, whom)
            if kind == "assign" and not whom.strip():
                raise InputError("nobody was named", where="note", todo="say who sees to the matter")
            add_note(desk.open_house(), unit_code, noted, name, Act(desk.clock(), visitor.name, reason))
        except QianliyanError as error:
            return shown(request, visitor, unit_code, "", "", 409, problem=error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/cities/{unit_code}#notes", 303)

    def shown(
        request: Request,
        visitor: Visitor,
        unit_code: str,
        at: str,
        known: str,
        status: int = 200,
        **more: Any,
    ) -> Response:
        house = desk.open_house()
        as_of = desk.moment(house, at)
        until = known_at(as_of, known)
        try:
            found = city_page(house, unit_code, as_of, until)
        except StateError:
            return not_there(desk, request, visitor, "unit", unit_code)
        with reading(house.engine) as connection:
            air = unit_air(connection, unit_code, house.season, as_of)
        box = unit_box(unit_code)
        values = {
            "found": found,
            "as_of": as_of,
            "letters": letters_standing(house, unit_code=unit_code, most=_LETTERS).to_dict("records"),
            "contacts": contact_list(house, region_code=unit_code, on_date=office_date(as_of)).to_dict(
                "records"
            ),
            "map": map_of(house, as_of, city=unit_code, box=box) if box else None,
            "standings": STANDINGS,
            "history_days": HISTORY_DAYS,
            "noted": unit_notes(house, unit_code),
            "note_kinds": NOTE_WORDS,
            "air": air,
            "morning_time": f"{morning(office_date(as_of)):%H:%M}",
            "flags": flag_history(house, unit_code, as_of, until),
            "is_simulated": found.is_simulated or air.is_simulated,
            **more,
        }
        return with_tiles(page(desk, request, visitor, "city.html", values, status=status, at=at), house)

    return router

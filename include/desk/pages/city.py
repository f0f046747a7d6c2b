"""City: its alarms with their history, its letters and contacts, rates by week, its hotspot map."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from include.desk.cities import HISTORY_DAYS, CityPage, city_page
from include.desk.facts import season_facts, store_state
from include.desk.maps import Map, city_map
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, CityCode, Desk, Known, known_at
from include.desk.pages.search import not_there
from include.desk.pages.view import page
from include.desk.standing import letters_standing
from include.errors import StateError
from include.geo.boundaries import map_notice
from include.office.contacts import contact_list
from include.periods import office_date

STANDINGS: Final = {
    "answered": "已反馈",
    "late": "逾期反馈",
    "overdue": "超期未反馈",
    "waiting": "未到期",
    "in_grace": "已退回，待重报",
    "in_dispute": "复核中",
    "closed": "已结案",
    "upheld": "误报（已核减）",
}
_LETTERS: Final = 12


def routes(desk: Desk) -> APIRouter:
    """GET /cities/{unit_code}"""
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
        house = desk.open_house()
        as_of, state = desk.moment(house, at), store_state(house.engine)
        until = known_at(as_of, known)
        season = desk.recent.get(("season", as_of, until, state), lambda: season_facts(house, as_of, until))
        try:
            found = city_page(house, unit_code, season, as_of)
        except StateError:
            return not_there(desk, request, visitor, "unit", unit_code)
        picture = city_map(unit_code)
        values = {
            "found": found,
            "as_of": as_of,
            "letters": letters_standing(house, unit_code=unit_code, most=_LETTERS).to_dict("records"),
            "contacts": contact_list(house, region_code=unit_code, on_date=office_date(as_of)).to_dict(
                "records"
            ),
            "picture": picture,
            "spots": _placed(found, picture),
            "notice": map_notice(),
            "standings": STANDINGS,
            "history_days": HISTORY_DAYS,
            "is_simulated": found.is_simulated,
        }
        return page(desk, request, visitor, "city.html", values, at=at)

    return router


def _placed(found: CityPage, picture: Map | None) -> list[dict[str, object]]:
    """The hotspots where they lie in the picture; the area of a circle grows with its alarms."""
    if picture is None:
        return []
    place = picture.place
    return [
        {
            "spot": spot,
            "x": place(spot.lon, spot.lat)[0],
            "y": place(spot.lon, spot.lat)[1],
            "r": round(7 * spot.alarms**0.5, 1),
        }
        for spot in found.spots
    ]

"""Alarm: how it stands and what happened to it; the acts of the office that can be done to it now, each with a reason."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.alarms import alarm_page
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk, Known, known_at
from include.desk.pages.letter import Reason
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import QianliyanError, StateError
from include.letters.words.status_words import STANDINGS
from include.office.acts import act, possible_acts
from include.rules import DEADLINES

Act = Literal["accept", "return", "uphold", "reject", "close", "reopen"]
AlarmId = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
# What the page says after an act.
ACTED: Final = {
    "accept": "已验收。",
    "return": "已退回，{hours}小时内重报。",
    "uphold": "已认定为误报，予以核减。",
    "reject": "已驳回争议，{hours}小时内反馈。",
    "close": "已结案。",
    "reopen": "已撤销结案。",
}
# The time that an act gives to the unit.
_GIVEN: Final = {"return": DEADLINES.after_return, "reject": DEADLINES.after_rejection}


def routes(desk: Desk) -> APIRouter:
    """GET /alarms/{alarm}, POST /alarms/{alarm}: one act on it"""
    router = APIRouter()

    def shown(
        request: Request, visitor: Visitor, alarm: str, as_of: datetime, at: str, known: str, **more: Any
    ) -> Response:
        house = desk.open_house()
        try:
            found = alarm_page(house, alarm, as_of, known_at(as_of, known))
        except StateError:
            return not_there(desk, request, visitor, "alarm", alarm)
        values = {
            "found": found,
            "as_of": as_of,
            "standings": STANDINGS,
            "acts": possible_acts(house, alarm, desk.clock()),
            "is_simulated": found.is_simulated,
            **more,
        }
        return page(desk, request, visitor, "alarm.html", values, status=more.get("status", 200), at=at)

    @router.get("/alarms/{alarm:path}", response_class=HTMLResponse, responses=answers(404))
    def read_alarm(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        alarm: AlarmId,
        at: At = "",
        known: Known = "",
        done: Act | Literal[""] = "",
    ) -> Response:
        house = desk.open_house()
        # What somebody has just done stands at this moment, also after the season.
        as_of = desk.moment(house, at, is_present=True)
        given = _GIVEN.get(done, timedelta())
        said = {"said_key": ACTED.get(done, ""), "said_hours": f"{given / timedelta(hours=1):g}"}
        return shown(request, visitor, alarm, as_of, at, known, **said)

    @router.post("/alarms/{alarm:path}", response_class=Response, responses=answers(404, 409))
    def decide(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        alarm: AlarmId,
        name: Annotated[Act, Form()],
        reason: Reason,
    ) -> Response:
        now = desk.clock()
        try:
            act(desk.open_house(), alarm, name, now=now, actor=visitor.name, reason=reason)
        except QianliyanError as error:
            problem = error_text(request, error)
            return shown(request, visitor, alarm, now, "", "", problem=problem, status=409)
        return RedirectResponse(f"{request.scope['root_path']}/alarms/{quote(alarm)}?done={name}", 303)

    return router

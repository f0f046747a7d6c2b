"""手机填报: reports of the phone page that wait with what a person does about them, the phones that speak for units, links taken back."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.desk.letter_names import key_of_letter
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.field.steps import STEPS
from include.office.field_decisions import STATES, accept, photo_of, reject, reports
from include.office.field_devices import devices, revoke
from include.office.field_told import stop_link, tell_page

_SHOWN: Final = 100
DEVICE_STATES: Final = {
    "asked": "等待验证码",
    "confirmed": "已确认",
    "refused": "未发验证码",
    "revoked": "已停用",
}
RECTIFICATIONS: Final = {"rectified": "已整改", "rectifying": "整改中", "": ""}
All = Annotated[bool, Query(description="settled ones, too")]
ReportField = Annotated[str, Form(min_length=32, max_length=32)]
DeviceField = Annotated[str, Form(min_length=32, max_length=32)]
UnitField = Annotated[str, Form(min_length=1, max_length=32)]
LetterField = Annotated[str, Form(min_length=1, max_length=128)]
ReasonField = Annotated[str, Form(min_length=1, max_length=500)]
OutcomeField = Annotated[Literal["accept", "reject"], Form()]
Sha256 = Annotated[str, InPath(pattern="^[0-9a-f]{64}$")]


def routes(desk: Desk) -> APIRouter:
    """GET /field, /field/photos/{sha256}; POST /field, /field/devices, /field/links"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, is_all: bool, problem: str = "") -> HTMLResponse:
        engine = desk.open_house().engine
        rows: list[dict[str, Any]] = reports(engine, tuple(STATES) if is_all else ("waiting",), _SHOWN)
        values = {
            "rows": rows,
            "devices": devices(engine, _SHOWN),
            "states": STATES,
            "device_states": DEVICE_STATES,
            "rectifications": RECTIFICATIONS,
            "steps": STEPS,
            "is_on": desk.open_house().field.is_on,
            "is_all": is_all,
            "problem": problem,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "field.html", values, status=409 if problem else 200)

    def done(request: Request, visitor: Visitor, deed: Callable[[], object]) -> Response:
        """The page again, with what went wrong where it did."""
        try:
            deed()
        except QianliyanError as error:
            return shown(request, visitor, False, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/field", 303)

    @router.get("/field", response_class=HTMLResponse, responses=answers(409))
    def read_reports(
        request: Request, *, visitor: Visitor = desk.reading, settled: All = False
    ) -> HTMLResponse:
        return shown(request, visitor, settled)

    @router.get("/field/photos/{sha256}", response_class=Response, responses=answers(404))
    def read_photo(sha256: Sha256, *, visitor: Visitor = desk.reading) -> Response:
        try:
            content = photo_of(desk.open_house(), sha256)
        except InputError:
            raise HTTPException(404) from None
        return Response(content, media_type="image/jpeg", headers={"X-Content-Type-Options": "nosniff"})

    @router.post("/field", response_class=Response, responses=answers(409))
    def decide(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        report_id: ReportField,
        outcome: OutcomeField,
        reason: ReasonField,
    ) -> Response:
        house, act = desk.open_house(), Act(desk.clock(), visitor.name, reason)
        settle = accept if outcome == "accept" else reject
        return done(request, visitor, lambda: settle(house, report_id, act))

    @router.post("/field/devices", response_class=Response, responses=answers(409))
    def end_device(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        device_id: DeviceField,
        unit_code: UnitField,
        reason: ReasonField,
    ) -> Response:
        house, act = desk.open_house(), Act(desk.clock(), visitor.name, reason)

        def end() -> None:
            revoke(house, device_id, unit_code, act)
            if house.field.is_on:
                tell_page(house, act.now)

        return done(request, visitor, end)

    @router.post("/field/links", response_class=Response, responses=answers(409))
    def end_link(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        letter_key: LetterField,
        reason: ReasonField,
    ) -> Response:
        house, act = desk.open_house(), Act(desk.clock(), visitor.name, reason)
        return done(request, visitor, lambda: stop_link(house, key_of_letter(house, letter_key), act))

    return router

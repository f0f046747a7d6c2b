"""往来: chat groups, webhooks, the offices below that read from here and the reports to the office above: how each stands, what was
refused last, and what a person decides. Never a secret."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import QianliyanError
from include.office.open_reports import decide, reports, tokens
from include.office.spot_checks import row_values
from include.post.channels.listing import messages, standing
from include.post.channels.outbox import enable, resolve
from include.store.engine import reading

_MOST: Final = 100
_REFUSED: Final = ("refused", "unknown", "expired")
Key = Annotated[str, Form(max_length=64)]
Number = Annotated[int, Form(ge=1, le=2**53)]


def routes(desk: Desk) -> APIRouter:
    """GET /links; POST /links/reports: a report goes up or not; /links/messages: what became of a message; /links/channels: a webhook
    is on again"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, problem: str = "") -> Response:
        house, now = desk.open_house(), desk.clock()
        with reading(house.engine) as connection:
            channels = standing(connection, house.channels.all)
            told = messages(connection, most=_MOST)
            refused = told[told["state"].isin(_REFUSED) & (told["kind"] != "webhook")]
            last = {
                str(name): own.iloc[0]["state_reason"]
                for name, own in told[told["state"].isin(_REFUSED)].groupby("channel")
            }
            values = {
                "channels": row_values(channels),
                "refused": row_values(refused),
                "last": last,
                "tokens": [
                    {**row, "state": _token_state(row, now)} for row in row_values(tokens(connection))
                ],
                "reports": row_values(reports(connection, most=_MOST)),
                "problem": problem,
            }
        return page(desk, request, visitor, "links.html", values, status=409 if problem else 200)

    def done(request: Request) -> Response:
        return RedirectResponse(f"{request.scope['root_path']}/links", 303)

    @router.get("/links", response_class=HTMLResponse, responses=answers())
    def read_links(request: Request, *, visitor: Visitor = desk.reading) -> Response:
        return shown(request, visitor)

    @router.post("/links/reports", response_class=Response, responses=answers(409))
    def decide_report(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        key: Key,
        how: Annotated[Literal["send", "drop"], Form()],
        reason: Reason,
    ) -> Response:
        try:
            decide(
                desk.open_house().engine,
                key,
                is_sent=how == "send",
                now=desk.clock(),
                actor=visitor.name,
                reason=reason,
            )
        except QianliyanError as error:
            return shown(request, visitor, error_text(request, error))
        return done(request)

    @router.post("/links/messages", response_class=Response, responses=answers(409))
    def settle_message(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        message_id: Number,
        how: Annotated[Literal["arrived", "again", "dropped"], Form()],
        reason: Reason,
    ) -> Response:
        try:
            resolve(
                desk.open_house().engine,
                message_id,
                how,
                now=desk.clock(),
                actor=visitor.name,
                reason=reason,
            )
        except QianliyanError as error:
            return shown(request, visitor, error_text(request, error))
        return done(request)

    @router.post("/links/channels", response_class=Response, responses=answers(409))
    def switch_on(request: Request, *, visitor: Visitor = desk.acting, name: Key, reason: Reason) -> Response:
        try:
            enable(desk.open_house().engine, name, now=desk.clock(), actor=visitor.name, reason=reason)
        except QianliyanError as error:
            return shown(request, visitor, error_text(request, error))
        return done(request)

    return router


def _token_state(row: dict[str, Any], now: datetime) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    return "expired" if row["expires_at"] <= now else "valid"

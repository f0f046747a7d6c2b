"""A filled-in answer form, handed in by hand: what each of its rows would do, shown before anything is kept."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import HTMLResponse

from include.act import Act
from include.chain.steps import STATES
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError
from include.letters.words.status_words import STANDINGS
from include.office.uploads import MOST_BYTES, HandedIn, look_at, shown_name, take_in
from include.periods import parse_moment

OUTCOMES: Final = {"new": "将记入", "known": "已有，不变", "refused": "不能采用"}
_Received = Annotated[str, Form(max_length=40)]
_Name = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def routes(desk: Desk) -> APIRouter:
    """GET /uploads; POST /uploads, /uploads/take"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> HTMLResponse:
        values = {
            "found": None,
            "outcomes": OUTCOMES,
            "standings": STANDINGS,
            "task_states": STATES,
            "most": MOST_BYTES,
            "is_simulated": False,
            "is_taken": False,
            "content": "",
            "received": "",
            "name": "",
            **more,
        }
        return page(desk, request, visitor, "uploads.html", values, status=status)

    @router.get("/uploads", response_class=HTMLResponse, responses=answers())
    def read_page(request: Request, *, visitor: Visitor = desk.reading) -> HTMLResponse:
        return shown(request, visitor)

    @router.post("/uploads", response_class=HTMLResponse, responses=answers(409, 413))
    def look(
        request: Request, *, visitor: Visitor = desk.acting, file: UploadFile, received: _Received = ""
    ) -> HTMLResponse:
        content, name = file.file.read(MOST_BYTES + 1), shown_name(file.filename or "")
        try:
            found = look_at(desk.open_house(), HandedIn(name, content, _moment(received)), now=desk.clock())
        except QianliyanError as error:
            return shown(request, visitor, 409, problem=error_text(request, error), received=received)
        return shown(
            request,
            visitor,
            found=found,
            content=base64.urlsafe_b64encode(content).decode(),
            received=received,
            name=name,
            is_simulated=found.letter.is_simulated,
        )

    @router.post("/uploads/take", response_class=HTMLResponse, responses=answers(409, 413))
    def take(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        content: Annotated[str, Form(max_length=2 * MOST_BYTES)],
        name: _Name,
        reason: Reason,
        received: _Received = "",
    ) -> HTMLResponse:
        try:
            file = HandedIn(shown_name(name), _decoded(content), _moment(received))
            found = take_in(desk.open_house(), file, Act(desk.clock(), visitor.name, reason))
        except QianliyanError as error:
            return shown(request, visitor, 409, problem=error_text(request, error))
        return shown(
            request, visitor, found=found, is_taken=True, name=name, is_simulated=found.letter.is_simulated
        )

    return router


def _moment(text: str) -> datetime | None:
    return parse_moment(text) if text else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("not what the page sent", where="form", todo="upload the file again") from error

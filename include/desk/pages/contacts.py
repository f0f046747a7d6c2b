"""Contacts 联系人: list, set with validity dates, CSV in and out, and what waits for a decision."""

import re
from typing import Annotated, Any, Final, Literal

import pandas as pd
from fastapi import APIRouter, Form, Path, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.view import LABELS, page, words_for
from include.desk.search import in_own_words, nearest
from include.errors import InputError, QianliyanError
from include.office.contacts import (
    COLUMNS,
    Saved,
    answer_question,
    contact_list,
    contact_questions,
    contacts_csv,
    read_csv,
    save_contacts,
)
from include.office.waiting import ABOUT_CONTACTS
from include.periods import office_date
from include.rules import SIMULATED_LABEL
from include.store.tables import CONTACT_ROLES

# A unit's code, or a part of a unit's, a contact's or a mailbox's name.
Region = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
_COLUMN: Final = re.compile(rf"(?<= )(?:{'|'.join(COLUMNS)})(?=[：:])")
_CODE: Final = re.compile("[0-9A-Za-z][0-9A-Za-z.-]{0,31}")
_Text = Annotated[str, Form(max_length=300, pattern=r"^[^\x00]*$")]
Choice = Literal["keep", "take", "both"]
# What the answers to a question do.
ANSWERS: Final = {
    "differs": {"keep": "保留现行", "take": "采用来源"},
    "held": {"keep": "保留现行", "take": "采用来源", "both": "两个都用"},
    "replaced": {"keep": "改回旧邮箱", "take": "确认更正", "both": "两个都用"},
    "vanished": {"keep": "保留", "take": "停用"},
    "unread": {"keep": "确认可用", "take": "停用"},
}


def _in_words(request: Request, problem: str) -> str:
    """A problem with the name of its column as the form has it."""
    return _COLUMN.sub(lambda found: words_for(request)(LABELS["field"][found[0]]), problem)


def _of_region(rows: pd.DataFrame, words: str) -> list[dict[str, Any]]:
    """The contacts of the unit whose code or name the words are, or that have them in a name or an address; all for no words."""
    own = in_own_words(words).casefold()
    found: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
    exact = [row for row in found if own == str(row["region_code"]).casefold()]
    told = ("region_name", "name", "address")
    return exact or [row for row in found if any(own in str(row[name] or "").casefold() for name in told)]


def _code_of(rows: list[dict[str, Any]], words: str) -> str:
    """The code of the one unit whose contacts are shown; without any the words themselves where they may be a code."""
    codes = {str(row["region_code"]) for row in rows}
    return codes.pop() if words and len(codes) == 1 else words if _CODE.fullmatch(words) else ""


def routes(desk: Desk) -> APIRouter:
    """GET /contacts, /contacts.csv; POST /contacts, /contacts/import, /contacts/questions/{row}"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, region: str, past: bool, **more: Any) -> HTMLResponse:
        today, house = office_date(desk.clock()), desk.open_house()
        rows = _of_region(contact_list(house, region_code=None, on_date=None if past else today), region)
        asked = contact_questions(house, today)
        values = {
            "rows": rows,
            "region": region,
            "region_code": _code_of(rows, region),
            "near": nearest(house, "unit", region) if region and not rows else (),
            "past": past,
            "roles": CONTACT_ROLES,
            "today": today,
            "is_simulated": any(row["is_simulated"] for row in rows)
            or any(one.is_simulated for one in asked),
            "edited": {},
            "done": "",
            "problems": (),
            "remarks": (),
            "questions": asked,
            "asked": ABOUT_CONTACTS,
            "choices": ANSWERS,
            **more,
        }
        return page(desk, request, visitor, "contacts.html", values, status=more.get("status", 200))

    @router.get("/contacts", response_class=HTMLResponse, responses=answers())
    def read_contacts(
        request: Request,
        *,
        visitor: Visitor = desk.reading,
        region: Region = "",
        past: bool = False,
        edit: Annotated[int, Query(ge=0, le=2**53)] = 0,
        done: Annotated[str, Query(pattern=r"^(\d{1,9}-\d{1,9}|answered)?$")] = "",
    ) -> HTMLResponse:
        rows = (
            contact_list(desk.open_house(), region_code=None, on_date=None).to_dict("records") if edit else []
        )
        edited = next((row for row in rows if row["contact_id"] == edit), {})
        return shown(request, visitor, region, past, edited=edited, done=done)

    @router.get("/contacts.csv", response_class=Response, responses=answers())
    def export(*, visitor: Visitor = desk.reading) -> Response:
        text = contacts_csv(contact_list(desk.open_house(), region_code=None, on_date=None))
        return Response(
            "\ufeff" + text,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="contacts.csv"'},
        )

    def save(
        request: Request,
        visitor: Visitor,
        rows: list[dict[str, str]],
        reason: str,
        region: str,
        **how: Any,
    ) -> Response:
        try:
            saved = save_contacts(
                desk.open_house(), rows, actor=visitor.name, reason=reason, now=desk.clock(), **how
            )
        except QianliyanError as error:
            saved = Saved(0, 0, 0, problems=(error_text(request, error),))
        edited = rows[0] | {"contact_id": how.get("contact_id") or ""} if len(rows) == 1 else {}
        if saved.problems:
            told = [_in_words(request, one) for one in saved.problems]
            return shown(request, visitor, region, False, problems=told, edited=edited, status=409)
        if saved.remarks:  # what the person should read now
            done = f"{saved.new}-{saved.changed}"
            return shown(request, visitor, region, False, remarks=saved.remarks, done=done)
        return RedirectResponse(
            f"{request.scope['root_path']}/contacts?region={region}&done={saved.new}-{saved.changed}", 303
        )

    @router.post("/contacts", response_class=Response, responses=answers(409))
    def set_contact(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        reason: Reason,
        region_code: _Text = "",
        role: _Text = "",
        name: _Text = "",
        address: _Text = "",
        phone: _Text = "",
        valid_from: _Text = "",
        valid_to: _Text = "",
        is_simulated: Annotated[bool, Form()] = False,
        contact_id: Annotated[int | None, Form(ge=1, le=2**53)] = None,
    ) -> Response:
        values = (region_code, role, name, address, phone, valid_from, valid_to)
        row = dict(zip(COLUMNS, values, strict=True)) | {
            "data_origin": SIMULATED_LABEL if is_simulated else ""
        }
        region = region_code if _CODE.fullmatch(region_code) else ""
        return save(request, visitor, [row], reason, region, contact_id=contact_id)

    @router.post("/contacts/import", response_class=Response, responses=answers(409, 413))
    def import_csv(
        request: Request, *, visitor: Visitor = desk.acting, reason: Reason, file: UploadFile
    ) -> Response:
        try:
            rows = read_csv(file.file.read())
        except InputError as error:
            return shown(request, visitor, "", False, problems=(error_text(request, error),), status=409)
        return save(request, visitor, rows, reason, "", is_list=True)

    @router.post("/contacts/questions/{row}", response_class=Response, responses=answers(409))
    def answer_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        row: Annotated[int, Path(ge=1, le=2**53)],
        reason: Reason,
        choice: Annotated[Choice, Form()],
    ) -> Response:
        try:
            answer_question(
                desk.open_house(), row, choice, actor=visitor.name, reason=reason, now=desk.clock()
            )
        except QianliyanError as error:
            return shown(request, visitor, "", False, problems=(error_text(request, error),), status=409)
        return RedirectResponse(f"{request.scope['root_path']}/contacts?done=answered", 303)

    return router

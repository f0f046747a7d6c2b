"""Mail that came in: the tray, one mail as safe text with its attachments to save, and what a person makes of it."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.act import Act
from include.answer_form import layout
from include.desk.letter_names import key_of_letter
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.letter import Reason
from include.desk.pages.troubles import error_text
from include.desk.pages.uploads import OUTCOMES as FORM_OUTCOMES
from include.desk.pages.view import page
from include.errors import InputError, QianliyanError, StateError
from include.letters.words.status_words import STANDINGS
from include.office.mailroom.hinting import LONGEST_TEXT, hint_draft, is_for_hints, take_as_hint
from include.office.mailroom.tray import (
    OUTCOMES,
    SETTLED,
    OpenMail,
    accept,
    accept_typed,
    attached_file,
    look_at,
    mails,
    open_mail,
    settle,
    statement,
    statement_link,
)
from include.office.uploads import FormRow
from include.replies.verdict import KINDS, reason_words

_SHOWN: Final = 200
CLOCKS: Final = {"internal": "信箱记录的时间", "received": "邮件服务器的收信记录", "": "没有可信的收到时间"}
AUTHENTICITY: Final = {"pass": "已验证", "fail": "未通过验证", "none": "没有证明"}
_TYPED: Final = (
    "result",
    "category",
    "description",
    "rectification",
    "rectify_by_date",
    "rectified_date",
    "unit",
    "inspector",
    "answered_at",
    "note",
)
MailId = Annotated[int, Path(ge=1, le=2**53)]
All = Annotated[bool, Query(description="every mail, not only what waits")]
Looked = dict[int, dict[int, FormRow]]
Typed = Annotated[str, Form(max_length=2000)]


def routes(desk: Desk) -> APIRouter:
    """GET /mails, /mails/{mail_id}, /mails/{mail_id}/files/{place}; POST /mails/{mail_id}, …/look, …/accept, …/answer, …/hint"""
    router = APIRouter()

    def shown(
        request: Request, visitor: Visitor, mail_id: int, problem: str = "", looked: Looked | None = None
    ) -> HTMLResponse:
        try:
            opened = open_mail(desk.open_house(), mail_id)
        except StateError as error:
            raise HTTPException(404, "没有这封邮件") from error
        values = {
            "one": opened.row,
            "opened": opened,
            "kinds": KINDS,
            "settled": SETTLED,
            "outcomes": OUTCOMES,
            "reasons": [reason_words(reason) for reason in opened.row["reasons"].split(",") if reason],
            "clock": CLOCKS[opened.row["clock"]],
            "authenticity": AUTHENTICITY[opened.row["authenticity"]],
            "is_of_one_unit": len({each.unit_code for each in opened.shown if each.may_be_taken}) == 1,
            "columns": [column for column in layout.COLUMNS if column.key in _TYPED],
            "statement": statement(opened.row),
            "statement_link": statement_link(opened.row),
            "refused_cells": _refused_cells(opened),
            "hint": hint_draft(opened),
            "longest_text": LONGEST_TEXT,
            "is_for_hints": is_for_hints(desk.open_house(), opened),
            "problem": problem,
            "looked": looked,
            "form_outcomes": FORM_OUTCOMES,
            "standings": STANDINGS,
            "is_simulated": opened.row["is_simulated"],
        }
        return page(desk, request, visitor, "mail.html", values, status=409 if problem else 200)

    def act(request: Request, visitor: Visitor, mail_id: int, do: Callable[[], object]) -> Response:
        try:
            do()
        except QianliyanError as error:
            return shown(request, visitor, mail_id, error_text(request, error))
        return RedirectResponse(f"{request.scope['root_path']}/mails/{mail_id}", 303)

    @router.get("/mails", response_class=HTMLResponse)
    def read_mails(request: Request, *, visitor: Visitor = desk.reading, every: All = False) -> HTMLResponse:
        rows, count = mails(desk.open_house().engine, is_all=every, limit=_SHOWN)
        values: dict[str, Any] = {
            "rows": rows,
            "count": count,
            "kinds": KINDS,
            "settled": SETTLED,
            "is_all": every,
            "is_simulated": any(row["is_simulated"] for row in rows),
        }
        return page(desk, request, visitor, "mails.html", values)

    @router.get("/mails/{mail_id}", response_class=HTMLResponse, responses=answers(404))
    def read_one(request: Request, *, visitor: Visitor = desk.reading, mail_id: MailId) -> HTMLResponse:
        return shown(request, visitor, mail_id)

    @router.get("/mails/{mail_id}/files/{place}", response_class=Response, responses=answers(404))
    def read_file(
        *, visitor: Visitor = desk.reading, mail_id: MailId, place: Annotated[int, Path(ge=-1, le=1000)]
    ) -> Response:
        try:
            name, content = attached_file(desk.open_house(), mail_id, place)
        except (StateError, InputError) as error:
            raise HTTPException(404, "没有这个附件，或已过保存期") from error
        told = f"attachment; filename=\"attachment\"; filename*=UTF-8''{quote(name or '附件', safe='')}"
        headers = {"Content-Disposition": told, "Content-Security-Policy": "sandbox; default-src 'none'"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    @router.post("/mails/{mail_id}", response_class=Response, responses=answers(404, 409))
    def settle_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        mail_id: MailId,
        outcome: Annotated[Literal["filed", "not_ours", "spam"], Form()],
        reason: Reason,
    ) -> Response:
        def do() -> None:
            settle(desk.open_house(), mail_id, outcome, Act(desk.clock(), visitor.name, reason))

        return act(request, visitor, mail_id, do)

    @router.post("/mails/{mail_id}/look", response_class=HTMLResponse, responses=answers(404, 409))
    def look(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        mail_id: MailId,
        form: Annotated[list[int] | None, Form(max_length=1000)] = None,
    ) -> HTMLResponse:
        try:
            looked = look_at(desk.open_house(), mail_id, form or (), desk.clock())
        except QianliyanError as error:
            return shown(request, visitor, mail_id, error_text(request, error))
        return shown(request, visitor, mail_id, looked=looked)

    @router.post("/mails/{mail_id}/accept", response_class=Response, responses=answers(404, 409))
    def accept_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        mail_id: MailId,
        reason: Reason,
        form: Annotated[list[int] | None, Form(max_length=1000)] = None,
        contact: Annotated[str, Form(max_length=32)] = "",
    ) -> Response:
        def do() -> None:
            by = Act(desk.clock(), visitor.name, reason)
            accept(desk.open_house(), mail_id, by, form or (), contact_of=contact)

        return act(request, visitor, mail_id, do)

    @router.post("/mails/{mail_id}/answer", response_class=Response, responses=answers(404, 409))
    def answer_it(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        mail_id: MailId,
        reason: Reason,
        letter_key: Annotated[str, Form(min_length=1, max_length=128)],
        alarm_id: Annotated[str, Form(min_length=1, max_length=64)],
        result: Typed = "",
        category: Typed = "",
        description: Typed = "",
        rectification: Typed = "",
        rectify_by_date: Typed = "",
        rectified_date: Typed = "",
        unit: Typed = "",
        inspector: Typed = "",
        answered_at: Typed = "",
        note: Typed = "",
    ) -> Response:
        told = (
            result,
            category,
            description,
            rectification,
            rectify_by_date,
            rectified_date,
            unit,
            inspector,
            answered_at,
            note,
        )

        def do() -> None:
            fields = dict(zip(_TYPED, told, strict=True))
            by = Act(desk.clock(), visitor.name, reason)
            house = desk.open_house()
            accept_typed(house, mail_id, key_of_letter(house, letter_key), alarm_id.strip(), fields, by)

        return act(request, visitor, mail_id, do)

    @router.post("/mails/{mail_id}/hint", response_class=Response, responses=answers(404, 409))
    def take_hint(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        mail_id: MailId,
        reason: Reason,
        place: Annotated[str, Form(min_length=1, max_length=255)],
        text: Annotated[str, Form(min_length=1, max_length=2 * LONGEST_TEXT)],
        name: Annotated[str, Form(max_length=128)] = "",
        contact: Annotated[str, Form(max_length=254)] = "",
    ) -> Response:
        def do() -> None:
            told = {"place": place, "text": text, "name": name, "contact": contact}
            take_as_hint(desk.open_house(), mail_id, told, Act(desk.clock(), visitor.name, reason))

        return act(request, visitor, mail_id, do)

    return router


def _refused_cells(opened: OpenMail) -> dict[str, list[str]]:
    """What the rows of the attached forms said that cannot be used, by alarm: read anew, as the store keeps no words of a mail."""
    found: dict[str, list[str]] = {}
    for form in opened.shown:
        for _, row in form.lines:
            if row.reason:
                found.setdefault(row.alarm_id, []).append(row.problem)
    return found

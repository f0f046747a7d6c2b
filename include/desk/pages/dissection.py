"""解剖分析: the cases of grids that alarm again and again; one case with what was found, what failed, its measures and their effect."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Path, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from include.chain.dissection.machine import STEPS, allowed
from include.chain.dissection.values import CaseMove
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import At, Desk
from include.desk.pages.files import sent
from include.desk.pages.search import not_there
from include.desk.pages.troubles import error_text
from include.desk.pages.view import page
from include.desk.standing import ArchivedFile
from include.errors import InputError, QianliyanError
from include.language import say
from include.letters.dissection import (
    effect_lines,
    found_words,
    handled_words,
    holder_words,
    unheld_words,
)
from include.letters.words.status_words import STANDINGS
from include.office.chain_lists import holders_to_choose
from include.office.dissection import look, take
from include.office.dissection_documents import MOST_BYTES, FiledDocument, draft_of
from include.office.dissection_figures import case_figures
from include.office.dissection_lists import case_at, case_rows
from include.office.spot_checks import row_values
from include.periods import DAY, midnight, parse_moment, parse_moment_or_date
from include.profile.current import office
from include.suspects.wording import KINDS

CaseId = Annotated[str, Path(max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Role = Literal["pdf", "docx"]
_Name = Annotated[str, Form(max_length=16)]
_Short = Annotated[str, Form(max_length=128)]
_Note = Annotated[str, Form(max_length=2000)]
_Number = Annotated[int, Form(ge=0, le=10_000)]
_MOST: Final = 500


def routes(desk: Desk) -> APIRouter:
    """GET /dissection; POST /dissection: open what the alarms say; GET and POST /dissection/case/{case}: one case, one step of it;
    GET /dissection/draft/{role}/{case}: its draft; GET /dissection/document/{case}: the filed analysis"""
    router = APIRouter()

    def shown(request: Request, visitor: Visitor, case_id: str, at: str, **more: Any) -> Response:
        as_of = _as_of(desk, at)
        house = desk.open_house()
        try:
            figures = case_figures(house, case_id, as_of)
            stored = case_at(house, case_id, as_of)
            present = case_at(house, case_id, desk.clock())
        except QianliyanError:
            return not_there(desk, request, visitor, "grid", case_id.rpartition("-")[0])
        values = {
            "found": figures,
            "events": stored.events,
            "standings": STANDINGS,
            "holder": holder_words,
            "told": found_words,
            "handled": handled_words,
            "kinds": KINDS,
            "winds": [(say(name), round(share * 100)) for name, share in figures.winds],
            "why": {number: unheld_words(one) for number, one in enumerate(figures.unheld)},
            "effect": effect_lines(figures.effect),
            "possible": allowed(present.case),
            "measure_steps": {name: one.measure for name, one in STEPS.items() if one.measure},
            "units": holders_to_choose(house, desk.clock()),
            "as_of": as_of,
            "is_simulated": figures.is_simulated,
            **more,
        }
        return page(desk, request, visitor, "dissection.html", values, status=more.get("status", 200), at=at)

    @router.get("/dissection", response_class=HTMLResponse, responses=answers(404))
    def read_cases(request: Request, *, visitor: Visitor = desk.reading, at: At = "") -> Response:
        chain = office().chain
        if chain is None:
            return not_there(desk, request, visitor, "alarm", "")
        as_of = _as_of(desk, at)
        rows = case_rows(desk.open_house(), as_of)
        values = {
            "rows": row_values(rows.head(_MOST)),
            "count": len(rows),
            "running": int(rows["ended_at"].isna().sum()),
            "rules": chain.dissection,
            "as_of": as_of,
            "is_simulated": bool(rows["is_simulated"].any()),
        }
        return page(desk, request, visitor, "dissections.html", values, at=at)

    @router.post("/dissection", response_class=Response, responses=answers(404))
    def open_cases(request: Request, *, visitor: Visitor = desk.acting) -> Response:
        if office().chain is None:
            return not_there(desk, request, visitor, "alarm", "")
        look(desk.open_house(), desk.clock(), visitor.name)
        return RedirectResponse(f"{request.scope['root_path']}/dissection", 303)

    @router.get("/dissection/case/{case:path}", response_class=HTMLResponse, responses=answers(404))
    def read_case(
        request: Request, *, visitor: Visitor = desk.reading, case: CaseId, at: At = ""
    ) -> Response:
        if office().chain is None:
            return not_there(desk, request, visitor, "grid", case.rpartition("-")[0])
        return shown(request, visitor, case, at)

    @router.get("/dissection/draft/{role}/{case:path}", response_class=Response, responses=answers(404))
    def read_draft(
        request: Request, *, visitor: Visitor = desk.reading, role: Role, case: CaseId, at: At = ""
    ) -> Response:
        try:
            file = draft_of(desk.open_house(), case, _as_of(desk, at)).file(role)
        except InputError as error:
            raise HTTPException(404, error_text(request, error)) from error
        assert file is not None  # a draft has both
        return sent(ArchivedFile(role, file.file_name, file.content))

    @router.get("/dissection/document/{case:path}", response_class=Response, responses=answers(404))
    def read_document(request: Request, *, visitor: Visitor = desk.reading, case: CaseId) -> Response:
        house = desk.open_house()
        try:
            stored = case_at(house, case, desk.clock()).case
        except InputError as error:
            raise HTTPException(404, error_text(request, error)) from error
        if not stored.document_sha256:
            raise HTTPException(404, "没有这个文件")
        role = "pdf" if stored.document_name.lower().endswith(".pdf") else "docx"
        content = house.archive.get(stored.document_sha256)
        return sent(ArchivedFile(role, stored.document_name, content), is_shown=False)

    @router.post("/dissection/case/{case:path}", response_class=Response, responses=answers(404, 409, 413))
    def step(
        request: Request,
        *,
        visitor: Visitor = desk.acting,
        case: CaseId,
        name: _Name,
        measure_no: _Number = 0,
        unit_code: _Short = "",
        owner: _Short = "",
        person: _Short = "",
        note: _Note = "",
        until: _Name = "",
        file: UploadFile | None = None,
    ) -> Response:
        try:
            document = _document(file)
            move = CaseMove(
                name,
                desk.clock(),
                visitor.name,
                person,
                note,
                measure_no,
                unit_code,
                owner,
                _moment(until),
            )
            take(desk.open_house(), case, move, document if name == "file" else None)
        except QianliyanError as error:
            return shown(request, visitor, case, "", problem=error_text(request, error), status=409)
        return RedirectResponse(f"{request.scope['root_path']}/dissection/case/{quote(case)}", 303)

    return router


def _document(file: UploadFile | None) -> FiledDocument | None:
    return FiledDocument(file.filename or "", file.file.read(MOST_BYTES + 1)) if file else None


def _as_of(desk: Desk, at: str) -> datetime:
    """The moment that was asked for; without one now, to the second: what somebody has just done is seen."""
    return parse_moment(at) if at else desk.clock()


def _moment(until: str) -> datetime | None:
    """The moment that a field says; the end of a day that it names."""
    if not until:
        return None
    found = parse_moment_or_date(until)
    return found if isinstance(found, datetime) else midnight(found + DAY)

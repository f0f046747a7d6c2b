"""The bytes of letters, from the archive. The store names them by SHA-256; nothing from outside becomes a path.

Only a PDF is shown in place; the mail's body is shown without scripts and without origin; everything else is saved.
"""

import base64
from collections.abc import Callable
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Response

from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk, LetterId
from include.desk.standing import ArchivedFile, delivered_mail, letter_figures, letter_file
from include.errors import StateError

Role = Literal["pdf", "docx", "xlsx", "html", "text", "inline", "eml"]
_TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "application/octet-stream",
    "text": "text/plain; charset=utf-8",
    "eml": "message/rfc822",
    "json": "application/json",
    "inline": "image/png",
}
_ENDINGS: Final = {"text": "txt", "inline": "png"}
_PICTURE: Final = b"cid:inline"  # how the body names the file of role `inline`
_SEALED: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'"


def routes(desk: Desk) -> APIRouter:
    """GET /letters/{letter_id}/files/{role}, /figures, /mail; /deliveries/{delivery_id}/mail"""
    router = APIRouter()

    @router.get("/letters/{letter_id}/files/{role}", response_class=Response, responses=answers(404))
    def read_file(*, visitor: Visitor = desk.reading, letter_id: LetterId, role: Role) -> Response:
        return sent(_found(lambda: letter_file(desk.open_house(), letter_id, role)))

    @router.get("/letters/{letter_id}/figures", response_class=Response, responses=answers(404))
    def read_figures(*, visitor: Visitor = desk.reading, letter_id: LetterId) -> Response:
        return sent(_found(lambda: letter_figures(desk.open_house(), letter_id)))

    @router.get("/letters/{letter_id}/mail", response_class=Response, responses=answers(404))
    def read_mail(*, visitor: Visitor = desk.reading, letter_id: LetterId) -> Response:
        mail = _found(lambda: letter_file(desk.open_house(), letter_id, "html"))
        body = mail.content
        if _PICTURE in body:  # a mail carries its picture along; a page shows it in place
            picture = _found(lambda: letter_file(desk.open_house(), letter_id, "inline"))
            body = body.replace(_PICTURE, b"data:image/png;base64," + base64.b64encode(picture.content))
        return Response(
            body, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _SEALED}
        )

    @router.get("/deliveries/{delivery_id}/mail", response_class=Response, responses=answers(404))
    def read_delivered(
        *, visitor: Visitor = desk.reading, delivery_id: Annotated[int, Path(ge=1, le=2**53)]
    ) -> Response:
        return sent(_found(lambda: delivered_mail(desk.open_house(), delivery_id)))

    return router


def _found(look: Callable[[], ArchivedFile]) -> ArchivedFile:
    try:
        return look()
    except StateError as error:
        raise HTTPException(404, "没有这个文件") from error


def sent(file: ArchivedFile, *, is_shown: bool = True) -> Response:
    """The bytes of a file; a PDF of ours is shown in place, all else is saved."""
    shown = "inline" if is_shown and file.role == "pdf" else "attachment"
    name = f"{shown}; filename=\"letter.{_ENDINGS.get(file.role, file.role)}\"; filename*=UTF-8''{quote(file.file_name, safe='')}"
    return Response(file.content, media_type=_TYPES[file.role], headers={"Content-Disposition": name})

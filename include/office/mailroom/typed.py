"""What a person types of a mail's answer, as a row of the letter's form: so that it passes the same check as what a unit fills in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from include.answer_form import layout as form
from include.answer_form.code import answer_code
from include.answer_form.reading import read_form_sheets
from include.errors import InputError
from include.language import say
from include.office.mailroom.answers import FoundForm
from include.sources.reading.mails import AttachedForm
from include.sources.reading.workbooks import SheetRow


def typed_form(
    engine: Engine, mail_id: int, letter_key: str, alarm_id: str, fields: Mapping[str, str], at: datetime
) -> FoundForm:
    """The form with one row. Raises InputError for a letter or alarm that is none, or a row that is filled in by half."""
    headers = [column.header for column in form.COLUMNS]
    values = {**fields, "alarm_id": alarm_id, "code": answer_code(letter_key, alarm_id)}
    cells = [str(values.get(column.key, "") or "").strip() for column in form.COLUMNS]
    sheets = {
        form.FORM_SHEET: [
            SheetRow(form.HEADER_ROW, headers, [], []),
            SheetRow(form.FIRST_ROW, cells, [], []),
        ],
        form.GUIDE_SHEET: [
            SheetRow(_row_of(form.LETTER_KEY_CELL), ["", letter_key], [], []),
            SheetRow(_row_of(form.FORM_VERSION_CELL), ["", form.FORM_VERSION], [], []),
        ],
    }
    name = say("邮件 {mail_id} 人工录入", mail_id=mail_id)
    read = read_form_sheets(engine, name, name, sheets, now=at)
    parts = read.delivery.seen()
    if broken := [row for part in parts for row in part.chunk.broken]:
        raise InputError(
            "the row cannot be used",
            where=f"mail {mail_id}",
            got=broken[0].reason,
            todo="fill in what is missing",
        )
    if not any(len(part.chunk.rows) for part in parts):
        raise InputError(
            "nothing is filled in", where=f"mail {mail_id}", expected="a result and what it needs"
        )
    content = json.dumps([mail_id, letter_key, cells], ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return FoundForm(AttachedForm(name, digest, sheets), read)


def _row_of(cell: str) -> int:
    return int(cell[1:])

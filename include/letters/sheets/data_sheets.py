"""Workbooks of data: one clean table a sheet, header in row 1, real numbers and dates, for pandas and for Excel.

Text is always text: a name that begins with = is never a formula. Moments are Beijing wall time.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import tostring

from include.language import say
from include.letters.document.formulas import subscripted
from include.letters.document.manuscript import MARK_GAP
from include.letters.document.office_package import settled
from include.letters.document.typefaces import plain
from include.periods import office_zone

_HEAD: Final = PatternFill("solid", fgColor="DDEBF7")
_FORMATS: Final = {
    "share": "0.0%",
    "points": "+0.0;-0.0;0.0",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
_WIDEST: Final = 46
_HEADING: Final = "head"


@dataclass(frozen=True)
class Sheet:
    """A table. `kinds` names the number format of a column by its header."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Any]]
    kinds: dict[str, str]


def workbook_of(sheets: Iterable[Sheet], title: str, as_of: datetime, mark: str) -> bytes:
    """The workbook; same sheets, same bytes. With a `mark` every sheet has a last column 数据标识 that says it."""
    book = Workbook()
    book.remove(book.active)
    looks: dict[str, Any] = {}
    for sheet in sheets:
        _fill(book.create_sheet(say(sheet.name)), sheet, say(mark), looks)
    properties = book.properties
    properties.creator, properties.title = say("热点网格监管"), title
    moment = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties.created = properties.modified = moment
    core = tostring(properties.to_tree())  # openpyxl writes the clock's time when it saves
    buffer = io.BytesIO()
    book.save(buffer)
    return settled(buffer.getvalue(), {"docProps/core.xml": core})


def dated(*names: str) -> dict[str, str]:
    """The kinds of columns of dates."""
    return dict.fromkeys(names, "date")


def timed(*names: str) -> dict[str, str]:
    """The kinds of columns of moments."""
    return dict.fromkeys(names, "moment")


def _fill(sheet: Any, table: Sheet, mark: str, looks: dict[str, Any]) -> None:
    """`looks` keeps the look of each kind of cell of the book, which its cells share: openpyxl compares whole fonts at every cell that is
    given one."""
    header = [*table.header, "数据标识"] if mark else list(table.header)
    widths = [_width(say(name)) for name in header]
    for column, name in enumerate(header, start=1):
        _put_head(sheet.cell(1, column, subscripted(say(name))), looks)
    for number, row in enumerate(table.rows, start=2):
        for column, value in enumerate([*row, mark] if mark else row, start=1):
            _put(sheet.cell(number, column), value, table.kinds.get(header[column - 1], ""), looks)
            widths[column - 1] = max(widths[column - 1], _width(value))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.oddHeader.center.text = say(MARK_GAP).join(filter(None, (mark, say(table.name))))
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _put_head(cell: Any, looks: dict[str, Any]) -> None:
    if _HEADING in looks:
        cell._style = looks[_HEADING]
        return
    cell.font, cell.fill = Font(name=say("宋体"), size=11, bold=True), _HEAD
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    looks[_HEADING] = cell._style


def _put(cell: Any, value: Any, kind: str, looks: dict[str, Any]) -> None:
    if isinstance(value, str):
        if value:
            cell.value = plain(say(value))
            cell.data_type = "s"
    else:
        cell.value = (
            value.astimezone(office_zone()).replace(tzinfo=None) if isinstance(value, datetime) else value
        )
    shown = "" if isinstance(value, str) else kind
    if shown in looks:
        cell._style = looks[shown]
        return
    cell.font = Font(name=say("宋体"), size=11)
    if shown:
        cell.number_format = _FORMATS[shown]
    looks[shown] = cell._style


def _width(value: Any) -> float:
    if isinstance(value, datetime):
        return 16
    if isinstance(value, date):
        return 10
    if isinstance(value, float):
        return 8
    return _text_width("" if value is None else str(value))


@lru_cache(4096)
def _text_width(text: str) -> float:
    return sum(1.0 if char < "\x7f" else 2.1 for char in text)

"""What the sheets of an answer form have in common: how cells look, what may be typed into them, and the page."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import lru_cache
from itertools import groupby
from textwrap import wrap
from typing import Any, Final
from weakref import WeakKeyDictionary

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins

from include.answer_form.layout import GROUP_ROW, HEADER_ROW, Column
from include.language import say
from include.letters.document.typefaces import plain
from include.profile.current import office
from include.profile.values import Profile

ROW_HEIGHT: Final = 36  # two lines
LINE_HEIGHT: Final = 15
TYPE_PT: Final = 12  # so that it prints at 8 pt or more on A4 across, whatever program prints it
_FORMATS: Final = {"date": "yyyy-mm-dd", "moment": "mm-dd hh:mm", "number": "General", "text": "@"}
_LOOKS: Final[WeakKeyDictionary[Any, dict[str, Any]]] = WeakKeyDictionary()
_GREY, _WHITE, _BLUE, _DARK = "E7E6E6", "FFFFFF", "DDEBF7", "BFBFBF"
_THIN: Final = Side(style="thin", color="A6A6A6")


def head(
    sheet: Any, columns: Sequence[Column], widths: dict[str, float], heading: str, note: str, addressed: str
) -> None:
    """Title, what to do, who fills in what, and the headers of the columns. `addressed`: how the letter speaks to its unit."""
    last = get_column_letter(sum(not column.is_folded for column in columns))
    for row, text, style in ((1, heading, "form_title"), (2, note, "form_note")):
        sheet.merge_cells(f"A{row}:{last}{row}")
        write(sheet.cell(row, 1), text, style)
    first = 1
    for is_ours, group in groupby(columns, key=lambda column: column.is_ours):
        end = first + len(list(group)) - 1
        text = say("由系统填写（灰色，请勿改动）") if is_ours else say("由{you}填写", you=addressed)
        sheet.merge_cells(start_row=GROUP_ROW, start_column=first, end_row=GROUP_ROW, end_column=end)
        write(sheet.cell(GROUP_ROW, first), text, "form_group_ours" if is_ours else "form_group_yours")
        first = end + 1
    for index, column in enumerate(columns, start=1):
        style = "form_head_ours" if column.is_ours else "form_head_yours"
        write(sheet.cell(HEADER_ROW, index), column.title, style)
        shown = sheet.column_dimensions[get_column_letter(index)]
        # No word of a header is cut in two.
        shown.width = max(widths[column.key], 1.3 * max(map(len, column.title.split())) + 1)
        if column.is_folded:
            shown.outlineLevel, shown.hidden = 1, True


def height_of(
    columns: Sequence[Column],
    texts: Mapping[str, object],
    widths: dict[str, float],
    least: float = ROW_HEIGHT,
) -> float:
    """How high a row must be (points) for its texts, by key of the columns that are seen, to be read whole at their widths."""
    shown = [
        (text, widths[column.key])
        for column in columns
        if not column.is_folded and isinstance(text := texts.get(column.key), str)
    ]
    return max(least, LINE_HEIGHT * max((lines_of(*one) for one in shown), default=1) + 6)


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column; a sign of Chinese is as wide as two letters."""
    room = max(int(width * 11 / TYPE_PT) - 1, 1)  # a width counts signs of 11 pt
    is_narrow = text.isascii()
    return len(wrap(text, room)) if is_narrow else -(-sum(1 + (not one.isascii()) for one in text) // room)


def page(sheet: Any, *, has_columns: bool = True) -> None:
    """A4 across, as wide as the sheet, its pages numbered; the headers of columns on every page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.3, right=0.3, top=0.4, bottom=0.4, header=0.2, footer=0.2)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = say("第{page}页，共{pages}页", page="&P", pages="&N")
    if has_columns:
        sheet.print_title_rows = f"{GROUP_ROW}:{HEADER_ROW}"


def validation(column: Column) -> DataValidation | None:
    """What Excel lets a person type into the column, or None for anything."""
    if column.is_ours:
        refused = DataValidation(type="custom", formula1="FALSE", allow_blank=False, showErrorMessage=True)
        refused.errorTitle, refused.error = (
            say("请勿改动"),
            say("灰色各列由系统填写，请勿改动；复制整行是可以的。"),
        )
        return refused
    if column.options:
        choice = DataValidation(type="list", formula1=f'"{",".join(column.options)}"', allow_blank=True)
        choice.showErrorMessage, choice.errorTitle, choice.error = (
            True,
            column.title,
            say("请从下拉列表中选择。"),
        )
        return choice
    if column.kind in ("date", "moment"):
        dated = DataValidation(
            type="date", operator="greaterThan", formula1="36526", allow_blank=True
        )  # 2000-01-01
        dated.showErrorMessage, dated.errorTitle, dated.error = True, column.title, say(column.guide)
        return dated
    return None


def write(cell: Any, value: Any, style: str) -> None:
    """A value in a named style of the workbook; text is always text."""
    cell._style = copy(_look_of(cell.parent.parent, style))
    if isinstance(value, str):
        cell.value = plain(value)
        if cell.data_type == "f":
            cell.data_type = "s"
        cell.quotePrefix = cell.value.startswith(("=", "+", "-", "@"))
    else:
        cell.value = value


def _look_of(book: Any, style: str) -> Any:
    """What a cell keeps of a named style: looked up once a workbook, not by `cell.style`, which goes through all names for each cell."""
    looks: dict[str, Any] = _LOOKS.setdefault(book, {})
    if style not in looks:
        looks[style] = book._named_styles[style].as_tuple()
    return looks[style]


@lru_cache(maxsize=4)
def _looks(profile: Profile) -> dict[str, dict[str, Any]]:
    """The named styles of the workbook."""
    box = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    middle = Alignment(horizontal="center", vertical="center", wrap_text=True)
    left = Alignment(horizontal="left", vertical="center", wrap_text=True)
    plain_font, bold = Font(name=say("宋体"), size=TYPE_PT), Font(name=say("宋体"), size=TYPE_PT, bold=True)
    looks: dict[str, dict[str, Any]] = {
        "form_title": {
            "font": Font(name=say("黑体"), size=16),
            "alignment": Alignment(horizontal="left", vertical="center"),
        },
        "form_note": {"font": plain_font, "alignment": Alignment(horizontal="left", vertical="center")},
        "form_group_ours": {"font": bold, "alignment": middle, "fill": _fill(_DARK), "border": box},
        "form_group_yours": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "form_head_ours": {"font": bold, "alignment": middle, "fill": _fill(_GREY), "border": box},
        "form_head_yours": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "form_overdue": {
            "font": Font(name=say("宋体"), size=TYPE_PT, bold=True, color="C00000"),
            "alignment": middle,
            "fill": _fill(_GREY),
            "border": box,
            "number_format": _FORMATS["moment"],
        },
        "guide_head": {"font": bold, "alignment": middle, "fill": _fill(_BLUE), "border": box},
        "guide_text": {"font": plain_font, "alignment": left},
        "guide_cell": {"font": plain_font, "alignment": left, "border": box},
        "guide_ours": {"font": plain_font, "alignment": left, "border": box, "fill": _fill(_GREY)},
    }
    for kind, number_format in _FORMATS.items():
        aligned = left if kind == "text" else middle
        common = {"font": plain_font, "border": box, "number_format": number_format, "alignment": aligned}
        looks[f"form_ours_{kind}"] = common | {"fill": _fill(_GREY)}
        # what is not seen begins at its left edge: of a number in the middle a part is printed beside the last column
        looks[f"form_folded_{kind}"] = common | {"fill": _fill(_GREY), "alignment": left}
        looks[f"form_yours_{kind}"] = common | {"fill": _fill(_WHITE)}
    return looks


def styles() -> list[NamedStyle]:
    """The named styles of the workbook."""
    return [NamedStyle(name=name, **look) for name, look in _looks(office()).items()]


def _fill(color: str) -> PatternFill:
    return PatternFill("solid", fgColor=color)

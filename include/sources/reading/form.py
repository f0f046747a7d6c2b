"""How a file lays out its table: where the header is, what parts its columns, and which rows are no data. A mapping says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = (",", ";", "\t", "|")
MOST_HEADER_ROWS: Final = 5
ALL_SHEETS: Final = "*"
FILE_COLUMN, SHEET_COLUMN = "(file)", "(sheet)"
HOUR_COLUMN, VALUE_COLUMN = "(hour)", "(value)"


@dataclass(frozen=True)
class Form:
    """`delimiter`: empty: the one of `DELIMITERS` that the header has most of. `header_row`: number of the line or row with the
    (first) header, 0: the first that is not empty; `header_rows`: so many lines make it, joined by a space, the upper ones
    filled to the right (merged cells). `names`: the columns of a file without a header. `sheet`: name of a sheet, or its
    number from 1; empty: the first. `fill_down`: columns in which an empty cell means what stands above it. `no_data`: a row
    whose first filled cell begins with one of these is no data (合计, 注：). `records`: where in a JSON object the list is
    (`data.list`). `decimal`: a comma, where that parts a number's whole from its fraction; `thousands`: what parts its thousands.
    `sheet` `*`: every sheet with the same header. `is_named`: rows say in a column `(file)` and `(sheet)` what they came from.
    `hours_across`: the headings of columns that hold an hour each (`{hour}时`): every one of them becomes a row with `(hour)` and `(value)`.
    """

    delimiter: str = ""
    header_row: int = 0
    header_rows: int = 1
    names: tuple[str, ...] = ()
    sheet: str = ""
    fill_down: tuple[str, ...] = ()
    no_data: tuple[str, ...] = ()
    records: str = ""
    decimal: str = ""
    thousands: str = ""
    is_named: bool = False
    hours_across: str = ""


USUAL: Final = Form()


def joined_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """Several header rows as one: in every row but the last an empty cell means the one to its left.

    >>> joined_header([["date", "甲市", "", "乙市"], ["", "PM2.5", "PM10", "PM2.5"]])
    ['date', '甲市 PM2.5', '甲市 PM10', '乙市 PM2.5']
    """
    if len(rows) == 1:
        return list(rows[0])
    width = max(map(len, rows))
    padded = [[*(cell.strip() for cell in row), *[""] * (width - len(row))] for row in rows]
    for row in padded[:-1]:
        for place in range(1, width):
            row[place] = row[place] or row[place - 1]
    return [" ".join(dict.fromkeys(filter(None, cells))) for cells in zip(*padded, strict=True)]


def delimiter_of(header: str) -> str:
    """The delimiter that a header has most of, outside of quotes; a comma where it has none."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)

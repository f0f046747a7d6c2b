"""Workbooks (xlsx, xls, et, ods): one sheet, a header row, cells as text. A row with a formula or an error in it is set apart.

A workbook is read by a process of its own (`workbook_child.py`) that has limits and may be killed.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from include.errors import InputError
from include.language import say
from include.sources.delivery import CHUNK_ROWS, BrokenRow, Chunk, text_frame
from include.sources.reading.children import Reader, child
from include.sources.reading.file_names import label
from include.sources.reading.form import ALL_SHEETS, SHEET_COLUMN, USUAL, Form, joined_header
from include.sources.reading.text_files import clean_header
from include.sources.reading.time_limits import OutOfTime, seconds_allowed
from include.sources.reading.workbook_child import LIMITS, MOST_SECONDS

_HEADER_WITHIN: Final = 20  # rows
_SETTINGS: Final = {"OPENPYXL_LXML": "False"}
# The child counts seconds of computing; one that is at work for so many times as long is dead, or has no machine to work on.
_PATIENCE: Final = 3
_BLOCK: Final = 1 << 16
_LONGEST_LINE: Final = 64 << 20  # bytes: one row of the widest cells, as JSON
FORMULA: Final = "含有公式：请粘贴为数值后重新提交"
_ERROR_VALUE: Final = "含有错误值（如#N/A）"


@dataclass(frozen=True)
class SheetRow:
    """One row with something in it: its number, the texts of its cells up to the last one, and at which places (from 0) these
    are formulas or error values."""

    number: int
    texts: list[str]
    formulas: list[int]
    errors: list[int]

    def text(self, place: int) -> str:
        """The text of the cell at a place (from 0); empty beyond the last."""
        return self.texts[place] if place < len(self.texts) else ""


def read_workbook(path: Path, form: Form = USUAL, chunk_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """The rows of a sheet in pieces; if `form` says nothing else, of the first sheet, with the first row that is not empty as header.

    Times come as ISO 8601 without an offset, whole numbers without a decimal point. Raises InputError when the file
    as a whole cannot be used, or is larger than `workbook_child.LIMITS`.
    """
    if form.sheet == ALL_SHEETS:
        yield from _every_sheet(path, form, chunk_rows)
        return
    told = _told(path, _asked(path, form))
    names, _ = next(told)
    rows = (row for _, several in told for row in several)
    header = _header(path, rows, form)
    sheet = _sheet_of(form, names)
    for chunk in _chunks(path, header, rows, chunk_rows):
        unread = () if form.sheet else tuple(names[1:])
        yield replace(_with_sheet(chunk, sheet, form), unread_sheets=unread)


def _sheet_of(form: Form, names: list[str]) -> str:
    """The name of the sheet that is read; see `_asked`."""
    if form.sheet in names or not form.sheet:
        return form.sheet or (names[0] if names else "")
    return names[int(form.sheet) - 1]


def _every_sheet(path: Path, form: Form, chunk_rows: int) -> Iterator[Chunk]:
    """The rows of all sheets that have the header of the first that has one; the others are set apart, each as one broken row."""
    first: list[str] = []
    told = (
        (name, row)
        for names, rows in _told(path, {"sheets": sheet_names(path)})
        for name in names
        for row in rows
    )
    for sheet, pairs in groupby(told, key=itemgetter(0)):
        rows = (row for _, row in pairs)
        try:
            header = _header(path, rows, form)
        except InputError as error:
            header, why = [], str(error)
        else:
            why = say("表头与第一张表不同，整张未读")
        if not header or (first and header != first):
            broken = BrokenRow(1, sheet, say("工作表“{sheet}”：{why}", sheet=sheet, why=why))
            yield _with_sheet(
                Chunk(label(path), np.empty(0, np.int64), text_frame(first, []), (broken,)), sheet, form
            )
            continue
        first = header
        for chunk in _chunks(path, header, rows, chunk_rows):
            yield _with_sheet(chunk, sheet, form)
    if not first:
        raise _no_header(path, form)


def _chunks(path: Path, header: list[str], rows: Iterator[SheetRow], chunk_rows: int) -> Iterator[Chunk]:
    block: list[SheetRow] = []
    for row in rows:
        block.append(row)
        if len(block) == chunk_rows:
            yield _chunk(path, header, block)
            block = []
    yield _chunk(path, header, block)


def _with_sheet(chunk: Chunk, sheet: str, form: Form) -> Chunk:
    """The piece, where rows are to be named with that of their sheet in a column."""
    if not form.is_named:
        return chunk
    return replace(chunk, rows=chunk.rows.assign(**{SHEET_COLUMN: sheet}).astype({SHEET_COLUMN: "str"}))


def _asked(path: Path, form: Form) -> dict[str, Any]:
    """What the child is asked for. Raises InputError for a sheet that the workbook does not have."""
    if not form.sheet:
        return {}
    names = sheet_names(path)
    if form.sheet in names:
        return {"sheets": [form.sheet]}
    if form.sheet.isascii() and form.sheet.isdigit() and 1 <= int(form.sheet) <= len(names):
        return {"sheet": int(form.sheet)}
    raise InputError(
        "the workbook has no such sheet", where=str(path), got=form.sheet, expected=", ".join(names)
    )


def sheet_names(path: Path) -> list[str]:
    """The names of the sheets. Raises InputError when the file is no workbook that can be read."""
    return next(sheets for sheets, _ in _told(path, {"sheets": []}))


def sheet_rows(path: Path, sheets: list[str], *, last: int) -> dict[str, list[SheetRow]]:
    """The rows of some sheets up to row `last`. Raises InputError when the workbook cannot be read."""
    found: dict[str, list[SheetRow]] = {name: [] for name in sheets}
    for names, rows in _told(path, {"sheets": sheets, "last": last}):
        for name in names:
            found.setdefault(name, []).extend(rows)
    return found


def _header(path: Path, rows: Iterator[SheetRow], form: Form) -> list[str]:
    if form.names:
        return clean_header(str(path), list(form.names))
    last = form.header_row or _HEADER_WITHIN
    found: list[list[str]] = []
    for row in rows:
        if row.number > last and not found:
            break
        if row.number >= form.header_row and any(text.strip() for text in row.texts):
            found.append(row.texts)
        if len(found) == form.header_rows:
            names = joined_header(found)
            while names and not names[-1].strip():
                names.pop()
            return clean_header(str(path), names)
    raise _no_header(path, form)


def _no_header(path: Path, form: Form) -> InputError:
    return InputError(
        "the sheet has no header row",
        where=str(path),
        expected=f"names of columns in row {form.header_row}"
        if form.header_row
        else f"names of columns in the first {_HEADER_WITHIN} rows",
    )


def _chunk(path: Path, header: list[str], block: list[SheetRow]) -> Chunk:
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[BrokenRow] = []
    width = len(header)
    for row in block:
        reason = FORMULA if row.formulas else _ERROR_VALUE if row.errors else ""
        if not reason and any(text.strip() for text in row.texts[width:]):
            reason = say("列数不符：表头有{width}列，本行更多", width=width)
        if reason:
            broken.append(BrokenRow(row.number, "\t".join(row.texts).rstrip("\t"), reason))
        elif any(row.texts[:width]):
            rows.append(row.texts[:width] + [""] * (width - len(row.texts)))
            lines.append(row.number)
    return Chunk(label(path), np.array(lines, dtype=np.int64), text_frame(header, rows), tuple(broken))


def _told(path: Path, request: dict[str, Any]) -> Iterator[tuple[list[str], list[SheetRow]]]:
    """What the child tells: the names of all sheets with no rows, then names of single ones with some of their rows."""
    seconds = seconds_allowed(MOST_SECONDS)
    with child(path, "workbook_child", {**request, "seconds": seconds}, _SETTINGS) as process:
        for line in _lines(path, process, seconds):
            message = json.loads(line)
            if "error" in message:
                raise InputError(message["error"].pop("what"), where=str(path), **message["error"])
            if "sheets" in message:
                yield message["sheets"], []
            elif "rows" in message:
                yield (
                    [message["sheet"]],
                    [SheetRow(*row) for row in message["rows"]],
                )
            if "done" in message:
                return
        raise _killed(path, process.wait(), seconds)


def _lines(path: Path, process: Reader, seconds: int) -> Iterator[bytes]:
    """Lines as they come, none longer than it can be, as long as the child may be at work."""
    begun = bytearray()
    left = float(_PATIENCE * MOST_SECONDS)  # however little it may compute: the machine may be busy
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            asked_at = time.monotonic()
            if not selector.select(max(left, 0.0)):
                raise _killed(path, -signal.SIGXCPU, seconds)
            left -= time.monotonic() - asked_at  # only the child's time: not that of whoever takes the lines
            block = os.read(process.stdout.fileno(), _BLOCK)
            if not block:
                return
            begun += block
            if b"\n" in block:
                *whole, rest = bytes(begun).split(b"\n")
                yield from whole
                begun = bytearray(rest)
            if len(begun) > _LONGEST_LINE:
                raise _killed(path, -signal.SIGSEGV, seconds)


def _killed(path: Path, code: int, seconds: int) -> InputError:
    """The error of a child that ended without its last word: it was killed by a limit or by the system, or had no memory for one."""
    is_late = code in (-signal.SIGXCPU, -signal.SIGKILL)
    ended = "more memory than that" if code == 1 else f"a reader that ended with {code}"
    return (OutOfTime if is_late else InputError)(
        "the workbook is larger than one that is read",
        where=str(path),
        expected=LIMITS,
        got=f"more than {seconds} s, or than that memory" if is_late else ended,
        todo="delete what stands outside of the table, split it, or export it as CSV",
    )

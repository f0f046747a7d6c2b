"""Reads one workbook in a process of its own that may be killed: `python -c "… main()"`, the file as standard input.

A workbook of two kilobytes can ask for more rows than a machine has memory. Here nothing is laid out that is not there, every
row is counted as it streams by, and the process has limits of memory and time. It tells what it reads as JSON lines:

    {"sheets": ["Sheet1", …]}                         once, first
    {"sheet": "Sheet1", "rows": [[3, ["a", ""], [0], []]]}   number of a row, texts of its cells, places of formulas, of error values
    {"error": {"what": …, "expected": …, "got": …}}     last, when the workbook cannot be used
    {"done": true}                                    last, otherwise

Imports nothing heavy, and knows no setting or secret of the installation.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final

from include.sources.reading.cells import cell_text
from include.sources.reading.confinement import confine

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 256  # with something in them
MOST_CELLS: Final = 20_000_000  # of the rectangle around everything
MOST_BYTES: Final = 256 << 20  # of all parts, unpacked
MOST_SECONDS: Final = 60  # of computing
MOST_MEMORY: Final = 1 << 30  # bytes of address space
MOST_PARTS: Final = 10_000
MOST_TEXT: Final = 256 << 20  # characters of all cells
LONGEST_TEXT: Final = 32_767  # characters of a cell, as in Excel
LIMITS: Final = (
    f"at most {MOST_ROWS:,} rows, {MOST_COLUMNS} columns with something in them, {MOST_CELLS:,} cells, {MOST_BYTES >> 20} MB unpacked, "
    f"{MOST_SECONDS} s and {MOST_MEMORY >> 20} MB of memory to read it"
)
_TOLD_AT_ONCE: Final = 1 << 20  # characters
OLE: Final = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # an old .xls, .et, or what Excel makes of a workbook with a password
_SEALED: Final = "EncryptedPackage".encode("utf-16-le")
_FILEPASS: Final = re.compile(rb"\x09\x08\x10\x00\x00\x06.{14}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
_MANIFEST: Final = "META-INF/manifest.xml"
_SEARCHED: Final = 1 << 20  # bytes
_ERRORS: Final = frozenset({"#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})

Tell = Callable[[dict[str, Any]], None]
Row = tuple[int, list[str], list[int], list[int]]  # number, texts, places of formulas, places of error values


class Unusable(Exception):
    """The workbook cannot be used; the parts of the message."""

    def __init__(self, what: str, *, expected: str = "", got: object = "", todo: str = "") -> None:
        super().__init__(what)
        self.parts = {"what": what, "expected": expected, "got": str(got), "todo": todo}


def read(stream: BinaryIO, request: dict[str, Any], tell: Tell) -> None:
    """Tells the sheets of a workbook and the rows of those that are asked for.

    `request`: `sheets` names (absent: the first, or the one of number `sheet` from 1; empty: none), `first` and `last` numbers
    of rows. Raises Unusable.
    """
    import openpyxl

    if not _is_xlsx(stream):
        _read_other(stream, request, tell)
        return
    workbook = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    names = [sheet.title for sheet in workbook.worksheets]
    tell({"sheets": names})
    wanted = _wanted(request, names)
    counted = _Counted()
    for sheet in workbook.worksheets:
        if sheet.title in wanted:
            rows = _rows(sheet, counted, int(request.get("first", 1)), int(request.get("last", MOST_ROWS)))
            _tell_rows(tell, sheet.title, rows)
    if not names and "sheets" not in request:
        raise Unusable("the workbook has no sheet", expected="a first sheet with a table")


def _wanted(request: dict[str, Any], names: list[str]) -> list[str]:
    number = int(request.get("sheet", 1))
    wanted: list[str] = request.get("sheets", names[number - 1 : number])
    return wanted


class _Counted:
    """What was read so far, against the limits."""

    def __init__(self) -> None:
        self.row = self.rows = self.column = self.text = 0

    def add(self, number: int, columns: int, texts: Iterable[str]) -> None:
        self.rows += 1
        self.row = max(self.row, number, self.rows)
        self.column = max(self.column, columns)
        for text in texts:
            self.text += len(text)
            if len(text) > LONGEST_TEXT:
                raise _too_large(f"{len(text):,} characters in a cell of row {number}")
        if self.row > MOST_ROWS:
            raise _too_large(f"row {self.row:,}")
        if self.column > MOST_COLUMNS:
            raise _too_large(f"something in column {self.column:,} of row {number:,}")
        if self.row * self.column > MOST_CELLS:
            raise _too_large(f"{self.row:,} rows by {self.column} columns")
        if self.text > MOST_TEXT:
            raise _too_large(f"more than {MOST_TEXT:,} characters")


def _is_xlsx(stream: BinaryIO) -> bool:
    """Whether it is a package of XLSX; an ODS is one too, and an old workbook (xls, et) is none. Raises Unusable."""
    begin = stream.read(len(OLE))
    stream.seek(0)
    if begin == OLE:
        return False
    with zipfile.ZipFile(stream) as package:
        parts = package.infolist()
        is_xlsx = "content.xml" not in {part.filename for part in parts}
        unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_BYTES:
        raise Unusable(
            "the workbook is too large when unpacked",
            expected=LIMITS,
            got=f"{unpacked:,} bytes",
            todo="split it, or export it as CSV",
        )
    if len(parts) > MOST_PARTS:
        raise _too_large(f"{len(parts):,} parts")
    stream.seek(0)
    return is_xlsx


def _read_other(stream: BinaryIO, request: dict[str, Any], tell: Tell) -> None:
    """An old workbook or an ODS, which tell the values of formulas and not that they are any. Raises Unusable."""
    from python_calamine import CalamineError, CalamineWorkbook

    content = stream.read()
    if _is_locked(content):
        raise Unusable(
            "the workbook is encrypted", expected="one without a password", todo="save it without a password"
        )
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except CalamineError as error:
        raise Unusable(
            "the workbook cannot be read", expected="a workbook (xlsx, xls, et, ods)", got=error
        ) from error
    names = list(workbook.sheet_names)
    tell({"sheets": names})
    counted = _Counted()
    first, last = int(request.get("first", 1)), int(request.get("last", MOST_ROWS))
    for name in _wanted(request, names):
        if name in names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
                raise _too_large(f"{sheet.total_height:,} rows by {sheet.total_width} columns")
            _tell_rows(tell, name, _other_rows(sheet, counted, first, last))


def _other_rows(sheet: Any, counted: _Counted, first: int, last: int) -> Iterator[Row]:
    left = (sheet.start or (0, 0))[1]  # empty columns are left out, empty rows are not
    for number, values in enumerate(sheet.iter_rows(), start=1):
        texts = [*[""] * left, *map(cell_text, values)]
        while texts and not texts[-1]:
            texts.pop()
        counted.add(number, len(texts), texts)
        if texts and first <= number <= last:
            yield number, texts, [], [place for place, text in enumerate(texts) if text in _ERRORS]


def _is_locked(content: bytes) -> bool:
    """Whether a workbook has a password, which calamine does not tell of one that it is given as a stream: an XLSX is a package
    inside of an OLE file, an old workbook's first record after its beginning is FILEPASS, an ODS's manifest tells how it is encrypted."""
    if content.startswith(OLE):
        return _SEALED in content or _FILEPASS.search(content) is not None
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if _MANIFEST not in package.namelist():
            return False
        with package.open(_MANIFEST) as stream:
            return b"encryption-data" in stream.read(_SEARCHED)


def _too_large(got: str) -> Unusable:
    return Unusable(
        "the workbook is larger than one that is read",
        expected=LIMITS,
        got=got,
        todo="delete what stands outside of the table, split it, or export it as CSV",
    )


def _rows(sheet: Any, counted: _Counted, first: int, last: int) -> Iterator[Row]:
    """The rows with something in them, as they stream by."""
    from openpyxl.worksheet._reader import WorkSheetParser

    book = sheet.parent
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=False,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            parser.row_dimensions.clear()  # the parser keeps what it knows of every row
            parser.shared_formulae.clear()
            filled = [cell for cell in cells if cell["value"] is not None and cell["column"] >= 1]
            width = max((cell["column"] for cell in filled), default=0)
            texts = [""] * min(width, MOST_COLUMNS)
            for cell in filled:
                if cell["column"] <= MOST_COLUMNS:
                    texts[cell["column"] - 1] = cell_text(cell["value"])
            counted.add(number, width, texts)
            if filled and first <= number <= last:
                formulas, errors = (
                    [cell["column"] - 1 for cell in filled if cell["data_type"] == kind] for kind in "fe"
                )
                yield number, texts, formulas, errors


def _tell_rows(tell: Tell, sheet: str, rows: Iterator[Row]) -> None:
    waiting: list[Row] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += 16 + sum(map(len, row[1])) + 4 * len(row[1])
        if size > _TOLD_AT_ONCE:
            tell({"sheet": sheet, "rows": waiting})
            waiting, size = [], 0
    tell({"sheet": sheet, "rows": waiting})


def guarded(stream: BinaryIO, request: dict[str, Any], tell: Tell) -> None:
    """`read`, with whatever goes wrong told as the last line."""
    try:
        read(stream, request, tell)
    except Unusable as error:
        tell({"error": error.parts})
    except MemoryError:
        tell({"error": _too_large("more memory than that").parts})
    except Exception as error:  # a broken workbook can fail anywhere inside openpyxl, with any exception
        got = f"{type(error).__name__}: {error}"[:500]
        tell(
            {
                "error": {
                    "what": "the workbook cannot be read",
                    "expected": "a workbook (xlsx, xls, et, ods)",
                    "got": got,
                    "todo": "open it in a spreadsheet program and save it again as .xlsx",
                }
            }
        )
    else:
        tell({"done": True})


def load() -> None:
    """What every process needs, before it has limits."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it for nothing
    import openpyxl.worksheet._reader  # noqa: F401


def main() -> None:
    """The process: limits first, then the workbook on standard input to lines on standard output."""
    load()
    request = json.loads(sys.argv[1])
    confine(MOST_MEMORY, min(int(request["seconds"]), MOST_SECONDS))
    warnings.simplefilter("ignore")
    output = os.fdopen(os.dup(1), "w", encoding="ascii")

    def tell(message: dict[str, Any]) -> None:
        output.write(json.dumps(message) + "\n")
        output.flush()

    guarded(sys.stdin.buffer, request, tell)

"""XLSX files: the first sheet, a header row, cells as text. A row with a formula or an error in it is set apart."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import openpyxl

from include.errors import InputError
from include.sources.cells import cell_text
from include.sources.delivery import CHUNK_ROWS, BrokenRow, Chunk, text_frame
from include.sources.file_names import label
from include.sources.text_files import clean_header

_LARGEST_UNPACKED: Final = 1 << 29  # bytes: a workbook that unpacks to more is not read
_HEADER_WITHIN: Final = 20  # rows


def read_xlsx(path: Path, chunk_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """The rows of the first sheet in pieces; the first row that is not empty is the header.

    Times come as ISO 8601 without an offset, whole numbers without a decimal point. Raises InputError when the file
    as a whole cannot be used.
    """
    try:
        yield from _read(path, chunk_rows)
    except InputError:
        raise
    except Exception as error:  # a broken workbook can fail anywhere inside openpyxl, with any exception
        raise InputError(
            "the workbook cannot be read",
            where=str(path),
            got=f"{type(error).__name__}: {error}",
            expected="an XLSX file",
        ) from error


def open_workbook(path: Path, *, read_only: bool) -> Any:
    """An openpyxl workbook, formulas as they stand. Raises InputError for one that would unpack to too much."""
    with zipfile.ZipFile(path) as package:
        unpacked = sum(entry.file_size for entry in package.infolist())
    if unpacked > _LARGEST_UNPACKED:
        raise InputError(
            "the workbook is too large when unpacked", where=str(path), got=f"{unpacked} bytes",
            expected=f"at most {_LARGEST_UNPACKED}", todo="split it, or export it as CSV",
        )  # fmt: skip
    return openpyxl.load_workbook(path, read_only=read_only, data_only=False, keep_links=False)


def _read(path: Path, chunk_rows: int) -> Iterator[Chunk]:
    workbook = open_workbook(path, read_only=True)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()
        table = sheet.iter_rows()
        header, number = _header(path, table)
        while True:
            block = list(islice(table, chunk_rows))
            yield _chunk(path, header, block, number + 1)
            number += len(block)
            if len(block) < chunk_rows:
                return
    finally:
        workbook.close()


def _header(path: Path, table: Iterator[tuple[Any, ...]]) -> tuple[list[str], int]:
    for number, cells in enumerate(islice(table, _HEADER_WITHIN), start=1):
        names = [cell_text(cell.value) for cell in cells]
        while names and not names[-1].strip():
            names.pop()
        if names:
            return clean_header(str(path), names), number
    raise InputError(
        "the sheet has no header row",
        where=str(path),
        expected=f"names of columns in the first {_HEADER_WITHIN} rows",
    )


def _chunk(path: Path, header: list[str], block: list[tuple[Any, ...]], first: int) -> Chunk:
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[BrokenRow] = []
    for line, cells in enumerate(block, start=first):
        texts = [cell_text(cell.value) for cell in cells]
        reason = _reason(cells, texts, len(header))
        texts = texts[: len(header)] + [""] * (len(header) - len(texts))
        if reason:
            whole = "\t".join(cell_text(cell.value) for cell in cells).rstrip("\t")
            broken.append(BrokenRow(line, whole, reason))
        elif any(texts):
            rows.append(texts)
            lines.append(line)
    return Chunk(label(path), np.array(lines, dtype=np.int64), text_frame(header, rows), tuple(broken))


def _reason(cells: tuple[Any, ...], texts: list[str], width: int) -> str:
    types = {cell.data_type for cell in cells if cell.value is not None}
    if "f" in types:
        return "含有公式：请粘贴为数值后重新提交"
    if "e" in types:
        return "含有错误值（如#N/A）"
    if any(text.strip() for text in texts[width:]):
        return f"列数不符：表头有{width}列，本行更多"
    return ""

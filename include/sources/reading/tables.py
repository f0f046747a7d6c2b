"""One file of any format that tables come in, as rows of text: what it holds decides, then its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError, QianliyanError
from include.sources.delivery import Chunk
from include.sources.reading.file_names import require_file
from include.sources.reading.form import FILE_COLUMN, HOUR_COLUMN, USUAL, VALUE_COLUMN, Form
from include.sources.reading.json_files import read_json
from include.sources.reading.packed_files import PACKED, unpacked
from include.sources.reading.parquet_files import read_parquet, read_text_parquet
from include.sources.reading.text_files import read_csv
from include.sources.reading.workbook_child import OLE
from include.sources.reading.workbooks import read_workbook
from include.sources.reading.written_times import hour_number

TEXTS: Final = (".csv", ".tsv", ".txt")
WORKBOOKS: Final = (".xlsx", ".xls", ".et", ".ods")
JSONS: Final = (".json", ".jsonl", ".ndjson")
# What tables are read from.
SUFFIXES: Final = (*TEXTS, *WORKBOOKS, ".parquet", *JSONS, *PACKED)
FORMATS: Final = "CSV, XLSX, XLS, ET, ODS, Parquet or JSON, packed (.gz, .zip) or not"
_ZIP: Final = b"PK\x03\x04"


def is_table(path: Path) -> bool:
    """Whether the name is that of a table: of a packed file, that of what it packs."""
    suffix = path.suffix.lower()
    return suffix in SUFFIXES and (suffix != ".gz" or Path(path.stem).suffix.lower() in SUFFIXES)


def is_table_of_folder(path: Path) -> bool:
    """The same of what lies in a folder, where a .txt is a note as often as a table: one is read when it is named."""
    return is_table(path) and path.suffix.lower() != ".txt"


def require_table(path: Path) -> None:
    """Raises InputError unless the file is there, and its name that of a table."""
    if not is_table(path):
        raise InputError("not a table", where=str(path), expected=FORMATS)
    require_file(path)


def read_table(path: Path, form: Form = USUAL, *, is_of_hours: bool = False) -> Iterator[Chunk]:
    """The rows of one file in pieces, with texts; of hours (`is_of_hours`), columns of Parquet are categoricals and may be longer.

    Raises InputError when the file cannot be used, whatever the reason.
    """
    try:
        chunks = _chunks(path, form, is_of_hours=is_of_hours)
        yield from _as_data(chunks, form) if _is_changed(form) else chunks
    except QianliyanError:
        raise
    except Exception as error:
        raise InputError(
            "the file cannot be read",
            where=str(path),
            got=f"{type(error).__name__}: {error}",
            expected=f"a whole file: {FORMATS}",
            todo="save it again, or have it sent again",
        ) from error


def _is_changed(form: Form) -> bool:
    return bool(form.fill_down or form.no_data or form.decimal == "," or form.thousands or form.hours_across)


def _chunks(path: Path, form: Form, *, is_of_hours: bool) -> Iterator[Chunk]:
    suffix = path.suffix.lower()
    if suffix in PACKED:
        for name, inner in unpacked(path, is_table):
            inside = _chunks_of(inner, form, is_of_hours=is_of_hours)
            yield from _with_file(_named(inside, name, inner), Path(name), form)
    else:
        yield from _with_file(_chunks_of(path, form, is_of_hours=is_of_hours), path, form)


def _with_file(chunks: Iterator[Chunk], path: Path, form: Form) -> Iterator[Chunk]:
    """The pieces, where they are to be named with that of their file, without its ending, in a column."""
    for chunk in chunks:
        if form.is_named:
            rows = chunk.rows.assign(**{FILE_COLUMN: path.stem}).astype({FILE_COLUMN: "str"})
            yield replace(chunk, rows=rows)
        else:
            yield chunk


def _chunks_of(path: Path, form: Form, *, is_of_hours: bool) -> Iterator[Chunk]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from read_parquet(path) if is_of_hours else read_text_parquet(path)
    elif suffix in JSONS:
        yield from read_json(path, form)
    elif suffix == ".xlsx" or (suffix in WORKBOOKS and _is_workbook(path)):
        yield from read_workbook(path, form)
    else:  # among them what platforms export as .xls and is a text
        yield from read_csv(path, form, is_of_hours=is_of_hours)


def _is_workbook(path: Path) -> bool:
    with path.open("rb") as stream:
        begin = stream.read(256)
    if begin.lstrip()[:1] == b"<":
        raise InputError(
            "the file is a web page that is named like a workbook",
            where=str(path),
            expected="a workbook or a text",
            got=begin[:40].decode("utf-8", "replace"),
            todo="open it and save it as .xlsx or CSV",
        )
    return begin.startswith((OLE, _ZIP))


def _named(chunks: Iterator[Chunk], name: str, inner: Path) -> Iterator[Chunk]:
    """The pieces of an unpacked file, and its errors, under the name of what it was packed in."""
    try:
        for chunk in chunks:
            yield replace(chunk, origin=name)
    except InputError as error:
        raise type(error)(
            error.what,
            where=error.where.replace(str(inner), name),
            expected=error.expected,
            got=error.got,
            todo=error.todo,
        ) from error


def _as_data(chunks: Iterator[Chunk], form: Form) -> Iterator[Chunk]:
    """The pieces without rows that are no data, and with empty cells as what stands above them where the form says so."""
    above: dict[str, str] = {}
    for chunk in chunks:
        rows = chunk.rows.astype("str")
        is_none = (
            _first_filled(rows).str.startswith(form.no_data).to_numpy(dtype=bool) if form.no_data else None
        )
        broken = tuple(row for row in chunk.broken if not (form.no_data and _is_none(row.text, form)))
        left_out = len(chunk.broken) - len(broken)
        lines = chunk.lines
        if is_none is not None and is_none.any():
            left_out += int(is_none.sum())
            rows, lines = rows[~is_none].reset_index(drop=True), lines[~is_none]
        for name in form.fill_down:
            if name in rows:
                rows, above[name] = _filled(rows, name, above.get(name, ""))
        if form.thousands or form.decimal == ",":
            rows = rows.apply(lambda column: _plain_numbers(column, form)).astype("str")
        told = replace(chunk, rows=rows, lines=lines, broken=broken, left_out=left_out)
        yield _hours_below(told, form.hours_across) if form.hours_across else told


def _hours_below(chunk: Chunk, pattern: str) -> Chunk:
    """The piece with a row an hour in the place of a column an hour. Raises InputError where no heading is one of an hour."""
    form = re.escape(pattern).replace(r"\{hour\}", "(.+)")
    found = {str(name): re.fullmatch(form, str(name).strip()) for name in chunk.rows}
    hours = {name: told[1] for name, told in found.items() if told and not np.isnan(hour_number(told[1]))}
    if not hours:
        raise InputError(
            "no column is one of an hour",
            where=chunk.origin,
            expected=pattern,
            got=", ".join(map(str, chunk.rows.columns)),
            todo="correct hours_across in the mapping",
        )
    others = [name for name in chunk.rows if name not in hours]
    count = len(chunk.rows)
    rows = chunk.rows[others].iloc[np.repeat(np.arange(count), len(hours))].reset_index(drop=True)
    rows[HOUR_COLUMN] = pd.Series(list(hours.values()) * count, dtype="str")
    rows[VALUE_COLUMN] = pd.Series(chunk.rows[list(hours)].to_numpy(dtype=object).ravel(), dtype="str")
    return replace(chunk, rows=rows, lines=np.repeat(chunk.lines, len(hours)))


def _first_filled(rows: pd.DataFrame) -> pd.Series[str]:
    stripped = rows.apply(lambda column: column.str.strip())
    found = stripped.replace("", np.nan).bfill(axis=1)
    first: pd.Series[str] = found.iloc[:, 0].fillna("").astype("str")
    return first


def _is_none(text: str, form: Form) -> bool:
    return text.strip(' ,;\t|"').startswith(form.no_data)


def _plain_numbers(texts: pd.Series[str], form: Form) -> pd.Series[str]:
    """A column with its numbers as everybody else writes them; what is no number as it came."""
    thousands, decimal = re.escape(form.thousands), re.escape(form.decimal or ".")
    whole = rf"[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|[0-9]+" if thousands else "[0-9]+"
    is_number = texts.str.fullmatch(rf"\s*[<＜]?\s*[+-]?(?:{whole})(?:{decimal}[0-9]+)?\s*").to_numpy(
        dtype=bool
    )
    plain = texts.str.replace(form.thousands, "", regex=False) if form.thousands else texts
    plain = plain.str.replace(form.decimal, ".", regex=False) if form.decimal else plain
    return texts.mask(is_number, plain)


def _filled(rows: pd.DataFrame, name: str, above: str) -> tuple[pd.DataFrame, str]:
    texts = rows[name].str.strip()
    filled = texts.mask(texts == "").ffill().fillna(above).astype("str")
    return rows.assign(**{name: filled}), str(filled.iloc[-1]) if len(filled) else above

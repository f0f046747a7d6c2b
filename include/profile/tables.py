"""The CSV files of a profile to rows with their line numbers. UTF-8 without a mark, lines that end with LF, one header."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from include.addresses import CONTROL, TURNING
from include.profile.findings import Findings

LARGEST_BYTES: Final = 8 * 1024 * 1024
MOST_ROWS: Final = 100_000
# The dates of an office: before and after, moments of the day cannot be reckoned in every zone, and nobody means them.
FIRST_DATE: Final = date(1900, 1, 1)
LAST_DATE: Final = date(2200, 1, 1)
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """One row: `values` by column (stripped), `line` of the file on which it ends."""

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    def names(self, column: str) -> tuple[str, ...]:
        """A cell that holds several names, separated by `|`."""
        return tuple(part.strip() for part in self[column].split("|") if part.strip())


def read_text(path: Path, findings: Findings) -> str | None:
    """The text of a file of a profile, or None where it is none; each reason is a finding."""
    name = path.name
    if not path.is_file() or leads_out(path):
        return None  # said with the names of the files
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            findings.add(
                name, 0, "the file is too large", expected=f"at most {LARGEST_BYTES} bytes", got=size
            )
            return None
        raw = path.read_bytes()
    except OSError as error:
        findings.add(
            name, 0, "the file cannot be read", expected="a readable file", got=error.strerror or error
        )
        return None
    return decoded(raw, name, findings)


def decoded(raw: bytes, name: str, findings: Findings) -> str | None:
    """The text of a file, UTF-8 without a mark and with LF; each other form is a finding, None where it cannot be read at all."""
    if raw.startswith(_BOM):
        findings.add(
            name, 1, "the file begins with a byte order mark", expected="UTF-8 without BOM", got="BOM"
        )
        raw = raw.removeprefix(_BOM)
    if (at := raw.find(b"\r")) >= 0:
        ending = "CRLF" if raw[at : at + 2] == b"\r\n" else "CR"
        line = raw.count(b"\n", 0, at) + 1
        findings.add(name, line, "lines end otherwise", expected="LF at the end of each line", got=ending)
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        findings.add(name, line, "the file is no UTF-8", expected="UTF-8", got=_encoding(raw))
        return None


def leads_out(path: Path) -> bool:
    """Whether a file of a profile is a link out of its folder."""
    return path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve())


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "bytes of no known encoding"
    return "GB18030"


def read_table(
    path: Path, required: Sequence[str], optional: Sequence[str], findings: Findings
) -> list[Row] | None:
    """The rows of a CSV file, or None where it is none; a row that does not fit the header is a finding and left out."""
    text = read_text(path, findings)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _is_header(path.name, header, required, optional, findings):
            return None
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                findings.add(
                    path.name,
                    reader.line_num,
                    "the row has another number of cells than the header",
                    expected=f"{len(header)} cells",
                    got=f"{len(cells)}: {','.join(cells)}",
                )
                continue
            if len(rows) >= MOST_ROWS:
                findings.add(path.name, reader.line_num, "too many rows", expected=f"at most {MOST_ROWS}")
                break
            values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            for name in (
                name for name, cell in values.items() if CONTROL.search(cell) or TURNING.search(cell)
            ):
                findings.add(
                    path.name,
                    reader.line_num,
                    f"{name} holds a control character",
                    expected="a text of one line",
                    got=values[name],
                )
            rows.append(Row(reader.line_num, values))
    except csv.Error as error:
        findings.add(path.name, reader.line_num, "no CSV", expected="commas, quotes doubled", got=error)
    return [row for row in rows if _has_required(path.name, row, required, findings)]


def date_of(file: str, row: Row, column: str, findings: Findings) -> date | None:
    """The date in a cell, None for an empty one; what is no date of an office is a finding."""
    text = row[column]
    if not text:
        return None
    found = plain_date(text)
    if found is not None and FIRST_DATE <= found < LAST_DATE:
        return found
    expected = "YYYY-MM-DD or nothing"
    if found is not None:
        expected = f"a date from {FIRST_DATE} and before {LAST_DATE}, or nothing: since ever, for ever"
    findings.add(file, row.line, f"{column} is no date", expected=expected, got=text)
    findings.undated.add((file, row.line))
    return None


def plain_date(text: str) -> date | None:
    """The date that a text of the form YYYY-MM-DD says, None for any other."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def dates_of(file: str, row: Row, findings: Findings) -> tuple[date | None, date | None]:
    """`valid_from` and `valid_to` (exclusive) of a row."""
    start, end = (date_of(file, row, column, findings) for column in ("valid_from", "valid_to"))
    if start is not None and end is not None and start >= end:
        findings.add(
            file,
            row.line,
            "valid_to is not after valid_from",
            expected=f"a date after {start} (the first on which the row no longer holds)",
            got=end,
        )
        findings.undated.add((file, row.line))
    return start, end


def _is_header(
    file: str, header: list[str], required: Sequence[str], optional: Sequence[str], findings: Findings
) -> bool:
    expected = ",".join([*required, *(f"[{name}]" for name in optional)])
    missing = [name for name in required if name not in header]
    unknown = [name for name in header if name not in (*required, *optional)]
    doubled = sorted({name for name in header if header.count(name) > 1})
    for what, names in (
        ("columns are missing", missing),
        ("unknown columns", unknown),
        ("columns stand twice", doubled),
    ):
        if names:
            findings.add(file, 1, f"{what}: {', '.join(names)}", expected=expected, got=",".join(header))
    return not (missing or doubled)


# An empty cell means something in these: no parent, no date, no region.
_MAY_BE_EMPTY: Final = frozenset({"parent_code", "reports_to", "valid_from", "valid_to", "bureau", "phone"})


def _has_required(file: str, row: Row, required: Sequence[str], findings: Findings) -> bool:
    empty = [name for name in required if not _is_seen(row[name]) and name not in _MAY_BE_EMPTY]
    for name in empty:
        findings.add(file, row.line, f"{name} is empty", expected=f"a {name}")
    return not empty


def _is_seen(text: str) -> bool:
    """Whether a text has a character that a reader sees: a zero-width space is none."""
    return any(unicodedata.category(one)[0] not in "CZ" for one in text)

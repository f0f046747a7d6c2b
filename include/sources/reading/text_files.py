"""CSV files as they really come: UTF-8 with or without BOM, or GB18030; broken lines are set apart, never dropped."""

from __future__ import annotations

import codecs
import csv
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from include.errors import InputError
from include.language import say
from include.sources.delivery import (
    CHUNK_ROWS,
    BrokenRow,
    Chunk,
    arrow_text_frame,
    by_different_values,
    text_frame,
)
from include.sources.reading.characters import visible_text
from include.sources.reading.file_names import label, openable
from include.sources.reading.form import USUAL, Form, delimiter_of, joined_header

_BLOCK: Final = 1 << 20  # bytes; a whole block without a line end is no text
# Blocks of a plain file at a time: what is done once a piece (names, times) costs as much as its rows.
_BLOCKS: Final = 32
_MOST_COLUMNS: Final = 4096
_NOT_PLAIN = (b'"', b"\0", b"\n\n")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv(
    path: Path, form: Form = USUAL, chunk_rows: int = CHUNK_ROWS, *, is_of_hours: bool = False
) -> Iterator[Chunk]:
    """The rows of a text file in pieces; its header, if `form` says nothing else, is the first line that is not empty. Of hours
    columns may be categoricals.

    A line that cannot be decoded or split is a `BrokenRow`; a last row without a line end makes its piece `is_unended`. Raises
    InputError when the file as a whole cannot be used.
    """
    try:
        with path.open("rb") as stream:
            text = _examine(path, stream)
            stream.seek(text.start)
            above = _skip_lines(path, stream, form.header_row - 1)
            delimiter = form.delimiter or _delimiter(stream, text.encoding)
            records = _Records(path, stream, text, delimiter, above)
            header = _header(path, records, form)
            if text.is_plain and stream.peek(1):  # there is more than a header
                above += 0 if form.names else form.header_rows
                with openable(path) as source:
                    yield from _marked(
                        _plain_chunks(path, source, header, delimiter, above, is_of_hours), text.is_ended
                    )
            else:
                yield from _marked(_chunks(path, header, records, chunk_rows), text.is_ended)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            "the file cannot be read",
            where=str(path),
            got=" ".join(str(error).split()),
            expected="a whole CSV file",
        ) from error


def clean_header(where: str, names: list[str]) -> list[str]:
    """Column names without surrounding space and invisible characters; unnamed ones get their place. Raises InputError for a
    name that is given twice, and for more than 4,096."""
    if len(names) > _MOST_COLUMNS:
        raise InputError("too many columns", where=where, got=len(names), expected=f"at most {_MOST_COLUMNS}")
    cleaned = [visible_text(name).strip() or f"({place})" for place, name in enumerate(names, start=1)]
    twice = sorted(name for name, count in Counter(cleaned).items() if count > 1)
    if twice:
        raise InputError("a column name stands twice in the header", where=where, got=", ".join(twice))
    return cleaned


@dataclass(frozen=True)
class _Text:
    """Where the text begins, its encoding (that of most lines with Chinese in them), whether every line of it is one
    record (valid UTF-8 without quotes, empty lines and stray line ends), and whether the last one has a line end."""

    start: int
    encoding: str
    is_plain: bool
    is_ended: bool


class _Records:
    """Iterates (line number, fields) and collects what cannot be split in `broken`."""

    def __init__(self, path: Path, stream: IO[bytes], text: _Text, delimiter: str, above: int) -> None:
        self.broken: list[BrokenRow] = []
        self._delimiter = delimiter
        self._lines = _lines(path, stream, text.encoding, self.broken, above)
        self._again: deque[tuple[int, str]] = deque()  # lines to be split once more after a break
        self._taken: list[tuple[int, str]] = []  # lines of the record that is being split

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                for fields in csv.reader(self._feed(), delimiter=self._delimiter, strict=True):
                    number = self._taken[0][0]
                    self._taken.clear()
                    if fields:
                        yield number, fields
                return
            except csv.Error as error:
                number, text = self._taken[0]
                self.broken.append(
                    BrokenRow(
                        number,
                        text.rstrip("\r\n"),
                        say("引号或分隔符不成对，无法拆成列（{error}）", error=error),
                    )
                )
                self._again.extendleft(reversed(self._taken[1:]))
                self._taken.clear()

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            yield line[1]


def _skip_lines(path: Path, stream: IO[bytes], count: int) -> int:
    """Reads over the lines above the header; how many there are."""
    for number in range(1, count + 1):
        if not stream.readline(_BLOCK):
            raise InputError(
                "the file ends above its header",
                where=str(path),
                expected=f"a header in line {count + 1}",
                got=f"{number - 1} lines",
            )
    return max(count, 0)


def _delimiter(stream: IO[bytes], encoding: str) -> str:
    """The delimiter of the next line that is not empty; the stream stays where it is."""
    place, line = stream.tell(), b"\n"
    while line and not line.strip():
        line = stream.readline(_BLOCK)
    stream.seek(place)
    return delimiter_of(line.decode(encoding, "replace"))


def _header(path: Path, records: _Records, form: Form) -> list[str]:
    if form.names:
        return clean_header(str(path), list(form.names))
    rows = [fields for _, fields in islice(records, form.header_rows)]
    if len(rows) < form.header_rows:
        raise InputError(
            "the file has no header row",
            where=str(path),
            expected="a first row with the names of the columns",
            got="an empty file" if not records.broken else records.broken[0].text,
        )
    return clean_header(str(path), joined_header(rows))


def _plain_chunks(
    path: Path, source: Path | IO[bytes], header: list[str], delimiter: str, above: int, is_of_hours: bool
) -> Iterator[Chunk]:
    """The quick way for a file in which every line is a record: one and the same result as `_chunks`; of hours by different values."""
    kind = pa.dictionary(pa.int32(), pa.string()) if is_of_hours else pa.string()
    broken: list[BrokenRow] = []  # in the order of the file

    def set_apart(row: pa_csv.InvalidRow) -> str:
        broken.append(_wrong_width(row.number, row.text, row.expected_columns, row.actual_columns))
        return "skip"

    reader = pa_csv.open_csv(
        source,
        pa_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK * _BLOCKS, skip_rows=above, column_names=header
        ),
        pa_csv.ParseOptions(delimiter=delimiter, quote_char=False, invalid_row_handler=set_apart),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(header, kind), strings_can_be_null=False),
    )
    number = above + 1  # of the next line
    with reader:
        for batch in reader:
            lines = np.arange(number, number + batch.num_rows + len(broken))
            if broken:
                lines = np.setdiff1d(lines, [row.line for row in broken], assume_unique=True)
                lines = lines[: batch.num_rows]
            number = int(lines[-1]) + 1 if batch.num_rows else number
            rows = by_different_values(batch) if is_of_hours else arrow_text_frame(batch)
            yield Chunk(label(path), lines, rows, tuple(row for row in broken if row.line < number))
            broken = [row for row in broken if row.line >= number]
    if broken:
        yield Chunk(label(path), np.empty(0, np.int64), text_frame(header, []), tuple(broken))


def _chunks(path: Path, header: list[str], records: _Records, chunk_rows: int) -> Iterator[Chunk]:
    width = len(header)
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, fields in records:
        if len(fields) == width:
            rows.append(fields)
            numbers.append(number)
        else:
            records.broken.append(_wrong_width(number, ",".join(fields), width, len(fields)))
        if len(rows) + len(records.broken) >= chunk_rows:
            yield _chunk(path, header, rows, numbers, records.broken)
            rows, numbers = [], []
    yield _chunk(path, header, rows, numbers, records.broken)


def _chunk(
    path: Path, header: list[str], rows: list[list[str]], numbers: list[int], broken: list[BrokenRow]
) -> Chunk:
    chunk = Chunk(label(path), np.array(numbers, dtype=np.int64), text_frame(header, rows), tuple(broken))
    broken.clear()
    return chunk


def _marked(chunks: Iterator[Chunk], is_ended: bool) -> Iterator[Chunk]:
    """The pieces; the one that holds the last line of a text without a last line end says so."""
    held: Chunk | None = None
    for chunk in chunks:
        if held is None or len(chunk.lines) or chunk.broken:
            if held is not None:
                yield held
            held = chunk
    if held is not None:
        last_broken = max((row.line for row in held.broken), default=0)
        is_row = len(held.lines) > 0 and int(held.lines[-1]) > last_broken
        yield replace(held, is_unended=is_row and not is_ended)


def _wrong_width(number: int, text: str, expected: int, got: int) -> BrokenRow:
    return BrokenRow(
        number, text, say("列数不符：表头有{expected}列，本行有{got}列", expected=expected, got=got)
    )


def _lines(
    path: Path, stream: IO[bytes], encoding: str, broken: list[BrokenRow], above: int
) -> Iterator[tuple[int, str]]:
    """Numbered, decoded lines below so many; those in another encoding than the file go to `broken`."""
    for number, line in enumerate(stream, start=above + 1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            shown = line.decode("ascii", "backslashreplace").rstrip("\r\n")
            broken.append(
                BrokenRow(
                    number, shown, say("本行不是{upper}编码，与文件其他部分不一致", upper=encoding.upper())
                )
            )
            continue
        if encoding == "gb18030" and _is_surely_utf8(line):
            broken.append(
                BrokenRow(
                    number, line.decode("utf-8").rstrip("\r\n"), say("本行是UTF-8编码，文件其他部分是GB18030")
                )
            )
            continue
        yield number, text


def _examine(path: Path, stream: IO[bytes]) -> _Text:
    mark = stream.read(3)
    if mark[:2] in _UTF16_MARKS:
        raise InputError(
            "the file is UTF-16",
            where=str(path),
            expected="UTF-8 or GB18030",
            todo="save it again as CSV UTF-8",
        )
    start = len(mark) if mark == codecs.BOM_UTF8 else 0
    stream.seek(start)
    is_plain, is_utf8 = True, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b"\n"  # so that an empty first line is seen, and an empty file counts as ended
    while block := stream.read(_BLOCK):
        if len(block) == _BLOCK and b"\n" not in block:
            raise InputError(
                "a line is longer than one that is read",
                where=str(path),
                expected=f"lines of at most {_BLOCK:,} bytes",
                got=f"one that has {block[:40].decode(errors='backslashreplace')} in it",
                todo="export the table again with a line for each row; a file of another kind needs its own ending",
            )
        is_plain = is_plain and _is_plain(before + block)
        before = block[-2:]
        if is_utf8 and not (block.isascii() and not decoder.getstate()[0]):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    is_ended = before.endswith((b"\n", b"\r"))
    if is_utf8 and not decoder.getstate()[0]:
        return _Text(start, "utf-8", is_plain, is_ended)
    if start:
        return _Text(start, "utf-8", is_plain=False, is_ended=is_ended)
    stream.seek(0)
    utf8 = others = 0
    for line in stream:
        if not line.isascii():
            is_line_utf8 = _decodes_line(line)
            utf8, others = utf8 + is_line_utf8, others + (not is_line_utf8)
    return _Text(0, "utf-8" if utf8 > others else "gb18030", is_plain=False, is_ended=is_ended)


def _is_plain(block: bytes) -> bool:
    line_ends = block.removesuffix(b"\r")  # whose other half is in the next block
    if b"\r" in block and (b"\n\r\n" in block or line_ends.count(b"\r") != line_ends.count(b"\r\n")):
        return False
    return not any(mark in block for mark in _NOT_PLAIN)


def _decodes_line(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_surely_utf8(line: bytes) -> bool:
    # Two or three Chinese characters in GB18030 may happen to be valid UTF-8 (联通); four and more do not.
    return _decodes_line(line) and sum(character > "\x7f" for character in line.decode("utf-8")) > 3

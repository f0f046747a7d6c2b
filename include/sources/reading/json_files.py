"""JSON: a list of objects, an object that holds one, or an object a line. Read piece by piece, each of bounded size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from include.errors import InputError
from include.sources.delivery import CHUNK_ROWS, BrokenRow, Chunk, text_frame
from include.sources.reading.cells import cell_text
from include.sources.reading.file_names import label
from include.sources.reading.form import USUAL, Form
from include.sources.reading.text_files import clean_header

_BLOCK: Final = 1 << 20  # characters at a time, and the most of one record
_MOST_WHOLE: Final = 64 << 20  # bytes of a file whose list stands inside an object
_MOST_NAMES: Final = 512
_DEEPEST: Final = 4  # objects inside objects that become columns `a.b`
_ITEM: Final = "条"
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def read_json(path: Path, form: Form = USUAL) -> Iterator[Chunk]:
    """The records in pieces, as text; objects inside them are columns `outer.inner`; `lines` count records from 1.

    A record that is no object, or that cannot be read, is broken. Raises InputError when the file cannot be used.
    """
    try:
        header = clean_header(str(path), _names(path, form))
        places = {name: place for place, name in enumerate(header)}
        records = enumerate(_records(path, form), start=1)
        while block := list(islice(records, CHUNK_ROWS)):
            yield _chunk(path, places, block)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(
            "the file cannot be read as JSON",
            where=str(path),
            got=str(error)[:200],
            expected="a list of objects, or an object a line, in UTF-8",
            todo="name the list inside an object with records: in a mapping",
        ) from error


def _names(path: Path, form: Form) -> list[str]:
    found: dict[str, None] = {}
    for record in _records(path, form):
        if isinstance(record, dict):
            found |= dict.fromkeys(_flat(record))
        if len(found) > _MOST_NAMES:
            raise InputError(
                "too many names in the records", where=str(path), expected=f"at most {_MOST_NAMES}"
            )
    if not found:
        raise InputError(
            "the file has no records",
            where=str(path),
            expected="objects with names and values",
            todo="name the list inside an object with records: in a mapping",
        )
    return list(found)


def _chunk(path: Path, places: dict[str, int], block: list[tuple[int, Any]]) -> Chunk:
    rows: list[list[str]] = []
    lines: list[int] = []
    broken: list[BrokenRow] = []
    for number, record in block:
        if not isinstance(record, dict):
            said = record.text if isinstance(record, _Unread) else cell_text(record)
            broken.append(BrokenRow(number, said[:1000], "不是JSON对象"))
            continue
        row = [""] * len(places)
        for name, value in _flat(record).items():
            row[places[name]] = cell_text(value)
        rows.append(row)
        lines.append(number)
    return Chunk(
        label(path), np.array(lines, dtype=np.int64), text_frame(list(places), rows), tuple(broken), _ITEM
    )


class _Unread:
    """A line that is no JSON."""

    def __init__(self, text: str) -> None:
        self.text = text


def _records(path: Path, form: Form) -> Iterator[Any]:
    if form.records:
        yield from _inside(path, form.records)
        return
    with path.open(encoding="utf-8-sig") as stream:
        begin = stream.read(_BLOCK)
        stream.seek(0)
        if begin.lstrip().startswith("["):
            yield from _listed(stream)
        else:
            yield from _by_line(stream)


def _by_line(stream: TextIO) -> Iterator[Any]:
    while line := stream.readline(_BLOCK + 1):
        if len(line) > _BLOCK:
            raise ValueError("a record is longer than one that is read")
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield _Unread(line.strip())


def _listed(stream: TextIO) -> Iterator[Any]:
    """The elements of a list, each decoded as soon as it is whole."""
    text = _Ahead(stream)
    text.take("[")
    if text.take("]"):
        return
    while True:
        yield text.value()
        if text.take("]"):
            return
        if not text.take(","):
            raise ValueError("a comma or the end of the list is missing")


class _Ahead:
    """The text of a stream from where it was read up to, with no more of it in memory than one record needs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._text, self._place = stream, "", 0
        self._decoder = json.JSONDecoder()

    def take(self, sign: str) -> bool:
        """Whether this sign comes next; it is read then."""
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]
            if self._place < len(self._text) or not self._more():
                break
        is_next = self._text.startswith(sign, self._place)
        self._place += is_next
        return is_next

    def value(self) -> Any:
        """The next value. Raises ValueError where there is none, or one that is too long."""
        self.take("\0")  # white space
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except ValueError:
                if len(self._text) - self._place > _BLOCK or not self._more():
                    raise
                continue
            # A number at the end of what was read may go on.
            if end < len(self._text) or not self._more():
                self._place = end
                return value

    def _more(self) -> bool:
        block = self._stream.read(_BLOCK)
        self._text, self._place = self._text[self._place :] + block, 0
        return bool(block)


def _inside(path: Path, way: str) -> Iterator[Any]:
    """The elements of the list at `a.b` of one object."""
    if path.stat().st_size > _MOST_WHOLE:
        raise InputError(
            "the file is too large to look for a list inside it",
            where=str(path),
            expected=f"at most {_MOST_WHOLE} bytes",
            got=path.stat().st_size,
            todo="have the list itself exported, or an object a line",
        )
    found = json.loads(path.read_text(encoding="utf-8-sig"))
    for name in way.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise InputError("there is no such list", where=str(path), expected=way, got=type(found).__name__)
    yield from found


def _flat(record: dict[str, Any], before: str = "", depth: int = 1) -> dict[str, Any]:
    """The values by name; those of inner objects as `outer.inner`."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < _DEEPEST:
            found |= _flat(value, f"{before}{name}.", depth + 1)
        else:
            found[f"{before}{name}"] = value
    return found

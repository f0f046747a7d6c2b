"""How an unknown file lays out its table: which sheet, which list, which rows are its header, and which are no data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

import pandas as pd

from include.errors import InputError
from include.sources.air.names import quantity_of
from include.sources.air.units import unit_in
from include.sources.delivery import Chunk
from include.sources.guess.words import words_of
from include.sources.reading.cells import NO_TEXT
from include.sources.reading.characters import numbers
from include.sources.reading.form import ALL_SHEETS, USUAL, Form
from include.sources.reading.tables import read_table
from include.sources.reading.workbooks import sheet_names
from include.sources.reading.written_times import iso_texts

_LOOKED_AT: Final = 200  # rows
_MOST_ABOVE: Final = 10  # rows above a header
_MOST_SHEETS: Final = 20
_NO_DATA: Final = ("合计", "总计", "小计", "平均", "均值", "最大", "最小", "中位", "有效", "注", "说明", "备注", "制表", "审核", "填报", "数据来源", "单位：", "单位:")  # fmt: skip
_DECIMAL: Final = r"[+-]?(?:0+,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))"
_THOUSANDS: Final = r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"


@dataclass(frozen=True)
class Seen:
    """The first rows of a file: `form` as it is laid out, `found` the heading of each word of `WORDS` that it has; `sheets`: of the
    workbook, where they have one header."""

    form: Form
    rows: pd.DataFrame
    found: dict[str, str]
    sheets: tuple[str, ...] = ()

    def heading(self, *words: str) -> str:
        """The file's heading of the first of these words that it has; empty for none."""
        return next((self.found[word] for word in words if word in self.found), "")

    @property
    def headings(self) -> list[str]:
        """All headings."""
        return [str(name) for name in self.rows.columns]

    @property
    def is_known(self) -> bool:
        """Whether it has what some table of ours cannot be without."""
        has = self.found.__contains__
        is_timed = (
            has("time") or has("date") or {"year", "month", "day"} <= set(map(str.lower, self.headings))
        )
        is_of_air = is_timed and (
            any(quantity_of(name) or quantity_of(name.split(" ")[-1]) for name in self.headings)
            or has("value")
            or has("pollutant")
            or has("hour")
            or _is_header(self.rows.iloc[0])
        )
        return (
            is_of_air
            or has("started")
            or has("alarm")
            or (has("lon") and has("lat"))
            or (has("address") and has("role"))
        )


def seen_in(path: Path) -> Seen:
    """The first rows of a file below its header. Raises InputError when no table can be seen in it."""
    error: InputError | None = None
    best: Seen | None = None
    names = _sheets(path)
    for sheet in names[:_MOST_SHEETS] or [""]:
        form = replace(USUAL, sheet=sheet if sheet != (names or [""])[0] else "")
        for above, several in product(range(_MOST_ABOVE), (1, 2)):
            tried = replace(form, header_row=above + 1 if above else 0, header_rows=several)
            try:
                seen = _seen(path, tried)
            except InputError as problem:
                error = problem if (above, several) == (0, 1) and best is None else error
                continue
            if seen is not None and several == 1 and (best is None or len(seen.found) > len(best.found)):
                best = seen
            if seen is not None and seen.is_known:
                return _with_sheets(path, _refined(path, seen), names)
        inside = _inside(path)
        if inside:
            seen = _seen(path, replace(form, records=inside))
            if seen is not None:
                return _refined(path, seen)
    if error is not None or best is None:
        raise error or InputError(
            "no table can be seen in the file", where=str(path), expected="a header and rows"
        )
    _require_header(path, best)
    return _refined(path, best)


def _sheets(path: Path) -> list[str]:
    try:
        return sheet_names(path) if path.suffix.lower() in (".xlsx", ".xls", ".et", ".ods") else []
    except InputError:  # named like a workbook, and a text
        return []


def _seen(path: Path, form: Form) -> Seen | None:
    chunk = next(read_table(path, form), None)
    if (
        chunk is None
        or not len(chunk.rows)
        or len(chunk.rows) <= len(chunk.broken)
        or len(chunk.rows.columns) < 2
    ):
        return None
    rows = _head(chunk)
    return Seen(form, rows, _by_values(words_of(map(str, chunk.rows.columns)), rows))


def _by_values(found: dict[str, str], rows: pd.DataFrame) -> dict[str, str]:
    """What words of a heading leave open, by its values: a 单位 is a unit of measure or a place, an `hour` may be a whole time."""
    found = dict(found)
    if "city" in found and found["city"] == found.get("unit"):
        del found["city" if _mostly(rows[found["city"]], lambda text: unit_in(text)[1] != "") else "unit"]
    if "hour" in found and not {"time", "date"} & set(found) and _mostly(rows[found["hour"]], _is_whole_time):
        found["time"] = found.pop("hour")
    return found


def _mostly(texts: pd.Series, is_so: Callable[[str], bool]) -> bool:
    filled = [text for text in texts.astype("str").str.strip() if text]
    return bool(filled) and sum(map(is_so, filled)) > len(filled) / 2


def _is_whole_time(text: str) -> bool:
    """Whether a text is a day and time, or a count of seconds or days, and no hour of a day."""
    return bool(re.search("[0-9]{5}|[0-9].*[-/.年][0-9]+[-/.月][0-9]", text))


def _head(chunk: Chunk) -> pd.DataFrame:
    return chunk.rows.head(_LOOKED_AT).astype("str")


def _refined(path: Path, seen: Seen) -> Seen:
    """With what the rows show: a second row of the header, merged cells, rows that are no data, marks of numbers."""
    if _is_header(seen.rows.iloc[0]) and not seen.form.records and seen.form.header_rows == 1:
        again = _seen(path, replace(seen.form, header_rows=2))
        seen = again or seen
    form = replace(seen.form, fill_down=tuple(_merged(seen)), no_data=tuple(_no_data(path, seen)))
    values = [str(text).strip() for name in seen.rows for text in seen.rows[name].head(_LOOKED_AT)]
    if any(re.fullmatch(_DECIMAL, text) for text in values):
        form = replace(form, decimal=",")
    elif any(re.fullmatch(_THOUSANDS, text) for text in values):
        form = replace(form, thousands=",")
    if form == seen.form:
        return seen
    chunk = next(read_table(path, form), None)
    return replace(seen, form=form, rows=_head(chunk) if chunk is not None else seen.rows)


def _is_header(row: pd.Series) -> bool:
    """Whether a row holds only names of pollutants, or units: it is the second one of a header."""
    filled = [text for text in map(str.strip, row) if text]
    return bool(filled) and all(quantity_of(text) or unit_in(text)[1] for text in filled)


def _merged(seen: Seen) -> Iterator[str]:
    """Columns of dates and places in which most cells are empty below one that is not."""
    for word in ("date", "city", "station", "grid", "county"):
        heading = seen.found.get(word)
        if heading is None:
            continue
        texts = seen.rows[heading].str.strip()
        if texts.iloc[0] and (texts == "").mean() > 0.3:
            yield heading


def _no_data(path: Path, seen: Seen) -> Iterator[str]:
    """How rows begin that are no data, among the first of the file and those at its end."""
    said: dict[str, None] = {}
    chunk = None
    for chunk in read_table(path, seen.form):
        if len(chunk.rows) > _LOOKED_AT * 1000:
            break
    if chunk is None:
        return
    rows = chunk.rows.iloc[
        [
            *range(min(_LOOKED_AT, len(chunk.rows))),
            *range(max(_LOOKED_AT, len(chunk.rows) - 20), len(chunk.rows)),
        ]
    ]
    begins = [
        next((text for text in map(str.strip, row) if text), "")
        for row in rows.astype("str").itertuples(index=False)
    ]
    begins += [row.text.strip(' ,;\t|"') for row in chunk.broken]
    for text in begins:
        said |= {word: None for word in _NO_DATA if text.startswith(word)}
        said |= {text: None for text in [text] if text == seen.headings[0]}
    yield from said


def _inside(path: Path) -> str:
    """Where in a JSON object the list of records is; empty where there is none."""
    if path.suffix.lower() != ".json" or path.stat().st_size > 64 << 20:
        return ""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return ""
    ways: list[tuple[str, object]] = [("", content)]
    while ways:
        way, found = ways.pop(0)
        if isinstance(found, list) and found and way and all(isinstance(each, dict) for each in found[:10]):
            return way
        if isinstance(found, dict) and way.count(".") < 4:
            ways += [(f"{way}.{name}".lstrip("."), each) for name, each in found.items()]
    return ""


def _with_sheets(path: Path, seen: Seen, names: list[str]) -> Seen:
    """With the sheets that have the same header, where the workbook has several."""
    if len(names) < 2 or seen.form.sheet:
        return seen
    alike = []
    for name in names[:_MOST_SHEETS]:
        try:
            other = _seen(path, replace(seen.form, sheet=name))
        except InputError:
            continue
        if other is not None and other.headings == seen.headings:
            alike.append(name)
    if len(alike) < 2:
        return seen
    return replace(seen, form=replace(seen.form, sheet=ALL_SHEETS), sheets=tuple(alike))


def _require_header(path: Path, seen: Seen) -> None:
    """Raises InputError where the first row is one of the data."""
    texts = pd.Series([name for name in seen.headings if NO_TEXT not in name], dtype="str")
    if (numbers(texts).notna() | (iso_texts(texts) != "")).sum() >= 2:
        raise InputError(
            "the file seems to have no header",
            where=str(path),
            got=", ".join(seen.headings)[:200],
            expected="names of columns in one of the first rows",
            todo="name them in a mapping: header: [时间, 城市, PM2.5]",
        )

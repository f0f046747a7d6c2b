"""One station file as raw columns: quickly where they are typed (Parquet), as text where they are not or where a mapping says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.errors import InputError
from include.former_names import present
from include.sources.air.hours import FileHours
from include.sources.air.printed_hours import Scale
from include.sources.checks import FIRST_YEAR, LAST_YEAR
from include.sources.delivery import Chunk
from include.sources.layout import Layout
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import missing_columns, require_columns, told_as, transform
from include.sources.reading.file_names import label
from include.sources.reading.parquet_files import parquet_batches, read_parquet
from include.sources.reading.tables import read_table
from include.sources.reading.text_files import clean_header
from include.sources.stations.clock_hours import hours_of
from include.sources.stations.layouts import NEEDED
from include.sources.stations.units import in_our_units

_MOST_ROWS: Final = 30_000_000  # of one file: a month of 4,000 stations has 3 million
_MOST_BYTES: Final = 2 * 1024**3


@dataclass(frozen=True)
class StationRows:
    """The rows of a file in pieces, in the columns of the layout and `data_origin`: typed as they came, or text. `notes`: how its
    hours were understood, where it is not the usual way; `hours`: what its texts show of them."""

    chunks: list[Chunk]
    notes: tuple[str, ...] = ()
    hours: FileHours | None = None


def read_rows(
    path: Path, layout: Layout, mapping: TableMapping, known: Mapping[str, frozenset[Scale]]
) -> StationRows:
    """The rows of a file. `known`: the hours that other files of a header print.

    Columns that need not be there may be missing. Raises InputError when the file cannot be used (OpenHours where only others tell
    its hours).
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(
            "the file is too large",
            where=str(path),
            expected=f"at most {_MOST_BYTES} bytes",
            got=path.stat().st_size,
            todo="split it by day or month",
        )
    if path.suffix.lower() == ".parquet" and not mapping.columns:
        typed = _typed(path, layout, mapping)
        if typed is not None:
            return StationRows([typed])
    raw = read_parquet(path) if path.suffix.lower() == ".parquet" else read_table(path, mapping.form)
    chunks = []
    for chunk in raw:
        _require(layout, [*chunk.rows.columns, *mapping.columns], chunk.origin)
        chunks.append(chunk)
    own, chunks, hours = hours_of(chunks, layout, mapping, known, label(path))
    notes = (f"{label(path)}：{hours.hours.note}",) if hours is not None and hours.hours.note else ()
    return StationRows([as_text(chunk, layout, own) for chunk in chunks], notes, hours)


def as_text(chunk: Chunk, layout: Layout, mapping: TableMapping) -> Chunk:
    """Raw text rows (of a file, a page or a query) in the columns of the layout; those that fail to split stay `broken`."""
    require_columns(mapping, layout, list(chunk.rows.columns), chunk.origin)
    raw = chunk.rows.astype("str")
    rows = in_our_units(transform(mapping, layout, raw), layout, mapping, chunk.origin)
    return replace(chunk, rows=rows)


def _typed(path: Path, layout: Layout, mapping: TableMapping) -> Chunk | None:
    """The rows in their own types; None for a file in which a column has another type than its values: it is read as text."""
    batches = parquet_batches(path, most_rows=_MOST_ROWS)
    told = next(batches)
    header = clean_header(str(path), told.schema.names)
    require_columns(mapping, layout, header, label(path))
    _require(layout, header, label(path))
    wanted = {told_as(name, header) for name in (*layout.names, "data_origin")}
    chosen = [place for place, name in enumerate(header) if name in wanted]
    pieces = [batch.select(chosen) for batch in (told, *batches)]
    table = pa.Table.from_batches(pieces).rename_columns([header[place] for place in chosen])
    kinds = {field.name: field.type for field in layout.fields}
    if not all(_is_plain(table[name], kinds.get(present(name), "text")) for name in table.column_names):
        return None
    columns = {present(name): _column(table[name].combine_chunks()) for name in table.column_names}
    return Chunk(label(path), np.arange(1, len(table) + 1), pd.DataFrame(columns))


def _is_plain(column: pa.ChunkedArray, kind: str) -> bool:
    """Whether a column is of the type that its values have, with nothing in it that only the checks of text understand."""
    own = column.type
    if kind in ("number", "integer"):
        return bool(pa.types.is_integer(own) or pa.types.is_floating(own) or pa.types.is_decimal(own))
    if kind == "moment" and pa.types.is_timestamp(own):
        return _is_of_our_days(column)
    if pa.types.is_dictionary(own):
        texts = [chunk.dictionary for chunk in column.chunks]
        return all(pc.all(pc.string_is_ascii(each), min_count=0).as_py() for each in texts)
    return kind != "moment"


def _is_of_our_days(column: pa.ChunkedArray) -> bool:
    """Whether every time is one that has a calendar, in a zone that is known."""
    bounds = pc.min_max(column.cast(pa.timestamp(column.type.unit)))
    try:
        ZoneInfo(column.type.tz or "UTC")
        years = {moment.as_py().year for moment in bounds.values() if moment.is_valid}
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return False
    return all(FIRST_YEAR - 1 <= year <= LAST_YEAR + 1 for year in years)


def _column(values: pa.Array | pa.ChunkedArray) -> pd.Series:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = values.dictionary_encode()
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    series: pd.Series = values.to_pandas()
    return series


def _require(layout: Layout, header: list[str], where: str) -> None:
    """Columns without which the table says nothing, although single values may be missing."""
    missing = [name for name in NEEDED.get(layout.name, ()) if name not in header]
    if missing:
        todo = "values are wanted in the unit of the column's name (μg/m³); name other columns in a mapping"
        raise missing_columns(missing, header, where, todo)

"""What every kind of source hands to intake: raw rows in pieces, as text, with the place that each came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from include.language import say
from include.sources.mapping.language import TableMapping

CHUNK_ROWS: Final = 25_000
_TEXT = pd.StringDtype(na_value=np.nan)


@dataclass(frozen=True)
class BrokenRow:
    """One row that could not be split into columns: its line, the text as it came, and why (Chinese). `alarm_id`: the alarm that a
    row of an answer form names all the same."""

    line: int
    text: str
    reason: str
    alarm_id: str = ""


def named_cells(cells: Iterable[tuple[str, str]]) -> str:
    """`排查人：张三；备注：—`: cells by the names of their columns, — for an empty one."""
    return say("；").join(say("{name}：{text}", name=name, text=text or "—") for name, text in cells)


@dataclass(frozen=True)
class Chunk:
    """Rows of one table. `rows` has text columns named as the source names them, `lines` the place of each row.

    `origin` names the file, page or query; `word` what a line of it is called (行, 条). `is_unended`: the last row is the last
    line of a text file that has no line end, so that its last value may be half of one. `left_out` counts rows that are no data
    (sums, notes below the table), as the mapping says. `unread_sheets`: of a workbook, where nobody said which to read.
    """

    origin: str
    lines: NDArray[np.int64]
    rows: pd.DataFrame
    broken: tuple[BrokenRow, ...] = ()
    word: str = "行"
    is_unended: bool = False
    left_out: int = 0
    unread_sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One chunk and the mapping that it is read with."""

    mapping: TableMapping
    chunk: Chunk


@dataclass(frozen=True)
class FileParts:
    """One file of several, and its parts, which can be asked for again: what goes wrong with one is its own affair. `version`
    tells one state of the file from another."""

    path: Path
    version: str
    read: Callable[[], Iterator[Part]]


@dataclass(frozen=True)
class Inspected:
    """What a form says of one suspect of one alarm; `verdict`: found, not_found."""

    line: int
    alarm_id: str
    candidate_id: str
    verdict: str
    unit: str
    inspector: str
    note: str


@dataclass
class Delivery:
    """One reading of a source: its `parts`, or its `files`. The other fields are final when these are used up.

    `is_cut` says that the rows are already those of the window. `covered_until` is what the source says about how far
    its data is complete. `fingerprint` tells one state of the source from another; empty where that cannot be told.
    """

    parts: Iterator[Part]
    is_cut: bool
    fingerprint: str = ""
    parts_expected: int = 0
    parts_received: int = 0
    covered_until: datetime | None = None
    warnings: list[str] = field(default_factory=list)
    files: list[FileParts] | None = None
    absent: tuple[str, ...] = ()  # tables of a folder that has no file of them
    inspected: tuple[Inspected, ...] = ()  # of an answer form

    def seen(self) -> list[Part]:
        """Its parts, for a look at all of them before they are taken: for what fits into memory, as an answer form does."""
        parts = list(self.parts)
        self.parts = iter(parts)
        return parts


def text_frame(header: list[str], rows: list[list[str]]) -> pd.DataFrame:
    """Rows of equal length as a frame of text columns."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(header)
    return pd.DataFrame(
        {name: pd.array(values, dtype="str") for name, values in zip(header, columns, strict=True)}
    )


def arrow_text_frame(batch: pa.RecordBatch | pa.Table) -> pd.DataFrame:
    """The same from Arrow strings, without copying them."""
    frame: pd.DataFrame = batch.to_pandas(types_mapper={pa.string(): _TEXT, pa.large_string(): _TEXT}.get)
    return frame


def by_different_values(batch: pa.RecordBatch) -> pd.DataFrame:
    """Arrow strings by their different values as categoricals."""
    columns: dict[str, pd.Categorical] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        texts: Any = pd.Index(pd.Series(column.dictionary, dtype=_TEXT))
        columns[name] = pd.Categorical.from_codes(np.asarray(column.indices), texts, validate=False)
    return pd.DataFrame(columns)


def unread_sheets_said(names: Sequence[str]) -> str:
    """What of a workbook was not read because nobody said which sheets to read."""
    return say(
        "只读了第一张工作表，另有{count}张未读（{names}）；对应关系中用 sheet 指定，“*”为全部",
        count=len(names),
        names=say("、").join(names),
    )

"""What the files of one import say, by dataset and day, on disk: a month of grid readings does not fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

Staged = Literal["city", "grid", "station", "dust"]
Every = Literal["hour", "minutes", "day"]
_ROWS: Final = 1_000_000
_NAMES: Final = ("place_id", "quantity")


@dataclass(frozen=True, order=True)
class Statement:
    """What values are of: places of a dataset, over an hour, minutes or a day. `minutes`, `least_share`: so far apart, and so much
    of an hour's there must be; `of_city`: they are of stations, and means of the city need `stations_share` of its stations."""

    dataset: Staged
    every: Every = "hour"
    minutes: float = 60.0
    least_share: float = 0.0
    of_city: bool = False
    stations_share: float = 0.0


@dataclass(frozen=True)
class Part:
    """One piece of what one file says about one day."""

    file: int
    path: Path
    rows: int


@dataclass(frozen=True)
class Stage:
    """A folder with the parts of each statement and day; in them `names` (places and quantities) are numbers."""

    folder: Path
    parts: dict[tuple[Statement, date], list[Part]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, statement: Statement, values: pd.DataFrame, file: int) -> None:
        """Keeps values (`values.VALUE_COLUMNS`, and `second` of minutes) that file number `file` says."""
        if values.empty:
            return
        coded = values.assign(**{name: self._codes(values[name]) for name in _NAMES}, file=np.int32(file))
        coded = coded[sorted(coded.columns)].sort_values("observed_on", kind="stable")
        table = pa.Table.from_pandas(coded, preserve_index=False, nthreads=1)
        moments, firsts = np.unique(coded["observed_on"], return_index=True)
        for moment, first, end in zip(moments, firsts, [*firsts[1:], len(coded)], strict=True):
            day = pd.Timestamp(moment).date()
            parts = self.parts.setdefault((statement, day), [])
            path = self.folder / f"{next(self.numbers)}.arrow"
            feather.write_feather(table.slice(first, end - first), path, compression="lz4")
            parts.append(Part(file, path, end - first))

    def forget(self, file: int) -> None:
        """Drops what file number `file` said so far."""
        for key, parts in list(self.parts.items()):
            for part in parts:
                if part.file == file:
                    part.path.unlink()
            self.parts[key] = [part for part in parts if part.file != file]
            if not self.parts[key]:
                del self.parts[key]

    def days_of(self, file: int) -> set[date]:
        """The days about which file number `file` says something."""
        return {day for (_, day), parts in self.parts.items() if any(part.file == file for part in parts)}

    def take(self) -> Iterator[tuple[Statement, pd.DataFrame]]:
        """Everything, whole days at a time and as many as fit into memory: `VALUE_COLUMNS` and `file`; places and
        quantities are categoricals, all with the same, sorted categories."""
        batch: list[Part] = []
        keys = sorted(self.parts)
        for place, key in enumerate(keys):
            batch += self.parts.pop(key)
            following = keys[place + 1] if place + 1 < len(keys) else None
            size = sum(part.rows for part in batch)
            if (
                following is None
                or following[0] != key[0]
                or size + sum(part.rows for part in self.parts[following]) > _ROWS
            ):
                tables = [feather.read_table(part.path, memory_map=False) for part in batch]
                yield key[0], self._named(pa.concat_tables(tables).to_pandas())
                for part in batch:
                    part.path.unlink()
                batch = []

    def _codes(self, texts: pd.Series) -> np.ndarray:
        codes, uniques = pd.factorize(texts)
        known = [self.names.setdefault(str(name), len(self.names)) for name in uniques]
        return np.array(known, dtype=np.int32)[codes]

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        names = pd.Index(list(self.names), dtype="str")
        order = names.argsort()
        places = np.empty(len(names), dtype=np.int32)
        places[order] = np.arange(len(names))
        columns = {name: pd.Categorical.from_codes(places[rows[name]], names[order]) for name in _NAMES}
        return rows.assign(**columns)

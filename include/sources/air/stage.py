"""What the files of one import say, by dataset and day, on disk: a month of grid readings does not fit into memory."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from include.sources.air.by_value import coded

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


@dataclass
class Stage:
    """A folder with the parts of each statement and day; in them `names` (places and quantities) are numbers."""

    folder: Path
    parts: dict[tuple[Statement, date], list[Part]] = field(default_factory=dict)
    names: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, statement: Statement, values: pd.DataFrame, file: int) -> None:
        """Keeps values (`values.VALUE_COLUMNS`, and `second` of minutes) that file number `file` says."""
        if values.empty:
            return
        rows = values.assign(**{name: self._codes(values[name]) for name in _NAMES}, file=np.int32(file))
        rows = rows[sorted(rows.columns)]
        if not rows["observed_on"].is_monotonic_increasing:
            rows = rows.sort_values("observed_on", kind="stable")
        table = pa.Table.from_pandas(rows, preserve_index=False, nthreads=1)
        days = rows["observed_on"].to_numpy()
        firsts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
        for first, end in zip(firsts, [*firsts[1:], len(rows)], strict=True):
            day = pd.Timestamp(days[first]).date()
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

    def keep_only(self, days: Collection[date]) -> None:
        """Drops what was said about other days."""
        for key in [key for key in self.parts if key[1] not in days]:
            for part in self.parts.pop(key):
                part.path.unlink()

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
        codes, uniques = coded(texts)
        is_used = np.bincount(codes, minlength=len(uniques)) > 0
        used = uniques[is_used].astype("str")
        places = self.names.get_indexer(used)
        if (is_new := places < 0).any():
            places[is_new] = len(self.names) + np.arange(is_new.sum())
            self.names = self.names.append(used[is_new])
        numbers = np.full(len(uniques), -1, dtype=np.int32)
        numbers[is_used] = places
        return numbers[codes]

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        order = self.names.argsort()
        places = np.empty(len(order), dtype=np.int32)
        places[order] = np.arange(len(order))
        columns = {name: pd.Categorical.from_codes(places[rows[name]], self.names[order]) for name in _NAMES}
        return rows.assign(**columns)

"""What the files of one import say, by dataset and day, on disk: a month of grid readings does not fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

import pandas as pd

Staged = Literal["city", "grid", "station", "dust"]
_ROWS: Final = 1_000_000


@dataclass(frozen=True)
class Part:
    """One piece of what one file says about one day."""

    file: int
    path: Path
    rows: int


@dataclass(frozen=True)
class Stage:
    """A folder with the parts of each dataset and day."""

    folder: Path
    parts: dict[tuple[Staged, date], list[Part]] = field(default_factory=dict)

    def add(self, dataset: Staged, values: pd.DataFrame, file: int) -> None:
        """Keeps values (`air_layouts.VALUE_COLUMNS`) that file number `file` says."""
        for moment, rows in values.groupby("observed_on", sort=True):
            day = pd.Timestamp(str(moment)).date()
            parts = self.parts.setdefault((dataset, day), [])
            path = self.folder / f"{dataset}-{day}-{file}-{len(parts)}.parquet"
            rows.assign(file=file).to_parquet(path)
            parts.append(Part(file, path, len(rows)))

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

    def take(self) -> Iterator[tuple[Staged, pd.DataFrame]]:
        """Everything, whole days at a time and as many as fit into memory: `VALUE_COLUMNS` and `file`."""
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
                yield key[0], pd.concat([pd.read_parquet(part.path) for part in batch], ignore_index=True)
                for part in batch:
                    part.path.unlink()
                batch = []

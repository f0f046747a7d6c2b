"""Checked pieces on disk between reading a source and writing the store: memory stays small, the write lock short."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from include.errors import SourceError


class Spool:
    """Frames with a little JSON about each, kept in an unnamed temporary file until it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="qianliyan-")  # noqa: SIM115 - closed by close()
        self._places: dict[str, list[tuple[int, int]]] = {}
        # Frames that are put from now on are taken after those of lower rank, whenever they were put.
        self.rank = 0

    def put(self, shelf: str, rows: pd.DataFrame, **about: Any) -> None:
        """Adds a frame to a shelf. Raises SourceError when the disk of temporary files takes no more."""
        try:
            self._put(shelf, rows, about)
        except OSError as error:
            raise SourceError(
                "the disk of temporary files takes no more",
                where=tempfile.gettempdir(),
                got=error,
                todo="make room there (or set TMPDIR) and run again; nothing was kept",
            ) from error

    def mark(self) -> dict[str, int]:
        """How much lies on each shelf now, for `forget_after`."""
        return {shelf: len(places) for shelf, places in self._places.items()}

    def forget_after(self, mark: Mapping[str, int]) -> None:
        """Takes off the shelves what was put there since the mark."""
        for shelf, places in self._places.items():
            del places[mark.get(shelf, 0) :]

    def _put(self, shelf: str, rows: pd.DataFrame, about: dict[str, Any]) -> None:
        self._places.setdefault(shelf, []).append((self.rank, self._file.seek(0, 2)))
        table = pa.Table.from_pandas(rows, preserve_index=False)
        table = table.replace_schema_metadata(
            {**(table.schema.metadata or {}), b"about": json.dumps(about).encode()}
        )
        with pa.ipc.new_stream(self._file, table.schema) as stream:
            stream.write_table(table)

    def take(self, shelf: str) -> Iterator[tuple[pd.DataFrame, dict[str, Any]]]:
        """The frames of a shelf by rank and in the order in which they were put, each with what was said about it."""
        for _, place in sorted(self._places.get(shelf, [])):
            self._file.seek(place)
            with pa.ipc.open_stream(self._file) as stream:
                table = stream.read_all()
            yield table.to_pandas(types_mapper=_TYPES.get), json.loads(table.schema.metadata[b"about"])

    def close(self) -> None:
        """Gives the disk space back."""
        self._file.close()


_TEXT = pd.StringDtype(na_value=np.nan)
_TYPES = {pa.string(): _TEXT, pa.large_string(): _TEXT, pa.bool_(): pd.BooleanDtype()}

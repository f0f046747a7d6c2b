"""Parquet files with the same columns as CSV files: for amounts that are too large to print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.errors import InputError
from include.sources.delivery import Chunk
from include.sources.reading.file_names import label, openable
from include.sources.reading.text_files import clean_header

_ROWS: Final = 1_000_000  # at a time; of a file of many columns fewer, but so many
_FEWEST: Final = 1_000


def read_parquet(path: Path) -> Iterator[Chunk]:
    """The rows of a Parquet file in pieces, as text like those of a CSV file; `lines` count rows from 1.

    A column is a categorical: few different values need not be printed row by row. Nulls are empty texts. Raises InputError
    when the file cannot be used; one that was cut anywhere has lost the end without which none of it can be read.
    """
    number = 1
    try:
        with openable(path) as source, pq.ParquetFile(source) as file:
            header = clean_header(str(path), file.schema_arrow.names)
            for batch in file.iter_batches(max(_ROWS // max(1, len(header) // 8), _FEWEST)):
                lines = np.arange(number, number + batch.num_rows)
                number += batch.num_rows
                columns = {name: _text(column) for name, column in zip(header, batch.columns, strict=True)}
                yield Chunk(label(path), lines, pd.DataFrame(columns))
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            "the file cannot be read as Parquet",
            where=str(path),
            got=" ".join(str(error).split()),
            expected="a whole Parquet file with columns of text, numbers or times",
        ) from error


def _text(column: pa.Array) -> pd.Categorical:
    """A column as text, by its different values."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = encoded.dictionary.cast(pa.string()).to_pylist()
    distinct = {text or "": place for place, text in enumerate(texts)}
    if len(distinct) < len(texts) or encoded.null_count:
        places = {text: place for place, text in enumerate({**distinct, "": 0})}
        of_code = np.array([places[text or ""] for text in [*texts, None]])
        codes = of_code[pc.fill_null(encoded.indices, len(texts)).to_numpy(zero_copy_only=False)]
        return pd.Categorical.from_codes(codes, pd.Index(list(places), dtype="str"))
    return pd.Categorical.from_codes(
        encoded.indices.to_numpy(zero_copy_only=False), pd.Index(texts, dtype="str")
    )

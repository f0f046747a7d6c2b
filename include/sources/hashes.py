"""Fingerprints: of a row's content (has it changed?) and of a row as it came (was it seen?)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.sources.layout import Layout

_SEPARATOR = "\x1f"  # the check lets no control character through, so that texts cannot run into each other
# What identifies a record or dates its revision is not its content; nor is what is only kept beside it.
_NOT_CONTENT = frozenset({"revised_at", "inspected_at"})


def content_hashes(layout: Layout, rows: pd.DataFrame) -> list[str]:
    """SHA-256 of each checked row's content: the layout's columns without its key, and `is_simulated`."""
    names = [name for name in layout.names if name not in layout.key and name not in _NOT_CONTENT]
    texts = [name for name in names if isinstance(rows[name].dtype, pd.StringDtype)]
    numbers = [_as_integers(rows[name]) for name in names if name not in texts] + [
        rows["is_simulated"].to_numpy("i8")
    ]
    packed = np.column_stack(numbers).astype("<i8").tobytes()
    width = 8 * len(numbers)
    written = joined(rows, texts, _SEPARATOR) if texts else pd.Series("", index=rows.index)
    return [
        hashlib.sha256(text.encode() + packed[place * width : (place + 1) * width]).hexdigest()
        for place, text in enumerate(written.tolist())
    ]


def joined(rows: pd.DataFrame, names: list[str], separator: str) -> pd.Series[str]:
    """The named text columns as one text a row."""
    columns = [pa.array(rows[name], type=pa.large_string()) for name in names]
    text = pc.binary_join_element_wise(*columns, pa.scalar(separator, pa.large_string()))
    return pd.Series(text, index=rows.index, dtype="str")


def row_json(row: dict[str, Any]) -> str:
    """A raw row as canonical JSON."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def row_hash(text: str) -> str:
    """SHA-256 of a raw row's JSON."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _as_integers(values: pd.Series[Any]) -> np.ndarray:
    if values.dtype == "float64":
        floats = values.to_numpy("float64", copy=True) + 0.0  # -0.0 is 0.0
        floats[np.isnan(floats)] = np.nan  # one bit pattern
        return floats.view("i8")
    if values.dtype == "boolean":
        return values.astype("Int64").fillna(-1).to_numpy("i8")
    return values.astype("int64").to_numpy()

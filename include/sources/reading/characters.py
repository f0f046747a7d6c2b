"""Characters as people mean them: nothing invisible in a text, ASCII digits where something is counted, and nothing read by half.

Full-width forms (１２：３０) are what a Chinese keyboard gives and are read as the ASCII ones. Every other digit that is not
ASCII (², ①, ٣) is left as it came, so that the check refuses its row: nobody can say what was meant.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from include.sources.layout import Layout

# Format characters (zero-width, directions, tags), variation selectors and the fillers of other scripts.
_INVISIBLE_RANGES: Final = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
INVISIBLE: Final = (
    "[" + "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in _INVISIBLE_RANGES) + "]"
)
_INVISIBLE: Final = re.compile(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE_RANGES) + "]"
)
# The full-width forms of ASCII, and the ideographic space.
_WIDE: Final = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20}
_OTHER_DIGITS: Final = r"[^\P{N}0-9]"

NUMBER: Final = r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,25})?(?:[eE][+-]?[0-9]{1,2})?"
# Types of fields in which only ASCII is read.
_COUNTED: Final = frozenset({"integer", "number", "moment", "promise", "date", "flag", "city", "region"})


def visible_text(text: str) -> str:
    """The text without invisible characters."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def narrow_text(text: str) -> str:
    """The text with its full-width forms as ASCII, without invisible characters and surrounding white space."""
    return text.strip() if text.isascii() else visible_text(text).translate(_WIDE).strip()


def visible(rows: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """The text columns without invisible characters, and the rows in which there were some."""
    is_changed = np.zeros(len(rows), dtype=bool)
    changed: dict[str, pd.Series[str]] = {}
    for name in rows.columns:
        texts = rows[name]
        if _is_ascii(texts):
            continue
        is_odd = texts.str.contains(INVISIBLE).to_numpy(dtype=bool)
        if is_odd.any():
            is_changed |= is_odd
            changed[str(name)] = texts.where(~is_odd, texts.map(visible_text)).astype("str")
    return (rows.assign(**changed) if changed else rows), is_changed


def narrow(texts: pd.Series[str]) -> pd.Series[str]:
    """The texts with their full-width forms as ASCII."""
    return texts if _is_ascii(texts) else texts.map(narrow_text).astype("str")


def counted(layout: Layout, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with narrow texts in the columns that hold numbers, times, codes and numbers of records."""
    names = [field.name for field in layout.fields if field.type in _COUNTED or field.name.endswith("_id")]
    changed = {name: narrow(rows[name]) for name in names if not _is_ascii(rows[name])}
    return rows.assign(**changed) if changed else rows


def numbers(texts: pd.Series[str]) -> pd.Series[float]:
    """The texts as numbers; NaN for what is none (infinity, NaN, hexadecimal and more than 99 in the exponent among them)."""
    plain = narrow(texts).str.strip()
    return pd.to_numeric(plain.where(plain.str.fullmatch(NUMBER)), errors="coerce").astype("float64")


def has_other_digits(texts: pd.Series[str]) -> pd.Series[bool]:
    """Texts with a digit that is not ASCII."""
    return texts.str.contains(_OTHER_DIGITS)


def _is_ascii(texts: pd.Series[str]) -> bool:
    return bool(pc.all(pc.string_is_ascii(pa.array(texts, pa.large_string())), min_count=0).as_py())

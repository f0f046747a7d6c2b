"""County codes (GB/T 2260) that changed: what an older table's code is called today, in `data/county_code_changes.csv`.

One row an old code and a code that took its place. A county that was merged with others has one successor; one that was divided
has several, and a table's figure for it cannot be given to any of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

CHANGES_PATH: Final = Path(__file__).parent / "data" / "county_code_changes.csv"


def code_changes() -> pd.DataFrame:
    """One row an old code and a successor: `old_code, old_name, new_code, new_name, since` (year of the change)."""
    return _changes().copy()


def present_codes(codes: pd.Series) -> tuple[pd.Series, dict[str, str], dict[str, tuple[str, ...]]]:
    """The codes as they are today (index kept), which old ones were replaced by what, and which old ones were divided (they stay)."""
    told = codes.astype(str).str.strip()
    successors = _changes().groupby("old_code")["new_code"].agg(tuple).to_dict()
    divided = {code: successors[code] for code in told.unique() if len(successors.get(code, ())) > 1}
    replaced = {code: successors[code][0] for code in told.unique() if len(successors.get(code, ())) == 1}
    return told.replace(replaced), replaced, divided


@cache
def _changes() -> pd.DataFrame:
    return pd.read_csv(CHANGES_PATH, dtype=str)

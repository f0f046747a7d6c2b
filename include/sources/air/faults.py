"""Values of air quality that were not used: one fault a field and reason, with the first of them and their number."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Fault:
    """One reason why values of one field were not used: how many, and the first of them. `reason` is for operators."""

    field: str
    reason: str
    value: str
    line: int
    count: int


def faults_of(rows: pd.DataFrame, name: str, reason: str, text: str) -> list[Fault]:
    """One fault for all `rows`, whose column `text` holds what came; none for no rows."""
    if rows.empty:
        return []
    first = rows.iloc[0]
    return [Fault(name, reason, str(first[text]), int(first["line"]), len(rows))]

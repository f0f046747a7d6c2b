"""Texts as concentrations, in our units; what is none is missing, and a fault of its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.language import say
from include.sources.air.by_value import coded
from include.sources.air.faults import Fault, faults_of
from include.sources.air.units import UNITS, factor
from include.sources.mapping.language import AirTerms
from include.sources.reading.characters import numbers

# Above what outdoor air holds even in a dust storm (PM10 of 9,753 was measured in 2021): a code such as 9999, or a fault.
_TOO_HIGH: Final = {
    "pm25_ug_m3": 2000,
    "pm10_ug_m3": 9990,
    "so2_ug_m3": 5000,
    "no2_ug_m3": 4000,
    "co_mg_m3": 200,
    "o3_ug_m3": 2000,
    "o3_8h_ug_m3": 2000,
}
_GAPS: Final = frozenset(
    {"", "-", "--", "—", "——", "－", "na", "n/a", "nan", "null", "none", "nd", "缺测", "无", "\\n"}
)
_ZERO: Final = "为零，按缺测处理：小时浓度低于仪器检出限也不为零，零值来自校零或传输中断"
_NEGATIVE: Final = "为负值，按缺测处理：浓度不为负，负值来自仪器漂移或缺测代码"
_TOO_HIGH_SAID: Final = "不低于{bound}，超出可能范围，按缺测处理：9999等是缺测代码"
_NOT_A_NUMBER: Final = "不是数值，按缺测处理"
_NO_UNIT: Final = "不认识的单位（应为" + UNITS.replace(", ", "、") + "之一），按缺测处理"
_BLANK_UNIT: Final = "单位空白而同一量别处写的是{others}，按缺测处理"
_LIKE_MG: Final = 0.5  # μg/m³
_CO_LIKE_UG: Final = 20.0  # mg/m³
_BELOW: Final = r"^[<＜≤〈]\s*"
_SHARE_OF_LIMIT: Final = {"half": 0.5, "limit": 1.0, "missing": np.nan}

VALUE_COLUMNS: Final = ("line", "place_id", "observed_on", "hour", "quantity", "value")


@dataclass(frozen=True)
class Measured:
    """`values`: the texts with a column `value`, NaN where they say none. `gaps` counts empty values, `below` those under a limit
    of detection. `odd`: how many of `told` values that no unit was told of look as if they were in another one.
    """

    values: pd.DataFrame
    faults: list[Fault]
    gaps: int
    below: int
    odd: int = 0
    told: int = 0


def measured(texts: pd.DataFrame, quantity: str, terms: AirTerms, unit: str | pd.Series = "") -> Measured:
    """`texts` (`line, field, text` and more) of one quantity as values; `unit`: of all, or of each."""
    codes, uniques = coded(texts["text"])
    told = pd.Series(uniques, dtype="str").str.strip()
    are_gaps = told.str.lower().isin(_GAPS | {text.strip().lower() for text in terms.missing})
    are_below = told.str.contains(_BELOW)
    found = numbers(told.str.replace(_BELOW, "", regex=True).mask(are_gaps, ""))
    found = found.mask(are_below, found * _SHARE_OF_LIMIT[terms.below])
    if terms.below == "missing":
        are_gaps = are_gaps | are_below
    values, is_gap, is_below = (
        each.take(codes).set_axis(texts.index) for each in (found, are_gaps, are_below)
    )
    values, faults, is_unknown = _in_our_unit(texts, values, quantity, terms, unit)
    bound = _TOO_HIGH[quantity]
    # A minute may hold nothing that is measured; an hour does not.
    is_some = (values >= 0) if terms.every == "minutes" else (values > 0)
    is_bad = ~(is_some & (values < bound)) & ~is_gap & ~is_unknown
    faults += _faults(texts[is_bad].assign(value=values[is_bad]), bound) if is_bad.any() else []
    kept = values.mask(is_bad | is_unknown)
    odd = told_values = 0
    if isinstance(unit, str) and not unit:
        odd = int(is_like_another_unit(kept.to_numpy(), quantity).sum())
        told_values = int(kept.notna().sum())
    return Measured(
        texts.assign(value=kept), faults, int(is_gap.sum()), int((is_below & ~is_gap).sum()), odd, told_values
    )


def is_like_another_unit(values: NDArray[Any], quantity: str) -> NDArray[np.bool_]:
    """Which values in our unit look as if they were in the other one: no hour of a city is so clean, or holds so much CO."""
    is_odd: NDArray[np.bool_] = values > _CO_LIKE_UG if quantity == "co_mg_m3" else values < _LIKE_MG
    return is_odd


def _faults(bad: pd.DataFrame, bound: float) -> list[Fault]:
    faults: list[Fault] = []
    for is_such, reason in (
        (bad["value"].isna(), _NOT_A_NUMBER),
        (bad["value"] == 0, _ZERO),
        (bad["value"] < 0, _NEGATIVE),
        (bad["value"] >= bound, _TOO_HIGH_SAID.format(bound=f"{bound:g}")),
    ):
        for name, such in bad[is_such].groupby("field", sort=True, observed=True):
            faults += faults_of(such, str(name), reason, "text")
    return faults


def _in_our_unit(
    texts: pd.DataFrame, values: pd.Series, quantity: str, terms: AirTerms, unit: str | pd.Series
) -> tuple[pd.Series, list[Fault], pd.Series]:
    """The values in our unit; those in a unit that is none of the quantity are faults."""
    if isinstance(unit, str):
        if not unit:
            return values, [], pd.Series(False, index=texts.index)
        unit = pd.Series(unit, index=texts.index, dtype="str")
    factors: dict[str, float | None] = {
        each: factor(each, quantity, terms.temperature_c, terms.pressure_hpa) for each in unit.unique()
    }
    # Beside values in other units an empty cell is no sign of ours.
    others = sorted(each for each, times in factors.items() if each and times != 1)
    blank = say(_BLANK_UNIT, others=say("、").join(others[:3]))
    if others and "" in factors:
        factors[""] = None
    times = unit.map(factors).astype("float64")
    unknown = times.isna() & values.notna()
    faults = [
        fault
        for (name, is_blank), such in texts[unknown]
        .assign(unit=unit[unknown], is_blank=unit[unknown] == "")
        .groupby(["field", "is_blank"], sort=True, observed=True)
        for fault in faults_of(such, str(name), blank if is_blank else _NO_UNIT, "unit")
    ]
    return values * times, faults, unknown

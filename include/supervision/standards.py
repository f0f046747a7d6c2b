"""The air-quality standard by the observation date (its editions are the profile's), the IAQI of PM2.5, rounding by GB/T 8170, and when a mean is a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Final, Literal

import numpy as np
import pandas as pd

from include.errors import InputError
from include.profile.current import office
from include.profile.values import Standard

WindowKind = Literal["half_month", "month", "year_to_date"]

_IAQI: Final = (0, 50, 100, 150, 200, 300, 400, 500)
_NOISE_DECIMALS: Final = 9  # means of the same values in another order differ beyond this


@dataclass(frozen=True)
class Validity:
    """How much must have been measured. Hours a day, days a month and windows of ozone: GB 3095 and HJ 663; half-months
    and the year to date: this project's own defaults (系统默认)."""

    day_hours: int = 20
    month_days: int = 27
    february_days: int = 25
    half_month_days: int = 13  # of 15 or 16
    short_half_month_days: int = 12  # of 13 or 14: the second half of February
    year_share: Fraction = Fraction(324, 365)  # of the days so far, as GB 3095 asks of a whole year
    ozone_window_hours: int = 6  # of 8
    ozone_windows: int = 14  # of 17


VALIDITY: Final = Validity()


def edition_on(day: date) -> Standard:
    """The edition of the office's standard in force on an observation date."""
    return next(edition for edition in reversed(office().standards) if edition.valid_from <= day)


def editions_of(days: Sequence[date]) -> tuple[Standard, ...]:
    """The editions in force on these dates, in order: more than one where they cross a change."""
    return tuple(edition for edition in office().standards if any(edition_on(day) == edition for day in days))


def least_valid_days(kind: WindowKind, days: Sequence[date]) -> int:
    """How many of these dates need a valid daily mean for the mean of the window to be a figure."""
    if kind == "half_month":
        return VALIDITY.half_month_days if len(days) > 14 else VALIDITY.short_half_month_days
    if kind == "month":
        return VALIDITY.february_days if days[0].month == 2 else VALIDITY.month_days
    return ceil(len(days) * VALIDITY.year_share)


def rounded(value: float, decimals: int = 0) -> Decimal:
    """`value` as it prints by GB/T 8170: to the nearest, a half to the even digit (74.5 → 74, 0.15 → 0.2)."""
    steady = Decimal(repr(round(float(value), _NOISE_DECIMALS)))
    result = steady.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return abs(result) if result == 0 else result


def rounded_ug_m3(values: pd.Series) -> pd.Series:
    """`rounded` to whole numbers, of a column; empty stays empty."""
    return pd.Series(np.rint(steady(values)), index=values.index, name=values.name)


def steady(values: pd.Series) -> pd.Series:
    """Values without the noise of floating-point sums, so that equal means are equal and tie."""
    return values.round(_NOISE_DECIMALS)


def iaqi_pm25(pm25_ug_m3: float, day: date) -> int:
    """The IAQI of a daily mean of PM2.5: rounded to whole μg/m³, interpolated, rounded up (HJ 633); 500 at most.

    Raises InputError for a negative value and for a day whose breakpoints are not published.
    """
    edition = edition_on(day)
    if edition.index_breakpoints_ug_m3 is None:
        raise InputError(
            "no IAQI breakpoints are published for that day",
            where=edition.name,
            got=day,
            expected=f"an observation date before {edition.valid_from}",
        )
    if not pm25_ug_m3 >= 0:
        raise InputError(
            "not a concentration", where="IAQI", expected="PM2.5 of 0 μg/m³ or more", got=pm25_ug_m3
        )
    value = int(rounded(pm25_ug_m3))
    points = list(zip(edition.index_breakpoints_ug_m3, _IAQI, strict=True))
    for (low, low_iaqi), (high, high_iaqi) in pairwise(points):
        if value <= high:
            return low_iaqi + ceil(Fraction((value - low) * (high_iaqi - low_iaqi), high - low))
    return _IAQI[-1]

"""A unit's PM2.5 of the period: the mean of its valid daily means, how many these are, how many were above the limit of their day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from include.periods import DAY, office_date
from include.store.air_days import city_days
from include.supervision.air_quality import days_over_limit, levels

_WEEK: Final = 7


@dataclass(frozen=True)
class AirSpan:
    """One span of whole days. `pm25_ug_m3`: None without a valid day; `days_over` of the `valid_days`; `days`: of the span."""

    name: str
    pm25_ug_m3: float | None
    days_over: int
    valid_days: int
    days: int


@dataclass(frozen=True)
class UnitAir:
    """近7日, 本月 and 监管期 up to the moment; `is_simulated`: any of it is 模拟数据."""

    spans: tuple[AirSpan, ...]
    is_simulated: bool


def unit_air(connection: Connection, unit_code: str, season: tuple[date, date], as_of: datetime) -> UnitAir:
    """The PM2.5 of a unit's place over the whole days before `as_of`; no spans where none of them was measured."""
    end = min(office_date(as_of), season[1])
    starts = {
        "近7日": end - _WEEK * DAY,
        "本月": (end - DAY).replace(day=1),
        "监管期": season[0],
    }
    days = city_days(connection, min(starts.values()), end)
    own = days[days["place_id"] == unit_code]
    if own.empty or not own["pm25_ug_m3"].notna().any():
        return UnitAir((), False)
    spans = []
    for name, start in starts.items():
        dates = [start + number * DAY for number in range(max((end - start).days, 0))]
        mean = levels(own, dates)["pm25_ug_m3"].get(unit_code)
        over = days_over_limit(own, dates)
        over_days, valid_days = ((int(over[name].get(unit_code, 0))) for name in ("days_over", "valid_days"))
        value = None if mean is None or mean != mean else round(float(mean), 1)
        spans.append(AirSpan(name, value, over_days, valid_days, len(dates)))
    return UnitAir(tuple(spans), bool(own["is_simulated"].any()))

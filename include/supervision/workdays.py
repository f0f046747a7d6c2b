"""Quiet days: on weekends and public holidays of China no 督办 is drafted; make-up workdays count as workdays.

The calendar is that of the `chinesecalendar` package (the State Council's yearly notices).
"""

from dataclasses import dataclass
from datetime import date

import chinese_calendar


@dataclass(frozen=True)
class DayStatus:
    """Whether a day is quiet, why, and whether the calendar knew its year."""

    is_quiet: bool
    reason: str
    is_certain: bool


def day_status(day: date) -> DayStatus:
    """The status of a Beijing date. A year whose holidays the calendar does not know is judged by its weekends only."""
    is_weekend = day.weekday() >= 5
    try:
        is_workday = chinese_calendar.is_workday(day)
    except NotImplementedError:
        return DayStatus(
            is_weekend, "周末（节假日安排未知）" if is_weekend else "工作日（节假日安排未知）", False
        )
    if is_workday:
        return DayStatus(False, "调休上班" if is_weekend else "工作日", True)
    return DayStatus(True, "周末" if is_weekend else "法定节假日", True)


def is_public_holiday(day: date) -> bool:
    """Whether the day lies in a public holiday (its weekends too); False for a year that the calendar does not know."""
    try:
        is_free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return bool(is_free and name)

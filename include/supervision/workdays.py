"""Quiet days: on weekends and public holidays no 督办 is drafted; make-up workdays count as workdays.

Weekends and holidays are the profile's (`weekend`, `holidays.csv`); a year is known when the file names a day of it.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from include.language import say
from include.profile.current import office
from include.profile.values import Profile


@dataclass(frozen=True)
class DayStatus:
    """Whether a day is quiet, why, and whether the calendar knew its year."""

    is_quiet: bool
    reason: str
    is_certain: bool


def day_status(day: date) -> DayStatus:
    """The status of a date. A year whose holidays are not known is judged by its weekends only."""
    profile = office()
    is_weekend = day.weekday() in profile.weekend
    if day.year not in _known_years(profile):
        reason = "周末（节假日安排未知）" if is_weekend else "工作日（节假日安排未知）"
        return DayStatus(is_weekend, say(reason), False)
    is_free, _ = profile.holidays.get(day, (is_weekend, ""))
    if is_free:
        return DayStatus(True, say("周末" if is_weekend else "法定节假日"), True)
    return DayStatus(False, say("调休上班" if is_weekend else "工作日"), True)


def is_public_holiday(day: date) -> bool:
    """Whether the day lies in a public holiday (its weekends too); False for a year whose holidays are not known."""
    is_free, name = office().holidays.get(day, (False, ""))
    return is_free and bool(name)


@lru_cache(maxsize=4)
def _known_years(profile: Profile) -> frozenset[int]:
    return frozenset(day.year for day in profile.holidays)

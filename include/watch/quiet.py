"""Quiet hours: what is raised in them is pushed when they end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from include.errors import InputError
from include.periods import office_zone

_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class QuietHours:
    """Hours of the office's day in which nothing is pushed; what is raised in them is pushed when they end."""

    begin: time
    end: time

    def pushed_at(self, raised_at: datetime) -> datetime:
        """When an alarm raised at that moment is pushed."""
        local = raised_at.astimezone(office_zone())
        clock = local.timetz().replace(tzinfo=None)
        is_over_midnight = self.begin > self.end
        is_quiet = (
            clock >= self.begin or clock < self.end if is_over_midnight else self.begin <= clock < self.end
        )
        if not is_quiet:
            return raised_at
        day = local.date() + timedelta(days=1 if is_over_midnight and clock >= self.begin else 0)
        return datetime.combine(day, self.end, office_zone()).astimezone(UTC)


def quiet_hours(told: Mapping[str, Any]) -> QuietHours | None:
    """The setting `quiet_from`, `quiet_to` (HH:MM, the office's time); None where it is empty. Raises InputError."""
    begin, end = str(told.get("quiet_from") or ""), str(told.get("quiet_to") or "")
    if not begin and not end:
        return None
    try:
        if not (_CLOCK.fullmatch(begin) and _CLOCK.fullmatch(end)):
            raise ValueError(f"{begin} {end}")
        quiet = QuietHours(time.fromisoformat(begin), time.fromisoformat(end))
    except ValueError as error:
        raise InputError(
            "quiet hours cannot be read",
            where="variable watch",
            expected="quiet_from and quiet_to as HH:MM",
            got=f"{begin} {end}",
        ) from error
    if quiet.begin == quiet.end:
        raise InputError(
            "quiet hours never end", where="variable watch", got=f"{begin} to {end}", expected="two times"
        )
    return quiet

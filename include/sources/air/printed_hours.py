"""What the times of a file show of the hours that it prints: hour 0, hour 24, hours from their beginning to their end, or moments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import pandas as pd

from include.sources.mapping.language import Moment
from include.sources.mapping.moments import walls, written
from include.sources.reading.characters import narrow
from include.sources.reading.written_times import hour_number, iso_texts

Scale = Literal[23, 24]

_TIME: Final = r"^(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
_DAY: Final = 1440.0  # minutes
_ODD_SHARE: Final = 0.25  # so many of the days may have an hour 0 (24) too much
_STEP: Final = 0.01  # minutes: so exactly does a value of an interval lie on its steps


class BothHours(Exception):
    """A file that prints hour 0 on so many days and hour 24 on so many."""


@dataclass
class Evidence:
    """What a file shows of its hours: the days that have hour 0, those that have 24, those that have others, the first step after
    midnight or the last hour of the day; the minutes of the day that it has at all; how many different times it has, how many
    of them lie between the steps of the interval, and how many are written from their beginning to their end."""

    zeros: set[pd.Timestamp] = field(default_factory=set)
    ends: set[pd.Timestamp] = field(default_factory=set)
    others: set[pd.Timestamp] = field(default_factory=set)
    firsts: set[pd.Timestamp] = field(default_factory=set)
    lasts: set[pd.Timestamp] = field(default_factory=set)
    minutes: set[float] = field(default_factory=set)
    times: int = 0
    between: int = 0
    ranges: int = 0

    def add(self, moment: Moment, told: pd.DataFrame) -> None:
        """Looks at different rows of the columns of a moment."""
        days, minutes, ranges = _printed(moment, told)
        is_told = (days.notna() & minutes.notna()).to_numpy()
        days, minutes = days[is_told], minutes[is_told]
        step = moment.minutes
        self.times += len(minutes)
        self.ranges += ranges
        self.between += int((np.abs((minutes + step / 2) % step - step / 2) > _STEP).sum())
        self.minutes |= set(minutes)
        self.zeros |= set(days[minutes == 0])
        self.ends |= set(days[minutes == _DAY])
        self.others |= set(days[(minutes > 0) & (minutes < _DAY)])
        self.firsts |= set(days[minutes == step])
        self.lasts |= set(days[(minutes >= _DAY - 60) & (minutes < _DAY)])

    @property
    def says_itself(self) -> bool:
        """Whether every time is written from its beginning to its end, or is a moment that no interval ends at."""
        return not self.times or self.ranges == self.times or self.between * 2 > self.times

    @property
    def is_whole(self) -> bool:
        """Whether a day has both hour 0 and hour 23."""
        return bool(self.zeros & self.lasts)

    @property
    def scale(self) -> Scale | None:
        """What the file itself says; None where it says nothing: it has neither hour 0 nor hour 24, or its only midnight may as well
        end the day before, or it consists of whole days if its times end. Raises BothHours where it says both."""
        if self.says_itself:
            return None
        few, many = sorted((self.zeros, self.ends), key=len)
        if few and (len(few) > _ODD_SHARE * len(many) or (few - many) & self.others):
            raise BothHours(len(self.zeros), len(self.ends))
        if many and many is self.ends:
            return 24
        return 23 if self.zeros and not self._may_end_at_midnight else None

    @property
    def _may_end_at_midnight(self) -> bool:
        days = self.zeros | self.others
        first, last = min(days), max(days)
        if first == last or last not in self.zeros or last in self.others:
            return False
        return self.zeros == {last} or (first in self.firsts and first not in self.zeros)

    @property
    def span(self) -> str:
        """The first and last time of the day, for a person."""
        first, last = min(self.minutes), max(self.minutes)
        if all(minute % 60 == 0 for minute in self.minutes):
            return f"hours {first / 60:g} to {last / 60:g}"
        return " to ".join(f"{int(minute // 60):02}:{int(minute % 60):02}" for minute in (first, last))


def _printed(moment: Moment, told: pd.DataFrame) -> tuple[pd.Series, pd.Series, int]:
    """The day and the minute of it that different rows print, and how many are written from beginning to end."""
    if moment.hours:
        by_text = {str(text): hour_number(str(text)) for text in told[moment.hours].unique()}
        by_end = {text: hour_number(text, by_end=True) for text in by_text}
        texts = told[moment.hours].astype("str")
        hours = texts.map(by_text).astype("float64")
        ranges = int((hours.notna() & (texts.map(by_end).astype("float64") != hours)).sum())
        return walls(moment, told).dt.floor("D"), hours * 60, ranges
    if moment.format:
        at = walls(moment, told)
        return at.dt.floor("D"), (at - at.dt.floor("D")).dt.total_seconds() / 60, 0
    texts = narrow(written(moment.template, told, {}))
    begins = iso_texts(texts)
    ranges = 0
    if not begins.equals(texts):
        ranges = int(((iso_texts(texts, by_end=True) != begins) & (begins != "")).sum())
    found = begins.str.extract(_TIME)
    parts = [found[name].fillna("0").astype("float64") for name in ("hour", "minute", "second")]
    minutes = parts[0] * 60 + parts[1] + parts[2] / 60
    return pd.to_datetime(found["day"], format="%Y-%m-%d", errors="coerce"), minutes, ranges

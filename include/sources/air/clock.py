"""When the values of a file are of: the day and hour of the office that each row means, by the mapping's moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.errors import InputError
from include.periods import office_zone
from include.sources.air.by_value import Different, different
from include.sources.air.faults import Fault, faults_of
from include.sources.air.hours import ArchiveHours
from include.sources.air.printed_hours import Evidence
from include.sources.checks import FIRST_YEAR, LAST_YEAR
from include.sources.clocks import TOLERANCE
from include.sources.mapping.language import AirTerms, HourLabel, Moment
from include.sources.mapping.moments import NO_SUCH_TIME, instants, walls
from include.sources.reading.written_times import hour_number

_BAD_DATE: Final = "不是日期（应如20200301或2020-03-01），整行未用"
_BAD_TIME: Final = "不是整点时间（应如2020-03-01T08:00，无时区为北京时间），整行未用"
_NO_TIME: Final = "不是时间，整行未用"
_NOT_YET: Final = "晚于导入的时刻：尚未到来，不可能已有监测值（可能是年份、时区有误，或为预报），整行未用"
_ONE_OF_TWO: Final = "{}当日有两个这一时刻，文件只列一个或次序不明，无法判断是哪一个，整行未用"
_SKIPPED: Final = "{}当日没有这一时刻（夏令时跳过），整行未用"


@dataclass
class Clock:
    """Reads the times of one file. `latest`: what begins later has not come yet (None: the world is played, and told to its end);
    `hours`: what hours in a column of their own mean; `seen`: what they show; `told`: how often an hour that a zone has twice was
    told of a place so far; `singles`: those of which it is known that only one of the two is told; `newest_first`: places whose
    rows go backwards."""

    moment: Moment
    terms: AirTerms
    latest: datetime | None
    hours: ArchiveHours | None = None
    seen: Evidence = field(default_factory=Evidence)
    told: Counter[tuple[str, ...]] = field(default_factory=Counter)
    singles: frozenset[tuple[str, ...]] = frozenset()
    newest_first: dict[tuple[str, ...], bool | None] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The file's columns that it reads."""
        own = [*self.moment.template.columns, *([self.moment.hours] if self.moment.hours else [])]
        return list(dict.fromkeys(own))

    def timed(self, rows: pd.DataFrame, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
        """The rows (`line`, `place_id` and what else is known, indexed as `raw`) that have a time, with `observed_on`, `hour` and,
        of minutes, `second` of the hour; the others are faults."""
        found = different(raw, self.columns)
        times = self._days(found.rows) if self.terms.every == "day" else self._hours(found.rows)
        codes = found.codes
        is_twice = (times["second"] != times["begins"]) & times["begins"].notna()
        if is_twice.any():
            codes = self._told_apart(rows, found, times, is_twice)
        faults: list[Fault] = []
        if (codes < 0).any():
            is_open = codes < 0
            said = times["said"].take(found.codes[is_open])
            open_rows = rows[is_open].assign(said=said.to_numpy())
            reason_of_open = _ONE_OF_TWO.format(self.moment.time_zone)
            faults += faults_of(open_rows, str(times["field"].iloc[0]), reason_of_open, "said")
            rows, codes = rows[~is_open], codes[~is_open]
            found = Different(found.codes[~is_open], found.rows)
        is_bad = times["reason"] != ""
        if is_bad.any():
            grouped = times[is_bad].groupby(["field", "reason"], sort=False)
            for (name, reason), such in sorted(
                grouped, key=lambda group: self.columns.index(str(group[0][0]))
            ):
                is_such = np.isin(found.codes, such.index)
                said = times["said"].take(found.codes[is_such])
                bad = rows[is_such].assign(said=said.to_numpy())
                faults += faults_of(bad, str(name), str(reason), "said")
            is_good = ~found.taken(is_bad, rows.index).to_numpy(dtype=bool)
            rows, codes = rows[is_good], codes[is_good]
        return rows.assign(**self._parts(times, codes)), faults

    def _parts(self, times: pd.DataFrame, codes: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """The day, hour and (of minutes) second of the hour of each row; a code beyond `times` is the second one of its hour."""
        begins = pd.concat([times["begins"], times["second"]], ignore_index=True)
        hours = begins.dt.floor("h")
        parts = {
            "observed_on": begins.dt.floor("D").astype("datetime64[s]").to_numpy(),
            "hour": begins.dt.hour.fillna(-1).astype("int8").to_numpy(),
        }
        if self.terms.every == "minutes":
            parts["second"] = (begins - hours).dt.total_seconds().fillna(-1).astype("int32").to_numpy()
        return {name: part[codes] for name, part in parts.items()}

    def _days(self, told: pd.DataFrame) -> pd.DataFrame:
        """The dates of a daily table: those of its own calendar, in whatever zone they were counted."""
        days = walls(self.moment, told)
        reason = pd.Series("", index=told.index, dtype="str").mask(self._is_ahead(days), _NOT_YET)
        reason = reason.mask(_is_outside(days), _BAD_DATE)
        return self._frame(told, days.dt.floor("D"), days.dt.floor("D"), reason)

    def _hours(self, told: pd.DataFrame) -> pd.DataFrame:
        """When the different times begin, on the office's wall."""
        self.seen.add(self.moment, told)
        label = self.hours.label if self.hours is not None else self.moment.hour_label
        moment = replace(self.moment, hour_label=label)
        first, came = instants(moment, told, {})
        second = first
        if _has_hours_twice(moment.time_zone):
            second, _ = instants(moment, told, {}, is_second=pd.Series(True, index=told.index))
        begins = _on_wall(first)
        reason = pd.Series("", index=told.index, dtype="str").mask(self._is_ahead(begins), _NOT_YET)
        if self.terms.every == "hour":
            reason = reason.mask(begins != begins.dt.floor("h"), _BAD_TIME)
        reason = reason.mask(_is_outside(begins), _BAD_TIME if self.terms.every == "hour" else _NO_TIME)
        if self.hours is not None and moment.hours:
            by_end = moment.is_label_end
            numbers = told[moment.hours].map(lambda text: hour_number(text, by_end=by_end))
            is_hour = numbers.between(self.hours.least, self.hours.last)
            reason = reason.mask(~is_hour, self.hours.reason).mask(
                _is_outside(walls(moment, told)), _BAD_DATE
            )
        is_skipped = first.isna() & came.str.endswith(NO_SUCH_TIME.partition("}")[2])
        reason = reason.mask(is_skipped, _SKIPPED.format(moment.time_zone))
        return self._frame(told, begins, _on_wall(second), reason)

    def _is_ahead(self, begins: pd.Series) -> pd.Series[bool]:
        """Of times on the office's wall: whether they had not begun when the file came."""
        if self.latest is None:
            return pd.Series(False, index=begins.index)
        return begins > pd.Timestamp(self.latest + TOLERANCE).tz_convert(office_zone()).tz_localize(None)

    def _frame(
        self, told: pd.DataFrame, begins: pd.Series, second: pd.Series, reason: pd.Series[str]
    ) -> pd.DataFrame:
        names = self.moment.template.columns
        said = pd.Series("", index=told.index, dtype="str")
        for name in names:
            said = said + " " + told[name]
        usual = names[0] if names else "hour"
        named = pd.Series(usual, index=told.index, dtype="str")
        if self.hours is not None and self.moment.hours:
            is_hour = reason == self.hours.reason
            named, said = named.mask(is_hour, self.moment.hours), said.mask(is_hour, told[self.moment.hours])
            said = said.mask(reason == _NOT_YET, said + " " + told[self.moment.hours])
        return pd.DataFrame(
            {"begins": begins, "second": second, "reason": reason, "field": named, "said": said.str.strip()}
        )

    def _told_apart(
        self,
        rows: pd.DataFrame,
        found: Different,
        times: pd.DataFrame,
        is_twice: pd.Series,
    ) -> NDArray[np.intp]:
        """Which time each row tells: of an hour that its zone has twice the second one, where its place tells it again (and the
        first one there, where its rows go backwards); -1 where nobody can say which of the two it is."""
        names = [name for name in ("place_id", "pollutant") if name in rows]
        is_open = is_twice.to_numpy()[found.codes]
        whose = [rows[name].astype("str").to_numpy() for name in names]
        own = pd.DataFrame(dict(enumerate(whose)), index=range(len(rows)))
        own["at"] = times["begins"].to_numpy()[found.codes]
        asked = own[list(range(len(names)))][is_open].drop_duplicates() if names else own[:0]
        for who in map(tuple, asked.to_numpy()):
            is_own = np.logical_and.reduce([own[place].to_numpy() == part for place, part in enumerate(who)])
            self._look_at_order(who, own["at"][is_own].dropna())
        apart = found.codes.copy()
        for place in np.flatnonzero(is_open):
            who = tuple(part[place] for part in whose)
            code = found.codes[place]
            key = (str(times["said"].iloc[code]), *who)
            self.told[key] += 1
            is_backwards = self.newest_first.get(who, False)
            if key in self.singles or is_backwards is None:
                apart[place] = -1
            elif (self.told[key] > 1) != is_backwards:
                apart[place] = code + len(times)
        return apart

    def _look_at_order(self, who: tuple[str, ...], at: pd.Series) -> None:
        """Notes whether the rows of a place go forwards or backwards in time; None for neither. One hour says nothing."""
        if at.nunique() < 2:
            return
        is_known = at.is_monotonic_increasing or at.is_monotonic_decreasing
        self.newest_first[who] = bool(at.is_monotonic_decreasing) if is_known else None

    @property
    def told_once(self) -> frozenset[tuple[str, ...]]:
        """The hours that their zone has twice and their place told but once."""
        return frozenset(key for key, count in self.told.items() if count == 1)


@lru_cache(maxsize=64)
def _has_hours_twice(zone: ZoneInfo) -> bool:
    """Whether a zone ever puts its clocks back in the years that are read."""
    months = (datetime(year, month, 1) for year in range(FIRST_YEAR, LAST_YEAR + 1) for month in range(1, 13))  # noqa: DTZ001
    return len({zone.utcoffset(month) for month in months}) > 1


def _on_wall(moments: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return moments.dt.tz_convert(office_zone()).dt.tz_localize(None)


def _is_outside(days: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
    return ~days.dt.year.between(FIRST_YEAR, LAST_YEAR)


def require_label(moment: Moment, told: HourLabel | None, terms: AirTerms, where: str) -> Moment:
    """The moment with the label that somebody told beside the mapping. Raises InputError where it has no effect or contradicts."""
    if told is None:
        return moment
    if terms.every == "day":
        raise InputError(
            "a label of hours says nothing about this file",
            where=where,
            got=f"--hour-label {told}",
            expected="a file of hours or minutes",
            todo="leave --hour-label out",
        )
    if moment.hour_label not in (None, told):
        raise InputError(
            "the mapping says which end of its hour a time names",
            where=where,
            got=f"--hour-label {told}",
            expected=str(moment.hour_label),
            todo="leave --hour-label out, or correct the mapping",
        )
    return replace(moment, hour_label=told)

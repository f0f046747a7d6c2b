"""Five-minute values of stations as their hours; an hour whose values come in several files or at several times is made of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.language import say
from include.periods import office_zone
from include.sources.stations.faults import Fault
from include.sources.stations.hours import HourRows, once
from include.sources.stations.layouts import MOST_SAMPLES
from include.store.station_minutes import MINUTE_COLUMNS

_KEY: Final = ["station_id", "hour"]
_STEP_SECONDS: Final = 300
_FEWEST: Final = 6  # values of a station and day: of fewer nobody knows at which minutes it tells them
_NEAR_SECONDS: Final = 30  # so far from its step a clock may be
_FEWER: Final = (
    "该小时的五分钟值少于库中该小时所用的，且不知库中用的是哪些，未采用：请把该小时的五分钟值一起读入"
)


@dataclass(frozen=True)
class Minutes:
    """`open`: `MINUTE_COLUMNS` and `received_at` of the hours that are not complete; `complete`: `station_id` and `hour` of the others."""

    open: pd.DataFrame
    complete: pd.DataFrame

    def of(self, hours: pd.DataFrame) -> Minutes:
        """What of them is of these hours."""
        own = pd.MultiIndex.from_frame(hours[_KEY])
        parts = (
            rows[pd.MultiIndex.from_arrays([rows["station_id"], rows["hour"].dt.floor("h")]).isin(own)]
            for rows in (self.open, self.complete)
        )
        return Minutes(*(rows.reset_index(drop=True) for rows in parts))


def joined(whole: HourRows, kept: pd.DataFrame, origin: str, now: datetime) -> Minutes:
    """Makes the minutes of `whole` its hours, together with what is `kept` of these. A moment told twice with different values, in one
    file or in several of one import (`received_at` is `now`), counts not at all; what an earlier import told of it is corrected. What lies between the five minutes of a station that keeps them
    is not used, and named."""
    is_now = (kept["received_at"] == pd.Timestamp(now)).to_numpy(dtype=bool)
    columns = list(MINUTE_COLUMNS)
    rows = whole.rows[columns].astype({"station_id": "str"})
    beside = kept.loc[is_now, columns]
    whole.rows = pd.concat([beside, rows], ignore_index=True) if len(beside) else rows
    once(whole, "station_id", origin, say("同一时刻有不同的值，均未采用"))
    earlier = kept.loc[~is_now, columns]
    minutes = whole.rows
    if len(earlier):
        both = pd.concat([earlier, minutes], ignore_index=True)
        minutes = both.groupby(_KEY, sort=False, as_index=False).last()
    if (is_between := _is_between(minutes)).any():
        whole.faults.append(_between_said(minutes[is_between], origin))
        minutes = minutes[~is_between]
    whole.rows = hours_of_minutes(minutes)
    is_open = whole.rows["sample_count"] < MOST_SAMPLES
    hours = minutes["hour"].dt.floor("h")
    of_open = pd.MultiIndex.from_frame(whole.rows.loc[is_open, _KEY])
    own = pd.MultiIndex.from_arrays([minutes["station_id"], hours]).isin(of_open)
    return Minutes(minutes[own].assign(received_at=pd.Timestamp(now)), whole.rows.loc[~is_open, _KEY])


def _is_between(minutes: pd.DataFrame) -> NDArray[np.bool_]:
    """Which values lie between the five minutes at which most of the values of their station and day lie; none of a station that
    tells its values more often, or keeps no steps: the mean of what falls into five minutes is their value."""
    if minutes.empty:
        return np.zeros(0, dtype=bool)
    local = minutes["hour"].dt.tz_convert(office_zone()).dt.tz_localize(None)
    moments = minutes["hour"].dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    rows = pd.DataFrame(
        {
            "station": minutes["station_id"].astype("str"),
            "day": local.dt.date,
            "offset": moments % _STEP_SECONDS,
        }
    )
    most = rows.groupby(["station", "day"], sort=False)["offset"].transform(lambda told: told.mode().iloc[0])
    keeps = np.zeros(len(rows), dtype=bool)
    apart = np.zeros(len(rows), dtype=np.int64)
    for begins in (most, pd.Series(0, index=rows.index)):  # the full five minutes before others
        from_step = (rows["offset"] - begins + _STEP_SECONDS // 2) % _STEP_SECONDS - _STEP_SECONDS // 2
        near = rows.assign(is_near=from_step.abs() <= _NEAR_SECONDS)
        is_most = (near.groupby(["station", "day"], sort=False)["is_near"].transform("mean") > 0.5).to_numpy()
        apart = np.where(is_most, from_step.abs(), apart)
        keeps |= is_most
    count = rows.groupby(["station", "day"], sort=False)["offset"].transform("size").to_numpy()
    is_between: NDArray[np.bool_] = keeps & (apart > _NEAR_SECONDS) & (count >= _FEWEST)
    return is_between


def _between_said(rows: pd.DataFrame, origin: str) -> Fault:
    first = rows.sort_values(_KEY).iloc[0]
    at = pd.Timestamp(first["hour"]).tz_convert(office_zone())
    value = f"{first['station_id']} {at:%Y-%m-%d %H:%M:%S} {first['pm25_ug_m3']:g}"
    return Fault(origin, "observed_at", say("不在该站五分钟的间隔上，未用"), value, 0, len(rows))


def hours_of_minutes(rows: pd.DataFrame) -> pd.DataFrame:
    """Five-minute values as hours: the mean of the values present, `sample_count` the different five-minute slots of the
    hour that have PM2.5 (the rule that platforms of micro-stations state: 12 a full hour)."""
    slots = rows.assign(slot=rows["hour"].dt.floor("5min"), hour=rows["hour"].dt.floor("h"))
    slots = slots.groupby([*_KEY, "slot"], observed=True).mean()
    hours = slots.groupby(_KEY, observed=True).mean()
    hours["sample_count"] = (
        slots["pm25_ug_m3"].notna().groupby(_KEY, observed=True).sum().clip(upper=MOST_SAMPLES)
    )
    return hours.reset_index()


def leave_fewer_out(whole: HourRows, stored: pd.DataFrame, kept: pd.DataFrame, origin: str) -> None:
    """Takes the hours out that fewer values make up than those that are stored, of which the values are not known any more: they are
    not replaced, and named. `stored`: the hours of the same time; `kept`: the minutes that are known of them."""
    if stored.empty or whole.rows.empty:
        return
    before = stored[[*_KEY, "sample_count", "pm25_ug_m3"]].astype({"station_id": "str"})
    both = whole.rows[[*_KEY, "sample_count", "pm25_ug_m3"]].merge(
        before, how="left", on=_KEY, suffixes=("", "_before"), validate="1:1"
    )
    is_known = np.zeros(len(both), dtype=bool)
    if len(kept):
        known = pd.MultiIndex.from_arrays([kept["station_id"], kept["hour"].dt.floor("h")])
        is_known = pd.MultiIndex.from_frame(both[_KEY]).isin(known)
    is_other = both["pm25_ug_m3"].astype("float32") != both["pm25_ug_m3_before"].astype("float32")
    fewer = both["sample_count"] < both["sample_count_before"]
    as_many = (both["sample_count"] == both["sample_count_before"]) & (both["sample_count"] < MOST_SAMPLES)
    is_left = ~is_known & (fewer | (as_many & is_other)).to_numpy()
    if not is_left.any():
        return
    is_whole = (both["sample_count_before"] >= MOST_SAMPLES).to_numpy()
    if (is_left & is_whole).any():
        whole.notes.append(_kept_said(both[is_left & is_whole], origin))
    if (is_left & ~is_whole).any():
        left = both[is_left & ~is_whole]
        whole.faults.append(Fault(origin, "observed_at", say(_FEWER), _hour_said(left), 0, len(left)))
    whole.rows = whole.rows[~is_left].reset_index(drop=True)


def _kept_said(left: pd.DataFrame, origin: str) -> str:
    return say(
        "{origin}：{count}小时的五分钟值少于库中该小时已用的{most}个（如{first}），库中的保留",
        origin=origin,
        count=len(left),
        most=MOST_SAMPLES,
        first=_hour_said(left),
    )


def _hour_said(left: pd.DataFrame) -> str:
    """The first of some hours, with how many values it has and had."""
    first = left.iloc[0]
    at = pd.Timestamp(first["hour"]).tz_convert(office_zone())
    return say(
        "{station} {at:%Y-%m-%d %H}时：{count}个，库中{before:g}个",
        station=first["station_id"],
        at=at,
        count=first["sample_count"],
        before=first["sample_count_before"],
    )

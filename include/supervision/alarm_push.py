"""报警推送: which alarms of the watch one hour tells each unit, and the figures of those mails. Pure: frames in, values out.

An alarm is told once, in the first hour that has it; again only when it escalated markedly since. What was raised (or entered
the store) too late to be news goes into a letter that only a person sends.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from include.answer_form.code import answer_code
from include.periods import Period
from include.rules import ALARM_PUSH
from include.supervision.bulletin_figures import OpenAlarm
from include.supervision.figures import AlarmSuspects, FormRow, Suspected
from include.supervision.notice import form_rows
from include.supervision.open_alarms import open_by_unit

NEW, ESCALATED, LATE = "new", "escalated", "late"
PUSH_KIND, LATE_KIND = "alarm", "late_alarm"


@dataclass(frozen=True)
class TrendHour:
    """One hour of one grid: its PM2.5 and that of its surroundings, μg/m³; None where nothing was heard."""

    hour: datetime
    pm25_ug_m3: float | None
    background_ug_m3: float | None


@dataclass(frozen=True)
class PushedAlarm:
    """One alarm as the push tells it. `news`: new, escalated (told before, `told_peak_ug_m3` then) or late."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    lon: float | None
    lat: float | None
    box: tuple[float, float, float, float] | None  # west, south, east, north of the grid, degrees WGS84
    started_at: datetime
    raised_at: datetime
    hours: int
    peak_pm25_ug_m3: float
    above_ug_m3: float | None  # of the highest hour, above the surroundings
    # (both tied to the official stations, as the peak is)
    background_ug_m3: float | None
    stations: int | None  # of the grid
    spoke: int | None  # of them, in the deciding hour
    confidence: float | None
    deadline_at: datetime
    news: str
    told_peak_ug_m3: float | None
    trend: tuple[TrendHour, ...]
    suspects: tuple[Suspected, ...] = ()  # the first three, the most suspected first


@dataclass(frozen=True)
class AlarmFigures:
    """Everything that one push says to one unit. `heard` of `stations` micro-stations of the unit spoke in the window's last hour."""

    letter_key: str
    unit_code: str
    unit_name: str
    bureau: str
    period: Period
    alarms: tuple[PushedAlarm, ...]
    form: tuple[FormRow, ...]  # of its alarms, then of `open_before`
    reply_by: datetime
    heard: int | None
    stations: int | None
    is_by_person: bool
    rules_version: str
    is_simulated: bool
    address_form: str = ""
    open_before: tuple[
        OpenAlarm, ...
    ] = ()  # the other open alarms of the unit, however old, the earliest push first

    @property
    def suspects(self) -> tuple[AlarmSuspects, ...]:
        """The suspects of its alarms, as in the other letters that bring an answer form."""
        return tuple(
            AlarmSuspects(one.alarm_id, one.grid_id, one.county, one.point_name, one.started_at, one.suspects)
            for one in self.alarms
            if one.suspects
        )


@dataclass(frozen=True)
class HourlyPushes:
    """The pushes of one window."""

    period: Period
    pushes: tuple[AlarmFigures, ...]


@dataclass(frozen=True)
class PushFacts:
    """What the pushes of a window are computed from.

    `revisions`: sql/alarms_to_push.sql; `told`: sql/alarms_pushed.sql; `grid_hours`: judged hours of the grids (`grid_id`, `hour`,
    `pm25_ug_m3`, `background_ug_m3`); `heard`, `stations`: micro-stations by unit; `suspects`: by alarm;
    `judged`: `feedback.judge` of the alarms that the units know of, as of the window's end.
    """

    revisions: pd.DataFrame
    told: pd.DataFrame
    grid_hours: pd.DataFrame
    heard: Mapping[str, int]
    stations: Mapping[str, int]
    rules_version: str
    suspects: Mapping[str, tuple[Suspected, ...]] = field(default_factory=dict)
    judged: pd.DataFrame | None = None


def hourly_pushes(facts: PushFacts, period: Period) -> HourlyPushes:
    """The pushes of one hour, one a unit and kind, in the order of the units."""
    found: dict[tuple[str, bool], list[tuple[pd.DataFrame, PushedAlarm]]] = {}
    told = dict(zip(facts.told["alarm_id"], facts.told["told_at"], strict=True))
    for alarm_id, revisions in facts.revisions.groupby("alarm_id", sort=True):
        last = revisions.iloc[-1]
        news, told_peak = _news(revisions, told.get(alarm_id), period)
        if news:
            trend = _trend(facts.grid_hours, str(last["grid_id"]), period)
            suspects = facts.suspects.get(str(alarm_id), ())
            alarm = _alarm(last, news, told_peak, trend, suspects)
            found.setdefault((str(last["unit_code"]), news == LATE), []).append((revisions, alarm))
    return HourlyPushes(
        period,
        tuple(_figures(facts, period, found[key], *key) for key in sorted(found)),
    )


def _news(revisions: pd.DataFrame, told_at: Any, period: Period) -> tuple[str, float | None]:
    """What there is to tell of an alarm in this window, or empty; the peak that was told before, where it is told again."""
    last = revisions.iloc[-1]
    end = pd.Timestamp(period.end_at)
    if told_at is not None:
        before = revisions[revisions["revised_at"] <= told_at]
        peak = float(before["peak_pm25_ug_m3"].max()) if len(before) else float("nan")
        now = float(last["peak_pm25_ug_m3"])
        is_marked = now >= ALARM_PUSH.escalation_ratio * peak and now - peak >= ALARM_PUSH.escalation_ug_m3
        return (ESCALATED, peak) if is_marked and last["deadline_at"] > end else ("", None)
    learnt_at = pd.Timestamp(last["recorded_at"]).floor("h")  # a run's own hour counts as its window's end
    if last["pushed_at"] > end or learnt_at > end or last["deadline_at"] <= end:
        return "", None
    is_late = (
        last["recorded_at"] - last["raised_at"] > ALARM_PUSH.latest
        or end - last["pushed_at"] > ALARM_PUSH.latest
    )
    return (LATE if is_late else NEW), None


def _alarm(
    row: Any,
    news: str,
    told_peak: float | None,
    trend: tuple[TrendHour, ...],
    suspects: tuple[Suspected, ...],
) -> PushedAlarm:
    evidence = json.loads(row["evidence_json"])
    sides = [_number(row[side]) for side in ("west", "south", "east", "north")]
    west, south, east, north = sides
    has_box = west is not None and south is not None and east is not None and north is not None
    return PushedAlarm(
        alarm_id=str(row["alarm_id"]),
        grid_id=str(row["grid_id"]),
        county=str(row["county"] or ""),
        point_name=str(row["point_name"]),
        lon=_number(row["lon"]),
        lat=_number(row["lat"]),
        box=(west, south, east, north) if has_box else None,  # type: ignore[arg-type]
        started_at=_moment(row["started_at"]),
        raised_at=_moment(row["raised_at"]),
        hours=int(row["alarm_count"]),
        peak_pm25_ug_m3=round(float(row["peak_pm25_ug_m3"]), 1),
        above_ug_m3=_rounded(evidence.get("peak_increment_ug_m3")),
        background_ug_m3=_rounded(evidence.get("background_ug_m3")),
        stations=_count(evidence.get("stations")),
        spoke=_count(evidence.get("spoke")),
        confidence=None if pd.isna(row["confidence"]) else round(float(row["confidence"]), 3),
        deadline_at=_moment(row["deadline_at"]),
        news=news,
        told_peak_ug_m3=_rounded(told_peak),
        trend=trend,
        suspects=suspects,
    )


def _figures(
    facts: PushFacts,
    period: Period,
    found: list[tuple[pd.DataFrame, PushedAlarm]],
    unit_code: str,
    is_by_person: bool,
) -> AlarmFigures:
    first = found[0][0].iloc[-1]
    alarms = sorted((alarm for _, alarm in found), key=lambda one: (-(one.above_ug_m3 or 0.0), one.alarm_id))
    key = period.letter_key(LATE_KIND if is_by_person else PUSH_KIND, unit_code)
    name = str(first["unit_name"])
    others = _others(facts.judged, unit_code, {one.alarm_id for one in alarms})
    return AlarmFigures(
        letter_key=key,
        unit_code=unit_code,
        unit_name=name,
        bureau=str(first["bureau"]),
        address_form=str(first["address_form"]),
        period=period,
        alarms=tuple(alarms),
        form=(
            *(_form_row(one, key) for one in sorted(alarms, key=lambda one: (one.deadline_at, one.alarm_id))),
            *(() if others is None else form_rows(others, key)),
        ),
        reply_by=min(one.deadline_at for one in alarms),
        heard=facts.heard.get(unit_code, 0) if unit_code in facts.stations else None,
        stations=facts.stations.get(unit_code),
        is_by_person=is_by_person,
        rules_version=facts.rules_version,
        is_simulated=any(bool(revisions["is_simulated"].any()) for revisions, _ in found),
        open_before=() if others is None else open_by_unit(others, period.end_at).get(unit_code, ()),
    )


def _others(judged: pd.DataFrame | None, unit_code: str, told: set[str]) -> pd.DataFrame | None:
    """The open alarms of a unit that the push does not tell as news; None where there are none."""
    if judged is None:
        return None
    rows = judged[judged["is_open"] & (judged["unit_code"] == unit_code) & ~judged["alarm_id"].isin(told)]
    return rows if len(rows) else None


def _form_row(alarm: PushedAlarm, letter_key: str) -> FormRow:
    return FormRow(
        answer_code(letter_key, alarm.alarm_id),
        alarm.alarm_id,
        alarm.grid_id,
        alarm.county,
        alarm.point_name,
        alarm.lon,
        alarm.lat,
        alarm.started_at,
        alarm.hours,
        alarm.peak_pm25_ug_m3,
        alarm.deadline_at,
    )


def _trend(grid_hours: pd.DataFrame, grid_id: str, period: Period) -> tuple[TrendHour, ...]:
    """The hours before the window's end, every one, the earliest first."""
    own = grid_hours[grid_hours["grid_id"] == grid_id] if len(grid_hours) else grid_hours
    known = {row["hour"]: row for row in own.to_dict("records")}
    hours = pd.date_range(end=period.end_at, periods=ALARM_PUSH.trend_hours + 1, freq="h")[:-1]
    return tuple(
        TrendHour(
            _moment(hour),
            _rounded(known[hour]["pm25_ug_m3"]) if hour in known else None,
            _rounded(known[hour]["background_ug_m3"]) if hour in known else None,
        )
        for hour in hours.tz_convert("UTC")
    )


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _rounded(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), 1)


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)

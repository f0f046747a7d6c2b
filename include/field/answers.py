"""What was typed into the form, as an answer: pure, every field bounded, and every fault named beside its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from include.field.bundles import Bundle, BundleAlarm
from include.field.reports import Position, Verdict
from include.field.steps import RECTIFIED, RECTIFYING, STEPS
from include.rules import FIELD

FIELDS: Final = {
    "step": "排查结果",
    "inspector": "排查人",
    "unit": "排查单位",
    "inspected_at": "排查时间",
    "category": "问题类别",
    "description": "问题描述",
    "rectification": "整改情况",
    "rectify_by": "整改时限",
    "rectified_on": "整改完成日期",
    "note": "说明",
    "photos": "照片",
}
"""Every field that a fault may be named beside, and what it is called."""

Speaker = Callable[..., str]
"""Gives a text in the words of the visitor: see `view.speaker`."""

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_LONG: Final = ("description", "note")
_SPACES: Final = re.compile(r"\s+")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PROBLEM_FIELDS: Final = ("category", "description", "rectification", "rectify_by", "rectified_on")


@dataclass(frozen=True)
class Typed:
    """What a form said: `values` are those of an `Answer` (without photos and what the server adds); `faults` by field."""

    values: dict[str, Any]
    faults: dict[str, str]


def answer_typed(
    form: Mapping[str, str], bundle: Bundle, alarm: BundleAlarm, now: datetime, t: Speaker
) -> Typed:
    """The answer of a form, or its faults in the words of `t`. Fields that the chosen step does not ask for are left out."""
    values: dict[str, Any] = {"alarm_id": alarm.alarm_id}
    faults: dict[str, str] = {}
    texts = {name: _text(name, form.get(name, "")) for name in FIELDS if name != "photos"}
    for name in ("inspector", "unit", "description", "note"):
        longest = FIELD.longest_name if name == "inspector" else 255 if name == "unit" else FIELD.longest_text
        if len(texts[name]) > longest:
            faults[name] = t("最多{n}字", n=longest)
    step = STEPS.get(texts["step"])
    if step is None or step.code not in bundle.steps:
        return Typed(values, {**faults, "step": t("请选择排查结果")})
    values["step"] = step.code
    if not step.problem_found:
        for name in _PROBLEM_FIELDS:
            texts[name] = ""
    faults |= {name: t("必填") for name in step.needs if name in texts and not texts[name]}
    if texts["category"] and texts["category"] not in bundle.categories:
        faults["category"] = t("请从列表中选择")
    values |= {name: texts[name] for name in ("inspector", "unit", "category", "description", "note")}
    values["rectification"] = texts["rectification"]
    _add_dates(values, faults, texts, bundle, alarm, now, t)
    values["position"] = _position(form)
    values["verdicts"] = tuple(_verdicts(form, alarm))
    return Typed(values, faults)


def _text(name: str, told: str) -> str:
    text = _INVISIBLE.sub("", told.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text if name in _LONG else _SPACES.sub(" ", text)


def _add_dates(
    values: dict[str, Any],
    faults: dict[str, str],
    texts: Mapping[str, str],
    bundle: Bundle,
    alarm: BundleAlarm,
    now: datetime,
    t: Speaker,
) -> None:
    zone = ZoneInfo(bundle.zone)
    today, first = now.astimezone(zone).date(), alarm.started_at.astimezone(zone).date()
    if texts["rectification"] not in ("", RECTIFIED, RECTIFYING):
        faults["rectification"] = t("请选择整改情况")
    if texts["rectification"] == RECTIFYING:
        latest = today + timedelta(days=bundle.longest_promise_days)
        promised = _day(texts["rectify_by"])
        values["rectify_by"] = promised
        if promised is None or not today <= promised <= latest:
            faults["rectify_by"] = t("必填：今天至{last}", last=latest.isoformat())
    if texts["rectification"] == RECTIFIED:
        done = _day(texts["rectified_on"])
        values["rectified_on"] = done
        if done is None or not first <= done <= today:
            faults["rectified_on"] = t("必填：{first}至今天", first=first.isoformat())
    if texts["inspected_at"]:
        moment = _moment(texts["inspected_at"], zone)
        values["inspected_at"] = moment
        if moment is None or not alarm.started_at <= moment <= now + timedelta(minutes=5):
            faults["inspected_at"] = t("应在报警时间之后、现在之前")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if _LOCAL.fullmatch(text) else None
    except ValueError:
        return None


def _position(form: Mapping[str, str]) -> Position | None:
    """Where the phone was; only where the inspector agreed, and the phone told something that is a place."""
    if form.get("position") != "yes":
        return None
    try:
        lon, lat, accuracy = (float(form.get(name, "")) for name in ("lon", "lat", "accuracy"))
        return Position(lon=round(lon, 5), lat=round(lat, 5), accuracy_m=round(accuracy))
    except (ValueError, OverflowError):
        return None


def _verdicts(form: Mapping[str, str], alarm: BundleAlarm) -> list[Verdict]:
    found = []
    for place, suspect in enumerate(alarm.suspects):
        told = form.get(f"verdict-{place}", "")
        note = _text("note", form.get(f"seen-{place}", ""))[: FIELD.longest_text]
        if told == "found":
            found.append(Verdict(candidate_id=suspect.candidate_id, verdict="found", note=note))
        elif told == "not_found":
            found.append(Verdict(candidate_id=suspect.candidate_id, verdict="not_found", note=note))
    return found

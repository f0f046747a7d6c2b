"""Suspects in words for people: where it lies, what its meters said, how sure. Always 疑似, always 建议核查."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from include.language import say
from include.rules import SUSPECT_BASES
from include.suspects.kinds import UNLISTED, direction

LEVELS: Final[Mapping[str, str]] = MappingProxyType({"high": "高", "medium": "中", "low": "低"})
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "enterprise": "企业",
        "site": "工地",
        "road": "道路",
        "fire": "卫星火点",
        "problem": "历史问题点位",
        UNLISTED: "来源不明",
    }
)
LEVEL_MEANING: Final = (
    "高：可能性在一半以上；中：两成至一半；低：不足两成。均为疑似，供现场核查参考，不作为认定依据"
)
_BESIDE_KM: Final = 0.1  # nearer than this a direction says nothing
_HABIT_HOURS: Final = 2  # one hour of an idle treatment may be a change of filters …
_HABIT_SHARE: Final = 0.05  # … and of a hundred running hours any plant has some
_MOSTLY: Final = 0.5  # share of the alarm's weight that makes a statement of all of it


def suspect_name(suspect: Mapping[str, Any]) -> str:
    """Its name, or what it is."""
    return str(suspect["name"]) or say(KINDS[str(suspect["kind"])])


def reason_words(suspect: Mapping[str, Any], wind: str = "") -> str:
    """Why it is suspected, and what is measured from where: `位于上风向1.2公里，期间生产负荷正常、治污设备停运（距离自高值站点起算，在
    网格中心以北；期间主导风向北风）`. `wind`: as of `wind_words`, where it is to be told."""
    if suspect["kind"] == UNLISTED:
        return _nobody(suspect) + (say("（{wind}）", wind=wind) if wind else "")
    parts = [_place(suspect), _power(suspect)]
    if suspect["unusual_hour"] >= _MOSTLY:
        parts.append(say("在平时不生产的时段有生产用电"))
    idled, ran = (
        suspect.get("idled_before", 0),
        suspect.get("ran_before", 0),
    )  # an earlier edition does not say
    if idled >= max(_HABIT_HOURS, _HABIT_SHARE * ran):
        parts.append(say("此前7天另有{hours}小时生产用电而治污设备停运", hours=idled))
    if suspect["former"]:
        parts.append(say("邻近该网格历史问题点位"))
    if suspect["same_place"]:
        counted = say("家") if suspect["kind"] == "enterprise" else say("处")
        parts.append(
            say("与另{same_place}{counted}同址，难以区分", same_place=suspect["same_place"], counted=counted)
        )
    return say("，").join(part for part in parts if part) + _measured(suspect, wind)


def judged_by(suspect: Mapping[str, Any]) -> tuple[str, ...]:
    """What its reason tells of beside distance: those of `SUSPECT_BASES`."""
    is_listed = suspect["kind"] != UNLISTED
    told = {
        "wind": (suspect["windy"] if is_listed else _windy(suspect.get("hours") or ())) >= _MOSTLY,
        "meters": is_listed and suspect["kind"] == "enterprise" and suspect["is_metered"],
        "former": is_listed and (suspect["kind"] == "problem" or suspect["former"]),
    }
    return tuple(name for name in SUSPECT_BASES if told[name])


def others_words(suspects: Sequence[Mapping[str, Any]]) -> str:
    """`另有3个候选未列出，可能性合计0.0123` of one alarm's suspects; empty where all are listed (or an older ranking does not say)."""
    count = suspects[0].get("others", 0) if suspects else 0
    return (
        say(
            "另有{count}个候选未列出，可能性合计{others_score:.4f}",
            count=count,
            others_score=suspects[0]["others_score"],
        )
        if count
        else ""
    )


def wind_words(hours: Sequence[Mapping[str, Any]]) -> str:
    """`期间主导风向西北风，平均1.8米/秒，1小时静风`, by the hours' weights; or that there was none."""
    windy = [one for one in hours if one["wind_from_deg"] is not None]
    if not hours or all(one["masts"] == 0 for one in hours):
        return say("期间无可用风向，按距离判断")
    if not windy:
        return say("期间静风，按距离判断")
    weights = [one["weight"] + 1e-6 for one in windy]
    angles = [math.radians(one["wind_from_deg"]) for one in windy]
    east = sum(weight * math.sin(angle) for weight, angle in zip(weights, angles, strict=True))
    north = sum(weight * math.cos(angle) for weight, angle in zip(weights, angles, strict=True))
    total = sum(weight * one["wind_speed_m_s"] for weight, one in zip(weights, windy, strict=True))
    calm = (
        say("，{count}小时静风或风向不定", count=len(hours) - len(windy)) if len(windy) < len(hours) else ""
    )
    return say(
        "期间主导风向{direction}风，平均{speed:.1f}米/秒{calm}",
        direction=say(direction(east, north)),
        speed=total / sum(weights),
        calm=calm,
    )


def _windy(hours: Sequence[Mapping[str, Any]]) -> float:
    """The share of the hours' weight that has a direction."""
    return float(sum(one["weight"] for one in hours if one["wind_from_deg"] is not None))


def _nobody(suspect: Mapping[str, Any]) -> str:
    # Alone among the candidates: its chance is all there is.
    if suspect.get("log_sum") is not None and suspect["log_sum"] == suspect.get("utility"):
        return say("周边没有清单内单位，建议在高值点周边现场排查")
    return say("清单内单位均不能较好解释，建议在高值点周边现场排查")


def _from_where(suspect: Mapping[str, Any]) -> str:
    return say("高值站点") if suspect["has_increments"] else say("报警点")


def _measured(suspect: Mapping[str, Any], wind: str) -> str:
    """From where the distance and the direction are told."""
    east, north = suspect["east_km"], suspect["north_km"]
    beside = (
        say("在网格中心附近")
        if math.hypot(east, north) < _BESIDE_KM
        else say("在网格中心以{direction}", direction=say(direction(east, north)))
    )
    return say(
        "（距离自{from_where}起算，{beside}{wind}）",
        from_where=_from_where(suspect),
        beside=beside,
        # where distance alone decides, the place says so already
        wind=say("；{wind}", wind=wind) if wind and suspect["windy"] >= _MOSTLY else "",
    )


def _place(suspect: Mapping[str, Any]) -> str:
    distance = say("{distance_km:.1f}公里", distance_km=max(suspect["distance_km"], 0.1))
    beside = say("距{from_where}{distance}", from_where=_from_where(suspect), distance=distance)
    if suspect["windy"] < _MOSTLY:
        return say("{beside}，期间静风或无可用风向，按距离判断", beside=beside)
    upwind = suspect["upwind"] / suspect["windy"]
    if upwind >= 2 / 3:
        return say("位于上风向{distance}", distance=distance)
    if upwind >= 1 / 3:
        return say("部分时段位于上风向，{beside}", beside=beside)
    return say("不在上风向，{beside}", beside=beside)


def _power(suspect: Mapping[str, Any]) -> str:
    if suspect["kind"] != "enterprise":
        return ""
    if not suspect["is_metered"]:
        return say("无可用分表计电数据")
    shares = {name: suspect[name] for name in ("idle", "normal", "off", "lost")}
    most = max(shares, key=lambda name: float(shares[name]))
    if shares["idle"] >= _MOSTLY / 2 and most != "idle":
        return say("期间有{idle_hours}小时生产用电而治污设备停运", idle_hours=suspect["idle_hours"])
    return {
        "idle": say("期间生产负荷正常、治污设备停运"),
        "normal": say("期间生产和治污设备用电正常"),
        "off": say("期间基本无生产用电"),
        "lost": say("期间分表计电数据中断"),
    }[most]

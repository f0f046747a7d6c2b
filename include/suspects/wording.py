"""Suspects in words for people: where it lies, what its meters said, how sure. Always 疑似, always 建议核查."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

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
_MOSTLY: Final = 0.5  # share of the alarm's weight that makes a statement of all of it


def suspect_name(suspect: Mapping[str, Any]) -> str:
    """Its name, or what it is."""
    return str(suspect["name"]) or KINDS[str(suspect["kind"])]


def reason_words(suspect: Mapping[str, Any]) -> str:
    """Why it is suspected: `位于上风向1.2公里（网格中心以北），期间生产负荷正常、治污设备停运`."""
    if suspect["kind"] == UNLISTED:
        return "清单内单位均不能较好解释，建议在高值点周边现场排查"
    parts = [_place(suspect), _power(suspect)]
    if suspect["unusual_hour"] >= _MOSTLY:
        parts.append("在平时不生产的时段有生产用电")
    if suspect["former"]:
        parts.append("邻近该网格历史问题点位")
    if suspect["same_place"]:
        parts.append(f"与另{suspect['same_place']}家同址，难以区分")
    return "，".join(part for part in parts if part)


def _place(suspect: Mapping[str, Any]) -> str:
    from_where = "高值站点" if suspect["has_increments"] else "报警点"
    distance = f"{max(suspect['distance_km'], 0.1):.1f}公里"
    beside = f"（网格中心以{direction(suspect['east_km'], suspect['north_km'])}）"
    if suspect["windy"] < _MOSTLY:
        return f"距{from_where}{distance}{beside}，期间静风或无可用风向，按距离判断"
    upwind = suspect["upwind"] / suspect["windy"]
    if upwind >= 2 / 3:
        return f"位于上风向{distance}{beside}"
    if upwind >= 1 / 3:
        return f"部分时段位于上风向，距{from_where}{distance}{beside}"
    return f"不在上风向，距{from_where}{distance}{beside}"


def _power(suspect: Mapping[str, Any]) -> str:
    if suspect["kind"] != "enterprise":
        return ""
    if not suspect["is_metered"]:
        return "无可用分表计电数据"
    shares = {name: suspect[name] for name in ("idle", "normal", "off", "lost")}
    most = max(shares, key=lambda name: float(shares[name]))
    if shares["idle"] >= _MOSTLY / 2 and most != "idle":
        return f"期间有{suspect['idle_hours']}小时生产用电而治污设备停运"
    return {
        "idle": "期间生产负荷正常、治污设备停运",
        "normal": "期间生产和治污设备用电正常",
        "off": "期间基本无生产用电",
        "lost": "期间分表计电数据中断",
    }[most]

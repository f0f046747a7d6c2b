"""Directions by their names, English and Chinese, as degrees from north."""

from __future__ import annotations

from typing import Final

from include.sources.reading.characters import narrow_text

ENGLISH: Final = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
_CHINESE: Final = (
    "北", "北东北", "东北", "东东北", "东", "东东南", "东南", "南东南", "南", "南西南", "西南", "西西南", "西", "西西北", "西北", "北西北",
)  # fmt: skip
# Two orders are in use for the eight between (北东北 and 东北偏北); of the four quarters 北东 is 东北.
_OTHERS: Final = {
    "北东": 45.0, "南东": 135.0, "南西": 225.0, "北西": 315.0, "东北偏北": 22.5, "东北偏东": 67.5, "东南偏东": 112.5, "东南偏南": 157.5,
    "西南偏南": 202.5, "西南偏西": 247.5, "西北偏西": 292.5, "西北偏北": 337.5, "北北东": 22.5, "东北东": 67.5, "东南东": 112.5, "南南东": 157.5,
    "南南西": 202.5, "西南西": 247.5, "西北西": 292.5, "北北西": 337.5, "NORTH": 0.0, "EAST": 90.0, "SOUTH": 180.0, "WEST": 270.0,
}  # fmt: skip
_DEGREES: Final = (
    {name: place * 22.5 for names in (ENGLISH, _CHINESE) for place, name in enumerate(names)}
    | {f"正{name}": _CHINESE.index(name) * 22.5 for name in "北东南西"}
    | _OTHERS
)


def compass_deg(text: str) -> float | None:
    """Where the wind comes from, for a name of the compass (`北`, `东北风`, `NNE`); None for anything else."""
    return _DEGREES.get(narrow_text(text).strip().upper().removesuffix("风"))

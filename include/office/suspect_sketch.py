"""Sketches of an alarm: the grid's centre, the wind of its hours as arrows, the cone upwind, the candidates. SVG as text.

North is up; 1, 3 and 5 km are circles. Candidates bear their rank; who they are stands beside the sketch, or below it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from include.language import say
from include.periods import moment_label
from include.suspects.kinds import UNLISTED, direction
from include.suspects.wording import LEVELS, suspect_name

_SIZE: Final = 480  # pixels
_MIDDLE: Final = _SIZE / 2
_REACH_KM: Final = 6.0
_ROW: Final = 18  # pixels of a line of the legend
_COLOURS: Final = {"high": "#b3261e", "medium": "#b26a00", "low": "#5f6368"}
_OUTSIDE: Final = "#bdc1c6"  # struck out, or outside the hour's cone
_WIND: Final = "#1a73e8"
_SMALL: Final = 26  # text of a sketch that is shown small
Suspect = Mapping[str, Any]
Hour = Mapping[str, Any]


def sketch(suspects: Sequence[Suspect], hours: Sequence[Hour], *, with_names: bool = False) -> str:
    """All hours together; each hour's cone opens by its spread, the stronger the more the hour weighs."""
    listed = [one for one in suspects if one["kind"] != UNLISTED]
    marks = [_mark(one, _OUTSIDE if _is_struck(one) else _COLOURS[one["level"]], 11) for one in listed]
    legend = [_legend(row, one) for row, one in enumerate(listed)] if with_names else []
    return _drawn(
        say("<title>疑似来源示意（建议核查）</title>"),
        [_cone(one) for one in hours if one["wind_from_deg"] is not None],
        [*marks, *legend],
        height=_SIZE + _ROW * len(legend),
    )


def hour_sketches(suspects: Sequence[Suspect], hours: Sequence[Hour]) -> list[tuple[str, str]]:
    """One small sketch an hour, with its caption: the candidates that lie in that hour's cone in their colours, the others grey."""
    listed = [one for one in suspects if one["kind"] != UNLISTED]
    found = []
    for hour in hours:
        caption = hour_words(hour)
        cone = [] if hour["wind_from_deg"] is None else [_cone(hour)]
        marks = [
            _mark(
                one,
                _COLOURS[one["level"]] if not _is_struck(one) and is_in_cone(one, hour) else _OUTSIDE,
                _SMALL,
            )
            for one in listed
        ]
        found.append((caption, _drawn(f"<title>{escape(caption)}</title>", cone, marks)))
    return found


def hour_words(hour: Hour) -> str:
    """`3月7日7时 西南风0.8米/秒，权重62%`; an hour without a direction says so."""
    moment = moment_label(datetime.fromisoformat(str(hour["hour"])))
    if hour["masts"] == 0:
        wind = say("无可用风向")
    elif hour["wind_from_deg"] is None:
        wind = say("静风或风向不定")
    else:
        angle = math.radians(float(hour["wind_from_deg"]))
        wind = say(
            "{direction}风{speed:.1f}米/秒",
            direction=say(direction(math.sin(angle), math.cos(angle))),
            speed=float(hour["wind_speed_m_s"]),
        )
    return say("{moment} {wind}，权重{share}%", moment=moment, wind=wind, share=round(100 * hour["weight"]))


def is_in_cone(suspect: Suspect, hour: Hour) -> bool:
    """Whether it lies, from the grid's centre, within the spread of the hour's wind; nothing does without a direction."""
    if hour["wind_from_deg"] is None:
        return False
    bearing = math.degrees(math.atan2(float(suspect["east_km"]), float(suspect["north_km"])))
    turned = (bearing - float(hour["wind_from_deg"]) + 180.0) % 360.0 - 180.0
    return abs(turned) <= _half_deg(hour)


def _drawn(title: str, below: Sequence[str], above: Sequence[str], height: int = _SIZE) -> str:
    """The sheet with its circles and the cross of the grid's centre."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {height}" role="img" font-family="sans-serif" font-size="11">',
        title,
        f'<rect width="{_SIZE}" height="{height}" fill="#fff"/>',
    ]
    for km in (1, 3, 5):
        radius = km / _REACH_KM * _MIDDLE
        parts.append(f'<circle cx="{_MIDDLE}" cy="{_MIDDLE}" r="{radius:.1f}" fill="none" stroke="#dadce0"/>')
        parts.append(f'<text x="{_MIDDLE + 3}" y="{_MIDDLE - radius - 2:.1f}" fill="#80868b">{km} km</text>')
    parts += [*below, *above]
    parts.append(
        f'<path d="M{_MIDDLE - 6} {_MIDDLE}h12M{_MIDDLE} {_MIDDLE - 6}v12" stroke="#202124" stroke-width="2"/>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _is_struck(one: Suspect) -> bool:
    return bool(one.get("verdict") == "struck")


def _half_deg(hour: Hour) -> float:
    """Half the cone's width."""
    return min(float(hour["spread_deg"]), 75.0)


def _point(east_km: float, north_km: float) -> tuple[float, float]:
    scale = _MIDDLE / _REACH_KM
    return _MIDDLE + east_km * scale, _MIDDLE - north_km * scale


def _towards(bearing_deg: float, km: float) -> tuple[float, float]:
    return _point(km * math.sin(math.radians(bearing_deg)), km * math.cos(math.radians(bearing_deg)))


def _cone(hour: Hour) -> str:
    """The sector from which the smoke of one hour came, and an arrow along the wind."""
    origin, half = float(hour["wind_from_deg"]), _half_deg(hour)
    (x1, y1), (x2, y2) = _towards(origin - half, 5.0), _towards(origin + half, 5.0)
    radius = 5 / _REACH_KM * _MIDDLE
    opacity = 0.05 + 0.25 * float(hour["weight"])
    return (
        f'<g><title>{escape(hour_words(hour))}</title><path d="M{_MIDDLE} {_MIDDLE}L{x1:.1f} {y1:.1f}A{radius:.1f} {radius:.1f} 0 0 1 '
        f'{x2:.1f} {y2:.1f}Z" fill="{_WIND}" fill-opacity="{opacity:.3f}"/>{_arrow(origin)}</g>'
    )


def _arrow(origin_deg: float) -> str:
    """From outside the circles towards the centre, its head where the wind blows to."""
    (x1, y1), (x2, y2) = _towards(origin_deg, 5.7), _towards(origin_deg, 4.5)
    angle = math.atan2(y2 - y1, x2 - x1)
    barbs = [(x2 - 11 * math.cos(angle + turn), y2 - 11 * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(x2, y2), *barbs])
    return (
        f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_WIND}" stroke-width="2.5"/>'
        f'<polygon points="{corners}" fill="{_WIND}"/>'
    )


def _mark(one: Suspect, colour: str, size: int) -> str:
    x, y = _point(float(one["east_km"]), float(one["north_km"]))
    radius = (3 + 6 * float(one["score"])) * (1.6 if size == _SMALL else 1.0)
    return (
        f'<g><title>{escape(_told(one))}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"/>'
        f'<text x="{x + radius + 2:.1f}" y="{y + size / 3:.1f}" font-size="{size}" fill="{colour}" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{one["rank"]}</text></g>'
    )


def _legend(row: int, one: Suspect) -> str:
    colour = _OUTSIDE if _is_struck(one) else _COLOURS[one["level"]]
    name = escape(f"{one['rank']} {_told(one)}")
    return f'<text x="8" y="{_SIZE + _ROW * row + 12}" fill="{colour}">{name}</text>'


def _told(one: Suspect) -> str:
    return say(
        "{name}（疑似，{level}，{score:.2f}）",
        name=suspect_name(one),
        level=say(LEVELS[one["level"]]),
        score=one["score"],
    )

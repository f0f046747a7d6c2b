"""A sketch of an alarm: the grid's centre, the wind of every hour as an arrow, the cone upwind, the candidates. SVG as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from include.language import say
from include.suspects.kinds import UNLISTED
from include.suspects.wording import LEVELS, suspect_name

_SIZE: Final = 480  # pixels
_REACH_KM: Final = 6.0
_COLOURS: Final = {"high": "#b3261e", "medium": "#b26a00", "low": "#5f6368"}


def sketch(suspects: Sequence[Mapping[str, Any]], hours: Sequence[Mapping[str, Any]]) -> str:
    """North is up; 1, 3 and 5 km are circles; each hour's cone opens by its spread, the stronger the more the hour weighs."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}" role="img" font-family="sans-serif" font-size="11">',
        say("<title>疑似来源示意（建议核查）</title>"),
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="#fff"/>',
    ]
    for km in (1, 3, 5):
        radius = km / _REACH_KM * _SIZE / 2
        parts.append(
            f'<circle cx="{_SIZE / 2}" cy="{_SIZE / 2}" r="{radius:.1f}" fill="none" stroke="#dadce0"/>'
        )
        parts.append(
            f'<text x="{_SIZE / 2 + 3}" y="{_SIZE / 2 - radius - 2:.1f}" fill="#80868b">{km} km</text>'
        )
    parts += [_cone(one) for one in hours if one["wind_from_deg"] is not None]
    parts += [_mark(one) for one in suspects if one["kind"] != UNLISTED]
    parts.append(
        f'<path d="M{_SIZE / 2 - 6} {_SIZE / 2}h12M{_SIZE / 2} {_SIZE / 2 - 6}v12" stroke="#202124" stroke-width="2"/>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _point(east_km: float, north_km: float) -> tuple[float, float]:
    scale = _SIZE / 2 / _REACH_KM
    return _SIZE / 2 + east_km * scale, _SIZE / 2 - north_km * scale


def _cone(hour: Mapping[str, Any]) -> str:
    """The sector from which the smoke of one hour came, and an arrow along the wind."""
    origin, spread = float(hour["wind_from_deg"]), min(float(hour["spread_deg"]), 75.0)
    edge = [
        _point(5 * math.sin(math.radians(origin + turn)), 5 * math.cos(math.radians(origin + turn)))
        for turn in (-spread, spread)
    ]
    radius = 5 / _REACH_KM * _SIZE / 2
    (x1, y1), (x2, y2) = edge
    tail = _point(5.4 * math.sin(math.radians(origin)), 5.4 * math.cos(math.radians(origin)))
    head = _point(4.6 * math.sin(math.radians(origin)), 4.6 * math.cos(math.radians(origin)))
    opacity = 0.05 + 0.25 * float(hour["weight"])
    told = escape(f"{str(hour['hour'])[:16]} {origin:.0f}° {float(hour['wind_speed_m_s']):.1f} m/s")
    return (
        f'<g><title>{told}</title><path d="M{_SIZE / 2} {_SIZE / 2}L{x1:.1f} {y1:.1f}A{radius:.1f} {radius:.1f} 0 0 1 {x2:.1f} {y2:.1f}Z" '
        f'fill="#1a73e8" fill-opacity="{opacity:.3f}"/>'
        f'<path d="M{tail[0]:.1f} {tail[1]:.1f}L{head[0]:.1f} {head[1]:.1f}" stroke="#1a73e8" stroke-width="2"/>'
        f'<circle cx="{head[0]:.1f}" cy="{head[1]:.1f}" r="3" fill="#1a73e8"/></g>'
    )


def _mark(one: Mapping[str, Any]) -> str:
    x, y = _point(float(one["east_km"]), float(one["north_km"]))
    colour = "#9aa0a6" if one.get("verdict") == "struck" else _COLOURS[one["level"]]
    name = escape(f"{one['rank']} {suspect_name(one)}")
    title = escape(
        say(
            "{name}（疑似，{level}，{score:.2f}）",
            name=suspect_name(one),
            level=LEVELS[one["level"]],
            score=one["score"],
        )
    )
    return (
        f'<g><title>{title}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 6 * float(one["score"]):.1f}" fill="{colour}"/>'
        f'<text x="{x + 7:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text></g>'
    )

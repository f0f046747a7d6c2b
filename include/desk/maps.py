"""Outlines as SVG paths, drawn here: no tile server, no script. Every map that uses them carries `boundaries.map_notice()`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from typing import Any, Final

from shapely import maximum_inscribed_circle

from include.desk.map_layers import Box
from include.geo.boundaries import city_outlines

_WIDTH: Final = 1000.0
_MARGIN_DEG: Final = 0.05
_SIMPLER_DEG: Final = 0.01  # about a pixel of the region's map
_NEARLY: Final = 0.9  # as wide a circle


@dataclass(frozen=True)
class Shape:
    """One outline: its path, and where its name fits best."""

    code: str
    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Map:
    """Outlines in one picture; `place` puts a point into it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    west: float
    north: float
    scale: float
    squeeze: float

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point (degrees WGS84) lies in the picture."""
        return round((lon - self.west) * self.scale * self.squeeze, 1), round(
            (self.north - lat) * self.scale, 1
        )


@cache
def region_map(unit_codes: tuple[str, ...]) -> Map:
    """The cities of the region; a city without an outline is missing."""
    outlines = city_outlines(unit_codes)
    shapes = [
        (str(code), "", shape.simplify(_SIMPLER_DEG))
        for code, shape in zip(outlines["unit_code"], outlines.geometry, strict=True)
    ]
    return _drawn(shapes)


@cache
def unit_box(unit_code: str) -> Box | None:
    """The box around a unit's outlines, or None where there are none."""
    own = city_outlines([unit_code])
    if own.empty:
        return None
    west, south, east, north = (round(float(side), 4) for side in own.total_bounds)
    return Box(west, south, east, north)


def _drawn(shapes: Iterable[tuple[str, str, Any]]) -> Map:
    rows = list(shapes)
    if not rows:
        return Map(_WIDTH, 1.0, (), 0.0, 0.0, 1.0, 1.0)
    boxes = [shape.bounds for _, _, shape in rows]
    west, south = min(box[0] for box in boxes) - _MARGIN_DEG, min(box[1] for box in boxes) - _MARGIN_DEG
    east, north = max(box[2] for box in boxes) + _MARGIN_DEG, max(box[3] for box in boxes) + _MARGIN_DEG
    squeeze = cos(radians((south + north) / 2))
    scale = _WIDTH / ((east - west) * squeeze)
    empty = Map(_WIDTH, round((north - south) * scale, 1), (), west, north, scale, squeeze)
    drawn = []
    for code, name, shape in rows:
        drawn.append(Shape(code, name, _path(shape, empty), *empty.place(*_middle(shape))))
    return Map(empty.width, empty.height, tuple(drawn), west, north, scale, squeeze)


def _middle(shape: Any) -> tuple[float, float]:
    """Where a name has room: the middle of the widest circle inside, or the centre of gravity where that is nearly as wide (in a long
    rectangle the widest circle may lie at either end)."""
    circle = maximum_inscribed_circle(shape, tolerance=0.02)
    centre = shape.centroid
    if shape.contains(centre) and shape.boundary.distance(centre) >= _NEARLY * circle.length:
        return float(centre.x), float(centre.y)
    lon, lat = circle.coords[0]
    return lon, lat


def _path(shape: Any, picture: Map) -> str:
    polygons = getattr(shape, "geoms", [shape])
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return "".join(
        "M" + "L".join("{:g},{:g}".format(*picture.place(*point)) for point in ring.coords[:-1]) + "Z"
        for ring in rings
    )

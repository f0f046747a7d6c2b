"""What the maps stand on: outlines as paths, a true scale, a north arrow, names that do not cover each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from math import cos, hypot, pi, radians, sin, sqrt
from typing import Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from shapely import MultiPolygon, maximum_inscribed_circle

from include.geo.boundaries import city_outlines, counties, map_notice
from include.language import say
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import INK
from include.letters.pictures.map_labels import Box
from include.profile.current import office
from include.profile.values import Profile

_SEMI_MAJOR_KM, _ECCENTRICITY_SQUARED = 6378.137, 0.00669437999014  # WGS84
_BAR_KM: Final = (1, 2, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000)
_LEAST_PART: Final = (
    0.03  # of a place's largest part: smaller ones are islets, which would only make the map smaller
)

_SLIVER, _SLIVER_SHOWN = 0.02, 0.1  # shares of a county and of a map
_AS_WIDE: Final = 0.9
LETTERS: Final = "ABC"  # of insets and parts


@dataclass(frozen=True)
class Scale:
    """Millimetres of paper per degree on the middle latitude of a map."""

    east_mm: float
    north_mm: float
    km_mm: float


def city_shape(unit_code: str) -> Any:
    """The outline of a city of this office (EPSG:4326), or None."""
    return _city_shape(office(), unit_code)


def city_middle(unit_code: str) -> tuple[float, float]:
    """The middle of the widest place of a city: where its name fits best."""
    return _city_middle(office(), unit_code)


def county_shapes(unit_code: str) -> tuple[tuple[str, Any, tuple[float, float]], ...]:
    """Name, outline (EPSG:4326) and widest place of each county, the largest first."""
    return _county_shapes(office(), unit_code)


@cache
def _city_shape(_office: Profile, unit_code: str) -> Any:
    found = city_outlines([unit_code])
    return without_islets(found.geometry.iloc[0].simplify(0.005)) if len(found) else None


@cache
def _city_middle(_office: Profile, unit_code: str) -> tuple[float, float]:
    return wide_middle(city_shape(unit_code), 0.02)


@cache
def _county_shapes(_office: Profile, unit_code: str) -> tuple[tuple[str, Any, tuple[float, float]], ...]:
    found = counties([unit_code])
    rows = [
        (name, shape, wide_middle(shape, 0.005))
        for name, shape in zip(
            found["county_name"], map(without_islets, found.geometry.simplify(0.002)), strict=True
        )
    ]
    return tuple(sorted(rows, key=lambda row: -row[1].area))


def wide_middle(shape: Any, tolerance: float) -> tuple[float, float]:
    """The middle of a shape where it is about as wide there as anywhere; else the middle of its widest place. Everything in degrees."""
    (x, y), edge = maximum_inscribed_circle(shape, tolerance=tolerance).coords
    middle = shape.centroid
    radius = shapely.distance(shapely.Point(x, y), shapely.Point(edge))
    is_wide = shape.contains(middle) and shape.boundary.distance(middle) >= _AS_WIDE * radius
    return (middle.x, middle.y) if is_wide else (x, y)


def named_places(
    shown: Box, shapes: Sequence[Any], grids: Sequence[Box]
) -> list[tuple[str, tuple[float, float]]]:
    """The counties (see `county_shapes`) of a map with the widest place of what it shows of them beside its grids: those with grids first,
    then the smaller ones. A sliver, of the county and of the map, has no name."""
    frame = shapely.box(*shown)
    cells = [shapely.box(*box) for box in grids]
    filled = shapely.unary_union(cells)
    found = []
    for name, shape, middle in shapes:
        seen = shapely.intersection(shape, frame)
        if seen.area < min(_SLIVER * shape.area, _SLIVER_SHOWN * frame.area):
            continue
        count = int(shapely.intersects(shape, cells).sum()) if cells else 0
        free = seen.difference(filled) if count else seen
        is_known = not count and shapely.contains_xy(frame, *middle)
        place = middle if is_known or free.is_empty else wide_middle(free, 0.01)
        found.append((-count, seen.area, name, place))
    return [(name, place) for _, _, name, place in sorted(found)]


def without_islets(shape: Any) -> Any:
    """The shape without parts that are much smaller than its largest one."""
    parts = list(getattr(shape, "geoms", [shape]))
    largest = max(part.area for part in parts)
    kept = [part for part in parts if part.area >= _LEAST_PART * largest]
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)


def outline_path(shapes: Iterable[Any]) -> Outline:
    """All rings of polygons, single or several, as one path: holes stay holes."""
    rings = shapely.get_rings(shapely.get_parts(list(shapes)))
    places, sizes = shapely.get_coordinates(rings), shapely.get_num_coordinates(rings)
    ends = np.cumsum(sizes)
    codes = np.full(len(places), Outline.LINETO, Outline.code_type)
    codes[ends - sizes], codes[ends - 1] = Outline.MOVETO, Outline.CLOSEPOLY
    return Outline(places, codes)


def whole_box(boxes: Sequence[Box], margin_deg: float) -> Box:
    """The box around all boxes with a margin on each side."""
    west, south, east, north = (list(side) for side in zip(*boxes, strict=True))
    return min(west) - margin_deg, min(south) - margin_deg, max(east) + margin_deg, max(north) + margin_deg


def degree_km(latitude: float) -> tuple[float, float]:
    """Kilometres of one degree to the east and to the north at a latitude (WGS84)."""
    curve = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    normal = _SEMI_MAJOR_KM / sqrt(curve)
    return (
        radians(normal * cos(radians(latitude))),
        radians(normal * (1 - _ECCENTRICITY_SQUARED) / curve),
    )


def fitted(box: Box, width_mm: float, highest_mm: float) -> tuple[Scale, float]:
    """The largest scale that shows the box in the width and height, and the height that it then takes."""
    west, south, east, north = box
    east_km, north_km = degree_km((south + north) / 2)
    km_mm = min(width_mm / ((east - west) * east_km), highest_mm / ((north - south) * north_km))
    return Scale(east_km * km_mm, north_km * km_mm, km_mm), (north - south) * north_km * km_mm


def widened(box: Box, width_mm: float, height_mm: float, scale: Scale) -> Box:
    """The same middle, but as wide and high as the paper is."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    across, up = width_mm / scale.east_mm / 2, height_mm / scale.north_mm / 2
    return x - across, y - up, x + across, y + up


def paper_over(figure: Figure) -> Axes:
    """Axes over the whole picture with millimetres as their unit: for scale bar, legend and notes."""
    paper = plain_axes(figure, (0, 0, 1, 1))
    paper.set_axis_off()
    paper.set_xlim(0, figure.get_figwidth() * 25.4)
    paper.set_ylim(0, figure.get_figheight() * 25.4)
    return paper


def spread(places: Sequence[tuple[float, float]], scale: Scale, apart_mm: float) -> list[tuple[float, float]]:
    """The places (degrees) of marks, moved as little as it takes for each to be seen beside those before it."""
    found: list[tuple[float, float]] = []
    for x, y in places:
        found.append(
            next(
                at
                for at in _around(x, y, scale, apart_mm)
                if all(
                    hypot((at[0] - a) * scale.east_mm, (at[1] - b) * scale.north_mm) >= apart_mm
                    for a, b in found
                )
            )
        )
    return found


def _around(x: float, y: float, scale: Scale, step_mm: float) -> Iterator[tuple[float, float]]:
    """The place itself, then places ever farther around it."""
    yield x, y
    for ring in count(1):
        for turn in range(8 * ring):
            angle, far = pi * turn / (4 * ring), 0.5 * ring * step_mm
            yield x + far * cos(angle) / scale.east_mm, y + far * sin(angle) / scale.north_mm


def draw_frame(axes: Axes, letter: str) -> None:
    """The frame of one of several maps, with its letter in the upper left corner."""
    for side in axes.spines.values():
        side.set(visible=True, color=INK, linewidth=0.8)
    axes.text(
        0.01,
        0.99,
        letter,
        transform=axes.transAxes,
        size=8,
        va="top",
        ha="left",
        zorder=9,
        bbox={"facecolor": "white", "edgecolor": INK, "linewidth": 0.6, "boxstyle": "square,pad=0.15"},
    )


def draw_notes(paper: Axes, note: str) -> None:
    """The line at the foot of a map: the source on the left, `boundaries.map_notice` on the right."""
    paper.text(1, 1, note, ha="left", va="bottom", size=7.5, color=INK)
    paper.text(paper.get_xlim()[1] - 1, 1, map_notice(), ha="right", va="bottom", size=7.5, color=INK)


def draw_scale_bar(paper: Axes, left_mm: float, bottom_mm: float, longest_mm: float, scale: Scale) -> None:
    """A bar of a round number of kilometres; `paper` has millimetres as its unit."""
    length = max((km for km in _BAR_KM if km * scale.km_mm <= longest_mm), default=_BAR_KM[0])
    right = left_mm + length * scale.km_mm
    middle = (left_mm + right) / 2
    for start, end, colour in ((left_mm, middle, INK), (middle, right, "white")):
        paper.fill(
            [start, end, end, start],
            [bottom_mm, bottom_mm, bottom_mm + 1.2, bottom_mm + 1.2],
            facecolor=colour,
            edgecolor=INK,
            linewidth=0.6,
        )
    for place, words in ((left_mm, "0"), (right, f"{length} km")):
        paper.text(
            place, bottom_mm + 1.8, words, ha="center" if words == "0" else "right", va="bottom", size=7
        )


def draw_small_scale(paper: Axes, left_mm: float, bottom_mm: float, longest_mm: float, scale: Scale) -> None:
    """The same on one line, for an inset: a bar, and its length beside it."""
    length = max((km for km in _BAR_KM if km * scale.km_mm <= longest_mm), default=_BAR_KM[0])
    right = left_mm + length * scale.km_mm
    paper.plot(
        [left_mm, left_mm, right, right],
        [bottom_mm + 1.2, bottom_mm, bottom_mm, bottom_mm + 1.2],
        color=INK,
        linewidth=0.8,
    )
    paper.text(right + 1, bottom_mm - 0.4, f"{length} km", ha="left", va="bottom", size=7)


def draw_north_arrow(paper: Axes, middle_mm: float, bottom_mm: float) -> None:
    """An arrow to the north, 8 mm high: the maps have north at the top."""
    low, high = bottom_mm, bottom_mm + 6
    for side, colour in ((-1.6, INK), (1.6, "white")):
        paper.fill(
            [middle_mm, middle_mm + side, middle_mm],
            [high, low, low + 1.6],
            facecolor=colour,
            edgecolor=INK,
            linewidth=0.6,
        )
    paper.text(middle_mm, high + 0.3, say("北"), ha="center", va="bottom", size=8)

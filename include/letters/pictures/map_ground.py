"""What the maps stand on: outlines as paths, a true scale, a north arrow, names that do not cover each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, radians, sin, sqrt
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from shapely import maximum_inscribed_circle

from include.geo.boundaries import city_outlines, counties, map_notice
from include.language import say
from include.letters.pictures.chart_style import INK

HALO: Final[list[Any]] = [withStroke(linewidth=2.2, foreground="white")]
Box = tuple[float, float, float, float]  # west, south, east, north
_SEMI_MAJOR_KM, _ECCENTRICITY_SQUARED = 6378.137, 0.00669437999014  # WGS84
_BAR_KM: Final = (5, 10, 20, 30, 50, 100, 200, 300)
_MM_PER_PT: Final = 25.4 / 72
_NAME_PT: Final = 7.0
_FARTHEST_MM: Final = 15.0  # that a name is moved from the middle of its county
_DIRECTIONS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))


@dataclass(frozen=True)
class Scale:
    """Millimetres of paper per degree on the middle latitude of a map."""

    east_mm: float
    north_mm: float
    km_mm: float


@dataclass(frozen=True)
class Name:
    """A county's name where it fits, and the middle of the county that a line leads to when it stands elsewhere."""

    text: str
    at: tuple[float, float]
    middle: tuple[float, float]
    is_moved: bool


@cache
def city_shape(unit_code: str) -> Any:
    """The outline of a city (EPSG:4326), or None."""
    found = city_outlines([unit_code])
    return found.geometry.iloc[0].simplify(0.005) if len(found) else None


@cache
def city_middle(unit_code: str) -> tuple[float, float]:
    """The middle of the widest place of a city: where its name fits best."""
    x, y = maximum_inscribed_circle(city_shape(unit_code), tolerance=0.02).coords[0]
    return x, y


@cache
def county_shapes(unit_code: str) -> tuple[tuple[str, Any, tuple[float, float]], ...]:
    """Name, outline (EPSG:4326) and widest place of each county, the largest first."""
    found = counties([unit_code])
    rows = [
        (name, shape, maximum_inscribed_circle(shape, tolerance=0.005).coords[0])
        for name, shape in zip(found["county_name"], found.geometry.simplify(0.002), strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -row[1].area))


def outline_path(shapes: Iterable[Any]) -> Outline:
    """All rings of polygons, single or several, as one path: holes stay holes."""
    polygons = [polygon for shape in shapes for polygon in getattr(shape, "geoms", [shape])]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Outline.make_compound_path(*(Outline(list(ring.coords), closed=True) for ring in rings))


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


def paper_over(figure: Figure) -> Axes:
    """Axes over the whole picture with millimetres as their unit: for scale bar, legend and notes."""
    paper = figure.add_axes((0, 0, 1, 1))
    paper.set_axis_off()
    paper.set_xlim(0, figure.get_figwidth() * 25.4)
    paper.set_ylim(0, figure.get_figheight() * 25.4)
    return paper


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


def placed_names(
    places: Iterable[tuple[str, tuple[float, float]]],
    box: Box,
    scale: Scale,
    taken: Sequence[tuple[float, float]],
    mark_mm: float = 2.0,
) -> list[Name]:
    """Each name at its place (degrees), or moved so that it covers no other name and none of the `taken` places, whose marks reach
    `mark_mm` to each side.

    Earlier names have the choice. One that fits nowhere near stays at its place.
    """
    west, south, east, north = box
    limits = ((east - west) * scale.east_mm, (north - south) * scale.north_mm)
    half = _NAME_PT * _MM_PER_PT / 2
    occupied = [
        ((x - west) * scale.east_mm, (y - south) * scale.north_mm, mark_mm, mark_mm) for x, y in taken
    ]
    names = []
    for text, (x, y) in places:
        middle = ((x - west) * scale.east_mm, (y - south) * scale.north_mm)
        size = (half * len(text) + 0.4, half + 0.3)
        at = next((at for at in _places_near(middle) if _is_free(at, size, occupied, limits)), middle)
        occupied.append((*at, *size))
        distance = hypot(at[0] - middle[0], at[1] - middle[1])
        names.append(
            Name(
                text,
                (west + at[0] / scale.east_mm, south + at[1] / scale.north_mm),
                (x, y),
                distance > 4.5,
            )
        )
    return names


def draw_names(axes: Axes, names: Sequence[Name]) -> None:
    """The names with a light edge, and a thin line from those that stand outside their county."""
    for name in names:
        if name.is_moved:
            axes.plot(*zip(name.middle, name.at, strict=True), color=INK, linewidth=0.5, zorder=6)
            axes.plot(*name.middle, marker="o", markersize=1.6, color=INK, zorder=6)
        axes.text(
            *name.at,
            name.text,
            size=_NAME_PT,
            ha="center",
            va="center",
            path_effects=HALO,
            zorder=7,
        )


def _places_near(middle: tuple[float, float]) -> Iterable[tuple[float, float]]:
    yield middle
    step = 1.5
    while step <= _FARTHEST_MM:
        for east, north in _DIRECTIONS:
            stretch = step / hypot(east, north)
            yield middle[0] + east * stretch, middle[1] + north * stretch
        step += 1.5


def _is_free(
    at: tuple[float, float],
    size: tuple[float, float],
    occupied: Sequence[tuple[float, float, float, float]],
    limits: tuple[float, float],
) -> bool:
    (x, y), (width, height) = at, size
    if not (width <= x <= limits[0] - width and height <= y <= limits[1] - height):
        return False
    return all(
        abs(x - other_x) >= width + other_width or abs(y - other_y) >= height + other_height
        for other_x, other_y, other_width, other_height in occupied
    )

"""Names on a map: each where it covers no other name and no mark, by priority; far ones with a line, those without room by a number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any, Final

import shapely
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from include.letters.document.manuscript import width_em
from include.letters.pictures.chart_style import INK

HALO: Final[list[Any]] = [withStroke(linewidth=2.2, foreground="white")]
NAME_PT: Final = 7.0
Box = tuple[float, float, float, float]  # west, south, east, north
Place = tuple[float, float]
_NO_HOMES: Final[Mapping[str, Any]] = {}
_MM_PER_PT: Final = 25.4 / 72
_GAP_MM: Final = 0.4  # between a name and what stands beside it
_LINE_HEIGHT: Final = 1.15  # of the type's size
_MOVED_MM: Final = 4.5  # a name farther from its place than this has a line to it
_FARTHEST_MM: Final = 16.0
_STEP_MM: Final = 1.5
_DIRECTIONS: Final = (
    (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 1), (-2, 1), (2, -1), (-2, -1),
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name where it fits (degrees). `middle`: the place that it names; `line_end`: where a line from there meets the name, or None.
    `number`: not 0 where a number stands for the name, which a list then explains."""

    text: str
    at: Place
    middle: Place
    line_end: Place | None = None
    number: int = 0

    @property
    def shown(self) -> str:
        """What stands on the map."""
        return str(self.number) if self.number else self.text


def placed_names(
    places: Iterable[tuple[str, Place]],
    box: Box,
    scale: Any,
    taken: Sequence[Place],
    mark_mm: float = 2.0,
    *,
    size_pt: float = NAME_PT,
    avoided: Sequence[Box] = (),
    homes: Mapping[str, Any] = _NO_HOMES,
) -> list[Name]:
    """Each name at its place, or moved so that it covers no other name and none of the `taken` places, whose marks reach `mark_mm` to each
    side; where there is a choice, none of the boxes `avoided` either. `scale` has the millimetres of a degree. `homes`: shapes of the places by
    name (degrees); a name whose middle would lie outside its own has a line to it, or stands elsewhere.

    Earlier names have the choice. One that fits nowhere near gets a number, which a list explains; one whose number has no room either is left out.
    """
    paper = _Paper(box, scale, taken, mark_mm, avoided)
    names: list[Name] = []
    for text, place in places:
        middle = paper.mm(place)
        home = paper.shape_mm(homes[text]) if text in homes else None
        found = paper.free_place(middle, _size(text, size_pt), home)
        number = 0
        if found is None:
            number = 1 + sum(bool(name.number) for name in names)
            found = paper.free_place(middle, _size(str(number), size_pt), home)
        if found is None:
            continue
        size = _size(str(number) if number else text, size_pt)
        line_end = _line_end(middle, found, size, home)
        paper.occupy(found, size, None if line_end is None else (middle, line_end))
        end = None if line_end is None else paper.degrees(line_end)
        names.append(Name(text, paper.degrees(found), place, end, number))
    return names


def draw_names(axes: Axes, names: Sequence[Name], size_pt: float = NAME_PT) -> None:
    """The names with a light edge, and a thin line to those that stand outside their county."""
    for name in names:
        if name.line_end is not None:
            axes.plot(*zip(name.middle, name.line_end, strict=True), color=INK, linewidth=0.5, zorder=6)
            axes.plot(*name.middle, marker="o", markersize=1.6, color=INK, zorder=6)
        axes.text(*name.at, name.shown, size=size_pt, ha="center", va="center", path_effects=HALO, zorder=7)


def listed_names(names: Sequence[Name]) -> list[str]:
    """What the numbers on the map stand for: `1 长安区`."""
    return [f"{name.number} {name.text}" for name in names if name.number]


class _Paper:
    """What is taken on the paper of a map, in millimetres from its lower left corner."""

    def __init__(
        self, box: Box, scale: Any, taken: Sequence[Place], mark_mm: float, avoided: Sequence[Box]
    ) -> None:
        self._corner, self._scale = (box[0], box[1]), scale
        self._limits = ((box[2] - box[0]) * scale.east_mm, (box[3] - box[1]) * scale.north_mm)
        self._occupied = [(*self.mm(place), mark_mm, mark_mm) for place in taken]
        self._lines: list[Any] = []
        self._names: list[Any] = []
        corners = [(*self.mm((west, south)), *self.mm((east, north))) for west, south, east, north in avoided]
        self._avoided = shapely.STRtree([shapely.box(*one) for one in corners])

    def mm(self, place: Place) -> Place:
        west, south = self._corner
        return (place[0] - west) * self._scale.east_mm, (place[1] - south) * self._scale.north_mm

    def degrees(self, at: Place) -> Place:
        west, south = self._corner
        return west + at[0] / self._scale.east_mm, south + at[1] / self._scale.north_mm

    def shape_mm(self, shape: Any) -> Any:
        """A shape of degrees on the paper; prepared for many questions."""
        (west, south), scale = self._corner, self._scale
        moved = shapely.transform(shape, lambda at: (at - (west, south)) * (scale.east_mm, scale.north_mm))
        shapely.prepare(moved)
        return moved

    def free_place(self, middle: Place, size: Place, home: Any = None) -> Place | None:
        """The nearest free place, one in its `home` before others, one over no avoided box before one over some; None where there is none
        near."""
        free: Iterator[Place] = (at for at in _places_near(middle) if self._is_free(at, size, middle, home))
        if home is not None:
            free = iter(sorted(free, key=lambda at: not shapely.contains_xy(home, *at)))
        first = next(free, None)
        if first is None or not self._is_over(first, size):
            return first
        return next((at for at in free if not self._is_over(at, size)), first)

    def occupy(self, at: Place, size: Place, line: tuple[Place, Place] | None) -> None:
        self._occupied.append((*at, *size))
        self._names.append(_rectangle(at, size))
        if line is not None:
            self._lines.append(shapely.LineString(line))

    def _is_over(self, at: Place, size: Place) -> bool:
        return len(self._avoided.query(_rectangle(at, size), predicate="intersects")) > 0

    def _is_free(self, at: Place, size: Place, middle: Place, home: Any) -> bool:
        (x, y), (width, height) = at, size
        if not (width <= x <= self._limits[0] - width and height <= y <= self._limits[1] - height):
            return False
        if any(
            abs(x - other_x) < width + other_width and abs(y - other_y) < height + other_height
            for other_x, other_y, other_width, other_height in self._occupied
        ):
            return False
        if any(line.intersects(_rectangle(at, size)) for line in self._lines):
            return False
        end = _line_end(middle, at, size, home)
        if end is None:
            return home is None or shapely.contains_xy(home, *at)
        line = shapely.LineString((middle, end))
        return not any(line.intersects(name) for name in self._names)


def _rectangle(at: Place, size: Place) -> Any:
    return shapely.box(at[0] - size[0], at[1] - size[1], at[0] + size[0], at[1] + size[1])


def _size(text: str, size_pt: float) -> Place:
    """Half the width and height of a name with its gap, in millimetres."""
    em_mm = size_pt * _MM_PER_PT
    lines = text.split("\n")
    width = max(width_em(line) + 0.1 * sum(char < "\x7f" for char in line) for line in lines)
    return em_mm * width / 2 + _GAP_MM, em_mm * _LINE_HEIGHT * len(lines) / 2 + _GAP_MM


def _line_end(middle: Place, at: Place, size: Place, home: Any = None) -> Place | None:
    """Where a line from the middle of a place meets the edge of its name; None where the name stands near enough, or in its `home`."""
    across, up = middle[0] - at[0], middle[1] - at[1]
    if abs(across) < size[0] and abs(up) < size[1]:
        return None
    is_near = hypot(across, up) <= _MOVED_MM if home is None else shapely.contains_xy(home, *at)
    if is_near:
        return None
    share = min(size[0] / abs(across) if across else 9e9, size[1] / abs(up) if up else 9e9)
    return at[0] + across * share, at[1] + up * share


def _places_near(middle: Place) -> Iterator[Place]:
    yield middle
    step = _STEP_MM
    while step <= _FARTHEST_MM:
        for east, north in _DIRECTIONS:
            stretch = step / hypot(east, north)
            yield middle[0] + east * stretch, middle[1] + north * stretch
        step += _STEP_MM

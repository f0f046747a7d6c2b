"""Names on a map: each where it covers no other name and no mark, by priority; far ones with a line, those without room by a number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import hypot
from string import ascii_lowercase
from typing import Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from include.letters.document.manuscript import width_em
from include.letters.pictures.chart_style import INK

HALO: Final[list[Any]] = [withStroke(linewidth=2.2, foreground="white")]
NAME_PT: Final = 7.0
Box = tuple[float, float, float, float]  # west, south, east, north
Place = tuple[float, float]
_MM_PER_PT: Final = 25.4 / 72
_FINE_MM: Final = 0.3  # of a shape that names keep to
_GAP_MM: Final = 0.4  # between a name and what stands beside it
_LINE_HEIGHT: Final = 1.15  # of the type's size
_MOVED_MM: Final = 4.5  # a name farther from its place than this has a line to it
_FARTHEST_MM: Final = 16.0
_STEP_MM: Final = 1.5
_NEAREST: Final = 13  # free places that are tried first: most names need no other
_INSIDE, _WELL_INSIDE = (
    0.7,
    0.95,
)  # of a name: how much of it must, and how much need not more, lie in its own shape
_DIRECTIONS: Final = (
    (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 1), (-2, 1), (2, -1), (-2, -1),
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name where it fits (degrees). `middle`: the place that it names; `line_end`: where a line from there meets the name, or None.
    `number`: not 0 where a number stands for the name, which a list then explains, or with `is_letter` the letter of that number. `order`:
    its place among those that were asked for."""

    text: str
    at: Place
    middle: Place
    line_end: Place | None = None
    number: int = 0
    order: int = 0
    is_letter: bool = False

    @property
    def sign(self) -> str:
        """What stands for the name, if something does."""
        return sign_of(self.number, is_letter=self.is_letter) if self.number else ""

    @property
    def shown(self) -> str:
        """What stands on the map."""
        return self.sign or self.text


def sign_of(number: int, *, is_letter: bool) -> str:
    """1, 2, 3, or a, b, c on a map whose own numbers mean something else."""
    return ascii_lowercase[number - 1] if is_letter and number <= len(ascii_lowercase) else str(number)


@dataclass(frozen=True)
class Homes:
    """Shapes (degrees) that names keep to: each name its own in `own`, in the order of the names; `ground`: all that are drawn. A name lies
    for the most part in its own shape, or outside all of them with a line to it."""

    own: Sequence[Any]
    ground: Sequence[Any]


def placed_names(
    places: Iterable[tuple[str, Place]],
    box: Box,
    scale: Any,
    taken: Sequence[Place],
    mark_mm: float = 2.0,
    *,
    size_pt: float = NAME_PT,
    avoided: Sequence[Box] = (),
    homes: Homes | None = None,
    most_numbers: int = 99,
    numbers_before: int = 0,
    in_letters: bool = False,
) -> list[Name]:
    """Each name at its place, or moved so that it covers no other name, none of the `taken` places, whose marks reach `mark_mm` to each
    side, and none of the boxes `avoided`; see `Homes` for names of shapes. No line crosses a name or a mark. `scale` has the millimetres of
    a degree.

    Earlier names have the choice. One that fits nowhere near gets a number, which a list explains, as long as there are fewer than
    `most_numbers`; they go on from `numbers_before`, are letters if `in_letters`, and may stand on an avoided box. One whose number has no room either is left out.
    """
    paper = _Paper(box, scale, taken, mark_mm, avoided, homes)
    names: list[Name] = []
    for order, (text, place) in enumerate(places):
        middle = paper.mm(place)
        size, number = _size(text, size_pt), 0
        found = paper.free_place(middle, size, order)
        if found is None:
            given = sum(bool(name.number) for name in names)
            if given == most_numbers:
                continue
            number = numbers_before + given + 1
            size = _size(sign_of(number, is_letter=in_letters), size_pt)
            found = paper.free_place(middle, size, order, may_cover=True)
        if found is None:
            continue
        at, line_end = found
        paper.occupy(at, size, None if line_end is None else (middle, line_end))
        end = None if line_end is None else paper.degrees(line_end)
        names.append(Name(text, paper.degrees(at), place, end, number, order, in_letters))
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
    return [f"{name.sign} {name.text}" for name in names if name.number]


class _Paper:
    """What is taken on the paper of a map, in millimetres from its lower left corner."""

    def __init__(
        self,
        box: Box,
        scale: Any,
        taken: Sequence[Place],
        mark_mm: float,
        avoided: Sequence[Box],
        homes: Homes | None,
    ) -> None:
        self._corner, self._scale = (box[0], box[1]), scale
        self._limits = ((box[2] - box[0]) * scale.east_mm, (box[3] - box[1]) * scale.north_mm)
        self._names: list[Any] = []
        self._lines: list[Any] = []
        places = [self.mm(place) for place in taken]
        self._marks = shapely.STRtree([_rectangle(at, (mark_mm, mark_mm)) for at in places])
        self._signs = shapely.STRtree([_rectangle(at, (mark_mm / 2, mark_mm / 2)) for at in places])
        corners = [(*self.mm((west, south)), *self.mm((east, north))) for west, south, east, north in avoided]
        self._avoided = shapely.STRtree([shapely.box(*one) for one in corners])
        self._homes = None if homes is None else [self._shape_mm(shape) for shape in homes.own]
        self._ground = shapely.STRtree([] if homes is None else [self._shape_mm(one) for one in homes.ground])

    def mm(self, place: Place) -> Place:
        west, south = self._corner
        return (place[0] - west) * self._scale.east_mm, (place[1] - south) * self._scale.north_mm

    def degrees(self, at: Place) -> Place:
        west, south = self._corner
        return west + at[0] / self._scale.east_mm, south + at[1] / self._scale.north_mm

    def _shape_mm(self, shape: Any) -> Any:
        (west, south), scale = self._corner, self._scale
        moved = shapely.transform(shape, lambda at: (at - (west, south)) * (scale.east_mm, scale.north_mm))
        return moved.simplify(_FINE_MM)

    def free_place(
        self, middle: Place, size: Place, order: int, *, may_cover: bool = False
    ) -> tuple[Place, Place | None] | None:
        """Middle and end of the line, if it has one, of a name of half that size: the nearest free place, or the one that lies best in its own
        shape; None where there is none near. `may_cover`: an avoided box, where nothing else is free."""
        free = (at for at in _places_near(middle) if self._is_free(at, size))
        if self._homes is None:
            covering = None
            for at in free:
                end = _line_end(middle, at, size, _MOVED_MM)
                if not self._is_untangled(middle, end):
                    continue
                if not self._is_over(at, size):
                    return at, end
                covering = covering or (at, end)
            return covering if may_cover else None
        places: list[Place] = []
        for some, least in ((islice(free, _NEAREST), _WELL_INSIDE), (free, _INSIDE)):
            places += some
            shares = np.minimum(_shares_in(self._homes[order], places, size), _WELL_INSIDE)
            best = int(shares.argmax()) if places else -1
            if places and shares[best] >= least:
                return places[best], None
        outside = ((at, _line_end(middle, at, size, 0.0)) for at in places if self._is_off_ground(at, size))
        return next((one for one in outside if self._is_untangled(middle, one[1])), None)

    def occupy(self, at: Place, size: Place, line: tuple[Place, Place] | None) -> None:
        self._names.append(_rectangle(at, size))
        if line is not None:
            self._lines.append(shapely.LineString(line))

    def _is_over(self, at: Place, size: Place) -> bool:
        return len(self._avoided.query(_rectangle(at, size), predicate="intersects")) > 0

    def _is_off_ground(self, at: Place, size: Place) -> bool:
        return len(self._ground.query(_rectangle(at, size), predicate="intersects")) == 0

    def _is_free(self, at: Place, size: Place) -> bool:
        (x, y), (width, height) = at, size
        if not (width <= x <= self._limits[0] - width and height <= y <= self._limits[1] - height):
            return False
        own = _rectangle(at, size)
        return len(self._marks.query(own)) == 0 and not any(
            own.intersects(other) for other in (*self._names, *self._lines)
        )

    def _is_untangled(self, middle: Place, end: Place | None) -> bool:
        """Whether a line from a middle to there meets no name and no mark but those on which the middle lies."""
        if end is None:
            return True
        line = shapely.LineString((middle, end))
        crossed = {*self._signs.query(line, predicate="intersects")}
        return crossed <= {*self._signs.query(shapely.Point(middle), predicate="intersects")} and not any(
            line.intersects(name) for name in self._names
        )


def text_em(text: str) -> float:
    """The width of a text in parts of its size, not less than it is in the pictures' typeface."""
    return width_em(text) + 0.1 * sum(char < "\x7f" for char in text)


def _rectangle(at: Place, size: Place) -> Any:
    return shapely.box(at[0] - size[0], at[1] - size[1], at[0] + size[0], at[1] + size[1])


def _size(text: str, size_pt: float) -> Place:
    """Half the width and height of a name with its gap, in millimetres."""
    em_mm = size_pt * _MM_PER_PT
    lines = text.split("\n")
    width = max(map(text_em, lines))
    return em_mm * width / 2 + _GAP_MM, em_mm * _LINE_HEIGHT * len(lines) / 2 + _GAP_MM


def _shares_in(home: Any, places: Sequence[Place], size: Place) -> Any:
    """How much of a name at each of the places, without the gap around it, lies in a shape, in parts of the name."""
    x, y = np.array(places).reshape(-1, 2).T
    wide, high = size[0] - _GAP_MM, size[1] - _GAP_MM
    own = shapely.box(x - wide, y - high, x + wide, y + high)
    return shapely.area(shapely.intersection(home, own)) / (4 * wide * high)


def _line_end(middle: Place, at: Place, size: Place, near_mm: float) -> Place | None:
    """Where a line from the middle of a place meets the edge of its name; None where the name stands near enough."""
    across, up = middle[0] - at[0], middle[1] - at[1]
    if (abs(across) < size[0] and abs(up) < size[1]) or hypot(across, up) <= near_mm:
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

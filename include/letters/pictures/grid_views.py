"""What a map of grids shows: the part of the city where the grids are, and insets of places where they stand close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from include.letters.pictures.map_ground import degree_km, whole_box
from include.letters.pictures.map_labels import Box

Boxes = Mapping[str, Box]  # of the grids that can be drawn, by number
_AROUND_KM: Final = 10.0  # what a main map shows around its grids
_NEAR_KM: Final = 7.5  # middles of grids of one cluster are not farther apart than this, one from the next
_LEAST_GRIDS: Final = 4  # of a cluster that gets an inset
_WIDEST_KM: Final = 30.0  # of a cluster that gets an inset: a wider one gains nothing by it
_MOST_INSETS: Final = 3
_WHOLE: Final = 0.75  # of the city's width or height: a view that has this much shows the whole city


@dataclass(frozen=True)
class Views:
    """`main`: what the map shows; `is_part`: whether that is less than the city, so that a picture of the whole belongs beside it;
    `clusters`: where grids stand close, the most grids first."""

    main: Box
    is_part: bool
    clusters: tuple[Box, ...]


def views_of(boxes: Sequence[Box], shapes: Sequence[Any]) -> Views:
    """The views of a city's grids; without grids the whole city. `shapes`: its counties."""
    outlines = [shape.bounds for shape in shapes]
    whole = whole_box([*outlines, *boxes], 0.02) if outlines or boxes else (113.0, 35.0, 117.0, 38.0)
    if not boxes:
        return Views(whole, False, ())
    east_km, north_km = degree_km((whole[1] + whole[3]) / 2)
    west, south, east, north = whole_box(boxes, 0.0)
    around = (
        west - _AROUND_KM / east_km,
        south - _AROUND_KM / north_km,
        east + _AROUND_KM / east_km,
        north + _AROUND_KM / north_km,
    )
    width, height = (around[place + 2] - around[place] for place in (0, 1))
    is_part = width < _WHOLE * (whole[2] - whole[0]) and height < _WHOLE * (whole[3] - whole[1])
    return Views(
        around if is_part or not outlines else whole,
        is_part and bool(outlines),
        _clusters(boxes, east_km, north_km),
    )


def middle_of(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _clusters(boxes: Sequence[Box], east_km: float, north_km: float) -> tuple[Box, ...]:
    """The boxes around grids that stand close, each grid not far from the next one."""
    rest = set(range(len(boxes)))
    middles = [middle_of(box) for box in boxes]
    found: list[list[int]] = []
    while rest:
        ahead = [rest.pop()]
        own: list[int] = []
        while ahead:
            one = ahead.pop()
            own.append(one)
            near = [
                other
                for other in rest
                if abs(middles[one][0] - middles[other][0]) * east_km <= _NEAR_KM
                and abs(middles[one][1] - middles[other][1]) * north_km <= _NEAR_KM
            ]
            rest.difference_update(near)
            ahead += near
        found.append(own)
    wide = [
        (len(own), whole_box([boxes[one] for one in own], 0.0)) for own in found if len(own) >= _LEAST_GRIDS
    ]
    small = [
        (count, box)
        for count, box in wide
        if (box[2] - box[0]) * east_km <= _WIDEST_KM and (box[3] - box[1]) * north_km <= _WIDEST_KM
    ]
    return tuple(box for _, box in sorted(small, key=lambda one: (-one[0], one[1]))[:_MOST_INSETS])

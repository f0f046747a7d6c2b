"""The maps of one city's grids: PM2.5 of the half-month with high-value areas and warning grids, and its change on the year before.

The view is where the grids are (`grid_views`); scale bar and north arrow are true for the middle of the main map. Black and white is enough
to read them: shades differ in lightness, changes carry + or −. The mail has a map of its own: narrower, with fewer names in larger type.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot
from typing import Any, Final

import numpy as np
import shapely
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.patheffects import withStroke

from include.language import say
from include.letters.pictures.chart_style import INK, SHADES, SOFT, styled
from include.letters.pictures.grid_sheet import Panel, Sheet, grid_sheet
from include.letters.pictures.grid_views import Boxes, middle_of
from include.letters.pictures.map_ground import outline_path
from include.letters.words.air_classes import CHANGES, change_class, level_class, level_limits, told_classes
from include.supervision.bulletin_figures import BulletinFigures, HighArea

_NO_FIGURE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "//////"}
_WARNED: Final[dict[str, Any]] = {"marker": "^", "markersize": 6.5, "markeredgecolor": "white", "color": INK}
_AREA_EDGE: Final[list[Any]] = [withStroke(linewidth=3.0, foreground="white")]
_BADGE_MM: Final = 9.0  # an area smaller than this has its number beside it, not on it
_BESIDE_MM: Final = 3.2  # from the edge of such an area to the middle of its number, at least
_CLEAR_MM: Final = 2.2  # around the middle of a number, where no other grid should be
_RIM_MM: Final = 1.9  # from the middle of a number to the circle around it
_SIDES: Final = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
_SIGN_MM: Final = 1.2  # what a sign of a change reaches to each side
_APART_MM: Final = 4.2  # between the middles of two marks
_JOIN_DEG: Final = 0.0004  # cells of one row or column meet only to the sixth decimal


@dataclass(frozen=True)
class _Badge:
    """The number of an area: its middle, and where the line from it ends at the area; None where it stands on it."""

    place: tuple[float, float]
    foot: tuple[float, float] | None = None

    @property
    def taken(self) -> tuple[tuple[float, float], ...]:
        """Places that no name covers: the number itself, and the middle of its line."""
        if self.foot is None:
            return (self.place,)
        return self.place, ((self.place[0] + self.foot[0]) / 2, (self.place[1] + self.foot[1]) / 2)


@styled
def level_map(figures: BulletinFigures) -> Figure:
    """Grids in classes of their half-month mean; high-value areas outlined and numbered, warning grids marked."""
    return _level_sheet(figures, is_for_mail=False)


@styled
def mail_level_map(figures: BulletinFigures) -> Figure:
    """The same for the mail: 90 mm wide, about 350 px on a phone."""
    return _level_sheet(figures, is_for_mail=True)


def _level_sheet(figures: BulletinFigures, *, is_for_mail: bool) -> Figure:
    known = {grid.grid_id: grid.half.pm25_ug_m3 for grid in figures.grids if grid.half.pm25_ug_m3 is not None}
    limits = level_limits(list(known.values())) if known else (0, 0, 0, 0)
    places = {grid_id: level_class(value, limits) for grid_id, value in known.items()}
    boxes = boxes_of(figures)
    warned = [middle_of(boxes[grid_id]) for grid_id in _warned_ids(figures) if grid_id in boxes]
    areas = _areas(figures, boxes)

    @cache
    def badges(panel: Panel) -> dict[int, _Badge]:
        return _badges(panel, areas, warned, boxes)

    def draw(panel: Panel) -> None:
        _fill_grids(panel, boxes, places, SHADES)
        for _, shape in areas:
            _draw_area(panel, shape)
        for number, badge in badges(panel).items():
            _draw_badge(panel, number, badge)
        if inside := [place for place in warned if panel.holds(place)]:
            panel.axes.plot(*zip(*inside, strict=True), linestyle="none", zorder=7, **_WARNED)

    def marks(panel: Panel) -> list[tuple[float, float]]:
        taken = [place for one in badges(panel).values() for place in one.taken]
        return [place for place in (*taken, *warned) if panel.holds(place)]

    handles: list[Any] = [
        Patch(
            facecolor=SHADES[place],
            edgecolor=SOFT,
            linewidth=0.5,
            label=say("{words}（{count}个）", words=words, count=count),
        )
        for place, words, count in told_classes(list(known.values()), limits)
    ]
    handles += _lacking(len(figures.grids) - len(known))
    if areas:
        handles.append(Patch(facecolor="none", edgecolor=INK, linewidth=1.5, label=say("高值区及编号")))
    if warned:
        handles.append(Line2D([], [], linestyle="none", label=say("预警网格"), **_WARNED))
    title = say("PM$_{2.5}$平均浓度\n（μg/m³）")
    return grid_sheet(figures, Sheet(boxes, draw, marks, title, handles, is_for_mail))


@styled
def change_map(figures: BulletinFigures) -> Figure:
    """Grids in classes of their change on the same days of the year before, each with + or −."""
    places = {
        grid.grid_id: change_class(grid.half.yoy_pct)
        for grid in figures.grids
        if grid.half.yoy_pct is not None
    }
    boxes = boxes_of(figures)

    def draw(panel: Panel) -> None:
        _fill_grids(panel, boxes, places, [one.colour for one in CHANGES])
        cell_pt = 3 * panel.scale.km_mm * 72 / 25.4
        for place, look in enumerate(CHANGES):
            middles = [middle_of(box) for grid_id, box in boxes.items() if places.get(grid_id) == place]
            if look.sign and (inside := [one for one in middles if panel.holds(one)]):
                panel.axes.plot(
                    *zip(*inside, strict=True),
                    linestyle="none",
                    marker=look.sign,
                    color=look.sign_colour,
                    markersize=min(0.62 * cell_pt, 7),
                    markeredgewidth=0.8 if place in (1, 3) else 1.2,
                    zorder=3,
                )

    def marks(panel: Panel) -> list[tuple[float, float]]:
        signed = [middle_of(box) for grid_id, box in boxes.items() if CHANGES[places.get(grid_id, 0)].sign]
        return [place for place in signed if panel.holds(place)]

    counts = Counter(places.values())
    handles: list[Any] = [
        (
            Patch(facecolor=look.colour, edgecolor=SOFT, linewidth=0.5),
            Line2D([], [], linestyle="none", marker=look.sign, color=look.sign_colour, markersize=5),
            say("{words}（{count}个）", words=say(look.words), count=counts[place]),
        )
        for place, look in reversed(list(enumerate(CHANGES)))
    ]
    handles += _lacking(len(figures.grids) - len(places), "无同比数据")
    return grid_sheet(
        figures,
        Sheet(boxes, draw, marks, say("PM$_{2.5}$浓度同比"), handles, is_for_mail=False, mark_mm=_SIGN_MM),
    )


def boxes_of(figures: BulletinFigures) -> Boxes:
    """The grids that can be drawn: those with bounds, by number."""
    return {
        grid.grid_id: (grid.west, grid.south, grid.east, grid.north)
        for grid in figures.grids
        if grid.west is not None
        and grid.south is not None
        and grid.east is not None
        and grid.north is not None
    }


def _areas(figures: BulletinFigures, boxes: Boxes) -> list[tuple[HighArea, Any]]:
    """The high-value areas that can be drawn, with their outlines."""
    found = []
    for area in figures.high_areas:
        cells = [shapely.box(*boxes[grid_id]) for grid_id in area.grid_ids if grid_id in boxes]
        if cells:
            found.append((area, shapely.unary_union(shapely.buffer(cells, _JOIN_DEG, join_style="mitre"))))
    return found


def _badges(
    panel: Panel,
    areas: Sequence[tuple[HighArea, Any]],
    warned: Sequence[tuple[float, float]],
    boxes: Boxes,
) -> dict[int, _Badge]:
    """Where the numbers of the areas stand that a panel tells of: on the area or, where that would hide the colour, beside it with a line
    to it; apart from each other and from the marks of warning grids and, where there is a choice, on no other grid."""
    taken = [place for place in warned if panel.holds(place)]
    found: dict[int, _Badge] = {}
    for area, shape in areas:
        if not panel.tells((area.lon, area.lat)):
            continue
        others = [
            *(one for other, one in areas if other is not area),
            *(shapely.box(*box) for grid_id, box in boxes.items() if grid_id not in area.grid_ids),
        ]
        free = [
            badge
            for badge in _badge_places(panel, area, shape)
            if _is_apart(panel, badge.place, taken) and _is_untangled(panel, badge, found.values())
        ]
        clear = [badge for badge in free if not _is_over(panel, badge, others)]
        if free:
            found[area.number] = (clear or free)[0]
            taken.append(found[area.number].place)
    return found


def _badge_places(panel: Panel, area: HighArea, shape: Any) -> Iterator[_Badge]:
    """On the area where it has room, then beside it: ever farther, on all sides."""
    west, south, east, north = shape.bounds
    scale = panel.scale
    if min((east - west) * scale.east_mm, (north - south) * scale.north_mm) >= _BADGE_MM:
        yield _Badge((area.lon, area.lat))
    middle = (west + east) / 2, (south + north) / 2
    half_mm = (east - west) / 2 * scale.east_mm, (north - south) / 2 * scale.north_mm
    for steps in (1.0, 1.5, 2.0, 2.5, 3.0):
        for across, up in _SIDES:
            beside = (
                middle[0] + across * (half_mm[0] + steps * _BESIDE_MM) / scale.east_mm,
                middle[1] + up * (half_mm[1] + steps * _BESIDE_MM) / scale.north_mm,
            )
            yield _Badge(beside, _nearest(shape, beside))


def _nearest(shape: Any, place: tuple[float, float]) -> tuple[float, float]:
    """The place of a shape's edge that is nearest to a place outside it."""
    x, y = shapely.shortest_line(shape, shapely.Point(place)).coords[0]
    return float(x), float(y)


def _is_over(panel: Panel, badge: _Badge, others: Sequence[Any]) -> bool:
    """Whether a number or its line covers another grid or area, or comes so near that it could be taken for that one's."""
    x, y = badge.place
    across, up = _CLEAR_MM / panel.scale.east_mm, _CLEAR_MM / panel.scale.north_mm
    ground = shapely.box(x - across, y - up, x + across, y + up)
    line = shapely.LineString((badge.place, badge.foot)) if badge.foot else shapely.Point(badge.place)
    return any(ground.intersects(one) or line.crosses(one) for one in others)


def _is_apart(panel: Panel, place: tuple[float, float], taken: Sequence[tuple[float, float]]) -> bool:
    return panel.holds(place) and all(
        abs(place[0] - x) * panel.scale.east_mm >= _APART_MM
        or abs(place[1] - y) * panel.scale.north_mm >= _APART_MM
        for x, y in taken
    )


def _is_untangled(panel: Panel, badge: _Badge, others: Iterable[_Badge]) -> bool:
    """Whether neither its line meets another number nor its number another's line."""
    own, number = _drawn_mm(panel, badge)
    return all(
        own.distance(other_number) > _CLEAR_MM and number.distance(other_own) > _CLEAR_MM
        for other_own, other_number in (_drawn_mm(panel, other) for other in others)
    )


def _drawn_mm(panel: Panel, badge: _Badge) -> tuple[Any, Any]:
    """The line of a number with its middle, and the middle alone, in millimetres of the paper."""
    places = [
        (x * panel.scale.east_mm, y * panel.scale.north_mm)
        for x, y in (badge.place, badge.foot or badge.place)
    ]
    return shapely.LineString(places), shapely.Point(places[0])


def _draw_area(panel: Panel, shape: Any) -> None:
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.5}
    panel.axes.add_artist(PathPatch(outline_path([shape]), zorder=4, path_effects=_AREA_EDGE, **look))


def _draw_badge(panel: Panel, number: int, badge: _Badge) -> None:
    if badge.foot is not None:
        panel.axes.plot(
            *zip(badge.foot, _rim(panel, badge.place, badge.foot), strict=True),
            color=INK,
            linewidth=0.8,
            zorder=7,
            path_effects=_AREA_EDGE,
            solid_capstyle="butt",
        )
    panel.axes.annotate(
        str(number),
        badge.place,
        size=7.5,
        ha="center",
        va="center",
        zorder=8,
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8},
    )


def _rim(panel: Panel, place: tuple[float, float], foot: tuple[float, float]) -> tuple[float, float]:
    """Where the line from the foot meets the circle around a number."""
    across, up = (foot[0] - place[0]) * panel.scale.east_mm, (foot[1] - place[1]) * panel.scale.north_mm
    share = min(1.0, _RIM_MM / max(hypot(across, up), 0.01))
    return place[0] + share * (foot[0] - place[0]), place[1] + share * (foot[1] - place[1])


def _fill_grids(panel: Panel, boxes: Boxes, places: dict[str, int], colours: Sequence[str]) -> None:
    shown = {grid_id: box for grid_id, box in boxes.items() if grid_id in places}
    corners: Any = np.array(
        [
            ((west, south), (east, south), (east, north), (west, north))
            for west, south, east, north in shown.values()
        ]
    )
    panel.axes.add_collection(
        PolyCollection(
            corners,
            facecolors=[colours[places[grid_id]] for grid_id in shown],
            edgecolors=SOFT,
            linewidths=0.25,
            zorder=1,
        ),
        autolim=False,
    )
    lacking = [shapely.box(*box) for grid_id, box in boxes.items() if grid_id not in places]
    if lacking:
        panel.axes.add_artist(PathPatch(outline_path(lacking), linewidth=0.3, zorder=1, **_NO_FIGURE))


def _lacking(count: int, words: str = "数据不足") -> list[Patch]:
    return (
        [Patch(**_NO_FIGURE, linewidth=0.5, label=say("{words}（{count}个）", words=say(words), count=count))]
        if count
        else []
    )


def _warned_ids(figures: BulletinFigures) -> list[str]:
    return [one.grid_id for one in figures.warnings.warned] if figures.warnings else []

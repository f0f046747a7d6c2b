"""The maps of one city's grids: PM2.5 of the half-month with high-value areas and warning grids, and its change on the year before.

The view is where the grids are (`grid_views`); scale bar and north arrow are true for the middle of the main map. Black and white is enough
to read them: shades differ in lightness, changes carry + or −. The mail has a map of its own: narrower, with fewer names in larger type.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

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
from include.letters.words.air_classes import CHANGES, change_class, level_class, level_limits, level_words
from include.supervision.bulletin_figures import BulletinFigures, HighArea

_NO_FIGURE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "//////"}
_WARNED: Final[dict[str, Any]] = {"marker": "^", "markersize": 6.5, "markeredgecolor": "white", "color": INK}
_AREA_EDGE: Final[list[Any]] = [withStroke(linewidth=3.0, foreground="white")]
_BADGE_MM: Final = 9.0  # an area smaller than this has its number beside it, not on it
_BESIDE_MM: Final = 2.4  # from the corner of such an area to the middle of its number
_APART_MM: Final = 4.2  # between the middles of two marks
_JOIN_DEG: Final = 0.0004  # cells of one row or column meet only to the sixth decimal


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

    def draw(panel: Panel) -> None:
        _fill_grids(panel, boxes, places, SHADES)
        for _, shape in areas:
            _draw_area(panel, shape)
        for number, place in _badges(panel, areas, warned).items():
            _draw_badge(panel, number, place)
        if inside := [place for place in warned if panel.holds(place)]:
            panel.axes.plot(*zip(*inside, strict=True), linestyle="none", zorder=7, **_WARNED)

    def marks(panel: Panel) -> list[tuple[float, float]]:
        return [place for place in (*_badges(panel, areas, warned).values(), *warned) if panel.holds(place)]

    counts = Counter(places.values())
    handles: list[Any] = [
        Patch(
            facecolor=SHADES[place],
            edgecolor=SOFT,
            linewidth=0.5,
            label=say("{words}（{count}个）", words=words, count=counts[place]),
        )
        for place, words in enumerate(level_words(limits))
        if known
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
        Sheet(boxes, draw, lambda panel: [], say("PM$_{2.5}$浓度同比"), handles, is_for_mail=False),
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
    panel: Panel, areas: Sequence[tuple[HighArea, Any]], warned: Sequence[tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Where the numbers of the areas stand that a panel tells of: on the area or, where that would hide the colour, at one of its corners;
    apart from each other and from the marks of warning grids."""
    taken, found = [place for place in warned if panel.holds(place)], {}
    for area, shape in areas:
        if not panel.tells((area.lon, area.lat)):
            continue
        free = [place for place in _badge_places(panel, area, shape) if _is_apart(panel, place, taken)]
        if free:
            found[area.number] = free[0]
            taken.append(free[0])
    return found


def _badge_places(panel: Panel, area: HighArea, shape: Any) -> Iterator[tuple[float, float]]:
    west, south, east, north = shape.bounds
    scale = panel.scale
    if min((east - west) * scale.east_mm, (north - south) * scale.north_mm) >= _BADGE_MM:
        yield area.lon, area.lat
    for steps in (1, 2, 3):
        across, up = steps * _BESIDE_MM / scale.east_mm, steps * _BESIDE_MM / scale.north_mm
        yield from ((x, y) for x in (east + across, west - across) for y in (north + up, south - up))


def _is_apart(panel: Panel, place: tuple[float, float], taken: Sequence[tuple[float, float]]) -> bool:
    return panel.holds(place) and all(
        abs(place[0] - x) * panel.scale.east_mm >= _APART_MM
        or abs(place[1] - y) * panel.scale.north_mm >= _APART_MM
        for x, y in taken
    )


def _draw_area(panel: Panel, shape: Any) -> None:
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.5}
    panel.axes.add_artist(PathPatch(outline_path([shape]), zorder=4, path_effects=_AREA_EDGE, **look))


def _draw_badge(panel: Panel, number: int, place: tuple[float, float]) -> None:
    panel.axes.annotate(
        str(number),
        place,
        size=7.5,
        ha="center",
        va="center",
        zorder=8,
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8},
    )


def _fill_grids(panel: Panel, boxes: Boxes, places: dict[str, int], colours: Sequence[str]) -> None:
    shown = {grid_id: box for grid_id, box in boxes.items() if grid_id in places}
    panel.axes.add_collection(
        PolyCollection(
            [
                ((west, south), (east, south), (east, north), (west, north))
                for west, south, east, north in shown.values()
            ],
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

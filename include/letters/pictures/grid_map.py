"""The maps of one city's grids: PM2.5 of the half-month with high-value areas and warning grids, and its change on the year before.

Every grid with readings stands at its true place inside the county outlines; scale bar and north arrow are true for the
middle of the map. Black and white is enough to read them: shades differ in lightness, changes carry + or −.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.patheffects import withStroke

from include.language import say
from include.letters.pictures.chart_style import INK, SHADES, SOFT, WIDTH_MM, blank_figure, styled
from include.letters.pictures.map_ground import (
    Box,
    Scale,
    county_shapes,
    draw_names,
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    fitted,
    outline_path,
    paper_over,
    placed_names,
    whole_box,
)
from include.letters.words.air_classes import CHANGES, change_class, level_class, level_limits, level_words
from include.letters.words.air_wording import source_note
from include.supervision.bulletin_figures import BulletinFigures, HighArea

_LEGEND_MM: Final = 40.0
_HIGHEST_MM: Final = 98.0  # two maps with their captions share a page …
_LOWEST_MM: Final = 82.0  # … and the legend needs this much
_FOOT_MM: Final = 5.5
_NO_FIGURE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "//////"}
_WARNED: Final[dict[str, Any]] = {"marker": "^", "markersize": 6.5, "markeredgecolor": "white", "color": INK}
_AREA_EDGE: Final[list[Any]] = [withStroke(linewidth=3.0, foreground="white")]
_BADGE_MM: Final = 9.0  # an area smaller than this has its number beside it, not on it
_JOIN_DEG: Final = 0.0004  # cells of one row or column meet only to the sixth decimal


@styled
def level_map(figures: BulletinFigures) -> Figure:
    """Grids in classes of their half-month mean; high-value areas outlined and numbered, warning grids marked."""
    known = {grid.grid_id: grid.half.pm25_ug_m3 for grid in figures.grids if grid.half.pm25_ug_m3 is not None}
    limits = level_limits(list(known.values())) if known else (0, 0, 0, 0)
    places = {grid_id: level_class(value, limits) for grid_id, value in known.items()}
    boxes = _boxes(figures)
    warned = [_middle(boxes[grid_id]) for grid_id in _warned_ids(figures) if grid_id in boxes]
    areas = _areas(figures, boxes)
    numbers = [place for area, shape in areas for place in ((area.lon, area.lat), shape.bounds[2:])]
    figure, axes, paper, scale = _ground(figures, boxes, [*numbers, *warned])
    _fill_grids(axes, boxes, places, SHADES)
    for area, shape in areas:
        _draw_area(axes, area, shape, scale)
    if warned:
        axes.plot(*zip(*warned, strict=True), linestyle="none", zorder=7, **_WARNED)
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
    _explain(paper, say("PM$_{2.5}$平均浓度\n（μg/m³）"), handles)
    return figure


@styled
def change_map(figures: BulletinFigures) -> Figure:
    """Grids in classes of their change on the same days of the year before, each with + or −."""
    places = {
        grid.grid_id: change_class(grid.half.yoy_pct)
        for grid in figures.grids
        if grid.half.yoy_pct is not None
    }
    boxes = _boxes(figures)
    figure, axes, paper, scale = _ground(figures, boxes, [])
    _fill_grids(axes, boxes, places, [one.colour for one in CHANGES])
    cell_pt = 3 * scale.km_mm * 72 / 25.4
    for place, look in enumerate(CHANGES):
        middles = [_middle(box) for grid_id, box in boxes.items() if places.get(grid_id) == place]
        if middles and look.sign:
            axes.plot(
                *zip(*middles, strict=True),
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
    _explain(paper, say("PM$_{2.5}$浓度同比"), handles)
    return figure


def _ground(
    figures: BulletinFigures, boxes: dict[str, Box], taken: Sequence[tuple[float, float]]
) -> tuple[Figure, Axes, Axes, Scale]:
    """The empty map with county outlines, names and notes; its axes in degrees, and one over the whole picture in millimetres."""
    shapes = county_shapes(figures.city.unit_code)
    box = _shown(list(boxes.values()), [shape for _, shape, _ in shapes])
    map_mm = WIDTH_MM - _LEGEND_MM - 2
    scale, height = fitted(box, map_mm, _HIGHEST_MM)
    height = max(height, _LOWEST_MM)
    total_mm = height + _FOOT_MM + 1
    figure, axes = blank_figure(total_mm, (1, _FOOT_MM, _LEGEND_MM + 1, 1), is_simulated=figures.is_simulated)
    axes.set_axis_off()
    box = _widened(box, map_mm / scale.east_mm, height / scale.north_mm)
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    if shapes:
        ground = outline_path([shape for _, shape, _ in shapes])
        axes.add_artist(PathPatch(ground, facecolor="#f4f5f6", edgecolor="none", zorder=0))
        axes.add_artist(PathPatch(ground, facecolor="none", edgecolor=SOFT, linewidth=0.7, zorder=3))
    places = [(name, middle) for name, _, middle in sorted(shapes, key=lambda one: one[1].area)]
    draw_names(axes, placed_names(places, box, scale, taken))
    paper = paper_over(figure)
    draw_scale_bar(paper, WIDTH_MM - _LEGEND_MM + 2, _FOOT_MM + 2, _LEGEND_MM - 12, scale)
    draw_north_arrow(paper, WIDTH_MM - 5, _FOOT_MM + 1.5)
    note = source_note(figures.sources, figures.period)
    draw_notes(paper, note if shapes else say("{note}；没有该市的边界数据", note=note))
    return figure, axes, paper, scale


def _explain(paper: Axes, title: str, handles: Sequence[Any]) -> None:
    """The legend in the right column: a Patch or Line2D with its label, or patch, sign and words."""
    from matplotlib.legend_handler import HandlerTuple

    top = paper.get_ylim()[1] - 9
    for place, line in enumerate(title.split("\n")):
        paper.text(WIDTH_MM - _LEGEND_MM + 2, top - 4.4 * place, line, ha="left", va="center", size=8.5)
    drawn = [one[:2] if isinstance(one, tuple) else one for one in handles]
    labels = [one[2] if isinstance(one, tuple) else one.get_label() for one in handles]
    legend = paper.legend(
        drawn,
        labels,
        loc="upper left",
        fontsize=7.5,
        frameon=False,
        handlelength=1.9,
        handleheight=1.15,
        labelspacing=0.55,
        handletextpad=0.6,
        borderaxespad=0,
        borderpad=0,
        handler_map={tuple: HandlerTuple(ndivide=1, pad=0)},
        bbox_to_anchor=(WIDTH_MM - _LEGEND_MM + 2, top - 4.4 * title.count("\n") - 3.5),
        bbox_transform=paper.transData,
    )
    legend.set_zorder(9)


def _areas(figures: BulletinFigures, boxes: dict[str, Box]) -> list[tuple[HighArea, Any]]:
    """The high-value areas that can be drawn, with their outlines."""
    found = []
    for area in figures.high_areas:
        cells = [shapely.box(*boxes[grid_id]) for grid_id in area.grid_ids if grid_id in boxes]
        if cells:
            found.append((area, shapely.unary_union(shapely.buffer(cells, _JOIN_DEG, join_style="mitre"))))
    return found


def _draw_area(axes: Axes, area: HighArea, shape: Any, scale: Scale) -> None:
    """The outline, and the number on it or, where that would hide the colour, beside its north-eastern corner."""
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.5}
    axes.add_artist(PathPatch(outline_path([shape]), zorder=4, path_effects=_AREA_EDGE, **look))
    west, south, east, north = shape.bounds
    is_small = min((east - west) * scale.east_mm, (north - south) * scale.north_mm) < _BADGE_MM
    axes.annotate(
        str(area.number),
        (east, north) if is_small else (area.lon, area.lat),
        xytext=(4, 4) if is_small else (0, 0),
        textcoords="offset points",
        size=7.5,
        ha="center",
        va="center",
        zorder=8,
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8},
    )


def _fill_grids(axes: Axes, boxes: dict[str, Box], places: dict[str, int], colours: Sequence[str]) -> None:
    shown = {grid_id: box for grid_id, box in boxes.items() if grid_id in places}
    axes.add_collection(
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
        axes.add_artist(PathPatch(outline_path(lacking), linewidth=0.3, zorder=1, **_NO_FIGURE))


def _lacking(count: int, words: str = "数据不足") -> list[Patch]:
    return (
        [Patch(**_NO_FIGURE, linewidth=0.5, label=say("{words}（{count}个）", words=say(words), count=count))]
        if count
        else []
    )


def _warned_ids(figures: BulletinFigures) -> list[str]:
    return [one.grid_id for one in figures.warnings.warned] if figures.warnings else []


def _shown(boxes: Sequence[Box], shapes: Sequence[Any]) -> Box:
    return whole_box([*(shape.bounds for shape in shapes), *boxes], 0.02)


def _widened(box: Box, width_deg: float, height_deg: float) -> Box:
    """The same middle, but as wide and high as the paper is."""
    x, y = _middle(box)
    return x - width_deg / 2, y - height_deg / 2, x + width_deg / 2, y + height_deg / 2


def _boxes(figures: BulletinFigures) -> dict[str, Box]:
    """The grids that can be drawn: those with bounds, by number."""
    return {
        grid.grid_id: (grid.west, grid.south, grid.east, grid.north)
        for grid in figures.grids
        if grid.west is not None
        and grid.south is not None
        and grid.east is not None
        and grid.north is not None
    }


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

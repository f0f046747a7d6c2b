"""The sheet that a map of grids stands on: main map, picture of the whole city, insets, legend, scale, notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.patches import PathPatch, Rectangle

from include.language import say
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import INK, SOFT, WIDTH_MM, sized_figure
from include.letters.pictures.grid_views import Boxes, views_of
from include.letters.pictures.map_ground import (
    LETTERS,
    Scale,
    county_shapes,
    draw_frame,
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    draw_small_scale,
    fitted,
    named_places,
    outline_path,
    paper_over,
    widened,
)
from include.letters.pictures.map_labels import Box, draw_names, listed_names, placed_names
from include.letters.words.air_wording import source_note
from include.supervision.bulletin_figures import BulletinFigures

_LEGEND_MM: Final = 40.0
_HIGHEST_MM: Final = 98.0  # two maps with their captions share a page …
_LOWEST_MM: Final = 82.0  # … and the legend needs this much
_FOOT_MM: Final = 5.5
_INSET_MM, _BAR_MM = 34.5, 3.5  # heights of the row of insets and of their scales below it
_LISTED_MM: Final = 3.4  # a line of the list of numbers
_GAP_MM: Final = 2.0
_LARGER: Final = 1.6  # an inset shows its grids larger than the main map by this, or it is left out
_INSET_KM: Final = 2.0  # what an inset shows around its grids
_WHOLE_MM: Final = 26.0  # of the picture of the whole city
_MAIL_WIDTH_MM, _MAIL_HIGHEST_MM, _MAIL_LEGEND_MM = 90.0, 84.0, 32.0
_MAIL_NAME_PT, _NAME_PT = 8.5, 7.0
_MAIL_NAMES: Final = 8
_GROUND: Final = "#f4f5f6"


@dataclass(frozen=True)
class Panel:
    """One map of the sheet: its axes in degrees, what it shows, its scale; `insets`: parts of it that insets show larger."""

    axes: Axes
    box: Box
    scale: Scale
    insets: tuple[Box, ...] = ()

    def holds(self, place: tuple[float, float]) -> bool:
        """Whether a place is on it."""
        return _is_in(place, self.box)

    def tells(self, place: tuple[float, float]) -> bool:
        """Whether a place is on it and on no inset that says more."""
        return self.holds(place) and not any(_is_in(place, box) for box in self.insets)


@dataclass(frozen=True)
class Sheet:
    """What a sheet shows. `draw` fills a panel, `marks` says where its marks are, which no name covers; `handles`: a Patch or Line2D with
    its label, or patch, sign and words."""

    boxes: Boxes
    draw: Callable[[Panel], None]
    marks: Callable[[Panel], list[tuple[float, float]]]
    title: str
    handles: Sequence[Any]
    is_for_mail: bool
    mark_mm: float = 2.4  # what a mark reaches to each side


def grid_sheet(figures: BulletinFigures, sheet: Sheet) -> Figure:
    """The picture. Without outlines of counties the grids alone; it says so."""
    shapes = county_shapes(figures.city.unit_code)
    views = views_of(list(sheet.boxes.values()), [shape for _, shape, _ in shapes])
    width_mm = _MAIL_WIDTH_MM if sheet.is_for_mail else WIDTH_MM
    map_mm = width_mm - 2 - (0 if sheet.is_for_mail else _LEGEND_MM)
    scale, height = fitted(views.main, map_mm, _MAIL_HIGHEST_MM if sheet.is_for_mail else _HIGHEST_MM)
    height = max(height, 0.0 if sheet.is_for_mail else _LOWEST_MM)
    name_pt = _MAIL_NAME_PT if sheet.is_for_mail else _NAME_PT
    insets = _insets(views.clusters, scale, map_mm)
    foot_mm = _MAIL_LEGEND_MM if sheet.is_for_mail else _FOOT_MM
    below_mm = foot_mm + (_BAR_MM + _INSET_MM + _GAP_MM if insets else 0.0)
    figure = sized_figure(width_mm, below_mm + height + 1, is_simulated=figures.is_simulated)
    main = replace(
        _panel(figure, (1, below_mm, map_mm, height), widened(views.main, map_mm, height, scale), scale),
        insets=tuple(box for box, _, _, _ in insets),
    )
    for place, (box, inset_scale, left, wide) in enumerate(insets):
        panel = _panel(figure, (1 + left, foot_mm + _BAR_MM, wide, _INSET_MM), box, inset_scale)
        draw_frame(panel.axes, LETTERS[place])
        _fill(panel, sheet, shapes, [], name_pt, most_numbers=0)
        _mark(main, box, LETTERS[place])
    list_mm = 0.0 if sheet.is_for_mail else _list_room(height, sheet, is_part=views.is_part)
    listed = _fill(
        main,
        sheet,
        shapes,
        [box for box, _, _, _ in insets],
        name_pt,
        most_numbers=2 * max(0, int(list_mm / _LISTED_MM)),
    )
    paper = paper_over(figure)
    for _, inset_scale, left, wide in insets:
        draw_small_scale(paper, 2 + left, foot_mm + 1, wide / 2, inset_scale)
    if sheet.is_for_mail:
        _explain(paper, 2, _MAIL_LEGEND_MM - 3, sheet, columns=2)
        draw_scale_bar(paper, 4, 1.2, 26, scale)
        draw_notes(paper, "")
        return figure
    right = WIDTH_MM - _LEGEND_MM
    _explain(paper, right + 2, below_mm + height - 8, sheet, columns=1)
    if views.is_part:
        _draw_whole(figure, shapes, views.main, below_mm + 14)
    draw_scale_bar(paper, right + 2, below_mm + 2, _LEGEND_MM - 12, scale)
    draw_north_arrow(paper, WIDTH_MM - 5, below_mm + 1.5)
    if listed:
        _draw_list(paper, listed, right + 2, below_mm + height - 8 - _legend_mm(sheet))
    note = source_note(figures.sources, figures.period)
    draw_notes(paper, note if shapes else say("{note}；没有该市的边界数据", note=note))
    return figure


def _panel(figure: Figure, place_mm: tuple[float, float, float, float], box: Box, scale: Scale) -> Panel:
    width_mm, height_mm = figure.get_figwidth() * 25.4, figure.get_figheight() * 25.4
    left, bottom, wide, high = place_mm
    axes = plain_axes(figure, (left / width_mm, bottom / height_mm, wide / width_mm, high / height_mm))
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    return Panel(axes, box, scale)


def _fill(
    panel: Panel,
    sheet: Sheet,
    shapes: Sequence[Any],
    kept_free: Sequence[Box],
    size_pt: float,
    *,
    most_numbers: int,
) -> list[str]:
    """Ground, grids, marks and names of one map; what its numbers stand for. Names keep off the boxes of insets' marks."""
    if shapes:
        ground = outline_path([shape for _, shape, _ in shapes])
        panel.axes.add_artist(PathPatch(ground, facecolor=_GROUND, edgecolor="none", zorder=0))
        panel.axes.add_artist(PathPatch(ground, facecolor="none", edgecolor=SOFT, linewidth=0.7, zorder=3))
    sheet.draw(panel)
    inside = [box for box in sheet.boxes.values() if _touch(box, panel.box)]
    places = named_places(panel.box, shapes, inside)
    if sheet.is_for_mail:
        places = places[:_MAIL_NAMES]
    letters = [(box[0], box[3]) for box in kept_free]
    names = placed_names(
        places,
        panel.box,
        panel.scale,
        [*sheet.marks(panel), *letters],
        sheet.mark_mm,
        size_pt=size_pt,
        avoided=[*inside, *kept_free],
        most_numbers=most_numbers,
        in_letters=True,
    )
    draw_names(panel.axes, names, size_pt)
    return listed_names(names)


def _insets(clusters: Sequence[Box], scale: Scale, map_mm: float) -> list[tuple[Box, Scale, float, float]]:
    """Box, scale, left edge and width (mm) of each inset that shows its grids larger than the main map does."""
    if not clusters:
        return []
    wide = (map_mm - _GAP_MM * (len(clusters) - 1)) / len(clusters)
    found: list[tuple[Box, Scale, float, float]] = []
    for cluster in clusters:
        around = (
            cluster[0] - _INSET_KM * scale.km_mm / scale.east_mm,
            cluster[1] - _INSET_KM * scale.km_mm / scale.north_mm,
            cluster[2] + _INSET_KM * scale.km_mm / scale.east_mm,
            cluster[3] + _INSET_KM * scale.km_mm / scale.north_mm,
        )
        own, _ = fitted(around, wide, _INSET_MM)
        if own.km_mm >= _LARGER * scale.km_mm:
            own = _at_most(own, 4 * scale.km_mm)
            found.append((widened(around, wide, _INSET_MM, own), own, len(found) * (wide + _GAP_MM), wide))
    return found


def _at_most(scale: Scale, km_mm: float) -> Scale:
    share = min(1.0, km_mm / scale.km_mm)
    return replace(
        scale, east_mm=scale.east_mm * share, north_mm=scale.north_mm * share, km_mm=scale.km_mm * share
    )


def _mark(main: Panel, box: Box, letter: str) -> None:
    """Where an inset is of, on the main map."""
    west, south, east, north = box
    main.axes.add_patch(
        Rectangle(
            (west, south),
            east - west,
            north - south,
            facecolor="none",
            edgecolor=INK,
            linewidth=0.8,
            zorder=5,
        )
    )
    main.axes.text(
        west,
        north,
        letter,
        size=7.5,
        ha="center",
        va="center",
        zorder=9,
        clip_on=True,
        bbox={"facecolor": "white", "edgecolor": INK, "linewidth": 0.6, "boxstyle": "square,pad=0.15"},
    )


def _draw_whole(figure: Figure, shapes: Sequence[Any], shown: Box, bottom_mm: float) -> None:
    """The whole city, with a frame around what the main map shows."""
    bounds = shapely.total_bounds([shape for _, shape, _ in shapes])
    whole = (
        min(bounds[0], shown[0]),
        min(bounds[1], shown[1]),
        max(bounds[2], shown[2]),
        max(bounds[3], shown[3]),
    )
    scale, height = fitted(whole, _WHOLE_MM, _WHOLE_MM)
    panel = _panel(
        figure,
        (WIDTH_MM - _LEGEND_MM + 2, bottom_mm, (whole[2] - whole[0]) * scale.east_mm, height),
        whole,
        scale,
    )
    outline = shapely.unary_union(shapely.buffer([shape for _, shape, _ in shapes], 0.002))
    panel.axes.add_artist(
        PathPatch(outline_path([outline]), facecolor=_GROUND, edgecolor=SOFT, linewidth=0.6)
    )
    panel.axes.add_patch(
        Rectangle(
            shown[:2],
            shown[2] - shown[0],
            shown[3] - shown[1],
            facecolor="none",
            edgecolor=INK,
            linewidth=1.0,
        )
    )


def _legend_mm(sheet: Sheet) -> float:
    """Height of title and legend beside a map."""
    return 4.4 * (sheet.title.count("\n") + 1) + 4.7 * len(sheet.handles)


def _list_room(height_mm: float, sheet: Sheet, *, is_part: bool) -> float:
    """What is left for the list of numbers between the legend and what stands below it: the scale, the picture of the whole city."""
    return height_mm - 8 - _legend_mm(sheet) - (14 + _WHOLE_MM if is_part else 10)


def _draw_list(paper: Axes, listed: Sequence[str], left_mm: float, top_mm: float) -> None:
    """What the numbers on the map stand for, in two columns below the legend."""
    lines = (len(listed) + 1) // 2
    for place, words in enumerate(listed):
        column, line = divmod(place, lines)
        paper.text(
            left_mm + column * _LEGEND_MM / 2,
            top_mm - _LISTED_MM * line,
            words,
            ha="left",
            va="top",
            size=7,
        )


def _explain(paper: Axes, left_mm: float, top_mm: float, sheet: Sheet, *, columns: int) -> None:
    lines = sheet.title.split("\n") if columns == 1 else [sheet.title.replace("\n", "")]
    for place, line in enumerate(lines):
        paper.text(left_mm, top_mm - 4.4 * place, line, ha="left", va="center", size=8.5)
    drawn = [one[:2] if isinstance(one, tuple) else one for one in sheet.handles]
    labels = [one[2] if isinstance(one, tuple) else one.get_label() for one in sheet.handles]
    legend = paper.legend(
        drawn,
        labels,
        loc="upper left",
        fontsize=7.5,
        frameon=False,
        ncols=columns,
        handlelength=1.9,
        handleheight=1.15,
        labelspacing=0.55,
        handletextpad=0.6,
        borderaxespad=0,
        borderpad=0,
        handler_map={tuple: HandlerTuple(ndivide=1, pad=0)},
        bbox_to_anchor=(left_mm, top_mm - 4.4 * (len(lines) - 1) - 3.5),
        bbox_transform=paper.transData,
    )
    legend.set_zorder(9)


def _is_in(place: tuple[float, float], box: Box) -> bool:
    return box[0] < place[0] < box[2] and box[1] < place[1] < box[3]


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

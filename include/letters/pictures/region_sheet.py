"""The sheet of a map of cities: each in its look, names with a line of figures where they cover nothing, legend, scale, notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.patheffects import withStroke

from include.geo.boundaries import map_notice
from include.language import say
from include.letters.document.manuscript import width_em
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import INK, MARK_RED, WIDTH_MM, sized_figure
from include.letters.pictures.map_ground import (
    Scale,
    city_middle,
    city_shape,
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    fitted,
    outline_path,
    paper_over,
    whole_box,
)
from include.letters.pictures.map_labels import HALO, Box, Name, listed_names, placed_names
from include.letters.words.wording import named

MAIL_WIDTH_MM: Final = 90.0
_HIGHEST_MM, _MAIL_HIGHEST_MM = 125.0, 92.0
_LEGEND_MM, _MAIL_LEGEND_MM = 20.0, 25.0

_NAME_PT, _MAIL_NAME_PT = 7.5, 9.0
_MARK_MM: Final = 1.0
_NOTE_PT, _LINE_MM = 7.5, 3.2  # of the lines at the foot
_LINE_EDGE: Final[list[Any]] = [withStroke(linewidth=1.8, foreground="white")]
_NOWHERE: Final = (113.0, 35.0, 117.0, 38.0)  # what a map without any outline shows: the middle of the region


@dataclass(frozen=True)
class Named:
    """What a city is called on the map."""

    text: str
    is_flagged: bool = False


@dataclass(frozen=True)
class RegionSheet:
    """What a sheet shows. `looks`: of every city, by code; `names`: of those that are named; `missing`: words for a city without outline;
    `marks`: places of points over the cities; `outlined`: codes with a heavy edge."""

    width_mm: float
    looks: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, Named]
    missing: Mapping[str, str]
    title: str
    handles: Sequence[Any]
    note: str
    is_simulated: bool
    marks: Sequence[tuple[float, float]] = ()
    mark_look: Mapping[str, Any] = field(default_factory=dict)
    outlined: frozenset[str] = frozenset()
    highest_mm: float = _HIGHEST_MM


def region_sheet(sheet: RegionSheet) -> Figure:
    """The picture. Cities without an outline (see `geo.boundaries`) are listed under the map. Carries `boundaries.map_notice`."""
    is_for_mail = sheet.width_mm < WIDTH_MM
    shapes = {code: shape for code in sheet.looks if (shape := city_shape(code)) is not None}
    box = whole_box([shape.bounds for shape in shapes.values()] or [_NOWHERE], 0.05)
    map_mm = sheet.width_mm - 2
    scale, height = fitted(box, map_mm, _MAIL_HIGHEST_MM if is_for_mail else sheet.highest_mm)
    gone = [words for code, words in sheet.missing.items() if code not in shapes]
    has_two_lines = bool(gone and sheet.note)
    legend_mm = (_MAIL_LEGEND_MM if is_for_mail else _LEGEND_MM) + (_LINE_MM if has_two_lines else 0)
    figure = sized_figure(sheet.width_mm, height + legend_mm + 1, is_simulated=sheet.is_simulated)
    axes = plain_axes(
        figure,
        (
            1 / sheet.width_mm,
            legend_mm / (height + legend_mm + 1),
            map_mm / sheet.width_mm,
            height / (height + legend_mm + 1),
        ),
    )
    axes.set_axis_off()
    shown = _widened(box, map_mm, scale)
    axes.set_xlim(shown[0], shown[2])
    axes.set_ylim(shown[1], shown[3])
    for code, shape in shapes.items():
        axes.add_artist(PathPatch(outline_path([shape]), **sheet.looks[code]))
    for code in sorted(sheet.outlined & set(shapes)):
        axes.add_artist(
            PathPatch(outline_path([shapes[code]]), facecolor="none", edgecolor=INK, linewidth=1.6)
        )
    if sheet.marks:
        axes.plot(*zip(*sheet.marks, strict=True), linestyle="none", zorder=5, **sheet.mark_look)
    size_pt = _MAIL_NAME_PT if is_for_mail else _NAME_PT
    names = _draw_names(axes, sheet, shapes, shown, scale, size_pt)
    paper = paper_over(figure)
    shown_names = {name.text for name in names}
    left_out = [
        one.text for code, one in sheet.names.items() if code in shapes and one.text not in shown_names
    ]
    for place, words in enumerate([*listed_names(names), *left_out]):  # in the empty north-west
        top_mm = height + legend_mm - 1 - place * size_pt * 0.42
        paper.text(2, top_mm, words.replace("\n", " "), size=size_pt, ha="left", va="top")
    _explain(paper, sheet, legend_mm, columns=2 if is_for_mail else 3)
    draw_scale_bar(
        paper,
        sheet.width_mm - (32 if is_for_mail else 50),
        6 if is_for_mail else 7,
        26 if is_for_mail else 34,
        scale,
    )
    draw_north_arrow(paper, sheet.width_mm - 5, 11 if is_for_mail else 7.2)
    told = _told_gone(gone, sheet)
    draw_notes(paper, sheet.note or told)
    if has_two_lines:
        paper.text(1, 1 + _LINE_MM, told, ha="left", va="bottom", size=_NOTE_PT)
    return figure


def has_outlines(unit_codes: Iterable[str]) -> bool:
    """Whether a map of these units would show anything."""
    return any(city_shape(code) is not None for code in unit_codes)


def _told_gone(gone: Sequence[str], sheet: RegionSheet) -> str:
    """Who is not on the map, by name as far as the line reaches."""
    room = (sheet.width_mm - 4) / (_NOTE_PT * 0.3528) - (0 if sheet.note else width_em(map_notice()))
    for limit in range(len(gone), -1, -1):
        listed = named(gone, limit, say("个")) if limit else say("{count}个", count=len(gone))
        told = say("没有边界数据，未绘制：{missing}", missing=listed)
        if width_em(told) < room:
            break
    return told if gone else ""


def _draw_names(
    axes: Axes, sheet: RegionSheet, shapes: Mapping[str, Any], shown: Box, scale: Scale, size_pt: float
) -> list[Name]:
    """Flagged cities first, then the smaller ones, which have less room of their own."""
    ordered = sorted(
        (code for code in sheet.names if code in shapes),
        key=lambda code: (not sheet.names[code].is_flagged, shapes[code].area),
    )
    texts = {sheet.names[code].text: sheet.names[code] for code in ordered}
    places = [(sheet.names[code].text, city_middle(code)) for code in ordered]
    homes = {sheet.names[code].text: shapes[code] for code in ordered}
    names = placed_names(places, shown, scale, sheet.marks, _MARK_MM, size_pt=size_pt, homes=homes)
    for name in names:
        _draw_name(axes, name, size_pt, is_flagged=texts[name.text].is_flagged)
    return names


def _draw_name(axes: Axes, name: Name, size_pt: float, *, is_flagged: bool) -> None:
    if name.line_end is not None:
        axes.plot(
            *zip(name.middle, name.line_end, strict=True),
            color=INK,
            linewidth=0.7,
            zorder=6,
            path_effects=_LINE_EDGE,
        )
        axes.plot(*name.middle, marker="o", markersize=1.6, color=INK, zorder=6)
    axes.text(
        *name.at,
        name.shown,
        size=size_pt,
        color=MARK_RED if is_flagged else INK,
        ha="center",
        va="center",
        linespacing=1.0,
        path_effects=HALO,
        zorder=8 if is_flagged else 7,
    )


def _explain(paper: Axes, sheet: RegionSheet, legend_mm: float, *, columns: int) -> None:
    paper.text(2, legend_mm - 1.5, sheet.title, ha="left", va="center", size=8)
    legend = paper.legend(
        handles=list(sheet.handles),
        loc="upper left",
        ncols=columns,
        frameon=False,
        fontsize=7.5,
        handlelength=1.9,
        handleheight=1.15,
        labelspacing=0.4,
        columnspacing=1.2,
        borderaxespad=0,
        borderpad=0,
        bbox_to_anchor=(2, legend_mm - 3.6),
        bbox_transform=paper.transData,
    )
    legend.set_zorder(9)


def _widened(box: Box, width_mm: float, scale: Scale) -> Box:
    """The same middle, but as wide as the paper is."""
    middle, half = (box[0] + box[2]) / 2, width_mm / scale.east_mm / 2
    return middle - half, box[1], middle + half, box[3]

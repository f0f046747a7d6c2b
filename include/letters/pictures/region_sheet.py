"""The sheet of a map of cities: each in its look, names with a line of figures where they cover nothing, legend, scale, notes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import hypot
from typing import Any, Final

import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.patheffects import withStroke

from include.language import say
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import GRID, INK, SOFT, WIDTH_MM, sized_figure
from include.letters.pictures.map_ground import (
    LETTERS,
    Scale,
    city_middle,
    city_shape,
    draw_frame,
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    draw_small_scale,
    fitted,
    outline_path,
    paper_over,
    spread,
    whole_box,
    widened,
)
from include.letters.pictures.map_labels import (
    HALO,
    Box,
    Homes,
    Name,
    draw_names,
    listed_names,
    placed_names,
    text_em,
)
from include.letters.words.wording import named

MAIL_WIDTH_MM: Final = 90.0
OUTLINED: Final[dict[str, Any]] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.6}
_HIGHEST_MM, _MAIL_HIGHEST_MM, _ONE_MM = 125.0, 92.0, 60.0  # of the maps; of the map of one city
_KEY_MM, _MAIL_KEY_MM, _ROW_MM = (
    10.0,
    16.0,
    4.2,
)  # of the legend and what stands beside it, at least; of one of its rows
_NOTES_MM: Final = 5.0  # of the line at the foot
_GAP_MM, _BAR_MM = 2.0, 4.0  # between maps; for the scale below each
_WHOLE_MM, _MAIL_WHOLE_MM = 36.0, 20.0  # width of the small map of all
_NARROWEST, _WIDEST = 0.6, 2.5  # of a part's map: width by height
_NEAR_DEG: Final = 0.5  # between cities of one part
_MOST_BLANK: Final = 0.4  # of a map of all that its parts fill: where they fill less, each has its own
_AROUND_DEG: Final = 0.05  # what a map shows around its cities
_NAME_PT, _MAIL_NAME_PT = 7.5, 9.0
_FEW, _FEW_PT, _ONE_PT = 6, 10.5, 14.0  # so many cities have room for larger names, and one for the largest
_MARK_MM, _APART_MM = 1.4, 2.6  # of a mark: what it reaches to each side, and from the middle of another
_NOTE_PT, _LINE_MM = 7.5, 3.2  # of the lines at the foot
_LINES_PT, _LINES_MM = 8.0, 4.0  # of the lines between maps and legend
_PT_MM: Final = 25.4 / 72
_FLAGGED_HALO: Final[list[Any]] = [withStroke(linewidth=3.2, foreground="white")]
_LINE_EDGE: Final[list[Any]] = [withStroke(linewidth=1.8, foreground="white")]
_NOWHERE: Final = (113.0, 35.0, 117.0, 38.0)  # what a map without any outline shows: the middle of the region


@dataclass(frozen=True)
class Named:
    """What a city is called on the map. `is_mark`: its mark alone, which stands in no list where it has no room."""

    text: str
    is_flagged: bool = False
    is_mark: bool = False


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


@dataclass(frozen=True)
class _Part:
    """One map of the sheet: its cities, what it shows, its scale, its place (left, top, width and height in mm from the upper left corner of
    the maps) and its names by the cities' codes, and its marks."""

    codes: tuple[str, ...]
    box: Box
    scale: Scale
    place_mm: tuple[float, float, float, float]
    names: Sequence[tuple[str, Name]] = ()
    marks: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class _Foot:
    """What stands below the maps, line by line: names that are numbered on them, what signs mean, cities without an outline."""

    listed: Sequence[str]
    title: Sequence[str]
    gone: str
    columns: int
    key_mm: float  # height of legend, scale and north arrow

    @property
    def gone_mm(self) -> float:
        return _LINE_MM if self.gone else 0.0

    @property
    def height_mm(self) -> float:
        return 1 + _LINES_MM * (len(self.listed) + len(self.title)) + self.key_mm + self.gone_mm + _NOTES_MM


def region_sheet(sheet: RegionSheet) -> Figure:
    """The picture: one map or, of cities that lie far apart, one of each part, with letters that a small map of all shows too. Cities
    without an outline (see `geo.boundaries`) are listed under the map. Carries `boundaries.map_notice`."""
    shapes = {code: shape for code in sheet.looks if (shape := city_shape(code)) is not None}
    size_pt = _name_pt(sheet, len(shapes))
    parts = _named(sheet, shapes, _laid_out(sheet, shapes), size_pt)
    maps_mm = max(part.place_mm[1] + part.place_mm[3] for part in parts) + _bar_mm(parts)
    foot = _foot(sheet, shapes, parts)
    height = maps_mm + foot.height_mm + 1
    figure = sized_figure(sheet.width_mm, height, is_simulated=sheet.is_simulated)
    for place, part in enumerate(parts):
        axes = _draw_part(figure, sheet, shapes, part, size_pt)
        if len(parts) > 1:
            draw_frame(axes, LETTERS[place])
    paper = paper_over(figure)
    _draw_foot(paper, sheet, foot)
    key_mm = _NOTES_MM + foot.gone_mm + 0.6
    if len(parts) == 1:
        longest = 26 if _is_for_mail(sheet) else 34
        draw_scale_bar(
            paper,
            sheet.width_mm - longest - (6 if _is_for_mail(sheet) else 16),
            key_mm,
            longest,
            parts[0].scale,
        )
        draw_north_arrow(paper, sheet.width_mm - 5, key_mm + (5 if _is_for_mail(sheet) else 0))
    else:
        for part in parts:
            left, top, wide, high = part.place_mm
            draw_small_scale(paper, 2 + left, height - 1 - top - high - 2.6, wide / 2, part.scale)
        _draw_whole(figure, sheet, shapes, parts, key_mm, foot.key_mm - 2)
        draw_north_arrow(paper, sheet.width_mm - 5, key_mm)
    return figure


def _is_for_mail(sheet: RegionSheet) -> bool:
    return sheet.width_mm < WIDTH_MM


def _name_pt(sheet: RegionSheet, cities: int) -> float:
    if cities <= _FEW:
        return _ONE_PT if cities == 1 else _FEW_PT
    return _MAIL_NAME_PT if _is_for_mail(sheet) else _NAME_PT


def _bar_mm(parts: Sequence[_Part]) -> float:
    """Room for the scale below each of several maps."""
    return _BAR_MM if len(parts) > 1 else 0.0


def _laid_out(sheet: RegionSheet, shapes: Mapping[str, Any]) -> list[_Part]:
    """The parts, the larger first: beside each other in a letter, below each other in a mail."""
    map_mm = sheet.width_mm - 2
    highest = _MAIL_HIGHEST_MM if _is_for_mail(sheet) else sheet.highest_mm
    highest = _ONE_MM if len(shapes) == 1 else highest
    groups = far_groups({code: shape.bounds for code, shape in shapes.items()})
    boxes = [
        whole_box([shapes[code].bounds for code in codes] or [_NOWHERE], _AROUND_DEG) for codes in groups
    ]
    if len(groups) == 1:
        scale, height = fitted(boxes[0], map_mm, highest)
        return [_Part(groups[0], widened(boxes[0], map_mm, height, scale), scale, (0, 0, map_mm, height))]
    shares = [min(max(map_mm / fitted(box, map_mm, 9e9)[1], _NARROWEST), _WIDEST) for box in boxes]
    gaps_mm = (len(groups) - 1) * _GAP_MM
    if _is_for_mail(sheet):
        room_mm = highest - gaps_mm - len(groups) * _BAR_MM
        shrunk = min(1.0, room_mm / sum(map_mm / share for share in shares))
        sizes = [(map_mm, map_mm / share * shrunk) for share in shares]
    else:
        high = min((map_mm - gaps_mm) / sum(shares), highest - _BAR_MM)
        sizes = [((map_mm - gaps_mm) * share / sum(shares), high) for share in shares]
    parts: list[_Part] = []
    left = top = 0.0
    for codes, box, (wide, high) in zip(groups, boxes, sizes, strict=True):
        scale, _ = fitted(box, wide, high)
        parts.append(_Part(codes, widened(box, wide, high, scale), scale, (left, top, wide, high)))
        if _is_for_mail(sheet):
            top += high + _BAR_MM + _GAP_MM
        else:
            left += wide + _GAP_MM
    return parts


def far_groups(boxes: Mapping[str, Box]) -> list[tuple[str, ...]]:
    """The cities of each part of the map, the largest part first: one part of all, or at most three where cities lie so far apart that a
    map of all would be mostly blank. `boxes`: of the cities, in degrees."""
    groups: list[tuple[tuple[str, ...], Box]] = [((code,), box) for code, box in sorted(boxes.items())]
    while len(groups) > 1:
        one, other = min(combinations(groups, 2), key=lambda pair: _apart(pair[0][1], pair[1][1]))
        if len(groups) <= len(LETTERS) and _apart(one[1], other[1]) > _NEAR_DEG:
            break
        groups = [group for group in groups if group not in (one, other)]
        groups.append(((*one[0], *other[0]), whole_box([one[1], other[1]], 0.0)))
    filled = sum(_area(box) for _, box in groups)
    if len(groups) < 2 or filled > _MOST_BLANK * _area(whole_box(list(boxes.values()), 0.0)):
        return [tuple(sorted(boxes))]
    return [codes for codes, _ in sorted(groups, key=lambda group: -_area(group[1]))]


def _apart(one: Box, other: Box) -> float:
    """Degrees between two boxes; 0 where they meet."""
    return hypot(
        max(0.0, one[0] - other[2], other[0] - one[2]), max(0.0, one[1] - other[3], other[1] - one[3])
    )


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _named(
    sheet: RegionSheet, shapes: Mapping[str, Any], parts: Sequence[_Part], size_pt: float
) -> list[_Part]:
    """The parts with their names: flagged cities first, then the smaller ones, which have less room of their own; marks without a name last."""
    found: list[_Part] = []
    numbers = 0
    for part in parts:
        ordered = sorted(
            (code for code in part.codes if code in sheet.names),
            key=lambda code: (
                sheet.names[code].is_mark,
                not sheet.names[code].is_flagged,
                shapes[code].area,
            ),
        )
        inside = [place for place in sheet.marks if shapely.box(*part.box).contains(shapely.Point(place))]
        marks = spread(inside, part.scale, _APART_MM)
        corner = part.box[0] + 2 / part.scale.east_mm, part.box[3] - 2 / part.scale.north_mm
        names = placed_names(
            [(sheet.names[code].text, city_middle(code)) for code in ordered],
            part.box,
            part.scale,
            [*marks, *([corner] if len(parts) > 1 else [])],
            _MARK_MM,
            size_pt=size_pt,
            homes=Homes([shapes[code] for code in ordered], [shapes[code] for code in part.codes]),
            numbers_before=numbers,
        )
        numbers += sum(bool(name.number) for name in names)
        told = [(ordered[name.order], name) for name in names]
        found.append(
            replace(
                part,
                marks=marks,
                names=[(code, _at_home(name) if sheet.names[code].is_mark else name) for code, name in told],
            )
        )
    return found


def _at_home(mark: Name) -> Name:
    """A mark without a name, which needs no line and no number: it is small enough for the middle of its city."""
    return replace(mark, at=mark.middle, line_end=None, number=0) if mark.line_end or mark.number else mark


def _foot(sheet: RegionSheet, shapes: Mapping[str, Any], parts: Sequence[_Part]) -> _Foot:
    placed = {code: name for part in parts for code, name in part.names}
    numbered = listed_names(sorted(placed.values(), key=lambda name: name.number))
    left_out = [
        one.text
        for code, one in sheet.names.items()
        if code in shapes and code not in placed and not one.is_mark
    ]
    words = [one.replace("\n", " ") for one in (*numbered, *left_out)]
    columns = 2 if _is_for_mail(sheet) else 3
    rows = -(-len(sheet.handles) // columns)
    return _Foot(
        listed=_wrapped(words, sheet.width_mm),
        title=_wrapped(re.split(r"　| {2,}", sheet.title), sheet.width_mm),
        gone=_told_gone([words for code, words in sheet.missing.items() if code not in shapes], sheet),
        columns=columns,
        key_mm=max(rows * _ROW_MM, _MAIL_KEY_MM if _is_for_mail(sheet) else _KEY_MM),
    )


def _wrapped(pieces: Sequence[str], width_mm: float) -> list[str]:
    """The pieces on as few lines of the sheet as hold them."""
    room = (width_mm - 5) / (_LINES_PT * _PT_MM)
    lines: list[str] = []
    for piece in pieces:
        longer = f"{lines[-1]}　{piece}" if lines else piece
        if lines and text_em(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _draw_part(
    figure: Figure, sheet: RegionSheet, shapes: Mapping[str, Any], part: _Part, size_pt: float
) -> Axes:
    width, height = sheet.width_mm, figure.get_figheight() * 25.4
    left, top, wide, high = part.place_mm
    axes = plain_axes(
        figure, ((1 + left) / width, 1 - (1 + top + high) / height, wide / width, high / height)
    )
    axes.set_xlim(part.box[0], part.box[2])
    axes.set_ylim(part.box[1], part.box[3])
    for code in part.codes:
        axes.add_artist(PathPatch(outline_path([shapes[code]]), **sheet.looks[code]))
    for code in sorted(sheet.outlined & set(part.codes)):
        axes.add_artist(PathPatch(outline_path([shapes[code]]), **OUTLINED))
    if part.marks:
        axes.plot(*zip(*part.marks, strict=True), linestyle="none", zorder=5, **sheet.mark_look)
    for code, name in part.names:
        _draw_name(axes, name, size_pt, is_flagged=sheet.names[code].is_flagged)
    return axes


def _draw_foot(paper: Axes, sheet: RegionSheet, foot: _Foot) -> None:
    top_mm = foot.height_mm - 1
    for place, line in enumerate((*foot.listed, *foot.title)):
        paper.text(2, top_mm - (place + 0.5) * _LINES_MM, line, ha="left", va="center", size=_LINES_PT)
    legend = paper.legend(
        handles=list(sheet.handles),
        loc="upper left",
        ncols=foot.columns,
        frameon=False,
        fontsize=7.5,
        handlelength=1.9,
        handleheight=1.15,
        labelspacing=0.4,
        columnspacing=1.2,
        borderaxespad=0,
        borderpad=0,
        bbox_to_anchor=(2, _NOTES_MM + foot.gone_mm + foot.key_mm),
        bbox_transform=paper.transData,
    )
    legend.set_zorder(9)
    draw_notes(paper, sheet.note)
    if foot.gone:
        paper.text(1, 1 + _LINE_MM, foot.gone, ha="left", va="bottom", size=_NOTE_PT)


def _draw_whole(
    figure: Figure,
    sheet: RegionSheet,
    shapes: Mapping[str, Any],
    parts: Sequence[_Part],
    bottom_mm: float,
    high_mm: float,
) -> None:
    """All cities, small, with the letter of each part."""
    whole = whole_box([shape.bounds for shape in shapes.values()], _AROUND_DEG)
    wide_mm = _MAIL_WHOLE_MM if _is_for_mail(sheet) else _WHOLE_MM
    scale, _ = fitted(whole, wide_mm, high_mm)
    width, height = sheet.width_mm, figure.get_figheight() * 25.4
    axes = plain_axes(
        figure,
        ((width - wide_mm - 10) / width, bottom_mm / height, wide_mm / width, high_mm / height),
    )
    shown = widened(whole, wide_mm, high_mm, scale)
    axes.set_xlim(shown[0], shown[2])
    axes.set_ylim(shown[1], shown[3])
    axes.add_artist(PathPatch(outline_path(shapes.values()), facecolor=GRID, edgecolor=SOFT, linewidth=0.5))
    for side in axes.spines.values():
        side.set(visible=True, color=SOFT, linewidth=0.6)
    middles = [
        ((west + east) / 2, (south + north) / 2)
        for west, south, east, north in (
            whole_box([shapes[code].bounds for code in part.codes], 0.0) for part in parts
        )
    ]
    draw_names(axes, placed_names(list(zip(LETTERS, middles, strict=False)), shown, scale, [], size_pt=8), 8)


def has_outlines(unit_codes: Iterable[str]) -> bool:
    """Whether a map of these units would show anything."""
    return any(city_shape(code) is not None for code in unit_codes)


def _told_gone(gone: Sequence[str], sheet: RegionSheet) -> str:
    """Who is not on the map, by name as far as the line reaches."""
    room = (sheet.width_mm - 4) / (_NOTE_PT * _PT_MM)
    for limit in range(len(gone), -1, -1):
        listed = named(gone, limit, say("个")) if limit else say("{count}个", count=len(gone))
        told = say("没有边界数据，未绘制：{missing}", missing=listed)
        if text_em(told) < room:
            break
    return told if gone else ""


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
        color=INK,
        ha="center",
        va="center",
        linespacing=1.0,
        path_effects=_FLAGGED_HALO if is_flagged else HALO,
        zorder=8 if is_flagged else 7,
    )

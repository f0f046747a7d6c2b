"""The picture of a push: an excerpt of the map with the alarms' grids numbered, and of each the last day as a small chart.

It is drawn for a phone: 90 mm wide, about 350 px there, so that 8 points are still read.
"""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from include.geo.boundaries import map_notice
from include.language import say
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import GRID, INK, MARK_RED, SOFT, UNDONE, styled
from include.letters.pictures.map_ground import (
    county_shapes,
    degree_km,
    draw_north_arrow,
    draw_scale_bar,
    fitted,
    named_places,
    outline_path,
    paper_over,
    whole_box,
    widened,
)
from include.letters.pictures.map_labels import HALO, Box, draw_names, placed_names
from include.letters.words.wording import Show
from include.periods import office_zone
from include.rules import ALARM_PUSH, SIMULATED_LABEL
from include.supervision.alarm_push import AlarmFigures, PushedAlarm

_WIDTH_MM: Final = 90.0
_HIGHEST_MM: Final = 70.0
_CHART_MM: Final = 27.0
_FOOT_MM: Final = 10.0  # below the map: scale bar, north arrow and notice, where no grid is
_HEAD_MM: Final = 5.5
_LEAST_KM: Final = 14.0  # of the excerpt from side to side
_LEAST_HIGH: Final = 0.5  # of its width
_ROOM: Final = 1.25  # the excerpt against what its grids take
_KEY_MM: Final = 6.0
_BADGE_MM: Final = 5.0  # a smaller grid is hidden by its number, which then stands for it
_BADGE: Final[dict[str, Any]] = {
    "size": 8,
    "color": "white",
    "bbox": {"facecolor": MARK_RED, "edgecolor": MARK_RED, "boxstyle": "square,pad=0.2"},
}
_NUMBER: Final[dict[str, Any]] = {"size": 10, "color": MARK_RED, "path_effects": HALO}
_LONGEST: Final = 26  # signs of a heading
_KEY: Final = "PM$_{2.5}$小时均值（μg/m³）　实线：本网格　虚线：周边　红：报警以来"
_MM: Final = 1 / 25.4


def alarm_picture(figures: AlarmFigures, show: Show) -> Figure:
    """The picture of one push. Without coordinates it has no map; without readings a chart says so."""
    return _drawn((figures, show))


@styled
def _drawn(asked: tuple[AlarmFigures, Show]) -> Figure:
    figures, show = asked
    shown = figures.alarms[: ALARM_PUSH.shown]
    placed = [(number, one) for number, one in enumerate(shown, start=1) if one.lon is not None]
    box = _excerpt([one for _, one in placed])
    scale, map_mm = fitted(box, _WIDTH_MM - 2, _HIGHEST_MM) if box else (None, 0.0)
    top_mm = (map_mm + _FOOT_MM + 1) if box else 0.0
    height = _HEAD_MM + top_mm + _KEY_MM + _CHART_MM * len(shown)
    figure = Figure(figsize=(_WIDTH_MM * _MM, height * _MM), facecolor="white")
    paper = paper_over(figure)
    if figures.is_simulated:
        paper.text(
            _WIDTH_MM - 1,
            height - 1,
            say(SIMULATED_LABEL),
            ha="right",
            va="top",
            size=8,
            color=MARK_RED,
            bbox={
                "facecolor": "white",
                "edgecolor": MARK_RED,
                "linewidth": 0.6,
                "boxstyle": "square,pad=0.2",
            },
        )
    paper.text(
        1,
        height - 1.2,
        say("{unit_name}　{label}", unit_name=figures.unit_name, label=figures.period.label),
        ha="left",
        va="top",
        size=8.5,
        color=INK,
    )
    if box and scale:
        width_mm, bottom = _WIDTH_MM - 2, height - _HEAD_MM - map_mm
        axes = plain_axes(figure, (1 / _WIDTH_MM, bottom / height, width_mm / _WIDTH_MM, map_mm / height))
        _draw_map(axes, figures.unit_code, placed, widened(box, width_mm, map_mm, scale), scale)
        draw_scale_bar(paper, 3, bottom - 6, 25, scale)
        paper.text(_WIDTH_MM - 10, bottom - 6, map_notice(), ha="right", va="bottom", size=6, color=SOFT)
        draw_north_arrow(paper, _WIDTH_MM - 4, bottom - 10)
    paper.text(1, height - _HEAD_MM - top_mm - 1, say(_KEY), ha="left", va="top", size=7, color=SOFT)
    for place, one in enumerate(shown):
        bottom = height - _HEAD_MM - top_mm - _KEY_MM - _CHART_MM * (place + 1)
        axes = figure.add_axes(
            (9 / _WIDTH_MM, (bottom + 6) / height, (_WIDTH_MM - 12) / _WIDTH_MM, (_CHART_MM - 14) / height)
        )
        paper.text(
            1,
            bottom + _CHART_MM - 1.5,
            _heading(place + 1, one, show),
            ha="left",
            va="top",
            size=8,
            color=INK,
        )
        _draw_trend(axes, one)
    return figure


def _heading(number: int, one: PushedAlarm, show: Show) -> str:
    words = show(f"{one.county} {one.point_name}".strip())
    return f"{number} {words[:_LONGEST]}{'…' if len(words) > _LONGEST else ''}"


def _excerpt(alarms: Sequence[PushedAlarm]) -> Box | None:
    """The box around the alarms' grids with room to every side, never a few grids or a strip alone: the place must be recognised."""
    boxes = [_box_of(one) for one in alarms]
    if not boxes:
        return None
    west, south, east, north = whole_box(boxes, 0.0)
    east_km, north_km = degree_km((south + north) / 2)
    x, y, across_km, up_km = (
        (west + east) / 2,
        (south + north) / 2,
        (east - west) * east_km,
        (north - south) * north_km,
    )
    across_km = max(_LEAST_KM, _ROOM * across_km, up_km)
    up_km = max(_LEAST_KM * _LEAST_HIGH, _ROOM * up_km, _LEAST_HIGH * across_km)
    return (
        x - across_km / east_km / 2,
        y - up_km / north_km / 2,
        x + across_km / east_km / 2,
        y + up_km / north_km / 2,
    )


def _box_of(one: PushedAlarm) -> Box:
    if one.box is not None:
        return one.box
    lon, lat = one.lon or 0.0, one.lat or 0.0
    return lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01


def _places_of(box: Box) -> list[tuple[float, float]]:
    """Nine places of a grid that no name may cover."""
    west, south, east, north = box
    return [
        (west + (east - west) * across / 4, south + (north - south) * up / 4)
        for across in (0.5, 2, 3.5)
        for up in (0.5, 2, 3.5)
    ]


def _draw_map(
    axes: Axes, unit_code: str, placed: Sequence[tuple[int, PushedAlarm]], box: Box, scale: Any
) -> None:
    west, south, east, north = box
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    for side in axes.spines.values():
        side.set(visible=True, color=SOFT, linewidth=0.6)
    axes.set_facecolor("#f3f6f9")
    counties = county_shapes(unit_code)
    if counties:
        shapes = [shape for _, shape, _ in counties]
        axes.add_patch(PathPatch(outline_path(shapes), facecolor="white", edgecolor=SOFT, linewidth=0.7))
    for number, one in placed:
        left, bottom, right, top = _box_of(one)
        axes.add_patch(
            Rectangle(
                (left, bottom),
                right - left,
                top - bottom,
                facecolor="#fbe0e0",
                edgecolor=MARK_RED,
                linewidth=1.4,
            )
        )
        is_badge = (right - left) * scale.east_mm < _BADGE_MM
        axes.text(
            (left + right) / 2,
            (bottom + top) / 2,
            str(number),
            ha="center",
            va="center",
            zorder=8,
            **(_BADGE if is_badge else _NUMBER),
        )
    grids = [_box_of(one) for _, one in placed]
    taken = [place for grid in grids for place in _places_of(grid)]
    draw_names(axes, placed_names(named_places(box, counties, grids), box, scale, taken, most_numbers=0))


def _draw_trend(axes: Axes, one: PushedAlarm) -> None:
    places = list(range(len(one.trend)))
    own = [_level(hour.pm25_ug_m3) for hour in one.trend]
    around = [_level(hour.background_ug_m3) for hour in one.trend]
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color=SOFT, linewidth=0.6)
    axes.tick_params(colors=INK, width=0.6, length=2, pad=1.5, labelsize=7)
    if not any(value == value for value in own):
        axes.text(
            0.5,
            0.5,
            say("近24小时无有效数据"),
            transform=axes.transAxes,
            ha="center",
            va="center",
            size=8,
            color=SOFT,
        )
        axes.set_xticks([])
        axes.set_yticks([])
        return
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.plot(places, around, color=SOFT, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(places, own, color=UNDONE, linewidth=1.4, marker="o", markersize=1.8)
    above = [
        value if hour.hour >= one.started_at else float("nan")
        for hour, value in zip(one.trend, own, strict=True)
    ]
    axes.plot(places, above, color=MARK_RED, linewidth=1.8, marker="o", markersize=2.4)
    axes.set_ylim(0, max(value for value in (*own, *around) if value == value) * 1.15 + 5)
    axes.set_xlim(-0.5, len(places) - 0.5)
    local = [hour.hour.astimezone(office_zone()) for hour in one.trend]
    ticks = [place for place in places if local[place].hour % 6 == 0]
    axes.set_xticks(ticks, [say("{hour}时", hour=local[place].hour) for place in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))


def _level(value_ug_m3: float | None) -> float:
    return float("nan") if value_ug_m3 is None else value_ug_m3

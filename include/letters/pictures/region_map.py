"""The map of the summary: the region coloured by feedback rate, flagged cities named."""

from typing import Any, Final

from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from include.geo.boundaries import map_notice
from include.language import say
from include.letters import edition_2020_03
from include.letters.pictures.chart_style import (
    INK,
    MARK_RED,
    NO_ALARMS_LOOK,
    SOFT,
    WIDTH_MM,
    blank_figure,
    legend,
    rate_colour,
    rate_patches,
    styled,
)
from include.letters.pictures.charts import flag_words, short_name
from include.letters.pictures.map_ground import (
    HALO,
    city_middle,
    city_shape,
    degree_km,
    outline_path,
    whole_box,
)
from include.supervision.weekly_figures import SummaryFigures

_LEGEND_MM: Final = 15.0
_HIGHEST_MM: Final = 103.0  # of the map itself: it shares a page with the days
_NOWHERE: Final = (113.0, 35.0, 117.0, 38.0)  # what a map without any outline shows: the middle of the region


@styled
def rate_map(figures: SummaryFigures) -> Figure:
    """Every city in the colour of its on-time rate; flagged ones outlined and named with n/N, the others named small.

    A city without an outline (see `geo.boundaries`) is listed under the map in words. Carries `boundaries.map_notice`.
    """
    shapes = {code: city_shape(code) for code in (city.unit_code for city in figures.cities)}
    drawn = [city for city in figures.cities if shapes[city.unit_code] is not None]
    missing = say("、").join(
        short_name(city.unit_name) for city in figures.cities if shapes[city.unit_code] is None
    )
    boxes = [shapes[city.unit_code].bounds for city in drawn]
    west, south, east, north = whole_box(boxes, 0.05) if boxes else _NOWHERE
    east_km, north_km = degree_km((south + north) / 2)
    ratio = east_km / north_km
    height = min((WIDTH_MM - 4) * (north - south) / ((east - west) * ratio), _HIGHEST_MM)
    total_mm = height + _LEGEND_MM + 2
    figure, axes = blank_figure(total_mm, (2, _LEGEND_MM, 2, 2), is_simulated=figures.is_simulated)
    axes.set_axis_off()
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / ratio)
    is_old = figures.rules_version == edition_2020_03.EDITION
    for city in drawn:
        share = city.window.feedback_rate if is_old else city.window.on_time_rate
        look: dict[str, Any] = (
            {"facecolor": rate_colour(share), "edgecolor": SOFT} if share.of else NO_ALARMS_LOOK
        )
        patch = PathPatch(outline_path([shapes[city.unit_code]]), linewidth=0.6, **look)
        axes.add_patch(patch)
    flagged = [city for city in drawn if city.flag.level]
    axes.add_collection(
        PatchCollection(
            [PathPatch(outline_path([shapes[city.unit_code]])) for city in flagged],
            facecolor="none",
            edgecolor=INK,
            linewidth=1.6,
        )
    )
    for city in drawn:
        x, y = city_middle(city.unit_code)
        share = city.window.feedback_rate if is_old else city.window.on_time_rate
        words = short_name(city.unit_name) + (
            f"\n{share.n}/{share.of}" if share.n < share.of or city.flag.level else ""
        )
        look = (
            {"size": 9, "color": MARK_RED, "zorder": 5}
            if city.flag.level
            else {"size": 7.5, "color": INK, "zorder": 4}
        )
        axes.text(
            x,
            y,
            flag_words(city)[:1] + words,
            ha="center",
            va="center",
            path_effects=HALO,
            linespacing=1.05,
            **look,
        )
    notes = say(
        "▲督办\u3000△提醒（{rolling_label}）\u3000数字：{numbers}",
        rolling_label=figures.rolling_label,
        numbers=say("已反馈/推送") if is_old else say("按期/到期"),
    )
    if missing:
        axes.text(
            0,
            1,
            say("没有边界数据，未绘制：{missing}", missing=missing),
            transform=axes.transAxes,
            va="top",
            size=8,
            color=INK,
        )
    figure.text(1.5 / WIDTH_MM, 1.5 / total_mm, notes, ha="left", va="bottom", size=8, color=INK)
    figure.text(1 - 1.5 / WIDTH_MM, 1.5 / total_mm, map_notice(), ha="right", va="bottom", size=8, color=INK)
    legend(figure, rate_patches(with_no_alarms=True), "lower center", above_mm=6)
    return figure

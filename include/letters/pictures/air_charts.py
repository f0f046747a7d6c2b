"""The chart of a city's days: this half-month's daily means, those of the year before, the 24 h limit."""

from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from include.language import say
from include.letters.pictures.chart_style import (
    DONE,
    GRID,
    INK,
    MARK_RED,
    SOFT,
    UNDONE,
    blank_figure,
    legend,
    scale_end,
    styled,
)
from include.letters.words.wording import concentration
from include.supervision.bulletin_figures import BulletinFigures
from include.supervision.standards import rounded

_STEP_UG_M3: Final = 100  # the scale ends here, or at the next multiple
_VALUES_AT: Final = -0.085  # of the axes' height, under the days
_EDGE: Final[dict[str, Any]] = {"edgecolor": INK, "linewidth": 0.5}


@styled
def daily_levels(figures: BulletinFigures) -> Figure:
    """Bars of the valid days, dark above the limit of that day; a day with too few hours has a cross instead."""
    figure, axes = blank_figure(63, (12, 9, 2, 9), is_simulated=figures.is_simulated)
    days = figures.days
    bars = [
        (place, one.pm25_ug_m3, rounded(one.pm25_ug_m3) > one.limit_ug_m3)  # HJ 663: as it prints
        for place, one in enumerate(days)
        if one.pm25_ug_m3 is not None
    ]
    axes.bar(
        [place for place, _, _ in bars],
        [value for _, value, _ in bars],
        width=0.74,
        color=[UNDONE if is_over else DONE for _, _, is_over in bars],
        **_EDGE,
    )
    for place, value, _ in bars:  # in a row of their own, where no line strikes them through
        axes.text(
            place,
            _VALUES_AT,
            concentration(value),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            size=8,
            color=INK,
        )
    axes.text(
        -0.9, _VALUES_AT, say("日均值"), transform=axes.get_xaxis_transform(), ha="right", va="top", size=7
    )
    before = [
        float("nan") if one.year_before_ug_m3 is None else one.year_before_ug_m3 for one in days
    ]  # a gap
    axes.plot(
        range(len(days)), before, color=SOFT, linewidth=1, marker="o", markersize=3.4, markerfacecolor="white"
    )
    limits = [one.limit_ug_m3 for one in days]
    axes.stairs(
        limits,
        [place - 0.5 for place in range(len(days) + 1)],
        baseline=None,
        color=MARK_RED,
        linewidth=1.2,
        linestyle=(0, (5, 2)),
    )
    lacking = [place for place, one in enumerate(days) if one.pm25_ug_m3 is None]
    axes.plot(lacking, [3] * len(lacking), linestyle="none", marker="x", markersize=5, color=INK)
    highest = [value for _, value, _ in bars] + [value for value in before if value == value] + limits
    axes.set_ylim(0, scale_end([int(value) + 1 for value in highest], _STEP_UG_M3))
    axes.set_xlim(-0.7, len(days) - 0.3)
    axes.set_xticks(
        range(len(days)),
        [
            f"{one.day.month}/{one.day.day}" if place == 0 else str(one.day.day)
            for place, one in enumerate(days)
        ],
        size=7.5,
    )
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylabel(say("PM$_{2.5}$日均值（μg/m³）"), size=8.5, color=INK)
    axes.yaxis.grid(True, color=GRID, linewidth=0.6)
    handles: list[Any] = [Patch(facecolor=DONE, **_EDGE, label=say("未超限值"))]
    if any(is_over for _, _, is_over in bars):
        handles.append(Patch(facecolor=UNDONE, **_EDGE, label=say("超过限值")))
    if len(before) > sum(value != value for value in before):
        handles.append(
            Line2D(
                [],
                [],
                color=SOFT,
                linewidth=1,
                marker="o",
                markersize=3.4,
                markerfacecolor="white",
                label=say("上年同日"),
            )
        )
    handles.append(
        Line2D([], [], color=MARK_RED, linewidth=1.2, linestyle=(0, (5, 2)), label=say("24小时限值（二级）"))
    )
    if lacking:
        handles.append(Line2D([], [], linestyle="none", marker="x", color=INK, label=say("数据不足")))
    legend(figure, handles, "upper left")
    return figure

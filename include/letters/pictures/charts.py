"""The bar pictures of the summary, as matplotlib `Figure` objects: rate by city, alarms by day, problems by category.

Scales are the same from week to week, so that two summaries can be laid side by side: shares run from 0 to 100 %, counts to a
fixed end that only grows in whole steps.
"""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from include.language import say
from include.language.moments import day_words
from include.letters import edition_2020_03
from include.letters.document.manuscript import width_em
from include.letters.pictures.chart_style import (
    BAND,
    DONE,
    GRID,
    HEAVY,
    INK,
    MARK_RED,
    NO_ALARMS,
    SOFT,
    UNDONE,
    WIDTH_MM,
    add_axes,
    blank_figure,
    legend,
    rate_colour,
    rate_patches,
    scale_end,
    styled,
)
from include.letters.pictures.map_labels import text_em
from include.letters.words.flag_words import level_word
from include.rules import SUMMARY
from include.supervision.weekly_figures import CityWeek, SummaryFigures

# Ends of the scales, alarms a day and problems of a category: fixed by how many cities there are, so that they stay from letter to letter.
_DAY_ENDS: Final = (5, 10, 25, 50, 100, 200)
_ALARMS_OF_CITY, _OF_CATEGORY = 2, 5  # a day at most, as a rule; a category's end in parts of a day's
_ROW_MM: Final = 4.9  # height of one bar with its gap
_PANEL_ROWS: Final = 24  # bars of one column
_MOST_BARS: Final = 76  # of one page
_NAMES_SHARE: Final = 0.34  # of a column, for the names: longer ones are cut
_WIDE_MM: Final = 44.0  # of the bars: below it they have fewer marks of the scale
_NAME_EM_MM, _FLAG_EM_MM = 3.2, 3.0  # a character of the names and of the flags beside the bars
_OUTLINED: Final[list[Any]] = [withStroke(linewidth=3.4, foreground="white")]
_NAMES_AT, _HEADROOM = 1.06, 1.16  # of the scale: windows are named above the highest bar
FLAG_SIGNS: Final = {"urge": "▲", "remind": "△"}
_EDGE: Final[dict[str, Any]] = {"edgecolor": INK, "linewidth": 0.5}


@styled
def rate_bars(figures: SummaryFigures) -> Figure:
    """On-time rate by city, the worst first, each bar with n/N and the flag; cities without a due alarm last, in words.

    More than `_PANEL_ROWS` cities stand in two columns of one scale.
    """
    is_old = figures.rules_version == edition_2020_03.EDITION
    ordered = sorted(figures.cities, key=_best_first) if is_old else figures.cities
    cities = ordered[:_MOST_BARS]
    panels = 2 if len(cities) > _PANEL_ROWS else 1
    rows = max(-(-len(cities) // panels), 1)
    height, width = rows * _ROW_MM + 20, WIDTH_MM / panels
    most_em = (_NAMES_SHARE * width - 3.0) / _NAME_EM_MM
    names = [fitting_name(one.unit_name, most_em) for one in cities]
    names_mm = max(16.0, 3.0 + _NAME_EM_MM * max(map(text_em, names), default=0))
    flags_mm = max(26.0, 13.0 + _FLAG_EM_MM * max((width_em(flag_words(one)) for one in cities), default=0))
    figure: Figure | None = None
    for panel in range(panels):
        left, right = panel * width, WIDTH_MM - (panel + 1) * width
        margins = (left + names_mm, 12.0, right + flags_mm, 7.0)
        if figure is None:
            figure, axes = blank_figure(height, margins, is_simulated=figures.is_simulated)
        else:
            axes = add_axes(figure, margins)
        part = slice(panel * rows, (panel + 1) * rows)
        _draw_rates(axes, cities[part], names[part], rows, is_old=is_old)
        axes.set_xticks(*_share_ticks(width - names_mm - flags_mm), size=8)
    assert figure is not None
    if left_out := len(ordered) - len(cities):
        told = say("其余{count}个城市见各城市情况表", count=left_out)
        figure.text(0.99, 7.5 / height, told, ha="right", va="bottom", size=8, color=SOFT)
    legend(figure, rate_patches(with_no_alarms=False), "lower center")
    return figure


def _best_first(city: CityWeek) -> tuple[bool, float, int, str]:
    """The order of edition 2020-03: by feedback rate."""
    share = city.window.feedback_rate
    return share.value is None, -(share.value or 0.0), -city.window.pushed, city.unit_code


def _share_ticks(width_mm: float) -> tuple[list[int], list[str]]:
    ticks = list(range(0, 101, 20 if width_mm >= _WIDE_MM else 50))
    return ticks, [f"{tick}%" for tick in ticks]


def _draw_rates(
    axes: Axes, cities: Sequence[CityWeek], names: Sequence[str], rows: int, *, is_old: bool
) -> None:
    for place, city in enumerate(cities):
        share = city.window.feedback_rate if is_old else city.window.on_time_rate
        if share.value is None:
            axes.text(2, place, say(NO_ALARMS), va="center", size=8, color=SOFT)
        else:
            axes.barh(place, 100 * share.value, height=0.72, color=rate_colour(share), **_EDGE)
            _beside(axes, place, 3, f"{share.n}/{share.of}", INK)
        if city.flag.level:
            _beside(axes, place, 34, flag_words(city), MARK_RED)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks(range(len(cities)), names, size=9)
    for label, city in zip(axes.get_yticklabels(), cities, strict=True):
        if city.flag.level:
            label.set_path_effects(HEAVY)
    axes.set_xlim(0, 100)
    axes.xaxis.grid(True, color=GRID, linewidth=0.6)
    axes.tick_params(axis="y", length=0)


def _beside(axes: Axes, place: float, points: float, words: str, colour: str) -> None:
    """Words to the right of the bars, that many points away, however wide the columns are."""
    axes.annotate(
        words,
        (100, place),
        xytext=(points, 0),
        textcoords="offset points",
        va="center",
        size=8.5,
        color=colour,
        annotation_clip=False,
    )


def _above(axes: Axes, place: float, count: int) -> None:
    """A number clear of the edge of the bar below it."""
    axes.annotate(
        str(count),
        (place, count),
        xytext=(0, 1.2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=7.5,
        color=INK,
    )


@styled
def alarms_by_day(figures: SummaryFigures) -> Figure:
    """Alarms pushed on each of the last four weeks' days, answered and not; this window and the one before are named."""
    figure, axes = blank_figure(62, (12, 6, 2, 9), is_simulated=figures.is_simulated)
    end, days = figures.window.end, figures.days
    places = [SUMMARY.trend_days - (end - one.day).days for one in days]
    answered = [one.answered for one in days]
    axes.bar(places, answered, width=0.74, color=DONE, **_EDGE)
    axes.bar(
        places,
        [one.pushed - one.answered for one in days],
        width=0.74,
        bottom=answered,
        color=UNDONE,
        **_EDGE,
    )
    for place, one in zip(places, days, strict=True):
        _above(axes, place, one.pushed)
    limit = scale_end([one.pushed for one in days], _day_end(figures))
    for name, span in ((say("本期"), figures.window), (say("上期"), figures.previous)):
        if span is not None:
            left, right = (SUMMARY.trend_days - (end - day).days - 0.5 for day in (span.start, span.end))
            axes.axvspan(left, right, color=BAND, zorder=0)
            axes.text(
                (left + right) / 2, limit * _NAMES_AT, name, ha="center", va="bottom", size=9, color=INK
            )
    axes.set_ylim(0, limit * _HEADROOM)
    axes.set_yticks(
        [limit * share / 5 for share in range(6)], [f"{limit * share / 5:g}" for share in range(6)]
    )
    if days and len(days) < SUMMARY.trend_days:
        axes.text(
            (places[0] - 1) / 2,
            limit / 2,
            say("监管期自{day}起", day=day_words(days[0].day)),
            ha="center",
            va="center",
            size=8.5,
            color=SOFT,
        )
    axes.set_xlim(-0.7, SUMMARY.trend_days - 0.3)
    names = [
        f"{one.day.month}/{one.day.day}" if one.day.day == 1 or one is days[0] else str(one.day.day)
        for one in days
    ]
    axes.set_xticks(places, names, size=7.5)
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylabel(say("推送报警（条）"), size=8.5, color=INK)
    axes.yaxis.grid(True, color=GRID, linewidth=0.6)
    legend(
        figure,
        [
            Patch(facecolor=DONE, **_EDGE, label=say("已反馈")),
            Patch(facecolor=UNDONE, **_EDGE, label=say("未反馈")),
        ],
        "upper left",
    )
    return figure


def _day_end(figures: SummaryFigures) -> int:
    """The end of the scale of a day's alarms: two alarms a unit, rounded up to a round number; the least where there were none."""
    if not any(one.pushed for one in figures.days):
        return _DAY_ENDS[0]
    most = _ALARMS_OF_CITY * len(figures.cities)
    return next((end for end in _DAY_ENDS if end >= most), _DAY_ENDS[-1])


@styled
def problems_by_category(figures: SummaryFigures) -> Figure:
    """Problems of the window by category, rectified and not, with a stroke where the window before stood."""
    rows = [row for row in figures.categories if row.problems or row.previous]
    figure, axes = blank_figure(
        max(len(rows), 1) * _ROW_MM + 20, (35, 11, 5, 8), is_simulated=figures.is_simulated
    )
    places = range(len(rows))
    done = [row.rectified for row in rows]
    axes.barh(places, done, height=0.72, color=DONE, **_EDGE)
    axes.barh(
        places, [row.problems - row.rectified for row in rows], height=0.72, left=done, color=UNDONE, **_EDGE
    )
    least = max(_DAY_ENDS[0], _day_end(figures) // _OF_CATEGORY)
    limit = scale_end([max(row.problems, row.previous or 0) for row in rows], least)
    for place, row in enumerate(rows):
        before = row.previous
        if before is not None:
            mark = axes.plot(
                [before] * 2, [place - 0.46, place + 0.46], color=MARK_RED, linewidth=1.8, zorder=3
            )
            mark[0].set_path_effects(_OUTLINED)
        is_in_the_way = before is not None and row.problems <= before < row.problems + limit * 0.04
        end = before if before is not None and is_in_the_way else row.problems
        axes.text(end + limit * 0.01, place, str(row.problems), va="center", size=8.5, color=INK)
    axes.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    axes.set_yticks(places, [row.category for row in rows], size=9)
    axes.set_xlim(0, limit)
    axes.set_xlabel(say("问题（个）"), size=8.5, color=INK, labelpad=1)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(True, color=GRID, linewidth=0.6)
    handles: list[Any] = [
        Patch(facecolor=DONE, **_EDGE, label=say("已整改")),
        Patch(facecolor=UNDONE, **_EDGE, label=say("尚未整改")),
    ]
    if figures.previous is not None:
        handles.append(Line2D([], [], color=MARK_RED, linewidth=1.8, label=say("竖线处为上期问题数")))
    legend(figure, handles, "upper left")
    return figure


def short_name(unit_name: str) -> str:
    """A city without 市, as maps and axes name it."""
    return unit_name.removesuffix("市")


def fitting_name(unit_name: str, most_em: float) -> str:
    """A unit's short name, cut where it is wider than so many characters."""
    name = short_name(unit_name)
    while width_em(name) > most_em:
        name = name.removesuffix("…")[:-1] + "…"
    return name


def flag_words(city: CityWeek) -> str:
    """The flag as a picture shows it: a filled triangle for 督办, an open one for 提醒."""
    return FLAG_SIGNS.get(city.flag.level, "") + level_word(city.flag.level)

"""The small multiple of the summary: one small bar picture a unit, of the alarms of each seven days, all on one scale.

Every bar bears its number, so that a page of forty is read without an axis; the scale is the same for all units of a letter and,
as it grows in whole steps only, from letter to letter. All units of a page are drawn on one pair of axes in millimetres: forty
pairs would take seconds.
"""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from include.language import say
from include.letters.pictures.canvas import plain_axes
from include.letters.pictures.chart_style import (
    DONE,
    HEAVY,
    INK,
    SOFT,
    UNDONE,
    WIDTH_MM,
    legend,
    scale_end,
    sized_figure,
    styled,
)
from include.letters.pictures.charts import FLAG_SIGNS, fitting_name
from include.letters.words.trend_words import has_trend
from include.rules import SUMMARY
from include.supervision.weekly_figures import CityWeek, SpanCount, SummaryFigures

PAGE_UNITS: Final = 40  # small pictures of one page, four beside each other
_COLUMNS: Final = 4
_STEP: Final = 10  # alarms of seven days
_PANEL_MM, _TOP_MM, _FOOT_MM = 19.0, 7.0, 4.0  # height of a small picture with its name, above and below all
_NAME_MM, _NUMBER_MM, _GAP_MM = (
    4.2,
    2.6,
    5.0,
)  # of a small picture: its name, a number above a bar, the blank beside it
_BAR: Final = 0.78  # of the distance of two bars
_LARGE, _SMALL = 8.5, 6.5  # points: names; numbers and dates
_EM_MM: Final = _LARGE * 0.3528
_EDGE: Final[dict[str, Any]] = {"edgecolor": INK, "linewidth": 0.4}


def trend_pages(figures: SummaryFigures) -> list[Figure]:
    """The units in the order of the letter's table, `PAGE_UNITS` at most on a page and about as many on each; none without a trend."""
    if not has_trend(figures):
        return []
    pages = -(-len(figures.cities) // PAGE_UNITS)
    most = -(-len(figures.cities) // pages)
    return [
        trend_page((figures, figures.cities[at : at + most])) for at in range(0, len(figures.cities), most)
    ]


@styled
def trend_page(told: tuple[SummaryFigures, Sequence[CityWeek]]) -> Figure:
    """One page: these units of the summary."""
    figures, cities = told
    columns = min(_COLUMNS, len(cities))
    rows = -(-len(cities) // columns)
    height = _TOP_MM + rows * _PANEL_MM + _FOOT_MM
    figure = sized_figure(WIDTH_MM, height, is_simulated=figures.is_simulated)
    axes = plain_axes(figure, (0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH_MM), ylim=(height, 0), autoscale_on=False)
    axes.set_axis_off()
    starts = sorted({one.start for city in figures.cities for one in city.trend})
    limit = scale_end([one.pushed or 0 for city in figures.cities for one in city.trend], _STEP)
    width = WIDTH_MM / columns
    for place, city in enumerate(cities):
        row, column = divmod(place, columns)
        _draw(axes, city, starts, limit, (column * width, _TOP_MM + row * _PANEL_MM), width)
        if place + columns >= len(cities):  # the lowest of its column
            _date(axes, starts, (column * width, _TOP_MM + (row + 1) * _PANEL_MM), width)
    legend(
        figure,
        [
            Patch(facecolor=DONE, **_EDGE, label=say("已反馈")),
            Patch(facecolor=UNDONE, **_EDGE, label=say("未反馈")),
        ],
        "upper left",
    )
    return figure


def _draw(
    axes: Axes, city: CityWeek, starts: list[Any], limit: int, corner: tuple[float, float], width: float
) -> None:
    """One unit: its name with its flag, a bar a span on the line where it stands."""
    left, top = corner
    ground = top + _PANEL_MM - 1.0
    unit = (ground - top - _NAME_MM - _NUMBER_MM) / limit
    name = axes.text(left + 1, top + 1.2, _name_of(city, width), size=_LARGE, va="top", color=INK)
    if city.flag.level:
        name.set_path_effects(HEAVY)
    axes.plot((left, left + width - _GAP_MM), (ground, ground), color=SOFT, linewidth=0.5)
    if not any(one.pushed for one in city.trend):
        axes.text(left + 1, ground - 1.2, _why_empty(city), size=_SMALL, va="bottom", color=SOFT)
        return
    for one in city.trend:
        middle = _middle(starts, one, left, width)
        if one.pushed is None or one.answered is None:
            axes.text(middle, ground - 0.5, "—", size=_SMALL, ha="center", va="bottom", color=SOFT)
            continue
        thickness = _BAR * (width - _GAP_MM) / SUMMARY.trend_weeks
        open_mm, done_mm = (one.pushed - one.answered) * unit, one.answered * unit
        axes.bar(middle, -done_mm, thickness, bottom=ground, color=DONE, **_EDGE)
        axes.bar(middle, -open_mm, thickness, bottom=ground - done_mm, color=UNDONE, **_EDGE)
        is_none = not one.pushed
        axes.text(
            middle,
            ground - open_mm - done_mm - 0.4,
            str(one.pushed),
            size=_SMALL,
            ha="center",
            va="bottom",
            color=SOFT if is_none else INK,
        )


def _why_empty(city: CityWeek) -> str:
    is_member = any(one.pushed is not None for one in city.trend)
    return say("各周均无报警") if is_member else say("当时不在监管范围")


def _name_of(city: CityWeek, width: float) -> str:
    """`▲甲`, cut where it is wider than its picture."""
    sign = FLAG_SIGNS.get(city.flag.level, "")
    return sign + fitting_name(city.unit_name, (width - _GAP_MM) / _EM_MM - len(sign))


def _date(axes: Axes, starts: list[Any], corner: tuple[float, float], width: float) -> None:
    """The first day of the last span and of every second before it, below the lowest picture of a column."""
    left, top = corner
    for from_end, start in list(enumerate(reversed(starts), start=1))[::2]:
        words = f"{start.month}/{start.day}"
        x = _place(from_end, left, width)
        axes.text(x, top - 0.4, words, size=_SMALL - 0.5, ha="center", va="top", color=INK)


def _middle(starts: list[Any], one: SpanCount, left: float, width: float) -> float:
    return _place(len(starts) - starts.index(one.start), left, width)


def _place(from_end: int, left: float, width: float) -> float:
    """The last span stands at the right, whatever number there is."""
    step = (width - _GAP_MM) / SUMMARY.trend_weeks
    return left + step * (SUMMARY.trend_weeks - from_end + 0.5)

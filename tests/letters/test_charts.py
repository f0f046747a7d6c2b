"""The pictures, read from the drawn figures: every mark and number is that of the figures object."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text

from include.geo.boundaries import map_notice
from include.geo.regions import cities
from include.letters.pictures.chart_style import (
    DONE,
    NO_ALARMS,
    RATE_CLASSES,
    UNDONE,
    png,
    rate_class,
    scale_end,
)
from include.letters.pictures.charts import alarms_by_day, problems_by_category, rate_bars
from include.letters.pictures.region_map import rate_map
from include.periods import Period
from include.supervision.figures import FeedbackCounts, Share
from include.supervision.weekly_figures import DayCount, SummaryFigures
from tests.letters import summaries
from tests.supervision.summaries import city_week

DRAWINGS = (rate_bars, alarms_by_day, problems_by_category, rate_map)


def texts(figure: Figure) -> list[str]:
    return [text for one in figure.findobj(Text) if one.get_visible() and (text := one.get_text())]


def bars(figure: Figure, colour: str) -> Iterator[Rectangle]:
    wanted = to_rgb(colour)
    for axes in figure.axes:
        yield from (
            patch
            for patch in axes.patches
            if isinstance(patch, Rectangle) and patch.get_facecolor()[:3] == wanted
        )


@pytest.mark.parametrize(
    ("share", "place"),
    [
        (Share(3, 3), 0),
        (Share(99, 100), 1),
        (Share(9, 10), 1),
        (Share(8, 9), 2),
        (Share(4, 5), 2),
        (Share(3, 4), 3),
        (Share(3, 5), 3),
        (Share(1, 2), 4),
        (Share(0, 4), 4),
        (Share(0, 0), None),
    ],
)
def test_the_class_of_a_rate(share: Share, place: int | None) -> None:
    assert rate_class(share) == place


def test_classes_can_be_told_apart_in_black_and_white() -> None:
    lightness = [
        0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (to_rgb(colour) for _, _, colour in RATE_CLASSES)
    ]
    assert lightness == sorted(lightness, reverse=True)
    assert all(brighter - darker > 0.1 for brighter, darker in pairwise(lightness))
    light, dark = (sum(to_rgb(colour)) for colour in (DONE, UNDONE))
    assert light - dark > 1.0


def test_a_scale_of_counts_is_fixed_and_grows_in_whole_steps() -> None:
    assert [scale_end(values, 200) for values in ([], [0], [160], [200], [201], [650])] == [
        200,
        200,
        200,
        200,
        400,
        800,
    ]


def test_rates_by_city_are_sorted_and_say_n_of_n() -> None:
    figures = summaries.plain()
    figure = rate_bars(figures)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["阳泉", "石家庄", "西安", "太原"]
    drawn = sorted(
        (patch.get_y(), patch.get_width()) for patch in axes.patches if isinstance(patch, Rectangle)
    )
    assert [round(width, 6) for _, width in drawn] == [round(200 / 3, 6), 50, 100]
    assert [text for text in texts(figure) if "/" in text] == ["2/3", "1/2", "1/1"]
    assert NO_ALARMS in texts(figure)
    assert "△提醒" in texts(figure)
    assert axes.get_xlim() == (0, 100)


def test_many_cities_stand_in_two_columns_of_one_scale() -> None:
    figures = replace(
        summaries.plain(),
        cities=tuple(
            city_week(
                f"{code}", code % 7, 7, rank=1, window=FeedbackCounts(7, code % 7, due=7, on_time=code % 7)
            )
            for code in range(39)
        ),
    )
    figure = rate_bars(figures)
    assert [len(axes.get_yticklabels()) for axes in figure.axes] == [20, 19]
    assert {axes.get_xlim() for axes in figure.axes} == {(0.0, 100.0)}
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert sum(f"{code % 7}/7" in texts(figure) for code in range(39)) == 39


def test_alarms_by_day_stack_answered_and_not() -> None:
    figures = summaries.plain()
    figure = alarms_by_day(figures)
    assert [bar.get_height() for bar in bars(figure, DONE)] == [one.answered for one in figures.days]
    assert [bar.get_height() for bar in bars(figure, UNDONE)] == [
        one.pushed - one.answered for one in figures.days
    ]
    assert figure.axes[0].get_ylim() == pytest.approx((0, 11.6))  # room above 10 for the names of the windows
    assert {"本期", "上期"} <= set(texts(figure))
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "3/1",
        *(str(day) for day in range(2, 11)),
    ]
    busy = replace(figures, days=(*figures.days[:-1], DayCount(date(2020, 3, 10), 26, 0)))
    assert alarms_by_day(busy).axes[0].get_ylim() == pytest.approx((0, 30 * 1.16))


@pytest.mark.parametrize(("cities", "day", "category"), [(1, 5, 5), (4, 10, 5), (11, 25, 5), (39, 100, 20)])
def test_scales_stand_by_the_number_of_cities(cities: int, day: int, category: int) -> None:
    plain = summaries.plain()
    figures = replace(plain, cities=plain.cities[:1] * cities)
    assert alarms_by_day(figures).axes[0].get_ylim() == pytest.approx((0, day * 1.16))
    assert problems_by_category(figures).axes[0].get_xlim() == (0, category)


def test_days_keep_their_places_from_week_to_week() -> None:
    later = alarms_by_day(summaries.plain())
    assert later.axes[0].get_xlim() == alarms_by_day(summaries.first()).axes[0].get_xlim()
    assert max(bar.get_x() for bar in bars(later, DONE)) == max(
        bar.get_x() for bar in bars(alarms_by_day(summaries.first()), DONE)
    )


def test_problems_by_category_stack_rectified_and_not_and_mark_the_window_before() -> None:
    figure = problems_by_category(summaries.plain())
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "扬尘（道路）",
        "露天焚烧",
        "垃圾露天倾倒",
        "其他",
    ]
    assert [bar.get_width() for bar in bars(figure, DONE)] == [1, 1, 1, 0]
    assert [bar.get_width() for bar in bars(figure, UNDONE)] == [0, 0, 0, 1]
    assert [list(line.get_xdata()) for line in axes.lines] == [[1, 1], [0, 0], [0, 0], [0, 0]]
    assert axes.get_xlim() == (0, 5)
    assert not problems_by_category(summaries.first()).axes[0].lines  # nothing before


def test_the_map_names_the_flagged_cities_with_their_numbers() -> None:
    figure = rate_map(summaries.plain())
    assert {"△阳泉\n2/3", "石家庄\n1/2", "西安", "太原", map_notice()} <= set(texts(figure))
    parts = figure.axes[:2]  # 西安 lies far from the others
    outlines = [patch for axes in parts for patch in axes.patches if isinstance(patch, PathPatch)]
    filled = [patch for patch in outlines if patch.get_facecolor()[3]]
    colours = {patch.get_facecolor()[:3] for patch in filled}
    shown = [RATE_CLASSES[rate_class(share) or 0][2] for share in (Share(1, 1), Share(1, 2), Share(2, 3))]
    assert colours == {*map(to_rgb, shown), to_rgb("white")}
    assert [patch.get_hatch() for patch in filled].count("////") == 1  # 太原 had no alarms
    assert [patch.get_linewidth() for patch in outlines if patch not in filled] == [
        1.6
    ]  # one outline is heavy


def test_the_map_of_the_whole_region_has_every_city() -> None:
    names = cities().set_index("unit_code")["unit_name"]
    figures = replace(
        summaries.plain(),
        cities=tuple(city_week(code, 1, 1, unit_name=names[code]) for code in names.index[:39]),
    )
    assert {name.removesuffix("市") for name in names[:39]} <= set(texts(rate_map(figures)))


def test_a_city_without_an_outline_is_named_beside_the_map() -> None:
    figures = replace(
        summaries.plain(),
        cities=(*summaries.plain().cities, city_week("610403", 1, 2, unit_name="杨凌示范区")),
    )
    assert "没有边界数据，未绘制：杨凌示范区" in texts(rate_map(figures))
    lost = replace(figures, cities=figures.cities[-1:])
    assert "没有边界数据，未绘制：杨凌示范区" in texts(rate_map(lost))


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("edge", summaries.EDGES)
def test_every_picture_can_be_drawn_and_carries_its_marks(
    draw: Callable[[SummaryFigures], Figure], edge: Callable[[], SummaryFigures]
) -> None:
    figures = edge()
    figure = draw(figures)
    assert ("模拟数据" in texts(figure)) == figures.is_simulated
    assert (
        png(figure, dpi=40)[:8] == b"\x89PNG\r\n\x1a\n"
    )  # a missing glyph would be a warning, and a warning an error


def test_the_same_figures_give_the_same_bytes() -> None:
    figures = summaries.plain()
    assert all(png(draw(figures), dpi=60) == png(draw(figures), dpi=60) for draw in DRAWINGS)


def test_the_window_of_another_kind_is_drawn_too() -> None:
    figures = summaries.plain()
    weekend = Period.of_days(date(2020, 3, 4), date(2020, 3, 8), "weekend", figures.period.as_of)
    assert "上期" in texts(alarms_by_day(replace(figures, previous=weekend)))

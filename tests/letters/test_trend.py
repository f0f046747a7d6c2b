"""The small pictures of each unit's trend: their numbers, what they say without any, and that letters of before are made as before."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from docx import Document
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from include.letters.pictures.chart_style import DONE, UNDONE
from include.letters.pictures.trend_charts import PAGE_UNITS, trend_pages
from include.letters.summary import compose_summary
from include.letters.words.trend_words import has_trend, trend_values
from include.periods import period_ending
from include.supervision.differences import differences
from include.supervision.weekly_figures import SpanCount, SummaryFigures
from tests.gallery.computed import many_units, whole_region
from tests.gallery.findings import figure_findings
from tests.letters import summaries
from tests.supervision.summaries import city, stays, summary

FIRST, LAST = (date(2020, 3, 1), date(2020, 3, 4)), (date(2020, 3, 4), date(2020, 3, 11))


def texts(figure: Figure) -> list[str]:
    return [text for one in figure.findobj(Text) if one.get_visible() and (text := one.get_text())]


def heights(figure: Figure, colour: str) -> list[float]:
    found = [one for axes in figure.axes for one in axes.patches if isinstance(one, Rectangle)]
    return [round(-one.get_height(), 3) for one in found if one.get_facecolor()[:3] == to_rgb(colour)]


def trends(figures: SummaryFigures) -> dict[str, tuple[SpanCount, ...]]:
    return {one.unit_name: one.trend for one in figures.cities}


def test_seven_days_each_back_from_the_windows_end_and_what_is_left_of_the_season() -> None:
    assert trends(summaries.plain()) == {
        "阳泉市": (SpanCount(*FIRST, 1, 0), SpanCount(*LAST, 3, 2)),
        "石家庄市": (SpanCount(*FIRST, 2, 2), SpanCount(*LAST, 2, 2)),
        "西安市": (SpanCount(*FIRST, 0, 0), SpanCount(*LAST, 1, 1)),
        "太原市": (SpanCount(*FIRST, 0, 0), SpanCount(*LAST, 0, 0)),
    }


def test_at_most_eight_of_them() -> None:
    period = period_ending("midweek", date(2020, 5, 27))
    spans = summary(period=period).cities[0].trend
    assert (spans[0].start, spans[-1].end, len(spans)) == (date(2020, 4, 1), date(2020, 5, 27), 8)
    assert all(one.end == other.start for one, other in pairwise(spans))


def test_days_on_which_a_city_belonged_to_no_region_have_no_number() -> None:
    figures = summary(stays=stays(("130100", "2018-07-01", None), ("140300", "2020-03-05", None)))
    assert city(figures, "140300").trend == (SpanCount(*FIRST, None, None), SpanCount(*LAST, 3, 2))
    assert "—" in texts(trend_pages(figures)[0])


def test_every_bar_bears_its_number_and_all_stand_on_one_scale() -> None:
    (figure,) = trend_pages(summaries.plain())
    shown = texts(figure)
    assert [text for text in shown if text.isdigit()] == ["1", "3", "2", "2", "0", "1"]
    assert "各周均无报警" in shown
    unit = heights(figure, UNDONE)[0]  # one unanswered alarm of 阳泉
    assert unit > 0
    assert [round(height / unit) for height in heights(figure, UNDONE)] == [1, 1, 0, 0, 0, 0]
    assert [round(height / unit) for height in heights(figure, DONE)] == [0, 2, 2, 2, 0, 1]


def test_the_scale_grows_in_whole_steps_only() -> None:
    few, many = (
        replace(
            summaries.plain(),
            cities=tuple(
                replace(one, trend=(SpanCount(*FIRST, 1, 0), SpanCount(*LAST, pushed, 0)))
                for one in summaries.plain().cities
            ),
        )
        for pushed in (10, 11)
    )
    low, high = (heights(trend_pages(figures)[0], UNDONE)[0] for figures in (few, many))
    assert low == pytest.approx(2 * high, abs=0.002)


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        (lambda: summaries.first(), "监管期自3月1日起，不足两周，各城市走势图自下期附。"),
        (lambda: summaries.nothing(), "3月1日至10日各城市均无报警，不附走势图。"),
        (lambda: before(summaries.plain()), ""),
    ],
)
def test_without_two_spans_or_any_alarm_there_is_no_picture_and_the_letter_says_why(
    figures: object, why: str
) -> None:
    told = figures()  # type: ignore[operator]
    assert (has_trend(told), trend_pages(told), trend_values(told)["走势说明"]) == (False, [], why)


def before(figures: SummaryFigures) -> SummaryFigures:
    """As a letter of before was frozen."""
    return replace(figures, cities=tuple(replace(one, trend=()) for one in figures.cities))


def test_figures_of_before_say_nothing_of_it_and_that_is_no_difference() -> None:
    plain = summaries.plain()
    assert differences(before(plain), plain) == ()
    more = replace(plain.cities[0], trend=(plain.cities[0].trend[0], SpanCount(*LAST, 4, 2)))
    assert differences(plain, replace(plain, cities=(more, *plain.cities[1:]))) == (
        "阳泉市近期走势3月4日 推送 3→4",
    )


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    with summaries.small_pictures():
        yield


def captions(figures: SummaryFigures) -> list[str]:
    docx = compose_summary(figures, summaries.ISSUE).file("docx")
    assert docx is not None
    return [
        one.text
        for one in Document(io.BytesIO(docx.content)).paragraphs
        if one.style is not None and one.style.name == "公文图题"
    ]


def test_the_captions_count_on_and_name_the_days() -> None:
    assert (
        captions(summaries.plain())[-1] == "图5　各城市每7天推送报警（3月1日至10日，柱上为条数，首柱为3天）"
    )
    assert captions(before(summaries.plain()))[-1].startswith("图4　各城市按期反馈率")


def test_more_units_than_a_page_holds_stand_on_two_of_the_same_number() -> None:
    figures = many_units(PAGE_UNITS + 1)
    pages = trend_pages(figures)
    assert [sum(text.startswith(("第", "△第", "▲第")) for text in texts(page)) for page in pages] == [21, 20]
    assert [figure_findings(page) for page in pages] == [[], []]
    assert [one.partition("　")[0] for one in captions(figures)] == ["图1", "图2", "图3", "图4", "续图4"]


def test_the_mail_has_the_first_eight_of_the_table() -> None:
    told = trend_values(whole_region())
    assert [row["城市"] for row in told["走势表"]] == [
        one.unit_name for one in whole_region().cities if any(span.pushed for span in one.trend)
    ][:8]
    assert told["走势首日"][-1] == "3/4"
    html = compose_summary(whole_region(), summaries.ISSUE).file("html")
    assert html is not None
    assert "全部城市见附件1" in html.content.decode()


def test_without_any_outline_there_is_no_map_and_the_letter_says_so() -> None:
    figures = many_units(3)
    letter = compose_summary(figures, summaries.ISSUE)
    docx, html = letter.file("docx"), letter.file("html")
    assert docx is not None
    assert html is not None
    told = [one.text for one in Document(io.BytesIO(docx.content)).paragraphs]
    assert "没有城市边界数据，不附地图。" in told
    assert "<img" not in html.content.decode()
    assert letter.file("inline") is None

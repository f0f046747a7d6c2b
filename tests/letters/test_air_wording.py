"""Words and classes of levels and changes: whatever the figures, signs and ties are those that are printed."""

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from include.letters.pictures.chart_style import SHADES
from include.letters.words.air_classes import CHANGES, change_class, level_class, level_limits, level_words
from include.letters.words.air_wording import (
    base_name,
    change_cell,
    change_words,
    half_name,
    half_values,
    level_values,
    month_values,
    rank_words,
    source_note,
    year_values,
)
from include.periods import office_zone, period_ending
from include.supervision.air_quality import windows
from tests.letters.bulletins import FIRST_HALF, SECOND_HALF, level

PCT = st.floats(-150, 400, allow_nan=False)
NEW_YEAR = period_ending("half_month", date(2020, 1, 16))


@pytest.mark.parametrize(
    ("pct", "words", "cell"),
    [
        (12.34, "同比上升12.3%", "+12.3"), (-12.36, "同比下降12.4%", "-12.4"), (0.0, "同比持平", "0.0"), (0.05, "同比持平", "0.0"),
        (0.0501, "同比上升0.1%", "+0.1"), (-0.05, "同比持平", "0.0"), (-0.049999999999, "同比持平", "0.0"), (0.15, "同比上升0.2%", "+0.2"),
        (0.25, "同比上升0.2%", "+0.2"), (100.0, "同比上升100.0%", "+100.0"), (None, "—", "—"),
    ],
)  # fmt: skip
def test_a_change_in_words_and_in_a_table(pct: float | None, words: str, cell: str) -> None:
    assert (change_words(pct, "同比"), change_cell(pct)) == (words, cell)


@given(PCT)
def test_words_have_the_sign_of_the_printed_change_and_are_level_exactly_at_zero(pct: float) -> None:
    words, cell = change_words(pct, "3月上半月"), change_cell(pct)
    printed = float(cell)
    assert abs(printed - pct) <= 0.05 + 1e-6
    assert cell.startswith("+") == (printed > 0)
    if printed == 0:
        assert words == "与3月上半月持平"
    else:
        assert words == f"较3月上半月{'上升' if pct > 0 else '下降'}{abs(printed):.1f}%"


@given(st.integers(1, 40), st.integers(0, 40), st.booleans())
def test_a_rank_says_that_it_is_tied(rank: int, more: int, is_tied: bool) -> None:
    found = level(40.0, rank=rank, ranked=rank + more, is_tied=is_tied)
    assert rank_words(found) == ("并列" if is_tied else "") + f"第{rank}位"
    values = half_values(found, SECOND_HALF)
    assert values["排名"] == ("并列" if is_tied else "") + str(rank)
    assert values["参评"] == rank + more


def test_too_few_days_print_no_figure_anywhere() -> None:
    values = half_values(level(None, 9), SECOND_HALF)
    assert not values["有效"]
    assert [values[key] for key in ("浓度", "同比", "环比", "排名", "同比词", "名次词")] == [
        "—",
        "—",
        "—",
        "—",
        "—",
        "",
    ]
    assert (values["有效天数"], values["最少天数"], values["缺少天数"]) == ("9/16", 13, 7)


def test_the_windows_and_what_they_are_compared_with() -> None:
    assert half_name(FIRST_HALF) == "2020年3月上半月"
    assert half_values(level(40.0), SECOND_HALF)["环比词"] == "较3月上半月上升5.0%"
    assert half_values(level(40.0), FIRST_HALF)["环比词"] == "较2月下半月上升5.0%"
    assert base_name(NEW_YEAR) == "2019年12月下半月"
    assert month_values(level(40.0, 31), FIRST_HALF) is None
    month = month_values(level(40.0, 31), SECOND_HALF)
    assert month is not None
    assert (month["名"], month["环比词"], month["有效天数"]) == ("3月", "较2月上升5.0%", "31/31")
    january = month_values(level(40.0, 31), period_ending("half_month", date(2020, 2, 1)))
    assert january is not None
    assert january["环比词"] == "较2019年12月上升5.0%"
    year = year_values(level(40.0, 91, pop_pct=None), SECOND_HALF)
    assert (year["名"], year["有效天数"], year["环比"]) == ("1月1日至3月31日", "91/91", "—")
    assert level_values(level(40.0), windows(SECOND_HALF), "上期")["环比词"] == "较上期上升5.0%"


def test_concentrations_are_rounded_half_to_even() -> None:
    assert [half_values(level(value), SECOND_HALF)["浓度"] for value in (52.5, 53.5, 52.500000001, 0.4)] == [
        "52",
        "54",
        "53",
        "0",
    ]


def test_the_source_line_says_where_and_when() -> None:
    assert source_note(("甲", "乙", "丙"), SECOND_HALF) == "数据来源：甲、乙等；时段：2020年3月16日至31日"
    assert source_note((), FIRST_HALF) == "数据来源：热点网格监管平台；时段：2020年3月1日至15日"


@example([0.0, 500.0, 500.0, 500.0])  # wider than four steps of a hundred
@given(st.lists(st.floats(0, 2000, allow_nan=False), min_size=1, max_size=60))
def test_classes_of_levels_are_round_equal_steps_that_hold_nine_values_in_ten(values: list[float]) -> None:
    limits = level_limits(values)
    steps = {after - before for before, after in pairwise(limits)}
    (step,) = steps
    assert limits[0] % step == 0
    inside = [limits[0] - step <= value < limits[-1] + step for value in values]
    assert sum(inside) >= 0.8 * len(values) - 2
    words = level_words(limits)
    assert len(words) == len(SHADES) == 5
    for value in values:
        place, printed = level_class(value, limits), int(half_values(level(value), SECOND_HALF)["浓度"])
        numbers = [int(number) for number in re.findall(r"\d+", words[place])]
        assert (
            (place == 0 and printed < numbers[0])
            or (place == 4 and printed >= numbers[0])
            or (0 < place < 4 and numbers[0] <= printed <= numbers[-1])
        )


@given(PCT)
def test_classes_of_changes_carry_the_sign_of_the_printed_change(pct: float) -> None:
    printed, look = float(change_cell(pct)), CHANGES[change_class(pct)]
    assert look.sign == ("" if abs(printed) < 5 else "+" if printed > 0 else "_")
    assert ("20%以上" in look.words) == (abs(printed) >= 20)


def test_the_words_of_classes() -> None:
    assert level_words((45, 50, 55, 60)) == ["<45", "45～49", "50～54", "55～59", "≥60"]
    assert level_words((3, 4, 5, 6)) == ["<3", "3", "4", "5", "≥6"]


def test_as_of_is_part_of_no_name() -> None:
    late = replace(SECOND_HALF, as_of=datetime(2020, 4, 3, tzinfo=office_zone()))
    assert half_name(late) == half_name(SECOND_HALF) == "2020年3月下半月"

"""What a 通报函 says in words, whatever its figures: every rule, every edge, every sign and tie."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.letters.bulletin_values import bulletin_values
from include.letters.document.word import TemplatePicture, compose_docx
from include.letters.document.word_reader import read_manuscript
from include.supervision.bulletin_figures import BulletinFigures, FollowUp
from include.supervision.figures import FeedbackCounts
from tests.letters.bulletins import (
    ISSUE,
    SECOND_HALF,
    WARNED,
    WARNINGS,
    bulletin,
    level,
    situation,
)
from tests.letters.reading import squeezed

RULES = (
    "warned_again",
    "high_without_problem",
    "rising_without_alarm",
    "overdue",
    "rectification_overdue",
    "rebound",
    "clustered",
    "insufficient",
)


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


PCT = st.one_of(
    st.none(), st.floats(-99, 300, allow_nan=False), st.sampled_from([0.0, 0.04, -0.04, 0.05, -0.06])
)


def body_of(figures: BulletinFigures) -> str:
    """The main text as the template words it, without laying out a PDF."""
    blank = TemplatePicture(_PIXEL, 10, "")
    pictures = {"图_每日": blank, "图_浓度": blank, "图_同比": blank}
    docx = compose_docx(
        "bulletin.docx", bulletin_values(figures, ISSUE, str) | pictures, "x", SECOND_HALF.as_of
    )
    texts = [getattr(block, "text", "") for block in read_manuscript(docx).blocks]
    return squeezed("".join(texts[: texts.index("附件1")]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"city": situation(half=level(52.5, is_tied=True))}, "由低到高（第1位最好）排名并列第7位。"),
        (
            {"city": situation(half=level(52.5, yoy_pct=None, pop_pct=None))},
            "上年同期没有可比数据，上期没有可比数据；",
        ),
        ({"city": situation(half=level(52.5, yoy_pct=-0.04, pop_pct=0.05))}, "同比持平，与3月上半月持平；"),
        ({"city": situation(days_over=0)}, "有效天数16/16天，日均值均未超过二级标准24小时限值"),
        (
            {"city": situation(without_dust=level(53.5, 15), dust_hours=5)},
            "本期有5小时受沙尘影响，以上浓度未扣除沙尘。扣除沙尘后，PM2.5平均浓度为54μg/m³，同比下降20.0%，有效天数15/16天（1天扣除后小时数不足，不参与平均）。",
        ),
        (
            {"city": situation(without_dust=level(None, 12), dust_hours=90)},
            "扣除沙尘后有效天数为12/16天，数据不足，不计算平均浓度。",
        ),
        (
            {"city": situation(window=FeedbackCounts(2, 0))},
            "推送热点网格报警2条，已反馈0/2（0.0%）。均未到反馈时限。上述报警均未反馈，没有排查结果。",
        ),
        ({"high_areas": ()}, "各网格浓度没有达到高值区条件（系统默认，见附件4）。"),
        ({"rising": ()}, "没有同比上升的网格。"),
        (
            {"follow_ups": ()},
            "四、下一步要求请你市继续做好热点网格的排查、反馈和整改，组织相关区县抓好落实，于2020年4月11日前",
        ),
        (
            {"warnings": replace(WARNINGS, missing_months=(date(2019, 4, 1), date(2019, 5, 1)))},
            "近12个月中有2个月没有可用的网格数据，次数为下限。",
        ),
        (
            {
                "warnings": replace(
                    WARNINGS, warned=(replace(WARNED, in_a_row=1, in_a_year=1, escalation=""),)
                )
            },
            "（月均浓度最高、环比变化最差；月均92μg/m³）。",
        ),
    ],
)
def test_the_edges_in_words(changes: dict[str, Any], told: str) -> None:
    assert squeezed(told) in body_of(bulletin(**changes))


def test_grids_that_tie_for_the_first_place_are_all_named() -> None:
    base = bulletin()
    tied = tuple(replace(one, place=1, grid=replace(one.grid, half=level(88.0))) for one in base.highest[:2])
    assert "浓度最高的是赵县T1网格、赵县T2网格（并列，88μg/m³）。" in body_of(replace(base, highest=tied))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_words(rule: Any) -> None:
    text = body_of(bulletin(follow_ups=(FollowUp(rule, 2, 3, ("甲", "乙")),)))
    section = text[text.index("四、下一步要求") :]
    assert section.startswith("四、下一步要求1.对")
    assert "甲" in section
    assert "乙" in section
    assert "2个" in section or "2条" in section or "2处" in section
    assert "3个" in section or "3条" in section or "3处" in section


def test_no_more_questions_than_the_rule() -> None:
    text = body_of(bulletin(follow_ups=tuple(FollowUp(rule, 1, 1, ("甲",)) for rule in RULES)))  # type: ignore[arg-type]
    assert "5.对" in text
    assert "6.对" not in text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.floats(0, 500, allow_nan=False),
    yoy=PCT,
    pop=PCT,
    rank=st.integers(1, 39),
    is_tied=st.booleans(),
    over=st.integers(0, 16),
    pushed=st.integers(0, 9),
    answered=st.integers(0, 9),
)
def test_whatever_the_figures_signs_ties_and_shares_in_the_text_agree(
    value: float,
    yoy: float | None,
    pop: float | None,
    rank: int,
    is_tied: bool,
    over: int,
    pushed: int,
    answered: int,
) -> None:
    answered = min(answered, pushed)
    counts = FeedbackCounts(pushed, answered, answered, answered)
    city = situation(
        half=level(value, yoy_pct=yoy, pop_pct=pop, rank=rank, is_tied=is_tied),
        days_over=over,
        window=counts,
        season=counts,
    )
    text = body_of(bulletin(city=city, follow_ups=()))
    first = text[text.index("一、空气质量形势") : text.index("二、工作进展")].partition("3月全月")[0]
    for pct, up, level_words, none in (
        (yoy, "同比", "同比持平", "上年同期没有可比数据"),
        (pop, "较3月上半月", "与3月上半月持平", "上期没有可比数据"),
    ):
        printed = None if pct is None else float(f"{round(pct, 9):.1f}")
        if pct is not None and abs(abs(pct * 10 % 1) - 0.5) < 1e-6:
            continue  # a half to even: tested in test_air_wording
        assert (none in first) == (pct is None)
        assert (level_words in first) == (printed == 0)
        assert (f"{up}上升" in first) == (printed is not None and printed > 0)
        assert (f"{up}下降" in first) == (printed is not None and printed < 0)
    assert (f"排名{'并列' if is_tied else ''}第{rank}位") in first
    assert ("并列" in first) == is_tied
    assert (f"其中{over}天的日均值超过" in first) == (over > 0)
    assert ("日均值均未超过" in first) == (over == 0)
    work = text[text.index("二、工作进展") : text.index("三、近期")]
    assert ("没有向你市推送新的热点网格报警" in work) == (pushed == 0)
    if pushed:
        assert f"已反馈{answered}/{pushed}（{100 * answered / pushed:.1f}%）" in work
    assert "None" not in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("answered", "problems", "words"), [(0, 0, "均未反馈"), (1, 0, "未查出问题"), (1, 1, "查出问题1个")]
)
def test_of_a_grid_whose_alarms_nobody_answered_no_problem_was_looked_for(
    answered: int, problems: int, words: str
) -> None:
    figures = bulletin()
    first = figures.highest[0]
    inspection = replace(first.grid.inspection, pushed=2, answered=answered, problems=problems)
    grid = replace(first.grid, inspection=inspection)
    told = body_of(replace(figures, highest=(replace(first, grid=grid), *figures.highest[1:])))
    assert f"本期报警2条，{words}" in told

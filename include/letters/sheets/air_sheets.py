"""Columns that the workbooks of the half-monthly letters share. Values are unrounded; an empty cell is 数据不足 or nothing to state."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from include.language import say
from include.letters.sheets.data_sheets import Sheet
from include.letters.words.air_wording import POLLUTANTS, half_name
from include.letters.words.wording import source_titles
from include.periods import Period, office_zone
from include.supervision.bulletin_figures import (
    AirLevel,
    BulletinFigures,
    GridInspection,
    GridSituation,
    OverviewFigures,
    PollutantMean,
    ProblemCount,
    WarnedGrid,
    Warnings,
)
from include.supervision.figures import FeedbackCounts

LEVEL: Final = (
    "PM25_μg每m³",
    "有效天数",
    "上年同期_μg每m³",
    "同比_百分比",
    "上期_μg每m³",
    "环比_百分比",
    "排名_由低到高",
    "参与排名数",
    "是否并列",
    "状态",
)
INSPECTION: Final = ("报警", "已反馈", "超期未反馈", "问题", "已整改", "问题类别")
GRID: Final = ("网格编号", "区县", "网格名称", "西", "南", "东", "北", *LEVEL, *INSPECTION, "是否高值网格")
WARNED: Final = (
    "城市代码",
    "城市",
    "月份",
    "类型",
    "网格编号",
    "区县",
    "网格名称",
    "原因",
    "月均浓度_μg每m³",
    "同比_百分比",
    "环比_百分比",
    "连续次数",
    "12个月内次数",
    "达到条件",
    "连续次数是下限",
)
COUNTS: Final = (
    "推送",
    "已反馈",
    "已到时限",
    "按期",
    "逾期反馈",
    "超期未反馈",
    "误报",
    "问题",
    "查出问题的报警",
    "到期整改的问题",
    "其中已整改",
)


def level_row(one: AirLevel) -> tuple[Any, ...]:
    """The columns `LEVEL`."""
    return (
        one.pm25_ug_m3,
        one.valid_days,
        one.year_before_ug_m3,
        one.yoy_pct,
        one.before_ug_m3,
        one.pop_pct,
        one.rank,
        one.ranked,
        one.is_tied,
        "数据不足" if one.pm25_ug_m3 is None else "有效",
    )


def inspection_row(one: GridInspection) -> tuple[Any, ...]:
    """The columns `INSPECTION`."""
    categories = say("、").join(
        say("{name}{count}个", name=name, count=count) for name, count in one.categories
    )
    return one.pushed, one.answered, one.overdue, one.problems, one.rectified, categories


def grid_row(one: GridSituation) -> tuple[Any, ...]:
    """The columns `GRID`; bounds in degrees WGS84."""
    return (
        one.grid_id,
        one.county,
        one.name,
        one.west,
        one.south,
        one.east,
        one.north,
        *level_row(one.half),
        *inspection_row(one.inspection),
        one.is_high,
    )


def warned_rows(warnings: Warnings | None) -> Iterable[Sequence[Any]]:
    """The columns `WARNED`: warning grids, then near-warnings, which have no counts."""
    for kind, rows in (
        (("预警", warnings.warned), ("临界预警", warnings.near)) if warnings is not None else ()
    ):
        for one in rows:
            yield _warned_row(one, kind, warnings.month if warnings else None)


def _warned_row(one: WarnedGrid, kind: str, month: Any) -> tuple[Any, ...]:
    counts = (one.in_a_row, one.in_a_year) if kind == "预警" else (None, None)
    return (
        one.unit_code,
        one.unit_name,
        month,
        kind,
        one.grid_id,
        one.county,
        one.name,
        one.reasons,
        one.pm25_ug_m3,
        one.yoy_pct,
        one.pop_pct,
        *counts,
        one.escalation,
        one.is_at_least,
    )


def counts_row(one: FeedbackCounts) -> tuple[int, ...]:
    """The columns `COUNTS`."""
    return (
        one.pushed,
        one.answered,
        one.due,
        one.on_time,
        one.late,
        one.overdue,
        one.upheld,
        one.problems,
        one.alarms_with_problem,
        one.rectification_due,
        one.rectified,
    )


def pollutant_row(one: PollutantMean) -> tuple[Any, ...]:
    """Name, unit, mean, valid days."""
    name, unit, _ = POLLUTANTS[one.name]
    return name, unit, one.mean, one.valid_days


def categories_sheet(counts: Iterable[ProblemCount]) -> Sheet:
    """One row a category of problems."""
    rows = [(one.category, one.problems, one.rectified) for one in counts]
    return Sheet("问题类别", ["类别", "问题", "已整改"], rows, {})


def span_notes(period: Period) -> Iterable[Sequence[str]]:
    """What 说明 says first: the window, and until when inspections are known."""
    yield (
        "时段",
        say(
            "{half}：{start} 至 {last_date}（北京时间整日）",
            half=half_name(period),
            start=period.start,
            last_date=period.last_date,
        ),
    )
    yield (
        "监管数据截至",
        say("{moment:%Y-%m-%d %H:%M}（北京时间）", moment=period.as_of.astimezone(office_zone())),
    )


def basis_notes(figures: BulletinFigures | OverviewFigures) -> Iterable[Sequence[str]]:
    """What the figures rest on, and how they are written."""
    yield "来源", source_titles(figures.sources)
    yield "数据完整性", figures.completeness
    yield "规则版本", figures.rules_version
    yield "函件标识", figures.letter_key
    yield "浓度、变化", "未修约；变化为百分数（5.0即上升5.0%）；空格为数据不足或无可比数据"
    yield "坐标", "WGS84，度；网格以西、南、东、北四界表示"

"""How the half-monthly letters write concentrations, changes and ranks.

A change is judged by what is printed: it is 持平 exactly when the printed change is 0.0 %. Nothing is ever printed for a mean
that rests on too few days: `有效` is false and the templates say 数据不足.
"""

from collections.abc import Sequence
from typing import Any, Final

from include.language import say
from include.language.moments import month_words
from include.letters.words.wording import NONE, Show, concentration, source_titles, with_year
from include.periods import Period, custom_period, previous
from include.supervision.air_quality import Windows, windows, year_to_date
from include.supervision.bulletin_figures import (
    AirLevel,
    GridInspection,
    GridSituation,
    SpotChecks,
    WarnedGrid,
    Warnings,
)
from include.supervision.figures import Share
from include.supervision.standards import rounded
from include.supervision.warning import warning_period

# What a change is told against, where that is no noun: the same days of the year before, the window before.
YOY, POP = "同比", "环比"

# Columns of `PollutantMean`: name, unit, decimals that GB 3095 is compared with.
POLLUTANTS: Final = {
    "pm10_ug_m3": ("PM10", "μg/m³", 0),
    "so2_ug_m3": ("SO2", "μg/m³", 0),
    "no2_ug_m3": ("NO2", "μg/m³", 0),
    "co_mg_m3": ("CO", "mg/m³", 1),
    "o3_8h_ug_m3": ("O3日最大8小时", "μg/m³", 0),
}


def half_name(period: Period) -> str:
    """`2020年3月下半月`."""
    return say("{year}年{label}", year=period.start.year, label=short_half_name(period))


def short_half_name(period: Period) -> str:
    """`3月下半月`: the half-month without its year."""
    text = "{month}上半月" if period.start.day == 1 else "{month}下半月"
    return say(text, month=month_words(period.start.month))


def base_name(period: Period) -> str:
    """How a letter names the half-month before: with its year when that is another one."""
    before = previous(period)
    name = short_half_name(before) if before.start.year == period.start.year else half_name(before)
    return say("{half_month}", half_month=name)  # a language may want an article


def change_words(change_pct: float | None, base: str) -> str:
    """`同比下降20.0%`, `同比持平` (base `YOY`, or `POP`), for a base that is a noun `较3月上半月上升5.0%`, `与3月上半月持平`; — for no figure."""
    if change_pct is None:
        return NONE
    change = rounded(change_pct, 1)
    if base in (YOY, POP):
        even, up, down = "{base}持平", "{base}上升{change}%", "{base}下降{change}%"
    else:
        even, up, down = "与{base}持平", "较{base}上升{change}%", "较{base}下降{change}%"
    return say(up if change > 0 else down if change else even, base=say(base), change=abs(change))


def change_lists(rows: Sequence[tuple[str, float | None]], base: str) -> str:
    """The worst changes of a list, the worst first: `同比升幅较大的是甲市（上升5.0%）；同比改善较小的是乙市（下降16.1%）`.

    A fall is never worded as a change for the worse. Rows: what changed, and by how many per cent; empty for no row.
    """
    told = [(name, rounded(change, 1)) for name, change in rows if change is not None]
    risen = [say("{name}（上升{change}%）", name=name, change=change) for name, change in told if change > 0]
    fallen = [
        say("{name}（下降{change}%）", name=name, change=abs(change)) for name, change in told if change < 0
    ]
    groups = (
        ("{base}升幅较大的是{names}", risen),
        ("{base}持平的是{names}", [name for name, change in told if change == 0]),
        ("{base}改善较小的是{names}", fallen),
    )
    return say("；").join(
        say(text, base=say(base), names=say("、").join(names)) for text, names in groups if names
    )


def change_cell(change_pct: float | None) -> str:
    """For a table: `+3.0`, `-3.0`, `0.0`; — for no figure."""
    if change_pct is None:
        return NONE
    change = rounded(change_pct, 1)
    return f"{change:+}" if change else str(change)


def rank_words(level: AirLevel) -> str:
    """`第7位`, `并列第7位`; empty for a place that is not ranked."""
    if level.rank is None:
        return ""
    return say("并列第{rank}位" if level.is_tied else "第{rank}位", rank=level.rank)


def rank_cell(level: AirLevel) -> str:
    """For a table: `7`, `并列7`, —."""
    if level.rank is None:
        return NONE
    return say("并列{rank}", rank=level.rank) if level.is_tied else str(level.rank)


def level_values(level: AirLevel, dates: Windows, base: str = "") -> dict[str, Any]:
    """One window, compared with the same days of the year before and with `base` before it."""
    days = len(dates.current)
    return {
        "有效": level.pm25_ug_m3 is not None,
        "浓度": concentration(level.pm25_ug_m3),
        "有效天数": f"{level.valid_days}/{days}",
        "缺少天数": days - level.valid_days,
        "最少天数": dates.least(dates.current),
        "上年": concentration(level.year_before_ug_m3),
        "有同比": level.yoy_pct is not None,
        "同比词": change_words(level.yoy_pct, YOY),
        "同比": change_cell(level.yoy_pct),
        "有环比": level.pop_pct is not None,
        "环比词": change_words(level.pop_pct, base),
        "环比": change_cell(level.pop_pct),
        "名次词": rank_words(level),
        "排名": rank_cell(level),
        "参评": level.ranked,
    }


def half_values(level: AirLevel, period: Period) -> dict[str, Any]:
    """`level_values` of a half-month."""
    return level_values(level, windows(period), base_name(period)) | {"名": short_half_name(period)}


def month_values(level: AirLevel | None, period: Period) -> dict[str, Any] | None:
    """`level_values` of the month that the half-month closes; None in a first half."""
    month = warning_period(period)
    if level is None or month is None:
        return None
    before = previous(month).start
    name = month_words(before.month)
    base = name if before.year == month.start.year else say("{year}年{label}", year=before.year, label=name)
    return level_values(level, windows(month), base) | {"名": month_words(month.start.month)}


def year_values(level: AirLevel, period: Period) -> dict[str, Any]:
    """`level_values` from 1 January to the window's end."""
    whole = custom_period(period.last_date.replace(month=1, day=1), period.end)
    return level_values(level, year_to_date(period)) | {"名": whole.label}


def source_note(sources: Sequence[str], period: Period) -> str:
    """The line under a map: where the values come from, and of which days they are."""
    told = source_titles(sources, 2) if sources else say("热点网格监管平台")
    if len(sources) > 2:
        told = say("{names}等", names=told)
    return say("数据来源：{told}；时段：{period}", told=told, period=with_year(period))


def grid_values(grid: GridSituation, show: Show) -> dict[str, Any]:
    """One grid of a list."""
    return {
        "网格编号": show(grid.grid_id),
        "区县": show(grid.county),
        "网格名称": show(grid.name),
        "浓度": concentration(grid.half.pm25_ug_m3),
        "上年": concentration(grid.half.year_before_ug_m3),
        "同比": change_cell(grid.half.yoy_pct),
        "同比词": change_words(grid.half.yoy_pct, YOY),
        "环比": change_cell(grid.half.pop_pct),
    } | inspection_values(grid.inspection, show)


def inspection_values(found: GridInspection, show: Show) -> dict[str, Any]:
    """What was inspected and found; `反馈` is n/N, — without an alarm."""
    return {
        "报警": found.pushed,
        "反馈": f"{found.answered}/{found.pushed}" if found.pushed else NONE,
        "反馈率": str(Share(found.answered, found.pushed)),
        "已反馈": found.answered,
        "超期": found.overdue,
        "问题": found.problems,
        "已整改": found.rectified,
        "问题类别": say("、").join(
            say("{name}{count}个", name=show(name), count=count) for name, count in found.categories
        )
        or NONE,
    }


def spot_check_values(one: SpotChecks) -> dict[str, int]:
    """抽查 of the window: `核查`/`抽取`, of them `不实`; `抽取` is 0 where no week ended in the window or nobody answered."""
    return {"抽取": one.drawn, "核查": one.checked, "不实": one.not_confirmed}


def warning_values(warnings: Warnings | None, show: Show) -> dict[str, Any]:
    """The warning grids of the month: `预警月` is empty in a first half, which sets none."""
    warned = [_warned_values(one, show) for one in (warnings.warned if warnings else ())]
    return {
        "预警月": month_words(warnings.month.month) if warnings else "",
        "预警": warned,
        "升级": [one for one in warned if one["处置"]],
        "临界": [_warned_values(one, show) for one in (warnings.near if warnings else ())],
        "缺月": len(warnings.missing_months) if warnings else 0,
    }


def _warned_values(one: WarnedGrid, show: Show) -> dict[str, Any]:
    return {
        "城市": one.unit_name,
        "网格编号": show(one.grid_id),
        "区县": show(one.county),
        "网格名称": show(one.name),
        "原因": say(one.reasons),
        "浓度": concentration(one.pm25_ug_m3),
        "同比": change_cell(one.yoy_pct),
        "环比": change_cell(one.pop_pct),
        "连续": one.in_a_row,
        "连续列": say("至少{in_a_row}", in_a_row=one.in_a_row) if one.is_at_least else str(one.in_a_row),
        "一年": one.in_a_year,
        "处置": say(one.escalation),
        "次数词": _times_words(one),
    }


def _times_words(one: WarnedGrid) -> str:
    """`；连续第3次`, `；至少连续3次`, `；12个月内第4次`; empty for a first time."""
    row = (
        say("；至少连续{in_a_row}次", in_a_row=one.in_a_row)
        if one.is_at_least
        else say("；连续第{in_a_row}次", in_a_row=one.in_a_row)
    )
    return row * (one.in_a_row > 1) + say("；12个月内第{in_a_year}次", in_a_year=one.in_a_year) * (
        one.in_a_year > 1
    )

"""The workbook of the overview: all cities with their air and their inspections, regions, listed grids, warning grids."""

from collections.abc import Iterable, Sequence
from typing import Any

from include.language import say
from include.language.moments import month_words
from include.letters.sheets.air_sheets import (
    COUNTS,
    GRID,
    LEVEL,
    WARNED,
    basis_notes,
    categories_sheet,
    counts_row,
    grid_row,
    level_row,
    span_notes,
    warned_rows,
)
from include.letters.sheets.data_sheets import Sheet, dated, workbook_of
from include.letters.words.air_wording import short_half_name
from include.rules import SIMULATED_LABEL
from include.supervision.bulletin_figures import CitySituation, OverviewFigures


def overview_workbook(figures: OverviewFigures, title: str) -> bytes:
    """The workbook; same figures, same bytes. Every sheet of simulated figures has a last column 数据标识 that says so."""
    return workbook_of(
        _sheets(figures), title, figures.period.as_of, SIMULATED_LABEL if figures.is_simulated else ""
    )


def _sheets(figures: OverviewFigures) -> Iterable[Sheet]:
    place = ("城市代码", "城市", "省份", "区域")
    yield Sheet(
        "城市空气",
        [*place, *LEVEL, "超标天数", "受沙尘影响小时"],
        [(*_place(one), *level_row(one.half), one.days_over, one.dust_hours) for one in figures.cities],
        {},
    )
    yield Sheet("城市各时段", [*place, "时段", *LEVEL], list(_spans(figures)), {})
    yield Sheet(
        "城市监管",
        [*place, "时段", *COUNTS],
        [
            (*_place(one), name, *counts_row(counts))
            for one in figures.cities
            for name, counts in (("本期", one.window), ("监管期以来", one.season))
        ],
        {},
    )
    yield Sheet(
        "区域",
        ["区域", "有效城市", "PM25_μg每m³", "同比_百分比", "环比_百分比"],
        [(one.name, one.cities, one.pm25_ug_m3, one.yoy_pct, one.pop_pct) for one in figures.regions],
        {},
    )
    yield categories_sheet(figures.categories)
    yield Sheet(
        "网格名单",
        ["名单", "城市", *GRID],
        [
            (name, city, *grid_row(grid))
            for name, rows in (("浓度最高", figures.highest), ("同比升幅最大", figures.rising))
            for city, grid in rows
        ],
        {},
    )
    yield Sheet("预警网格", WARNED, list(warned_rows(figures.warnings)), dated("月份"))
    yield Sheet("说明", ["项目", "内容"], list(_notes(figures)), {})


def _place(city: CitySituation) -> tuple[str, str, str, str]:
    return city.unit_code, city.unit_name, city.province_name, city.region


def _spans(figures: OverviewFigures) -> Iterable[Sequence[Any]]:
    half = short_half_name(figures.period)
    for city in figures.cities:
        for name, level in (
            (say("{half}（扣除沙尘）", half=half), city.without_dust),
            (month_words(figures.period.start.month), city.month),
            ("年初以来", city.year),
        ):
            if level is not None:
                yield *_place(city), name, *level_row(level)


def _notes(figures: OverviewFigures) -> Iterable[Sequence[str]]:
    yield from span_notes(figures.period)
    yield from basis_notes(figures)
    yield "定义", "见附件5《数据和规则说明》"
    if figures.is_simulated:
        yield (
            "数据标识",
            say("{mark}：由演示程序生成，不反映真实情况", mark=say(SIMULATED_LABEL)),
        )

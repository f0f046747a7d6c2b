"""附表 of a 通报函: every grid with its bounds and levels, counties, high-value areas, enterprises, warnings, all cities' days."""

from collections.abc import Iterable, Sequence
from typing import Any

from include.language import say
from include.language.moments import month_words
from include.letters.sheets.air_sheets import (
    COUNTS,
    GRID,
    INSPECTION,
    LEVEL,
    WARNED,
    basis_notes,
    categories_sheet,
    counts_row,
    grid_row,
    inspection_row,
    level_row,
    pollutant_row,
    span_notes,
    warned_rows,
)
from include.letters.sheets.data_sheets import Sheet, dated, timed, workbook_of
from include.letters.words.air_wording import short_half_name
from include.letters.words.status_words import status_words
from include.periods import moment_label
from include.rules import BULLETIN, SIMULATED_LABEL
from include.supervision.bulletin_figures import BulletinFigures, ListedGrid
from include.supervision.rule_codes import rule_word
from include.suspects.wording import KINDS, LEVEL_MEANING, LEVELS


def bulletin_workbook(figures: BulletinFigures, title: str) -> bytes:
    """The workbook; same figures, same bytes. Every sheet of simulated figures has a last column 数据标识 that says so."""
    return workbook_of(
        _sheets(figures), title, figures.period.as_of, SIMULATED_LABEL if figures.is_simulated else ""
    )


def _sheets(figures: BulletinFigures) -> Iterable[Sheet]:
    yield Sheet("城市", ["城市代码", "城市", "时段", *LEVEL], list(_city(figures)), {})
    yield Sheet(
        "每日",
        ["日期", "PM25_μg每m³", "有效小时", "上年同日_μg每m³", "24小时限值_μg每m³", "IAQI"],
        [
            (one.day, one.pm25_ug_m3, one.hours, one.year_before_ug_m3, one.limit_ug_m3, one.iaqi)
            for one in figures.days
        ],
        dated("日期"),
    )
    yield Sheet(
        "其他污染物", ["污染物", "单位", "平均浓度", "有效天数"], map(pollutant_row, figures.pollutants), {}
    )
    yield Sheet(
        "监管",
        ["时段", "起", "止", *COUNTS],
        [
            (name, span.start, span.last_date, *counts_row(counts))
            for name, span, counts in (
                ("本期", figures.window, figures.city.window),
                ("监管期以来", figures.season, figures.city.season),
            )
        ],
        dated("起", "止"),
    )
    yield Sheet(
        "未反馈报警",
        [
            "报警编号",
            "区县",
            "网格编号",
            "点位名称",
            "推送时间",
            "反馈时限",
            "状态",
            "超期小时",
            "是否长期未反馈",
        ],
        [
            (
                one.alarm_id,
                one.county,
                one.grid_id,
                one.point_name,
                one.pushed_at,
                one.deadline_at,
                status_words(one.status),
                one.overdue_hours,
                one.is_chronic,
            )
            for one in figures.open_alarms
        ],
        timed("推送时间", "反馈时限"),
    )
    yield categories_sheet(figures.categories)
    yield Sheet(
        "区县",
        ["区县", "有效网格", "PM25_μg每m³", "同比_百分比", "环比_百分比", "高值网格", *INSPECTION],
        [
            (
                one.county,
                one.grids,
                one.pm25_ug_m3,
                one.yoy_pct,
                one.pop_pct,
                one.high_grids,
                *inspection_row(one.inspection),
            )
            for one in figures.counties
        ],
        {},
    )
    yield Sheet("网格", GRID, map(grid_row, figures.grids), {})
    yield Sheet(
        "高值区",
        [
            "编号",
            "区县",
            "网格数",
            "网格编号",
            "平均浓度_μg每m³",
            "最高浓度_μg每m³",
            "中心经度",
            "中心纬度",
            *INSPECTION,
            "区内重点企业",
        ],
        [
            (
                one.number,
                say("、").join(one.counties),
                len(one.grid_ids),
                say("、").join(one.grid_ids),
                one.pm25_ug_m3,
                one.highest_ug_m3,
                one.lon,
                one.lat,
                *inspection_row(one.inspection),
                one.enterprises,
            )
            for one in figures.high_areas
        ],
        {},
    )
    yield Sheet(
        "名单",
        ["名单", "名次", "网格编号", "区县", "PM25_μg每m³", "同比_百分比", "网格内企业", "周边企业"],
        [
            (
                name,
                one.place,
                one.grid.grid_id,
                one.grid.county,
                one.grid.half.pm25_ug_m3,
                one.grid.half.yoy_pct,
                one.inside,
                one.nearby,
            )
            for name, rows in (("浓度最高", figures.highest), ("同比升幅最大", figures.rising))
            for one in rows
        ],
        {},
    )
    yield Sheet(
        "重点企业",
        ["网格编号", "企业编号", "企业名称", "行业", "城市", "区县", "经度", "纬度", "距网格边界_km", "方位"],
        list(_enterprises((*figures.highest, *figures.rising))),
        {},
    )
    yield Sheet(
        "疑似来源",
        [
            "编号",
            "名称",
            "类别",
            "涉及报警",
            "列首位",
            "网格编号",
            "末次报警时间",
            "可能性合计",
            "可能性",
            "理由（疑似，建议核查）",
        ],
        [
            (
                one.candidate_id,
                one.name,
                KINDS[one.kind],
                one.alarms,
                one.first_places,
                say("、").join(one.grid_ids),
                moment_label(one.last_at, year=True),
                one.score_sum,
                LEVELS[one.level],
                one.reason,
            )
            for one in figures.repeat_suspects
        ],
        {},
    )
    yield Sheet(
        "持续偏高",
        ["网格编号", "区县", "网格名称", "微站", "有数天数", "偏高天数", "统计天数", "高出浓度", "高出（%）"],
        [
            (
                one.grid_id,
                one.county,
                one.name,
                one.stations,
                one.days_with_data,
                one.days_above,
                one.window_days,
                one.excess_ug_m3,
                one.excess_pct,
            )
            for one in figures.lasting
        ],
        {},
    )
    yield Sheet("预警网格", WARNED, list(warned_rows(figures.warnings)), dated("月份"))
    yield Sheet(
        "跟进事项",
        ["序号", "规则", "数量", "总数", "对象"],
        [
            (number, say(rule_word(one.rule)), one.count, one.of, subject)
            for number, one in enumerate(figures.follow_ups, start=1)
            for subject in one.subjects
        ],
        {},
    )
    yield Sheet("说明", ["项目", "内容"], list(_notes(figures)), {})


def _city(figures: BulletinFigures) -> Iterable[Sequence[Any]]:
    city = figures.city
    spans = (
        (short_half_name(figures.period), city.half),
        (
            say("{half}（扣除沙尘）", half=short_half_name(figures.period)),
            city.without_dust,
        ),
        (month_words(figures.period.start.month), city.month),
        ("年初以来", city.year),
    )
    for name, level in spans:
        if level is not None:
            yield city.unit_code, city.unit_name, name, *level_row(level)


def _enterprises(listed: Sequence[ListedGrid]) -> Iterable[Sequence[Any]]:
    for grid_id, one in {row.grid.grid_id: row for row in listed}.items():
        for near in one.enterprises:
            yield (
                grid_id,
                near.enterprise_id,
                near.name,
                near.industry,
                near.unit_name,
                near.county,
                near.lon,
                near.lat,
                near.distance_km,
                near.direction or "网格内",
            )


def _notes(figures: BulletinFigures) -> Iterable[Sequence[str]]:
    yield from span_notes(figures.period)
    yield "城市", figures.city.unit_name
    yield from basis_notes(figures)
    yield (
        "重点企业",
        say(
            "网格内和边界{near_km:g}公里内，由近到远，家数见“名单”；仅供排查参考，不表示企业为污染来源",
            near_km=BULLETIN.near_km,
        ),
    )
    yield (
        "疑似来源",
        say(
            "本期{repeat_alarms}条以上报警的前三个疑似来源中的单位和点位；“可能性”为最高一次的；{levels}",
            repeat_alarms=BULLETIN.repeat_alarms,
            levels=say(LEVEL_MEANING),
        ),
    )
    yield (
        "持续偏高",
        "全部站点长期高于周边的网格（系统默认）；高出浓度为微站示值，未经标准站校正，比例为相对周边；不是报警，报警只说新出现的抬升",
    )
    yield "定义", "见函件附件《数据和规则说明》"
    if figures.is_simulated:
        yield (
            "数据标识",
            say("{mark}：由演示程序生成，不反映真实情况", mark=say(SIMULATED_LABEL)),
        )

"""通报函: what `templates/bulletin.docx` and the mail of the bulletin may name. Every number comes from `BulletinFigures`."""

from collections.abc import Sequence
from typing import Any, Final

from include.language import say
from include.letters.words.air_wording import (
    POLLUTANTS,
    change_cell,
    grid_values,
    half_name,
    half_values,
    inspection_values,
    month_values,
    short_half_name,
    spot_check_values,
    warning_values,
    year_values,
)
from include.letters.words.durations import duration
from include.letters.words.lasting_words import lasting_values
from include.letters.words.repeat_words import repeat_values
from include.letters.words.status_words import status_words
from include.letters.words.wording import (
    NONE,
    Show,
    cell_moment,
    concentration,
    counts_values,
    enclosure_values,
    issue_values,
    named,
    noted,
    older_values,
    sentence,
    source_titles,
    you,
)
from include.periods import date_label, moment_label
from include.rules import BULLETIN, LOW_RESPONSE, NOTICE
from include.supervision.bulletin_figures import (
    BulletinFigures,
    Enterprise,
    FollowUp,
    HighArea,
    ListedGrid,
    PollutantMean,
)
from include.supervision.figures import Issue
from include.supervision.rule_codes import rule_word
from include.supervision.standards import rounded
from include.supervision.warning import IN_A_ROW, IN_A_YEAR

_TOLD: Final = 3  # counties, high-value areas, grids that one sentence of the text names
_TOLD_CATEGORIES: Final = 5
_TOLD_SUBJECTS: Final = 5  # of one follow-up
_MOST_ASKED: Final = 3  # requests of the points
_ASKED_FIRST: Final = (
    "overdue",
    "rectification_overdue",
)  # what is late goes before what is to be looked into
_SUBJECT_UNITS: Final = {
    "rectification_overdue": "类",
    "rebound": "个区县",
    "clustered": "处高值区",
}  # of the others: grids

RULES: Final = {
    "列示": BULLETIN.listed_grids,
    "公里": f"{BULLETIN.near_km:g}",
    "列示企业": BULLETIN.listed_enterprises,
    "高值占比": f"{100 * BULLETIN.high_share:g}%",
    "高值个数": BULLETIN.least_high_grids,
    "高出": f"{100 * BULLETIN.high_above_share:g}%",
    "相邻公里": f"{BULLETIN.joined_km:g}",
    "反弹": f"{BULLETIN.rebound_pct:g}%",
    "企业个数": BULLETIN.many_enterprises,
    "最多要求": BULLETIN.most_follow_ups,
    "区域列示": BULLETIN.region_grids,
    "重复报警": BULLETIN.repeat_alarms,
    "重复可能性": f"{100 * BULLETIN.repeat_chance:g}%",
    "最差": BULLETIN.worst_cities,
    "连续次数": IN_A_ROW,
    "一年次数": IN_A_YEAR,
}


def bulletin_values(
    figures: BulletinFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """The values of one city's 通报函, as text. `show` treats every text that came from a city or a platform."""
    city, period = figures.city, figures.period
    found = [one for one in figures.categories if one.problems]
    follow_ups = figures.follow_ups[: BULLETIN.most_follow_ups]
    asked = [_follow_up(number, one, show) for number, one in enumerate(follow_ups, start=1)]
    has_grid_section = bool(
        figures.grids
        or figures.repeat_suspects
        or figures.lasting
        or (figures.warnings and figures.warnings.warned)
    )
    return (
        issue_values(issue, figures.is_simulated, red_head)
        | enclosure_values(
            {
                "空气": True,
                "网格": has_grid_section,
                "未反馈": bool(figures.open_alarms),
                "说明": True,
                "附表": True,
            }
        )
        | {
            "换行": "\n",
            "主送机关": figures.bureau,
            "你方": you(figures.address_form),
            "城市": city.unit_name,
            "半月": half_name(period),
            "短半月": short_half_name(period),
            "短时段": period.label,
            "截至": moment_label(period.as_of, year=True),
            "期末": period.end_label,
            "函件标识": figures.letter_key,
            "数据完整性": sentence(show(figures.completeness)),
            "来源": show(source_titles(figures.sources, rules_version=figures.rules_version)) or NONE,
            "规则版本": figures.rules_version,
            "通报规则": RULES,
            "城市数": figures.cities,
            "版本": say("、").join(figures.editions),
            "抽查": spot_check_values(figures.spot_checks),
            "回复日期": date_label(figures.reply_by),
            "本期值": half_values(city.half, period),
            "本月值": month_values(city.month, period),
            "本年值": year_values(city.year, period),
            "扣沙值": half_values(city.without_dust, period) if city.without_dust else None,
            "沙尘小时": city.dust_hours,
            "超标天": city.days_over,
            "限值": say("、").join(sorted({f"{one.limit_ug_m3}" for one in figures.days})),
            "污染物": [_pollutant_values(one) for one in figures.pollutants],
            "监管时段": figures.window.label,
            "本期": counts_values(figures.city.window, figures.window.label),
            "监管期": counts_values(figures.city.season, figures.season.label),
            "类别": say("、").join(
                say("{category}{problems}个", category=show(one.category), problems=one.problems)
                for one in found[:_TOLD_CATEGORIES]
            ),
            "其余类别": sum(one.problems for one in found[_TOLD_CATEGORIES:]),
            "扣沙减少": city.half.valid_days - city.without_dust.valid_days if city.without_dust else 0,
            "已整改": sum(one.rectified for one in figures.categories),
            "要求": asked,
            "首要要求": [asked[place] for place in _foremost([one.rule for one in follow_ups])],
        }
        | _open_alarms(figures, show)
        | _grid_section(figures, show)
        | warning_values(figures.warnings, show)
        | repeat_values(figures.repeat_suspects, show)
        | lasting_values(figures.lasting, show)
    )


def _pollutant_values(one: PollutantMean) -> dict[str, str]:
    name, unit, decimals = POLLUTANTS[one.name]
    value = say("数据不足") if one.mean is None else str(rounded(one.mean, decimals))
    return {"名": say(name), "单位": unit, "浓度": value, "有效天数": str(one.valid_days)}


def _open_alarms(figures: BulletinFigures, show: Show) -> dict[str, Any]:
    """The open alarms, however old: `未反馈表` the newest, as many as a table has; `较早未反馈` the others counted, with the oldest."""
    rows = figures.open_alarms
    older, listed = rows[: -NOTICE.listed_rows], rows[-NOTICE.listed_rows :]
    return {
        "未反馈": len(rows),
        "未反馈超期": sum(one.overdue_hours > 0 for one in rows),
        "未反馈长期": sum(one.is_chronic for one in rows),
        "较早未反馈": older_values(len(older), older, lambda row: row.pushed_at, show) if older else None,
        "未反馈表": [
            {
                "序号": number,
                "网格编号": show(one.grid_id),
                "区县": show(one.county),
                "点位名称": show(one.point_name),
                "推送时间": cell_moment(one.pushed_at),
                "反馈时限": cell_moment(one.deadline_at),
                "状态": status_words(one.status),
                "超期时长": duration(one.overdue_hours) if one.overdue_hours else NONE,
            }
            for number, one in enumerate(listed, start=1)
        ],
        "长期天数": LOW_RESPONSE.recent_overdue.days,
    }


def _grid_section(figures: BulletinFigures, show: Show) -> dict[str, Any]:
    levels = [one.half.pm25_ug_m3 for one in figures.grids if one.half.pm25_ug_m3 is not None]
    changes = [rounded(one.half.yoy_pct, 1) for one in figures.grids if one.half.yoy_pct is not None]
    counties = [one for one in figures.counties if one.pm25_ug_m3 is not None]
    areas = [_area_values(one, show) for one in figures.high_areas]
    listed = {one.grid.grid_id: one for one in (*figures.highest, *figures.rising)}
    located = [one for one in listed.values() if one.inside is not None]
    return {
        "网格数": len(figures.grids),
        "有效网格": len(levels),
        "不足网格": len(figures.grids) - len(levels),
        "最低": concentration(min(levels, default=None)),
        "最高": concentration(max(levels, default=None)),
        "可比网格": len(changes),
        "上升网格": sum(one > 0 for one in changes),
        "下降网格": sum(one < 0 for one in changes),
        "持平网格": sum(one == 0 for one in changes),
        "区县": say("、").join(
            say(
                "{county}（{pm25_ug_m3}μg/m³）",
                county=show(one.county),
                pm25_ug_m3=concentration(one.pm25_ug_m3),
            )
            for one in counties[:_TOLD]
        ),
        "区县数": len(counties),
        "区县表": [
            {
                "区县": show(one.county),
                "网格": one.grids,
                "浓度": concentration(one.pm25_ug_m3),
                "同比": change_cell(one.yoy_pct),
                "环比": change_cell(one.pop_pct),
                "高值网格": one.high_grids,
            }
            | inspection_values(one.inspection, show)
            for one in figures.counties
        ],
        "高值区": areas,
        "高值区网格": sum(one["网格"] for one in areas),
        "所述高值区": areas[:_TOLD],
        "最高表": [_listed_values(one, show) for one in figures.highest],
        "升幅表": [_listed_values(one, show) for one in figures.rising],
        "最高者": named(_first(figures.highest, show), _TOLD, say("个")),
        "最高并列": len(_first(figures.highest, show)) > 1,
        "升幅者": named(_first(figures.rising, show), _TOLD, say("个")),
        "升幅并列": len(_first(figures.rising, show)) > 1,
        "企业已知": bool(located),
        "企业表": [_near_values(one, show) for one in listed.values() if one.enterprises],
        "区内企业": sum(one.inside or 0 for one in located),
        "企业网格": sum(bool(one.inside) for one in located),
        "列示网格": len(located),
    }


def _area_values(area: HighArea, show: Show) -> dict[str, Any]:
    return {
        "号": area.number,
        "区县": say("、").join(map(show, area.counties)),
        "网格": len(area.grid_ids),
        "网格编号": named([show(grid_id) for grid_id in area.grid_ids], _TOLD_SUBJECTS, say("个")),
        "浓度": concentration(area.pm25_ug_m3),
        "最高": concentration(area.highest_ug_m3),
        "企业": NONE if area.enterprises is None else str(area.enterprises),
    } | inspection_values(area.inspection, show)


def _first(rows: Sequence[ListedGrid], show: Show) -> list[str]:
    """The grids on the first place, as the text names them."""
    return [
        say("{county}{grid_id}网格", county=show(one.grid.county), grid_id=show(one.grid.grid_id))
        for one in rows
        if one.place == 1
    ]


def _listed_values(one: ListedGrid, show: Show) -> dict[str, Any]:
    return {
        "名次": one.place,
        "内": NONE if one.inside is None else str(one.inside),
        "周边": NONE if one.nearby is None else str(one.nearby),
    } | grid_values(one.grid, show)


def _near_values(one: ListedGrid, show: Show) -> dict[str, Any]:
    return {
        "网格编号": show(one.grid.grid_id),
        "区县": show(one.grid.county),
        "内": one.inside,
        "周边": one.nearby,
        "企业": say("；").join(
            _enterprise_words(enterprise, show)
            for enterprise in one.enterprises[: BULLETIN.listed_enterprises]
        ),
    }


def _enterprise_words(one: Enterprise, show: Show) -> str:
    """`甲热电厂（火力发电，网格内）`, `乙水泥厂（水泥，东北1.2公里）`."""
    distance = rounded(one.distance_km, 1)
    place = say("网格内")
    if one.direction:
        text = "{direction}{km}公里" if distance else "{direction}不足0.1公里"
        place = say(text, direction=say(one.direction), km=distance)
    return noted(show(one.name), say("，").join(filter(None, (show(one.industry), place))))


def _foremost(rules: Sequence[str]) -> list[int]:
    """The places of the requests that the points name, in the order of the text: those that the figures of the points ask for are among them."""
    by_weight = sorted(range(len(rules)), key=lambda place: (rules[place] not in _ASKED_FIRST, place))
    return sorted(by_weight[:_MOST_ASKED])


def _follow_up(number: int, one: FollowUp, show: Show) -> dict[str, Any]:
    subjects: Sequence[str] = [
        say("{number}号", number=show(subject)) if one.rule == "clustered" else show(subject)
        for subject in one.subjects
    ]
    return {
        "序": number,
        "规则": rule_word(one.rule),
        "数": one.count,
        "总": one.of,
        "对象": named(subjects, _TOLD_SUBJECTS, say(_SUBJECT_UNITS.get(one.rule, "个网格"))),
    }

"""周汇总: what `templates/summary.docx` and the mail of the summary may name. Every number comes from `SummaryFigures`."""

from datetime import datetime
from typing import Any, Final

from include.language import say
from include.language.moments import day_words, moment_words
from include.letters import edition_2020_03
from include.letters.document.word import heading_number
from include.letters.words.changes import (
    LEAST_BASE,
    Spans,
    count_change,
    count_difference,
    point_difference,
    rate_change,
)
from include.letters.words.durations import duration
from include.letters.words.flag_words import mark_words, reasons_words
from include.letters.words.leading import foremost, leading
from include.letters.words.trend_words import trend_values
from include.letters.words.wording import (
    Show,
    cell_moment,
    concentration,
    counts_values,
    days_title,
    issue_values,
    named,
    noted,
    rule_values,
    sentence,
    source_titles,
    with_year,
)
from include.periods import Period, date_label, moment_label, office_zone
from include.profile.current import office
from include.rules import SUMMARY, SummaryRules
from include.supervision.figures import FeedbackCounts, Flag, Issue, Share
from include.supervision.judged_by import JudgedBy, UnitRules
from include.supervision.rule_codes import rule_word
from include.supervision.weekly_figures import Case, CityWeek, RepeatAlarm, Suggestion, SummaryFigures

BEATS: Final = {"midweek": "周中", "weekend": "周末"}
_WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_TOLD_CATEGORIES: Final = 4
_TOLD_BEHIND: Final = 4
_TOLD_MOST: Final = 3  # of the cities with most alarms
_TOLD_REPEATS: Final = 2  # grids with repeated alarms that need no choice
_TOLD_EQUAL: Final = 3  # of those that share the first place
_TOLD_SUBJECTS: Final = 3  # of one suggestion, of the cities with long unanswered alarms


def summary_values(
    figures: SummaryFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """The values of one summary, as text. `show` treats every text that came from a city or a platform."""
    window, total, before = figures.window, figures.total, figures.previous_total
    return (
        issue_values(issue, figures.is_simulated, red_head)
        | rule_values(
            Flag(),
            figures.rules_version,
            figures.judged_by.low_response,
            figures.deadlines,
            figures.own_hours,
        )
        | {
            "期别": say(BEATS.get(figures.period.kind, "时段")),
            "范围": figures.scope,
            "时段": with_year(window),
            "短时段": window.label,
            "星期": _weekdays(window),
            "天数": _days(window),
            "截短": window.end != figures.period.end or window.start != figures.period.start,
            "监管期止": date_label(figures.season_end - (window.end - window.last_date)),
            "截至": moment_label(figures.period.as_of, year=True),
            "短截至": moment_label(figures.period.as_of),
            "上期时段": figures.previous.label if figures.previous else "",
            "上期截至": moment_label(figures.previous.as_of) if figures.previous else "",
            "节假日": len(figures.holidays),
            "数据完整性": sentence(show(figures.completeness)),
            "来源": show(source_titles(figures.sources, rules_version=figures.rules_version)) or "—",
            "函件标识": figures.letter_key,
            "本期": counts_values(total, window.label),
            "监管期": counts_values(figures.season_total, figures.season.label),
            "近七日": counts_values(figures.rolling_total, figures.rolling_label),
            "上期": counts_values(before, figures.previous.label) if before and figures.previous else None,
            "未到期": total.pushed - total.answered - total.overdue,
            "变化": _changes(figures),
            "差": _differences(total, before),
            "汇总规则": _summary_rules(figures.judged_by.summary),
            "每日图题": days_title(figures),
        }
        | trend_values(figures)
        | _city_values(figures)
        | _problem_values(figures, show)
        | _repeat_values(figures, show)
        | {
            "案例": [
                _case_values(number, case, show, figures.rules_version)
                for number, case in enumerate(figures.cases, start=1)
            ],
            "指定案例": sum(case.rule == "chosen" for case in figures.cases),
            "剔除案例": len(figures.dropped_cases),
            "建议": [
                _suggestion_values(number, one, figures, show)
                for number, one in enumerate(figures.suggestions[: SUMMARY.most_suggestions], start=1)
            ],
        }
    )


def _days(period: Period) -> int:
    return (period.end - period.start).days


def _weekdays(window: Period) -> str:
    first, last = (say(_WEEKDAYS[day.weekday()]) for day in (window.start, window.last_date))
    return first if window.start == window.last_date else say("{first}至{last}", first=first, last=last)


def _changes(figures: SummaryFigures) -> dict[str, str]:
    """The change on the window before, in words."""
    now, before = figures.total, figures.previous_total
    is_old = figures.rules_version == edition_2020_03.EDITION
    of_count, of_rate = (
        (edition_2020_03.count_change, edition_2020_03.rate_change) if is_old else (count_change, rate_change)
    )
    spans = Spans(_days(figures.window), _days(figures.previous) if figures.previous else 0)
    counted = {"推送": ("pushed", say("条")), "超期": ("overdue", say("条")), "问题": ("problems", say("个"))}
    words = {
        name: of_count(getattr(now, key), None if before is None else getattr(before, key), unit, spans)
        for name, (key, unit) in counted.items()
    }
    return words | {
        "反馈率": of_rate(now.feedback_rate, _rate(before, "feedback_rate")),
        "按期反馈率": of_rate(now.on_time_rate, _rate(before, "on_time_rate")),
    }


def _differences(now: FeedbackCounts, before: FeedbackCounts | None) -> dict[str, str]:
    """The change on the window before, for tables and tiles."""
    counted = {"推送": "pushed", "超期": "overdue", "问题": "problems"}
    return {
        name: count_difference(getattr(now, key), None if before is None else getattr(before, key))
        for name, key in counted.items()
    } | {
        "反馈率": point_difference(now.feedback_rate, _rate(before, "feedback_rate")),
        "按期反馈率": point_difference(now.on_time_rate, _rate(before, "on_time_rate")),
    }


def _rate(counts: FeedbackCounts | None, name: str) -> Share | None:
    share: Share | None = None if counts is None else getattr(counts, name)
    return share


def _city_values(figures: SummaryFigures) -> dict[str, Any]:
    cities = figures.cities
    asked = [city for city in cities if city.window.pushed]
    due = [city for city in cities if city.window.due]
    behind = [city for city in cities if city.window.overdue]
    lowest = sorted(  # of edition 2020-03
        (city for city in asked if city.window.answered < city.window.pushed),
        key=lambda city: (city.window.answered / city.window.pushed, -city.window.pushed, city.unit_code),
    )
    in_order = sorted(asked, key=lambda city: (-city.window.pushed, city.unit_code))
    is_old = figures.rules_version == edition_2020_03.EDITION
    most = in_order[:3] if is_old else leading(in_order, lambda city: city.window.pushed, _TOLD_MOST)

    def flagged(level: str) -> list[str]:
        return [
            city.unit_name
            for city in sorted(cities, key=lambda one: one.unit_code)
            if city.flag.level == level
        ]

    by_code = sorted(cities, key=lambda one: one.unit_code)
    verified = [city.unit_name for city in by_code if city.needs_address or city.flag.level == "verify"]
    return {
        "首次督办": sum(city.first_urged for city in cities),
        "再次督办": sum(city.urged_again for city in cities),
        "报部": sum(city.listed for city in cities),
        "长期标记": sum(city.flag.chronic for city in cities),
        "城市数": len(cities),
        "有报警城市": len(asked),
        "无报警城市": len(cities) - len(asked),
        "全部反馈城市": len(asked) - len(lowest),
        "最低": say("、").join(
            say("{unit_name}{rate}", unit_name=city.unit_name, rate=city.window.feedback_rate)
            for city in lowest[:_TOLD_BEHIND]
        ),
        "其余未满": max(len(lowest) - _TOLD_BEHIND, 0),
        "到期城市": len(due),
        "未全部反馈城市": len(behind),
        "未全部反馈": named(
            [
                say(
                    "{unit_name}{rate}",
                    unit_name=city.unit_name,
                    rate=f"{city.window.overdue}/{city.window.due}",
                )
                for city in behind
            ],
            _TOLD_BEHIND,
            edition=figures.rules_version,
        ),
        "报警最多": say("、").join(
            say("{unit_name}{pushed}条", unit_name=city.unit_name, pushed=city.window.pushed) for city in most
        ),
        "督办": flagged("urge"),
        "提醒": flagged("remind"),
        "核实地址": verified,
        "督办城市": named(flagged("urge"), edition=figures.rules_version),
        "提醒城市": named(flagged("remind"), edition=figures.rules_version),
        "核实城市": named(verified, edition=figures.rules_version),
        "城市表": [_city_row(city) for city in cities],
        "合计": _numbers(figures.total, figures.previous_total, figures.season_total),
        "城市备注": say("；").join(
            [
                say("{unit_name}{remark}", unit_name=city.unit_name, remark=city.remark)
                for city in cities
                if city.remark
            ]
            + [_own_rules(one, figures.judged_by) for one in figures.judged_by.units]
        ),
    }


def _summary_rules(rules: SummaryRules) -> dict[str, Any]:
    return {
        "重复天数": rules.repeat_days,
        "重复条数": rules.repeat_alarms,
        "长期天数": rules.long_unanswered_days,
        "列示行数": rules.listed_rows,
        "案例数": rules.case_count,
        "最多建议": rules.most_suggestions,
        "高发占比": f"{100 * rules.leading_share:g}%",
        "高发个数": rules.leading_problems,
        "上升占比": f"{100 * rules.rise_share:g}%",
        "上升个数": rules.rise_problems,
        "零问题条数": rules.none_found_answers,
        "最小基数": LEAST_BASE,
    }


def _own_rules(unit: UnitRules, judged_by: JudgedBy) -> str:
    """What one unit was judged by where that differs from the rules of all: `甲市按其规则判定：提醒为超期2条`."""
    own, common = unit.low_response, judged_by.low_response
    differing = [
        (own.remind_overdue, common.remind_overdue, say("提醒为超期{n}条", n=own.remind_overdue)),
        (own.remind_late, common.remind_late, say("提醒为逾期反馈{n}条", n=own.remind_late)),
        (
            own.urge_overdue,
            common.urge_overdue,
            say("督办为超期逾{n}小时", n=f"{own.urge_overdue.total_seconds() / 3600:g}"),
        ),
        (own.urge_late, common.urge_late, say("督办为逾期反馈{n}条", n=own.urge_late)),
        (own.repeat_dates, common.repeat_dates, say("再次督办隔{n}日", n=own.repeat_dates)),
        (
            unit.summary.repeat_alarms,
            judged_by.summary.repeat_alarms,
            say("反复报警为{n}条", n=unit.summary.repeat_alarms),
        ),
        (
            unit.summary.none_found_answers,
            judged_by.summary.none_found_answers,
            say("零问题核查为反馈{n}条", n=unit.summary.none_found_answers),
        ),
    ]
    told = say("、").join(words for mine, of_all, words in differing if mine != of_all)
    return say("{unit_name}按其规则判定：{told}", unit_name=unit.unit_name, told=told)


def _city_row(city: CityWeek) -> dict[str, Any]:
    rank = "—" if city.rank is None else say("并列{rank}", rank=city.rank) if city.is_tied else str(city.rank)
    return {
        "排名": rank,
        "城市": city.unit_name,
        "标记": mark_words(city.flag),
        "理由": say("；").join(reasons_words(city.flag)),
    } | _numbers(city.window, city.previous, city.season)


def _numbers(now: FeedbackCounts, before: FeedbackCounts | None, season: FeedbackCounts) -> dict[str, Any]:
    due = now.on_time_rate
    return {
        "推送": now.pushed,
        "反馈率": str(now.feedback_rate),
        "按期": f"{due.n}/{due.of}" if due.of else "—",
        "超期": now.overdue,
        "问题": now.problems,
        "监管期反馈率": str(season.feedback_rate),
        "差": _differences(now, before),
    }


def _problem_values(figures: SummaryFigures, show: Show) -> dict[str, Any]:
    is_old = figures.rules_version == edition_2020_03.EDITION
    found = [row for row in figures.categories if row.problems]
    counties = (
        list(figures.counties[: SUMMARY.top_counties])
        if is_old
        else leading(figures.counties, lambda row: row.problems, SUMMARY.top_counties)
    )
    again, is_even = foremost(figures.repeat_problems, lambda row: row.alarms)
    places = [
        say(
            "{unit_name}{county}{grid_id}网格“{category}”",
            unit_name=row.unit_name,
            county=_ward(row.unit_name, row.county, show),
            grid_id=show(row.grid_id),
            category=show(row.category),
        )
        for row in (figures.repeat_problems[:1] if is_old else again)
    ]
    return {
        "类别": say("、").join(
            say("{category}{problems}个", category=show(row.category), problems=row.problems)
            for row in found[:_TOLD_CATEGORIES]
        ),
        "其余类别": sum(row.problems for row in found[_TOLD_CATEGORIES:]),
        "有类别图": any(row.problems or row.previous for row in figures.categories),
        "区县全": len(counties) == len(figures.counties),
        "区县": say("、").join(
            say(
                "{unit_name}{county}{problems}个",
                unit_name=row.unit_name,
                county=_ward(row.unit_name, row.county, show),
                problems=row.problems,
            )
            for row in counties
        ),
        "已整改": sum(row.rectified for row in figures.categories),
        "查出报警": figures.total.alarms_with_problem,
        "屡犯": len(figures.repeat_problems),
        "屡犯最多": named(places, _TOLD_EQUAL, say("处")),
        "屡犯次数": again[0].alarms if again else 0,
        "屡犯并列": len(again) > 1,
        "屡犯均为": again[0].alarms if is_even else 0,
        "屡犯表": [
            {
                "序号": number,
                "城市": row.unit_name,
                "区县": show(row.county),
                "网格编号": show(row.grid_id),
                "点位名称": show(row.point_name),
                "问题类别": show(row.category),
                "次数": row.alarms,
                "首次": _day(row.first_found_at),
                "最近": _day(row.last_found_at),
                "整改状态": say(row.status),
            }
            for number, row in enumerate(figures.repeat_problems[: SUMMARY.listed_rows], start=1)
        ],
    }


def _repeat_values(figures: SummaryFigures, show: Show) -> dict[str, Any]:
    repeats, unanswered = figures.repeat_alarms, figures.long_unanswered
    by_city: dict[str, int] = {}
    for row in unanswered:
        by_city[row.unit_name] = by_city.get(row.unit_name, 0) + 1
    most = sorted(by_city.items(), key=lambda item: -item[1])
    return {
        "重复": len(repeats),
        "重复最多": _most_repeated(figures, show),
        "重复均为": repeats[0].recent_alarms
        if len(repeats) > _TOLD_REPEATS and foremost(repeats, lambda row: row.recent_alarms)[1]
        else 0,
        "重复表": [
            {
                "序号": number,
                "城市": row.unit_name,
                "区县": show(row.county),
                "网格编号": show(row.grid_id),
                "点位名称": show(row.point_name),
                "本期": row.window_alarms,
                "近期": row.recent_alarms,
                "监管期": row.season_alarms,
                "最高浓度": concentration(row.peak_pm25_ug_m3),
                "问题": row.season_problems,
                "未反馈": row.unanswered,
            }
            for number, row in enumerate(repeats[: SUMMARY.listed_rows], start=1)
        ],
        "长期": len(unanswered),
        "长期城市": named(
            [say("{name}{count}条", name=name, count=count) for name, count in most],
            _TOLD_SUBJECTS,
            say("个城市"),
            figures.rules_version,
        ),
        "超三十日": sum(row.days > SUMMARY.repeat_days for row in unanswered),
        "两次督办": sum(row.urged > 1 for row in unanswered),
        "长期表": [
            {
                "序号": number,
                "城市": row.unit_name,
                "区县": show(row.alarm.county),
                "网格编号": show(row.alarm.grid_id),
                "点位名称": show(row.alarm.point_name),
                "推送时间": moment_label(row.alarm.pushed_at)
                if figures.rules_version == edition_2020_03.EDITION
                else cell_moment(row.alarm.pushed_at),
                "天数": row.days,
                "督办": row.urged or "—",
            }
            for number, row in enumerate(unanswered[: SUMMARY.listed_rows], start=1)
        ],
    }


def _most_repeated(figures: SummaryFigures, show: Show) -> str:
    """The grids with repeated alarms, where they are few, or those with most; edition 2020-03 named the first two of any number."""
    repeats = figures.repeat_alarms
    first, _ = foremost(repeats, lambda row: row.recent_alarms)

    def told(row: RepeatAlarm) -> str:
        ward = _ward(row.unit_name, row.county, show)
        return say(
            "{unit_name}{county}{grid_id}", unit_name=row.unit_name, county=ward, grid_id=show(row.grid_id)
        )

    def counted(row: RepeatAlarm) -> str:
        return say(
            "{unit_name}{county}{grid_id}（{recent_alarms}条）",
            unit_name=row.unit_name,
            county=_ward(row.unit_name, row.county, show),
            grid_id=show(row.grid_id),
            recent_alarms=row.recent_alarms,
        )

    if len(repeats) <= _TOLD_REPEATS or figures.rules_version == edition_2020_03.EDITION:
        return say("、").join(map(counted, repeats[:_TOLD_REPEATS]))
    if len(first) == 1:
        return counted(first[0])
    names = named([told(row) for row in first], _TOLD_EQUAL, say("个"))
    return noted(names, say("并列，各{count}条", count=first[0].recent_alarms))


def _case_values(number: int, case: Case, show: Show, rules_version: str) -> dict[str, Any]:
    return {
        "序": heading_number(number),
        "类型": say(rule_word(case.rule)),
        "报警编号": show(case.alarm_id),
        "城市": case.unit_name,
        "区县": _ward(case.unit_name, case.county, show),
        "网格编号": show(case.grid_id),
        "点位名称": show(case.point_name),
        "报警时间": _hours(case.started_at, case.last_at),
        "报警次数": case.alarm_count,
        "最高浓度": concentration(case.peak_pm25_ug_m3),
        "第几条": case.nth_alarm,
        "近期": case.recent_alarms,
        "反馈时间": _hour(case.answered_at) if case.answered_at else "",
        "是否按期": case.is_on_time,
        "反馈内容": sentence(show(case.note)),
        "超期时长": duration(case.overdue_hours, rules_version) if case.overdue_hours > 0 else "",
        "问题": _quoted(show(case.problems[0].description)) if case.problems else "",
        "问题数": len(case.problems),
        "已整改": case.rectified,
        "整改时间": _hour(case.rectified_at) if case.rectified_at else "",
        "之后报警": case.later_alarms,
        "仍在报警": case.went_on,
        "当时次数": case.count_then,
        "退回": case.is_sent_back,
        "之后": _afterwards(case),
    }


def _afterwards(case: Case) -> str:
    """`；此后又报警2条`, `；此后本条报警次数又由3次增至8次`, `；此后未再报警`; empty where nothing was settled or came."""
    words = []
    if case.later_alarms:
        words.append(say("此后又报警{later_alarms}条", later_alarms=case.later_alarms))
    if case.went_on:
        rise = (
            say(
                "次数又由{count_then}次增至{alarm_count}次",
                count_then=case.count_then,
                alarm_count=case.alarm_count,
            )
            if case.count_then is not None
            else say("仍在持续")
        )
        words.append(say("本条报警{rise}", rise=rise) if words else say("此后本条报警{rise}", rise=rise))
    if not words and case.rectified_at:
        words.append(say("此后未再报警"))
    return say("；{names}", names=say("，").join(words)) if words else ""


def _suggestion_values(number: int, one: Suggestion, figures: SummaryFigures, show: Show) -> dict[str, Any]:
    unit = (
        say("个网格")
        if one.rule == "repeated"
        else say("类")
        if one.rule == "frequent_problems"
        else say("市")
    )
    is_old = figures.rules_version == edition_2020_03.EDITION
    words = []
    for subject in one.subjects:
        of_kind = one.rule == "frequent_problems" and not is_old
        measure = say("个") if one.rule in ("frequent_problems", "rectification_overdue") else say("条")
        before = (
            say("，上期{previous}{measure}", previous=subject.previous, measure=measure)
            if one.rule == "frequent_problems" and subject.previous is not None
            else ""
        )
        words.append(
            say(
                "{name}（{count}{measure}{before}）",
                name=say("{name}问题", name=show(subject.name)) if of_kind else show(subject.name),
                count=subject.count,
                measure=measure,
                before=before,
            )
        )
    return {
        "序": number,
        "规则": rule_word(one.rule),
        "数": one.count,
        "总": one.of,
        "对象": named(words, _TOLD_SUBJECTS, unit, figures.rules_version),
        "对象数": len(one.subjects),
        "最多": max((subject.count for subject in one.subjects), default=0),
    }


def _ward(unit_name: str, county: str, show: Show) -> str:
    """What stands behind a unit's name in a Chinese sentence: nothing where the unit is that place itself."""
    return "" if county == unit_name and office().language == "zh" else show(county)


def _quoted(text: str) -> str:
    """The text as it stands inside “ ”."""
    return text.rstrip("。").replace("“", "‘").replace("”", "’")


def _day(moment: datetime) -> str:
    return day_words(moment.astimezone(office_zone()).date())


def _hour(moment: datetime) -> str:
    """`3月12日8时`, cut to the hour."""
    return moment_words(moment.astimezone(office_zone()).replace(minute=0))


def _hours(first: datetime, last: datetime) -> str:
    """`3月12日8时至21时`, cut to the hour."""
    start, end = _hour(first), _hour(last)
    if start == end:
        return start
    if _day(first) != _day(last):
        return say("{first}至{last}", first=start, last=end)
    return say("{start}至{hour}时", start=start, hour=last.astimezone(office_zone()).hour)

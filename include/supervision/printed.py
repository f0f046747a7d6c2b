"""What the figures of letters look like in print: the name of each field, its text at the precision that is printed, and by
what a row of a list is told from another. What is not printed has no name here and says why.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from include.language import say
from include.language.moments import day_words
from include.periods import Period, date_label, moment_label
from include.supervision.rule_codes import rule_word
from include.supervision.standards import rounded

# Not printed: keys and codes of the letter, what a reader cannot see, labels and texts that are made from other fields.
SILENT: Final = frozenset(
    {
        "letter_key",
        "code",
        "is_simulated",
        "rules_version",
        "judged_by",
        "deadlines",
        "own_hours",
        "limit",
        "period",
        "season_end",
        "scope",
        "province_code",
        "unit_code",
        "rolling_label",
        "month_label",
        "problem_id",
        "enterprise_id",
        "alarm_ids",
        "answered_by",
        "completeness",  # of old letters it told queue lengths; alone it is no reason for a 更正
        "reply_by",
        "editions",
        "dropped_cases",
        "missing_months",
        "region",
        "province_name",
        "remark",
        "lon",
        "lat",
        "west",
        "south",
        "east",
        "north",
        "number",
        "is_high",
        "is_member",
        "suspects",
        "repeat_suspects",
        "score_sum",
        "first_places",
        "reason",
        "candidate_id",
        "kind",
        "start",  # of a span of days: by it rows are told apart
        "end",
        "basis",
        "score",  # printed, but a person who strikes one out later, or a late hour, is no reason for a 更正
    }
)
# Fields that figures of before do not hold: an empty one of theirs says nothing, so it is no difference.
ADDED: Final = frozenset({"trend"})
# Fields whose name is that of the whole: their parts are named by themselves.
UNNAMED: Final = frozenset({"city", "flag", "alarm", "inspection", "warned", "grid"})
LABELS: Final[Mapping[str, str]] = {
    # counts
    "pushed": "推送",
    "answered": "已反馈",
    "due": "应反馈",
    "on_time": "按期",
    "late": "逾期反馈",
    "overdue": "超期",
    "upheld": "误报核减",
    "problems": "问题",
    "alarms_with_problem": "发现问题的报警",
    "rectification_due": "应整改",
    "rectified": "已整改",
    "in_dispute": "复核中",
    "chronic": "长期未反馈",
    "closed": "结案",
    "returned": "退回",
    "reanswered": "重报",
    # windows
    "window": "本期",
    "rolling": "近7日",
    "month": "本月",
    "season": "监管期",
    "previous": "上期",
    "total": "合计",
    "previous_total": "上期合计",
    "season_total": "监管期",
    "rolling_total": "近7日",
    "half": "本期",
    "year": "年初以来",
    "without_dust": "本期扣除沙尘",
    # lists
    "rows": "网格",
    "form": "反馈表",
    "cities": "",
    "days": "",
    "categories": "问题类别",
    "counties": "区县",
    "repeat_problems": "屡查屡犯",
    "cases": "典型案例",
    "repeat_alarms": "重复报警",
    "suggestions": "建议",
    "holidays": "节假日",
    "sources": "数据来源",
    "pollutants": "",
    "grids": "网格",
    "high_areas": "高值区",
    "highest": "高值网格",
    "rising": "升幅网格",
    "near": "临界预警网格",
    "warnings": "预警网格",
    "follow_ups": "下一步要求",
    "subjects": "对象",
    "enterprises": "企业",
    "regions": "区域",
    "reasons": "理由",
    "worst_level": "浓度较高城市",
    "worst_yoy": "同比较差城市",
    "worst_pop": "环比较差城市",
    "month_worst_level": "全月浓度较高城市",
    "month_worst_yoy": "全月同比较差城市",
    "month_worst_pop": "全月环比较差城市",
    "long_unanswered": "长期未反馈",
    # alarms and problems
    "bureau": "主送机关",
    "address_form": "称呼",
    "upper_bureau": "抄送机关",
    "unit_name": "城市",
    "grid_id": "网格",
    "county": "区县",
    "point_name": "点位名称",
    "name": "名称",
    "started_at": "首次报警时间",
    "last_at": "末次报警时间",
    "alarm_count": "报警次数",
    "peak_pm25_ug_m3": "最高浓度",
    "deadline_at": "反馈时限",
    "alarm_id": "报警编号",
    "note": "反馈内容",
    "grid_ids": "网格",
    "status": "状态",
    "pushed_at": "推送时间",
    "overdue_hours": "超期小时",
    "category": "类别",
    "description": "描述",
    "found_at": "发现时间",
    "level": "标记",
    "rule": "规则",
    "round": "督办次数",
    "overdue_total": "超期总数",
    "urged": "督办次数",
    "window_alarms": "本期报警",
    "recent_alarms": "近30日报警",
    "season_alarms": "监管期报警",
    "season_problems": "监管期问题",
    "unanswered": "未反馈",
    "alarms": "查出次数",
    "first_found_at": "首次查出",
    "last_found_at": "最近查出",
    "rectified_at": "整改时间",
    "answered_at": "反馈时间",
    "is_on_time": "按期",
    "later_alarms": "此后报警",
    "went_on": "此后仍在报警",
    "count_then": "整改时报警次数",
    "is_sent_back": "退回待重报",
    "nth_alarm": "第几条报警",
    "rank": "名次",
    "is_tied": "并列",
    "count": "数量",
    "of": "总数",
    "hours": "小时",
    "is_closed": "结案",
    "open_alarms": "未反馈",
    "is_overdue": "超期",
    "is_chronic": "长期未反馈",
    "first_urged": "首次督办",
    "urged_again": "再次督办",
    "listed": "报部清单",
    "needs_address": "核实地址",
    # air
    "pm25_ug_m3": "PM2.5浓度",
    "yoy_pct": "同比变化（%）",
    "pop_pct": "环比变化（%）",
    "valid_days": "有效天数",
    "year_before_ug_m3": "上年同期浓度",
    "before_ug_m3": "上期浓度",
    "ranked": "参与排名数",
    "days_over": "超标天数",
    "dust_hours": "沙尘小时",
    "limit_ug_m3": "限值",
    "iaqi": "IAQI",
    "mean": "平均浓度",
    "highest_ug_m3": "最高浓度",
    "high_grids": "高值网格数",
    "inside": "网格内企业数",
    "nearby": "周边企业数",
    "place": "名次",
    "in_a_row": "连续次数",
    "in_a_year": "12个月内次数",
    "is_at_least": "次数为下限",
    "escalation": "达到条件",
    "valid_grids": "有效网格数",
    "day": "日期",
    "industry": "行业",
    "distance_km": "距离",
    "direction": "方位",
    "until": "报送期限",
    "trend": "近期走势",
    "answer_quality": "答复质量",
    "season_quality": "监管期答复质量",
    "answered_once": "反馈过的报警",
    "sent_back": "退回",
    "overdue_again": "退回后超期",
    "came_back": "整改后再报警",
    "standing": "现有反馈",
    "without_problem": "未查出问题",
    "disputed": "申诉",
    "with_inspection": "填写排查时间的反馈",
    "inspected_early": "排查时间过早",
    "rejected": "申诉驳回",
    "spot_checks": "抽查",
    "drawn": "抽取",
    "checked": "已核查",
    "not_confirmed": "不实",
    "lasting": "持续偏高网格",
    "stations": "微站数",
    "days_with_data": "有数天数",
    "days_above": "偏高天数",
    "window_days": "统计天数",
    "excess_ug_m3": "高出浓度",
    "excess_pct": "高出（%）",
}
# Of a class, where a name of `LABELS` would mislead.
OWN_LABELS: Final[Mapping[tuple[str, str], str]] = {
    ("NoticeFigures", "received"): "邮件反馈", ("ReceivedForms", "rows"): "邮件反馈条数", ("ReceivedForms", "refused"): "未采用条数", ("ReceivedForms", "reasons"): "未采用原因",
    ("NoticeFigures", "overdue"): "超期清单报警", ("ReminderFigures", "overdue"): "超期清单报警", ("NoticeFigures", "problems"): "问题",
    ("Case", "problems"): "问题", ("NoticeFigures", "form"): "反馈表报警", ("ReminderFigures", "form"): "反馈表报警",
    ("CitySituation", "month"): "全月", ("Warnings", "month"): "预警月份", ("OverviewFigures", "grids"): "网格数", ("CountySituation", "grids"): "有效网格数",
    ("BulletinFigures", "cities"): "城市数", ("BulletinFigures", "open_alarms"): "未反馈报警", ("RegionSituation", "cities"): "城市数", ("HighArea", "enterprises"): "区内企业数",
    ("SummaryFigures", "long_unanswered"): "长期未反馈报警", ("Flag", "chronic"): "长期未反馈标记", ("Flag", "recent_overdue"): "近期超期", ("LongUnanswered", "days"): "已推送天数",
    ("GridInspection", "categories"): "问题类别", ("ListedGrid", "enterprises"): "企业", ("DayLevel", "hours"): "有效小时",
    ("CategoryCount", "season"): "监管期", ("CategoryCount", "previous"): "上期", ("Case", "unit_name"): "城市",
    ("Flag", "reasons"): "标记理由", ("Flag", "level"): "标记",
}  # fmt: skip
_PLACES: Final[Mapping[str, int]] = {"_ug_m3": 0, "_pct": 1, "_km": 1}  # decimals, by the unit in the name
_LEVELS: Final = {"remind": "提醒", "urge": "督办", "": "无"}

_REASONS: Final = {
    "overdue": "有超期未反馈",
    "late": "逾期反馈较多",
    "long_overdue": "超期过久",
    "overdue_and_late": "有超期且逾期反馈较多",
}

# By what a row is told from the others of its list, and how it is named.
Row = Callable[[Any], str]
ROWS: Final[Mapping[str, Row]] = {
    "NoticeRow": lambda row: row.grid_id,
    "OverdueRow": lambda row: row.alarm_id,
    "ProblemRow": lambda row: row.problem_id,
    "FormRow": lambda row: row.alarm_id,
    "CityWeek": lambda row: row.unit_name,
    "SpanCount": lambda row: day_words(row.start),
    "DayCount": lambda row: day_words(row.day),
    "CategoryCount": lambda row: row.category,
    "ProblemCount": lambda row: row.category,
    "CountyCount": lambda row: f"{row.unit_name}{row.county}",
    "RepeatProblem": lambda row: f"{row.grid_id}{row.category}",
    "RepeatAlarm": lambda row: row.grid_id,
    "LongUnanswered": lambda row: row.alarm.alarm_id,
    "OpenAlarm": lambda row: row.alarm_id,
    "Case": lambda row: row.alarm_id,
    "Suggestion": lambda row: say(rule_word(row.rule)),
    "Subject": lambda row: row.name,
    "FlagReason": lambda row: say(_REASONS.get(row.rule, row.rule)),
    "DayLevel": lambda row: day_words(row.day),
    "PollutantMean": lambda row: row.name,
    "CountySituation": lambda row: row.county,
    "GridSituation": lambda row: row.grid_id,
    "HighArea": lambda row: say("{number}号", number=row.number),
    "ListedGrid": lambda row: row.grid.grid_id,
    "WarnedGrid": lambda row: row.grid_id,
    "LastingGrid": lambda row: row.grid_id,
    "FollowUp": lambda row: say(rule_word(row.rule)),
    "Enterprise": lambda row: row.name,
    "RegionSituation": lambda row: row.name,
    "CitySituation": lambda row: row.unit_name,
    "AnswerQuality": lambda row: row.unit_name,
}


# What a letter was judged by is no fact of its unit.
_RULES: Final = ("LowResponse", "Deadlines", "SummaryRules", "UnitRules", "JudgedBy")


def label(kind: str, field: str) -> str | None:
    """How a field of a class of figures is called in print; empty for one that needs no name, None for what is not printed."""
    if (kind, field) in OWN_LABELS:
        return say(OWN_LABELS[kind, field])
    if field in SILENT or kind in _RULES:
        return None
    if field in UNNAMED:
        return ""
    return say(LABELS.get(field, field))


def text(field: str, value: Any) -> str:
    """One value as a letter prints it."""
    if value is None:
        return say("无")
    if isinstance(value, bool):
        return say("是") if value else say("否")
    if isinstance(value, datetime):
        return moment_label(value)
    if isinstance(value, date):
        return date_label(value)
    if isinstance(value, Period):
        return value.label
    if isinstance(value, float):
        decimals = next((places for unit, places in _PLACES.items() if field.endswith(unit)), None)
        return (
            str(int(value))
            if field.endswith("_hours")
            else str(rounded(value, 0 if decimals is None else decimals))
        )
    if field == "level":
        return say(_LEVELS.get(str(value), str(value)))
    return say(str(value)) if value != "" else say("无")

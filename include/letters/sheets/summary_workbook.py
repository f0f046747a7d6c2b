"""The workbook of the summary: one clean table a sheet, header in row 1, real numbers and dates, for pandas and for Excel.

Shares are numbers from 0 to 1 (shown as %), their numerator and denominator stand beside them; times are Beijing wall time.
An empty cell means that there is nothing to state: a zero denominator, no window before, not answered.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from include.language import say
from include.letters.edition_2020_03 import EDITION
from include.letters.sheets.data_sheets import Sheet, dated, timed, workbook_of
from include.letters.words.changes import points
from include.letters.words.flag_words import mark_words, reasons_words
from include.letters.words.wording import source_titles
from include.periods import DAY, Period, office_zone
from include.rules import SIMULATED_LABEL
from include.supervision.answer_quality import AnswerQuality
from include.supervision.figures import FeedbackCounts
from include.supervision.rule_codes import rule_word
from include.supervision.weekly_figures import SummaryFigures

# Counts and shares of `FeedbackCounts` as columns: header, value.
_COUNTS: Final[tuple[tuple[str, Callable[[FeedbackCounts], int]], ...]] = (
    ("推送", lambda c: c.pushed), ("已反馈", lambda c: c.answered), ("已到时限", lambda c: c.due), ("按期", lambda c: c.on_time),
    ("逾期反馈", lambda c: c.late), ("超期未反馈", lambda c: c.overdue), ("误报", lambda c: c.upheld), ("问题", lambda c: c.problems),
    ("查出问题的报警", lambda c: c.alarms_with_problem), ("已到整改期限的问题", lambda c: c.rectification_due),
    ("其中已整改", lambda c: c.rectified), ("复核中", lambda c: c.in_dispute), ("结案", lambda c: c.closed),
)  # fmt: skip
_SHARES: Final[tuple[tuple[str, Callable[[FeedbackCounts], float | None]], ...]] = (
    ("反馈率", lambda c: c.feedback_rate.value),
    ("按期反馈率", lambda c: c.on_time_rate.value),
    ("问题发现率", lambda c: c.problem_found_rate.value),
    ("整改率", lambda c: c.rectified_rate.value),
)


def summary_workbook(figures: SummaryFigures, title: str) -> bytes:
    """The workbook; same figures, same bytes. Every sheet of simulated figures has a last column 数据标识 that says so."""
    return workbook_of(
        _sheets(figures), title, figures.period.as_of, SIMULATED_LABEL if figures.is_simulated else ""
    )


def _sheets(figures: SummaryFigures) -> Iterable[Sheet]:
    shares = {name: "share" for name, _ in _SHARES}
    yield Sheet(
        "总体",
        ["时段", "起", "止", "截至", *_counts_header()],
        _spans(figures),
        shares | dated("起", "止") | timed("截至"),
    )
    yield Sheet(
        "城市",
        [
            "城市代码",
            "城市",
            "省份",
            "排名",
            "是否并列",
            *_counts_header(),
            "上期推送",
            "上期已反馈",
            "推送较上期",
            "反馈率较上期_百分点",
            "监管期推送",
            "监管期已反馈",
            "监管期问题",
            "近7日推送",
            "近7日已到时限",
            "近7日按期",
            "近7日逾期反馈",
            "近期超期",
            "长期未反馈",
            "首次督办",
            "再次督办",
            "报部清单",
            "标记",
            "标记依据",
            "备注",
        ],
        _cities(figures),
        shares | {"反馈率较上期_百分点": "points"},
    )
    yield Sheet(
        "答复质量",
        ["时段", "城市代码", "城市", *_quality_header()],
        [
            *_quality_rows("本期", figures.answer_quality),
            *_quality_rows("监管期以来", figures.season_quality),
        ],
        dict.fromkeys(_quality_header()[2::3], "share"),
    )
    yield Sheet(
        "每日",
        ["日期", "推送", "已反馈", "未反馈"],
        [(one.day, one.pushed, one.answered, one.pushed - one.answered) for one in figures.days],
        dated("日期"),
    )
    if any(city.trend for city in figures.cities):  # figures of before have none
        yield Sheet(
            "走势",
            ["城市代码", "城市", "起", "止", "推送", "已反馈"],
            [
                (city.unit_code, city.unit_name, one.start, one.end - DAY, one.pushed, one.answered)
                for city in figures.cities
                for one in city.trend
            ],
            dated("起", "止"),
        )
    yield Sheet(
        "问题类别",
        ["类别", "问题", "已整改", "上期问题", "监管期问题"],
        [(one.category, one.problems, one.rectified, one.previous, one.season) for one in figures.categories],
        {},
    )
    yield Sheet(
        "区县",
        ["名次", "城市代码", "城市", "区县", "推送", "问题"],
        [
            (one.rank, one.unit_code, one.unit_name, one.county, one.pushed, one.problems)
            for one in figures.counties
        ],
        {},
    )
    yield Sheet(
        "重复报警",
        [
            "网格编号",
            "城市代码",
            "城市",
            "区县",
            "点位名称",
            "本期报警",
            "近30日报警",
            "监管期报警",
            "最高浓度_μg每m³",
            "监管期问题",
            "近30日未反馈",
        ],
        [
            (
                one.grid_id,
                one.unit_code,
                one.unit_name,
                one.county,
                one.point_name,
                one.window_alarms,
                one.recent_alarms,
                one.season_alarms,
                one.peak_pm25_ug_m3,
                one.season_problems,
                one.unanswered,
            )
            for one in figures.repeat_alarms
        ],
        {},
    )
    yield Sheet(
        "屡查屡犯",
        [
            "网格编号",
            "城市代码",
            "城市",
            "区县",
            "点位名称",
            "类别",
            "查出报警",
            "首次查出",
            "最近查出",
            "整改状态",
        ],
        [
            (
                one.grid_id,
                one.unit_code,
                one.unit_name,
                one.county,
                one.point_name,
                one.category,
                one.alarms,
                one.first_found_at,
                one.last_found_at,
                say(one.status),
            )
            for one in figures.repeat_problems
        ],
        timed("首次查出", "最近查出"),
    )
    yield Sheet(
        "长期未反馈",
        [
            "报警编号",
            "城市代码",
            "城市",
            "区县",
            "网格编号",
            "点位名称",
            "推送时间",
            "反馈时限",
            "已推送天数",
            "超期小时",
            "督办次数",
        ],
        [
            (
                one.alarm.alarm_id,
                one.unit_code,
                one.unit_name,
                one.alarm.county,
                one.alarm.grid_id,
                one.alarm.point_name,
                one.alarm.pushed_at,
                one.alarm.deadline_at,
                one.days,
                one.alarm.overdue_hours,
                one.urged,
            )
            for one in figures.long_unanswered
        ],
        timed("推送时间", "反馈时限"),
    )
    yield Sheet(
        "典型案例",
        [
            "选取规则",
            "报警编号",
            "城市代码",
            "城市",
            "区县",
            "网格编号",
            "点位名称",
            "报警开始",
            "报警结束",
            "报警次数",
            "最高浓度_μg每m³",
            "监管期第几条",
            "近30日报警",
            "反馈时间",
            "反馈单位",
            "反馈内容",
            "是否按期",
            "超期小时",
            "问题",
            "已整改",
            "全部整改时间",
            "之后报警",
        ],
        [
            (
                say(rule_word(one.rule)),
                one.alarm_id,
                one.unit_code,
                one.unit_name,
                one.county,
                one.grid_id,
                one.point_name,
                one.started_at,
                one.last_at,
                one.alarm_count,
                one.peak_pm25_ug_m3,
                one.nth_alarm,
                one.recent_alarms,
                one.answered_at,
                one.answered_by,
                one.note,
                one.is_on_time,
                one.overdue_hours,
                len(one.problems),
                one.rectified,
                one.rectified_at,
                one.later_alarms,
            )
            for one in figures.cases
        ],
        timed("报警开始", "报警结束", "反馈时间", "全部整改时间"),
    )
    yield Sheet(
        "建议",
        ["序号", "规则", "数量", "总数", "对象", "对象数量"],
        [
            (number, say(rule_word(one.rule)), one.count, one.of or None, subject.name, subject.count)
            for number, one in enumerate(figures.suggestions, start=1)
            for subject in one.subjects
        ],
        {},
    )
    yield Sheet("说明", ["项目", "内容"], _notes(figures), {})


def _quality_header() -> list[str]:
    return [
        say(name) + say(part) for name in AnswerQuality("", "").shares for part in ("_条数", "_总数", "率")
    ]


def _quality_rows(span: str, rows: Sequence[AnswerQuality]) -> Iterable[Sequence[Any]]:
    for one in rows:
        parts = [part for share in one.shares.values() for part in (share.n, share.of, share.value)]
        yield [span, one.unit_code, one.unit_name, *parts]


def _counts_header() -> list[str]:
    return [name for name, _ in _COUNTS] + [name for name, _ in _SHARES]


def _counts_row(counts: FeedbackCounts) -> list[Any]:
    return [count(counts) for _, count in _COUNTS] + [share(counts) for _, share in _SHARES]


def _spans(figures: SummaryFigures) -> Iterable[Sequence[Any]]:
    rows: list[tuple[str, Period, FeedbackCounts]] = [("本期", figures.window, figures.total)]
    if figures.previous is not None and figures.previous_total is not None:
        rows.append(("上期", figures.previous, figures.previous_total))
    rows.append(("监管期以来", figures.season, figures.season_total))
    for name, span, counts in rows:
        yield [name, span.start, span.last_date, span.as_of, *_counts_row(counts)]


def _cities(figures: SummaryFigures) -> Iterable[Sequence[Any]]:
    is_old = figures.rules_version == EDITION  # its flags did not tell them
    for city in figures.cities:
        now, before = city.window, city.previous
        yield [
            city.unit_code,
            city.unit_name,
            city.province_name,
            city.rank,
            city.is_tied,
            *_counts_row(now),
            None if before is None else before.pushed,
            None if before is None else before.answered,
            None if before is None else now.pushed - before.pushed,
            points(now.feedback_rate, None if before is None else before.feedback_rate),
            city.season.pushed,
            city.season.answered,
            city.season.problems,
            city.rolling.pushed,
            city.rolling.due,
            city.rolling.on_time,
            city.rolling.late,
            None if is_old else city.flag.recent_overdue,
            None if is_old else city.flag.chronic,
            None if is_old else city.first_urged,
            None if is_old else city.urged_again,
            None if is_old else city.listed,
            mark_words(city.flag),
            say("；").join(reasons_words(city.flag)),
            city.remark,
        ]


def _notes(figures: SummaryFigures) -> Iterable[Sequence[str]]:
    yield (
        "时段",
        say(
            "{start} 至 {last_date}（北京时间整日）",
            start=figures.window.start,
            last_date=figures.window.last_date,
        ),
    )
    yield (
        "数据截至",
        say(
            "{moment:%Y-%m-%d %H:%M}（北京时间）",
            moment=figures.period.as_of.astimezone(office_zone()),
        ),
    )
    yield "范围", figures.scope or say("重点区域全部城市")
    yield "来源", source_titles(figures.sources)
    yield "数据完整性", figures.completeness
    yield "规则版本", figures.rules_version
    yield "函件标识", figures.letter_key
    yield "比率", "0至1的小数；分子分母为同一行的条数列；分母为零时为空"
    yield (
        "标记",
        "由近期超期（超期不超过7天，无论何时推送）和近7日逾期反馈得出；长期未反馈另行标明，不影响级别",
    )
    yield "时间", "北京时间"
    yield "定义", "见汇总附件4《数据和规则说明》"
    if figures.is_simulated:
        yield (
            "数据标识",
            say("{mark}：由演示程序生成，不反映真实情况", mark=say(SIMULATED_LABEL)),
        )

"""How a letter writes numbers, moments and counts, and the values that every kind of letter offers to its templates.

The keys are Chinese because a clerk reads them in the Word template: `{{ 本期.反馈率 }}`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from include.language import say, words_of
from include.language.moments import cell_words, clock_words
from include.letters import edition_2020_03
from include.letters.document.manuscript import MARK_GAP
from include.letters.words.durations import duration
from include.letters.words.flag_words import level_reasons, level_word
from include.letters.words.leading import foremost
from include.letters.words.suspect_words import suspect_line
from include.periods import Period, moment_label, office_zone
from include.profile.current import office
from include.rules import DEADLINES, LOW_RESPONSE, NOTICE, SIMULATED_LABEL, SUMMARY, Deadlines, LowResponse
from include.supervision.bulletin_figures import OpenAlarm
from include.supervision.figures import (
    AlarmSuspects,
    Corrected,
    FeedbackCounts,
    Flag,
    FormRow,
    Issue,
    NoticeRow,
    OverdueRow,
)

if TYPE_CHECKING:  # pandas comes with the first letter
    from include.supervision.weekly_figures import SummaryFigures

AlarmRow = TypeVar("AlarmRow", OverdueRow, NoticeRow, OpenAlarm)
Show = Callable[[str], str]  # makes text from outside fit for the document that it goes to

NONE: Final = "—"
_HOUR: Final = timedelta(hours=1)
REHEARSAL_LABEL: Final = "演练"
CORRECTION_LABEL: Final = "更正"
PREVIEW_LABEL: Final = "预览稿 未签发"
# What letters of an earlier edition print (templates/2020-03): words of theirs, by which nothing is judged any more.
_THRESHOLDS: Final[dict[str, dict[str, Any]]] = {
    "2020-03": {
        "天数": 7,
        "提醒超期": 1,
        "提醒按期率": "95%",
        "督办按期率": "90%",
        "迟报": 2,
        "督办小时": "24",
    },
}
_SOURCE_TITLES: Final = {"demo_region": "演示数据", "demo_platform": "演示平台"}
_CONNECTION_ID: Final = re.compile(r"[a-z0-9_.:/-]+")
_TOLD_PLACES: Final = 3  # of alarms that share the first place
_LISTED_CHANGES: Final = 12  # of a 更正, in its text: beyond that it says how many there are


def joined(parts: Iterable[str]) -> str:
    """Several texts in a row, of which people wrote some: none ends in a sign of its own before the next one's."""
    told = [one.strip() for one in parts if one.strip()]
    return say("；").join([*(one.rstrip("。；;，,、. ") for one in told[:-1]), *told[-1:]])


def noted(name: str, note: str) -> str:
    """`甲厂（3条）`; a name that ends with a bracket of its own takes the note into it: `甲厂（北区，3条）`."""
    if name.endswith(("）", ")")):
        return say("{name}，{note}）", name=name[:-1], note=note)
    return say("{name}（{note}）", name=name, note=note)


def concentration(value_ug_m3: float | None) -> str:
    """A concentration as an integer, half to even (GB/T 8170); — where it is not known."""
    from include.supervision.standards import rounded  # pandas comes with the first letter

    return NONE if value_ug_m3 is None else str(rounded(value_ug_m3))


def concentration_span(levels_ug_m3: Iterable[float]) -> str:
    """The lowest and the highest of some concentrations: `40至92`; one number where both print the same."""
    levels = list(levels_ug_m3)
    first, last = concentration(min(levels)), concentration(max(levels))
    return first if first == last else say("{first}至{last}", first=first, last=last)


def cell_moment(moment: datetime, rules_version: str = "") -> str:
    """`3月13日 9:00`: on one line of a narrow column; the office's time. Edition 2020-03 wrote it as sentences do."""
    if rules_version == edition_2020_03.EDITION:
        return edition_2020_03.cell_moment(moment)
    return cell_words(moment.astimezone(office_zone()))


def cell_moments(first: datetime, last: datetime, rules_version: str = "") -> str:
    """`3月12日 8:00`, or on two lines `3月12日 8:00` `至21:00`, or `3月11日 8:00` `至3月12日 21:00`; the office's time."""
    if rules_version == edition_2020_03.EDITION:
        return edition_2020_03.cell_moments(first, last)
    start, end = (moment.astimezone(office_zone()) for moment in (first, last))
    if start == end:
        return cell_words(start)
    until = clock_words(end) if start.date() == end.date() else cell_words(end)
    return f"{cell_words(start)}\n{say('至{last}', last=until)}"


def you(address_form: str) -> str:
    """How a letter speaks to its unit; letters of before, and units without a form of their own, as to a bureau."""
    return address_form or office().address_forms["bureau"]


def with_year(period: Period) -> str:
    """`2020年3月12日` or `2020年3月1日至15日`."""
    if period.start.year != period.last_date.year:
        return period.label  # names both
    return say("{year}年{label}", year=period.start.year, label=period.label)


def marks(issue: Issue, is_simulated: bool) -> tuple[str, ...]:
    """What must stand wherever the letter is seen: 模拟数据, 更正, 演练, 预览稿; nothing for a real, issued first letter."""
    found = (
        (is_simulated, SIMULATED_LABEL),
        (issue.corrects is not None, CORRECTION_LABEL),
        (issue.is_rehearsal, REHEARSAL_LABEL),
        (issue.issued_on is None, PREVIEW_LABEL),
    )
    return tuple(say(label) for applies, label in found if applies)


def issue_values(issue: Issue, is_simulated: bool, red_head: bool) -> dict[str, Any]:
    """Who signs, number and date of issue (empty in a preview), and the marks."""
    return {
        "发文机关": issue.issuer,
        "联系人": issue.contact,
        "电话": issue.phone,
        "回复地址": issue.reply_to,
        "文号": issue.number or "",
        "签发日期": issue.issued_on or "",
        "红头": red_head,
        "标识": say(MARK_GAP).join(marks(issue, is_simulated)),
        "是否模拟": is_simulated,
        "是否演练": issue.is_rehearsal,
        "更正": _correction_values(issue.corrects) if issue.corrects else None,
        "手机填报": issue.reply_link,
    }


def _correction_values(corrects: Corrected) -> dict[str, Any]:
    """The letter that is corrected, and what changes: `事项` of `项数` in all."""
    return {
        "原文号": corrects.number or "",
        "原日期": corrects.issued_on,
        "项数": len(corrects.changes),
        "事项": say("；").join(corrects.changes[:_LISTED_CHANGES]),
        "列全": len(corrects.changes) <= _LISTED_CHANGES,
    }


def counts_values(counts: FeedbackCounts, label: str) -> dict[str, Any]:
    """One window's counts; every rate as n/N（%）."""
    return {
        "时段": label,
        "推送": counts.pushed,
        "已反馈": counts.answered,
        "到期": counts.due,
        "按期": counts.on_time,
        "迟报": counts.late,
        "超期": counts.overdue,
        "误报": counts.upheld,
        "问题": counts.problems,
        "复核中": counts.in_dispute,
        "长期": counts.chronic,
        "结案": counts.closed,
        "反馈率": str(counts.feedback_rate),
        "按期反馈率": str(counts.on_time_rate),
        "问题发现率": str(counts.problem_found_rate),
        "整改率": str(counts.rectified_rate),
    }


def _thresholds(rules: LowResponse) -> dict[str, Any]:
    return {
        "天数": rules.rolling_days,
        "长期天数": rules.recent_overdue.days,
        "提醒超期": rules.remind_overdue,
        "提醒迟报": rules.remind_late,
        "督办迟报": rules.urge_late,
        "督办小时": f"{rules.urge_overdue.total_seconds() / 3600:g}",
        "再次天数": rules.repeat_dates,
    }


def _deadline_values(deadlines: Deadlines, own_hours: Sequence[tuple[str, float]]) -> dict[str, str]:
    """Hours to answer, after a rejection and after a return, days to rectify, and who has another time to answer."""
    own = [say("{name}{count}小时", name=name, count=f"{hours:g}") for name, hours in own_hours]
    return {
        "反馈": f"{deadlines.feedback / _HOUR:g}",
        "驳回": f"{deadlines.after_rejection / _HOUR:g}",
        "退回": f"{deadlines.after_return / _HOUR:g}",
        "整改": f"{deadlines.rectify / (24 * _HOUR):g}",
        "最长": f"{deadlines.rectify_longest / (24 * _HOUR):g}",
        "另定": say("、").join(own),
    }


def rule_values(
    flag: Flag,
    rules_version: str,
    judged_by: LowResponse | None = None,
    deadlines: Deadlines | None = None,
    own_hours: Sequence[tuple[str, float]] = (),
) -> dict[str, Any]:
    """The flag of the unit and the thresholds it was judged by, as the footnote of its edition states them: those that are frozen in
    the letter's figures, or of its edition."""
    present = _thresholds(judged_by or LOW_RESPONSE)
    return {
        "级别": level_word(flag.level) if flag.level in ("remind", "urge") else "",
        "理由": say("；").join(level_reasons(flag)),
        "条件": say("；").join(level_reasons(flag, tells_longest=False)),  # beside the oldest alarm
        "长期": flag.chronic,
        "规则": {"版本": rules_version, **_THRESHOLDS.get(rules_version, present)},
        "期限": _deadline_values(deadlines or DEADLINES, own_hours),
    }


def overdue_values(
    rows: Sequence[OverdueRow],
    show: Show,
    rules_version: str = "",
    *,
    in_cells: bool = False,
) -> list[dict[str, Any]]:
    """The overdue alarms, the longest overdue first, as the edition words delays; `in_cells`: moments as a table has them."""
    has_cells = in_cells and rules_version != edition_2020_03.EDITION
    written = cell_moment if has_cells else moment_label
    ordered = sorted(rows, key=lambda row: (-row.overdue_hours, row.alarm_id))
    return [
        {
            "序号": number,
            "报警编号": show(row.alarm_id),
            "网格编号": show(row.grid_id),
            "区县": show(row.county),
            "点位名称": show(row.point_name),
            "推送时间": written(row.pushed_at),
            "反馈时限": written(row.deadline_at),
            "超期时长": duration(row.overdue_hours, rules_version),
        }
        for number, row in enumerate(ordered, start=1)
    ]


def newest_overdue(rows: Sequence[OverdueRow], show: Show, rules_version: str = "") -> dict[str, Any]:
    """`超期表`: the newest overdue alarms, as many as a letter's table has; `较早超期`: the others counted, with the oldest."""
    by_push = sorted(rows, key=lambda row: (row.pushed_at, row.alarm_id))
    older, listed = by_push[: -NOTICE.listed_rows], by_push[-NOTICE.listed_rows :]
    return {
        "超期表": overdue_values(listed, show, rules_version, in_cells=True),
        "较早超期": older_values(len(older), older, lambda row: row.pushed_at, show) if older else None,
    }


def longest_overdue(rows: Sequence[OverdueRow], show: Show, rules_version: str = "") -> dict[str, Any] | None:
    """`最长超期`: the alarms overdue for longest (`名`), whether they are several (`并列`) and whether all of several are (`全部`), with
    their deadline and how long they are overdue; None of none."""
    first, is_even = foremost(rows, lambda row: row.overdue_hours)
    if not first:
        return None
    in_order = sorted(first, key=lambda row: row.alarm_id)
    return {
        "名": _at_places(in_order, show),
        "并列": len(first) > 1,
        "全部": is_even,
        "时限": moment_label(first[0].deadline_at),
        "时长": duration(first[0].overdue_hours, rules_version),
    }


def older_values(
    count: int, rows: Sequence[AlarmRow], at: Callable[[AlarmRow], datetime], show: Show
) -> dict[str, Any]:
    """What a table does not list, the oldest of it first: how many alarms, and the oldest of them, several where they came at one time
    (`名`); `区县`, `点位名称` and `网格编号` are those of the first."""
    oldest = rows[0]
    return {
        "条数": count,
        "名": _at_places([row for row in rows if at(row) == at(oldest)], show),
        "区县": show(oldest.county),
        "点位名称": show(oldest.point_name),
        "网格编号": show(oldest.grid_id),
        "时间": moment_label(at(oldest)),
    }


def _at_places(rows: Sequence[OverdueRow | NoticeRow | OpenAlarm], show: Show) -> str:
    """`赵县“南孟村东”（网格编号T85711）`, the first ones of many."""
    told = [
        say(
            "{county}“{point_name}”（网格编号{grid_id}）",
            county=show(row.county),
            point_name=show(row.point_name),
            grid_id=show(row.grid_id),
        )
        for row in rows
    ]
    return named(told, _TOLD_PLACES, say("处"))


def form_values(
    rows: Sequence[FormRow],
    as_of: datetime,
    show: Show,
    rules_version: str = "",
    suspects: Sequence[AlarmSuspects] = (),
    urged: Collection[str] = (),
) -> list[dict[str, Any]]:
    """The open alarms that the answer form asks about, with their suspects in words where the letter tells them; `urged`: the ids of those
    that the letter is a 督办函 of."""
    told = {one.alarm_id: one.suspects for one in suspects}
    return [
        {
            "序号": number,
            "网格编号": show(row.grid_id),
            "区县": show(row.county),
            "点位名称": show(row.point_name),
            "报警时间": moment_label(row.started_at),
            "报警次数": row.alarm_count,
            "最高浓度": concentration(row.peak_pm25_ug_m3),
            "反馈时限": moment_label(row.deadline_at),
            "超期时长": duration((as_of - row.deadline_at).total_seconds() / 3600, rules_version)
            if row.is_overdue_as_of(as_of)
            else "",
            "督办": row.alarm_id in urged,
            "疑似": [suspect_line(one, show) for one in told.get(row.alarm_id, ())],
        }
        for number, row in enumerate(rows, start=1)
    ]


def enclosure_values(present: dict[str, bool]) -> dict[str, Any]:
    """`附件.X`: how the text names enclosure X (附件2; 附件 when it is the only one; empty when absent); `附件序.X`: its `2. `."""
    kept = [name for name, is_present in present.items() if is_present]
    is_many = len(kept) > 1
    number = {name: str(kept.index(name) + 1) if name in kept and is_many else "" for name in present}
    return {
        "附件": {
            name: say("附件{number}", number=number[name]).strip() if name in kept else "" for name in present
        },
        "附件序": {name: f"{text}. " if text else "" for name, text in number.items()},
    }


def named(names: Sequence[str], limit: int = SUMMARY.named_cities, unit: str = "", edition: str = "") -> str:
    """`甲市、乙市` or, above the limit, `甲市、乙市等7市`: 等 stands for two or more, a single one more is named. Edition 2020-03 left one out."""
    if len(names) == limit + 1 and edition != edition_2020_03.EDITION:
        limit += 1
    listed = say("、").join(names[:limit])
    return (
        say("{listed}等{count}{unit}", listed=listed, count=len(names), unit=unit or say("市"))
        if len(names) > limit
        else listed
    )


def sentence(text: str) -> str:
    """The text as a whole sentence."""
    return text if not text or text.endswith(("。", "！", "？", say("。"))) else text + say("。")


def source_titles(names: Iterable[str], most: int | None = None, *, rules_version: str = "") -> str:
    """The sources as a person knows them, each once; edition 2020-03 named connections by their ids where they had no title."""
    is_old = rules_version == edition_2020_03.EDITION
    told = [_source_title(name, name if is_old else "") for name in names]
    return say("、").join([*dict.fromkeys(told)][:most])


def _source_title(name: str, untitled: str) -> str:
    """A source by the title that the profile's `words.yaml` gives its connection, or by its own name; the id of a connection without a
    title is no name: it is said as `untitled`, or as what all of them are."""
    told = words_of(office()).get(name)
    if told is not None:
        return told
    if name in _SOURCE_TITLES:
        return say(_SOURCE_TITLES[name])
    return (untitled or say("监管平台和监测网络")) if _CONNECTION_ID.fullmatch(name) else name


def days_title(figures: "SummaryFigures") -> str:
    """What the chart of days shows: four weeks, or why not."""
    is_old = figures.rules_version == edition_2020_03.EDITION  # which said so always
    is_whole = is_old or len(figures.days) >= SUMMARY.trend_days
    return say("近四周每日推送报警") if is_whole else say("监管期以来每日推送报警（不足四周）")

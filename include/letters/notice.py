"""提示函 (daily): what `templates/notice.docx` and the mail of the notice may name."""

from collections import Counter
from typing import Any, Final

from include.answer_form.asking import asked, asked_first, asked_shortly
from include.language import say
from include.letters.words.status_words import status_words
from include.letters.words.suspect_words import suspect_values
from include.letters.words.wording import (
    Show,
    cell_moment,
    cell_moments,
    concentration,
    counts_values,
    enclosure_values,
    form_values,
    issue_values,
    longest_overdue,
    named,
    newest_overdue,
    older_values,
    overdue_values,
    rule_values,
    sentence,
    with_year,
    you,
)
from include.periods import moment_label
from include.rules import NOTICE
from include.supervision.figures import AlarmSuspects, Issue, NoticeFigures, ReceivedForms

_MOST_NAMED: Final = 3  # alarms of one reason


def notice_values(
    figures: NoticeFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """The values of one city's 提示函, as text. `show` treats every text that came from a city or a platform."""
    overdue = overdue_values(figures.overdue, show, figures.rules_version)
    as_of = figures.period.as_of
    return (
        issue_values(issue, figures.is_simulated, red_head)
        | rule_values(figures.flag, figures.rules_version, figures.judged_by, figures.deadlines)
        | enclosure_values(
            {
                "报警": bool(figures.rows),
                "疑似": bool(_suspected(figures)),
                "超期": len(overdue) > 1,
                "问题": bool(figures.problems),
                "反馈表": bool(figures.form),
            }
        )
        | {
            "换行": "\n",
            "主送机关": figures.bureau,
            "你方": you(figures.address_form),
            "城市": figures.unit_name,
            "时段": with_year(figures.period),
            "短时段": figures.period.label,
            "截至": moment_label(as_of, year=True),
            "短截至": moment_label(as_of),
            "期末": figures.period.end_label,
            "数据完整性": sentence(show(figures.completeness)),
            "函件标识": figures.letter_key,
            "本期": counts_values(figures.window, figures.period.label),
            "近七日": counts_values(figures.rolling, figures.rolling_label),
            "本月": counts_values(figures.month, figures.month_label),
            "长期未反馈": figures.long_unanswered,
            "回复期限": moment_label(figures.reply_by),
            "反馈要求": asked(figures.form, as_of, figures.reply_by),
            "开头要求": asked_first(figures.form, as_of, figures.reply_by),
            "反馈短句": asked_shortly(figures.form, as_of, figures.reply_by),
            "报警": _alarms(figures, show),
            "超期": overdue,
            "最长超期": longest_overdue(figures.overdue, show, figures.rules_version),
            "待反馈": form_values(figures.form, as_of, show, figures.rules_version, figures.suspects),
        }
        | {"来信": _received(figures, show)}
        | suspect_values(_suspected(figures), show)
        | newest_overdue(figures.overdue, show, figures.rules_version)
        | _newest_alarms(figures, show)
        | _problems(figures, show)
    )


def _received(figures: NoticeFigures, show: Show) -> dict[str, Any] | None:
    """What came by mail since the last letter; None where nothing did."""
    if figures.received is None:
        return None
    return {
        "收到": figures.received.rows,
        "未采用": figures.received.refused,
        "原因": say("；").join(map(show, _reasons(figures.received))),
    }


def _reasons(received: ReceivedForms) -> list[str]:
    """Why rows could not be used, each with the first of its alarms."""
    alarm_ids = received.alarm_ids or ((),) * len(received.reasons)
    return [
        say("{reason}（{key}）", reason=reason, key=named(ids, _MOST_NAMED, say("条"))) if ids else reason
        for reason, ids in zip(received.reasons, alarm_ids, strict=True)
    ]


def _alarms(figures: NoticeFigures, show: Show) -> list[dict[str, Any]]:
    return [
        {
            "序号": number,
            "网格编号": show(row.grid_id),
            "区县": show(row.county),
            "点位名称": show(row.point_name),
            "报警时间": cell_moments(row.started_at, row.last_at, figures.rules_version),
            "报警次数": row.alarm_count,
            "最高浓度": concentration(row.peak_pm25_ug_m3),
            "反馈时限": cell_moment(row.deadline_at, figures.rules_version),
            "反馈状态": status_words(row.status),
        }
        for number, row in enumerate(figures.rows, start=1)
    ]


def _newest_alarms(figures: NoticeFigures, show: Show) -> dict[str, Any]:
    """`报警表`: every grid with an alarm of the window, and the newest others up to the rows of a table; `较早报警`: the rest."""
    printed, kept = _alarms(figures, show), _kept(figures)
    listed = [
        row | {"序号": number}
        for number, row in enumerate((printed[place] for place in sorted(kept)), start=1)
    ]
    older = [row for place, row in enumerate(figures.rows) if place not in kept]
    count = sum(len(row.alarm_ids) for row in older)
    return {
        "报警表": listed,
        "较早报警": older_values(count, older, lambda row: row.started_at, show) if older else None,
    }


def _kept(figures: NoticeFigures) -> set[int]:
    """The places of the rows that the table prints."""
    return {
        place
        for place, row in enumerate(figures.rows)
        if row.last_at >= figures.period.starts_at or place >= len(figures.rows) - NOTICE.listed_rows
    }


def _suspected(figures: NoticeFigures) -> list[AlarmSuspects]:
    """The alarms with suspects among those of the table."""
    kept = _kept(figures)
    listed = {alarm_id for place in kept for alarm_id in figures.rows[place].alarm_ids}
    return [one for one in figures.suspects if one.alarm_id in listed]


def _problems(figures: NoticeFigures, show: Show) -> dict[str, Any]:
    rows = [
        {
            "序号": number,
            "区县": show(row.county),
            "点位名称": show(row.point_name),
            "问题类别": show(row.category),
            "问题描述": show(row.description),
            "发现时间": cell_moment(row.found_at, figures.rules_version),
            "整改状态": say(row.status),
        }
        for number, row in enumerate(figures.problems, start=1)
    ]
    categories = Counter(row["问题类别"] for row in rows).most_common()
    states = Counter(row["整改状态"] for row in rows)
    ordered = [state for state in map(say, ("已整改", "整改中", "逾期未整改")) if states[state]]
    return {
        "问题": rows,
        "问题类别小结": say("、").join(
            say("{name}{number}个", name=name, number=number) for name, number in categories
        ),
        "整改小结": say("、").join(
            say("{state}{number}个", state=state, number=states[state]) for state in ordered
        ),
        "未整改": len(rows) - states[say("已整改")],
    }

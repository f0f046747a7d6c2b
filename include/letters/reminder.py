"""督办函: what `templates/reminder.docx` and the mail of the reminder may name."""

from typing import Any

from include.answer_form.asking import asked, asked_shortly
from include.letters.words.wording import (
    Show,
    counts_values,
    enclosure_values,
    form_values,
    issue_values,
    longest_overdue,
    overdue_values,
    rule_values,
    sentence,
    with_year,
    you,
)
from include.periods import moment_label
from include.profile.current import office
from include.supervision.figures import Issue, ReminderFigures


def reminder_values(
    figures: ReminderFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """The values of one city's 督办函, as text. `show` treats every text that came from a city or a platform."""
    overdue = overdue_values(figures.overdue, show, figures.rules_version)
    as_of = figures.period.as_of
    return (
        issue_values(issue, figures.is_simulated, red_head)
        | rule_values(figures.flag, figures.rules_version, figures.judged_by, figures.deadlines)
        | enclosure_values({"超期": len(overdue) > 1, "反馈表": bool(figures.form)})
        | {
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
            "近七日": counts_values(figures.rolling, figures.rolling_label),
            "回复期限": moment_label(figures.reply_by),
            "反馈要求": asked(figures.form, as_of, figures.reply_by),
            "反馈短句": asked_shortly(figures.form, as_of, figures.reply_by),
            "超期": overdue,
            "最长超期": longest_overdue(figures.overdue, show, figures.rules_version),
            "超期表": overdue_values(figures.overdue, show, figures.rules_version, in_cells=True),
            "较早超期": None,  # what is enforced is listed; an office's own template may still ask
            "待反馈": form_values(
                figures.form,
                as_of,
                show,
                figures.rules_version,
                urged={one.alarm_id for one in figures.overdue},
            ),
            "次数": figures.round,
            "超期合计": figures.overdue_total,
            "长期未反馈": figures.chronic,
            "抄送": _province_department(figures),
        }
    )


def _province_department(figures: ReminderFigures) -> str:
    """The department that gets a copy; a municipality has none above it."""
    if figures.upper_bureau or figures.province_name in ("", figures.unit_name):
        return figures.upper_bureau
    return next((unit.bureau for unit in office().units if unit.name == figures.province_name), "")

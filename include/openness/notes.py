"""The heads of the tables' columns, and the notes beside the tables: what a figure is, and why one is withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from include.openness.figures import Edition, Month, Row
from include.openness.words import Translate, month_title

HEADS: Final = {
    "pushed": "推送",
    "answered": "已反馈",
    "answered_in_time": "答复及时",
    "due": "到期",
    "on_time": "按期",
    "feedback_rate": "反馈率",
    "answered_in_time_rate": "答复及时率",
    "on_time_rate": "按期反馈率",
    "problems": "发现问题",
    "alarms_with_problem": "查出问题的报警",
    "problem_found_rate": "问题发现率",
    "rectification_due": "整改到期",
    "rectified": "已整改",
    "rectified_rate": "整改率",
    "median_hours": "用时中位数（小时）",
    "p90_hours": "用时P90（小时）",
}
_DUE_NOTE: Final = (
    "到期、按期不公布的月份：有或曾有复核中的申诉，有报警的单位不足3个，或数太小而合并后仍不足，见方法。"
)
NOTES: Final = {
    "answers": (
        "推送：本月推送的报警，不含误报；反馈率＝已反馈/推送，不用于排名；按期反馈率＝按期/到期。",
        "答复及时：已反馈的报警中，首次反馈不晚于报警所载反馈时限的，不论是否申诉、申诉是否驳回；此后退回、重报不改变。答复及时率＝答复及时/已反馈，未反馈的不在其中，须与反馈率同看。",
        "用时：已反馈的报警从推送到首次反馈的小时数，P90为第90百分位；不足最小公布数的不列。",
        _DUE_NOTE,
    ),
    "problems": ("问题发现率＝查出问题的报警/已反馈的报警；整改率＝已整改/整改到期。一条报警可有几个问题。",),
    "quality": (
        "抽查：每周按密钥随机抽取反馈，由人核查；按结束日计入月份。每个单位一月只抽到几条，所以只公布全部单位的数。",
    ),
    "categories": ("全部单位的问题按类别；小数与其他类合并。",),
}


# Of these the notes of every table of answers say why they are withheld.
_BY_DISPUTES: Final = ("due", "on_time")


def withheld(
    editions: Sequence[Edition], rows_of: Callable[[Month], Iterable[Row]], t: Translate
) -> list[str]:
    """The note beside a table in which counts are withheld because they are small: which columns, and why."""
    names: set[str] = set()
    smallest = 0
    for one in editions:
        found = {
            name
            for row in rows_of(one.month)
            for name, count in row.counts.items()
            if count is None and name not in _BY_DISPUTES
        }
        names |= found
        smallest = max(smallest, one.month.smallest if found else 0)
    if not names:
        return []
    told = t("、").join(t(words) for name, words in HEADS.items() if name in names)
    return [
        t(
            "{names}有“不公布”的：合并后仍不足，或仍能由和推出某一行的，该数、由它算的率和合计都不公布（1至{n}的数不单独公布），见方法。",
            names=told,
            n=smallest - 1,
        )
    ]


def completeness(editions: Sequence[Edition], t: Translate, lang: str) -> str:
    """The note of every table: how many of the hours of each month were received."""
    told = [
        f"{month_title(one.month, lang)} {one.month.hours_received:g}/{one.month.hours_expected:g}"
        for one in editions
    ]
    return t("数据完整性（已取得记录的小时/应取得的小时）：{months}。", months=t("；").join(told))


def withheld_figures(one: Edition, t: Translate) -> list[str]:
    """The notes beside the figures of a month, of which some may be withheld."""
    month = one.month
    notes = withheld([one], lambda month: (month.total_of("answers"), month.total_of("problems")), t)
    if month.total_of("answers").counts["due"] is None:
        notes.append(t(_DUE_NOTE))
    if None in month.quality.values():
        notes.append(t("抽查有“不公布”的：为1至{n}的数。", n=month.smallest - 1))
    if month.in_dispute is None:
        notes.append(t("复核中“不公布”：有报警的单位不足3个，或会推出某一单位的，见方法。"))
    return notes

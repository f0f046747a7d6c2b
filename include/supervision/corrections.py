"""What a letter that left would say differently today: the differences for a proposed 更正, in words."""

from typing import Final

from include.supervision.figures import FeedbackCounts, NoticeFigures, NoticeRow, ReminderFigures
from include.supervision.weekly_figures import SummaryFigures

_COUNTS: Final = {
    "pushed": "推送", "answered": "已反馈", "due": "应反馈", "on_time": "按期", "late": "逾期反馈", "overdue": "超期",
    "upheld": "误报核减", "problems": "问题", "alarms_with_problem": "发现问题的报警", "rectification_due": "应整改",
    "rectified": "已整改",
}  # fmt: skip

Told = NoticeFigures | ReminderFigures | SummaryFigures


def differences(told: Told, now: Told) -> tuple[str, ...]:
    """Every number and row that a letter told otherwise than the facts give now; empty when it still stands.

    Both are figures of the same letter: `told` as it left, `now` computed again for the same window and as-of moment.
    """
    if isinstance(told, NoticeFigures) and isinstance(now, NoticeFigures):
        return (
            *_counts("本期", told.window, now.window), *_counts("近7日", told.rolling, now.rolling),
            *_counts("本月", told.month, now.month), *_rows(told.rows, now.rows),
        )  # fmt: skip
    if isinstance(told, ReminderFigures) and isinstance(now, ReminderFigures):
        before, after = {row.alarm_id for row in told.overdue}, {row.alarm_id for row in now.overdue}
        lists = [f"超期清单不再有报警{one}" for one in sorted(before - after)]
        lists += [f"超期清单增加报警{one}" for one in sorted(after - before)]
        return (*_counts("近7日", told.rolling, now.rolling), *lists)
    if isinstance(told, SummaryFigures) and isinstance(now, SummaryFigures):
        after_by_city = {city.city_code: city.window for city in now.cities}
        cities = [
            words
            for city in told.cities
            for words in _counts(
                city.city_name, city.window, after_by_city.get(city.city_code, FeedbackCounts())
            )
        ]
        return (
            *_counts("合计", told.total, now.total),
            *_counts("监管期", told.season_total, now.season_total),
            *cities,
        )
    raise TypeError(f"not two figures of one letter: {type(told).__name__} and {type(now).__name__}")


def _counts(label: str, told: FeedbackCounts, now: FeedbackCounts) -> tuple[str, ...]:
    return tuple(
        f"{label}{words} {getattr(told, name)}→{getattr(now, name)}"
        for name, words in _COUNTS.items()
        if getattr(told, name) != getattr(now, name)
    )


def _rows(told: tuple[NoticeRow, ...], now: tuple[NoticeRow, ...]) -> tuple[str, ...]:
    before, after = {row.grid_id: row for row in told}, {row.grid_id: row for row in now}
    words = []
    for grid_id in sorted(before | after):
        old, new = before.get(grid_id), after.get(grid_id)
        if old is None or new is None:
            words.append(f"网格{grid_id} " + ("原函未列" if old is None else "不应再列"))
        elif old.status != new.status:
            words.append(f"网格{grid_id} 状态 {old.status}→{new.status}")
        elif (old.alarm_count, old.peak_pm25_ug_m3) != (new.alarm_count, new.peak_pm25_ug_m3):
            words.append(
                f"网格{grid_id} 报警次数 {old.alarm_count}→{new.alarm_count}，最高浓度 {old.peak_pm25_ug_m3}→{new.peak_pm25_ug_m3}"
            )
    return tuple(words)

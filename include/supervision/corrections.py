"""What a letter that left would say differently today: the differences for a proposed 更正, in words."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from include.supervision.bulletin_figures import (
    AirLevel,
    BulletinFigures,
    CitySituation,
    OverviewFigures,
    Warnings,
)
from include.supervision.figures import (
    FeedbackCounts,
    NoticeFigures,
    NoticeRow,
    ReminderFigures,
    answer_code,
)
from include.supervision.standards import rounded
from include.supervision.weekly_figures import SummaryFigures

_COUNTS: Final = {
    "pushed": "推送", "answered": "已反馈", "due": "应反馈", "on_time": "按期", "late": "逾期反馈", "overdue": "超期",
    "upheld": "误报核减", "problems": "问题", "alarms_with_problem": "发现问题的报警", "rectification_due": "应整改",
    "rectified": "已整改",
}  # fmt: skip

Told = NoticeFigures | ReminderFigures | SummaryFigures | BulletinFigures | OverviewFigures


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
        overdue = ((row.alarm_id for row in figures.overdue) for figures in (told, now))
        return (*_counts("近7日", told.rolling, now.rolling), *_list("超期清单", "报警", *overdue))
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
    if isinstance(told, BulletinFigures) and isinstance(now, BulletinFigures):
        highest = ((one.grid.grid_id for one in figures.highest) for figures in (told, now))
        return (
            *_city("", told.city, now.city),
            *_list("高值网格", "", *highest),
            *_warned(told.warnings, now.warnings),
        )
    if isinstance(told, OverviewFigures) and isinstance(now, OverviewFigures):
        after = {city.city_code: city for city in now.cities}
        cities = [
            words
            for city in told.cities
            if city.city_code in after
            for words in _city(city.city_name, city, after[city.city_code])
        ]
        return (
            *_counts("合计", told.total, now.total), *_counts("监管期", told.season_total, now.season_total), *cities,
            *_warned(told.warnings, now.warnings),
        )  # fmt: skip
    raise TypeError(f"not two figures of one letter: {type(told).__name__} and {type(now).__name__}")


def under_key(figures: Told, letter_key: str) -> Told:
    """The figures of a letter under the key of its 更正; the codes of the answer form go with the key."""
    if isinstance(figures, NoticeFigures | ReminderFigures):
        form = tuple(replace(row, code=answer_code(letter_key, row.alarm_id)) for row in figures.form)
        return replace(figures, letter_key=letter_key, form=form)
    return replace(figures, letter_key=letter_key)


def _counts(label: str, told: FeedbackCounts, now: FeedbackCounts) -> tuple[str, ...]:
    return tuple(
        f"{label}{words} {getattr(told, name)}→{getattr(now, name)}"
        for name, words in _COUNTS.items()
        if getattr(told, name) != getattr(now, name)
    )


def _city(name: str, told: CitySituation, now: CitySituation) -> tuple[str, ...]:
    return (
        *_level(f"{name}本期", told.half, now.half), *_level(f"{name}全月", told.month, now.month),
        *_level(f"{name}本期扣除沙尘", told.without_dust, now.without_dust),
        *_counts(f"{name}本期", told.window, now.window), *_counts(f"{name}监管期", told.season, now.season),
    )  # fmt: skip


def _level(label: str, told: AirLevel | None, now: AirLevel | None) -> tuple[str, ...]:
    if told is None or now is None:
        return () if told is now else (f"{label} " + ("原函未列" if told is None else "不应再列"),)
    printed = (
        ("PM2.5浓度", *(_printed(one.pm25_ug_m3, 0) for one in (told, now))),
        ("同比变化（%）", *(_printed(one.yoy_pct, 1) for one in (told, now))),
        ("环比变化（%）", *(_printed(one.pop_pct, 1) for one in (told, now))),
        ("名次", *(str(one.rank or "无") for one in (told, now))),
        ("有效天数", str(told.valid_days), str(now.valid_days)),
    )
    return tuple(f"{label}{words} {before}→{after}" for words, before, after in printed if before != after)


def _printed(value: float | None, decimals: int) -> str:
    return "无" if value is None else str(rounded(value, decimals))


def _warned(told: Warnings | None, now: Warnings | None) -> tuple[str, ...]:
    return _list(
        "预警网格", "", *((one.grid_id for one in (each.warned if each else ())) for each in (told, now))
    )


def _list(label: str, noun: str, told: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    before, after = set(told), set(now)
    gone = (f"{label}不再有{noun}{one}" for one in sorted(before - after))
    return (*gone, *(f"{label}增加{noun}{one}" for one in sorted(after - before)))


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

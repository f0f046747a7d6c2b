"""A day of the dispatch: every city's counts and flag, and the figures of the letters that are due."""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from include.periods import DAY, Period, midnight, month_to_date, rolling
from include.rules import LOW_RESPONSE, POST, RULES_VERSION
from include.supervision.escalation import rungs
from include.supervision.feedback import (
    counts,
    counts_between,
    judge,
    judge_problems,
    longest_overdue_hours,
    pushed_between,
)
from include.supervision.figures import (
    CityDay,
    DailyFigures,
    FeedbackCounts,
    Flag,
    ListedAlarm,
    NoticeFigures,
    ReminderFigures,
)
from include.supervision.low_response import flag
from include.supervision.notice import form_rows, notice_rows, overdue_rows, problem_rows
from include.supervision.workdays import day_status


def read_window(period: Period) -> tuple[datetime, datetime]:
    """The push times of all alarms that a day's figures read: window, rolling days, month to date, open days."""
    return (
        min(
            rolling(period, LOW_RESPONSE.rolling_days)[0],
            month_to_date(period)[0],
            midnight(period.end - LOW_RESPONSE.open_days * DAY),
            period.starts_at,
        ),
        period.ends_at,
    )


def daily_figures(
    states: pd.DataFrame,
    problems: pd.DataFrame,
    cities: pd.DataFrame,
    urged: pd.DataFrame,
    silent_cities: Iterable[str],
    period: Period,
    completeness: str,
) -> DailyFigures:
    """The figures of one window of the dispatch, as of `period.as_of`.

    `states`, `problems`: rows of the SQL files of those names over `read_window(period)`; `cities`: one row a city of the
    key regions; `urged`: former 督办 (see `escalation.rungs`); `silent_cities`: codes whose address must be verified.
    A city with neither new nor open alarms gets no letter and is named in `nothing_due`.
    """
    judged = judge(states, period.as_of)
    found = judge_problems(problems, judged, period.as_of)
    codes = cities["city_code"].tolist()
    start_rolling = rolling(period, LOW_RESPONSE.rolling_days)[0]
    spans = {
        "window": counts_between(judged, found, period.starts_at, period.ends_at, codes),
        "rolling": counts_between(judged, found, start_rolling, period.ends_at, codes),
        "month": counts_between(judged, found, *month_to_date(period), codes),
    }
    open_start = midnight(period.end - LOW_RESPONSE.open_days * DAY)
    judged["is_open"] = judged["is_pushed"] & ~judged["is_answered"] & (judged["pushed_at"] >= open_start)
    judged["is_new"] = judged["pushed_at"] >= period.starts_at
    quiet = day_status(period.end)
    silent = set(silent_cities)
    longest = longest_overdue_hours(judged[judged["pushed_at"] >= pd.Timestamp(start_rolling)])
    by_city = dict(list(judged.groupby("city_code")))
    problems_by_city = dict(list(pushed_between(found, start_rolling, period.ends_at).groupby("city_code")))

    days: list[CityDay] = []
    notices: list[NoticeFigures] = []
    reminders: list[ReminderFigures] = []
    nothing_due: list[str] = []
    listed: list[ListedAlarm] = []
    for city in cities.itertuples():
        code, name = str(city.city_code), str(city.city_name)
        window, week, month = (counts(spans[span], code) for span in ("window", "rolling", "month"))
        alarms = by_city.get(code, judged.iloc[:0])
        city_flag = flag_of_city(week, longest.get(code, 0.0), code in silent)
        open_alarms = alarms[alarms["is_open"]]
        days.append(CityDay(code, name, window, week, month, len(open_alarms), city_flag))
        named = alarms[alarms["is_new"] | alarms["is_open"]]
        if not named["is_pushed"].any():
            nothing_due.append(name)
            continue
        overdue = open_alarms[open_alarms["is_overdue"]]
        key = period.letter_key("notice", code)
        bureau = f"{name}生态环境局"
        rolling_label = Period.of_days(
            period.end - LOW_RESPONSE.rolling_days * DAY, period.end, "custom", period.as_of
        ).label
        month_label = Period.of_days(
            period.last_date.replace(day=1), period.end, "custom", period.as_of
        ).label
        reply_by = period.as_of + POST.reply_within
        is_simulated = bool(alarms["is_simulated"].any())
        notices.append(
            NoticeFigures(
                letter_key=key, city_code=code, city_name=name, bureau=bureau, period=period,
                rolling_label=rolling_label, month_label=month_label, window=window, rolling=week, month=month,
                rows=notice_rows(named), overdue=overdue_rows(overdue),
                problems=problem_rows(problems_by_city.get(code, found.iloc[:0]), period.as_of),
                form=form_rows(open_alarms, key), flag=city_flag,
                long_unanswered=int((open_alarms["pushed_at"] < pd.Timestamp(start_rolling)).sum()),
                reply_by=reply_by, completeness=completeness, rules_version=RULES_VERSION, is_simulated=is_simulated,
            )
        )  # fmt: skip
        if city_flag.level != "督办":
            continue
        due = rungs(overdue.loc[~overdue["is_in_grace"], "alarm_id"].tolist(), urged, period.as_of)
        rows = {row.alarm_id: row for row in overdue_rows(overdue)}
        listed += [ListedAlarm(code, name, rows[alarm_id], times) for alarm_id, times in due.listed.items()]
        if due.urge and not quiet.is_quiet:
            urge_key = period.letter_key("reminder", code)
            urging = overdue[overdue["alarm_id"].isin(due.urge)]
            reminders.append(
                ReminderFigures(
                    letter_key=urge_key, city_code=code, city_name=name, bureau=bureau,
                    province_name=str(city.province_name), period=period, rolling_label=rolling_label, rolling=week,
                    overdue=overdue_rows(urging), round=max(due.urge.values()), flag=city_flag,
                    form=form_rows(urging, urge_key), reply_by=reply_by, completeness=completeness,
                    rules_version=RULES_VERSION, is_simulated=is_simulated,
                )
            )  # fmt: skip
    return DailyFigures(
        period=period, cities=tuple(days), notices=tuple(notices), reminders=tuple(reminders),
        nothing_due=tuple(nothing_due), listed=tuple(listed), quiet_reason=quiet.reason if quiet.is_quiet else "",
        is_simulated=bool(states["is_simulated"].any()),
    )  # fmt: skip


def flag_of_city(week: FeedbackCounts, longest_overdue: float, is_silent: bool) -> Flag:
    """The flag of one city from the counts of its rolling days and the hours of their longest overdue alarm."""
    if is_silent:
        letters = LOW_RESPONSE.silent_letters
        return Flag("核实地址", (f"连续{letters}封函件被退回或无任何签收反馈，请先核实收件地址",))
    return flag(week, longest_overdue)

"""A day of the dispatch: every city's counts and flag, and the figures of the letters that are due."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import pandas as pd

from include.periods import DAY, Period, midnight, month_to_date, office_date, rolling
from include.profile.current import own_deadlines, rules_on
from include.rules import LOW_RESPONSE, POST, RULES_VERSION
from include.supervision.escalation import rungs
from include.supervision.feedback import (
    counts,
    counts_between,
    judge,
    judge_problems,
    pushed_between,
)
from include.supervision.figures import (
    AlarmSuspects,
    CityDay,
    DailyFigures,
    ListedAlarm,
    NoticeFigures,
    ReceivedForms,
    ReminderFigures,
    Suspected,
)
from include.supervision.low_response import NONE, flag, responses
from include.supervision.notice import (
    ALARM_COLUMNS,
    form_rows,
    notice_rows,
    overdue_rows,
    problem_rows,
)
from include.supervision.workdays import day_status

# What a unit's part of a day reads of its judged alarms.
_OF_UNIT: Final = [*ALARM_COLUMNS, "unit_code", "is_new", "is_pushed", "is_simulated"]
_OF_SUSPECTS: Final = ("alarm_id", "grid_id", "county", "point_name", "started_at")


def read_window(period: Period) -> tuple[datetime, datetime]:
    """The push times of all alarms that a day's figures read, open or not: window, rolling days, month to date. Open alarms are
    read however old (`store.facts.alarm_states`, `with_old`)."""
    return min(flag_window(period)[0], month_to_date(period)[0]), period.ends_at


def flag_window(period: Period) -> tuple[datetime, datetime]:
    """The push times of all alarms, open or not, that the window's figures and the flag read; beside them the open ones of any age.

    It begins seven days before the as-of moment or earlier, also where that lies inside the window.
    """
    return (
        min(
            period.starts_at,
            rolling(period, LOW_RESPONSE.rolling_days)[0],
            midnight(office_date(period.as_of) - LOW_RESPONSE.recent_overdue),
        ),
        period.ends_at,
    )


def listed_alarms(states: pd.DataFrame, period: Period) -> list[str]:
    """The alarms that letters of the day may list: pushed in the window, or open at its as-of moment."""
    judged = judge(states, period.as_of)
    is_new = judged["pushed_at"] >= pd.Timestamp(period.starts_at)
    return sorted(judged.loc[is_new | judged["is_open"], "alarm_id"].astype(str))


def alarm_suspects(
    alarms: pd.DataFrame, suspects: Mapping[str, tuple[Suspected, ...]]
) -> tuple[AlarmSuspects, ...]:
    """The suspects of these judged alarms, in the order of the rows of a notice: by the grid's first alarm, then by alarm."""
    told = [
        AlarmSuspects(alarm_id, grid_id, county, point_name, started_at.to_pydatetime(), suspects[alarm_id])
        for alarm_id, grid_id, county, point_name, started_at in zip(
            *(alarms[name].tolist() for name in _OF_SUSPECTS), strict=True
        )
        if alarm_id in suspects
    ]
    if not told:
        return ()
    first_at = alarms.groupby("grid_id")["started_at"].min().to_dict()
    return tuple(
        sorted(told, key=lambda one: (first_at[one.grid_id], one.grid_id, one.started_at, one.alarm_id))
    )


def daily_figures(
    states: pd.DataFrame,
    problems: pd.DataFrame,
    cities: pd.DataFrame,
    urged: pd.DataFrame,
    unheard: Iterable[str],
    period: Period,
    completeness: str,
    suspects: Mapping[str, tuple[Suspected, ...]] | None = None,
    received: Mapping[str, ReceivedForms] | None = None,
) -> DailyFigures:
    """The figures of one window of the dispatch, as of `period.as_of`.

    `states`, `problems`: rows of the SQL files of those names over `read_window(period)`, the states with the open alarms of any
    age; `cities`: one row a unit of the key regions (sql/cities_of_regions.sql); `urged`: former 督办 (see `escalation.rungs`); `unheard`: codes of the
    cities whose address must be verified; `suspects`: by alarm, of those that `listed_alarms` names; `received`: forms that came by
    mail, by unit.
    A city with neither new nor open alarms gets no letter and is named in `nothing_due`.
    """
    judged = judge(states, period.as_of)
    found = judge_problems(problems, judged, period.as_of)
    codes = cities["unit_code"].tolist()
    start_rolling = rolling(period, LOW_RESPONSE.rolling_days)[0]
    spans = {
        "window": counts_between(judged, found, period.starts_at, period.ends_at, codes),
        "rolling": counts_between(judged, found, start_rolling, period.ends_at, codes),
        "month": counts_between(judged, found, *month_to_date(period), codes),
    }
    judged["is_new"] = judged["pushed_at"] >= pd.Timestamp(period.starts_at)
    quiet = day_status(period.end)
    to_verify = set(unheard)
    answering = responses(judged, start_rolling, period.ends_at)
    read = judged[_OF_UNIT]
    by_city = dict(list(read.groupby("unit_code")))
    problems_by_city = dict(list(pushed_between(found, start_rolling, period.ends_at).groupby("unit_code")))

    days: list[CityDay] = []
    notices: list[NoticeFigures] = []
    reminders: list[ReminderFigures] = []
    nothing_due: list[str] = []
    listed: list[ListedAlarm] = []
    for city in cities.itertuples():
        code, name = str(city.unit_code), str(city.unit_name)
        window, week, month = (counts(spans[span], code) for span in ("window", "rolling", "month"))
        alarms = by_city.get(code, read.iloc[:0])
        response = answering.get(code, NONE)
        rules = rules_on(period.end, code).low_response
        city_flag = flag(response, rules)
        open_alarms = alarms[alarms["is_open"]]
        days.append(CityDay(code, name, window, week, month, len(open_alarms), city_flag, code in to_verify))
        named = alarms[alarms["is_new"] | alarms["is_open"]]
        if not named["is_pushed"].any():
            nothing_due.append(name)
            continue
        overdue = open_alarms[open_alarms["is_overdue"]]
        late = overdue_rows(overdue)
        key = period.letter_key("notice", code)
        bureau = str(city.bureau)
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
                letter_key=key,
                unit_code=code,
                unit_name=name,
                bureau=bureau,
                address_form=str(city.address_form),
                period=period,
                rolling_label=rolling_label,
                month_label=month_label,
                window=window,
                rolling=week,
                month=month,
                rows=notice_rows(named),
                overdue=late,
                problems=problem_rows(problems_by_city.get(code, found.iloc[:0]), period.as_of),
                form=form_rows(open_alarms, key),
                flag=city_flag,
                long_unanswered=response.chronic,
                reply_by=reply_by,
                completeness=completeness,
                rules_version=RULES_VERSION,
                judged_by=rules,
                deadlines=own_deadlines(period.end, code),
                is_simulated=is_simulated,
                suspects=alarm_suspects(named[~named["is_upheld"]], suspects or {}),
                received=(received or {}).get(code),
            )
        )
        due = rungs(overdue, urged, response.late, period.as_of, period.end, rules)
        rows = {row.alarm_id: row for row in late}
        listed += [ListedAlarm(code, name, rows[alarm_id], times) for alarm_id, times in due.listed.items()]
        if due.urge and not quiet.is_quiet:
            urge_key = period.letter_key("reminder", code)
            reminders.append(
                ReminderFigures(
                    letter_key=urge_key,
                    unit_code=code,
                    unit_name=name,
                    bureau=bureau,
                    province_name=str(city.province_name),
                    upper_bureau=str(city.upper_bureau),
                    address_form=str(city.address_form),
                    period=period,
                    rolling_label=rolling_label,
                    rolling=week,
                    overdue=tuple(row for row in late if row.alarm_id in due.urge),
                    round=max(due.urge.values()),
                    flag=city_flag,
                    form=form_rows(open_alarms, urge_key),
                    reply_by=reply_by,
                    completeness=completeness,
                    rules_version=RULES_VERSION,
                    judged_by=rules,
                    deadlines=own_deadlines(period.end, code),
                    is_simulated=is_simulated,
                    overdue_total=len(overdue),
                    chronic=response.chronic,
                    suspects=alarm_suspects(open_alarms, suspects or {}),
                )
            )
    return DailyFigures(
        period=period,
        cities=tuple(days),
        notices=tuple(notices),
        reminders=tuple(reminders),
        nothing_due=tuple(nothing_due),
        listed=tuple(listed),
        quiet_reason=quiet.reason if quiet.is_quiet else "",
        is_simulated=bool(states["is_simulated"].any()),
    )

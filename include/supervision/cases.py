"""典型案例: which alarms the summary tells, by stated rules, and the facts before and after.

Each rule, in the order of `RULES`, gives one case: the first alarm in its order whose city and problem category no
earlier case has; where there is none, the first of a new city; where there is none, the first of a new grid. 久拖未决 is the
exception: it is about the worst one, so it always tells the first in its order, which no other rule may take. What a
person pins comes first and counts; what a person drops is passed over.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.periods import DAY, Period, midnight
from include.rules import SUMMARY
from include.supervision.feedback import pushed_between
from include.supervision.judged_by import HOUSE, JudgedBy
from include.supervision.notice import problem_rows
from include.supervision.rule_codes import CaseRule
from include.supervision.weekly_figures import Case


@dataclass(frozen=True)
class CaseChoice:
    """What a person decided about the cases, by alarm id."""

    pinned: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


AS_RULED: Final = CaseChoice()


@dataclass(frozen=True)
class _Chosen:
    rule: CaseRule
    alarm: Any


@dataclass
class _Seen:
    alarms: set[str] = field(default_factory=set)
    grids: set[str] = field(default_factory=set)
    cities: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)

    def add(self, alarm: Any) -> None:
        self.alarms.add(alarm.alarm_id)
        self.grids.add(alarm.grid_id)
        self.cities.add(alarm.unit_code)
        if alarm.category:
            self.categories.add(alarm.category)


def severe(alarms: pd.DataFrame) -> pd.DataFrame:
    """污染突出: alarms with problems, by the sum of their places in peak concentration and in duration."""
    rows = alarms[(alarms["problems"] > 0) & alarms["peak_pm25_ug_m3"].notna()]
    places = sum(
        rows[column].rank(ascending=False, method="min") for column in ("peak_pm25_ug_m3", "duration_s")
    )
    return rows.assign(places=places).sort_values(
        ["places", "peak_pm25_ug_m3", "pushed_at", "alarm_id"], ascending=[True, False, True, True]
    )


def repeated(alarms: pd.DataFrame) -> pd.DataFrame:
    """反复报警: alarms of grids with many in the last days; of one grid an answered one first, then the latest."""
    rows = alarms[alarms["recent_alarms"] >= alarms["repeated_from"].astype(int)]
    return rows.sort_values(
        ["recent_alarms", "grid_id", "is_answered", "pushed_at", "alarm_id"],
        ascending=[False, True, False, False, True],
    )


def settled(alarms: pd.DataFrame) -> pd.DataFrame:
    """整改到位: answered in time, every problem rectified; the most problems first, then the shortest time from the push."""
    rows = alarms[alarms["is_answered"] & ~alarms["is_late"] & (alarms["problems"] > 0)]
    rows = rows[rows["rectified"] == rows["problems"]]
    return rows.assign(took=rows["rectified_at"] - rows["pushed_at"]).sort_values(
        ["problems", "took", "alarm_id"], ascending=[False, True, True]
    )


def lingering(alarms: pd.DataFrame) -> pd.DataFrame:
    """久拖未决: the alarms longest without the answer that was due, of whatever age; after them the problems that are longest
    past their date."""
    rows = alarms[alarms["is_overdue"] | (alarms["rectification_hours"] > 0)]
    return rows.sort_values(
        ["is_overdue", "overdue_hours", "rectification_hours", "alarm_id"],
        ascending=[False, False, False, True],
    )


# Of the window's alarms; 久拖未决 of all the season's: what waits longest is never new.
RULES: Final[tuple[tuple[CaseRule, Callable[[pd.DataFrame], pd.DataFrame]], ...]] = (
    ("severe", severe),
    ("repeated", repeated),
    ("settled", settled),
    ("lingering", lingering),
)


def typical_cases(
    judged: pd.DataFrame,
    found: pd.DataFrame,
    answers: pd.DataFrame,
    names: dict[str, str],
    window: Period,
    choice: CaseChoice,
    revisions: pd.DataFrame | None = None,
    judged_by: JudgedBy = HOUSE,
) -> tuple[Case, ...]:
    """The cases of a window. `judged`, `found`: the season's alarms and problems (see `feedback`); `answers`: rows of
    `sql/answers_given.sql`; `revisions`: rows of `sql/alarm_growth.sql`; `names`: city names by code. Raises InputError for a
    pinned or dropped alarm that is not known.
    """
    told = _with_context(judged, found, window)
    told["repeated_from"] = [judged_by.of(code).summary.repeat_alarms for code in told["unit_code"]]
    for alarm_id in (*choice.pinned, *choice.dropped):
        if alarm_id not in set(told["alarm_id"]):
            raise InputError(
                "no such alarm in the season up to this window",
                where="cases",
                got=alarm_id,
                expected="the alarm_id of an alarm that was not withdrawn (误报)",
            )
    both = sorted(set(choice.pinned) & set(choice.dropped))
    if both:
        raise InputError("an alarm is both pinned and dropped", where="cases", got=", ".join(both))
    chosen = _choose(told, window, choice)
    problems_by_alarm = dict(list(found.groupby("alarm_id")))
    notes = answers.set_index("alarm_id")
    pushes = told.groupby("grid_id")["pushed_at"]
    return tuple(
        _with_growth(
            _case(
                one, problems_by_alarm.get(one.alarm.alarm_id, found.iloc[:0]), notes, names, pushes, window
            ),
            revisions,
        )
        for one in chosen
    )


def _with_context(judged: pd.DataFrame, found: pd.DataFrame, window: Period) -> pd.DataFrame:
    """The alarms that count, with what the rules order them by."""
    alarms = judged[judged["is_pushed"]].sort_values(["pushed_at", "alarm_id"]).reset_index(drop=True)
    alarms["peak_pm25_ug_m3"] = alarms["peak_pm25_ug_m3"].astype(float)
    alarms["duration_s"] = (alarms["last_at"] - alarms["started_at"]).dt.total_seconds()
    alarms["nth_alarm"] = alarms.groupby("grid_id").cumcount() + 1
    recent = pushed_between(alarms, midnight(window.end - SUMMARY.repeat_days * DAY), window.ends_at)
    alarms["recent_alarms"] = alarms["grid_id"].map(recent.groupby("grid_id").size()).fillna(0).astype(int)
    ordered = found.sort_values(["found_at", "problem_id"])
    open_hours = (pd.Timestamp(window.as_of) - ordered["rectify_due_at"]).dt.total_seconds() / 3600
    by_alarm = (
        ordered.assign(hours=open_hours.where(~ordered["is_rectified"], 0.0).clip(lower=0.0))
        .groupby("alarm_id")
        .agg(
            problems=("problem_id", "size"),
            rectified=("is_rectified", "sum"),
            rectified_at=("rectified_at", "max"),
            category=("category", "first"),
            rectification_hours=("hours", "max"),
        )
    )
    alarms = alarms.join(by_alarm, on="alarm_id")
    counts = ["problems", "rectified"]
    alarms[counts] = alarms[counts].fillna(0).astype(int)
    alarms["category"] = alarms["category"].astype(object).where(alarms["category"].notna(), "")
    return alarms.fillna({"rectification_hours": 0.0})


def _choose(told: pd.DataFrame, window: Period, choice: CaseChoice) -> list[_Chosen]:
    seen = _Seen()
    chosen = [_Chosen("chosen", _row(told, alarm_id)) for alarm_id in dict.fromkeys(choice.pinned)]
    for pin in chosen:
        seen.add(pin.alarm)
    free = told[~told["alarm_id"].isin(choice.dropped)]
    of_window = pushed_between(free, window.starts_at, window.ends_at)
    longest = next(lingering(free[~free["alarm_id"].isin(seen.alarms)]).itertuples(index=False), None)
    if longest is not None:
        of_window = of_window[of_window["alarm_id"] != longest.alarm_id]
    for rule, order in RULES:
        if len(chosen) >= SUMMARY.case_count:
            break
        is_longest = rule == "lingering"
        found = longest if is_longest else _first_new(order(of_window).itertuples(index=False), seen)
        if found is not None:
            chosen.append(_Chosen(rule, found))
            seen.add(found)
    return chosen


def _row(told: pd.DataFrame, alarm_id: str) -> Any:
    return next(told[told["alarm_id"] == alarm_id].itertuples(index=False))


def _first_new(ordered: Iterable[Any], seen: _Seen) -> Any:
    candidates: Sequence[Any] = list(ordered)
    wishes: tuple[Callable[[Any], bool], ...] = (
        lambda alarm: alarm.unit_code not in seen.cities and alarm.category not in seen.categories,
        lambda alarm: alarm.unit_code not in seen.cities,
        lambda alarm: alarm.grid_id not in seen.grids,
    )
    return next((alarm for wish in wishes for alarm in candidates if wish(alarm)), None)


def _case(
    one: _Chosen,
    problems: pd.DataFrame,
    notes: pd.DataFrame,
    names: dict[str, str],
    pushes: Any,
    window: Period,
) -> Case:
    alarm = one.alarm
    answered_at = _moment(alarm.standing_submission_at) if alarm.is_answered else None
    is_done = 0 < alarm.problems == alarm.rectified
    rectified_at = _moment(alarm.rectified_at) if is_done else None
    since = rectified_at or answered_at
    own_pushes = pushes.get_group(alarm.grid_id)
    later = (
        own_pushes[(own_pushes > pd.Timestamp(since)) & (own_pushes > alarm.pushed_at)]
        if since
        else own_pushes.iloc[:0]
    )
    answer = notes.loc[alarm.alarm_id] if alarm.is_answered and alarm.alarm_id in notes.index else None
    return Case(
        rule=one.rule,
        alarm_id=alarm.alarm_id,
        grid_id=alarm.grid_id,
        unit_code=alarm.unit_code,
        unit_name=names.get(alarm.unit_code, alarm.unit_code),
        county=alarm.county,
        point_name=alarm.point_name,
        started_at=_moment(alarm.started_at),
        last_at=_moment(alarm.last_at),
        pushed_at=_moment(alarm.pushed_at),
        alarm_count=int(alarm.alarm_count),
        peak_pm25_ug_m3=None if np.isnan(alarm.peak_pm25_ug_m3) else float(alarm.peak_pm25_ug_m3),
        nth_alarm=int(alarm.nth_alarm),
        recent_alarms=int(alarm.recent_alarms),
        answered_at=answered_at,
        answered_by=str(answer["unit"]) if answer is not None else "",
        note=str(answer["note"]) if answer is not None else "",
        is_on_time=bool(alarm.is_answered and not alarm.is_late),
        overdue_hours=round(float(alarm.overdue_hours), 2),
        problems=problem_rows(problems, window.as_of),
        rectified=int(alarm.rectified),
        rectified_at=rectified_at,
        later_alarms=len(later),
        is_sent_back=bool(not alarm.is_answered and pd.notna(alarm.returned_at)),
    )


def _with_growth(case: Case, revisions: pd.DataFrame | None) -> Case:
    """The case with what became of its own alarm after its problems were rectified (or after the answer)."""
    since = case.rectified_at or case.answered_at
    if since is None:
        return case
    went_on = case.last_at > since
    then: int | None = None
    if revisions is not None:
        own = revisions[revisions["alarm_id"] == case.alarm_id]
        known, later = (
            own[own["revised_at"] <= pd.Timestamp(since)],
            own[own["revised_at"] > pd.Timestamp(since)],
        )
        if len(known) and len(later):
            last = known.iloc[-1]
            grown = (later["alarm_count"] > last["alarm_count"]) | (later["last_at"] > last["last_at"])
            grown |= later["peak_pm25_ug_m3"].astype(float) > float(last["peak_pm25_ug_m3"] or "nan")
            went_on = went_on or bool(grown.any())
            then = int(last["alarm_count"])
    return replace(
        case, went_on=went_on, count_then=then if then is not None and then < case.alarm_count else None
    )


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment

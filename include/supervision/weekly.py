"""The mid-week and weekend summary: every figure of it, from the facts as of its moment.

The window is compared with the one before of the same kind **as that stood at its own as-of moment**: both are then seen
equally soon after their last day. The season so far is seen as of this summary's moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import pandas as pd

from include.periods import DAY, Period, cut, midnight, office_zone, previous, rolling
from include.profile.current import office, own_deadlines, rules_on
from include.rules import LOW_RESPONSE, RULES_VERSION, SUMMARY
from include.supervision.answer_quality import answer_quality
from include.supervision.cases import AS_RULED, CaseChoice, typical_cases
from include.supervision.escalation import Urged, rungs, urged_between
from include.supervision.feedback import (
    counts,
    counts_between,
    judge,
    judge_problems,
    pushed_between,
)
from include.supervision.figures import LEADERS, FeedbackCounts
from include.supervision.judged_by import JudgedBy, rules_of
from include.supervision.low_response import NONE, flag, responses
from include.supervision.membership import in_region, members
from include.supervision.repeats import long_unanswered, repeat_alarms, repeat_problems
from include.supervision.suggestions import suggestions
from include.supervision.unit_trends import unit_trends
from include.supervision.weekly_figures import CategoryCount, CityWeek, CountyCount, DayCount, SummaryFigures
from include.supervision.workdays import is_public_holiday


@dataclass(frozen=True)
class Windows:
    """What a summary counts: the beat, its days inside the season, the window before, the season so far."""

    period: Period
    window: Period
    previous: Period | None
    season: Period
    season_end: date

    @property
    def read(self) -> tuple[datetime, datetime]:
        """The push times of all alarms that the figures read as of the summary's moment."""
        return min(
            self.season.starts_at, rolling(self.window, LOW_RESPONSE.rolling_days)[0]
        ), self.window.ends_at


@dataclass(frozen=True)
class WeeklyFacts:
    """Rows of the SQL files of these names: `states` (with the open ones of any age), `problems` over `Windows.read`; `before_*` over the previous window as
    of its own moment (empty without one); `answers` over `Windows.read`; `stays` over its days; `urged` before the beat.
    `unheard`: codes of the cities whose address must be verified."""

    states: pd.DataFrame
    problems: pd.DataFrame
    before_states: pd.DataFrame
    before_problems: pd.DataFrame
    answers: pd.DataFrame
    stays: pd.DataFrame
    urged: pd.DataFrame
    unheard: tuple[str, ...] = ()
    revisions: pd.DataFrame | None = None  # rows of sql/alarm_growth.sql over `Windows.read`


def windows(period: Period, season: tuple[date, date]) -> Windows | None:
    """The windows of a beat in a season (end exclusive); None when no day of it lies inside."""
    window = cut(period, *season)
    if window is None:
        return None
    so_far = Period.of_days(season[0], window.end, "custom", period.as_of)
    return Windows(period, window, cut(previous(period), *season), so_far, season[1])


def weekly_figures(
    facts: WeeklyFacts,
    at: Windows,
    completeness: str,
    choice: CaseChoice = AS_RULED,
    province_code: str = "",
) -> SummaryFigures:
    """The figures of one summary; with `province_code` of that province's cities only.

    A city counts on the days on which it belongs to a key region. Raises InputError for a case that is pinned or dropped and
    does not exist.
    """
    stays = facts.stays if not province_code else facts.stays[facts.stays["province_code"] == province_code]
    judged = judge(in_region(facts.states, stays), at.period.as_of)
    found = judge_problems(facts.problems, judged, at.period.as_of)
    season_alarms = judged[judged["pushed_at"] >= pd.Timestamp(at.season.starts_at)]
    season_found = found[found["pushed_at"] >= pd.Timestamp(at.season.starts_at)]
    codes = sorted(set(stays["unit_code"]))
    names = dict(zip(stays["unit_code"], stays["unit_name"], strict=True))
    judged_by = rules_of(names, at.window.end)
    tables = {
        "window": counts_between(judged, found, at.window.starts_at, at.window.ends_at, codes),
        "rolling": counts_between(judged, found, *rolling(at.window, LOW_RESPONSE.rolling_days), codes),
        "season": counts_between(judged, found, at.season.starts_at, at.season.ends_at, codes),
    }
    before, before_found = _before(facts, stays, at, codes)
    cities = _cities(facts, judged, tables, before, stays, at, judged_by)
    window_found = pushed_between(found, at.window.starts_at, at.window.ends_at)
    window_alarms = pushed_between(judged, at.window.starts_at, at.window.ends_at)
    categories = _categories(window_found, before_found, season_found)
    rules = rules_on(at.window.end)
    repeats = repeat_alarms(season_alarms, season_found, names, at.window, judged_by)
    unanswered = long_unanswered(judged, facts.urged, names, at.window)
    rolling_start = at.window.end - LOW_RESPONSE.rolling_days * DAY
    return SummaryFigures(
        letter_key=at.period.letter_key("summary", province_code or LEADERS),
        scope=str(stays["province_name"].iloc[0]) if province_code and len(stays) else "",
        province_code=province_code,
        period=at.period,
        window=at.window,
        previous=at.previous,
        season=at.season,
        season_end=at.season_end,
        cities=cities,
        total=counts(tables["window"]),
        previous_total=None if before is None else counts(before),
        season_total=counts(tables["season"]),
        rolling_total=counts(tables["rolling"]),
        rolling_label=Period.of_days(rolling_start, at.window.end, "custom", at.period.as_of).label,
        days=_days(season_alarms, at),
        categories=categories,
        counties=_counties(window_alarms, window_found, names),
        repeat_problems=repeat_problems(season_found, names, at.window),
        cases=typical_cases(
            season_alarms, season_found, facts.answers, names, at.window, choice, facts.revisions, judged_by
        ),
        dropped_cases=choice.dropped,
        repeat_alarms=repeats,
        long_unanswered=unanswered,
        suggestions=suggestions(
            cities, categories, repeats, unanswered, has_previous=before is not None, judged_by=judged_by
        ),
        holidays=tuple(day for day in _dates(at.window) if is_public_holiday(day)),
        sources=tuple(sorted(set(window_alarms["source"]))),
        completeness=completeness,
        rules_version=RULES_VERSION,
        is_simulated=bool(judged["is_simulated"].any()),
        answer_quality=answer_quality(
            window_alarms, window_found, facts.answers, judged, names, at.period.as_of
        ),
        season_quality=answer_quality(
            season_alarms, season_found, facts.answers, judged, names, at.period.as_of
        ),
        deadlines=own_deadlines(at.window.end),
        own_hours=tuple(
            (city.unit_name, own.feedback / timedelta(hours=1))
            for city in cities
            if (own := rules_on(at.window.end, city.unit_code).deadlines).feedback != rules.deadlines.feedback
        ),
        judged_by=judged_by,
    )


def _before(
    facts: WeeklyFacts, stays: pd.DataFrame, at: Windows, codes: list[str]
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Counts by city and the problems of the window before, as of its own moment."""
    if at.previous is None:
        return None, None
    judged = judge(in_region(facts.before_states, stays), at.previous.as_of)
    found = judge_problems(facts.before_problems, judged, at.previous.as_of)
    return counts_between(judged, found, at.previous.starts_at, at.previous.ends_at, codes), found


def _cities(
    facts: WeeklyFacts,
    judged: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    before: pd.DataFrame | None,
    stays: pd.DataFrame,
    at: Windows,
    judged_by: JudgedBy,
) -> tuple[CityWeek, ...]:
    """One row a member of the window, by rank, the worst first; cities without a due alarm last."""
    table = members(stays, at.window)
    members_before = set() if at.previous is None else set(members(stays, at.previous)["unit_code"])
    answering = responses(judged, *rolling(at.window, LOW_RESPONSE.rolling_days))
    overdue = dict(list(judged[judged["is_overdue"]].groupby("unit_code")))
    urged = urged_between(judged, facts.urged, at.window.starts_at, at.window.ends_at)
    standing = {str(code): counts(tables["window"], code) for code in table["unit_code"]}
    ranks = ranks_by_overdue(standing)
    places = list(ranks.values())
    trends = unit_trends(judged, stays, at.season, standing)
    rows = []
    for city in table.itertuples(index=False):
        code = str(city.unit_code)
        has_before = before is not None and code in members_before
        response, letters = answering.get(code, NONE), urged.get(code, Urged())
        rules = judged_by.of(code).low_response
        ladder = rungs(
            overdue.get(code, judged.iloc[:0]),
            facts.urged,
            response.late,
            at.period.as_of,
            at.period.end,
            rules,
        )
        rows.append(
            CityWeek(
                unit_code=code,
                unit_name=str(city.unit_name),
                province_code=str(city.province_code),
                province_name=str(city.province_name),
                window=standing[code],
                previous=counts(before, code) if before is not None and has_before else None,
                season=counts(tables["season"], code),
                rolling=counts(tables["rolling"], code),
                rank=ranks.get(code),
                is_tied=code in ranks and places.count(ranks[code]) > 1,
                flag=flag(response, rules),
                remark=str(city.remark),
                first_urged=letters.first,
                urged_again=letters.again,
                listed=len(ladder.listed),
                needs_address=code in facts.unheard,
                trend=trends[code],
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.rank or len(rows) + 1, -row.window.pushed, row.unit_code)))


def ranks_by_overdue(standing: Mapping[str, FeedbackCounts]) -> dict[str, int]:
    """The rank of each unit with a due alarm by its counts, the worst is 1: most overdue, then the lowest on-time rate over due,
    then most late; ties share a rank."""
    keys = {
        code: (-one.overdue, Fraction(one.on_time, one.due), -one.late)
        for code, one in standing.items()
        if one.due
    }
    return {code: 1 + sum(other < key for other in keys.values()) for code, key in keys.items()}


def _days(season_alarms: pd.DataFrame, at: Windows) -> tuple[DayCount, ...]:
    """The last `SUMMARY.trend_days` days of the season so far, days without alarms too."""
    start = max(at.season.start, at.window.end - SUMMARY.trend_days * DAY)
    alarms = pushed_between(season_alarms[season_alarms["is_pushed"]], midnight(start), at.window.ends_at)
    by_day = alarms.groupby(alarms["pushed_at"].dt.tz_convert(office_zone()).dt.date)["is_answered"].agg(
        ["size", "sum"]
    )
    counted = {day: (int(row["size"]), int(row["sum"])) for day, row in by_day.iterrows()}
    span = Period.of_days(start, at.window.end, "custom", at.period.as_of)
    return tuple(DayCount(day, *counted.get(day, (0, 0))) for day in _dates(span))


def _categories(
    found: pd.DataFrame, before: pd.DataFrame | None, season: pd.DataFrame
) -> tuple[CategoryCount, ...]:
    """One row a category of the programme (and any other that a source named), the most problems first."""
    order = {name: place for place, name in enumerate(office().categories)}
    now, so_far = found.groupby("category").size(), season.groupby("category").size()
    then = None if before is None else before.groupby("category").size()
    rectified = found.groupby("category")["is_rectified"].sum()
    names = list(order) + sorted(set(so_far.index) - set(order))
    rows = [
        CategoryCount(
            name,
            int(now.get(name, 0)),
            None if then is None else int(then.get(name, 0)),
            int(so_far.get(name, 0)),
            int(rectified.get(name, 0)),
        )
        for name in names
    ]
    return tuple(sorted(rows, key=lambda row: (-row.problems, order.get(row.category, len(order)))))


def _counties(alarms: pd.DataFrame, found: pd.DataFrame, names: dict[str, str]) -> tuple[CountyCount, ...]:
    """One row a county with problems at alarms of the window."""
    keys = ["unit_code", "county"]
    pushed = alarms[alarms["is_pushed"]].groupby(keys).size().rename("pushed")
    table = found.groupby(keys).size().rename("problems").to_frame().join(pushed).reset_index()
    table["rank"] = table["problems"].rank(ascending=False, method="min").astype(int)
    rows = (
        table.sort_values(["rank", *keys])[["rank", *keys, "pushed", "problems"]]
        .astype(object)
        .to_numpy()
        .tolist()
    )
    return tuple(CountyCount(rank, code, names.get(code, code), *rest) for rank, code, *rest in rows)


def _dates(window: Period) -> list[date]:
    return [window.start + day * DAY for day in range((window.end - window.start).days)]

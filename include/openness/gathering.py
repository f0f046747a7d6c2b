"""From the facts to what may be published: the figures of a month, small counts merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd

from include.house import House
from include.office.spot_checks import checks_of_window
from include.openness.disputes import told_columns, told_in_dispute
from include.openness.figures import ANSWERS, PROBLEMS, QUALITY, RULES, Month, Row
from include.openness.merging import Block, Counts, Table, is_small, merged_blocks, total_of
from include.openness.places import ELSEWHERE, counties_by_unit
from include.periods import Period, custom_period, midnight
from include.profile.current import office
from include.sources.ledger import completeness
from include.store.engine import reading
from include.store.facts import alarm_states, cities_on, problems_found
from include.supervision.bulletin_figures import SpotChecks
from include.supervision.feedback import (
    answered_in_time,
    counts_between,
    judge,
    judge_problems,
    pushed_between,
)

OTHER_CATEGORY: Final = "其他"
_P90: Final = 0.9


@dataclass(frozen=True)
class MonthFacts:
    """The figures of a month before anything is merged; never written anywhere.

    `counts`: one row a unit, as `feedback` prints them; `alarms`: judged alarms of these units; `categories`, `counties`: counts by name.
    """

    period: Period
    names: dict[str, str]
    counts: dict[str, Counts]
    alarms: pd.DataFrame
    quality: dict[str, int]
    categories: dict[str, int]
    counties: dict[str, dict[str, int]]
    is_simulated: bool
    hours_received: float
    hours_expected: float


def months_to_publish(season: tuple[date, date], until: date, delay: timedelta) -> list[tuple[date, date]]:
    """First day and end (exclusive) of every month of the season, cut to it, that ended at least `delay` before `until`."""
    found, start = [], season[0]
    while start < season[1]:
        end = min((start.replace(day=1) + timedelta(days=32)).replace(day=1), season[1])
        if end + delay <= until:
            found.append((start, end))
        start = end
    return found


def month_period(start: date, end: date, delay: timedelta) -> Period:
    """The window of a month and the moment whose state is published: midnight, `delay` after its end, ever the same."""
    return custom_period(start, end, midnight(end + delay))


def month_facts(house: House, period: Period, *, is_simulated: bool) -> MonthFacts:
    """The figures of `feedback` for this window and moment, with what is published beside them."""
    window = (period.starts_at, period.ends_at, period.as_of)
    with reading(house.engine) as connection:
        units = cities_on(connection, period.last_date)
        judged = judge(alarm_states(connection, *window), period.as_of)
        found = judge_problems(problems_found(connection, *window), judged, period.as_of)
        told = completeness(connection, house.sources, period.starts_at, period.as_of)
        places = counties_by_unit(connection, units["unit_code"].tolist())
    names = dict(zip(units["unit_code"], units["unit_name"], strict=True))
    table = counts_between(judged, found, period.starts_at, period.ends_at, list(names))
    alarms = pushed_between(judged[judged["is_pushed"] & judged["unit_code"].isin(list(names))], *window[:2])
    table = table.assign(answered_in_time=answered_in_time(alarms, list(names)))
    own = found[found["unit_code"].isin(list(names))]
    checks = checks_of_window(house.engine, *window)
    return MonthFacts(
        period=period,
        names=names,
        counts={str(code): row for code, row in table.to_dict("index").items()},  # type: ignore[misc]
        alarms=alarms,
        quality=_quality(checks.get("", SpotChecks())),
        categories={str(name): int(count) for name, count in own["category"].value_counts().items()},
        counties={code: _by_county(alarms, code, places.get(code, ())) for code in names},
        is_simulated=is_simulated,
        hours_received=told.hours_received,
        hours_expected=told.hours_expected,
    )


def publishable(facts: MonthFacts, smallest: int, former: Sequence[Month] = ()) -> Month:
    """What is published of a month. `former`: all its editions before, whose merged rows stay merged."""
    columns = told_columns(facts.counts, former)
    answers = merged_blocks(
        Table(_only(facts.counts, columns), columns, "pushed", _is_possible),
        smallest,
        former=_members(former, "answers"),
    )
    atoms = [block.members for block in answers]
    problems = merged_blocks(
        _problem_table(facts.counts, answers), smallest, atoms, _members(former, "problems")
    )
    answered = _sums(facts.counts, "answered", problems, answers)
    alone = [
        block.members[0] for block in answers if not block.is_merged and block.counts["pushed"] is not None
    ]
    told = [Row(block.members, {name: block.counts.get(name) for name in ANSWERS}) for block in answers]
    counted = {name: total_of(told, name) for name in ANSWERS}
    return Month(
        start=facts.period.start,
        end=facts.period.end,
        as_of=facts.period.as_of,
        smallest=smallest,
        is_simulated=facts.is_simulated,
        hours_received=round(facts.hours_received, 2),
        hours_expected=round(facts.hours_expected, 2),
        units=tuple(sorted(facts.names.items())),
        answers=(
            *(_with_times(row, facts.alarms, smallest) for row in told),
            _timed(Row((), counted), facts.alarms, smallest),
        ),
        problems=(
            *(
                Row(block.members, {**block.counts, "answered": answered[block.members]})
                for block in problems
            ),
            Row((), {**_total(problems, PROBLEMS), "answered": counted["answered"]}),
        ),
        quality={
            name: None if is_small(facts.quality[name], smallest) else facts.quality[name] for name in QUALITY
        },
        in_dispute=told_in_dispute(facts.counts),
        categories=_categories(facts.categories, smallest, problems, former),
        counties={
            code: _counties(facts.counties[code], smallest, [one.counties[code] for one in former])
            for code in alone
            if facts.counties[code] and all(code in one.counties for one in former)
        },
        rules=RULES,
    )


def _only(rows: Mapping[str, Counts], columns: Sequence[str]) -> dict[str, dict[str, int]]:
    return {code: {name: row[name] for name in columns} for code, row in rows.items()}


def _problem_table(rows: Mapping[str, Counts], answers: Sequence[Block]) -> Table:
    """The problems of units; `answered` bounds them where the table of answers, on which this one rests, tells it of the unit."""
    own = _only(rows, PROBLEMS)
    for block in answers:
        if not block.is_merged and block.counts["answered"] is not None:
            own[block.members[0]]["answered"] = block.counts["answered"]
    unanswered = [code for block in answers if block.counts["answered"] == 0 for code in block.members]
    known = frozenset(code for code in unanswered if not any(rows[code][name] for name in PROBLEMS))
    return Table(own, PROBLEMS, "problems", _is_possible, known)


# What holds between the counts of one unit: the first is at most the second.
_AT_MOST: Final = (
    ("answered", "pushed"),
    ("answered_in_time", "answered"),
    ("due", "pushed"),
    ("on_time", "due"),
    ("alarms_with_problem", "answered"),
    ("alarms_with_problem", "problems"),
    ("rectification_due", "problems"),
    ("rectified", "rectification_due"),
)


def _is_possible(row: Counts) -> bool:
    """Whether a unit could have these counts; without any answer and any problem it would be `known`, and in no exchange."""
    if "problems" in row and row.get("answered") == 0 and not any(row[name] for name in PROBLEMS):
        return False
    return all(row[less] <= row[more] for less, more in _AT_MOST if less in row and more in row)


def _total(blocks: Sequence[Block], columns: tuple[str, ...]) -> dict[str, int | None]:
    return {column: total_of(blocks, column) for column in columns}


def _sums(
    rows: Mapping[str, Counts], column: str, blocks: Sequence[Block], finer: Sequence[Block]
) -> dict[tuple[str, ...], int | None]:
    """A count of the finer table over the blocks of a coarser one, which are unions of its blocks: None where one is withheld there."""
    withheld = {name for block in finer if block.counts[column] is None for name in block.members}
    return {
        block.members: None
        if withheld & set(block.members)
        else sum(rows[name][column] for name in block.members)
        for block in blocks
    }


def _categories(
    found: Mapping[str, int], smallest: int, problems: Sequence[Block], former: Sequence[Month]
) -> tuple[Row, ...]:
    """Problems of the region by category, small ones merged; only where the region's problems are told."""
    total = total_of(problems, "problems")
    if total is None:
        return ()
    named = {name: {"problems": 0} for name in office().categories}
    for name, count in found.items():
        key = name if name in named else _other(office().categories)
        named[key] = {"problems": named[key]["problems"] + int(count)}
    blocks = merged_blocks(
        Table(named, ("problems",), "problems"), smallest, former=_members(former, "categories")
    )
    return (*(Row(block.members, block.counts) for block in blocks), Row((), {"problems": total}))


def _other(categories: Sequence[str]) -> str:
    """Where problems of a category that the profile does not have are counted: its category of others, or else its last one."""
    return OTHER_CATEGORY if OTHER_CATEGORY in categories else categories[-1]


def _counties(found: Mapping[str, int], smallest: int, former: Sequence[Sequence[Row]]) -> tuple[Row, ...]:
    rows = {name: {"pushed": count} for name, count in found.items()}
    blocks = merged_blocks(
        Table(rows, ("pushed",), "pushed"),
        smallest,
        former=[[row.members for row in rows_before] for rows_before in former],
    )
    return tuple(Row(block.members, block.counts) for block in blocks)


def _members(former: Sequence[Month], table: str) -> list[list[tuple[str, ...]]]:
    return [[row.members for row in one.rows_of(table)] for one in former if getattr(one, table)]


def _with_times(row: Row, alarms: pd.DataFrame, smallest: int) -> Row:
    return _timed(row, alarms[alarms["unit_code"].isin(row.members)], smallest)


def _timed(row: Row, alarms: pd.DataFrame, smallest: int) -> Row:
    """The row with the hours from push to first answer of its answered alarms, where these are told and not few."""
    told = alarms[alarms["is_answered"]]
    if row.counts["answered"] is None or len(told) < smallest:
        return row
    hours = (told["first_answer_at"] - told["pushed_at"]).dt.total_seconds() / 3600
    return Row(
        row.members, row.counts, round(float(hours.median()), 1), round(float(hours.quantile(_P90)), 1)
    )


def _quality(checks: SpotChecks) -> dict[str, int]:
    return {"drawn": checks.drawn, "checked": checks.checked, "not_confirmed": checks.not_confirmed}


def _by_county(alarms: pd.DataFrame, unit_code: str, counties: Sequence[str]) -> dict[str, int]:
    """Alarms of a unit by county; what lies in none of its counties is `ELSEWHERE`. Empty where no counties are known."""
    if not counties:
        return {}
    told = alarms.loc[alarms["unit_code"] == unit_code, "county"]
    counts = told.where(told.isin(list(counties)), ELSEWHERE).value_counts()
    return {name: int(counts.get(name, 0)) for name in (*counties, ELSEWHERE)}

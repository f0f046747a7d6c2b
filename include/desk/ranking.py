"""Units by any window: their counts, rank, change to the window before, and the last windows as a line; problems by category."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd

from include.desk.facts import Facts
from include.house import House
from include.letters.sheets.data_sheets import Sheet, workbook_of
from include.periods import DAY, midnight, office_date
from include.rules import SIMULATED_LABEL
from include.store.engine import reading
from include.store.facts import cities_on
from include.supervision.feedback import all_counts, counts_between, counts_by_span
from include.supervision.figures import FeedbackCounts
from include.supervision.spot_checks import week_of
from include.supervision.weekly import ranks_by_overdue

WindowName = Literal["day", "week", "half_month", "month", "season", "free"]
# Why a window is compared with none: the one before lies before the season, begins before it, or nothing was pushed by its end; or it is the
# season itself.
WhyAlone = Literal["before_season", "partly_before", "no_alarms", "is_season"]
SMALL: Final = 5  # of a denominator: a rate over fewer alarms is marked
LINE: Final = 8  # windows of the small line, the last one this
FIGURES: Final = ("overdue", "on_time", "feedback", "late", "pushed", "problems")
COLUMNS: Final = (
    "rank", "unit_code", "unit_name", "pushed", "answered", "due", "on_time", "late", "overdue", "problems",
    "overdue_before", "on_time_before", "due_before",
)  # fmt: skip

HEADS: Final = (
    "位次", "单位代码", "单位", "推送", "已反馈", "到期", "按期", "逾期反馈", "超期未反馈", "问题", "上期超期", "上期按期", "上期到期",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Whole days, the end exclusive."""

    start: date
    end: date

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end - DAY


@dataclass(frozen=True)
class UnitRow:
    """One unit. `rank`: by overdue, then the on-time rate, then late (None without a due alarm); `before`: the window before;
    `line`: the figure that was asked for in the last windows, the oldest first (rates in percent, None without a denominator);
    `categories`: problems of this window by category."""

    unit_code: str
    unit_name: str
    rank: int | None
    now: FeedbackCounts
    before: FeedbackCounts
    line: tuple[int | None, ...]
    categories: dict[str, int]

    @property
    def is_small(self) -> bool:
        """Whether its rates stand on few alarms."""
        return 0 < self.now.due < SMALL


@dataclass(frozen=True)
class Ranking:
    """The units of a window, in the order that was asked for, and the categories of problems in it, the most frequent first.
    `before`: the window before, where the season has facts of all of it; else `why_alone` says what is missing. A window that was not over
    (`is_running`; `is_ahead`: it had not begun) is compared with as much time of the one before as had passed of it."""

    span: Span
    before: Span | None
    why_alone: WhyAlone | None
    is_running: bool
    is_ahead: bool
    rows: tuple[UnitRow, ...]
    categories: tuple[str, ...]
    is_simulated: bool


def span_of(name: WindowName, day: date, first: date | None, season: tuple[date, date]) -> Span:
    """The window of that kind that holds `day`; `free`: from `first` to `day`, both in it."""
    if name == "day":
        return Span(day, day + DAY)
    if name == "week":
        return Span(week_of(day), week_of(day) + 7 * DAY)
    if name == "season":
        return Span(*season)
    if name == "free":
        return Span(min(first or day, day), max(first or day, day) + DAY)
    month = day.replace(day=1)
    next_month = (month + 31 * DAY).replace(day=1)
    middle = month + 15 * DAY
    if name == "month":
        return Span(month, next_month)
    return Span(month, middle) if day < middle else Span(middle, next_month)


def span_before(name: WindowName, span: Span) -> Span | None:
    """The window before; none before a season."""
    if name == "season":
        return None
    if name == "free":
        return Span(span.start - (span.end - span.start), span.start)
    return span_of(name, span.start - DAY, None, (span.start, span.end))


def last_whole_day(name: WindowName, as_of: datetime, season: tuple[date, date]) -> date:
    """The last day of the last window of that kind that was over by a moment; of a season, and of days that are chosen freely, the day before it."""
    yesterday = office_date(as_of) - DAY
    if name in ("season", "free"):
        return yesterday
    span = span_of(name, yesterday, None, season)
    return yesterday if span.last <= yesterday else span.start - DAY


def ranking(
    house: House, facts: Facts, name: WindowName, day: date, first: date | None, sort: str
) -> Ranking:
    """The units in the order of one of FIGURES, the worst first; ties by unit_code. `facts`: of the season."""
    span = span_of(name, day, first, house.season)
    with reading(house.engine) as connection:
        cities = cities_on(connection, min(span.last, office_date(facts.as_of)))
    codes = cities["unit_code"].tolist()
    spans = [span]
    while len(spans) < LINE and (earlier := span_before(name, spans[-1])) is not None:
        spans.append(earlier)
    is_running = facts.as_of < midnight(span.end)
    tables = _each(facts, spans, codes)
    why_alone = _why_alone(facts, spans[1] if len(spans) > 1 else None, house.season[0])
    compared = None if why_alone else spans[1]
    if compared is None:
        before = dict.fromkeys(codes, FeedbackCounts())
    elif is_running:
        before = _beginning(facts, compared, facts.as_of - midnight(span.start), codes)
    else:
        before = tables[1]
    ranks = ranks_by_overdue(tables[0])
    found = _categories(facts, span)
    rows = [
        UnitRow(
            code,
            unit_name,
            ranks.get(code),
            tables[0][code],
            before[code],
            tuple(_figure(table[code], sort) for table in reversed(tables)),
            {str(kind): int(count) for kind, count in found.get(code, {}).items()},
        )
        for code, unit_name in zip(codes, cities["unit_name"], strict=True)
    ]
    totals: dict[str, int] = {}
    for row in rows:
        for kind, count in row.categories.items():
            totals[kind] = totals.get(kind, 0) + count
    ordered = tuple(sorted(rows, key=lambda row: (_worst(row, sort), row.unit_code)))
    categories = tuple(sorted(totals, key=lambda kind: (-totals[kind], kind)))
    return Ranking(
        span,
        compared,
        why_alone,
        is_running,
        facts.as_of < midnight(span.start),
        ordered,
        categories,
        facts.is_simulated,
    )


def _why_alone(facts: Facts, before: Span | None, season_start: date) -> WhyAlone | None:
    """Why the season's facts do not reach back to the window before; None where they do."""
    if before is None:
        return "is_season"
    if before.end <= season_start:
        return "before_season"
    if before.start < season_start:
        return "partly_before"
    until = pd.Timestamp(midnight(before.end))
    return None if bool((facts.judged["pushed_at"] < until).any()) else "no_alarms"


def _figure(counted: FeedbackCounts, sort: str) -> int | None:
    """One of FIGURES; a rate in percent."""
    if sort in ("on_time", "feedback"):
        share = counted.on_time_rate if sort == "on_time" else counted.feedback_rate
        return None if share.value is None else round(100 * share.value)
    return int(getattr(counted, sort))


def _worst(row: UnitRow, sort: str) -> float:
    if sort == "overdue":
        return float(row.rank or 10**6)
    if sort in ("on_time", "feedback"):
        share = row.now.on_time_rate if sort == "on_time" else row.now.feedback_rate
        return 2.0 if share.value is None else share.value
    return -float(getattr(row.now, sort))


def _each(facts: Facts, spans: list[Span], codes: list[str]) -> list[dict[str, FeedbackCounts]]:
    """The counts by unit of each span; each of `spans` ends where the one before it in the list begins."""
    starts = {one.start: midnight(one.start) for one in reversed(spans)} | {
        spans[0].end: midnight(spans[0].end)
    }
    found = counts_by_span(facts.judged, facts.problems, starts, codes)
    return [{code: found[code, one.start] for code in codes} for one in spans]


def _beginning(facts: Facts, span: Span, passed: timedelta, codes: list[str]) -> dict[str, FeedbackCounts]:
    """The counts by unit of that much of a window's beginning."""
    start_at = midnight(span.start)
    end_at = min(midnight(span.end), max(start_at + passed, start_at))
    return all_counts(counts_between(facts.judged, facts.problems, start_at, end_at, codes))


def _categories(facts: Facts, span: Span) -> dict[str, dict[str, int]]:
    pushed_at = facts.problems["pushed_at"]
    inside = facts.problems[
        (pushed_at >= pd.Timestamp(midnight(span.start))) & (pushed_at < pd.Timestamp(midnight(span.end)))
    ]
    found: dict[str, dict[str, int]] = {}
    sizes: Any = inside.groupby(["unit_code", "category"]).size()
    for (code, category), count in sizes.items():
        found.setdefault(str(code), {})[str(category)] = int(count)
    return found


def _cells(row: UnitRow) -> tuple[object, ...]:
    now = row.now
    counted = (now.pushed, now.answered, now.due, now.on_time, now.late, now.overdue, now.problems)
    earlier = (row.before.overdue, row.before.on_time, row.before.due)
    return (row.rank, row.unit_code, row.unit_name, *counted, *earlier)


def ranking_table(found: Ranking) -> pd.DataFrame:
    """The columns COLUMNS and one a category, one row a unit, in the order of the page."""
    rows = [(*_cells(row), *(row.categories.get(kind, 0) for kind in found.categories)) for row in found.rows]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *found.categories])
    table["rank"] = table["rank"].astype("Int64")
    return table


def ranking_workbook(found: Ranking, as_of: datetime) -> bytes:
    """The same as a workbook, with Chinese heads."""
    rows = [_cells(row) for row in found.rows]
    kinds = [
        (row.unit_name, *(row.categories.get(kind, 0) for kind in found.categories)) for row in found.rows
    ]
    title = f"{found.span.start} — {found.span.last}"
    sheets = [
        Sheet("排名", HEADS, rows, {}),
        Sheet("问题类别", ["单位", *found.categories], kinds, {}),
    ]
    return workbook_of(sheets, title, as_of, SIMULATED_LABEL if found.is_simulated else "")

"""The values that the mid-week and weekend summary is composed from: every number of its text, tables, pictures, mail and
workbook. They go to JSON and back like those of `figures`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from include.periods import Period
from include.rules import Deadlines
from include.supervision.answer_quality import AnswerQuality
from include.supervision.figures import FeedbackCounts, Flag, OverdueRow, ProblemRow
from include.supervision.judged_by import HOUSE, JudgedBy
from include.supervision.rule_codes import CaseRule, SuggestionRule


@dataclass(frozen=True)
class SpanCount:
    """Alarms of one city pushed on the days from `start` to before `end`, seven or, at the season's beginning, fewer; those of them
    answered by the as-of moment. Both are None where the city belonged to no key region then."""

    start: date
    end: date
    pushed: int | None
    answered: int | None


@dataclass(frozen=True)
class CityWeek:
    """One city over the window; `previous` is None where there is nothing to compare with."""

    unit_code: str
    unit_name: str
    province_code: str
    province_name: str
    window: FeedbackCounts
    previous: FeedbackCounts | None
    season: FeedbackCounts
    rolling: FeedbackCounts  # its late alarms decide about the flag, beside `flag.recent_overdue`
    # The worst is 1: by overdue (most first), on-time rate over due (lowest first), late (most first); ties share a rank; None
    # without a due alarm. Edition 2020-03: by feedback rate, the best is 1.
    rank: int | None
    is_tied: bool
    flag: Flag
    remark: str  # joined or left the region inside the window; else empty
    first_urged: int = 0  # 首次督办: alarms whose first 督办函 left on a day of the window
    urged_again: int = 0  # 再次督办: those whose second one did
    listed: int = 0  # 报部: alarms on the list for the level above, as of the summary
    needs_address: bool = False  # 核实地址: a task for a person of the office
    # The last `SUMMARY.trend_weeks` seven days of the season, up to the window's end, the oldest first; letters of before have none.
    trend: tuple[SpanCount, ...] = ()


@dataclass(frozen=True)
class DayCount:
    """Alarms pushed on one Beijing day, and those of them answered by the as-of moment."""

    day: date
    pushed: int
    answered: int


@dataclass(frozen=True)
class CategoryCount:
    """Problems of one category at alarms of the window; every category of the programme has a row."""

    category: str
    problems: int
    previous: int | None
    season: int
    rectified: int  # of `problems`


@dataclass(frozen=True)
class CountyCount:
    """One county with problems at alarms of the window, the most problems first; ties share a rank."""

    rank: int
    unit_code: str
    unit_name: str
    county: str
    pushed: int
    problems: int


@dataclass(frozen=True)
class RepeatProblem:
    """屡查屡犯: a grid where problems of one category were found at an alarm of the window, and on an earlier day at another alarm."""

    grid_id: str
    unit_code: str
    unit_name: str
    county: str
    point_name: str
    category: str
    alarms: int  # days of the season on which this category was first found at an alarm: 第N次查出
    first_found_at: datetime
    last_found_at: datetime
    status: str  # of the last one: 已整改 | 整改中 | 逾期未整改


@dataclass(frozen=True)
class RepeatAlarm:
    """重复报警: a grid with many alarms in the last days, at least one of them in the window."""

    grid_id: str
    unit_code: str
    unit_name: str
    county: str
    point_name: str
    window_alarms: int
    recent_alarms: int  # in the last `SUMMARY.repeat_days`
    season_alarms: int
    peak_pm25_ug_m3: float | None  # of the recent ones
    season_problems: int
    unanswered: int  # of the recent ones


@dataclass(frozen=True)
class LongUnanswered:
    """长期未反馈: an alarm that is overdue by more than seven days, however old."""

    unit_code: str
    unit_name: str
    alarm: OverdueRow
    days: int  # whole days since the push
    urged: int  # 督办函 of this alarm to this unit that left


@dataclass(frozen=True)
class Case:
    """典型案例: one alarm with what came before and after, and the rule that chose it."""

    rule: CaseRule
    alarm_id: str
    grid_id: str
    unit_code: str
    unit_name: str
    county: str
    point_name: str
    started_at: datetime
    last_at: datetime
    pushed_at: datetime
    alarm_count: int
    peak_pm25_ug_m3: float | None
    nth_alarm: int  # of the grid in the season
    recent_alarms: int  # of the grid in the last `SUMMARY.repeat_days`
    answered_at: datetime | None
    answered_by: str  # the unit; empty when no source tells
    note: str  # what the answer said
    is_on_time: bool
    overdue_hours: float  # of the answer; 0 unless overdue
    problems: tuple[ProblemRow, ...]
    rectified: int
    rectified_at: datetime | None  # the last of them, when all are rectified
    later_alarms: int  # of the grid, pushed after that (or after the answer) up to the window's end
    went_on: bool = False  # the alarm itself grew after that: more hours, a higher count or peak
    count_then: int | None = None  # its 报警次数 as known at that moment, where it rose since
    is_sent_back: bool = False  # answered once, sent back, and not answered again


@dataclass(frozen=True)
class Subject:
    """What a suggestion is about: a city, grid or category, and its count; `previous` where the rise matters."""

    name: str
    count: int
    previous: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """建议: a rule that fired. `count` of `of` (0: no base), the subjects with the highest counts first."""

    rule: SuggestionRule
    count: int
    of: int
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class SummaryFigures:
    """Everything that one summary says.

    `period` is the beat; `window` the days that are counted: the same, cut at the season's ends. `previous` is the
    window before of the same kind as it stood at its own as-of moment; `season` runs from its start to the window's end.
    """

    letter_key: str
    scope: str  # empty: all cities of the key regions; else the name of the province whose cities these are
    province_code: str  # empty with `scope`
    period: Period
    window: Period
    previous: Period | None
    season: Period
    season_end: date  # exclusive, as set
    cities: tuple[CityWeek, ...]
    total: FeedbackCounts
    previous_total: FeedbackCounts | None
    season_total: FeedbackCounts
    rolling_total: FeedbackCounts
    rolling_label: str
    days: tuple[DayCount, ...]
    categories: tuple[CategoryCount, ...]
    counties: tuple[CountyCount, ...]
    repeat_problems: tuple[RepeatProblem, ...]
    cases: tuple[Case, ...]
    dropped_cases: tuple[str, ...]  # alarm ids that a person left out
    repeat_alarms: tuple[RepeatAlarm, ...]
    long_unanswered: tuple[LongUnanswered, ...]
    suggestions: tuple[Suggestion, ...]
    holidays: tuple[date, ...]  # public holidays inside the window
    sources: tuple[str, ...]  # that the window's alarms came from
    completeness: str
    rules_version: str
    is_simulated: bool
    answer_quality: tuple[AnswerQuality, ...] = ()  # of the window, one row a city
    season_quality: tuple[AnswerQuality, ...] = ()  # of the season so far
    judged_by: JudgedBy = HOUSE
    deadlines: Deadlines | None = None  # of all on the window's end, where they are not the defaults
    own_hours: tuple[tuple[str, float], ...] = ()  # cities with another time to answer: name, hours


@dataclass(frozen=True)
class WeeklySummaries:
    """Everything of one beat: the leaders' summary, then those of the provinces that get one; none outside the season."""

    period: Period
    summaries: tuple[SummaryFigures, ...]

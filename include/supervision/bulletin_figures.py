"""The values that the half-monthly letters are composed from: the 通报函 to a city and the overview to the leadership.

They go to JSON and back like those of `figures`. Concentrations and changes are unrounded (nine decimals, beyond which
sums are noise); None is 数据不足: too few valid days for a figure (`standards.VALIDITY`), which is listed and never ranked.
"""

from dataclasses import dataclass
from datetime import date, datetime

from include.periods import Period
from include.rules import SUSPECT_BASES
from include.supervision.figures import FeedbackCounts
from include.supervision.rule_codes import FollowUpRule


@dataclass(frozen=True)
class AirLevel:
    """PM2.5 of one place over one window, and its changes in per cent.

    `rank` 1 is the lowest of the `ranked` places with a figure; `yoy_pct` compares the same dates a year before (without
    29 February, which `pm25_ug_m3` counts), `pop_pct` the window before (None for the year to date).
    """

    pm25_ug_m3: float | None
    valid_days: int
    year_before_ug_m3: float | None
    yoy_pct: float | None
    before_ug_m3: float | None
    pop_pct: float | None
    rank: int | None
    ranked: int
    is_tied: bool


@dataclass(frozen=True)
class PollutantMean:
    """Mean of the valid days of one pollutant; `name` is its column: `pm10_ug_m3`, `co_mg_m3`, `o3_8h_ug_m3` …"""

    name: str
    mean: float | None
    valid_days: int


@dataclass(frozen=True)
class DayLevel:
    """One day of a city: its mean (None: too few hours), the 24 h limit (class II) and the IAQI of that day's edition."""

    day: date
    pm25_ug_m3: float | None
    hours: int
    year_before_ug_m3: float | None
    limit_ug_m3: int
    iaqi: int | None


@dataclass(frozen=True)
class CitySituation:
    """One city: its air, and how its inspections went over the same window."""

    unit_code: str
    unit_name: str
    province_name: str
    region: str  # as the profile names it
    half: AirLevel
    month: AirLevel | None  # the full month that the window closes; None in a first half
    year: AirLevel  # 1 January to the window's end
    days_over: int  # of `half.valid_days`: above the 24 h limit in force on the day
    without_dust: AirLevel | None  # 扣除沙尘; None without an hour under dust in the window
    dust_hours: int
    window: FeedbackCounts
    season: FeedbackCounts


@dataclass(frozen=True)
class Enterprise:
    """One key enterprise in or near a grid. `distance_km` from the grid's edge, 0 inside; `direction` from the grid's
    centre (东北 …), empty inside."""

    enterprise_id: str
    name: str
    industry: str
    unit_name: str  # that it lies in: may be a neighbour of the grid's
    county: str
    lon: float  # WGS84
    lat: float
    distance_km: float
    direction: str


@dataclass(frozen=True)
class GridInspection:
    """What was inspected and found at one grid in the window: alarms, those answered, problems by category."""

    pushed: int
    answered: int
    overdue: int
    problems: int
    rectified: int
    categories: tuple[tuple[str, int], ...]  # the most frequent first


@dataclass(frozen=True)
class GridSituation:
    """One grid of a city with readings. Bounds in degrees WGS84, all four or none; `half` is ranked inside the city, 1 the
    lowest."""

    grid_id: str
    county: str
    name: str
    west: float | None
    south: float | None
    east: float | None
    north: float | None
    half: AirLevel
    inspection: GridInspection
    is_high: bool  # part of a high-value area


@dataclass(frozen=True)
class CountySituation:
    """One county of a city, the highest first: mean of its grids with a figure, changes over the same grids on both sides.

    A county with alarms and no such grid comes last, so that the inspections of all counties are those of the city.
    """

    county: str
    grids: int  # with a figure
    pm25_ug_m3: float | None
    yoy_pct: float | None
    pop_pct: float | None
    high_grids: int
    inspection: GridInspection  # of all its grids, with readings or not


@dataclass(frozen=True)
class HighArea:
    """高值区: neighbouring grids at the top of the city. `number` as on the map; the highest first."""

    number: int
    counties: tuple[str, ...]
    grid_ids: tuple[str, ...]
    pm25_ug_m3: float  # mean of its grids
    highest_ug_m3: float
    lon: float  # of its middle
    lat: float
    inspection: GridInspection
    enterprises: int | None  # inside its grids; None: no table of enterprises was imported


@dataclass(frozen=True)
class ListedGrid:
    """One grid of a list (highest, fastest-rising), with the enterprises in it and within `BULLETIN.near_km`.

    `enterprises`: `inside` + `nearby` of them, the nearest first. Both counts are None where that is not known: no table of
    enterprises was imported, or the grid has no bounds.
    """

    place: int  # in the list; ties share it
    grid: GridSituation
    enterprises: tuple[Enterprise, ...]
    inside: int | None
    nearby: int | None


@dataclass(frozen=True)
class WarnedGrid:
    """预警网格 of the month, reasons merged; for a near-warning (临界预警) the counts are 0 and `escalation` is empty."""

    unit_code: str
    unit_name: str
    grid_id: str
    county: str
    name: str
    reasons: str  # as a letter prints them
    pm25_ug_m3: float  # monthly mean
    yoy_pct: float | None
    pop_pct: float | None
    in_a_row: int  # months up to this one that count towards the escalation (`warning.counted`)
    in_a_year: int
    escalation: str  # 连续3次、12个月内6次 or empty
    lon: float | None = None  # of its middle, degrees WGS84; None without bounds
    lat: float | None = None
    is_at_least: bool = False  # the row reaches a month that was never judged: 至少连续N次


@dataclass(frozen=True)
class Warnings:
    """The warning grids of one month. `missing_months` of the twelve had no readings: counts are lower bounds."""

    month: date
    warned: tuple[WarnedGrid, ...]
    near: tuple[WarnedGrid, ...]
    missing_months: tuple[date, ...]


@dataclass(frozen=True)
class SpotChecks:
    """抽查 of the weeks that ended in the window: answers drawn, of them checked by a person, and of these found 不实."""

    drawn: int = 0
    checked: int = 0
    not_confirmed: int = 0


@dataclass(frozen=True)
class OpenAlarm:
    """One alarm that has neither a standing answer nor a 结案, however old."""

    alarm_id: str
    grid_id: str
    county: str
    point_name: str
    pushed_at: datetime
    deadline_at: datetime  # the applicable one
    status: str  # 超期未反馈 | 退回待重报 | 争议待审 | 待反馈
    overdue_hours: float  # since the applicable deadline; 0 unless overdue
    is_chronic: bool  # 长期未反馈


@dataclass(frozen=True)
class FollowUp:
    """A question to follow up: a rule that fired, `count` of `of`, and what it is about, worst first (`follow_ups`).

    | rule | count of | subjects |
    |---|---|---|
    | 连续预警 | warned again in a row, or escalated, of the warned grids | grid numbers |
    | 高值未查出问题 | without a problem found, of the high grids with an answered alarm | grid numbers |
    | 升高未报警 | without an alarm in the window, of the fastest-rising grids | grid numbers |
    | 超期未反馈 | overdue, of the open alarms, however old | grid numbers |
    | 整改逾期 | not rectified, of the window's problems due for rectification | categories |
    | 浓度反弹 | risen by `BULLETIN.rebound_pct`, of the counties with a change over the previous window | counties |
    | 企业集中 | with `BULLETIN.many_enterprises` inside, of the high-value areas | numbers of areas |
    | 数据不足 | without a figure, of the grids with readings (from `BULLETIN.lacking_share` of them) | grid numbers |
    """

    rule: FollowUpRule
    count: int
    of: int
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class ProblemCount:
    """Problems of one category at alarms of the window, with those rectified."""

    category: str
    problems: int
    rectified: int


@dataclass(frozen=True)
class RepeatSuspect:
    """One suspect that several alarms of the half-month have in common. Always 疑似; no finding of anything.

    `alarms` told it, `first_places` of them in the first place; `score_sum`: the chances added, about how many of them it would be;
    `level` and `reason`: of the alarm that pointed to it most; `last_at`: start of the last one; `basis`: what it was judged by in
    any of them, as of `Suspected`.
    """

    candidate_id: str
    kind: str  # enterprise, site, road, fire, problem
    name: str
    alarms: int
    first_places: int
    grid_ids: tuple[str, ...]
    last_at: datetime
    score_sum: float
    level: str
    reason: str
    basis: tuple[str, ...] = SUSPECT_BASES


@dataclass(frozen=True)
class LastingGrid:
    """A grid all of whose stations stand above their surroundings for weeks: no alarm, for alarms tell of what begins.

    `days_with_data` of the `window_days` before the half-month's end, on `days_above` of them clearly above; excess in μg/m³ as the
    stations read it, and in percent of the surroundings.
    """

    grid_id: str
    county: str
    name: str
    stations: int
    days_with_data: int
    days_above: int
    window_days: int
    excess_ug_m3: float
    excess_pct: float


@dataclass(frozen=True)
class BulletinFigures:
    """Everything that a 通报函 says to one city; its grid tables hold every grid with readings."""

    letter_key: str
    city: CitySituation
    bureau: str
    period: Period
    window: Period  # the days of `period` inside the season: those of the inspections
    season: Period
    days: tuple[DayLevel, ...]
    pollutants: tuple[PollutantMean, ...]
    editions: tuple[str, ...]
    counties: tuple[CountySituation, ...]
    grids: tuple[GridSituation, ...]  # the highest first
    high_areas: tuple[HighArea, ...]
    highest: tuple[ListedGrid, ...]
    rising: tuple[ListedGrid, ...]  # by year-on-year; only rises
    warnings: Warnings | None  # of this city; None in a first half
    categories: tuple[ProblemCount, ...]
    follow_ups: tuple[FollowUp, ...]
    cities: int  # that the bulletin compares
    reply_by: date  # until when the city is asked to report what it did
    completeness: str
    rules_version: str
    is_simulated: bool
    sources: tuple[str, ...] = ()  # names of the sources of air and inspections
    spot_checks: SpotChecks = SpotChecks()
    open_alarms: tuple[OpenAlarm, ...] = ()  # however old, the earliest push first
    repeat_suspects: tuple[RepeatSuspect, ...] = ()  # the most often told first
    lasting: tuple[LastingGrid, ...] = ()  # 持续偏高, the highest share first
    address_form: str = ""


@dataclass(frozen=True)
class RegionSituation:
    """The cities of one region: mean of the cities with a figure; changes over the same cities on both sides."""

    name: str  # a region | all the units …
    cities: int
    pm25_ug_m3: float | None
    yoy_pct: float | None
    pop_pct: float | None


@dataclass(frozen=True)
class OverviewFigures:
    """Everything that the overview to the leadership says. `highest` and `rising`: grids of all cities, with their city."""

    letter_key: str
    period: Period
    window: Period
    season: Period
    cities: tuple[CitySituation, ...]  # by rank, the lowest first; those without a figure last
    regions: tuple[RegionSituation, ...]  # the last one is all cities
    worst_level: tuple[str, ...]  # city codes, the worst first, ties with the last included
    worst_yoy: tuple[str, ...]
    worst_pop: tuple[str, ...]
    total: FeedbackCounts
    season_total: FeedbackCounts
    categories: tuple[ProblemCount, ...]
    highest: tuple[tuple[str, GridSituation], ...]  # (unit_name, grid)
    rising: tuple[tuple[str, GridSituation], ...]
    warnings: Warnings | None
    grids: int  # with readings
    valid_grids: int
    editions: tuple[str, ...]
    completeness: str
    rules_version: str
    is_simulated: bool
    month_worst_level: tuple[str, ...] = ()  # the three lists of the full month; empty in a first half
    month_worst_yoy: tuple[str, ...] = ()
    month_worst_pop: tuple[str, ...] = ()  # over the month before
    sources: tuple[str, ...] = ()  # names of the sources of air and inspections
    spot_checks: SpotChecks = SpotChecks()


@dataclass(frozen=True)
class HalfMonthBulletins:
    """Everything of one beat; nothing outside the season."""

    period: Period
    overview: OverviewFigures | None
    bulletins: tuple[BulletinFigures, ...]

"""Which runs a back-fill of a season makes: the windows of every DAG of the cadence, from the schedules alone."""

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final

from include.configured import ROOT
from include.periods import DAG_IDS, DAY, Period, office_date, office_zone, period_of_schedule, schedule

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "daily_dispatch": ("day",),
    "weekly_summary": ("midweek", "weekend"),
    "half_monthly_bulletin": ("half_month",),
}


@dataclass(frozen=True)
class Beat:
    """One run to be made: its DAG and its window."""

    dag_id: str
    period: Period


def cadence_dags() -> list[str]:
    """The DAGs that report windows and that are there, in the order of DAG_IDS."""
    return [dag_id for dag_id in DAG_IDS if dag_id in KINDS and (ROOT / "dags" / f"{dag_id}.py").exists()]


def beats(dag_id: str, first: date, end: date) -> list[Beat]:
    """The runs whose interval starts on a day of [first, end), Beijing time, in order.

    Airflow's back-fill bounds filter the interval's start too, and include both ends as midnights: `--to-date END`.
    """
    edges = [moment for day in _days(first, end + 32 * DAY) if (moment := _due(schedule(dag_id), day))]
    intervals = [(start, stop) for start, stop in pairwise(edges) if office_date(start) < end]
    return [Beat(dag_id, period_of_schedule(KINDS[dag_id], start, stop)) for start, stop in intervals]


def all_beats(first: date, end: date) -> list[Beat]:
    """Those of every DAG of the cadence, in the order in which their letters go out."""
    found = [beat for dag_id in cadence_dags() for beat in beats(dag_id, first, end)]
    return sorted(found, key=lambda beat: (beat.period.as_of, beat.dag_id))


def _days(first: date, end: date) -> list[date]:
    return [first + n * DAY for n in range((end - first).days)]


def _due(cron: str, day: date) -> datetime | None:
    """When the schedule is due on that day; the cadence names one minute, one hour, and days by month or by week."""
    minute, hour, days, months, weekdays = cron.split()
    if months != "*" or not (minute.isdigit() and hour.isdigit()):
        raise ValueError(f"a schedule of the cadence is due once a day at most: {cron}")
    is_due = _has(days, day.day) and _has(weekdays, day.isoweekday() % 7)
    return datetime.combine(day, time(int(hour), int(minute)), office_zone()) if is_due else None


def _has(field: str, number: int) -> bool:
    return field == "*" or number in {int(each) for each in field.split(",")}

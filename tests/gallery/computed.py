"""Figures of the daily letters and of the summary, computed by the product from alarms that are made up here, so that every number of a
letter agrees with every other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from include.geo.regions import members_on
from include.periods import Period, period_ending
from include.supervision.daily import daily_figures
from include.supervision.escalation import NO_URGES
from include.supervision.figures import DailyFigures, NoticeFigures, ReminderFigures
from include.supervision.weekly_figures import SummaryFigures
from tests.letters.samples import COUNTIES, POINTS
from tests.letters.summaries import EMPTY
from tests.supervision.states import moment, problems, states
from tests.supervision.summaries import MIDWEEK, summary

ALL_HERE: Final = "统计时段内应有数据均已取得"
CATEGORIES: Final = ("扬尘（工地）", "露天焚烧", "扬尘（道路）", "工业企业", "餐饮油烟")
FOUND: Final = (
    "裸土未覆盖约200平方米，现场无洒水降尘设施",
    "路边焚烧枯叶，未及时扑灭",
    "渣土车未密闭，道路积尘明显",
    "料场未密闭，上料口无收尘",
    "未安装油烟净化设施",
)
BEIJING: Final = ZoneInfo("Asia/Shanghai")
_AS_OF: Final = datetime(2020, 3, 13, 8, 30, tzinfo=BEIJING)


def told(instant: datetime) -> str:
    """A moment as the frames of tests are written."""
    return f"{instant:%m-%d %H:%M}"


def alarm(
    number: int,
    pushed_at: datetime,
    answered_after: timedelta | None = None,
    as_of: datetime = _AS_OF,
    **row: Any,
) -> dict[str, Any]:
    """Alarm `number` of a unit, answered so long after it was pushed, or not (yet)."""
    answered = answered_after is not None and pushed_at + answered_after < as_of
    return {
        "alarm_id": f"A{number}",
        "grid_id": f"T{85710 + number}",
        "county": COUNTIES[number % 4],
        "point_name": POINTS[number % 4],
        "unit_code": "130100",
        "lon": 114.5 + 0.01 * (number % 7),
        "lat": 38.04,
        "pushed_at": told(pushed_at),
        "started_at": pd.Timestamp(pushed_at - timedelta(hours=1)),
        "last_at": pd.Timestamp(pushed_at + timedelta(hours=number % 3)),
        "alarm_count": 1 + number % 3,
        "peak_pm25_ug_m3": 151.5 + 9 * (number % 11),
        "standing_event": "submitted" if answered else None,
        "standing_submission_at": told(pushed_at + answered_after) if answered and answered_after else None,
        **row,
    }


def problem(number: int, of: dict[str, Any], as_of: datetime = _AS_OF, **row: Any) -> dict[str, Any]:
    """Problem `number`, found with an alarm an hour before it was answered; every third is put right."""
    found = moment(of["standing_submission_at"]) - timedelta(hours=1)
    righted = found + timedelta(hours=20)
    return {
        "problem_id": f"P{number}",
        "alarm_id": of["alarm_id"],
        "category": CATEGORIES[number % 5],
        "description": FOUND[number % 5],
        "found_at": told(found),
        "rectified_at": told(righted) if number % 3 == 0 and righted < as_of else None,
        **row,
    }


def day(alarms: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]] = (), **unit: Any) -> DailyFigures:
    """The figures of 12 March to one unit; former 督办 of `urged` alarms left on the 8th and the 9th."""
    urged = unit.pop("urged", ())
    left = pd.DataFrame(
        {
            "alarm_id": list(urged),
            "unit_code": unit.get("unit_code", "130100"),
            "left_at": pd.to_datetime(["2020-03-08 02:00"] * len(urged), utc=True),
        }
    )
    city = {
        "unit_code": "130100",
        "unit_name": "石家庄市",
        "province_code": "130000",
        "province_name": "河北省",
        "bureau": "石家庄市生态环境局",
        "upper_bureau": "河北省生态环境厅",
        "address_form": "你市",
    } | unit
    rows = [{**row, "unit_code": city["unit_code"]} for row in alarms]
    is_simulated = any(row.get("is_simulated") for row in rows)
    figures = daily_figures(
        states(*rows),
        problems(*found),
        pd.DataFrame([city]),
        left if urged else NO_URGES,
        (),
        period_ending("day", date(2020, 3, 13)),
        ALL_HERE,
    )
    return replace(figures, is_simulated=is_simulated)


def notice(
    alarms: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]] = (), **unit: Any
) -> NoticeFigures:
    return day(alarms, found, **unit).notices[0]


def reminder(alarms: Sequence[dict[str, Any]], **unit: Any) -> ReminderFigures:
    return day(alarms, **unit).reminders[0]


def at(of_march: int, hour: int) -> datetime:
    return datetime(2020, 3, 1, hour, tzinfo=BEIJING) + timedelta(days=of_march - 1)


def ordinary(late: int = 1) -> list[dict[str, Any]]:
    """Seventeen alarms of the first twelve days of March; of those of the 11th so many are overdue, of the 12th two wait."""
    soon = timedelta(hours=7)
    rows = [
        alarm(n, at(1 + n % 10, 9 + n % 8), soon if n != 4 else timedelta(hours=30)) for n in range(1, 12)
    ]
    rows += [alarm(n, at(11, n - 2), None if n < 12 + late else soon) for n in range(12, 15)]
    return [*rows, alarm(15, at(12, 8), soon), alarm(16, at(12, 10)), alarm(17, at(12, 11))]


def found_by(rows: Sequence[dict[str, Any]], every: int = 3) -> list[dict[str, Any]]:
    """A problem with every n-th answered alarm."""
    answered = [row for row in rows if row["standing_submission_at"]]
    return [problem(number, row) for number, row in enumerate(answered[::every], start=1)]


def crowded() -> list[dict[str, Any]]:
    """Sixty alarms: one a day since 11 February that nobody answered, twenty that were answered, ten of yesterday that wait."""
    rows = [alarm(n, at(n - 19, 10)) for n in range(1, 31)]
    rows += [alarm(n, at(1 + n % 11, 9), timedelta(hours=5 + n % 25)) for n in range(31, 51)]
    return rows + [alarm(n, at(12, n - 43)) for n in range(51, 61)]


@cache
def whole_region(*, is_late: bool = False, a_day: int = 1) -> SummaryFigures:
    """The summary of the 39 cities: eight weeks of alarms, so many more a day; `is_late`: nobody has answered since 1 March."""
    return region(_members(), is_late=is_late, a_day=a_day)


def own_region(period: Period, *, is_quiet: bool = False) -> SummaryFigures:
    """The summary of the office's own units, as many as it has; `is_quiet`: without an alarm."""
    return region(_members(), period=period, is_quiet=is_quiet)


@cache
def many_units(count: int) -> SummaryFigures:
    """The summary of an office with so many units below it, all alike but for their names."""
    names = [(f"{place:06d}", f"第{place}试点市", "130000", "河北省") for place in range(1, count + 1)]
    return region(names, is_alike=True)


def _members() -> list[tuple[str, str, str, str]]:
    rows = members_on(date(2020, 3, 10))
    columns = ("unit_code", "unit_name", "province_code", "province_name")
    return list(zip(*(rows[name].astype(str) for name in columns), strict=True))


def region(
    units: Sequence[tuple[str, str, str, str]],
    *,
    is_late: bool = False,
    a_day: int = 1,
    is_alike: bool = False,
    is_quiet: bool = False,
    period: Period = MIDWEEK,
) -> SummaryFigures:
    """The summary of units: rising, falling, even, with gaps or without one alarm, as their place says."""
    rows, found = [], []
    for place, (code, name, *_) in enumerate(units):
        for back in range(0 if is_quiet else 56):
            pushed = datetime(2020, 3, 10, 8 + (place + back) % 12, tzinfo=BEIJING) - timedelta(days=back)
            for _ in range(_alarms_of(1 if is_alike else place, back) * a_day):
                number = len(rows) + 1
                is_open = (
                    (is_late and back < 10)
                    or (place % 9 == 4 and back == 2)
                    or (place % 13 == 7 and back == 9)
                )
                late = timedelta(hours=29 if number % 17 == 0 else 3 + number % 20)
                row = alarm(number, pushed, None if is_open else late, unit_code=code)
                row |= {
                    "grid_id": f"G{place}{number % (3 + place % 5)}",
                    "county": f"{name[:2]}{'东西'[number % 2]}区",
                }
                rows.append(row)
                if row["standing_submission_at"] and number % 4 == 0:
                    found.append(problem(len(found) + 1, row, period.as_of))
    stays = pd.DataFrame(units, columns=["unit_code", "unit_name", "province_code", "province_name"]).assign(
        bureau=lambda frame: frame["unit_name"] + "生态环境局",
        address_form="你市",
        region="2+26",
        valid_from=pd.Timestamp("2018-07-01"),
        valid_to=pd.NaT,
    )
    stays["valid_to"] = pd.to_datetime(stays["valid_to"])
    alarms, seen = EMPTY if is_quiet else (states(*rows), problems(*found))
    return summary(alarms, seen, period=period, season=(date(2020, 1, 15), date(2020, 6, 16)), stays=stays)


def _alarms_of(place: int, back: int) -> int:
    """How many alarms a unit has so many days before the last."""
    kind = place % 5
    if place % 13 == 5:
        return 0
    if kind == 0:
        return int(back < 28) + int(back % 3 == 0)
    if kind == 1:
        return 1
    if kind == 2:
        return int(back > 14) + int(back % 4 == 0)
    return int((back // 7) % 2 == 0) if kind == 3 else int(back % 2 == 0)

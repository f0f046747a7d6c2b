"""A tiny region for the tests of the summary: four cities, a few alarms, every number worked out by hand."""

from datetime import date
from typing import Any

import pandas as pd

from include.periods import Period, period_ending
from include.supervision.cases import AS_RULED, CaseChoice
from include.supervision.escalation import NO_URGES
from include.supervision.figures import FeedbackCounts, Flag
from include.supervision.weekly import WeeklyFacts, Windows, weekly_figures, windows
from include.supervision.weekly_figures import CityWeek, SummaryFigures
from tests.supervision.states import problems, states

SEASON = (date(2020, 3, 1), date(2020, 6, 16))
MIDWEEK = period_ending("midweek", date(2020, 3, 11))  # 8 to 10 March; the one before: 1 to 3 March


def answered(pushed_at: str, at: str, **row: Any) -> dict[str, Any]:
    return {"pushed_at": pushed_at, "standing_event": "accepted", "standing_submission_at": at, **row}


ALARMS = states(
    # the window before, as of 4 March 09:00: 石家庄 2/2, 阳泉 0/1
    answered("03-02 08:00", "03-02 12:00", alarm_id="S1", unit_code="130100", county="赵县", grid_id="G1"),
    answered("03-03 08:00", "03-03 12:00", alarm_id="S2", unit_code="130100", county="赵县", grid_id="G1"),
    {
        "pushed_at": "03-01 08:00",
        "alarm_id": "Y1",
        "unit_code": "140300",
        "county": "郊区",
        "grid_id": "T85711",
    },
    # the window: 石家庄 2/2, 阳泉 2/3, 西安 1/1; 太原 has none, and one that was no alarm
    answered(
        "03-08 08:00",
        "03-08 12:00",
        alarm_id="S3",
        unit_code="130100",
        county="赵县",
        grid_id="G1",
        peak_pm25_ug_m3=310.0,
    ),
    answered("03-09 08:00", "03-10 12:00", alarm_id="S4", unit_code="130100", county="长安区", grid_id="G2"),
    answered(
        "03-08 09:00",
        "03-08 20:00",
        alarm_id="Y2",
        unit_code="140300",
        county="郊区",
        grid_id="T85711",
        peak_pm25_ug_m3=222.0,
    ),
    answered(
        "03-09 09:00", "03-09 20:00", alarm_id="Y3", unit_code="140300", county="郊区", grid_id="T85711"
    ),
    {
        "pushed_at": "03-09 21:00",
        "alarm_id": "Y4",
        "unit_code": "140300",
        "county": "郊区",
        "grid_id": "T85711",
    },
    answered("03-10 08:00", "03-10 09:00", alarm_id="X1", unit_code="610100", county="鄠邑区", grid_id="X1"),
    {
        "pushed_at": "03-10 10:00",
        "alarm_id": "T1",
        "unit_code": "140100",
        "grid_id": "T1",
        "upheld_at": "03-10 12:00",
    },
)
PROBLEMS = problems(
    {"problem_id": "P1", "alarm_id": "S1", "found_at": "03-02 11:00", "category": "扬尘（道路）", "rectified_at": "03-03 08:00"},
    {"problem_id": "P2", "alarm_id": "S3", "found_at": "03-08 11:00", "category": "扬尘（道路）", "rectified_at": "03-09 08:00"},
    {"problem_id": "P3", "alarm_id": "S3", "found_at": "03-08 11:30", "category": "其他"},
    {"problem_id": "P4", "alarm_id": "Y2", "found_at": "03-08 19:00", "category": "垃圾露天倾倒", "rectified_at": "03-08 21:00"},
    {"problem_id": "P5", "alarm_id": "X1", "found_at": "03-10 08:30", "category": "露天焚烧", "rectified_at": "03-10 12:00"},
)  # fmt: skip
CITIES = {
    "130100": ("石家庄市", "130000", "河北省"),
    "140100": ("太原市", "140000", "山西省"),
    "140300": ("阳泉市", "140000", "山西省"),
    "610100": ("西安市", "610000", "陕西省"),
}


def stays(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    """City code, first day in the region, first day after it; the default is that all four were always in it."""
    told = rows or tuple((code, "2018-07-01", None) for code in CITIES)
    return pd.DataFrame(
        {
            "unit_code": [row[0] for row in told],
            "unit_name": [CITIES[row[0]][0] for row in told],
            "province_code": [CITIES[row[0]][1] for row in told],
            "province_name": [CITIES[row[0]][2] for row in told],
            "bureau": [f"{CITIES[row[0]][0]}生态环境局" for row in told],
            "address_form": "你市",
            "region": "2+26",
            "valid_from": pd.to_datetime([row[1] for row in told]),
            "valid_to": pd.to_datetime([row[2] for row in told]),
        }
    )


def answers(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Alarm id, unit, note."""
    frame = pd.DataFrame(list(rows), columns=["alarm_id", "unit", "note"])
    nothing = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    return frame.assign(submitted_at=nothing, inspected_at=nothing)


def before(frame: pd.DataFrame, column: str, end: Any) -> pd.DataFrame:
    return frame[frame[column] < pd.Timestamp(end)].reset_index(drop=True)


def facts(alarms: pd.DataFrame, found: pd.DataFrame, at: Windows, **changes: Any) -> WeeklyFacts:
    """The facts of a beat; the window before is seen without the problems that came after its own moment."""
    if at.previous is None:
        earlier, earlier_found = alarms.iloc[:0], found.iloc[:0]
    else:
        earlier = alarms[
            (alarms["pushed_at"] >= at.previous.starts_at) & (alarms["pushed_at"] < at.previous.ends_at)
        ]
        earlier_found = before(found, "found_at", at.previous.as_of)
    values: dict[str, Any] = {
        "states": before(alarms, "pushed_at", at.window.ends_at),
        "problems": before(found, "found_at", at.period.as_of),
        "before_states": earlier.reset_index(drop=True),
        "before_problems": earlier_found[earlier_found["alarm_id"].isin(earlier["alarm_id"])].reset_index(
            drop=True
        ),
        "answers": answers(("S3", "赵县分局", "已清扫。")),
        "stays": stays(),
        "urged": NO_URGES,
    }
    return WeeklyFacts(**{**values, **changes})


def summary(
    alarms: pd.DataFrame = ALARMS,
    found: pd.DataFrame = PROBLEMS,
    period: Period = MIDWEEK,
    choice: CaseChoice = AS_RULED,
    province_code: str = "",
    season: tuple[date, date] = SEASON,
    **changes: Any,
) -> SummaryFigures:
    """The figures of a beat of the tiny region."""
    at = windows(period, season)
    assert at is not None
    return weekly_figures(facts(alarms, found, at, **changes), at, "数据完整。", choice, province_code)


def city(figures: SummaryFigures, code: str) -> CityWeek:
    return next(one for one in figures.cities if one.unit_code == code)


def city_week(
    code: str, answered: int, pushed: int, rank: int | None = None, level: Any = "", **changes: Any
) -> CityWeek:
    """A city by what a table or picture of it needs."""
    name, province_code, province = CITIES.get(code, (f"城市{code}", code[:2] + "0000", "某省"))
    window = FeedbackCounts(pushed=pushed, answered=answered)
    values: dict[str, Any] = {
        "unit_code": code,
        "unit_name": name,
        "province_code": province_code,
        "province_name": province,
        "window": window,
        "previous": None,
        "season": window,
        "rolling": window,
        "rank": rank,
        "is_tied": False,
        "flag": Flag(level),
        "remark": "",
    }
    return CityWeek(**{**values, **changes})

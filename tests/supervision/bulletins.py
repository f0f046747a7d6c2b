"""A tiny region for the tests of the bulletin: grids are squares of a lattice, every number is worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from include.periods import period_ending
from include.supervision.air_quality import WindowLevels, Windows, compare, windows
from include.supervision.bulletin import BulletinFacts, BulletinWindows, MonthWarnings, bulletin_windows
from tests.supervision.states import problems, states
from tests.supervision.summaries import SEASON, stays

COLUMN_DEG, ROW_DEG = 0.033713, 0.027030  # 3 km each way at 37° N
Means = tuple[
    float | None, float | None, float | None
]  # now, a year before, the window before; None: too few days


def windows_ending(period_end: str, season: tuple[date, date] = SEASON) -> BulletinWindows:
    at = bulletin_windows(period_ending("half_month", date.fromisoformat(period_end)), season)
    assert at is not None
    return at


def bounds(column: float, row: float) -> dict[str, float]:
    """The square at (column, row) of a lattice whose origin is 114° E 37° N."""
    west, south = 114 + column * COLUMN_DEG, 37 + row * ROW_DEG
    return {"west": west, "south": south, "east": west + COLUMN_DEG, "north": south + ROW_DEG}


def compared(means: dict[str, Means], window: Windows) -> pd.DataFrame:
    """`air_quality.compare` of places whose means are known: every day is valid, or none."""

    def levels(which: int, dates: Sequence[date]) -> pd.DataFrame:
        values = pd.Series({place: row[which] for place, row in means.items()}, dtype=float)
        days = values.notna() * len(dates)
        return pd.DataFrame({"pm25_ug_m3": values, "valid_days": days, "dust_days": 0})

    found = WindowLevels(
        levels(0, window.current),
        levels(0, window.same_dates),
        levels(1, window.year_before),
        levels(2, window.before),
    )
    return compare(found, window, list(means))


def grid_table(
    rows: dict[str, tuple[str, str, tuple[float, float] | None, Means]], window: Windows
) -> pd.DataFrame:
    """Grids by number: unit_code, county, place in the lattice (None: without bounds), means."""
    empty = dict.fromkeys(("west", "south", "east", "north"), np.nan)
    places = pd.DataFrame.from_dict(
        {
            grid_id: {"unit_code": code, "county": county, "name": f"{county}{grid_id}号网格"}
            | (empty if square is None else bounds(*square))
            for grid_id, (code, county, square, _) in rows.items()
        },
        orient="index",
    )
    return places.join(compared({grid_id: row[3] for grid_id, row in rows.items()}, window))


def enterprise_table(rows: dict[str, tuple[float, float]], **changes: Any) -> pd.DataFrame:
    """Enterprises by number at (column, row) of the lattice, in 赵县 of 石家庄."""
    told = [
        {
            "source": "test",
            "enterprise_id": number,
            "name": f"{number}公司",
            "industry": "铸造",
            "unit_code": "130100",
            "unit_name": "石家庄市",
            "county": "赵县",
            "lon": 114 + column * COLUMN_DEG,
            "lat": 37 + row * ROW_DEG,
            "is_simulated": False,
            **changes,
        }
        for number, (column, row) in rows.items()
    ]
    return pd.DataFrame(told)


def day_table(code: str, values: dict[str, tuple[float, int]]) -> pd.DataFrame:
    """Days of a city (2020-03-01): mean and hours; the IAQI is that of whole breakpoints only."""
    return pd.DataFrame(
        {
            "place_id": code,
            "observed_on": pd.to_datetime(list(values)),
            "pm25_ug_m3": [mean for mean, _ in values.values()],
            "pm25_hours": [hours for _, hours in values.values()],
            "pm25_iaqi": pd.array(
                [int(mean) if hours >= 20 else None for mean, hours in values.values()], dtype="Int64"
            ),
        }
    )


# 石家庄: 35 % over 阳泉, 西安 without a figure; 太原 has the level of 阳泉.
CITY_MEANS: dict[str, Means] = {
    "130100": (81.0, 90.0, 60.0),
    "140100": (60.0, 50.0, 80.0),
    "140300": (60.0, 60.0, None),
    "610100": (None, 70.0, 70.0),
}
# 石家庄: a high-value area of three grids in a row (one of them missing between), the rest lower.
GRIDS: dict[str, tuple[str, str, tuple[float, float] | None, Means]] = {
    "G1": ("130100", "赵县", (0, 0), (120.0, 100.0, 100.0)),
    "G2": ("130100", "赵县", (2, 0), (110.0, 100.0, 100.0)),
    "G3": ("130100", "长安区", (9, 9), (100.0, 125.0, 80.0)),
    "G4": ("130100", "长安区", (20, 0), (60.0, 80.0, 60.0)),
    "G5": ("130100", "长安区", (30, 0), (50.0, None, 50.0)),
    "G6": ("130100", "长安区", (40, 0), (None, 50.0, 50.0)),
    "Y1": ("140300", "郊区", (0, 30), (60.0, 60.0, 60.0)),
}
ENTERPRISES = enterprise_table({"E1": (0.5, 0.5), "E2": (1.5, 0.5), "E3": (2.1, 0.1), "E4": (2.5, 2.5)})


def answered(pushed_at: str, at: str, **row: Any) -> dict[str, Any]:
    return {"pushed_at": pushed_at, "standing_event": "accepted", "standing_submission_at": at, **row}


ALARMS = states(
    answered("03-02 08:00", "03-02 12:00", alarm_id="S1", unit_code="130100", county="赵县", grid_id="G1"),
    answered("03-16 08:00", "03-16 12:00", alarm_id="S2", unit_code="130100", county="赵县", grid_id="G1"),
    answered("03-17 08:00", "03-17 12:00", alarm_id="S3", unit_code="130100", county="赵县", grid_id="G1"),
    {
        "pushed_at": "03-18 08:00",
        "alarm_id": "S4",
        "unit_code": "130100",
        "county": "长安区",
        "grid_id": "G3",
    },
    answered("03-18 09:00", "03-20 12:00", alarm_id="S5", unit_code="130100", county="藁城区", grid_id="X9"),
    {
        "pushed_at": "03-19 08:00",
        "alarm_id": "S6",
        "unit_code": "130100",
        "county": "赵县",
        "grid_id": "G2",
        "upheld_at": "03-20 00:00",
    },
    {"pushed_at": "03-31 12:00", "alarm_id": "Y1", "unit_code": "140300", "county": "郊区", "grid_id": "Y1"},
)
PROBLEMS = problems(
    {"problem_id": "P1", "alarm_id": "S3", "found_at": "03-17 11:00", "category": "扬尘（道路）", "rectified_at": "03-18 08:00"},
    {"problem_id": "P2", "alarm_id": "S3", "found_at": "03-17 11:30", "category": "其他"},
    {"problem_id": "P3", "alarm_id": "S5", "found_at": "03-20 11:00", "category": "扬尘（道路）", "rectified_at": "03-21 08:00"},
)  # fmt: skip
NO_WARNINGS = pd.DataFrame(
    columns=[
        "unit_code",
        "grid_id",
        "reasons",
        "pm25_ug_m3",
        "yoy_pct",
        "pop_pct",
        "county",
        "name",
        "west",
        "south",
        "east",
        "north",
    ]
)
WARNED = pd.DataFrame(
    [
        {"unit_code": "130100", "grid_id": "G1", "reasons": "月均浓度最高", "pm25_ug_m3": 118.0, "yoy_pct": np.nan, "pop_pct": 3.0,
         "in_a_row": 3, "in_a_year": 4, "escalation": "连续3次", "county": "赵县", "name": "赵县G1号网格", **bounds(0, 0)},
        {"unit_code": "130100", "grid_id": "G5", "reasons": "环比变化最差", "pm25_ug_m3": 51.0, "yoy_pct": 1.0, "pop_pct": 9.0,
         "in_a_row": 1, "in_a_year": 1, "escalation": "", "county": "长安区", "name": "长安区G5号网格", **bounds(30, 0)},
        {"unit_code": "130300", "grid_id": "Q1", "reasons": "月均浓度最高", "pm25_ug_m3": 51.0, "yoy_pct": 1.0, "pop_pct": 9.0,
         "in_a_row": 1, "in_a_year": 1, "escalation": "", "county": "海港区", "name": "海港区Q1号网格", **bounds(30, 9)},
    ]
)  # fmt: skip


def bulletin_facts(at: BulletinWindows, **changes: Any) -> BulletinFacts:
    """The facts of the tiny region for a second half of March (or, without warnings, any other half)."""
    window = windows(at.period)
    half = compared(CITY_MEANS, window)
    known = stays()
    days = [
        day_table(
            "130100",
            {
                "2020-03-16": (90.0, 24),
                "2020-03-17": (70.0, 19),
                "2020-03-18": (75.0, 20),
                "2019-03-16": (80.0, 24),
                "2019-03-17": (66.0, 10),
            },
        )
    ]
    pollutants = pd.DataFrame(
        {
            "pm25_ug_m3": [81.0],
            "pm25_valid_days": [16],
            "pm10_ug_m3": [150.0],
            "pm10_valid_days": [13],
            "so2_ug_m3": [9.0],
            "so2_valid_days": [12],
            "co_mg_m3": [np.nan],
            "co_valid_days": [0],
        },
        index=["130100"],
    )
    facts = BulletinFacts(
        cities=known[["unit_code", "unit_name", "province_name", "region", "bureau", "address_form"]],
        stays=known,
        states=ALARMS[ALARMS["pushed_at"] < pd.Timestamp(at.window.ends_at)],
        problems=PROBLEMS,
        half=half.assign(days_over=[1, 0, 0, 0]),
        year=half.assign(before_ug_m3=np.nan, pop_pct=np.nan),
        month=None
        if at.month is None
        else compared({**CITY_MEANS, "140300": (90.0, 60.0, 50.0)}, windows(at.month)),
        without_dust=compared({**CITY_MEANS, "130100": (78.0, 90.0, 60.0)}, window),
        dust_hours=pd.Series({"130100": 5}),
        days=pd.concat(days, ignore_index=True),
        pollutants=pollutants,
        grids=grid_table(GRIDS, window),
        enterprises=ENTERPRISES,
        warnings=None
        if at.month is None
        else MonthWarnings(at.month.start, WARNED, NO_WARNINGS, (date(2019, 4, 1),)),
        air_sources=("air-quality",),
        is_simulated=False,
    )
    return replace(facts, **changes)

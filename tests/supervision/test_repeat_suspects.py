"""Suspects that several alarms of a half-month have in common: counted once an alarm, never for a false one or for nobody."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from include.supervision.bulletin_figures import RepeatSuspect
from include.supervision.figures import Suspected
from include.supervision.repeat_suspects import repeat_suspects


def one(candidate_id: str, score: float, level: str = "medium", kind: str = "enterprise") -> Suspected:
    return Suspected(f"{candidate_id}厂", level, f"理由{score}", candidate_id, kind, score)


def alarms(*rows: tuple[str, str, int, bool]) -> pd.DataFrame:
    told: list[dict[str, Any]] = [
        {
            "alarm_id": alarm_id,
            "grid_id": grid_id,
            "started_at": datetime(2020, 3, day, tzinfo=UTC),
            "is_upheld": is_upheld,
        }
        for alarm_id, grid_id, day, is_upheld in rows
    ]
    return pd.DataFrame(told)


ALARMS = alarms(("A3", "G2", 9, False), ("A1", "G1", 3, False), ("A2", "G1", 5, False), ("A4", "G1", 6, True))
SUSPECTS = {
    "A1": (one("Q1", 0.3), one("Q2", 0.25), one("unlisted", 0.2, "medium", "unlisted")),
    "A2": (one("Q2", 0.7, "high"), one("Q1", 0.2), one("Q3", 0.19, "low")),
    "A3": (
        one("unlisted", 0.5, "high", "unlisted"),
        one("Q2", 0.4),
        Suspected("丙厂", "medium", "旧函", "Q1"),
    ),
    "A4": (one("Q3", 0.9, "high"), one("Q1", 0.8, "high")),
    "A5": (one("Q3", 0.9, "high"), one("Q1", 0.8, "high")),
}
FOUND = (
    RepeatSuspect("Q2", "enterprise", "Q2厂", 3, 1, ("G1", "G2"), datetime(2020, 3, 9, tzinfo=UTC), 1.35, "high", "理由0.7"),
    RepeatSuspect("Q1", "enterprise", "Q1厂", 2, 1, ("G1",), datetime(2020, 3, 5, tzinfo=UTC), 0.5, "medium", "理由0.3"),
)  # fmt: skip


def test_who_is_told_of_several_alarms_is_counted_with_the_alarm_that_pointed_to_it_most() -> None:
    assert repeat_suspects(ALARMS, SUSPECTS) == FOUND


def test_the_order_of_rows_changes_nothing_and_no_suspects_give_none() -> None:
    assert repeat_suspects(ALARMS.iloc[::-1], SUSPECTS) == FOUND
    assert repeat_suspects(ALARMS, {}) == ()
    assert repeat_suspects(ALARMS.iloc[:0], SUSPECTS) == ()


def test_two_kinds_with_one_number_are_two() -> None:
    told = {"A1": (one("7", 0.5, kind="enterprise"),), "A2": (one("7", 0.5, kind="site"),)}
    assert repeat_suspects(ALARMS, told) == ()

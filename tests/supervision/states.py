"""Tiny frames of alarm states and problems, as the SQL files give them."""

from typing import Any

import pandas as pd

INSTANTS = (
    "started_at",
    "last_at",
    "pushed_at",
    "deadline_at",
    "acknowledged_at",
    "standing_submission_at",
    "returned_at",
)


def states(*rows: dict[str, Any]) -> pd.DataFrame:
    """Alarms by what matters to a test; a row names `pushed_at` and what happened, Beijing time as `03-12 08:00`."""
    base = {
        "grid_id": "T1", "city_code": "140300", "county": "郊区", "point_name": "点位", "lon": 113.5, "lat": 37.9,
        "alarm_count": 1, "peak_pm25_ug_m3": 150.0, "is_simulated": False, "source": "test",
        "acknowledged_at": None, "standing_event": None, "standing_submission_at": None, "returned_at": None,
        "dispute_event": None,
    }  # fmt: skip
    filled = []
    for number, row in enumerate(rows, start=1):
        pushed = moment(row["pushed_at"])
        values = {
            "alarm_id": f"A{number}",
            "started_at": pushed,
            "last_at": pushed,
            **base,
            **row,
            "pushed_at": pushed,
        }
        values["deadline_at"] = (
            moment(row["deadline_at"]) if "deadline_at" in row else pushed + pd.Timedelta(hours=24)
        )
        filled.append(values)
    frame = pd.DataFrame(filled)
    for column in INSTANTS:
        frame[column] = pd.to_datetime([moment(value) for value in frame[column]], utc=True).astype(
            "datetime64[us, UTC]"
        )
    return frame


def problems(*rows: dict[str, Any]) -> pd.DataFrame:
    """Problems; a row names `alarm_id` and `found_at`."""
    columns = [
        "problem_id",
        "alarm_id",
        "category",
        "description",
        "found_at",
        "rectify_by_at",
        "rectified_at",
    ]
    base = {"category": "其他", "description": "说明", "rectify_by_at": None, "rectified_at": None}
    filled = [{"problem_id": f"P{number}", **base, **row} for number, row in enumerate(rows, start=1)]
    frame = pd.DataFrame(filled, columns=columns)
    for column in ("found_at", "rectify_by_at", "rectified_at"):
        frame[column] = pd.to_datetime([moment(value) for value in frame[column]], utc=True).astype(
            "datetime64[us, UTC]"
        )
    return frame


def moment(value: Any) -> Any:
    """`03-12 08:00` of 2020, Beijing time."""
    return pd.Timestamp(f"2020-{value}", tz="Asia/Shanghai") if isinstance(value, str) else value

"""Tiny frames of alarm states and problems, as the SQL files give them."""

from typing import Any

import pandas as pd

_HOUR = pd.Timedelta(hours=1)
STEPS = (
    "acknowledged_at",
    "first_answer_at",
    "standing_at",
    "standing_submission_at",
    "returned_at",
    "first_disputed_at",
    "disputed_at",
    "last_disputed_at",
    "upheld_at",
    "rejected_at",
    "closed_at",
    "reopened_at",
)
INSTANTS = ("started_at", "last_at", "pushed_at", "deadline_at", *STEPS)


def states(*rows: dict[str, Any]) -> pd.DataFrame:
    """Alarms by what matters to a test; a row names `pushed_at` and what happened, Beijing time as `03-12 08:00`.

    Short ways: `standing_submission_at` is the first answer too, and the standing step where `standing_event` answers; a return
    stands where `standing_event` is one; `disputed_at` is the first and last dispute.
    """
    base = {
        "grid_id": "T1",
        "unit_code": "140300",
        "county": "郊区",
        "point_name": "点位",
        "lon": 113.5,
        "lat": 37.9,
        "alarm_count": 1,
        "peak_pm25_ug_m3": 150.0,
        "is_simulated": False,
        "source": "test",
        "standing_event": None,
        **dict.fromkeys(STEPS),
    }
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
        values["deadline_at"] = moment(row["deadline_at"]) if "deadline_at" in row else pushed + 24 * _HOUR
        values["first_answer_at"] = values["first_answer_at"] or values["standing_submission_at"]
        if values["standing_event"] == "returned":
            values["standing_at"] = values["standing_at"] or values["returned_at"]
            values["first_answer_at"] = values["first_answer_at"] or pushed + _HOUR
        values["standing_at"] = values["standing_at"] or values["standing_submission_at"]
        for name in ("first_disputed_at", "last_disputed_at"):
            values[name] = values[name] or values["disputed_at"]
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

"""The sheet 疑似来源核查 of an answer form: one row a suspect of an alarm that the form asks about."""

from collections.abc import Iterator
from typing import Any, Final

from include.supervision.figures import AlarmSuspects, FormRow, suspect_code
from include.suspects.wording import LEVELS

WIDTHS: Final = {
    "serial": 5.5,
    "grid_id": 11,
    "point_name": 28,
    "alarm_id": 20,
    "candidate_id": 14,
    "code": 14,
    "name": 30,
    "level": 9,
    "reason": 46,
    "verdict": 18,
    "unit": 20,
    "inspector": 14,
    "note": 38,
}
_UNLISTED: Final = "unlisted"


def suspect_rows(
    letter_key: str, form: tuple[FormRow, ...], suspects: tuple[AlarmSuspects, ...]
) -> Iterator[dict[str, Any]]:
    """Our columns of each row, in the order of the form; 来源不明 is nobody who could be checked."""
    told = {one.alarm_id: one.suspects for one in suspects}
    serial = 0
    for row in form:
        for one in told.get(row.alarm_id, ()):
            if one.kind == _UNLISTED or not one.candidate_id:
                continue
            serial += 1
            yield {
                "serial": serial,
                "grid_id": row.grid_id,
                "point_name": row.point_name,
                "alarm_id": row.alarm_id,
                "candidate_id": one.candidate_id,
                "code": suspect_code(letter_key, row.alarm_id, one.candidate_id),
                "name": one.name,
                "level": LEVELS[one.level],
                "reason": one.reason,
            }

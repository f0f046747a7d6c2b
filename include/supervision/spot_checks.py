"""抽查: which answers of a week are looked into again. Drawn by HMAC, so nobody can know beforehand, and anybody with the key
can draw the same again."""

import hashlib
import hmac
from datetime import date
from math import ceil
from typing import Final

import pandas as pd

from include.periods import DAY
from include.rules import SPOT_CHECKS

RESULTS: Final = {"confirmed": "属实", "not_confirmed": "不实", "undecidable": "无法核实"}
_SUNDAY: Final = 7  # of isoweekday


def week_of(day: date) -> date:
    """The first day, a Sunday, of the week of a day: weeks are those of the mid-week and weekend summaries together."""
    return day - (day.isoweekday() % _SUNDAY) * DAY


def drawn(answers: pd.DataFrame, week_start: date, key: bytes) -> pd.DataFrame:
    """The rows of `answers` (one an alarm: `alarm_id, unit_code`) that are drawn, in the order of the draw.

    `SPOT_CHECKS.share` of the answers, at least one a unit that answered and `SPOT_CHECKS.least` in all, or all of them. The place of
    an answer is the HMAC-SHA-256 of the week and its alarm id; first comes the first of every unit, then the rest.
    """
    places = [
        hmac.new(key, f"{week_start}\n{alarm_id}".encode(), hashlib.sha256).hexdigest()
        for alarm_id in answers["alarm_id"]
    ]
    ordered = answers.assign(place=places).sort_values(["place", "alarm_id"])
    is_first = ~ordered.duplicated("unit_code")
    wanted = max(ceil(round(SPOT_CHECKS.share * len(ordered), 9)), SPOT_CHECKS.least, int(is_first.sum()))
    found = ordered.assign(is_later=~is_first).sort_values(["is_later", "place", "alarm_id"]).head(wanted)
    return found.drop(columns=["place", "is_later"]).reset_index(drop=True)

"""What a letter says of the forms that its unit sent by mail: how many rows came, how many could not be used, and why."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Final

import pandas as pd

from include.supervision.figures import ReceivedForms

LOOK_BACK: Final = timedelta(days=7)  # before the as-of moment: what came earlier was told, or is no news
_NAMED: Final = 3  # reasons, the most frequent first


def received_by_unit(rows: pd.DataFrame) -> dict[str, ReceivedForms]:
    """By unit_code, from rows of sql/forms_received.sql."""
    return {str(code): _received(group) for code, group in rows.groupby("unit_code")}


def _received(rows: pd.DataFrame) -> ReceivedForms:
    told = [one for text in rows["refused_json"] for one in json.loads(text)]
    reasons = Counter(str(one["reason"]) for one in told)
    ranked = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    named = tuple(reason for reason, _ in ranked[:_NAMED])
    alarms = tuple(
        tuple(sorted({one["alarm_id"] for one in told if one["reason"] == reason and one["alarm_id"]}))
        for reason in named
    )
    refused = int(rows["rows_refused"].sum())
    return ReceivedForms(int(rows["rows_taken"].sum()) + refused, refused, named, alarms)

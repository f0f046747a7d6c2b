"""Whose clock: what decides about 按期 is told by a clock that the judged unit does not write.

A step from a source whose clock is `record` keeps the time of the record. One from a source whose clock is `receipt` (inbox, forms)
counts from the moment it reached us; what the unit says about the time is kept beside it as 排查时间 (`inspected_at`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd

from include.rules import UNIT_EVENTS, receipt_second
from include.sources.config import SourceConfig
from include.sources.layout import Layout

TOLERANCE: Final = timedelta(minutes=5)  # between our clock and a platform's
_SECOND, _INSTANT = timedelta(seconds=1), timedelta(microseconds=1)
NOT_A_UNITS: Final = "该来源只代表被督办单位，只能报送签收、反馈和申诉（acknowledged、submitted、disputed）"
TOO_LATE: Final = "晚于收到的时间：反馈不可能发生在收到之后"
NOT_YET: Final = "晚于收到的时间：不可能在收到之后发生"  # of an alarm or a problem


@dataclass(frozen=True)
class Receipt:
    """When a delivery reached us by our own server's clock, and what its source may say."""

    at: datetime
    counts: bool  # the steps count from then
    is_unit: bool
    is_played: bool = False  # our clock is played over a world that is already told to its end

    @classmethod
    def of(cls, source: SourceConfig, at: datetime, *, is_form: bool = False) -> Receipt:
        """Of a source's delivery; an answer form speaks for its unit and counts from its receipt, wherever it lay."""
        return cls(at, is_form or source.counts_by_receipt, is_form or source.is_unit, source.is_played)


def by_receipt(layout: Layout, own: pd.DataFrame, receipt: Receipt) -> pd.DataFrame:
    """The text rows with the receipt as the time of the step, and the time that came with it as 排查时间."""
    if layout.name != "feedback" or not receipt.counts:
        return own
    claimed = own["inspected_at"].where(own["inspected_at"] != "", own["event_at"])
    at = receipt_second(receipt.at).astimezone(UTC)
    return own.assign(inspected_at=claimed, event_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")


def misfits_of(layout: Layout, rows: pd.DataFrame, receipt: Receipt) -> list[tuple[pd.Series[Any], str, str]]:
    """Checked rows that the clock or the speaker forbids: a mask, the field, the reason."""
    is_asked = layout.name == "feedback" or not receipt.is_played
    found = too_late(layout, rows, pd.Series(pd.Timestamp(receipt.at), index=rows.index)) if is_asked else []
    if receipt.is_unit and layout.name == "feedback":
        found.append((~rows["event"].isin(UNIT_EVENTS), "event", NOT_A_UNITS))
    return found


def too_late(
    layout: Layout, rows: pd.DataFrame, received_at: pd.Series[Any]
) -> list[tuple[pd.Series[Any], str, str]]:
    """Checked rows that tell of a time after their receipt: a mask, the field, the reason. Deadlines and promises may lie there."""
    latest = latest_told(pd.to_datetime(pd.Series(received_at.to_numpy(), index=rows.index), utc=True))
    reason = TOO_LATE if layout.name == "feedback" else NOT_YET
    return [(rows[name] > latest, name, reason) for name in told_moments(layout)]


def latest_told(received_at: pd.Series[Any]) -> pd.Series[Any]:
    """Until when what reached us at these moments may say that it happened. A receipt is kept to its second: of what comes in a second
    nobody knows later when in it, so its tolerance is counted from the second's end."""
    latest: pd.Series[Any] = received_at.dt.floor("s") + (_SECOND + TOLERANCE - _INSTANT)
    return latest


def told_moments(layout: Layout) -> tuple[str, ...]:
    """The columns of a table that tell when something happened; none of reference data."""
    return (*layout.changes, "inspected_at") if layout.name == "feedback" else layout.changes

"""Levels in the cadence: what the office above pushed and decided comes down, what became of it here goes up; every five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from include.errors import QianliyanError
from include.exchange.upward import report_upward, uppers
from include.house import House
from include.periods import midnight
from include.sources.ledger import ensure_covered

_LOOKS_BACK: Final = timedelta(days=3)  # older gaps are the daily pull's


def exchange_levels(house: House, now: datetime, actor: str) -> dict[str, dict[str, Any]]:
    """One round with every office above, by its source's name; `trouble` says why one could not be reached."""
    done: dict[str, dict[str, Any]] = {}
    for upper in uppers(house):
        summary: dict[str, Any] = {}
        try:
            start = max(now - _LOOKS_BACK, midnight(house.season[0]))
            end = min(now, midnight(house.season[1]))
            if start < end:
                pulls = ensure_covered(house.engine, [upper], start, end, now=now)
                summary["rows_new"] = sum(one.new + one.revised for one in pulls)
                summary["rows_quarantined"] = sum(one.quarantined for one in pulls)
            told = report_upward(house, upper, now=now, actor=actor)
        except QianliyanError as error:
            done[upper.name] = {**summary, "trouble": str(error)}
            continue
        done[upper.name] = {
            **summary,
            "sent": told.sent,
            "refused": told.refused,
            "waiting": told.waiting,
            "taken_back": told.taken_back,
            "told_again": told.told_again,
            "trouble": told.trouble,
        }
    return done

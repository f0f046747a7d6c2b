"""When a grid's alarms open a case, or open one again; pure: a function of pushes, of how the last case ended, and of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from include.chain.dissection.values import ACCEPTED, OPENED, REOPENED, Case
from include.rules import DissectionRules


@dataclass(frozen=True)
class Push:
    """One alarm of a grid that counts (not 误报), and when it was pushed."""

    pushed_at: datetime
    alarm_id: str


@dataclass(frozen=True)
class Opening:
    """A case opens at the push of `alarm_id`: `event` is opened (a new case) or reopened (the last one)."""

    event: str
    at: datetime
    alarm_id: str


def opening(pushes: Sequence[Push], last: Case | None, rules: DissectionRules) -> Opening | None:
    """What the pushes of one grid say of it, given its last case; None while that runs, or where they are too few.

    A case that was accepted is opened again by the `again`-th alarm within `within` after its acceptance. Else a new one opens at
    the alarm that is the `alarms`-th within `within`. Alarms up to the end of the last case count for neither.
    """
    if last is not None and not last.is_ended:
        return None
    told = sorted(set(pushes), key=lambda one: (one.pushed_at, one.alarm_id))
    if last is not None and last.ended_at is not None:
        ended_at = last.ended_at
        told = [one for one in told if one.pushed_at > ended_at]
        if last.state == ACCEPTED and len(told) >= rules.again:
            deciding = told[rules.again - 1]
            if deciding.pushed_at <= ended_at + rules.within:
                return Opening(REOPENED, deciding.pushed_at, deciding.alarm_id)
    for first, deciding in zip(told, told[rules.alarms - 1 :], strict=False):
        if deciding.pushed_at - first.pushed_at <= rules.within:
            return Opening(OPENED, deciding.pushed_at, deciding.alarm_id)
    return None

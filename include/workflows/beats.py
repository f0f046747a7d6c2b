"""Enters the shipped workflows in the register: which of them makes the letters of which kind of window."""

from types import ModuleType
from typing import Final

from include.office.register import BEATS, Beat
from include.workflows import alarm_push, daily_dispatch, half_monthly_bulletin, weekly_summary

_SHIPPED: Final[dict[ModuleType, tuple[str, ...]]] = {
    daily_dispatch: ("day",),
    weekly_summary: ("midweek", "weekend"),
    half_monthly_bulletin: ("half_month",),
}
BEATS.append(Beat(alarm_push.WINDOWS, alarm_push.due_letters, alarm_push.due_keys))
BEATS.extend(Beat(windows, workflow.due_letters, workflow.due_keys) for workflow, windows in _SHIPPED.items())

"""Which workflow makes the letters of which kind of window."""

from types import ModuleType
from typing import Final

from include.workflows import daily_dispatch, half_monthly_bulletin, weekly_summary

BEATS: Final[dict[str, ModuleType]] = {
    "day": daily_dispatch, "midweek": weekly_summary, "weekend": weekly_summary, "half_month": half_monthly_bulletin
}  # fmt: skip

"""Which rules hold for a unit on a date: the house's defaults, and what the profile says otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from include import rules as defaults
from include.profile.values import RuleChange

_LENGTH: Final = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*(min|h|d)")
_DISTANCE: Final = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*km")
_SHORTEST, _LONGEST, _MOST = timedelta(minutes=1), timedelta(days=366), 1_000_000
_SECONDS: Final = {"min": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Rules:
    """Every rule that a profile may change, by group."""

    deadlines: defaults.Deadlines = defaults.DEADLINES
    low_response: defaults.LowResponse = defaults.LOW_RESPONSE
    selection: defaults.GridSelection = defaults.GRID_SELECTION
    summary: defaults.SummaryRules = defaults.SUMMARY


@dataclass(frozen=True)
class RuleBook:
    """The defaults and the changes of a profile."""

    changes: tuple[RuleChange, ...] = field(default=())

    def on(self, day: date, unit_code: str = "") -> Rules:
        """The rules of a unit on a date (of no unit in particular: what holds for all). A unit's own change goes before one for all;
        of these the latest that holds."""
        return _resolved(self.changes, day, unit_code) if self.changes else DEFAULTS

    def units(self) -> tuple[str, ...]:
        """The units that have rules of their own."""
        return tuple(sorted({change.unit_code for change in self.changes if change.unit_code}))


DEFAULTS: Final = Rules()


@lru_cache(maxsize=4096)
def _resolved(changes: tuple[RuleChange, ...], day: date, unit_code: str) -> Rules:
    found = DEFAULTS
    holding = [
        change for change in changes if change.unit_code in ("", unit_code) and change.valid_from <= day
    ]
    for change in sorted(holding, key=lambda one: (bool(one.unit_code), one.valid_from)):
        group, _, name = change.name.partition(".")
        found = replace(found, **{group: replace(getattr(found, group), **{name: change.value})})
    return found


# Of a whole office: they judge all units together, so that one unit has none of its own.
OFFICE_RULES: Final = (
    "summary.leading_share",
    "summary.leading_problems",
    "summary.rise_share",
    "summary.rise_problems",
)
# The rules that a profile may change, for all units or for one: those that are asked for by unit and date.
RULE_NAMES: Final = (
    "deadlines.feedback",
    "low_response.remind_overdue",
    "low_response.remind_late",
    "low_response.urge_overdue",
    "low_response.urge_late",
    "low_response.repeat_dates",
    "summary.repeat_alarms",
    "summary.none_found_answers",
    *OFFICE_RULES,
    *(f"selection.{one.name}" for one in fields(defaults.GridSelection)),
)


def rule_value(name: str, told: Any) -> timedelta | int | float:
    """What a profile says about a rule, in the type of the rule: a length of time with its unit (`24 h`, `7 d`, `30 min`), a distance
    (plain or `3 km`), a number. Raises ValueError, which says what is expected."""
    group, _, field_name = name.partition(".")
    default = getattr(_group(group), field_name)
    if isinstance(default, timedelta):
        found = _LENGTH.fullmatch(told.strip()) if isinstance(told, str) else None
        length = timedelta(seconds=float(found[1]) * _SECONDS[found[2]]) if found else None
        if length is None or not _SHORTEST <= length <= _LONGEST:
            raise ValueError("a length of time with its unit, from 1 min to 366 d: 30 min, 24 h or 7 d")
        return length
    if field_name.endswith("_km") and isinstance(told, str) and (found := _DISTANCE.fullmatch(told.strip())):
        told = float(found[1])
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    is_share = field_name.endswith(("_share", "_coverage")) or field_name.startswith("weight_")
    most = 1 if is_share else _MOST
    if not is_number or not 0 <= told <= most or (isinstance(default, int) and told != int(told)):
        if isinstance(default, int):
            raise ValueError(f"a whole number, not negative, without a unit, at most {_MOST}")
        raise ValueError("a share from 0 to 1" if is_share else f"a number, not negative, at most {_MOST}")
    return int(told) if isinstance(default, int) else float(told)


def _group(name: str) -> Any:
    return getattr(DEFAULTS, name)

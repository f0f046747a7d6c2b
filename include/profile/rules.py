"""Which rules hold for a unit on a date: the house's defaults, and what the profile says otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from include import rules as defaults
from include.profile.values import RuleChange

_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d)")
_SECONDS: Final = {"min": 60, "h": 3600, "d": 86400}
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(μg/m³|ug/m3|km|%)")


@dataclass(frozen=True)
class Rules:
    """Every rule that a profile may change, by group."""

    deadlines: defaults.Deadlines = defaults.DEADLINES
    low_response: defaults.LowResponse = defaults.LOW_RESPONSE
    notice: defaults.NoticeRules = defaults.NOTICE
    alarm_push: defaults.AlarmPush = defaults.ALARM_PUSH
    summary: defaults.SummaryRules = defaults.SUMMARY
    bulletin: defaults.BulletinRules = defaults.BULLETIN
    spot_checks: defaults.SpotChecks = defaults.SPOT_CHECKS
    answer_quality: defaults.AnswerQuality = defaults.ANSWER_QUALITY
    selection: defaults.GridSelection = defaults.GRID_SELECTION


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


def rule_names() -> list[str]:
    """The name of every rule: group.field."""
    return [f"{group.name}.{one.name}" for group in fields(Rules) for one in fields(_group(group.name))]


def rule_value(name: str, told: Any) -> Any:
    """What a profile says about a rule in the type of the rule: lengths of time with their unit (`24 h`, `7 d`, `30 min`),
    concentrations (`50 μg/m³`), distances (`3 km`) and per cents where the name says so, plain numbers otherwise. Raises ValueError, which says what is expected."""
    group, _, field_name = name.partition(".")
    default = getattr(_group(group), field_name)
    if isinstance(default, timedelta):
        return _length(told)
    unit = _unit_of(field_name)
    if isinstance(told, str):
        found = _AMOUNT.fullmatch(told.strip())
        told_unit = found[2].replace("ug/m3", "μg/m³") if found else ""
        if found is None or not unit or told_unit != unit:
            raise ValueError(_expected(default, unit))
        told = float(found[1])
    if isinstance(told, bool) or not isinstance(told, int | float) or told < 0:
        raise ValueError(_expected(default, unit))
    if isinstance(default, int):
        if told != int(told):
            raise ValueError(_expected(default, unit))
        return int(told)
    if field_name.endswith("share") and told > 1:
        raise ValueError("a share from 0 to 1")
    return float(told)


def _length(told: Any) -> timedelta:
    found = _LENGTH.fullmatch(told.strip()) if isinstance(told, str) else None
    if found is None:
        raise ValueError("a length of time with its unit: 30 min, 24 h or 7 d")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def _unit_of(field_name: str) -> str:
    units = {"_ug_m3": "μg/m³", "_km": "km", "_pct": "%"}
    return next((unit for ending, unit in units.items() if field_name.endswith(ending)), "")


def _expected(default: Any, unit: str) -> str:
    kind = "a whole number" if isinstance(default, int) else "a number"
    return f"{kind}, not negative" + (f", plain or in {unit}" if unit else ", without a unit")


def _group(name: str) -> Any:
    return getattr(DEFAULTS, name)

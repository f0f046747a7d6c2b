"""By which rules a summary was judged: the office's, and those of the units that have rules of their own. They are frozen with its
figures, so that a summary made again cites what it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from include.profile.current import rules_on
from include.rules import LOW_RESPONSE, SUMMARY, LowResponse, SummaryRules


@dataclass(frozen=True)
class UnitRules:
    """The rules of one unit that differ from the office's."""

    unit_code: str
    unit_name: str
    low_response: LowResponse
    summary: SummaryRules


@dataclass(frozen=True)
class JudgedBy:
    """`units`: those with rules of their own, by code."""

    low_response: LowResponse = LOW_RESPONSE
    summary: SummaryRules = SUMMARY
    units: tuple[UnitRules, ...] = ()

    def of(self, unit_code: str) -> UnitRules:
        """The rules of one unit."""
        own = (one for one in self.units if one.unit_code == unit_code)
        return next(own, UnitRules(unit_code, "", self.low_response, self.summary))


HOUSE = JudgedBy()  # what summaries were judged by that do not say it


def rules_of(names: Mapping[str, str], day: date) -> JudgedBy:
    """The rules on a date of the units `names` (by code)."""
    office = rules_on(day)
    found = ((code, rules_on(day, code)) for code in sorted(names))
    units = tuple(
        UnitRules(code, names[code], rules.low_response, rules.summary)
        for code, rules in found
        if (rules.low_response, rules.summary) != (office.low_response, office.summary)
    )
    return JudgedBy(office.low_response, office.summary, units)

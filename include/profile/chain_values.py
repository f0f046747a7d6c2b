"""The chain of an office as values: how long each step may take, whose it is, and to whom an alarm goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from include.rules import ChainRules, DissectionRules

SLOTS: Final = ("assign", "acknowledge", "report", "review", "rectify", "accept", "write_off")
"""What a person of the office may be named for; each but the first with a time of its own."""


@dataclass(frozen=True)
class Duty:
    """Whose a step is: `person` does it, `deputy` stands in, `leader` is told once it is escalated (提级) and may then do it. Empty:
    whoever may act at the desk."""

    person: str = ""
    deputy: str = ""
    leader: str = ""


@dataclass(frozen=True)
class AssignRule:
    """To whom an alarm goes that lies in one of `places` (unit codes or counties; empty: anywhere) and of which one of `categories` is
    suspected first (empty: whatever, or nothing). `lead`, `joint`: unit codes; an empty lead is the unit that the alarm is of."""

    places: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lead: str = ""
    joint: tuple[str, ...] = ()
    line: int = 0

    def holds(self, places: set[str], category: str) -> bool:
        """Whether it is about an alarm at these places, with this first suspicion (empty: none)."""
        return (not self.places or bool(places & set(self.places))) and (
            not self.categories or category in self.categories
        )


@dataclass(frozen=True)
class ChainSettings:
    """The chain of this office. `is_automatic`: new alarms are handed on by its rules, without a person. `tells_superior`: 反馈单 goes to
    the unit above, too. `dissection`: when a grid's alarms open a case of 解剖分析."""

    rules: ChainRules = field(default_factory=ChainRules)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    assign: tuple[AssignRule, ...] = ()
    is_automatic: bool = False
    tells_superior: bool = False
    dissection: DissectionRules = field(default_factory=DissectionRules)

    def duty(self, slot: str) -> Duty:
        """Whose the step is."""
        return self.duties.get(slot, Duty())

    def is_escalated(self, due_at: datetime | None, as_of: datetime) -> bool:
        """Whether what was due then is 提级 at a moment."""
        return due_at is not None and as_of > due_at + self.rules.escalate_after

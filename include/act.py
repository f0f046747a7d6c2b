"""Who does something, when, and why: what every change of state takes, and what the audit trail keeps of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Act:
    """`now` is the moment of the act, handed down and never read from the clock here; `actor` a person, a run or a round; `reason` in
    Chinese, as an operator reads it."""

    now: datetime
    actor: str
    reason: str = ""

"""What a case of 解剖分析 says, as of a moment: all that its page shows and its draft is written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from include.chain.dissection.effect import Difference, Ratio
from include.chain.dissection.findings import Unheld, Visit
from include.chain.dissection.values import Case


@dataclass(frozen=True)
class Effect:
    """Before and after the measures of the present round. Spans are half-open at their beginning: alarms in (start, end].

    `ratio`: alarms a day, after over before; `adjusted`: against the office's other grids; `air`: daily PM2.5 of the grid above the
    median of the other grids, after minus before. Each None where it cannot be said.
    """

    before_from_at: datetime
    before_until_at: datetime
    after_from_at: datetime
    after_until_at: datetime
    before_alarms: int
    after_alarms: int
    others_before: int
    others_after: int
    ratio: Ratio | None
    adjusted: Ratio | None
    air: Difference | None


@dataclass(frozen=True)
class NamedSuspect:
    """One candidate over all alarms that were ranked: of how many it is a suspect and of how many the first, its mean probability,
    and what inspections said."""

    name: str
    kind: str
    alarms: int
    first: int
    mean_score: float
    found: int
    not_found: int


@dataclass(frozen=True)
class CaseFigures:
    """One case as of a moment. `visits`: every alarm of the grid that counts, from the first of the rule's days before the case on;
    `wind`: in words, `winds`: shares of the hours by direction; `ranked_alarms`: of how many alarms suspects are known;
    `effect` is None before a measure was done for long enough, `effect_from_at` says from when on it will be there."""

    case_id: str
    grid_id: str
    case_no: int
    county: str
    point_name: str
    unit_name: str
    as_of: datetime
    case: Case
    visits: tuple[Visit, ...]
    unheld: tuple[Unheld, ...]
    wind: str
    winds: tuple[tuple[str, float], ...]
    suspects: tuple[NamedSuspect, ...]
    ranked_alarms: int
    unit_names: dict[str, str]
    effect: Effect | None
    effect_from_at: datetime | None
    is_simulated: bool

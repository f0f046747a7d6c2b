"""The suspects and winds of several alarms together: who is named again and again, and from where the wind came; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.suspects.kinds import DIRECTIONS


@dataclass(frozen=True)
class Ranked:
    """One suspect of one alarm: its place in the ranking from 1, its score, and what an inspection said (found, not_found or empty)."""

    alarm_id: str
    rank: int
    candidate_id: str
    name: str
    kind: str
    score: float
    verdict: str = ""


@dataclass(frozen=True)
class Repeated:
    """One candidate over all alarms: of how many it is a suspect and of how many the first; `mean_score`: over all alarms that have
    suspects, 0 where it is none of them; `found`, `not_found`: how often an inspection said so."""

    name: str
    kind: str
    alarms: int
    first: int
    mean_score: float
    found: int
    not_found: int


def repeated(ranked: Iterable[Ranked], most: int) -> tuple[Repeated, ...]:
    """At most so many candidates, the most suspected first."""
    rows = list(ranked)
    alarms = len({one.alarm_id for one in rows})
    told = []
    for candidate_id in sorted({one.candidate_id for one in rows}):
        own = [one for one in rows if one.candidate_id == candidate_id]
        told.append(
            Repeated(
                own[-1].name,
                own[-1].kind,
                len({one.alarm_id for one in own}),
                sum(one.rank == 1 for one in own),
                sum(one.score for one in own) / alarms,
                sum(one.verdict == "found" for one in own),
                sum(one.verdict == "not_found" for one in own),
            )
        )
    return tuple(sorted(told, key=lambda one: (-one.mean_score, one.name))[:most])


def wind_shares(hours: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, float], ...]:
    """`(direction it came from, share)` over the hours of all alarms that have a direction, in the order of the compass; none without."""
    windy = [one for one in hours if one["wind_from_deg"] is not None]
    if not windy:
        return ()
    count = dict.fromkeys(DIRECTIONS, 0)
    for one in windy:
        count[DIRECTIONS[round(float(one["wind_from_deg"]) / 45) % 8]] += 1
    return tuple((name, number / len(windy)) for name, number in count.items() if number)

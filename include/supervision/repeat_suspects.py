"""Suspects that several alarms of a half-month have in common (疑似重复来源): whom a city should look at before all others."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from include.rules import BULLETIN, SUSPECT_BASES
from include.supervision.bulletin_figures import RepeatSuspect
from include.supervision.figures import Suspected

_UNLISTED = "unlisted"


def repeat_suspects(
    alarms: pd.DataFrame, suspects: Mapping[str, tuple[Suspected, ...]]
) -> tuple[RepeatSuspect, ...]:
    """The suspects told of at least `BULLETIN.repeat_alarms` of these judged alarms with a chance of `BULLETIN.repeat_chance` or
    more, by how many alarms, then by their summed chances, then by identifier.

    `alarms`: alarm_id, grid_id, started_at, is_upheld (false alarms count for nobody). `suspects`: by alarm, as letters tell
    them. 来源不明 is nobody who could be looked at twice.
    """
    told: dict[tuple[str, str], list[tuple[Any, int, Suspected]]] = {}
    for alarm in alarms[~alarms["is_upheld"]].sort_values(["started_at", "alarm_id"]).itertuples():
        for place, one in enumerate(suspects.get(str(alarm.alarm_id), ()), start=1):
            if one.kind != _UNLISTED and (one.score or 0.0) >= BULLETIN.repeat_chance:
                told.setdefault((one.kind, one.candidate_id), []).append((alarm, place, one))
    rows = [_row(seen) for seen in told.values() if len(seen) >= BULLETIN.repeat_alarms]
    return tuple(sorted(rows, key=lambda one: (-one.alarms, -one.score_sum, one.kind, one.candidate_id)))


def _row(seen: list[tuple[Any, int, Suspected]]) -> RepeatSuspect:
    suspect = max((one for _, _, one in seen), key=lambda one: one.score or 0.0)
    return RepeatSuspect(
        candidate_id=suspect.candidate_id,
        kind=suspect.kind,
        name=suspect.name,
        alarms=len(seen),
        first_places=sum(place == 1 for _, place, _ in seen),
        grid_ids=tuple(sorted({str(alarm.grid_id) for alarm, _, _ in seen})),
        last_at=pd.Timestamp(seen[-1][0].started_at).to_pydatetime(),
        score_sum=round(sum(one.score or 0.0 for _, _, one in seen), 6),
        level=suspect.level,
        reason=suspect.reason,
        basis=tuple(name for name in SUSPECT_BASES if any(name in one.basis for _, _, one in seen)),
    )

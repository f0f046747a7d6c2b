"""What a letter may say of suspects: the first ones of each alarm in words, by what was known at its as-of moment. Always 疑似."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from include.store.suspects import suspects_for_letters
from include.supervision.figures import Suspected
from include.suspects.rules import LEAST_TOLD, SUSPECTS_TOLD
from include.suspects.wording import reason_words, suspect_name

_HOUR = timedelta(hours=1)
_FOUND = "现场核查已发现问题"


def suspected(
    connection: Connection, alarm_ids: Iterable[str], as_of: datetime
) -> dict[str, tuple[Suspected, ...]]:
    """The first suspects of each alarm that has any: the first one always, the others where they are not all but ruled out.

    An alarm of the watch is told by the ranking of its push, another by its own hours, if they had all ended by `as_of`. Left
    out: what a person struck out, whenever that was, and where an inspection up to `as_of` found nothing.
    """
    found: dict[str, tuple[Suspected, ...]] = {}
    rows = suspects_for_letters(connection, list(alarm_ids))
    for alarm_id, rankings in rows.groupby("alarm_id", sort=False):
        for _, ranking in rankings.groupby(["is_whole", "ranked_id"], sort=False):
            if told := _told(ranking, as_of):
                found[str(alarm_id)] = told
                break
    return found


def as_suspected(
    candidate_id: str, score: float, suspect: dict[str, Any], is_found: bool = False
) -> Suspected:
    """One suspect in words, from its stored evidence."""
    reason = reason_words(suspect)
    return Suspected(
        suspect_name(suspect),
        suspect["level"],
        f"{_FOUND}；{reason}" if is_found else reason,
        candidate_id,
        str(suspect["kind"]),
        round(score, 6),
    )


def _told(ranking: pd.DataFrame, as_of: datetime) -> tuple[Suspected, ...]:
    told: list[Suspected] = []
    for row in ranking.to_dict("records"):
        evidence = json.loads(row["evidence_json"])
        if row["is_whole"] and not _is_over(evidence, as_of):
            return ()
        is_known = row["verdict"] is not None and pd.Timestamp(row["decided_at"]) <= pd.Timestamp(as_of)
        if is_known and row["verdict"] == "not_found":
            continue
        if len(told) == SUSPECTS_TOLD or (told and row["score"] < LEAST_TOLD):
            break
        is_found = is_known and row["verdict"] == "found"
        told.append(as_suspected(row["enterprise_id"], float(row["score"]), evidence, is_found))
    return tuple(told)


def _is_over(evidence: dict[str, Any], as_of: datetime) -> bool:
    """Whether all hours that a ranking rests on had ended: the first suspect carries them."""
    hours = evidence.get("hours", [])
    return all(pd.Timestamp(one["hour"]) + _HOUR <= pd.Timestamp(as_of) for one in hours)

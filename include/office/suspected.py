"""What a letter may say of suspects: the first ones of each alarm in words, by what was known at its as-of moment. Always 疑似."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from include.language import say
from include.store.suspects import suspects_for_letters
from include.supervision.figures import Suspected
from include.suspects.rules import DEFAULT_RULES, LEAST_TOLD, SUSPECTS_TOLD
from include.suspects.wording import judged_by, reason_words, suspect_name, wind_words

_FOUND = "现场核查已发现问题"


def suspected(
    connection: Connection, alarm_ids: Iterable[str], as_of: datetime
) -> dict[str, tuple[Suspected, ...]]:
    """The first suspects of each alarm that has any: the first one always, the others where they are not all but ruled out.

    An alarm is told by what was known when it was raised or pushed; one that the watch saw too, by the ranking of the watch.
    Left out: what a person struck out, whenever that was, and where an inspection up to `as_of` found nothing.
    """
    found: dict[str, tuple[Suspected, ...]] = {}
    rows = suspects_for_letters(connection, list(alarm_ids))
    for alarm_id, rankings in rows.groupby("alarm_id", sort=False):
        for _, ranking in rankings.groupby("ranked_id", sort=False):
            if told := _told(ranking, as_of):
                found[str(alarm_id)] = told
                break
    return found


def as_suspected(
    candidate_id: str, score: float, suspect: dict[str, Any], is_found: bool = False
) -> Suspected:
    """One suspect in words, from its stored evidence; the first of an alarm, which carries its hours, also tells the wind."""
    hours = suspect.get("hours")
    reason = reason_words(suspect, wind_words(hours) if hours else "")
    return Suspected(
        suspect_name(suspect),
        suspect["level"],
        say("{found}；{reason}", found=_FOUND, reason=reason) if is_found else reason,
        candidate_id,
        str(suspect["kind"]),
        round(score, 6),
        judged_by(suspect),
    )


def without_struck(ranking: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of one ranking, by rank, with their `evidence`; without those that a person struck out. The chances of the others are
    then those of what is left, and the first of them carries the alarm's hours."""
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} | {"evidence": json.loads(row["evidence_json"])}
        for row in ranking.sort_values("rank").to_dict("records")
    ]
    left = [row for row in rows if row["verdict"] != "struck"]
    if not left or len(left) == len(rows):
        return left
    share = 1.0 - sum(float(row["score"]) for row in rows if row["verdict"] == "struck")
    for row in left:
        row["score"] = min(round(float(row["score"]) / share, 6), 1.0) if share > 0 else float(row["score"])
        row["evidence"]["level"] = DEFAULT_RULES.level_of(row["score"])
    left[0]["evidence"]["hours"] = rows[0]["evidence"].get("hours")
    return left


def _told(ranking: pd.DataFrame, as_of: datetime) -> tuple[Suspected, ...]:
    told: list[Suspected] = []
    for row in without_struck(ranking):
        is_known = row["verdict"] is not None and pd.Timestamp(row["decided_at"]) <= pd.Timestamp(as_of)
        if is_known and row["verdict"] == "not_found":
            continue
        if len(told) == SUSPECTS_TOLD or (told and row["score"] < LEAST_TOLD):
            break
        is_found = is_known and row["verdict"] == "found"
        told.append(as_suspected(row["enterprise_id"], float(row["score"]), row["evidence"], is_found))
    return tuple(told)

"""Suspects for people: one alarm's list with reasons, hit rates by the field's findings. Always 疑似, never in a public output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from include.errors import StateError
from include.language import say
from include.store.engine import reading
from include.store.statements import frame
from include.store.suspects import inspected_suspects, suspects_of
from include.suspects.hits import hit_rates
from include.suspects.points import TERMS, score_points, terms_of
from include.suspects.wording import KINDS, LEVELS, reason_words, suspect_name

VERDICT_WORDS: Final = {"struck": "已剔除", "found": "核查有问题", "not_found": "核查无问题"}
_SHOWN: Final = ["排名", "编号", "名称", "可能性", "理由", "核查"]
_SEEN: Final = [
    "alarm_id",
    "rank",
    "candidate_id",
    "kind",
    "name",
    "chance",
    "level",
    "verdict",
    "verdict_reason",
    "reason",
    "distance_km",
    "peak_km",
    "peak_ug_m3",
    "east_km",
    "north_km",
    "upwind",
    "windy",
    "has_increments",
    "is_metered",
    "running_hours",
    "idle_hours",
    "off_hours",
    "ran_before",
    "idled_before",
    "unusual_hour",
    "same_place",
]
_SUMMED: Final = ["unlisted_points", "utility", "log_sum", "others", "others_score", "edition"]


@dataclass(frozen=True)
class AlarmSuspects:
    """`suspects`: as kept (columns of `ranking.EVIDENCE`, `verdict`, `reason`); `hours`: the alarm's hours with their wind."""

    alarm_id: str
    grid_id: str
    started_at: datetime
    is_simulated: bool
    suspects: list[dict[str, Any]]
    hours: list[dict[str, Any]]


def suspect_table(engine: Engine, alarm_id: str) -> tuple[pd.DataFrame, AlarmSuspects]:
    """One row a suspect, ready to read, and what it rests on. Struck ones stand last and say why.

    Raises StateError where the alarm is not known; an alarm without a place has no rows.
    """
    with reading(engine) as connection:
        about = frame(connection, "alarms_to_suspect", alarm_ids=(alarm_id,))
        kept = suspects_of(connection, [alarm_id])
    if about.empty:
        raise StateError(
            "no such alarm", where=f"suspects show {alarm_id}", todo="see `watch export` or the desk"
        )
    suspects = _read(kept)
    told = AlarmSuspects(
        alarm_id,
        str(about["grid_id"].iloc[0]),
        about["started_at"].iloc[0].to_pydatetime(),
        bool(about["is_simulated"].iloc[0]),
        suspects,
        suspects[0]["hours"] if suspects else [],
    )
    rows = [
        _shown(one) for one in sorted(suspects, key=lambda one: (one["verdict"] == "struck", one["rank"]))
    ]
    return pd.DataFrame(rows, columns=_SHOWN), told


def suspect_numbers(about: AlarmSuspects) -> pd.DataFrame:
    """One row a suspect, by rank, for machines: alarm_id, rank, candidate_id, kind, name, chance (0 to 1), level, verdict,
    verdict_reason, reason, what was seen, each term of the score (`TERM`) with what it adds (`TERM_points`, to six decimals) by the
    rules under which the alarm was ranked, `utility` (their sum), `log_sum` (of all candidates: chance = exp(utility - log_sum)), `others` and `others_score` (how many
    candidates are not listed, and their chance together) and the rules' edition."""
    if not about.suspects:
        return pd.DataFrame(columns=_numbers(TERMS))
    frame = pd.DataFrame(about.suspects).sort_values("rank", ignore_index=True)
    points = score_points(frame)
    told = frame.assign(
        chance=frame["score"],
        verdict_reason=frame["reason"],
        reason=[reason_words(one) for one in about.suspects],
        **{f"{name}_points": points[name] for name in points},
    )
    return told.reindex(columns=_numbers(terms_of(str(frame["edition"].iloc[0]))))


def points_table(numbers: pd.DataFrame) -> pd.DataFrame:
    """The score of `suspect_numbers` for people, narrow enough for a terminal: one row a term that says something of any suspect, then
    `utility` and `log_sum`; one column a suspect, named by its rank."""
    names = [name for name in numbers if str(name).endswith("_points")]
    said = [name for name in names if (numbers[name] != 0).any()]
    table = numbers[[*said, "utility", "log_sum"]].astype(float).T
    table.columns = pd.Index(numbers["rank"].astype(str))
    table.insert(0, say("得分项"), [str(name).removesuffix("_points") for name in table.index])
    return table.reset_index(drop=True)


def _numbers(terms: Sequence[str]) -> list[str]:
    pairs = [name for term in terms for name in (term, f"{term}_points")]
    return [*(name for name in _SEEN if name not in terms), *pairs, *_SUMMED]


def hit_table(engine: Engine) -> pd.DataFrame:
    """How often each method was right, by inspections of its alarms, as of `hit_rates`: n/N, never a bare share."""
    with reading(engine) as connection:
        rows = _read(inspected_suspects(connection))
    rates = hit_rates(pd.DataFrame(rows, columns=_columns(rows)))
    return pd.DataFrame(
        [
            {
                "方法": one["method"],
                "首位命中": f"{one['hit_1']}/{one['known_1']}",
                "前三命中": f"{one['hit_3']}/{one['known_3']}",
            }
            for one in rates.to_dict("records")
        ]
    )


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    verdict = VERDICT_WORDS.get(one["verdict"] or "", "")
    name, kind = suspect_name(one), say(KINDS.get(one["kind"], one["kind"]))
    return {
        "排名": one["rank"],
        "编号": one["candidate_id"],
        "名称": name
        if one["kind"] == "enterprise" or name == kind
        else say("{name}（{kind}）", name=name, kind=kind),
        "可能性": f"{one['score']:.2f} {say(LEVELS[one['level']])}",
        "理由": reason_words(one),
        "核查": f"{verdict}：{one['reason']}" if verdict else "",
    }


def _read(kept: pd.DataFrame) -> list[dict[str, Any]]:
    """The kept suspects with their evidence unfolded."""
    return [
        json.loads(row["evidence_json"])
        | {
            "alarm_id": row["alarm_id"],
            "rank": int(row["rank"]),
            "candidate_id": row["enterprise_id"],
            "score": float(row["score"]),
            "edition": row["rules_edition"],
            "verdict": row["verdict"] if isinstance(row["verdict"], str) else None,
            "reason": row.get("reason"),
        }
        for row in kept.to_dict("records")
    ]


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return (
        list(rows[0])
        if rows
        else ["alarm_id", "candidate_id", "verdict", "score", "distance_km", "cone", "idle"]
    )

"""What letters say of suspects: by what was known at their moment, never one that a person struck out, whatever the order of calls."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from include.office.suspected import suspected
from include.store.engine import reading, writing
from include.store.watch_tables import alarm_alias, alarm_suspect, suspect_at_push, suspect_verdict
from include.supervision.figures import Suspected

AS_OF = datetime(2020, 3, 13, 0, 30, tzinfo=UTC)
EVIDENCE: dict[str, Any] = {
    "name": "甲厂",
    "kind": "enterprise",
    "level": "high",
    "has_increments": True,
    "distance_km": 1.2,
    "east_km": 0.0,
    "north_km": 1.0,
    "windy": 1.0,
    "upwind": 1.0,
    "is_metered": False,
    "unusual_hour": 0.0,
    "former": 0.0,
    "same_place": 0,
}
REASON = "位于上风向1.2公里，无可用分表计电数据（距离自高值站点起算，在网格中心以北）"
UNLISTED = {"name": "", "kind": "unlisted", "level": "low"}


def row(alarm_id: str, rank: int, candidate: str, score: float, **changes: Any) -> dict[str, Any]:
    evidence = (UNLISTED if candidate == "unlisted" else EVIDENCE) | changes
    return {
        "alarm_id": alarm_id,
        "rank": rank,
        "enterprise_id": candidate,
        "score": score,
        "evidence_json": json.dumps(evidence, ensure_ascii=False),
        "rules_edition": "e",
    }


def verdict(alarm_id: str, candidate: str, word: str, at: datetime) -> dict[str, Any]:
    return {
        "alarm_id": alarm_id,
        "enterprise_id": candidate,
        "verdict": word,
        "reason": "看过",
        "decided_at": at,
        "decided_by": "王某",
    }


def told(engine: Engine, *alarm_ids: str, as_of: datetime = AS_OF) -> dict[str, list[str]]:
    with reading(engine) as connection:
        found = suspected(connection, alarm_ids, as_of)
    return {alarm_id: [one.candidate_id for one in suspects] for alarm_id, suspects in found.items()}


@pytest.fixture
def stored(engine: Engine) -> Engine:
    at_push = [
        row("A", 1, "Q1", 0.5),
        row("A", 2, "Q2", 0.3),
        row("A", 3, "unlisted", 0.1),
        row("A", 4, "Q4", 0.06),
        row("A", 5, "Q5", 0.04),
        row("W", 1, "Q7", 0.6),
        row("W", 2, "Q8", 0.01),
    ]
    hours = [{"hour": "2020-03-12T23:00:00+00:00", "weight": 1.0, "wind_from_deg": 350.0, "wind_speed_m_s": 2.0, "masts": 2}]  # fmt: skip
    at_push += [row("P", 1, "Q3", 0.5, hours=hours), row("M", 1, "Q5", 0.9, hours=hours)]
    whole = [row("A", 1, "Q9", 0.9, hours=hours), row("U", 1, "Q9", 0.9, hours=hours)]
    alias = {"alias_id": "W", "alarm_id": "M", "source": "watch", "revisions_json": "[]", "made_at": AS_OF}
    with writing(engine) as connection:
        connection.execute(suspect_at_push.insert(), at_push)
        connection.execute(alarm_suspect.insert(), whole)
        connection.execute(alarm_alias.insert(), alias)
    return engine


def test_the_first_three_by_what_was_known_at_the_push_in_words(stored: Engine) -> None:
    with reading(stored) as connection:
        found = suspected(connection, ["A", "none"], AS_OF)
    assert found == {
        "A": (
            Suspected("甲厂", "high", REASON, "Q1", "enterprise", 0.5, ("wind",)),
            Suspected("甲厂", "high", REASON, "Q2", "enterprise", 0.3, ("wind",)),
            Suspected(
                "来源不明",
                "low",
                "清单内单位均不能较好解释，建议在高值点周边现场排查",
                "unlisted",
                "unlisted",
                0.1,
                (),
            ),
        )
    }


def test_only_the_ranking_of_the_push_is_told_and_an_alias_of_the_watch_speaks_for_its_alarm(
    stored: Engine,
) -> None:
    assert told(stored, "P", "M", "W", "U") == {"M": ["Q7"], "P": ["Q3"], "W": ["Q7"]}
    assert told(stored, "P", as_of=AS_OF - timedelta(days=9)) == {"P": ["Q3"]}


def test_the_suspect_that_carries_the_hours_tells_the_wind(stored: Engine) -> None:
    with reading(stored) as connection:
        [one] = suspected(connection, ["P"], AS_OF)["P"]
    assert one.reason == f"{REASON[:-1]}；期间主导风向北风，平均2.0米/秒）"


def test_where_the_first_was_struck_out_the_others_share_its_chance_and_the_next_tells_the_wind(
    stored: Engine,
) -> None:
    hours = [{"hour": "2020-03-12T23:00:00+00:00", "weight": 1.0, "wind_from_deg": 350.0, "wind_speed_m_s": 2.0, "masts": 2}]  # fmt: skip
    with writing(stored) as connection:
        ranked = [row("S", 1, "Q1", 0.9, hours=hours), row("S", 2, "unlisted", 0.06), row("S", 3, "Q2", 0.02)]
        connection.execute(suspect_at_push.insert(), ranked)
        connection.execute(suspect_verdict.insert(), [verdict("S", "Q1", "struck", AS_OF)])
        first, second = suspected(connection, ["S"], AS_OF)["S"]
    assert (first.candidate_id, first.score, first.level) == ("unlisted", 0.6, "high")
    assert first.reason.endswith("（期间主导风向北风，平均2.0米/秒）")
    assert (second.candidate_id, second.score, second.level) == ("Q2", 0.2, "medium")


def test_struck_ones_never_and_where_nothing_was_found_no_more_from_then_on(stored: Engine) -> None:
    later, before = AS_OF + timedelta(days=1), AS_OF - timedelta(hours=1)
    with writing(stored) as connection:
        rows = [
            verdict("A", "Q1", "struck", later),
            verdict("A", "Q2", "not_found", before),
            verdict("A", "Q4", "not_found", later),
            verdict("M", "Q7", "found", before),
        ]
        connection.execute(suspect_verdict.insert(), rows)
    # What was struck out leaves its chance to the others: Q5's is no more all but ruled out.
    assert told(stored, "A") == {"A": ["unlisted", "Q4", "Q5"]}
    assert told(stored, "A", as_of=later + timedelta(days=1)) == {"A": ["unlisted", "Q5"]}
    assert told(stored, "A", as_of=before - timedelta(hours=1)) == {"A": ["Q2", "unlisted", "Q4"]}
    with reading(stored) as connection:
        assert suspected(connection, ["M"], AS_OF)["M"][0].reason == f"现场核查已发现问题；{REASON}"

"""What persons say of suspects: kept with a reason, taken back, recorded; only of suspects that there are."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from include.errors import StateError
from include.store.engine import reading, writing
from include.store.suspects import inspected_suspects, keep_verdict, suspects_of
from include.store.tables import audit
from include.store.watch_tables import alarm_suspect

NOW = datetime(2020, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def stored(engine: Engine) -> Engine:
    rows = [
        {
            "alarm_id": alarm_id,
            "rank": rank,
            "enterprise_id": name,
            "score": 0.5,
            "evidence_json": "{}",
            "rules_edition": "e",
        }
        for alarm_id in ("A", "B")
        for rank, name in ((1, "Q1"), (2, "unlisted"))
    ]
    with writing(engine) as connection:
        connection.execute(alarm_suspect.insert(), rows)
    return engine


def verdicts(engine: Engine) -> list[tuple[str, str, str | None, str | None]]:
    with reading(engine) as connection:
        found = suspects_of(connection, ["A"])
    return [
        (row.alarm_id, row.enterprise_id, row.verdict, row.reason)
        for row in found.astype(object).where(found.notna(), None).itertuples()
    ]


def test_a_verdict_is_kept_changed_and_taken_back(stored: Engine) -> None:
    keep_verdict(stored, "A", "Q1", "struck", "王某", "已搬迁", now=NOW)
    keep_verdict(stored, "A", "Q1", "found", "李某", "布袋破损", now=NOW)
    assert verdicts(stored) == [("A", "Q1", "found", "布袋破损"), ("A", "unlisted", None, None)]
    with reading(stored) as connection:
        inspected = inspected_suspects(connection)
    assert inspected[["alarm_id", "enterprise_id"]].to_numpy().tolist() == [["A", "Q1"], ["A", "unlisted"]]
    keep_verdict(stored, "A", "Q1", "open", "李某", "填错", now=NOW)
    assert verdicts(stored) == [("A", "Q1", None, None), ("A", "unlisted", None, None)]
    with reading(stored) as connection:
        trail = connection.execute(
            select(audit.c.subject_id, audit.c.from_state, audit.c.to_state, audit.c.actor, audit.c.reason)
        ).all()
    assert [tuple(row) for row in trail] == [
        ("A Q1", None, "struck", "王某", "已搬迁"),
        ("A Q1", "struck", "found", "李某", "布袋破损"),
        ("A Q1", "found", "open", "李某", "填错"),
    ]


@pytest.mark.parametrize(
    ("enterprise_id", "verdict", "reason", "message"),
    [
        ("Q9", "struck", "搬迁", "no such suspect"),
        ("Q1", "guilty", "看见", "no such verdict"),
        ("Q1", "struck", " ", "needs a reason"),
    ],
)
def test_what_cannot_be_a_verdict_is_refused(
    stored: Engine, enterprise_id: str, verdict: str, reason: str, message: str
) -> None:
    with pytest.raises(StateError, match=message):
        keep_verdict(stored, "A", enterprise_id, verdict, "王某", reason, now=NOW)
    assert verdicts(stored)[0][2] is None

"""Every statement of levels on both databases: pages of each table, a report, what is to be reported."""

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from include.exchange.site import REPORTS, Exchange
from include.exchange.tokens import make_token
from include.sources.kinds.platform import PATHS
from include.store.engine import reading, writing
from include.store.statements import frame
from include.store.tables import alarm
from tests.desk.facts import NOW, YANGQUAN, add_alarm, add_event, add_problem, house_of

DAY = timedelta(days=1)
WINDOW = {"changed_from": (NOW - DAY).isoformat(), "changed_until": (NOW + DAY).isoformat()}


def test_every_table_is_served_page_by_page_and_a_report_is_taken(engine: Engine, tmp_path: Path) -> None:
    add_alarm(engine, "A1", "03-11 06:00")
    add_alarm(engine, "A2", "03-11 07:00", unit_code="140100")
    add_alarm(engine, "A2", "03-11 07:00", revision=2, revised_at=NOW)  # came from another city
    add_alarm(engine, "A3", "03-11 07:30")
    add_alarm(engine, "A3", "03-11 07:30", revision=2, unit_code="140100", revised_at=NOW)  # went to one
    add_event(engine, "A1", "submitted", "03-11 09:00")
    add_event(engine, "A2", "acknowledged", "03-11 08:00")
    add_problem(engine, "P1", "A1", "03-11 09:00")
    add_problem(engine, "P2", "A2", "03-11 09:00")
    now = [NOW]
    exchange = Exchange(house_of(engine, tmp_path), lambda: now[0])
    token = make_token(engine, YANGQUAN, "阳泉", DAY, now=NOW, actor="test")
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k" * 24}

    def records(path: str) -> list[tuple[str, ...]]:
        found, cursor = [], ""
        while True:
            told = exchange.answer("GET", path, {**WINDOW, "limit": "1", "cursor": cursor}, headers, b"")
            assert told.status == 200, told.body
            found += told.body["records"]
            cursor = told.body["next_cursor"] or ""
            if not cursor:
                assert len(found) == told.body["total"]
                return [
                    tuple(str(one[key]) for key in ("alarm_id", "event", "problem_id") if key in one)
                    for one in found
                ]

    assert records(PATHS["alarms"]) == [("A1",), ("A2",), ("A3",)]
    assert sorted(records(PATHS["feedback"])) == [
        ("A1", "submitted"),
        ("A2", "acknowledged"),
        ("A2", "acknowledged"),
        ("A3", "dispute_upheld"),
    ]
    assert set(records(PATHS["problems"])) == {("A1", "P1"), ("A2", "P2")}
    for path in (*PATHS.values(), "/v1/letters"):
        records(path)
    body = json.dumps({"feedback": {"alarm_id": "A2", "event": "submitted", "problem_found": False}}).encode()
    now[0] = NOW + timedelta(minutes=5)
    assert exchange.answer("POST", REPORTS, {}, headers, body).status == 201
    assert exchange.answer("POST", REPORTS, {}, headers, body).status == 200
    assert records(REPORTS) == [("A2",)]
    assert ("A2", "submitted") not in records(PATHS["feedback"])


def test_what_is_to_be_reported(engine: Engine) -> None:
    add_alarm(engine, "A1", "03-11 06:00")
    add_event(engine, "A1", "submitted", "03-11 09:00", source="office")
    add_event(engine, "A1", "returned", "03-11 10:00", source="office")
    add_problem(engine, "P1", "A1", "03-11 09:00")
    with writing(engine) as connection:
        connection.execute(alarm.update().values(source="upper"))
    with reading(engine) as connection:
        steps = frame(connection, "steps_to_report", upper="upper", since_at=NOW - DAY)
        problems = frame(connection, "problems_to_report", upper="upper", since_at=NOW - DAY)
    assert steps["event"].tolist() == ["submitted"]
    assert problems["problem_id"].tolist() == ["P1"]

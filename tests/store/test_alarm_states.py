"""The states of alarms by their steps, as of any moment and by what was known at any moment; and the open ones of any age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from alembic import command
from sqlalchemy import Engine, select

from include.sources import lingering
from include.sources.merge import prepare, want
from include.store import tables
from include.store.engine import reading, writing
from include.store.facts import alarm_states, problems_found
from include.store.migrate import _config
from include.supervision.feedback import judge

PUSHED = datetime(2020, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
START, END = PUSHED, PUSHED + 24 * HOUR


def put(engine: Engine, *steps: tuple[str, float] | tuple[str, float, float], **changes: Any) -> None:
    """One alarm, pushed at hour 0 with 24 hours to answer; its steps are an event, its hour, and when it was received."""
    alarm = {
        "alarm_id": "A",
        "revision": 1,
        "revised_at": PUSHED,
        "grid_id": "T1",
        "unit_code": "140300",
        "county": "郊区",
        "point_name": "点",
        "started_at": PUSHED,
        "last_at": PUSHED,
        "alarm_count": 1,
        "pushed_at": PUSHED,
        "deadline_at": PUSHED + 24 * HOUR,
        "rules_version": "2026-11",
        "is_outside_city": False,
        "source": "test",
        "is_simulated": False,
        "received_at": PUSHED,
        "content_hash": "",
        **changes,
    }
    with writing(engine) as connection:
        connection.execute(tables.alarm.insert(), alarm)
        for event, hour, *received in steps:
            row = {
                "alarm_id": alarm["alarm_id"],
                "event": event,
                "event_at": alarm["pushed_at"] + hour * HOUR,
                "revision": 1,
                "source": "test",
                "is_simulated": False,
                "content_hash": "",
                "received_at": alarm["pushed_at"] + (received[0] if received else hour) * HOUR,
            }
            connection.execute(tables.feedback_event.insert(), row)
        prepare(connection)
        want(connection, pd.Series([str(alarm["alarm_id"])]))
        lingering.refresh(connection)


def state(engine: Engine, hour: float = 100, **options: Any) -> dict[str, Any]:
    """The state of the one alarm; instants as hours after its push."""
    with reading(engine) as connection:
        rows = alarm_states(connection, START, END, PUSHED + hour * HOUR, **options)
    (row,) = rows.to_dict("records")
    told = {name.removesuffix("_at"): value for name, value in row.items() if name.endswith("_at")}
    hours = {name: (moment - PUSHED) / HOUR for name, moment in told.items() if not pd.isna(moment)}
    shown = (
        "acknowledged",
        "first_answer",
        "standing",
        "standing_submission",
        "returned",
        "first_disputed",
        "disputed",
        "last_disputed",
        "upheld",
        "rejected",
        "closed",
        "reopened",
    )
    answer = {"event": row["standing_event"]} if row["standing_event"] else {}
    return answer | {name: hours[name] for name in shown if name in hours}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], {}),
        ([("acknowledged", 1), ("acknowledged", 2)], {"acknowledged": 1}),
        (
            [("submitted", 5)],
            {"event": "submitted", "first_answer": 5, "standing": 5, "standing_submission": 5},
        ),
        (
            [("submitted", 5), ("submitted", 30)],
            {"event": "submitted", "first_answer": 5, "standing": 30, "standing_submission": 5},
        ),
        (
            [("accepted", 7)],
            {"event": "accepted", "first_answer": 7, "standing": 7, "standing_submission": 7},
        ),
        (
            [("submitted", 5), ("returned", 6)],
            {"event": "returned", "first_answer": 5, "standing": 6, "returned": 6},
        ),
        (
            [("submitted", 5), ("returned", 6), ("submitted", 8)],
            {"event": "submitted", "first_answer": 5, "standing": 8, "standing_submission": 8, "returned": 6},
        ),
        # a return that no answer precedes is no step
        ([("returned", 3)], {}),
        (
            [("returned", 3), ("submitted", 5)],
            {"event": "submitted", "first_answer": 5, "standing": 5, "standing_submission": 5},
        ),
        # at one instant: submitted, returned, accepted
        (
            [("submitted", 5), ("returned", 5)],
            {"event": "returned", "first_answer": 5, "standing": 5, "returned": 5},
        ),
        (
            [("returned", 5), ("accepted", 5)],
            {"event": "accepted", "first_answer": 5, "standing": 5, "standing_submission": 5},
        ),
        (
            [("submitted", 4), ("returned", 5), ("accepted", 5)],
            {"event": "accepted", "first_answer": 4, "standing": 5, "standing_submission": 5, "returned": 5},
        ),
        # disputes by the deadline and later
        (
            [("disputed", 2), ("disputed", 24), ("disputed", 25)],
            {"first_disputed": 2, "disputed": 24, "last_disputed": 25},
        ),
        ([("disputed", 25)], {"last_disputed": 25}),
        (
            [("disputed", 2), ("dispute_rejected", 3), ("dispute_upheld", 4), ("dispute_rejected", 5)],
            {"first_disputed": 2, "disputed": 2, "last_disputed": 2, "upheld": 4, "rejected": 5},
        ),
        ([("closed", 40), ("reopened", 41), ("closed", 42)], {"closed": 42, "reopened": 41}),
        ([("submitted", 101)], {}),  # after the moment
    ],
)
def test_an_alarm_is_what_its_steps_made_it(
    engine: Engine, steps: list[tuple[str, float]], expected: dict[str, Any]
) -> None:
    put(engine, *steps)
    assert state(engine) == expected


def test_a_step_counts_from_its_instant_on_and_not_a_microsecond_before(engine: Engine) -> None:
    put(engine, ("submitted", 5))
    assert state(engine, 5)["event"] == "submitted"
    assert state(engine, 5 - 1e-9) == {}


def test_what_was_received_later_was_not_known(engine: Engine) -> None:
    put(engine, ("submitted", 5, 50))
    put_revision(engine, unit_code="130100", received_at=PUSHED + 60 * HOUR, revised_at=PUSHED + 2 * HOUR)
    problem = {
        "problem_id": "P",
        "revision": 1,
        "alarm_id": "A",
        "category": "其他",
        "description": "",
        "found_at": PUSHED + 4 * HOUR,
        "source": "test",
        "is_simulated": False,
        "received_at": PUSHED + 50 * HOUR,
        "content_hash": "",
    }
    with writing(engine) as connection:
        connection.execute(tables.problem.insert(), problem)

    def known(hour: float) -> tuple[str, bool, int]:
        moments: dict[str, Any] = {"known_at": PUSHED + hour * HOUR}
        with reading(engine) as connection:
            window = (connection, START, END, PUSHED + 30 * HOUR)
            (row,) = alarm_states(*window, **moments).to_dict("records")
            return (
                row["unit_code"],
                row["standing_event"] == "submitted",
                len(problems_found(*window, **moments)),
            )

    assert [known(hour) for hour in (49.9, 50, 60)] == [
        ("140300", False, 0),
        ("140300", True, 1),
        ("130100", True, 1),
    ]


def put_revision(engine: Engine, **changes: Any) -> None:
    with writing(engine) as connection:
        (row,) = connection.execute(select(tables.alarm).where(tables.alarm.c.revision == 1)).mappings().all()
        connection.execute(tables.alarm.insert(), {**row, "revision": 2, **changes})


def test_the_last_revision_by_the_moment_tells_unit_and_deadline(engine: Engine) -> None:
    put(engine)
    put_revision(engine, revised_at=PUSHED + 2 * HOUR, unit_code="130100", deadline_at=PUSHED + 48 * HOUR)
    with reading(engine) as connection:
        rows = [alarm_states(connection, START, END, PUSHED + hour * HOUR).iloc[0] for hour in (1.99, 2)]
    assert [(row["unit_code"], row["deadline_at"] - row["pushed_at"]) for row in rows] == [
        ("140300", pd.Timedelta(hours=24)),
        ("130100", pd.Timedelta(hours=48)),
    ]


OLD = START - 30 * 24 * HOUR  # pushed a month before the window


@pytest.mark.parametrize(
    ("steps", "open_days"),
    [
        ([], [True, True, True]),
        ([("submitted", 5)], [False, False, False]),
        ([("submitted", 20 * 24)], [True, False, False]),  # after twenty days
        ([("submitted", 30)], [False, False, False]),
        ([("submitted", 5), ("returned", 25 * 24), ("submitted", 32 * 24)], [False, True, False]),
        ([("returned", 6)], [True, True, True]),
        ([("dispute_upheld", 15 * 24)], [True, False, False]),
        ([("dispute_upheld", 15 * 24), ("dispute_rejected", 29 * 24)], [True, True, True]),
        ([("closed", 15 * 24)], [True, False, False]),
        ([("closed", 15 * 24), ("reopened", 29 * 24)], [True, True, True]),
        ([("submitted", 5 * 24, 31 * 24)], [False, False, False]),
    ],
)
def test_open_alarms_of_any_age_are_found_as_of_any_moment(
    engine: Engine, steps: list[tuple[str, float]], open_days: list[bool]
) -> None:
    put(
        engine,
        *steps,
        alarm_id="OLD",
        pushed_at=OLD,
        started_at=OLD,
        revised_at=OLD,
        deadline_at=OLD + 24 * HOUR,
        received_at=OLD,
    )

    def is_open(day: int, **known: datetime) -> bool:
        as_of = OLD + day * 24 * HOUR
        with reading(engine) as connection:
            rows = alarm_states(connection, as_of - 8 * 24 * HOUR, as_of, as_of, with_old=True, **known)
        return bool(judge(rows, as_of)["is_open"].any())

    assert [is_open(day) for day in (12, 31, 60)] == open_days
    if steps == [
        ("submitted", 5 * 24, 31 * 24)
    ]:  # by what was known then it was open, although it had been answered
        assert is_open(12, known_at=OLD + 12 * 24 * HOUR)


def test_an_old_store_is_upgraded_with_its_open_alarms(engine: Engine) -> None:
    put(engine, alarm_id="never")
    put(engine, ("submitted", 5), alarm_id="soon")
    put(engine, ("submitted", 5), ("returned", 6), alarm_id="returned")
    put(engine, ("submitted", 7 * 24 + 1), alarm_id="slow")
    put(engine, ("disputed", 2), ("dispute_upheld", 3), alarm_id="upheld")
    put(engine, ("dispute_upheld", 3), ("dispute_rejected", 4), alarm_id="rejected")

    def rows() -> list[tuple[str, object]]:
        query = select(tables.lingering_alarm.c.alarm_id, tables.lingering_alarm.c.open_until_at)
        with reading(engine) as connection:
            return sorted(tuple(row) for row in connection.execute(query))

    kept = rows()
    assert [name for name, _ in kept] == ["never", "rejected", "returned", "slow"]
    config = _config()
    with writing(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0010")
        command.upgrade(config, "head")
    assert rows() == kept

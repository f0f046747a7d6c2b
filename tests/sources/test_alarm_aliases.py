"""What a platform tells of an event that the watch has found is one alarm with it, in either order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from alembic import command
from sqlalchemy import Engine, select

from include.sources import merge
from include.sources.checks import check
from include.sources.layout import DATA_ORIGIN, LAYOUTS
from include.sources.places import places
from include.store.engine import reading, writing
from include.store.facts import alarm_states
from include.store.migrate import _config
from include.store.tables import alarm, feedback_event, lingering_alarm, problem
from include.store.watch_alarms import MadeAlarm, State, keep_alarms
from include.store.watch_tables import alarm_alias, watch_alarm
from include.supervision.feedback import judge

NOW = datetime(2020, 4, 3, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = datetime(2020, 4, 3, 0, tzinfo=UTC)


def platform_rows(kind: str, *rows: dict[str, str]) -> pd.DataFrame:
    names = (*LAYOUTS[kind].names, DATA_ORIGIN)
    return pd.DataFrame([{name: row.get(name, "") for name in names} for row in rows]).astype("str")


def told(pushed: str, alarm_id: str = "P1") -> dict[str, str]:
    return {
        "alarm_id": alarm_id,
        "grid_id": "T1",
        "unit_code": "370800",
        "county": "鱼台县",
        "point_name": "x",
        "started_at": "2020-04-03T09:00+08:00",
        "last_at": "2020-04-03T11:00+08:00",
        "alarm_count": "3",
        "pushed_at": pushed,
    }


def store(engine: Engine, kind: str, *rows: dict[str, str]) -> tuple[int, list[str]]:
    """Stores rows as a pull does; returns how many are new, and why others were not stored."""
    with writing(engine) as connection:
        merge.prepare(connection)
        layout = LAYOUTS[kind]
        good = check(layout, platform_rows(kind, *rows), places(connection)).rows
        reasons = [misfit.reason for misfit in merge.misfits(connection, layout, good, {"platform"})]
        return merge.store(connection, layout, good, source="platform", now=NOW).new, reasons


def watch_alarm_made(engine: Engine) -> None:
    row: dict[str, Any] = {
        "grid_id": "T1",
        "unit_code": "370800",
        "county": "鱼台县",
        "point_name": "y",
        "lon": None,
        "lat": None,
        "started_at": START,
        "pushed_at": START + 2 * HOUR,
        "deadline_at": START + 26 * HOUR,
        "rules_version": "2020-03",
        "is_simulated": False,
    }
    states = tuple(State(START + n * HOUR, START + (n - 1) * HOUR, n, 90.0) for n in (2, 3, 4))
    with writing(engine) as connection:
        made = MadeAlarm("W1", START + 2 * HOUR, states, row, 0.9, {}, "watch-x")
        keep_alarms(connection, [made], now=NOW)


def found(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        return {
            "alarms": set(connection.execute(select(alarm.c.alarm_id)).scalars()),
            "aliases": dict(connection.execute(select(alarm_alias.c.alias_id, alarm_alias.c.alarm_id)).all()),
            "watch": list(connection.execute(select(watch_alarm.c.alarm_id)).scalars()),
            "events": set(
                connection.execute(select(feedback_event.c.alarm_id, feedback_event.c.event)).all()
            ),
            "problems": set(connection.execute(select(problem.c.alarm_id, problem.c.problem_id)).all()),
        }


@pytest.mark.parametrize("is_watch_first", [True, False], ids=["watch first", "platform first"])
@pytest.mark.parametrize(
    ("pushed", "main", "alias"),
    [("2020-04-03T09:30+08:00", "P1", "W1"), ("2020-04-03T10:30+08:00", "W1", "P1")],
)
def test_the_earlier_push_keeps_its_number(
    engine: Engine, is_watch_first: bool, pushed: str, main: str, alias: str
) -> None:
    answer = {"event": "submitted", "event_at": "2020-04-03T13:00+08:00"}
    trouble = {
        "problem_id": "Q1",
        "category": "其他",
        "description": "d",
        "found_at": "2020-04-03T13:00+08:00",
    }
    if is_watch_first:
        watch_alarm_made(engine)
    store(engine, "alarms", told(pushed))
    if not is_watch_first:
        watch_alarm_made(engine)
    new, reasons = store(engine, "feedback", {"alarm_id": "P1", **answer})
    store(engine, "problems", {"alarm_id": "P1", **trouble})
    assert (new, reasons) == (1, [])
    expected = {
        "alarms": {main},
        "aliases": {alias: main},
        "watch": ["W1"],
        "events": {(main, "submitted")},
        "problems": {(main, "Q1")},
    }
    assert found(engine) == expected
    store(engine, "alarms", told(pushed) | {"revised_at": "2020-04-03T12:00+08:00", "alarm_count": "4"})
    watch_alarm_made(engine)
    assert found(engine) == expected


@pytest.mark.parametrize(("event", "is_open"), [(None, True), ("submitted", False)])
def test_a_silent_alarm_of_the_watch_stays_open_however_old(
    engine: Engine, event: str | None, is_open: bool
) -> None:
    """Each later run of the watch finds it again; letters of months later still read it."""
    watch_alarm_made(engine)
    watch_alarm_made(engine)
    if event:
        store(engine, "feedback", {"alarm_id": "W1", "event": event, "event_at": "2020-04-03T13:00+08:00"})
    as_of = START + 60 * 24 * HOUR
    with reading(engine) as connection:
        states = alarm_states(connection, as_of - 8 * 24 * HOUR, as_of, as_of, with_old=True)
    assert judge(states, as_of).query("is_open")["alarm_id"].tolist() == (["W1"] if is_open else [])


def test_a_store_of_before_finds_the_silent_alarms_of_its_watch(engine: Engine) -> None:
    watch_alarm_made(engine)
    config = _config()
    with writing(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0018")
        connection.execute(lingering_alarm.delete())
        command.upgrade(config, "head")
        assert connection.execute(select(lingering_alarm.c.alarm_id)).scalars().all() == ["W1"]


def test_answers_to_an_alarm_go_over_to_the_earlier_one(engine: Engine) -> None:
    watch_alarm_made(engine)
    store(
        engine, "feedback", {"alarm_id": "W1", "event": "acknowledged", "event_at": "2020-04-03T12:00+08:00"}
    )
    store(engine, "alarms", told("2020-04-03T09:30+08:00"))
    assert found(engine)["events"] == {("P1", "acknowledged")}
    assert found(engine)["aliases"] == {"W1": "P1"}


def test_another_grid_or_another_hour_is_another_alarm(engine: Engine) -> None:
    watch_alarm_made(engine)
    later = {"started_at": "2020-04-03T12:00+08:00", "last_at": "2020-04-03T12:00+08:00"}
    store(
        engine,
        "alarms",
        told("2020-04-03T13:30+08:00") | later,
        told("2020-04-03T10:30+08:00", "P2") | {"grid_id": "T2"},
    )
    assert found(engine)["alarms"] == {"W1", "P1", "P2"}
    assert found(engine)["aliases"] == {}

"""Random persons take random steps at random times, some twice, some late: nothing unlawful is kept, nothing kept is lost, and how the
store says it stood at any moment is what a plain recomputation says."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, select

from include.chain.changes import handed_over, to_lead
from include.chain.machine import chain_of, is_told_again, next_event
from include.chain.steps import OF_ALARM, STEPS
from include.chain.values import Event, Move
from include.errors import QianliyanError
from include.office.chain import take
from include.profile.chain_values import ChainSettings
from include.profile.current import office, using
from include.rules import ChainRules
from include.store import tables
from include.store.chain import chain_events, chain_tasks
from include.store.engine import reading, writing
from tests.chain.plain import is_lawful, tasks_at, told_upward
from tests.chain.plain import is_told_again as plain_told_again

START = datetime(2020, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNITS = ("140300", "130100", "610100")
PEOPLE = ("王某", "李某", "赵某", "钱某")
NUMBERS = count()
LATER = 10**6 * MINUTE
CHAIN = ChainSettings(replace(ChainRules(), spot_check_percent=100))


def put_alarm(engine: Engine, alarm_id: str) -> None:
    row = {
        "alarm_id": alarm_id,
        "revision": 1,
        "revised_at": START,
        "grid_id": "T1",
        "unit_code": "140300",
        "county": "郊区",
        "point_name": "点",
        "started_at": START,
        "last_at": START,
        "alarm_count": 1,
        "pushed_at": START,
        "deadline_at": START + timedelta(hours=24),
        "rules_version": "2026-11",
        "is_outside_city": False,
        "source": "test",
        "is_simulated": False,
        "received_at": START,
        "content_hash": "",
    }
    with writing(engine) as connection:
        connection.execute(tables.alarm.insert(), row)


class Walk(RuleBasedStateMachine):
    """One alarm, its chain in memory."""

    moments = 5  # of which each state is looked at

    @initialize()
    def begin(self) -> None:
        self.alarm_id = f"W{next(NUMBERS)}"
        self.now, self.steps, self.keys, self.looked_at = START, [], {}, None
        self.open()

    def open(self) -> None:
        self.events: tuple[Event, ...] = ()

    def take(self, move: Move) -> Event | None:
        if move.key and move.key in chain_of(self.events).keys:
            return None
        # Which of them are drawn is decided by the walk here, by the store's key there: then all, for walks are repeated.
        is_drawn = len(self.events) % 2 == 0
        if is_told_again(self.events, move):
            return None
        event = next_event(chain_of(self.events), replace(move, is_drawn=is_drawn), CHAIN)
        self.events = (*self.events, event)
        chain = chain_of(self.events)
        if event.event == "withdrawn" and (task := to_lead(chain)):
            told = handed_over(chain, task, replace(move, note=""), task.holder_code, "lead")
            self.events = (*self.events, told)
        return event

    def kept(self) -> tuple[Event, ...]:
        return self.events

    def as_of(self, moment: datetime, known: datetime) -> dict[int, tuple[Any, ...]]:
        """As `_plain`, by what was kept."""
        events = [one for one in self.events if one.event_at <= moment and one.recorded_at <= known]
        chain = chain_of(events)
        returns = Counter(one.task_no for one in events if one.event == "returned")
        return {
            one.task_no: (
                one.holder_code,
                one.role,
                "closed" if chain.is_closed else one.state,
                None if chain.is_closed else one.due_at,
                returns[one.task_no],
                one.is_drawn,
            )
            for one in chain.tasks
        }

    def upward(self) -> list[tuple[str, datetime]] | None:
        """What the alarm's feedback was told; None where nothing is told."""
        return None

    @rule(
        data=st.data(),
        name=st.sampled_from((*STEPS, *OF_ALARM)),
        minutes=st.sampled_from((0, 0, 1, 30, 600, 3000)),
    )
    def anything(self, data: st.DataObject, name: str, minutes: int) -> None:
        """A step of any kind, mostly out of its turn."""
        self.now += minutes * MINUTE
        self._try(data, name, data.draw(st.integers(1, 3)), data.draw(st.sampled_from(("", *UNITS))))

    @rule(data=st.data(), minutes=st.sampled_from((1, 90, 1500)))
    def onward(self, data: st.DataObject, minutes: int) -> None:
        """A step that the plain recomputation thinks lawful, where there is one."""
        self.now += minutes * MINUTE
        tasks, _ = tasks_at(self.steps, self.now + LATER)
        if len(tasks) < 2:
            self._try(data, "assign", 1, data.draw(st.sampled_from(UNITS)))
            return
        number = data.draw(st.sampled_from(sorted(tasks)))
        names = {
            "assigned": ("acknowledge", "report"),
            "acknowledged": ("report",),
            "returned": ("report",),
            "reported": ("pass", "pass", "return"),
            "passed": ("rectify", "rectify", "rectify", "return"),
            "failed": ("rectify", "rectify", "return"),
            "rectified": ("accept", "accept", "accept", "fail", "return"),
            "accepted": ("write_off", "check", "doubt", "return"),
            "checked": ("write_off", "return"),
        }.get(tasks[number]["state"], ("close", "reopen"))
        name = data.draw(st.sampled_from(names))
        holder = tasks[number]["holder"] if name in ("acknowledge", "report", "rectify") else ""
        self._try(data, name, number, holder)

    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """What was taken comes a second time, under its own key."""
        if self.keys:
            move = self.keys[data.draw(st.sampled_from(sorted(self.keys)))]
            assert self.take(replace(move, now=self.now)) is None

    def _try(self, data: st.DataObject, name: str, number: int, unit: str) -> None:
        actor, person = data.draw(st.sampled_from(PEOPLE)), data.draw(st.sampled_from(("", *PEOPLE)))
        problem = data.draw(st.booleans())
        receipt = self.now - data.draw(st.sampled_from((0, 0, 0, 5, 700))) * MINUTE
        receipt = max(receipt, START)
        promise = receipt + data.draw(st.sampled_from((-1, 100, 21600, 21601))) * MINUTE
        promise = data.draw(st.sampled_from((None, promise)))
        due = self.now + data.draw(st.sampled_from((-60, 600, 9000))) * MINUTE
        key = f"{self.alarm_id}-{len(self.keys)}" if data.draw(st.booleans()) else ""
        role = data.draw(st.sampled_from(("lead", "joint")))
        move = Move(
            name, self.now, receipt, actor, person, unit, number, role, problem,
            category="工业企业" if problem else "", note="已查", rectify_by=promise, due_at=due, key=key,
        )  # fmt: skip
        one = {
            "step": name, "receipt": receipt, "actor": actor, "person": person or actor, "unit": unit,
            "task": number, "role": role, "problem": problem, "promise": promise, "due": due,
        }  # fmt: skip
        lawful = is_lawful(self.steps, one) and (name != "assign" or unit != "")
        try:
            event = self.take(move)
        except QianliyanError as error:
            refused = error
        else:
            refused = None
        assert lawful == (refused is None), f"{one}: {refused} after {self.steps}"
        if refused is not None:
            return
        if event is None:
            assert plain_told_again(self.steps, one), f"{one} after {self.steps}"
            return
        last = self.steps[-1]["at"] if self.steps else receipt
        assert event.event_at == max(receipt, last)
        self.steps.append(
            one
            | {
                "at": event.event_at,
                "recorded": event.recorded_at,
                "task": event.task_no,
                "drawn": event.is_drawn,
            }
        )
        if key:
            self.keys[key] = move

    @invariant()
    def any_moment_is_what_a_plain_recomputation_says(self) -> None:
        if not getattr(self, "steps", None) or self.looked_at == len(self.steps):
            return
        self.looked_at = len(self.steps)
        moments = {self.steps[0]["at"], self.steps[-1]["at"], self.steps[len(self.steps) // 2]["at"] - MINUTE}
        moments |= {self.now + LATER, self.steps[-1]["at"] - timedelta(microseconds=1)}
        for moment in sorted(moments)[: self.moments]:
            for known in (self.now + LATER, self.steps[len(self.steps) // 2]["recorded"]):
                assert self.as_of(moment, known) == self._plain(moment, known)
        events, told = self.kept(), self.upward()
        assert [one.seq for one in events] == list(range(1, len(events) + 1))
        assert [(one.task_no, one.event_at) for one in events if one.event != "handed_over"] == [
            (0 if one["step"] in ("close", "reopen") else one["task"], one["at"]) for one in self.steps
        ]
        if told is not None:
            assert told == sorted(set(told_upward(self.steps)))

    def _plain(self, moment, known):
        tasks, closed = tasks_at(self.steps, moment, known)
        return {
            number: (
                one["holder"],
                "lead" if one["lead"] else "joint",
                "closed" if closed else one["state"],
                None if closed else one["due"],
                one["returns"],
                one["drawn"] and one["state"] in ("accepted", "checked"),
            )
            for number, one in tasks.items()
        }


class StoredWalk(Walk):
    """The same in a store, which a test sets."""

    engine: Engine
    moments = 2

    def open(self) -> None:
        put_alarm(self.engine, self.alarm_id)

    def take(self, move: Move) -> Event | None:
        return take(SimpleNamespace(engine=self.engine), self.alarm_id, move)

    def kept(self) -> tuple[Event, ...]:
        with reading(self.engine) as connection:
            return chain_events(connection, self.alarm_id)

    def as_of(self, moment: datetime, known: datetime) -> dict[int, tuple[Any, ...]]:
        with reading(self.engine) as connection:
            rows = chain_tasks(connection, START, self.now + LATER, moment, known_at=known, with_open=True)
        rows = rows[rows["alarm_id"] == self.alarm_id]
        return {
            row["task_no"]: (
                row["holder_code"],
                row["role"],
                row["state"],
                None if pd.isna(row["due_at"]) else row["due_at"].to_pydatetime(),
                row["returns"],
                row["is_drawn"],
            )
            for row in rows.to_dict("records")
        }

    def upward(self) -> list[tuple[str, datetime]] | None:
        columns = tables.feedback_event.c
        asked = select(columns.event, columns.event_at).where(columns.alarm_id == self.alarm_id)
        with reading(self.engine) as connection:
            return sorted({(row.event, row.event_at) for row in connection.execute(asked)})


def settings_of(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def test_random_walks() -> None:
    run_state_machine_as_test(Walk, settings=settings_of(100, 40))


@pytest.mark.timeout(600)
def test_random_walks_in_a_store(engine: Engine) -> None:
    StoredWalk.engine = engine
    with using(replace(office(), chain=CHAIN)):
        run_state_machine_as_test(StoredWalk, settings=settings_of(3, 25))

"""What a replay says of its letters and its runs: equal, different, missing, failed."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.post.drafts import draft, withhold
from include.store.archive import Archive
from tests.post.samples import NOW, TAIYUAN, YANGQUAN, add_cities, composition, facts
from tests.scale.backfill import Outcome
from tests.scale.beats import Beat
from tests.scale.letters import differences, figures_by_letter, letters_by_state
from tests.scale.season import run_faults


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def letters(engine: Engine, tmp_path: Path) -> Engine:
    add_cities(engine, YANGQUAN, TAIYUAN)
    for unit_code, figures in ((YANGQUAN, '{"pushed":3}'), (TAIYUAN, '{"pushed":5}')):
        told = facts(unit_code=unit_code, figures=figures)
        drafted = draft(engine, Archive(tmp_path), told, composition(), now=NOW, actor="test")
    withhold(engine, drafted.letter_id, now=NOW, actor="test", reason="补录")
    return engine


def test_figures_by_letter(letters: Engine) -> None:
    assert figures_by_letter(letters) == {
        "notice_140300_day_2020-03-12_2020-03-13_1": sha256('{"pushed":3}'),
        "notice_140100_day_2020-03-12_2020-03-13_1": sha256('{"pushed":5}'),
    }


def test_letters_by_state(letters: Engine) -> None:
    assert letters_by_state(letters).to_dict("records") == [
        {"kind": "notice", "state": "drafted", "letters": 1},
        {"kind": "notice", "state": "withheld", "letters": 1},
    ]


def test_differences_name_every_letter() -> None:
    found = {"a": "1", "b": "2", "d": "4"}
    assert differences(found, {"a": "1", "b": "9", "c": "3"}) == [
        "c: missing",
        "d: not expected",
        "b: other figures",
    ]
    assert differences(found, dict(found)) == []


def outcome(*tasks: tuple[str, str, int], run_state: str = "success") -> Outcome:
    runs = pd.DataFrame({"dag_id": ["daily_dispatch"], "run_id": ["backfill__1"], "state": [run_state]})
    rows = [("daily_dispatch", "backfill__1", *task) for task in tasks]
    columns = ["dag_id", "run_id", "task_id", "state", "try_number"]
    return Outcome(runs, pd.DataFrame(rows, columns=columns), 4.0)


def test_a_run_that_ended_well() -> None:
    done = outcome(("pull", "success", 1), ("post", "success", 2))
    assert (done.failures, done.retried, done.tasks_per_second) == ([], 1, 0.5)


def test_medians() -> None:
    moments = ["2020-03-12 00:00:00.5", "2020-03-12 00:00:10.5", "2020-03-12 00:01:00"]
    runs = pd.DataFrame(
        {"dag_id": ["a"] * 3, "start_date": moments[:1] * 3, "end_date": [*moments[1:], moments[1]]}
    )
    tasks = pd.DataFrame(
        {"dag_id": ["a"], "task_id": ["pull"], "start_date": moments[1], "end_date": moments[2]}
    )
    assert Outcome(runs, tasks, 1.0).medians.to_dict("records") == [
        {"dag_id": "a", "task_id": "run", "seconds": 10.0},
        {"dag_id": "a", "task_id": "pull", "seconds": 49.5},
    ]


def test_a_run_that_failed_is_named_with_its_task() -> None:
    done = outcome(("pull", "success", 1), ("post", "failed", 3), run_state="failed")
    assert done.failures == [
        "daily_dispatch backfill__1: failed",
        "daily_dispatch.post backfill__1: failed",
    ]


def test_a_run_too_few_and_a_dag_that_nobody_asked_for() -> None:
    period = facts().period
    wanted = [Beat("daily_dispatch", period), Beat("daily_dispatch", period), Beat("weekly_summary", period)]
    assert run_faults(outcome(("pull", "success", 1)), wanted) == [
        "daily_dispatch: 1 runs, expected 2",
        "weekly_summary: 0 runs, expected 1",
    ]

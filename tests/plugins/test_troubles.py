"""What is tried again and when, and the wait for a day of air: in a process of its own, as Airflow loads the plugins."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def told(code: str, home: Path) -> Any:
    """What the code printed as JSON; Airflow's plugins folder is on the path."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


RETRIES = """
import json
from sqlalchemy.exc import OperationalError
from include.errors import CheckFailed, CompositionError, InputError, SourceError
from troubles import MOST_RETRIES, Patience
failures = {
    "input": InputError("a file cannot be read", where="a.csv", got="rows", expected="a header"),
    "letter": CompositionError("no template"), "source": SourceError("no answer"), "time-out": TimeoutError("slow"),
    "database": OperationalError("select", {}, Exception("gone")), "check": CheckFailed("not all there"),
    "fault": ZeroDivisionError("division by zero"),
}
def tries(failure):
    made = [Patience().evaluate(failure, number, MOST_RETRIES) for number in range(1, MOST_RETRIES + 1)]
    return [one.retry_delay.total_seconds() / 60 if one.action.value == "retry" else one.action.value for one in made]
print(json.dumps({name: tries(failure) for name, failure in failures.items()} | {"reason": Patience().evaluate(failures["input"], 1, 5).reason}))
"""


def test_bad_input_fails_at_once_and_networks_are_asked_again(tmp_path: Path) -> None:
    found = told(RETRIES, tmp_path)
    assert found.pop("reason") == "a.csv: a file cannot be read; expected a header; got rows"
    patient, few = [1.0, 2.0, 4.0, 8.0, 15.0], [1.0, 2.0, "fail", "fail", "fail"]
    assert found == {
        "input": ["fail"] * 5,
        "letter": ["fail"] * 5,
        "source": patient,
        "time-out": patient,
        "database": patient,
        "check": few,
        "fault": few,
    }


WAITS = """
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from airflow.sdk.exceptions import TaskDeferred
import waits
now = datetime.now(UTC)
def outcome(missing, until, is_scheduled):
    waits.current_run = lambda kind: SimpleNamespace(is_scheduled=is_scheduled)
    waits.Steps = lambda workflow: SimpleNamespace(take_air=lambda run: {"air_quality": [], "missing": missing, "wait_until": until})
    try:
        waits.AirWait(task_id="air", workflow="w", window_kind="half_month").execute({})
    except TaskDeferred as deferred:
        return [deferred.method_name, round((deferred.trigger.moment - now).total_seconds() / 60)]
    return "on"
later, earlier = now + timedelta(hours=1), now - timedelta(hours=1)
print(json.dumps([outcome("3月5日", later, True), outcome("3月5日", earlier, True), outcome("3月5日", later, False), outcome("", later, True)]))
"""


def test_a_missing_day_of_air_is_waited_for_until_its_hour_and_holds_no_slot(tmp_path: Path) -> None:
    assert told(WAITS, tmp_path) == [["execute", 10], "on", "on", "on"]


@pytest.mark.parametrize(
    "name", ["daily_dispatch", "weekly_summary", "half_monthly_bulletin", "hourly_watch"]
)
def test_a_run_is_late_no_sooner_than_the_rules_say_of_its_windows(name: str, tmp_path: Path) -> None:
    code = f"""
import json
from include.rules import SELF_WATCH
from include.office.beat_watch import WINDOWS_OF_DAG
from troubles import LATE_AFTER, deadline
alert = deadline({name!r})
print(json.dumps([alert.callback.path, alert.interval == LATE_AFTER[{name!r}], [SELF_WATCH.late_after[kind] <= LATE_AFTER[{name!r}] for kind in WINDOWS_OF_DAG[{name!r}]]]))
"""
    path, is_same, limits = told(code, tmp_path)
    assert (path, is_same, all(limits)) == ("troubles.run_is_late", True, True)

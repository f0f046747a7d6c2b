"""What every DAG of this house must be; the messages name the DAG and the remedy."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from include.house import SETTINGS_FILE
from include.periods import DAG_IDS, DAG_NAMES, schedule

ROOT = Path(__file__).resolve().parents[2]
POOLS = [
    pool["pool_name"]
    for pool in yaml.safe_load(SETTINGS_FILE.read_text(encoding="utf-8"))["airflow"]["pools"]
]
# Chinese characters, and the signs and wide letters that go with them.
CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))

# Each file in a child of one process that has Airflow: what a file imports is seen in none but its own.
PARSE = """
import importlib.util, json, os, sys
sys.path.insert(0, {plugins!r})
import airflow.sdk, airflow.providers.standard.operators.hitl
import airflow.providers.standard.triggers.temporal
before = set(sys.modules)
for path in {paths!r}:
    if os.fork():
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0, path
        continue
    spec = importlib.util.spec_from_file_location("parsed_dag", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    heavy = [name for name in ("pandas", "geopandas", "matplotlib", "typst", "duckdb", "include.store", "include.house") if name in set(sys.modules) - before]
    print("@@" + json.dumps([path, heavy]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": str(ROOT),
    }


def test_parsing_a_dag_imports_nothing_heavy(airflow_environment: dict[str, str]) -> None:
    code = PARSE.format(paths=[str(path) for path in DAG_FILES], plugins=str(ROOT / "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=airflow_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@")]
    assert found == [[str(path), []] for path in DAG_FILES], "import it inside the task (see cadence.Steps)"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_wiring_only(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60, (
        f"{path.stem}: {len(lines)} lines; move work into include/workflows/{path.stem}.py"
    )
    assert (ROOT / "include" / "workflows" / path.name).exists(), (
        f"{path.stem}: its steps belong into include/workflows/{path.name}"
    )


@pytest.fixture(scope="module")
def dags(airflow_environment: dict[str, str]) -> dict[str, dict[str, object]]:
    """The DAGs as Airflow loads them, in a process of its own."""
    code = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
print("@@" + json.dumps({"errors": bag.import_errors, "dags": {
    dag.dag_id: {
        "schedule": [type(dag.timetable).__name__, getattr(dag.timetable, "expression", None), str(getattr(dag.timetable, "timezone", ""))],
        "catchup": dag.catchup, "doc": dag.doc_md or "", "tags": sorted(dag.tags),
        "params": {name: param.description for name, param in ((key, dag.params.get_param(key)) for key in dag.params)},
        "tasks": {task.task_id: [task.retries, str(task.execution_timeout), sorted(task.upstream_task_ids), task.pool] for task in dag.tasks},
    } for dag in bag.dags.values()}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=airflow_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(next(line[2:] for line in done.stdout.splitlines() if line.startswith("@@")))
    assert found["errors"] == {}
    return found["dags"]


def test_there_is_one_dag_a_file_with_its_name(dags: dict[str, dict[str, object]]) -> None:
    assert sorted(dags) == [path.stem for path in DAG_FILES] == sorted(DAG_NAMES)


def test_every_dag_keeps_the_beat_of_the_cadence_in_beijing_time(dags: dict[str, dict[str, object]]) -> None:
    for dag_id, dag in dags.items():
        expected = (
            ["CronDataIntervalTimetable", schedule(dag_id), "Asia/Shanghai"]
            if dag_id in DAG_IDS
            else ["NullTimetable", None, ""]
        )
        assert dag["schedule"] == expected, dag_id
        assert dag["catchup"] is False, f"{dag_id}: a restart after days of downtime must not run old periods"


def test_every_dag_explains_itself(dags: dict[str, dict[str, object]]) -> None:
    for dag_id, dag in dags.items():
        assert str(dag["doc"]).startswith("## "), f"{dag_id}: its docstring is its doc_md"
        assert dag["tags"], f"{dag_id}: needs tags"
        assert all(dag["params"].values()), f"{dag_id}: every param needs a description"  # type: ignore[attr-defined]


def test_an_office_in_english_reads_english(airflow_environment: dict[str, str]) -> None:
    code = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
assert bag.import_errors == {}
told = {}
for dag in bag.dags.values():
    params = [dag.params.get_param(key) for key in dag.params]
    for task in dag.tasks:
        params += [task.params.get_param(key) for key in task.params]
    told[dag.dag_id] = [
        dag.dag_display_name, dag.doc_md, sorted(dag.tags), [[one.description, one.schema] for one in params],
        [[task.task_display_name, *(str(getattr(task, name, "")) for name in ("subject", "body", "options"))] for task in dag.tasks],
    ]
import desk
told["desk"] = [view["name"] for view in desk.DeskPlugin.external_views]
print("@@" + json.dumps(told, ensure_ascii=False, default=str))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **airflow_environment,
            "QIANLIYAN_PROFILE": "harbour",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(next(line[2:] for line in done.stdout.splitlines() if line.startswith("@@")))
    assert sorted(found) == sorted(["desk", *(path.stem for path in DAG_FILES)])
    for name, told in found.items():
        assert not CJK.findall(json.dumps(told, ensure_ascii=False)), name


def test_every_task_retries_and_ends_except_the_one_that_waits_for_a_person(
    dags: dict[str, dict[str, object]],
) -> None:
    for dag_id, dag in dags.items():
        for task_id, (retries, timeout, _, pool) in dag["tasks"].items():  # type: ignore[attr-defined]
            assert retries == 5, f"{dag_id}.{task_id}: how often is for plugins/troubles.py to say"
            assert pool in POOLS, (
                f"{dag_id}.{task_id}: a pool that airflow_settings.yaml does not have would wait for ever"
            )
            assert (timeout == "None") == (task_id == "approve"), f"{dag_id}.{task_id}: {timeout}"


def test_the_order_of_the_daily_dispatch(dags: dict[str, dict[str, object]]) -> None:
    assert {name: task[2] for name, task in dags["daily_dispatch"]["tasks"].items()} == {  # type: ignore[attr-defined]
        "pull": [],
        "figures": ["pull"],
        "compose": ["figures"],
        "approve": ["compose"],
        "release": ["approve"],
        "post": ["release"],
        "account": ["figures", "post"],
    }
    assert sorted(dags["daily_dispatch"]["params"]) == ["approve", "deliver", "period_end"]  # type: ignore[arg-type]


def test_a_run_takes_a_date_or_a_moment_and_refuses_anything_else_in_both_languages(
    airflow_environment: dict[str, str],
) -> None:
    """By the run's first task, which fails at once (tests/plugins/test_troubles.py); the dialog itself refuses nothing."""
    code = """
import json
from airflow.sdk import Param  # makes the folder of plugins known
from cadence import _asked_period, letter_params
from include.errors import InputError
from include.office.beat_watch import WINDOWS_OF_DAG
asked = [("half_monthly_bulletin", "2020-04-01"), ("half_monthly_bulletin", "2020-04-02"),
         ("half_monthly_bulletin", "2020-03-31T16:00Z"), ("hourly_watch", "2020-03-13T09:00"),
         ("hourly_watch", "2020-03-13T09:10"), ("hourly_watch", "2020-03-13T09:00:30")]
asked += [("daily_dispatch", text) for text in ("2020-03-13", "2020-03-13T00:00", "2020-03-13T00:00+08:00",
          "2020-03-12T16:00:00Z", "2020-03-13T09:00", "2020-3-13", "13.03.2020", "tomorrow", "2020-03-13 9", " ")]
found = {}
for dag_id, text in asked:
    assert letter_params(dag_id, approve=False)["period_end"].resolve(text) == text
    try:
        found[f"{dag_id} {text}"] = _asked_period(dag_id, WINDOWS_OF_DAG[dag_id], text).end_at.isoformat()
    except InputError as error:
        found[f"{dag_id} {text}"] = str(error)
print("@@" + json.dumps(found))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=airflow_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(next(line[2:] for line in done.stdout.splitlines() if line.startswith("@@")))
    refused = {asked: words for asked, words in found.items() if "period_end" in words}
    assert sorted(set(found) - set(refused)) == [
        "daily_dispatch 2020-03-12T16:00:00Z",
        "daily_dispatch 2020-03-13",
        "daily_dispatch 2020-03-13T00:00",
        "daily_dispatch 2020-03-13T00:00+08:00",
        "half_monthly_bulletin 2020-03-31T16:00Z",
        "half_monthly_bulletin 2020-04-01",
        "hourly_watch 2020-03-13T09:00",
    ]
    assert len(found) == 16
    assert all("重新触发" in words and "Trigger the run again" in words for words in refused.values())


def test_the_order_of_the_hourly_watch(dags: dict[str, dict[str, object]]) -> None:
    """The push waits for the judged hour, not for the account of the stations: a silent network fails beside it."""
    assert {name: task[2] for name, task in dags["hourly_watch"]["tasks"].items()} == {  # type: ignore[attr-defined]
        "take": [],
        "judge": ["take"],
        "account": ["judge"],
        "compose": ["judge"],
        "approve": ["compose"],
        "release": ["approve"],
        "post": ["release"],
        "reckon": ["compose", "post"],
    }


def test_nothing_is_public_before_a_person_approved(dags: dict[str, dict[str, object]]) -> None:
    assert {name: task[2] for name, task in dags["publish"]["tasks"].items()} == {  # type: ignore[attr-defined]
        "prepare": [],
        "approve": ["prepare"],
        "write": ["approve", "prepare"],
    }


def test_a_date_on_which_no_window_ends_is_refused_in_both_languages_and_not_tried_again(
    airflow_environment: dict[str, str],
) -> None:
    code = """
from types import SimpleNamespace
from unittest.mock import patch
from airflow.sdk import dag
import cadence
from troubles import Patience
run = SimpleNamespace(dag_id="weekly_summary")
with patch.object(cadence, "get_current_context", lambda: {"dag_run": run, "params": {"period_end": "2020-03-13"}}):
    try:
        cadence.current_run("midweek", "weekend")
    except Exception as error:
        print("@@" + str(Patience().evaluate(error, 1, 5).action), error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=airflow_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = next(line[2:] for line in done.stdout.splitlines() if line.startswith("@@"))
    assert "fail" in said.split(" ")[0].lower()
    for words in ("周三或周日", "A Wednesday or a Sunday", "2020-03-13", "Trigger the run again"):
        assert words in said


def test_the_round_of_the_post_is_on_from_its_first_day() -> None:
    text = (ROOT / "dags" / "post_round.py").read_text(encoding="utf-8")
    assert "is_paused_upon_creation=False" in text

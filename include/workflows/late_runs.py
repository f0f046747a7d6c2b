"""What happens when a scheduled run has not ended in time: the duty officers are told at once, once a window."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from include.errors import InputError
from include.house import House
from include.office.attention import queue_late_run
from include.office.beat_watch import WINDOWS_OF_DAG
from include.periods import parse_moment, period_of_schedule
from include.workflows.steps import one_round


def tell(house: House, dag_run: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`dag_run`: as Airflow's API describes it. Only the schedule's own runs are told of: a back-fill or a run that a person
    started keeps nobody waiting."""
    dag_id, run_id = str(dag_run["dag_id"]), str(dag_run["dag_run_id"])
    if dag_run["run_type"] != "scheduled":
        return {"told": False, "why": f"a run of type {dag_run['run_type']}"}
    if dag_id not in WINDOWS_OF_DAG:
        raise InputError(
            "no deadline is known of this DAG",
            where="late runs",
            got=dag_id,
            expected=" | ".join(WINDOWS_OF_DAG),
        )
    start, end = (parse_moment(str(dag_run[name])) for name in ("data_interval_start", "data_interval_end"))
    period = period_of_schedule(WINDOWS_OF_DAG[dag_id], start, end)
    actor = f"dag {dag_id}"
    if not queue_late_run(house, period, f"{dag_id}/{run_id}", now=now, actor=actor):
        return {"told": False, "why": "told before, or accounted for by now"}
    return {"told": True, **one_round(house, now, actor)}

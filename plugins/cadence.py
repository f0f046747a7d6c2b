"""The thin glue from Airflow to include/: timetables, params, the context of a run, and the wait for a person.

Nothing heavy is imported here: DAG files import this module each time they are parsed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import CronDataIntervalTimetable, Param, get_current_context

from include.periods import SCHEDULES

if TYPE_CHECKING:
    from include.connections import Registry
    from include.house import House, Run

DAG_DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2020, 1, 1, tzinfo=UTC),  # back-fills may go back to here
    "catchup": False,
    "max_active_runs": 4,
    "default_args": {
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(minutes=30),
        "pool": "store_writers",  # airflow_settings.yaml: how many tasks use the store at once
    },
}
RELEASE, REJECT = "签发", "不签发"


def timetable(dag_id: str) -> CronDataIntervalTimetable:
    """The beat of a DAG as explicit intervals: a bare cron string would give intervals of zero width."""
    return CronDataIntervalTimetable(SCHEDULES[dag_id], timezone="Asia/Shanghai")


class Steps:
    """The steps of one workflow, imported at the first call: parsing a DAG file must load nothing heavy."""

    def __init__(self, workflow: str) -> None:
        self._module = f"include.workflows.{workflow}"

    def __getattr__(self, step: str) -> Any:
        return getattr(import_module(self._module), step)


def letter_params(*, approve: bool) -> dict[str, Param]:
    """The params of every DAG that makes letters."""
    return {
        "period_end": Param(
            None, type=["null", "string"], format="date", title="函件发出日期",
            description="报告时段的次日（不含当日）：2020-03-13 即报告 3 月 12 日。留空则取本次调度的时段。",
        ),
        "deliver": Param(
            "auto", enum=["auto", "send", "withhold", "rehearse"], title="发送方式",
            description="auto：时段新鲜且非补录才发送；send：一律发送；withhold：只编制存档；rehearse：演练，全部发到值班邮箱。",
        ),
        "approve": Param(
            approve, type="boolean", title="人工签发",
            description="是否等待人员在“待办操作”页签发后再发送。签发视同要求发送。",
        ),
    }  # fmt: skip


def registry() -> Registry:
    """Airflow's connections and variables: in a task through its supervisor, in the API server from the metadata database."""
    from airflow.sdk import Connection as AirflowConnection
    from airflow.sdk import Variable

    from include.connections import Connection, Registry
    from include.house import CONNECTION_IDS, VARIABLE_KEYS, source_names

    variables = {key: text for key in VARIABLE_KEYS if (text := Variable.get(key, default=None)) is not None}
    connections = {}
    for conn_id in (*CONNECTION_IDS, *source_names(variables)):
        found = AirflowConnection.get(conn_id)
        connections[conn_id] = Connection(
            conn_id, found.conn_type, found.host or "", found.port, found.login or "", found.password or "",
            found.schema or "", found.extra_dejson,
        )  # fmt: skip
    return Registry(connections, variables)


def house() -> House:
    """The installation as Airflow's connections and variables describe it."""
    from include.house import open_house

    return open_house(registry())


def current_run(*kinds: str) -> Run:
    """The run that the current task belongs to: its window, how its letters leave, and who asked for it.

    A beat of several kinds of windows takes the one that ends on the day the letter goes out.
    """
    from include.house import Run
    from include.periods import beijing_date, kind_ending, last_complete, period_ending, period_of_interval

    context = get_current_context()
    dag_run, params = context["dag_run"], context["params"]
    now = datetime.now(UTC)
    if params.get("period_end"):
        end = date.fromisoformat(params["period_end"])
        period = period_ending(kind_ending(kinds, end), end)
    elif dag_run.data_interval_start and dag_run.data_interval_end:
        kind = kind_ending(kinds, beijing_date(dag_run.data_interval_end))
        period = period_of_interval(kind, dag_run.data_interval_start, dag_run.data_interval_end)
    else:
        period = max((last_complete(kind, now) for kind in kinds), key=lambda one: one.end)
    return Run(
        house=house(),
        period=period,
        run_id=f"{dag_run.dag_id}/{dag_run.run_id}",
        actor=dag_run.triggering_user_name or f"dag {dag_run.dag_id}",
        deliver=params["deliver"],
        is_backfill=dag_run.run_type == "backfill",
        now=now,
        approve=params["approve"],
    )


def house_now() -> tuple[House, datetime, str]:
    """The installation, the clock, and who acts: for a run that has no window."""
    dag_run = get_current_context()["dag_run"]
    return house(), datetime.now(UTC), dag_run.triggering_user_name or f"dag {dag_run.dag_id}"


class Approval(HITLOperator):
    """Waits for a person where the run asks for it, as long as it takes; passes at once where it does not."""

    def execute(self, context: Any) -> Any:
        """Parks the task for a person, or returns None when nobody has to be asked."""
        composed = context["ti"].xcom_pull(task_ids="compose")
        return super().execute(context) if composed["asks_person"] else None


def approval() -> Approval:
    """The task between composing and releasing; its subject and text come from `compose`."""
    return Approval(
        task_id="approve",
        task_display_name="签发 approve",
        subject="{{ ti.xcom_pull(task_ids='compose')['title'] }}",
        body="{{ ti.xcom_pull(task_ids='compose')['preview'] }}",
        options=[RELEASE, REJECT],
        params={"reason": Param("", type="string", title="理由", description="不签发请说明理由；记入审计。")},
        execution_timeout=None,  # a person may take as long as it takes
    )


def decision(answer: Any) -> tuple[bool, str, str] | None:
    """What the person decided: (is_released, who, reason); None when nobody was asked."""
    if answer is None:
        return None
    who = (answer.get("responded_by_user") or {}).get("name") or "unknown user"
    return RELEASE in answer["chosen_options"], who, str((answer.get("params_input") or {}).get("reason", ""))
